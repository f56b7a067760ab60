/**
 * What outlives every restart, however it came about: record counters, trips that lead to a lock, protections that are
 * active, faults that only service clears, paths that the host has switched off, the lock against theft. Half-words of
 * the block from 6 on are those of `Records`; words: events cleared 8, then the causes of charge over-current, discharge
 * over-current, short circuit 11-13, of charge and discharge MOSFET 14-15. Values of other rules are in the log.
 */
import { clearLocks } from '../bms/currents';
import { Estimator } from '../bms/estimate';
import { Guard } from '../bms/guard';
import { HostOff, Pack } from '../bms/pack';
import { LATCHED, Protection, Rule } from '../bms/rules';
import { Found, loadBlock, saveBlock } from './block';
import { MEMORY_BYTES, RECORDS_AT } from './layout';
import { logEvent, StoreEvent } from './log';
import { Problem, Records, Storage } from './storage';

/** 2: protections, faults, switches, causes. */
const VERSION = 2;

/** This protection says what the AFE reports now, and nothing else. */
const MOMENTARY = Protection.AfeTrip;
const LOCKED = 4;
/** The shunt's end, 327 A, fits a half-word. */
const MA_PER_COUNT = 10;

/** The pack's switches as they are stored. */
export function switches(pack: Readonly<Pack>): number {
  return pack.hostOff | (pack.locked ? LOCKED : 0);
}

/** Stores the records: after a trip, a command, and at start. False when that failed. */
export function saveRecords(s: Storage, g: Readonly<Guard>, pack: Readonly<Pack>): boolean {
  if (!s.usable) return false;
  const counts = s.counts;
  const i32 = s.i32;
  counts.set(g.trips, Records.TripsChgOc);
  counts[Records.Protections] = g.bits[1];
  counts[Records.Faults] = g.bits[2] & LATCHED;
  counts[Records.Switches] = switches(pack);
  counts[Records.Shunt] = g.value[Rule.Shunt] / MA_PER_COUNT;
  s.u16.fill(0);
  s.u16.set(counts, 6);
  i32[8] = s.cleared;
  i32.set(g.value.subarray(Rule.ChgOcp, Rule.Scp + 1), 11);
  i32.set(g.value.subarray(Rule.ChgFet, Rule.DsgFet + 1), 14);
  s.recordsDirty = false;
  return saveBlock(s, RECORDS_AT, VERSION, s.bytes, s.i32, ++s.recordsNumber);
}

/**
 * Looks for the memory, restores what it has latched, counts the start. Before the first tick: no path is touched before
 * the faults of the last run are known (hardware.md 9, row 31). False when there is nothing to remember with.
 */
export function loadRecords(s: Storage, g: Guard, pack: Pack, est: Estimator): boolean {
  if (s.store === null || s.store.size < MEMORY_BYTES) return false;
  s.bytes.fill(0); // what an older layout did not have
  const found = loadBlock(s, RECORDS_AT, VERSION, s.bytes);
  s.recordsNumber = s.number;
  if (found <= Found.Older) {
    const counts = s.counts;
    counts.set(s.u16.subarray(6, 6 + Records.Count));
    s.cleared = s.i32[8];
    g.trips.set(counts.subarray(Records.TripsChgOc, Records.TripsScp + 1));
    g.bits[1] = counts[Records.Protections] & ~MOMENTARY;
    g.bits[2] = counts[Records.Faults] & LATCHED;
    g.value.set(s.i32.subarray(11, 14), Rule.ChgOcp);
    g.value.set(s.i32.subarray(14, 16), Rule.ChgFet);
    g.value[Rule.Shunt] = ((counts[Records.Shunt] << 16) >> 16) * MA_PER_COUNT; // how far off decides whether it latches
    s.seen.set(g.bits); // the log knows
    est.protections = g.bits[1]; // they are no end of the charge that has just been reached
    pack.protections = g.bits[1];
    pack.faults = g.bits[2];
    pack.hostOff = counts[Records.Switches] & (HostOff.Chg | HostOff.Dsg);
    pack.locked = (counts[Records.Switches] & LOCKED) !== 0;
  }
  s.counts[Records.Boots]++;
  s.usable = true;
  s.usable = saveRecords(s, g, pack);
  s.problems = !s.usable
    ? Problem.Missing
    : found === Found.Blank
      ? Problem.Blank
      : found > Found.Older
        ? Problem.State
        : 0;
  return s.usable;
}

/** RST key, service or host (S7, S11): as `clearLocks`, logged and stored at once. False when the memory does not know. */
export function unlatch(s: Storage, g: Guard, pack: Readonly<Pack>): boolean {
  logEvent(s, pack, StoreEvent.Unlatched, true, -1, g.bits[2] & LATCHED, g.nowMs);
  clearLocks(g);
  return saveRecords(s, g, pack);
}
