/** Protections (S2-S9, S11): turns the sample into alarms, protections and faults, each with its cause. */
import { AfeTrip, Pack, Sensor } from './pack';
import { P } from './params';
import { Protection, Rule } from './rules';

/** Failed samples in a row after which the AFE counts as lost: 3 ticks, 0.75 s (hardware.md 9, row 1). */
const LOST_SAMPLES = 3;
/** Until then a starting AFE is not yet lost. No path is closed before its first sample anyway. */
const START_MS = 5000;
/** Alarms clear this far inside their limit, so that noise does not make them flicker: assumption. */
const CELL_HYSTERESIS_MV = 20;
const PACK_HYSTERESIS_MV = 320;
const CURRENT_HYSTERESIS_MA = 2000;
const TEMP_HYSTERESIS_DECI = 10;
const SOC_HYSTERESIS_PERMILLE = 10;
const ALARM_DELAY_MS = 1000;
/** Current through a path that is commanded off: noise-aware limit and time (algorithms.md 4.7). */
const STUCK_MA = 1000;
const STUCK_MS = 2000;
/** Switching and pre-discharge take at most 1 s (hardware.md 2.8); then the reported state must follow. */
const FOLLOW_MS = 2500;

/** Timers and causes of all rules, by `Rule`. `value` and `index` are those of the moment of the last change. */
export interface Guard {
  nowMs: number;
  /** Nothing is known yet, or no more: the next good sample counts at once if both paths are open. */
  blind: boolean;
  /** This sample is judged without delays: no path may close first and open two seconds later. */
  arming: boolean;
  /** Alarm, protection and fault bits. */
  bits: Uint16Array;
  /** Since when the condition for a change has held; -1 = it does not hold. */
  pendingMs: Float64Array;
  sinceMs: Float64Array;
  value: Int32Array;
  /** Cell 0..15, sensor 0..5, or -1. */
  index: Int8Array;
  /** Trips since the last release from outside, by `Trips`. */
  trips: Uint8Array;
}

/** Index of a trip counter (S2, S5, S7): at the limit the protection locks. */
export const enum Trips {
  ChgOc,
  DsgOc,
  ShortCircuit,
}

export function createGuard(): Guard {
  return {
    nowMs: 0,
    blind: true,
    arming: false,
    bits: new Uint16Array(3),
    pendingMs: new Float64Array(Rule.Count).fill(-1),
    sinceMs: new Float64Array(Rule.Count),
    value: new Int32Array(Rule.Count),
    index: new Int8Array(Rule.Count).fill(-1),
    trips: new Uint8Array(3),
  };
}

/** True while the rule is set. */
export function isActive(g: Readonly<Guard>, rule: number): boolean {
  return (g.bits[rule >> 4] & (1 << (rule & 15))) !== 0;
}

/** Moves one rule: `change`, the condition for leaving its present state, must hold for `delayMs`. True when it moved. */
function move(g: Guard, rule: number, change: boolean, delayMs: number, value: number, index: number): boolean {
  if (!change) {
    g.pendingMs[rule] = -1;
    return false;
  }
  if (g.pendingMs[rule] < 0) g.pendingMs[rule] = g.nowMs;
  if (g.nowMs - g.pendingMs[rule] < delayMs && (!g.arming || isActive(g, rule))) return false;
  g.pendingMs[rule] = -1;
  g.sinceMs[rule] = g.nowMs;
  g.value[rule] = value;
  g.index[rule] = index;
  g.bits[rule >> 4] ^= 1 << (rule & 15);
  return true;
}

/** A quantity that must not rise: set above `trip`, cleared below `clear`. Strict, as the manual writes it. */
function above(
  g: Guard,
  rule: number,
  value: number,
  trip: number,
  clear: number,
  delayMs: number,
  index: number,
): void {
  move(g, rule, isActive(g, rule) ? value < clear : value > trip, delayMs, value, index);
}

/** A quantity that must not fall: set below `trip`, cleared above `clear`. */
function below(
  g: Guard,
  rule: number,
  value: number,
  trip: number,
  clear: number,
  delayMs: number,
  index: number,
): void {
  move(g, rule, isActive(g, rule) ? value > clear : value < trip, delayMs, value, index);
}

