/**
 * Protections (S2-S9, S11): turns the sample into alarms, protections and faults, each with its cause. While every value
 * stays inside the band in which no rule of its group changes, the group costs the interpreter a few comparisons.
 */
import { highest, lowest } from '../hal/native';
import { CS_WRAP, elapsedMs, follow, Guard, isActive, move, Trips } from './guard';
import { Col, HYSTERESIS_UNIT, Q, Rows } from './limits';
import { AfeTrip, Pack, Sensor } from './pack';
import { P } from './params';
import { Protection, Rule } from './rules';

/** Failed samples in a row after which the AFE counts as lost: 3 ticks, 0.75 s (hardware.md 9, row 1). */
const LOST_SAMPLES = 3;
/**
 * Until then a starting AFE is not yet lost: a restart under load reads its configuration for about a second. A silent
 * AFE may have its paths closed, so it is not given longer.
 */
const START_MS = 2000;
/** Current through a path that is commanded off: noise-aware limit and time (algorithms.md 4.7). */
const STUCK_MA = 1000;
const STUCK_MS = 2000;
/** Switching and pre-discharge take at most 1 s (hardware.md 2.8); then the reported state must follow. */
const FOLLOW_MS = 2500;
/** No value of this sensor: its rules rest. */
const ABSENT = -2;
const ALL_SENSORS = 63;
const CELL_SENSORS = 15;
const LIMITLESS = 2147483647;

/** Rules that are judged together: bits of `Guard.settled`. */
const enum Group {
  Voltage = 1,
  Current = 2,
  Temperature = 4,
  Switch = 8,
  Soc = 16,
}

/**
 * Judges rows `from`..`to` on `g.now` and leaves the bands; rows whose value is still inside its band are passed over.
 * A quantity of which a rule is about to change, or has changed, gets a band that no value is in.
 */
function judge(g: Guard, group: Group, from: number, to: number): void {
  const rules = g.rules;
  const p = g.params;
  const low = g.low;
  const high = g.high;
  const all = (g.settled & group) === 0;
  g.settled |= group;
  let last = -1; // rows of one quantity stand together
  let rests = false;
  for (let i = from; i < to; i += Col.Count) {
    const q = rules[i + Col.Quantity];
    const now = g.now[q];
    const absent = g.at[q] === ABSENT;
    if (q !== last) {
      last = q;
      rests = !all && !absent && now >= low[q] && now <= high[q];
      if (!rests) {
        low[q] = -LIMITLESS;
        high[q] = LIMITLESS;
      }
    }
    if (rests) continue;
    const rule = rules[i];
    const up = rules[i + Col.Up] !== 0;
    const active = isActive(g, rule);
    let bound = p[rules[i + (active ? Col.Release : Col.Limit)]];
    if (active) {
      const inside = rules[i + Col.Up] === 2 ? -1 : rules[i + Col.Hysteresis] * HYSTERESIS_UNIT;
      bound += up ? -inside : inside;
    }
    if (!absent && (active === up ? now < bound : now > bound)) {
      low[q] = LIMITLESS;
      move(g, rule, p[rules[i + Col.Delay]], now, g.at[q]);
    } else {
      g.pendingCs[rule] = -1;
      if (active !== up) {
        if (bound < high[q]) high[q] = bound;
      } else if (bound > low[q]) low[q] = bound;
    }
  }
}

/** One value for the rows of its quantity. */
function put(g: Guard, q: Q, value: number, at: number): void {
  g.now[q] = value;
  g.at[q] = at;
}

