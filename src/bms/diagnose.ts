/**
 * What is wrong with the equipment rather than with the cells (S10, S11, S42; hardware.md 9): MOSFETs, shunt, sense wires,
 * AFE, charger, loose sensors. Rare rules are looked at once a second, and not even then while there is nothing to see.
 */
import { highest, lowest } from '../hal/native';
import { CHARGER_MV, RAIL_MA } from './fets';
import { elapsedMs, Guard, isActive, match, move, RESETS } from './guard';
import { Group, LIMITLESS } from './judge';
import { AfeProblem, CELLS, HostOff, Pack, Sensor } from './pack';
import { P } from './params';
import { Fault, LATCHED, Notice, Protection, Rule } from './rules';

/** A look each fourth tick, also when that tick is a little early. */
export const LOOK_MS = 900;
/** Of so many looks one is for what takes minutes. */
const SLOW_LOOKS = 64;

/** Current through a path that is commanded off: noise-aware limit and time (algorithms.md 4.7). */
const STUCK_MA = 1000;
const STUCK_MS = 2000;
/** Switching and pre-discharge take at most 1 s (hardware.md 2.8); then the reported state must follow. */
const FOLLOW_MS = 2500;
/** Stack and output so far apart are not joined by a MOSFET or its diode; how long one that is on may take (row 18). */
export const APART_MV = 2000;
const APART_MS = 5000;

/** Current that is read while both paths are open (row 19), and how long; a reading at its end is believed sooner. */
const OFFSET_MA = 500;
const OFFSET_MS = 10000;
/** The AFE opens at 200 A after 30 ms, so nothing real stays beyond 327 A for three samples (row 20). */
const RAIL_MS = 500;

/** Difference of the two cells beside a broken wire, of which each shows half: assumption. */
const PAIR_MV = 600;
/**
 * The first and the last wire have one cell only, which takes the cells' sum away from the stack: so far, which is more
 * than the stack's own measurement is off, and before the cell looks empty. Cells count as mended below the other.
 */
export const WIRE_MV = 400;
const WIRE_MENDED_MV = 300;

/** Where the terminal is normal again after a wrong charger (row 40); one that is reversed ends at a diode. */
export const CHARGER_NORMAL_MV = 63000;
const REVERSED_MV = -300;
const CHARGER_MS = 1000;

/** Measurements that stand still (row 8): worth a notice, and not worth trusting. */
export const SLOW_MS = 5000;
export const FROZEN_MS = 15000;
/** AFE resets (row 6): one more than `RESETS` within this. */
const RESETS_MS = 3600000;

/** A loose sensor (row 15) is this near to T6 and this far from the next of its own kind, less when noticed: assumption. */
const NEAR_DECI_C = 30;
const FAR_DECI_C = 100;
const FAR_STILL_DECI_C = 50;
const LOOSE_MS = 600000;
const ALL_SENSORS = 63;

/** Faults that end by themselves when a look finds their cause gone. */
const LOOKED_AT = Fault.AfeFrozen | Fault.AfeConfig;

/**
 * The cell below a broken or misplaced sense wire (rows 11 to 13), or -1. A negative cell; two neighbours that leave the
 * others in opposite directions by the same amount, with the others together; a cell at an end of the stack that takes
 * the sum away from the stack. `pack.maxMv - pack.minMv` is above `WIRE_MV`.
 */
export function brokenWire(pack: Readonly<Pack>): number {
  const cells = pack.cellMv;
  const max = pack.maxMv;
  const min = pack.minMv;
  const up = pack.maxCell;
  const down = pack.minCell;
  if (min < 0) return down;
  const rest = (pack.sumMv - max - min) / (CELLS - 2);
  const off = pack.sumMv - pack.stackMv;
  if (off > WIRE_MV && (up === 0 || up === CELLS - 1) && max - rest > off / 2) return up;
  if (off < -WIRE_MV && (down === 0 || down === CELLS - 1) && min - rest < off / 2) return down;
  const spread = max - min;
  if (spread <= PAIR_MV || Math.abs(up - down) !== 1 || Math.abs(max + min - 2 * rest) * 4 > spread) return -1;
  let high = -LIMITLESS;
  let low = LIMITLESS;
  for (let i = 0; i < CELLS; i++)
    if (i !== up && i !== down) {
      high = Math.max(high, cells[i]);
      low = Math.min(low, cells[i]);
    }
  return (high - low) * 4 > spread ? -1 : Math.min(up, down);
}

