/**
 * TI BQ76952 monitor: the sample of every tick and FET control (hardware.md 2.8); its start-up is `bq76952-start.ts`.
 * Registers: hardware.md 2.3 and 2.4. Errors end a tick here; what they mean for the pack is decided in `bms`.
 */
import { AfeTrip, Pack, SENSORS } from '../bms/pack';
import { highest, lowest, sum } from '../hal/native';
import { ask, command, read, write, writeValue } from './bq76952-link';
import { Bq76952, enter, ready, SIGNATURE_MS, Stage, word } from './bq76952-start';

export { type Bq76952, createBq76952 } from './bq76952-start';

const SAFETY = 0x02; // alert A, status A, alert B, status B, alert C, status C
const CELL_1 = 0x14; // 16 x int16, mV
const STACK = 0x34; // stack, PACK, LD in 10 mV, CC2 current in 10 mA
const ALARM_STATUS = 0x62; // latched, write 1 to clear
const TEMPERATURES = 0x68; // die, CFETOFF, DFETOFF, ALERT, TS1, TS2, TS3, HDQ, DCHG, DDSG in 0.1 K
const FET_STATUS = 0x7f;

const STATIC_CFG_SIG = 0x0005;
const DASTATUS6 = 0x0076; // charge in 10 mAh, its fraction / 2^32, seconds
const FET_CONTROL = 0x0097;
const SCDL_RECOVER = 0x009c;

/** Safety Status C: short-circuit latch. */
const SCDL = 0x40;
/** FET_CONTROL: bits force off, in another order than FET_STATUS. There is no pre-charge FET, so its bit stays set. */
const PCHG_OFF = 8;
const CHG_OFF = 4;
const DSG_PDSG_OFF = 3;
const BOTH_OFF = PCHG_OFF | CHG_OFF | DSG_PDSG_OFF;
/** FET_STATUS. */
const CHG = 1;
const DSG = 4;
const PDSG = 8;

/** Failed ticks in a row until the chip is looked for anew. */
const LOST_TICKS = 3;
/** FET_CONTROL is repeated after so many ticks: a write that got lost is not reported. */
const REPEAT_TICKS = 4;
/** The charge counter's seconds stand still for so long: the measurement has stopped (hardware.md 9, row 8). */
const FROZEN_MS = 15000;
/** A sample is possible within these. Sum and stack differ by a load step between their scans, up to 63 and 189 ms. */
const CELL_MIN_MV = -100;
const CELL_MAX_MV = 5500;
const STACK_MIN_MV = 8000;
const STACK_DIFFERENCE_MV = 2500;
/** Sensor range -45..125 degrees C in 0.1 K, beyond it open or short; a jump that needs three samples (hardware.md 3). */
const NTC_OPEN = 2282;
const NTC_SHORT = 3982;
const JUMP_DECI_C = 150;
const JUMP_SAMPLES = 3;

/** Charge counter, latched alarms and short-circuit latch every second, signature every minute. */
function everySecond(afe: Bq76952, pack: Pack, statusC: number, nowMs: number): void {
  const link = afe.link;
  const passed = ask(link, DASTATUS6).buffer;
  const parts = new Int32Array(passed, 0, 3);
  pack.countedMas = parts[0] * 36000 + new Uint32Array(passed, 4, 1)[0] * (36000 / 4294967296);
  if (parts[2] !== pack.countedSeconds) afe.countedAtMs = nowMs;
  pack.countedSeconds = parts[2];
  const alarms = read(link, ALARM_STATUS, 2);
  if (word(alarms) !== 0) write(link, [ALARM_STATUS, alarms[0], alarms[1]]);
  // the latch guards a pack without controller; with one, the firmware's own rule holds both paths open
  if ((statusC & SCDL) !== 0 && afe.fetMask === BOTH_OFF) command(link, SCDL_RECOVER);
  afe.nextSecondMs = nowMs + 1000;
  if (nowMs < afe.nextSignatureMs) return;
  if (word(ask(link, STATIC_CFG_SIG)) !== afe.signature) return enter(afe, Stage.Configure);
  afe.nextSignatureMs = nowMs + SIGNATURE_MS;
}

/** Bits of AfeTrip from Safety Status A, B and C. */
function tripsOf(a: number, b: number, c: number): number {
  let trips = 0;
  if ((a & 0x80) | (c & 0x40)) trips |= AfeTrip.ShortCircuit;
  if ((a & 0x60) | (c & 0xa0)) trips |= AfeTrip.DsgOverCurrent;
  if (a & 0x10) trips |= AfeTrip.ChgOverCurrent;
  if ((a & 0x08) | (c & 0x10)) trips |= AfeTrip.CellOv;
  if (a & 0x04) trips |= AfeTrip.CellUv;
  if (b) trips |= AfeTrip.Temperature;
  if (c & 0x02) trips |= AfeTrip.HostWatchdog;
  return trips;
}