/** Cell and pack voltage, cell spread (S3, S6). The AFE's own trip counts at once. */
function voltages(g: Guard, pack: Readonly<Pack>): void {
  const max = pack.maxMv;
  const min = pack.minMv;
  const sum = pack.sumMv;
  const low = g.low;
  const high = g.high;
  if (
    (g.settled & Group.Voltage) !== 0 &&
    max <= high[Q.MaxMv] &&
    max >= low[Q.MaxMv] &&
    min >= low[Q.MinMv] &&
    min <= high[Q.MinMv] &&
    sum >= low[Q.SumMv] &&
    sum <= high[Q.SumMv] &&
    max - min <= high[Q.SpreadMv] &&
    max - min >= low[Q.SpreadMv]
  )
    return;
  put(g, Q.MaxMv, max, pack.maxCell);
  put(g, Q.MinMv, min, pack.minCell);
  put(g, Q.SumMv, sum, -1);
  put(g, Q.SpreadMv, max - min, pack.maxCell);
  if ((pack.afeTrips & AfeTrip.CellOv) !== 0 && !isActive(g, Rule.CellOvp)) move(g, Rule.CellOvp, 0, max, pack.maxCell);
  if ((pack.afeTrips & AfeTrip.CellUv) !== 0 && !isActive(g, Rule.CellUvp)) move(g, Rule.CellUvp, 0, min, pack.minCell);
  judge(g, Group.Voltage, Rows.Voltage, Rows.Current);
}

/**
 * One direction of over-current (S2, S5): `ma` is positive in that direction. Set after its delay or at once by the
 * AFE; released after a minute or by current the other way; after ten trips only by the latter or from outside.
 */
function overCurrent(g: Guard, charge: boolean, ma: number, chip: boolean): void {
  const p = g.params;
  const rule = charge ? Rule.ChgOcp : Rule.DsgOcp;
  const counter = charge ? Trips.ChgOc : Trips.DsgOc;
  const limit = p[charge ? P.ChgOcp : P.DsgOcp];
  if (!isActive(g, rule)) {
    const delayMs = chip ? 0 : p[charge ? P.ChgOcDelay : P.DsgOcDelay];
    if (follow(g, rule, chip || ma > limit, delayMs, ma, -1) && g.trips[counter] < 255) g.trips[counter]++;
    const q = charge ? Q.ChgMa : Q.DsgMa;
    g.high[q] = Math.min(g.high[q], limit);
    if (chip || ma > limit) g.settled &= ~Group.Current;
    return;
  }
  g.settled &= ~Group.Current; // its release watches the clock and the other direction
  const opposite = -ma > p[P.OcOppositeMa];
  const locked = g.trips[counter] >= p[P.TripLock];
  const waited = elapsedMs(g, g.sinceCs[rule]) >= p[P.OcReleaseMs];
  if (follow(g, rule, !chip && (opposite || (waited && !locked)), 0, ma, -1) && opposite) g.trips[counter] = 0;
}

/** Short circuit (S7): set by the AFE, released by a charger only, never retried blindly. */
function shortCircuit(g: Guard, pack: Readonly<Pack>): void {
  const shorted = (pack.afeTrips & AfeTrip.ShortCircuit) !== 0;
  const counter = Trips.ShortCircuit;
  if (isActive(g, Rule.Scp)) {
    g.settled &= ~Group.Current;
    if (follow(g, Rule.Scp, !shorted && pack.chargerPresent, g.params[P.TempDelay], pack.currentMa, -1))
      g.trips[counter] = 0;
  } else if (shorted) {
    g.settled &= ~Group.Current;
    move(g, Rule.Scp, 0, pack.currentMa, -1);
    if (g.trips[counter] < 255) g.trips[counter]++;
  }
}

/** Currents (S2, S5, S7), and what the AFE opened by itself. */
function currents(g: Guard, pack: Readonly<Pack>): void {
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
  put(g, Q.ChgMa, ma, -1);
  put(g, Q.DsgMa, -ma, -1);
  judge(g, Group.Current, Rows.Current, Rows.Temperature);
  overCurrent(g, true, ma, (chip & AfeTrip.ChgOverCurrent) !== 0);
  overCurrent(g, false, -ma, (chip & AfeTrip.DsgOverCurrent) !== 0);
  shortCircuit(g, pack);
  const opened = (chip & (AfeTrip.Temperature | AfeTrip.HostWatchdog)) !== 0;
  if (isActive(g, Rule.AfeTrip) !== opened) move(g, Rule.AfeTrip, 0, chip, -1);
}