/** A sense wire, by the voltages of this step. `wire`: the cell below a broken one, or -1. */
export function watchWires(g: Guard, spread: number, wire: number): void {
  const active = isActive(g, Rule.SenseWire);
  match(g, Rule.SenseWire, wire >= 0 || (active && spread > WIRE_MENDED_MV), g.params[P.TempDelay], spread, wire);
}

/** A set fault that nothing ends but `clearLocks`. A shunt that was only a little off may be right again. */
export function isLatched(g: Readonly<Guard>, rule: number): boolean {
  if (rule === Rule.Shunt) return Math.abs(g.value[rule]) > STUCK_MA;
  return rule >> 4 === 2 && (LATCHED & (1 << (rule & 15))) !== 0;
}

/** One path: its MOSFET is off and carries current, or is not as commanded. A fault latches. */
function watchPath(g: Guard, rule: Rule, stuck: boolean, ma: number): void {
  if (!isActive(g, rule)) move(g, rule, stuck ? STUCK_MS : FOLLOW_MS, ma, -1);
}

/** The shunt; one sample alone, as the first one is, does not latch. */
function watchShunt(g: Guard, bad: boolean, waitMs: number, ma: number): void {
  const value = g.arming ? Math.max(-STUCK_MA, Math.min(ma, STUCK_MA)) : ma;
  if (!isActive(g, Rule.Shunt) || !isLatched(g, Rule.Shunt)) match(g, Rule.Shunt, bad, waitMs, value, -1);
}

/**
 * MOSFETs that do not do what they are told (S11), and a shunt that shows what cannot be (rows 16 to 20). A MOSFET that
 * is off carries no more than noise; only a path that leads can carry anything, else it is the shunt. MOSFET faults latch,
 * and so does a shunt that was far off.
 */
export function switches(g: Guard, pack: Readonly<Pack>): void {
  const ma = pack.currentMa;
  const chgOn = pack.chgOn;
  const dsgOn = pack.dsgOn;
  if (
    (g.settled & Group.Switch) !== 0 &&
    chgOn === pack.chgFetOn &&
    dsgOn === pack.dsgFetOn &&
    !pack.preDischarge &&
    (chgOn || ma <= OFFSET_MA) &&
    (dsgOn || ma >= -OFFSET_MA)
  )
    return;
  const strength = Math.abs(ma);
  const rail = strength >= RAIL_MA;
  const open = !pack.chgFetOn && !pack.dsgFetOn && !pack.preDischarge;
  const live = !isActive(g, Rule.AfeFrozen); // what stands still proves nothing, and both paths are open
  const told = live && !g.arming; // a first sample does not know yet what the MOSFETs have been told
  const leads = told && !rail && (!open || Math.abs(pack.stackMv - pack.packMv) <= APART_MV);
  const chgOdd = told && chgOn !== pack.chgFetOn;
  const dsgOdd = told && dsgOn !== (pack.dsgFetOn || pack.preDischarge);
  const chgStuck = !chgOn && leads && ma > STUCK_MA;
  const dsgStuck = !dsgOn && leads && ma < -STUCK_MA;
  if (chgOdd || chgStuck) watchPath(g, Rule.ChgFet, chgStuck, ma);
  else g.pendingCs[Rule.ChgFet] = -1;
  if (dsgOdd || dsgStuck) watchPath(g, Rule.DsgFet, dsgStuck, ma);
  else g.pendingCs[Rule.DsgFet] = -1;
  const strong = strength > STUCK_MA;
  const bad = live && (rail || (open && strength > OFFSET_MA && !(strong && leads)));
  const active = (g.bits[2] & Fault.Shunt) !== 0;
  if (active || bad) watchShunt(g, bad, active || !strong ? OFFSET_MS : rail ? RAIL_MS : STUCK_MS, ma);
  else g.pendingCs[Rule.Shunt] = -1;
  if (active || !live || bad || chgOdd || dsgOdd || chgStuck || dsgStuck) g.settled &= ~Group.Switch;
  else g.settled |= Group.Switch;
}

/** Over-voltage is released early when so much has been taken out (P.OvReleaseSoc, pace.md 3.6). */
function watchCharge(g: Guard, pack: Readonly<Pack>): void {
  const early = pack.remainingMas < (pack.fullMas * g.params[P.OvReleaseSoc]) / 1000;
  if (early === g.early || (early && g.hold)) return;
  g.settled &= ~Group.Voltage;
  g.early = early;
}

