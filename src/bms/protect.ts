/**
 * Protections (S2-S9, S11): turns the sample into alarms, protections and faults, each with its cause. While every value
 * stays inside the band in which no rule of its group changes, the group costs the interpreter a few comparisons.
 */
import { highest, lowest } from '../hal/native';
import { currents } from './currents';
import { APART_MV, brokenWire, look, LOOK_MS, SLOW_MS, switches, watchWires, WIRE_MV } from './diagnose';
import { CS_WRAP, Guard, isActive, match, move } from './guard';
import { ABSENT, Group, judge, LIMITLESS, put, setByChip } from './judge';
import { Q, Rows } from './limits';
import { AfeProblem, AfeTrip, Pack, Sensor } from './pack';
import { P } from './params';
import { Alarm, Fault, Rule } from './rules';

/** Failed samples in a row after which the AFE counts as lost: 3 ticks, 0.75 s (hardware.md 9, row 1). */
const LOST_SAMPLES = 3;
/**
 * Until then a starting AFE is not yet lost: a restart under load reads its configuration for about a second. A silent
 * AFE may have its paths closed, so it is not given longer.
 */
const START_MS = 2000;
const ALL_SENSORS = 63;
const CELL_SENSORS = 15;
/** Bits of `Guard.partial`. */
const VOLTAGES = (1 << Q.MaxMv) | (1 << Q.MinMv) | (1 << Q.SumMv);
const CELL_TEMPERATURES = (1 << Q.Hot) | (1 << Q.Cold);

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
  const spread = max - min;
  const wire = spread > WIRE_MV ? brokenWire(pack) : -1;
  if (spread > WIRE_MV || (g.bits[2] & Fault.SenseWire) !== 0) watchWires(g, spread, wire);
  else g.pendingCs[Rule.SenseWire] = -1;
  // a broken wire says nothing of the cells
  const mute = (g.bits[2] & (Fault.SenseWire | Fault.CellFault)) === Fault.SenseWire;
  put(g, Q.SpreadMv, mute ? 0 : spread, pack.maxCell);
  const odd = wire >= 0 || spread > g.params[P.SpreadMv] ? VOLTAGES : 0; // one that may not be true releases nothing
  if ((g.partial & VOLTAGES) !== odd) {
    g.partial ^= VOLTAGES;
    g.settled &= ~Group.Voltage;
  }
  if (pack.afeTrips !== 0) {
    setByChip(g, pack.afeTrips, AfeTrip.CellOv, Rule.CellOvp, Q.MaxMv);
    setByChip(g, pack.afeTrips, AfeTrip.CellUv, Rule.CellUvp, Q.MinMv);
  }
  judge(g, Group.Voltage, Rows.Voltage, Rows.Current);
  if (wire >= 0 || (g.bits[2] & Fault.SenseWire) !== 0) g.settled &= ~Group.Voltage;
  if (g.high[Q.SpreadMv] > WIRE_MV) g.high[Q.SpreadMv] = WIRE_MV;
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
  g.partial &= VOLTAGES;
  if (missing >= 0) g.partial |= CELL_TEMPERATURES;
  if (missing >= 0 || !envValid) g.partial |= 1 << Q.Hottest;
  if (pack.afeTrips !== 0) {
    setByChip(g, pack.afeTrips, AfeTrip.ChgHot, Rule.ChgOtp, Q.Hot);
    setByChip(g, pack.afeTrips, AfeTrip.ChgCold, Rule.ChgUtp, Q.Cold);
  }
  judge(g, Group.Temperature, Rows.Temperature, Rows.Soc);
  const wait = g.params[P.TempDelay];
  const fault = missing >= 0;
  const alarm = !mosValid || !envValid;
  if (!fault && !alarm && (g.bits[2] & Fault.NtcFault) === 0 && (g.bits[0] & Alarm.Sensor) === 0) {
    g.pendingCs[Rule.NtcFault] = -1;
    g.pendingCs[Rule.Sensor] = -1;
    return;
  }
  match(g, Rule.NtcFault, fault, wait, missing, missing);
  match(g, Rule.Sensor, alarm, wait, 0, mosValid ? Sensor.Ambient : Sensor.Mosfet);
  if (isActive(g, Rule.NtcFault) !== fault || isActive(g, Rule.Sensor) !== alarm) g.settled &= ~Group.Temperature;
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