/** Extremes of the valid cell sensors into `g.now`. Returns the first sensor of T1..T4 that is missing, or -1. */
function cellExtremes(g: Guard, pack: Readonly<Pack>): number {
  const cells = pack.cellDeciC;
  if ((pack.tempValid & CELL_SENSORS) === CELL_SENSORS) {
    const hot = highest(cells);
    const cold = lowest(cells);
    put(g, Q.Hot, hot, cells.indexOf(hot));
    put(g, Q.Cold, cold, cells.indexOf(cold));
    return -1;
  }
  let missing = -1;
  put(g, Q.Hot, -LIMITLESS, ABSENT);
  put(g, Q.Cold, LIMITLESS, ABSENT);
  for (let i = Sensor.Cell1; i <= Sensor.Cell4; i++) {
    if ((pack.tempValid & (1 << i)) === 0) {
      if (missing < 0) missing = i;
    } else {
      if (cells[i] > g.now[Q.Hot]) put(g, Q.Hot, cells[i], i);
      if (cells[i] < g.now[Q.Cold]) put(g, Q.Cold, cells[i], i);
    }
  }
  return missing;
}

/** Value of T5 or T6 into `g.now`. True when it is valid. */
function putSensor(g: Guard, pack: Readonly<Pack>, q: Q, sensor: Sensor): boolean {
  const valid = (pack.tempValid & (1 << sensor)) !== 0;
  put(g, q, pack.tempDeciC[sensor], valid ? sensor : ABSENT);
  return valid;
}

/** Temperature windows (S9). Only valid sensors are compared; an invalid cell sensor is a fault (S11), T5 and T6 an alarm. */
function temperatures(g: Guard, pack: Readonly<Pack>): void {
  const low = g.low;
  const high = g.high;
  if ((g.settled & Group.Temperature) !== 0 && pack.tempValid === ALL_SENSORS) {
    const hot = highest(pack.cellDeciC);
    const cold = lowest(pack.cellDeciC);
    const mos = pack.tempDeciC[Sensor.Mosfet];
    const env = pack.tempDeciC[Sensor.Ambient];
    if (
      hot <= high[Q.Hot] &&
      hot >= low[Q.Hot] &&
      cold >= low[Q.Cold] &&
      cold <= high[Q.Cold] &&
      mos <= high[Q.Mosfet] &&
      mos >= low[Q.Mosfet] &&
      env <= high[Q.Ambient] &&
      env >= low[Q.Ambient] &&
      hot <= high[Q.Hottest] &&
      env <= high[Q.Hottest] &&
      (hot >= low[Q.Hottest] || env >= low[Q.Hottest])
    )
      return;
  }
  const missing = cellExtremes(g, pack);
  const mosValid = putSensor(g, pack, Q.Mosfet, Sensor.Mosfet);
  const envValid = putSensor(g, pack, Q.Ambient, Sensor.Ambient);
  const envHottest = envValid && pack.tempDeciC[Sensor.Ambient] > g.now[Q.Hot];
  const hottest = envHottest ? Q.Ambient : Q.Hot;
  put(g, Q.Hottest, g.now[hottest], g.at[hottest]);
  judge(g, Group.Temperature, Rows.Temperature, Rows.Soc);
  const wait = g.params[P.TempDelay];
  const fault = missing >= 0;
  const alarm = !mosValid || !envValid;
  follow(g, Rule.NtcFault, isActive(g, Rule.NtcFault) !== fault, wait, missing, missing);
  follow(g, Rule.Sensor, isActive(g, Rule.Sensor) !== alarm, wait, 0, mosValid ? Sensor.Ambient : Sensor.Mosfet);
  if (isActive(g, Rule.NtcFault) !== fault || isActive(g, Rule.Sensor) !== alarm) g.settled &= ~Group.Temperature;
}

/** MOSFETs that do not do what they are told (S11): current in a blocked direction, a path that does not close. Both latch. */
function switches(g: Guard, pack: Readonly<Pack>): void {
  const ma = pack.currentMa;
  const chgBad = pack.chgOn ? !pack.chgFetOn : ma > STUCK_MA;
  const dsgBad = pack.dsgOn ? !pack.dsgFetOn && !pack.preDischarge : ma < -STUCK_MA;
  if (!chgBad && !dsgBad && (g.settled & Group.Switch) !== 0) return;
  if (!isActive(g, Rule.ChgFet)) follow(g, Rule.ChgFet, chgBad, pack.chgOn ? FOLLOW_MS : STUCK_MS, ma, -1);
  if (!isActive(g, Rule.DsgFet)) follow(g, Rule.DsgFet, dsgBad, pack.dsgOn ? FOLLOW_MS : STUCK_MS, ma, -1);
  if (chgBad || dsgBad) g.settled &= ~Group.Switch;
  else g.settled |= Group.Switch;
}

