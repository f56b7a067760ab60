/**
 * State of charge, counters and the end of the log: saved each second, restored at start.
 * Words of the block: shown charge 3, charged 4-5, discharged 6-7, AFE counter 8, its seconds 9, part of a cycle 10,
 * estimated charge 11 (all mA s), stamp 12, events logged 13, since the last end 14 (mA s), cycles and flags 15.
 */
import { Estimator } from '../bms/estimate';
import { Guard } from '../bms/guard';
import { Pack } from '../bms/pack';
import { Found, isStored, saveBlock } from './block';
import { MEMORY_BYTES } from './layout';
import { findNewest, searchAll } from './log';
import { restoreSlow, saveSlow, slowIsDue } from './slow';
import { fail, find, Problem, Records, saveRecords, stamp, Storage } from './storage';

/** One save in so many is read back: nobody reports on a software bus that the memory has gone. */
const CHECK_EVERY = 16;

/** Standard error of a charge whose own was lost, as a share of the capacity: assumption. */
const LOST_DOUBT = 0.05;

/** Half-words of cycles and flags. */
const CYCLES = 30;
const FLAGS = 31;
/** Flags: switched off in order, 100 % or 0 % may be shown; above them the last end (`Anchor`). */
const CLEAN = 1;
const FULL = 2;
const EMPTY = 4;
const ANCHOR = 8;

/** Looks for the memory, counts the start. False when there is nothing to remember with. */
function open(s: Storage): boolean {
  if (s.store === null || s.store.size < MEMORY_BYTES) return false;
  const found = find(s, s.records);
  s.counts[Records.Boots]++;
  if (!saveRecords(s)) return false;
  s.problems = found === Found.Blank ? Problem.Blank : found > Found.Older ? Problem.State : 0;
  s.usable = true;
  return true;
}

/** Puts the loaded values into pack and estimator. False when they cannot be true. */
function restore(s: Storage, pack: Pack, est: Estimator, warm: boolean): boolean {
  const i32 = s.i32;
  if (!(i32[3] >= 0 && i32[11] >= 0 && s.f64[2] >= 0 && s.f64[3] >= 0)) return false;
  pack.remainingMas = Math.min(i32[3], pack.fullMas);
  est.chargeMas = Math.min(i32[11], pack.fullMas);
  pack.chargedMas = s.f64[2];
  pack.dischargedMas = s.f64[3];
  pack.cycles = s.u16[CYCLES];
  est.cycleMas = i32[10];
  est.sinceMas = i32[14];
  const flags = s.u16[FLAGS];
  est.full = (flags & FULL) !== 0;
  est.empty = (flags & EMPTY) !== 0;
  est.anchor = (flags / ANCHOR) & 3;
  est.known = true;
  if (warm) {
    // the AFE went on counting: what it counted in between is added by the next estimate
    est.countedMas = i32[8];
    est.countedSeconds = i32[9];
  }
  s.loadedStamp = i32[12] >>> 0;
  return true;
}

/** Finds the end of the log. */
function openLog(s: Storage, known: boolean): void {
  if (s.store === null) return;
  try {
    if (known) findNewest(s, s.store, s.i32[13]);
    else searchAll(s, s.store);
  } catch (e) {
    fail(s);
  }
  s.cleared[0] = Math.min(s.cleared[0], s.logged);
}

/**
 * At start: restores charge, capacity, counters, trips and the log. `warm`: the controller alone has restarted, so that
 * the AFE's counter still is the one that was saved. True when the charge is known; how old it is, nobody knows.
 */
export function loadState(s: Storage, pack: Pack, est: Estimator, g: Guard, warm: boolean): boolean {
  if (!open(s)) return false;
  g.trips.set(s.counts.subarray(Records.TripsChgOc, Records.Count));
  const slow = find(s, s.slow);
  const slowKnown = slow <= Found.Older && restoreSlow(s, pack, est);
  const found = find(s, s.state);
  const known = found <= Found.Older && restore(s, pack, est, warm);
  if (known && !slowKnown) est.varCharge = LOST_DOUBT * pack.fullMas * LOST_DOUBT * pack.fullMas;
  const first = (s.problems & Problem.Blank) !== 0 && found === Found.Blank;
  if (found === Found.Blank) s.problems |= Problem.Blank;
  else if (!known) s.problems |= Problem.State;
  if (slow !== Found.Blank && !slowKnown) s.problems |= Problem.State;
  if (!first) openLog(s, known);
  return known;
}

/** The state that was loaded at start was saved with `clean`: the BMS had been switched off, not cut off. */
export function wasClean(s: Readonly<Storage>): boolean {
  return s.loadedStamp !== 0 && (s.u16[FLAGS] & CLEAN) !== 0;
}

/** One save in so many, and each one after a failure, is read back. */
function verify(s: Storage): void {
  if ((s.problems & Problem.Lost) === 0 && s.state.head[1] % CHECK_EVERY !== 0) return;
  if (s.store !== null && isStored(s.store, s.state)) s.problems &= ~Problem.Lost;
  else fail(s);
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
  if (s.store === null || !s.usable || --s.holdOff > 0) return;
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
  s.u16[FLAGS] = (clean ? CLEAN : 0) | (est.full ? FULL : 0) | (est.empty ? EMPTY : 0) | (est.anchor * ANCHOR);
  try {
    saveBlock(s.store, s.state);
  } catch (e) {
    fail(s);
    return;
  }
  verify(s);
}

/** Stores record counters and trips, else what changes slowly, when it is time. Each second, in another tick than `saveState`. */
export function saveChanges(s: Storage, pack: Readonly<Pack>, est: Readonly<Estimator>, g: Readonly<Guard>): void {
  if (!s.usable || s.holdOff > 0) return;
  if (s.recordsDirty) {
    s.counts.set(g.trips, Records.TripsChgOc);
    if (!saveRecords(s)) fail(s);
  } else if (slowIsDue(s, pack)) saveSlow(s, pack, est);
}