/**
 * Samples that fail: nothing is released and nothing new is judged (S14); after three the AFE is lost, or lies, and at
 * once when it says itself that it is not the one we know.
 */
function missing(g: Guard, pack: Readonly<Pack>): void {
  g.settled = 0;
  for (let word = 0; word < 4; word++) {
    let rule = word * 16;
    for (let bits = g.bits[word]; bits !== 0; bits >>= 1) {
      if ((bits & 1) !== 0) g.pendingCs[rule] = -1;
      rule++;
    }
  }
  const other = pack.afeProblem !== AfeProblem.None;
  if (!other && (pack.missedSamples < LOST_SAMPLES || (pack.samples === 0 && g.nowMs <= START_MS))) return;
  g.blind = true;
  const rule = other ? Rule.AfeConfig : pack.implausible ? Rule.Implausible : Rule.AfeLost;
  if (!isActive(g, rule)) move(g, rule, 0, other ? pack.afeProblem : pack.missedSamples, -1);
}

/** The AFE is back: what a good sample disproves. */
function returned(g: Guard): void {
  if (isActive(g, Rule.AfeLost)) move(g, Rule.AfeLost, 0, 0, -1);
  if (isActive(g, Rule.Implausible)) move(g, Rule.Implausible, 0, 0, -1);
}

/**
 * The first sample after a start or a loss is judged without delays: no path may close first and open two seconds later.
 * Not when a restarted controller finds the discharge path closed, as the output shows, and a load on it.
 */
function arms(pack: Readonly<Pack>): boolean {
  return pack.samples > 1 || !pack.dsgFetOn || Math.abs(pack.stackMv - pack.packMv) > APART_MV;
}

/**
 * Before the first step after a start or a loss, which judges every rule: the temperatures, in a slice of their own.
 * True when it did; then the step itself is due in the next slice.
 */
export function prepare(g: Guard, pack: Readonly<Pack>, p: Int32Array, nowMs: number): boolean {
  if (!g.blind || g.prepared || !pack.sampleOk || pack.staleMs >= SLOW_MS) return false;
  g.prepared = true;
  g.arming = arms(pack);
  g.hold = true;
  setStep(g, p, nowMs);
  g.settled = 0;
  temperatures(g, pack);
  return true;
}

/** One protection step. A first sample that is old already is none: what stands still does not end a loss (S14). */
export function protect(g: Guard, pack: Pack, p: Int32Array, nowMs: number): void {
  setStep(g, p, nowMs);
  const old = pack.staleMs >= SLOW_MS;
  const due = nowMs >= g.lookMs;
  if (due) g.lookMs = nowMs + LOOK_MS; // in a failed sample too, which must not shift the looks
  if (!pack.sampleOk || (g.blind && old)) {
    missing(g, pack);
    if (pack.sampleOk && !isActive(g, Rule.AfeFrozen)) move(g, Rule.AfeFrozen, 0, pack.staleMs, -1);
  } else {
    g.arming = g.blind && arms(pack);
    g.blind = false;
    g.hold = false;
    if ((g.bits[2] & (Fault.AfeLost | Fault.Implausible)) !== 0) returned(g);
    g.hold = g.arming || old;
    if (g.arming || pack.afeTrips !== g.afeTrips || pack.tempValid !== g.tempValid)
      g.settled = g.prepared ? g.settled & Group.Temperature : 0;
    g.prepared = false;
    g.afeTrips = pack.afeTrips;
    g.tempValid = pack.tempValid;
    if (due || g.arming) look(g, pack);
    voltages(g, pack);
    currents(g, pack);
    temperatures(g, pack);
    switches(g, pack);
    lowSoc(g, pack);
  }
  pack.alarms = g.bits[0];
  pack.protections = g.bits[1];
  pack.faults = g.bits[2];
  pack.notices = g.bits[3];
}