/** A charger of another kind, or the wrong way round (row 40). */
function watchCharger(g: Guard, mv: number): void {
  const active = isActive(g, Rule.ChargerOv);
  const bad = active ? mv > CHARGER_NORMAL_MV || mv < 0 : mv > CHARGER_MV || mv < REVERSED_MV;
  match(g, Rule.ChargerOv, bad, active ? g.params[P.TempDelay] : CHARGER_MS, mv, -1);
}

/** Measurements that stand still, another chip or configuration (S42; rows 7 and 8). */
function watchAfe(g: Guard, pack: Readonly<Pack>): void {
  const stale = pack.staleMs;
  match(g, Rule.AfeSlow, stale >= SLOW_MS, 0, stale, -1);
  const frozen = isActive(g, Rule.AfeFrozen);
  match(g, Rule.AfeFrozen, stale >= (frozen ? SLOW_MS : FROZEN_MS), frozen ? g.params[P.TempDelay] : 0, stale, -1);
  match(g, Rule.AfeConfig, pack.afeProblem !== AfeProblem.None, 0, pack.afeProblem, -1);
}

/** Resets of the AFE (row 6): the fourth within an hour latches. */
function countResets(g: Guard, pack: Readonly<Pack>): void {
  while (g.afeResets < pack.afeResets) {
    const at = g.afeResets % RESETS;
    const often = g.afeResets >= RESETS && elapsedMs(g, g.resetCs[at]) <= RESETS_MS;
    g.resetCs[at] = g.nowCs;
    g.afeResets++;
    if (often && !isActive(g, Rule.AfeResets)) move(g, Rule.AfeResets, 0, g.afeResets, -1);
  }
}

/** A MOSFET that is reported on and does not lead (row 18): the output has left the stack. Latches. */
function watchOutput(g: Guard, pack: Readonly<Pack>, apartMv: number): void {
  let apart = 0;
  if (pack.dsgFetOn && apartMv < -APART_MV) apart = HostOff.Dsg;
  else if (pack.dsgFetOn && pack.chgFetOn && apartMv > APART_MV) apart = HostOff.Chg;
  if (apart !== g.apart) g.apartMs = g.nowMs;
  g.apart = apart;
  if (apart === 0 || g.nowMs - g.apartMs < APART_MS) return;
  const rule = apart === HostOff.Chg ? Rule.ChgFet : Rule.DsgFet;
  if (!isActive(g, rule)) move(g, rule, 0, pack.currentMa, -1);
}

/** One of T1..T4 shows the surroundings instead of its cell (row 15). */
function watchSensors(g: Guard, pack: Readonly<Pack>): void {
  if (pack.tempValid !== ALL_SENSORS) return;
  const cells = pack.cellDeciC;
  const ambient = pack.tempDeciC[Sensor.Ambient];
  const hot = highest(cells);
  const cold = lowest(cells);
  const odd = Math.abs(hot - ambient) < Math.abs(cold - ambient) ? hot : cold;
  const at = cells.indexOf(odd);
  let far = LIMITLESS;
  for (let i = 0; i < cells.length; i++) if (i !== at) far = Math.min(far, Math.abs(cells[i] - odd));
  const loose =
    Math.abs(odd - ambient) <= NEAR_DECI_C && far > (isActive(g, Rule.LooseNtc) ? FAR_STILL_DECI_C : FAR_DECI_C);
  match(g, Rule.LooseNtc, loose, LOOSE_MS, odd, at);
}

/** Once a second, and in the first sample, which releases nothing: a few comparisons while all is well. */
export function look(g: Guard, pack: Readonly<Pack>): void {
  if (g.early || g.params[P.OvReleaseSoc] !== 0) watchCharge(g, pack);
  if (g.looks === 0) watchSensors(g, pack);
  g.looks = (g.looks + 1) % SLOW_LOOKS;
  const apartMv = pack.packMv - pack.stackMv;
  if (g.apart !== 0 || (pack.dsgFetOn && (apartMv > APART_MV || apartMv < -APART_MV))) watchOutput(g, pack, apartMv);
  const mv = pack.terminalMv;
  if (mv > CHARGER_MV || mv < REVERSED_MV || (g.bits[1] & Protection.ChargerOv) !== 0) watchCharger(g, mv);
  else g.pendingCs[Rule.ChargerOv] = -1;
  if (pack.afeResets !== g.afeResets) countResets(g, pack);
  if (
    pack.staleMs >= SLOW_MS ||
    pack.afeProblem !== AfeProblem.None ||
    (g.bits[2] & LOOKED_AT) !== 0 ||
    (g.bits[3] & Notice.AfeSlow) !== 0
  )
    watchAfe(g, pack);
}