/** Cell and pack voltage, cell spread (S3, S6). The AFE's own trip counts at once. */
function voltages(g: Guard, pack: Readonly<Pack>, p: Int32Array): void {
  const max = pack.maxMv;
  const min = pack.minMv;
  const sum = pack.sumMv;
  above(g, Rule.CellOv, max, p[P.CellOvAlarm], p[P.CellOvAlarm] - CELL_HYSTERESIS_MV, ALARM_DELAY_MS, pack.maxCell);
  above(g, Rule.PackOv, sum, p[P.PackOvAlarm], p[P.PackOvAlarm] - PACK_HYSTERESIS_MV, ALARM_DELAY_MS, -1);
  below(g, Rule.CellUv, min, p[P.CellUvAlarm], p[P.CellUvAlarm] + CELL_HYSTERESIS_MV, ALARM_DELAY_MS, pack.minCell);
  below(g, Rule.PackUv, sum, p[P.PackUvAlarm], p[P.PackUvAlarm] + PACK_HYSTERESIS_MV, ALARM_DELAY_MS, -1);
  const chip = pack.afeTrips;
  if (isActive(g, Rule.CellOvp) || (chip & AfeTrip.CellOv) === 0)
    above(g, Rule.CellOvp, max, p[P.CellOvp], p[P.CellOvRelease], p[P.CellOvDelay], pack.maxCell);
  else move(g, Rule.CellOvp, true, 0, max, pack.maxCell);
  above(g, Rule.PackOvp, sum, p[P.PackOvp], p[P.PackOvRelease], p[P.PackOvDelay], -1);
  if (isActive(g, Rule.CellUvp) || (chip & AfeTrip.CellUv) === 0)
    below(g, Rule.CellUvp, min, p[P.CellUvp], p[P.CellUvRelease], p[P.CellUvDelay], pack.minCell);
  else move(g, Rule.CellUvp, true, 0, min, pack.minCell);
  below(g, Rule.PackUvp, sum, p[P.PackUvp], p[P.PackUvRelease], p[P.PackUvDelay], -1);
  above(g, Rule.CellFault, max - min, p[P.SpreadMv], p[P.SpreadMv], p[P.TempDelay], pack.maxCell);
}

/**
 * One direction of over-current (S2, S5): `ma` is positive in that direction. Set after its delay or at once by the
 * AFE; released after a minute or by current the other way; after ten trips only by the latter or from outside.
 */
function overCurrent(
  g: Guard,
  p: Int32Array,
  rule: number,
  counter: number,
  ma: number,
  trip: number,
  delayMs: number,
  chip: boolean,
): void {
  if (!isActive(g, rule)) {
    if (move(g, rule, chip || ma > trip, chip ? 0 : delayMs, ma, -1) && g.trips[counter] < 255) g.trips[counter]++;
    return;
  }
  const opposite = -ma > p[P.OcOppositeMa];
  const locked = g.trips[counter] >= p[P.TripLock];
  const waited = g.nowMs - g.sinceMs[rule] >= p[P.OcReleaseMs];
  if (move(g, rule, !chip && (opposite || (waited && !locked)), 0, ma, -1) && opposite) g.trips[counter] = 0;
}

/** Currents and short circuit (S2, S5, S7). A short circuit is released by a charger only, never retried blindly. */
function currents(g: Guard, pack: Readonly<Pack>, p: Int32Array): void {
  const ma = pack.currentMa;
  const chip = pack.afeTrips;
  above(g, Rule.ChgOc, ma, p[P.ChgOcAlarm], p[P.ChgOcAlarm] - CURRENT_HYSTERESIS_MA, ALARM_DELAY_MS, -1);
  above(g, Rule.DsgOc, -ma, p[P.DsgOcAlarm], p[P.DsgOcAlarm] - CURRENT_HYSTERESIS_MA, ALARM_DELAY_MS, -1);
  overCurrent(g, p, Rule.ChgOcp, Trips.ChgOc, ma, p[P.ChgOcp], p[P.ChgOcDelay], (chip & AfeTrip.ChgOverCurrent) !== 0);
  overCurrent(g, p, Rule.DsgOcp, Trips.DsgOc, -ma, p[P.DsgOcp], p[P.DsgOcDelay], (chip & AfeTrip.DsgOverCurrent) !== 0);
  const shorted = (chip & AfeTrip.ShortCircuit) !== 0;
  if (!isActive(g, Rule.Scp)) {
    if (move(g, Rule.Scp, shorted, 0, ma, -1) && g.trips[Trips.ShortCircuit] < 255) g.trips[Trips.ShortCircuit]++;
  } else if (move(g, Rule.Scp, !shorted && pack.chargerPresent, p[P.TempDelay], ma, -1))
    g.trips[Trips.ShortCircuit] = 0;
  move(
    g,
    Rule.AfeTrip,
    isActive(g, Rule.AfeTrip) === ((chip & (AfeTrip.Temperature | AfeTrip.HostWatchdog)) === 0),
    0,
    chip,
    -1,
  );
}