function lowSoc(g: Guard, pack: Readonly<Pack>): void {
  const soc = (pack.remainingMas / pack.fullMas) * 1000;
  if ((g.settled & Group.Soc) !== 0 && soc >= g.low[Q.Soc] && soc <= g.high[Q.Soc]) return;
  put(g, Q.Soc, soc, -1);
  judge(g, Group.Soc, Rows.Soc, Rows.End);
}

function setStep(g: Guard, p: Int32Array, nowMs: number): void {
  g.nowMs = nowMs;
  g.nowCs = Math.floor(nowMs / 10) % CS_WRAP;
  g.params = p;
}

/** Samples that fail: nothing is released and nothing new is judged (S14); after three the AFE is lost, or lies. */
function missing(g: Guard, pack: Readonly<Pack>): void {
  g.settled = 0;
  let rule = 0;
  for (let bits = g.bits[0] | (g.bits[1] << 16); bits !== 0; bits >>>= 1) {
    if ((bits & 1) !== 0) g.pendingCs[rule] = -1;
    rule++;
  }
  if (pack.missedSamples < LOST_SAMPLES || (pack.samples === 0 && g.nowMs <= START_MS)) return;
  g.blind = true;
  rule = pack.implausible ? Rule.Implausible : Rule.AfeLost;
  if (!isActive(g, rule)) move(g, rule, 0, pack.missedSamples, -1);
}

/**
 * Before the first step after a start or a loss, which judges every rule: the temperatures, in a slice of their own.
 * True when it did; then the step itself is due in the next slice.
 */
export function prepare(g: Guard, pack: Readonly<Pack>, p: Int32Array, nowMs: number): boolean {
  if (!g.blind || g.prepared || !pack.sampleOk) return false;
  g.prepared = true;
  g.arming = !pack.chgFetOn && !pack.dsgFetOn;
  setStep(g, p, nowMs);
  g.settled = 0;
  temperatures(g, pack);
  return true;
}

/** One protection step. */
export function protect(g: Guard, pack: Pack, p: Int32Array, nowMs: number): void {
  setStep(g, p, nowMs);
  if (!pack.sampleOk) missing(g, pack);
  else {
    g.arming = g.blind && !pack.chgFetOn && !pack.dsgFetOn;
    g.blind = false;
    if (g.arming || pack.afeTrips !== g.afeTrips || pack.tempValid !== g.tempValid)
      g.settled = g.prepared ? g.settled & Group.Temperature : 0;
    g.prepared = false;
    g.afeTrips = pack.afeTrips;
    g.tempValid = pack.tempValid;
    voltages(g, pack);
    currents(g, pack);
    temperatures(g, pack);
    switches(g, pack);
    lowSoc(g, pack);
    if (isActive(g, Rule.AfeLost)) move(g, Rule.AfeLost, 0, 0, -1);
    if (isActive(g, Rule.Implausible)) move(g, Rule.Implausible, 0, 0, -1);
  }
  pack.alarms = g.bits[0];
  pack.protections = g.bits[1];
  pack.faults = g.bits[2];
  pack.notices = g.bits[3];
}

/** Bits that open the charge path and the discharge path. Under-voltage leaves the charge path available (S6). */
export const OPENS_CHG =
  Protection.CellOvp |
  Protection.PackOvp |
  Protection.ChgOcp |
  Protection.Scp |
  Protection.ChgOtp |
  Protection.ChgUtp |
  Protection.MosOtp |
  Protection.EnvUtp |
  Protection.HotCutOff |
  Protection.AfeTrip;
export const OPENS_DSG =
  Protection.CellUvp |
  Protection.PackUvp |
  Protection.DsgOcp |
  Protection.Scp |
  Protection.DsgOtp |
  Protection.DsgUtp |
  Protection.MosOtp |
  Protection.EnvUtp |
  Protection.HotCutOff |
  Protection.AfeTrip;
/** Bits under which not even a conducting body diode closes a path. */
export const OPENS_BOTH = OPENS_CHG & OPENS_DSG;