/** Range and jump of every sensor; a jump counts from its third sample on, until then the old number stays. */
function temperatures(afe: Bq76952, pack: Pack, words: Uint16Array): void {
  let valid = 0;
  for (let i = 0; i < SENSORS; i++) {
    const raw = words[afe.pins[i]];
    if (raw < NTC_OPEN || raw > NTC_SHORT) continue;
    valid |= 1 << i;
    const deciC = raw - 2732;
    const jumped = (pack.tempValid & (1 << i)) !== 0 && Math.abs(deciC - pack.tempDeciC[i]) > JUMP_DECI_C;
    if (jumped && ++afe.jumps[i] < JUMP_SAMPLES) continue;
    afe.jumps[i] = 0;
    pack.tempDeciC[i] = deciC;
  }
  pack.tempValid = valid;
}

/** One set of values. False when it cannot be true although every CRC was right (hardware.md 2.9, 12); then none counts. */
function measure(afe: Bq76952, pack: Pack, nowMs: number): boolean {
  const link = afe.link;
  const safety = read(link, SAFETY, 6);
  const cells = new Int16Array(read(link, CELL_1, 32).buffer);
  const stack = new Int16Array(read(link, STACK, 8).buffer);
  const temps = new Uint16Array(read(link, TEMPERATURES, 20).buffer);
  afe.fetStatus = read(link, FET_STATUS, 1)[0];
  if (nowMs >= afe.nextSecondMs) everySecond(afe, pack, safety[5], nowMs);
  const stackMv = stack[0] * 10;
  if (stackMv < STACK_MIN_MV || Math.abs(sum(cells) - stackMv) > STACK_DIFFERENCE_MV) return false;
  if (lowest(cells) < CELL_MIN_MV || highest(cells) > CELL_MAX_MV || nowMs - afe.countedAtMs > FROZEN_MS) return false;
  pack.cellMv.set(cells);
  pack.stackMv = stackMv;
  pack.packMv = stack[1] * 10;
  pack.terminalMv = stack[2] * 10;
  pack.currentMa = stack[3] * 10;
  temperatures(afe, pack, temps);
  pack.afeTrips = tripsOf(safety[1], safety[3], safety[5]);
  pack.chgFetOn = (afe.fetStatus & CHG) !== 0;
  pack.dsgFetOn = (afe.fetStatus & DSG) !== 0;
  pack.preDischarge = (afe.fetStatus & PDSG) !== 0;
  return true;
}

/** Fills the measured part of `pack`. After an error or an impossible sample the old values stay and `sampleOk` is false. */
export function sample(afe: Bq76952, pack: Pack, nowMs: number): void {
  pack.sampleOk = false;
  try {
    pack.sampleOk = ready(afe, pack, nowMs) && measure(afe, pack, nowMs);
    if (pack.sampleOk && afe.stage === Stage.Start) enter(afe, Stage.Run);
    afe.failures = 0;
  } catch (e) {
    pack.sampleOk = false;
    if (++afe.failures >= LOST_TICKS) enter(afe, Stage.Probe);
  }
  if (pack.sampleOk) pack.samples++;
  pack.missedSamples = pack.sampleOk ? 0 : pack.missedSamples + 1;
}

/**
 * Permits or forces off each path. Nothing is sent before the first good sample: a load that stays on over a restart of
 * the controller is not dropped by its ignorance. Sent on change, while a MOSFET is on against the request, and each second.
 */
export function setFets(afe: Bq76952, chg: boolean, dsg: boolean): void {
  if (afe.stage !== Stage.Run) return;
  const mask = PCHG_OFF | (chg ? 0 : CHG_OFF) | (dsg ? 0 : DSG_PDSG_OFF);
  const defies = (!chg && (afe.fetStatus & CHG) !== 0) || (!dsg && (afe.fetStatus & (DSG | PDSG)) !== 0);
  if (mask === afe.fetMask && !defies && ++afe.fetAge < REPEAT_TICKS) return;
  try {
    writeValue(afe.link, FET_CONTROL, 1, mask);
    afe.fetMask = mask;
    afe.fetAge = 0;
  } catch (e) {
    afe.fetMask = -1;
  }
}
