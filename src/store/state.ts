/**
 * State of charge, counters and the end of the log: saved each second, restored at start.
 * Words of the block: shown charge 3, charged 4-5, discharged 6-7, AFE counter 8, its seconds 9, part of a cycle 10,
 * estimated charge 11 (all mA s), stamp 12, events logged 13, since the last end 14 (mA s), cycles and flags 15.
 */
import { Estimator } from '../bms/estimate';
import { Guard } from '../bms/guard';
import { Pack } from '../bms/pack';
import { P } from '../bms/params';
import { Found, loadBlock, saveBlock } from './block';
import { PARAMS_AT, STATE_AT } from './layout';
import { openLog } from './log';
import { loadRecords, saveRecords, switches } from './records';
import { loadSlow, saveSlow } from './slow';
import { Problem, Records, stamp, Storage } from './storage';
import { loadValues } from './values';

const VERSION = 1;
const MAS_PER_MAH = 3600;

/** Standard error of a charge whose own was lost, as a share of the capacity: assumption. */
const LOST_DOUBT = 0.05;

/** Half-words of cycles and flags. */
const CYCLES = 30;
const FLAGS = 31;
/** Flags: switched off in order, 100 % or 0 % may be shown, last end (`Anchor`, two bits), no charge known, a fault. */
const CLEAN = 1;
const FULL = 2;
const EMPTY = 4;
const ANCHOR = 8;
const UNKNOWN = 32;
const FAULTY = 64;

/** Puts the loaded values into pack and estimator. False when they cannot be true. */
function restore(s: Storage, pack: Pack, est: Estimator, warm: boolean): boolean {
  const i32 = s.i32;
  const f64 = s.f64;
  if (!(i32[3] >= 0 && i32[11] > -pack.fullMas && f64[2] >= 0 && f64[3] >= 0)) return false; // an estimate may lie below 0
  pack.remainingMas = Math.min(i32[3], pack.fullMas);
  est.chargeMas = Math.min(i32[11], pack.fullMas);
  pack.chargedMas = f64[2];
  pack.dischargedMas = f64[3];
  pack.cycles = s.u16[CYCLES];
  est.cycleMas = i32[10];
  est.sinceMas = i32[14];
  const flags = s.u16[FLAGS];
  est.full = (flags & FULL) !== 0;
  est.empty = (flags & EMPTY) !== 0;
  est.anchor = (flags / ANCHOR) & 3;
  est.known = (flags & UNKNOWN) === 0;
  s.wasFaulty = (flags & FAULTY) !== 0;
  if (warm) {
    // the AFE went on counting: what it counted in between is added by the next estimate
    est.countedMas = i32[8];
    est.countedSeconds = i32[9];
  }
  s.loadedStamp = i32[12] >>> 0;
  s.clean = (flags & CLEAN) !== 0;
  return true;
}

/**
 * At start: restores latches, parameters, charge, capacity, counters, trips and the log. `params` hold the defaults.
 * `warm`: the controller alone has restarted, so that the AFE's counter still is the one that was saved. True when the
 * charge is known; how old it is, nobody knows.
 */
export function loadState(
  s: Storage,
  pack: Pack,
  params: Int32Array,
  est: Estimator,
  g: Guard,
  warm: boolean,
): boolean {
  if (!loadRecords(s, g, pack, est)) return false;
  loadValues(s, PARAMS_AT, params);
  pack.designMas = params[P.DesignMah] * MAS_PER_MAH;
  pack.fullMas = pack.designMas;
  const slow = loadSlow(s, pack, est);
  const found = loadBlock(s, STATE_AT, VERSION, s.bytes);
  s.stateNumber = s.number;
  const known = found <= Found.Older && restore(s, pack, est, warm);
  if (known && slow > Found.Older) est.varCharge = LOST_DOUBT * pack.fullMas * LOST_DOUBT * pack.fullMas;
  const first = (s.problems & Problem.Blank) !== 0 && found === Found.Blank;
  if (found === Found.Blank) s.problems |= Problem.Blank;
  else if (!known) s.problems |= Problem.State;
  if (slow === Found.Damaged || slow === Found.Newer) s.problems |= Problem.State;
  if (!first) openLog(s, known ? s.i32[13] : -1);
  return known;
}

/**
 * Each second, and with `clean` before switching off. One write; after a failure the memory is left alone for a minute.
 * Never throws.
 */
export function saveState(
  s: Storage,
  pack: Readonly<Pack>,
  est: Readonly<Estimator>,
  nowMs: number,
  clean: boolean,
): void {
  if (!s.usable || --s.holdOff > 0) return;
  const i32 = s.i32;
  const f64 = s.f64;
  i32[3] = pack.remainingMas;
  f64[2] = pack.chargedMas;
  f64[3] = pack.dischargedMas;
  i32[8] = est.countedMas;
  i32[9] = est.countedSeconds;
  i32[10] = est.cycleMas;
  i32[11] = est.chargeMas;
  i32[12] = stamp(s, nowMs);
  i32[13] = s.logged;
  i32[14] = est.sinceMas;
  s.u16[CYCLES] = pack.cycles;
  s.u16[FLAGS] =
    (clean ? CLEAN : 0) |
    (est.full ? FULL : 0) |
    (est.empty ? EMPTY : 0) |
    (est.anchor * ANCHOR) |
    (est.known ? 0 : UNKNOWN) |
    (pack.faults === 0 ? 0 : FAULTY);
  saveBlock(s, STATE_AT, VERSION, s.bytes, s.i32, ++s.stateNumber);
}

/** Stores the records when they have changed, else what changes slowly, when it is time. Each second, in another tick than `saveState`. */
export function saveChanges(s: Storage, pack: Readonly<Pack>, est: Readonly<Estimator>, g: Readonly<Guard>): void {
  if (!s.usable || s.holdOff > 0) return;
  if (s.recordsDirty || s.counts[Records.Switches] !== switches(pack)) saveRecords(s, g, pack);
  else saveSlow(s, pack, est);
}
