/** Currents (S2, S5, S7): over-current in both directions, short circuit, locks, and what the AFE opened by itself. */
import { RAIL_MA } from './fets';
import { elapsedMs, follow, Guard, isActive, match, move, Trips } from './guard';
import { Group, judge, put } from './judge';
import { Q, Rows } from './limits';
import { AfeTrip, Pack } from './pack';
import { P } from './params';
import { LATCHED, Protection, Rule } from './rules';

/**
 * One direction of over-current (S2, S5). Set after its delay or at once by the AFE; released after a minute or by current
 * the other way, for which that path has to be closed; when locked (`TripLock` trips) only by the latter or from outside.
 */
function overCurrent(g: Guard, pack: Readonly<Pack>, charge: boolean, chip: boolean, rail: boolean): void {
  const p = g.params;
  const ma = charge ? pack.currentMa : -pack.currentMa;
  const rule = charge ? Rule.ChgOcp : Rule.DsgOcp;
  const counter = charge ? Trips.ChgOc : Trips.DsgOc;
  const limit = p[charge ? P.ChgOcp : P.DsgOcp];
  const active = isActive(g, rule);
  if (rail && (active || !chip)) return;
  if (!active) {
    const delayMs = chip ? 0 : p[charge ? P.ChgOcDelay : P.DsgOcDelay];
    if (follow(g, rule, chip || ma > limit, delayMs, ma, -1) && g.trips[counter] < 255) g.trips[counter]++;
    const q = charge ? Q.ChgMa : Q.DsgMa;
    g.high[q] = Math.min(g.high[q], limit);
    if (ma > limit) g.settled &= ~Group.Current;
    return;
  }
  g.settled &= ~Group.Current; // its release watches the clock and the other direction
  const opposite = -ma > p[P.OcOppositeMa] && (charge ? pack.dsgFetOn : pack.chgFetOn);
  const locked = g.trips[counter] >= p[P.TripLock];
  const waited = elapsedMs(g, g.sinceCs[rule]) >= p[P.OcReleaseMs];
  if (follow(g, rule, !chip && (opposite || (waited && !locked)), 0, ma, -1) && opposite) g.trips[counter] = 0;
}

/**
 * Short circuit (S7): set by the AFE, released when a charger has been seen for a while or the load is gone, never
 * retried blindly; when locked (`TripLock` trips without a charger) the load's removal does not help any more.
 */
function shortCircuit(g: Guard, pack: Readonly<Pack>): void {
  const shorted = (pack.afeTrips & AfeTrip.ShortCircuit) !== 0;
  const counter = Trips.ShortCircuit;
  if (isActive(g, Rule.Scp)) {
    g.settled &= ~Group.Current;
    const locked = g.trips[counter] >= g.params[P.TripLock];
    const gone = pack.loadGone && !pack.chgFetOn && !pack.dsgFetOn; // nobody can know it of a closed path
    const cured = !shorted && (pack.chargerPresent || (gone && !locked));
    if (follow(g, Rule.Scp, cured, g.params[P.TempDelay], pack.currentMa, -1) && pack.chargerPresent)
      g.trips[counter] = 0;
  } else if (shorted) {
    move(g, Rule.Scp, 0, pack.currentMa, -1);
    if (g.trips[counter] < 255) g.trips[counter]++;
  }
}

/** One step of the rules of this file. */
export function currents(g: Guard, pack: Readonly<Pack>): void {
  const ma = pack.currentMa;
  if (
    (g.settled & Group.Current) !== 0 &&
    ma <= g.high[Q.ChgMa] &&
    -ma <= g.high[Q.DsgMa] &&
    ma >= g.low[Q.ChgMa] &&
    -ma >= g.low[Q.DsgMa]
  )
    return;
  const chip = pack.afeTrips;
  const rail = ma >= RAIL_MA || ma <= -RAIL_MA;
  if (rail)
    g.settled &= ~(Group.Current | Group.Switch); // the shunt is in doubt: nothing begins, goes on or ends by it
  else {
    put(g, Q.ChgMa, ma, -1);
    put(g, Q.DsgMa, -ma, -1);
    judge(g, Group.Current, Rows.Current, Rows.Temperature);
  }
  overCurrent(g, pack, true, (chip & AfeTrip.ChgOverCurrent) !== 0, rail);
  overCurrent(g, pack, false, (chip & AfeTrip.DsgOverCurrent) !== 0, rail);
  shortCircuit(g, pack);
  if (chip !== 0 || (g.bits[1] & Protection.AfeTrip) !== 0) {
    match(g, Rule.AfeTrip, (chip & (AfeTrip.Temperature | AfeTrip.HostWatchdog)) !== 0, 0, chip, -1);
    g.settled &= ~Group.Current; // a sample that releases nothing may hold it
  }
}

/**
 * RST key, service or host (S7, S11): all locks are open and latched faults forgotten. A short circuit that the AFE no
 * longer reports is released, an over-current when its minute is over. What is still wrong comes back.
 */
export function clearLocks(g: Guard): void {
  g.trips.fill(0);
  g.settled = 0;
  g.hold = false;
  if (isActive(g, Rule.Scp) && (g.afeTrips & AfeTrip.ShortCircuit) === 0) move(g, Rule.Scp, 0, 0, -1);
  for (let rule = Rule.AfeLost; rule < Rule.Memory; rule++)
    if (isActive(g, rule) && (LATCHED & (1 << (rule & 15))) !== 0) move(g, rule, 0, 0, -1);
}
