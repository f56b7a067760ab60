/**
 * TI BQ76952 monitor: the sample of every tick (hardware.md 2.8); its start-up is `bq76952-start.ts`, what it is told to
 * do `bq76952-act.ts`.
 * Registers: hardware.md 2.3 and 2.4. Errors end a tick here; what they mean for the pack is decided in `bms`.
 */
import { AfeProblem, AfeTrip, Pack } from '../bms/pack';
import { Protection } from '../bms/rules';
import { highest, mapInto, sum } from '../hal/native';
import { BOTH_OFF, PRESENT } from './bq76952-act';
import { ask, command, refresh, word, write } from './bq76952-link';
import { watchLoad } from './bq76952-load';
import { Bq76952, enter, Fet, FET_STATUS, Stage } from './bq76952-record';
import { ready } from './bq76952-start';

export { bleed, setFets } from './bq76952-act';
export { type Bq76952, createBq76952, isStarting, reconfigure } from './bq76952-record';

/** Words of the cell block. */
const STACK = 16;
const PACK_PIN = 17;
const LD = 18;
const CC2 = 19;
/** Of the alarm block: words Alarm Status (latched, write 1 to clear) and Alarm Raw Status. */
const ALARM_STATUS = 0x62;
const LATCHED = 0;

const STATIC_CFG_SIG = 0x0005;
const DASTATUS6 = 0x0076; // charge in 10 mAh, its fraction / 2^32, seconds
const SCDL_RECOVER = 0x009c;

/** Safety Status C: short-circuit latch. */
const SCDL = 0x40;
/** Alarm Status: Safety Status B or C has been set. Alarm Raw Status: every input has been measured since the start. */
const SSBC = 0x8000;
const FULLSCAN = 0x0080;

/** Failed ticks in a row until the chip is looked for anew. */
const LOST_TICKS = 3;
/** The charge counter is read every so many ticks, the signature of the configuration once in so many (hardware.md 2.8). */
const COUNTER_TICKS = 4;
const SIGNATURE_TICKS = 240;
/** Cells of 0.25 mOhm and more do not keep the same sum to the millivolt when the current changes by so much. */
const SWING_MA = 20000;
/** A sample is possible within these, and without a negative cell. Sum and stack differ by a load step between their scans, up to 63 and 189 ms. */
const CELL_MAX_MV = 5500;
const STACK_MIN_MV = 8000;
const STACK_DIFFERENCE_MV = 2500;
/** Sensor range -45..125 degrees C in 0.1 K, beyond it open or short; a jump that needs three samples (hardware.md 3). */
const NTC_OPEN = 2282;
const NTC_SHORT = 3982;
const ZERO_CELSIUS = 2732;
const JUMP_DECI_C = 150;
const JUMP_SAMPLES = 3;

/** Bits of AfeTrip from Safety Status A, B and C. */
function tripsOf(a: number, b: number, c: number): number {
  let trips = 0;
  if ((a & 0x80) | (c & 0x40)) trips |= AfeTrip.ShortCircuit;
  if ((a & 0x60) | (c & 0xa0)) trips |= AfeTrip.DsgOverCurrent;
  if (a & 0x10) trips |= AfeTrip.ChgOverCurrent;
  if ((a & 0x08) | (c & 0x10)) trips |= AfeTrip.CellOv;
  if (a & 0x04) trips |= AfeTrip.CellUv;
  if (b & 0x01) trips |= AfeTrip.ChgCold; // UTC
  if (b & 0x10) trips |= AfeTrip.ChgHot; // OTC
  if (b & 0xee) trips |= AfeTrip.Temperature;
  if (c & 0x02) trips |= AfeTrip.HostWatchdog;
  return trips;
}

/** A new word of one sensor: range, and jumps, which count from their third sample on. Else the old number stays. */
function takeSensor(afe: Bq76952, pack: Pack, i: number, raw: number): void {
  const bit = 1 << i;
  const step = raw - afe.known[i];
  afe.known[i] = 0; // looked at again in the next sample
  if (raw < NTC_OPEN || raw > NTC_SHORT) {
    pack.tempValid &= ~bit;
    return;
  }
  const deciC = raw - ZERO_CELSIUS;
  if (step > JUMP_DECI_C || step < -JUMP_DECI_C) {
    const jumped = (pack.tempValid & bit) !== 0 && Math.abs(deciC - pack.tempDeciC[i]) > JUMP_DECI_C;
    if (jumped && ++afe.jumps[i] < JUMP_SAMPLES) return;
    afe.jumps[i] = 0;
    pack.tempValid |= bit;
  }
  afe.known[i] = raw;
  pack.tempDeciC[i] = deciC;
}

/** Temperatures: most words are those of the last sample. */
function temperatures(afe: Bq76952, pack: Pack): void {
  const known = afe.known;
  mapInto(afe.pins, afe.raw, afe.alarms.words);
  let i = 0;
  for (const raw of afe.raw) {
    if (raw !== known[i]) takeSensor(afe, pack, i, raw);
    i++;
  }
}

/**
 * How long the measurements have stood still (hardware.md 9, row 8). The evidence is that of the charge counter's answer,
 * which comes each second anyway: its seconds, which the coulomb counter's own loop counts; and, of the other converter,
 * cells that have kept their sum since the current was another one. FULLSCAN would have to be cleared each second, and
 * would move ALERT.
 */
function watchFlow(afe: Bq76952, pack: Pack, moved: boolean, nowMs: number): void {
  const mv = sum(afe.cellMv);
  const ma = afe.cells.words[CC2] * 10;
  if (mv !== afe.heldMv) {
    afe.heldMv = mv;
    afe.heldMa = ma;
  }
  if (moved && Math.abs(ma - afe.heldMa) <= SWING_MA) afe.freshMs = nowMs;
  pack.staleMs = nowMs - afe.freshMs;
}