/** Temperature windows (S9). Only valid sensors are compared; an invalid cell sensor is a fault (S11), T5 and T6 an alarm. */
function temperatures(g: Guard, pack: Readonly<Pack>, p: Int32Array): void {
  const deci = pack.tempDeciC;
  const valid = pack.tempValid;
  let hot = -32768;
  let cold = 32767;
  let hotAt = -1;
  let coldAt = -1;
  let missing = -1;
  for (let i = 0; i < 4; i++) {
    if ((valid & (1 << i)) === 0) {
      missing = i;
      continue;
    }
    if (deci[i] > hot) {
      hot = deci[i];
      hotAt = i;
    }
    if (deci[i] < cold) {
      cold = deci[i];
      coldAt = i;
    }
  }
  const wait = p[P.TempDelay];
  move(g, Rule.NtcFault, isActive(g, Rule.NtcFault) === missing < 0, wait, missing, missing);
  const mosValid = (valid & (1 << Sensor.Mosfet)) !== 0;
  const envValid = (valid & (1 << Sensor.Ambient)) !== 0;
  move(
    g,
    Rule.Sensor,
    isActive(g, Rule.Sensor) === (mosValid && envValid),
    wait,
    0,
    mosValid ? Sensor.Ambient : Sensor.Mosfet,
  );
  if (mosValid) {
    const mos = deci[Sensor.Mosfet];
    above(g, Rule.MosOt, mos, p[P.MosOtAlarm], p[P.MosOtAlarm] - TEMP_HYSTERESIS_DECI, wait, Sensor.Mosfet);
    above(g, Rule.MosOtp, mos, p[P.MosOtp], p[P.MosOtRelease], wait, Sensor.Mosfet);
  }
  if (envValid) {
    const env = deci[Sensor.Ambient];
    above(g, Rule.EnvOt, env, p[P.EnvOtAlarm], p[P.EnvOtAlarm] - TEMP_HYSTERESIS_DECI, wait, Sensor.Ambient);
    below(g, Rule.EnvUt, env, p[P.EnvUtAlarm], p[P.EnvUtAlarm] + TEMP_HYSTERESIS_DECI, wait, Sensor.Ambient);
    below(g, Rule.EnvUtp, env, p[P.EnvUtp], p[P.EnvUtRelease], wait, Sensor.Ambient);
  }
  if (hotAt < 0) return;
  above(g, Rule.ChgOt, hot, p[P.ChgOtAlarm], p[P.ChgOtAlarm] - TEMP_HYSTERESIS_DECI, wait, hotAt);
  above(g, Rule.ChgOtp, hot, p[P.ChgOtp], p[P.ChgOtRelease], wait, hotAt);
  above(g, Rule.DsgOt, hot, p[P.DsgOtAlarm], p[P.DsgOtAlarm] - TEMP_HYSTERESIS_DECI, wait, hotAt);
  above(g, Rule.DsgOtp, hot, p[P.DsgOtp], p[P.DsgOtRelease], wait, hotAt);
  below(g, Rule.ChgUt, cold, p[P.ChgUtAlarm], p[P.ChgUtAlarm] + TEMP_HYSTERESIS_DECI, wait, coldAt);
  below(g, Rule.ChgUtp, cold, p[P.ChgUtp], p[P.ChgUtRelease], wait, coldAt);
  below(g, Rule.DsgUt, cold, p[P.DsgUtAlarm], p[P.DsgUtAlarm] + TEMP_HYSTERESIS_DECI, wait, coldAt);
  below(g, Rule.DsgUtp, cold, p[P.DsgUtp], p[P.DsgUtRelease], wait, coldAt);
  if (envValid && deci[Sensor.Ambient] > hot) {
    hot = deci[Sensor.Ambient];
    hotAt = Sensor.Ambient;
  }
  above(g, Rule.HotCutOff, hot, p[P.HotCutOff], p[P.HotRelease] + 1, wait, hotAt);
}

/** MOSFETs that do not do what they are told (S11): current in a blocked direction latches, a wrong state clears itself. */
function switches(g: Guard, pack: Readonly<Pack>): void {
  const ma = pack.currentMa;
  const chgLeaks = !pack.chgOn && ma > STUCK_MA;
  const dsgLeaks = !pack.dsgOn && ma < -STUCK_MA;
  if (!isActive(g, Rule.ChgFet))
    move(g, Rule.ChgFet, chgLeaks || (pack.chgOn && !pack.chgFetOn), chgLeaks ? STUCK_MS : FOLLOW_MS, ma, -1);
  if (!isActive(g, Rule.DsgFet))
    move(
      g,
      Rule.DsgFet,
      dsgLeaks || (pack.dsgOn && !pack.dsgFetOn && !pack.preDischarge),
      dsgLeaks ? STUCK_MS : FOLLOW_MS,
      ma,
      -1,
    );
}

/** One protection step. Without a good sample nothing is released and nothing new is judged (S14). */
export function protect(g: Guard, pack: Pack, p: Int32Array, nowMs: number): void {
  g.nowMs = nowMs;
  g.arming = pack.sampleOk && g.blind && !pack.chgFetOn && !pack.dsgFetOn;
  if (pack.sampleOk) {
    g.blind = false;
    voltages(g, pack, p);
    currents(g, pack, p);
    temperatures(g, pack, p);
    switches(g, pack);
    const soc = (pack.remainingMas / pack.fullMas) * 1000;
    below(g, Rule.LowSoc, soc, p[P.LowSoc], p[P.LowSoc] + SOC_HYSTERESIS_PERMILLE, ALARM_DELAY_MS, -1);
  } else {
    for (let rule = 0; rule < Rule.AfeLost; rule++) if (isActive(g, rule)) g.pendingMs[rule] = -1;
  }
  const lost = pack.missedSamples >= LOST_SAMPLES && (pack.samples > 0 || nowMs > START_MS);
  if (lost) g.blind = true;
  move(g, Rule.AfeLost, isActive(g, Rule.AfeLost) ? pack.sampleOk : lost, 0, pack.missedSamples, -1);
  pack.alarms = g.bits[0];
  pack.protections = g.bits[1];
  pack.faults = g.bits[2];
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