/**
 * The answer to the question of this tick. One that got lost is asked for again in its next turn. Old data under a new
 * echo (hardware.md 9, row 3): a wrong signature is asked for once more, with its checksum, and a charge counts with a new
 * second only.
 */
function takeAnswer(afe: Bq76952, pack: Pack, question: number, nowMs: number): void {
  refresh(afe.link, afe.answer);
  const words = afe.answer.words;
  const answered = words[0] === question;
  if (question === STATIC_CFG_SIG) {
    if (answered && (words[1] & 0xffff) !== afe.signature && word(ask(afe.link, question)) !== afe.signature)
      enter(afe, Stage.Configure);
    return;
  }
  const seconds = answered ? (words[5] & 0xffff) | (words[6] << 16) : afe.seconds;
  const moved = seconds !== afe.seconds;
  watchFlow(afe, pack, moved, nowMs);
  if (!moved) return;
  afe.seconds = seconds;
  pack.countedSeconds = seconds;
  pack.countedMas = ((words[1] & 0xffff) | (words[2] << 16)) * 36000 + (words[4] & 0xffff) * (36000 / 65536);
}

/** False when the values cannot be true although every CRC was right (hardware.md 2.9, 12). */
function plausible(afe: Bq76952, stackMv: number): boolean {
  if (stackMv < STACK_MIN_MV || Math.abs(sum(afe.cellMv) - stackMv) > STACK_DIFFERENCE_MV) return false;
  return highest(afe.cellMv) <= CELL_MAX_MV;
}

/** Safety status and alarms: what has tripped, or had tripped and is over. */
function watchTrips(afe: Bq76952, pack: Pack): void {
  const safety = afe.safety.data;
  const b = safety[3];
  let trips = safety[1] | b | safety[5];
  if (trips !== 0) trips = tripsOf(safety[1], b, safety[5]);
  const over = afe.alarms.words[LATCHED] & ~afe.alarms.words[PRESENT];
  if (over !== 0) {
    write(afe.link, [ALARM_STATUS, over, over >> 8]);
    // nothing else recovers between two samples
    if ((over & SSBC) !== 0 && trips === 0 && pack.afeTrips === 0) trips = AfeTrip.HostWatchdog;
  }
  pack.afeTrips = trips;
}

/** One set of values, complete or not at all. */
function measure(afe: Bq76952, pack: Pack, nowMs: number): void {
  const link = afe.link;
  const turn = afe.turn;
  afe.turn = turn < SIGNATURE_TICKS ? turn + 1 : 1;
  const question = turn % COUNTER_TICKS === 0 ? DASTATUS6 : turn === 1 ? STATIC_CFG_SIG : 0;
  // asked now, answered when the other blocks have been read; nothing else uses the window meanwhile
  if (question !== 0) command(link, question);
  // the latch guards a pack without controller; with one, the firmware's own rule holds both paths open
  else if ((afe.safety.data[5] & SCDL) !== 0 && afe.fetMask === BOTH_OFF) command(link, SCDL_RECOVER);
  refresh(link, afe.cells);
  refresh(link, afe.alarms);
  if ((afe.alarms.words[PRESENT] & FULLSCAN) === 0) return; // not yet, or reset within this tick
  if (question !== 0) takeAnswer(afe, pack, question, nowMs);
  if (afe.seconds < 0 || afe.stage === Stage.Configure) return;
  const words = afe.cells.words;
  const stackMv = words[STACK] * 10;
  if (!plausible(afe, stackMv)) {
    pack.implausible = true;
    return;
  }
  if (afe.loadTurn !== 0 || (pack.protections & Protection.Scp) !== 0)
    watchLoad(afe, pack, words[LD] * 10, afe.fetMask === BOTH_OFF);
  pack.cellMv.set(afe.cellMv);
  pack.stackMv = stackMv;
  pack.packMv = words[PACK_PIN] * 10;
  if (afe.loadTurn <= 0) pack.terminalMv = words[LD] * 10;
  pack.currentMa = words[CC2] * 10;
  temperatures(afe, pack);
  watchTrips(afe, pack);
  const fets = afe.alarms.data[FET_STATUS];
  pack.chgFetOn = (fets & Fet.Chg) !== 0;
  pack.dsgFetOn = (fets & Fet.Dsg) !== 0;
  pack.preDischarge = (fets & Fet.Pdsg) !== 0;
  pack.sampleOk = true;
}

/**
 * Fills the measured part of `pack`. After an error or an impossible sample the old values stay and `sampleOk` is false.
 * `nowMs` may come from any clock that goes on while nobody samples.
 */
export function sample(afe: Bq76952, pack: Pack, nowMs: number): void {
  pack.sampleOk = false;
  pack.implausible = false;
  try {
    if (ready(afe, pack)) measure(afe, pack, nowMs);
    afe.failures = 0;
  } catch (e) {
    if (++afe.failures >= LOST_TICKS) enter(afe, Stage.Probe);
  }
  pack.missedSamples++;
  if (!pack.sampleOk) {
    afe.loadFree = pack.loadGone = false;
    return;
  }
  if (afe.stage === Stage.Start) {
    enter(afe, Stage.Run);
    afe.rounds = 0;
    pack.afeProblem = AfeProblem.None;
  }
  pack.missedSamples = 0;
  pack.samples++;
}

/** One more step of the start in the same tick, which counts as one sample. */
export function resume(afe: Bq76952, pack: Pack, nowMs: number): void {
  const missed = pack.missedSamples;
  sample(afe, pack, nowMs);
  if (!pack.sampleOk) pack.missedSamples = missed;
}
