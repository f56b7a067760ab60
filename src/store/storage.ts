/** What the BMS remembers: one record over the non-volatile memory, and what time it is. */
import { Pack } from '../bms/pack';
import { Store } from '../hal/store';
import { BLOCK_BYTES } from './layout';

/** S41: three months. */
const FULL_DUE_DAYS = 90;

/** Bits of `Storage.problems`. */
export const enum Problem {
  /** No memory, or it does not keep what is written. */
  Missing = 1,
  /** It worked at start and does not now. */
  Lost = 2,
  /** Never written before: everything is a default. Gone at the next start. */
  Blank = 4,
  /** Parameters: damaged, written by a newer firmware, or refused by the check. Stays until they are saved. */
  Params = 8,
  /** State of charge, counters or latches were damaged. Gone at the next start. */
  State = 16,
  /** Calibration damaged. Stays until it is saved. */
  Calibration = 32,
}

/** Index of a record counter, in the order of the LCD's Record page. */
export const enum Counter {
  Scp,
  Temperature,
  Ocp,
  Uvp,
  Ovp,
  Count,
}

/** Half-words of the records, of which `Storage.counts` is the copy at hand: counters by `Counter`, then these. */
export const enum Records {
  Boots = Counter.Count,
  TripsChgOc,
  TripsDsgOc,
  TripsScp,
  /** Unused, and the number of events cleared (32 bit). */
  Cleared,
  /** What must outlive a restart (records.ts): protections, faults, `HostOff` and lock, cause of the shunt fault (10 mA). */
  Protections = Cleared + 3,
  Faults,
  Switches,
  Shunt,
  Count,
}

export interface Storage {
  /** Null: nothing to remember with. */
  store: Store | null;
  /** Bits of `Problem`. */
  problems: number;
  /** The memory answered at start, so that what it holds is known and may be overwritten. */
  usable: boolean;
  /** Saves that are left out after a failed one: a bus may take half a second to fail. */
  holdOff: number;
  /** Seconds since 2000 at time 0 of the firmware's clock; -1 = no clock. */
  clockS: number;
  /** One block or event as it is stored, put together here just before it is written, or just read; and its views. */
  bytes: Uint8Array;
  u16: Uint16Array;
  i32: Int32Array;
  f64: Float64Array;
  /** What the last `loadBlock` found: the number of the newest slot, and whether all slots hold it. */
  number: number;
  whole: boolean;
  /** Blocks with a damaged copy that have not been logged: bit = address / 128. */
  torn: number;
  /** Numbers of the blocks as saved last: state, slow values, records. */
  stateNumber: number;
  slowNumber: number;
  recordsNumber: number;
  /** Saves of the state until the next one of the slow values; the capacity in the last one. */
  slowIn: number;
  savedFull: number;
  /** Both paths were held open by a fault when the state was saved that was loaded at start. */
  wasFaulty: boolean;
  /** Of the state that was loaded at start: its time stamp (0 = none), and whether the BMS had been switched off. */
  loadedStamp: number;
  clean: boolean;
  /** By `Records`. */
  counts: Uint16Array;
  /** Events that have been cleared. */
  cleared: number;
  /** The records have changed since they were stored. */
  recordsDirty: boolean;
  /** Events ever logged. */
  logged: number;
  /** Rules as they have been logged: alarms, protections, faults, notices. */
  seen: Uint16Array;
  /** Parameters as they have been logged, while there are changes that have not. */
  before: Int32Array | null;
  /** Events of the program itself that have been logged. */
  noted: number;
}

export function createStorage(store: Store | null): Storage {
  const bytes = new Uint8Array(BLOCK_BYTES);
  return {
    store: store,
    problems: Problem.Missing,
    usable: false,
    holdOff: 0,
    clockS: -1,
    bytes: bytes,
    u16: new Uint16Array(bytes.buffer),
    i32: new Int32Array(bytes.buffer),
    f64: new Float64Array(bytes.buffer),
    number: 0,
    whole: false,
    torn: 0,
    stateNumber: 0,
    slowNumber: 0,
    recordsNumber: 0,
    slowIn: 0,
    savedFull: 0,
    loadedStamp: 0,
    clean: false,
    wasFaulty: false,
    counts: new Uint16Array(Records.Count),
    cleared: 0,
    recordsDirty: false,
    logged: 0,
    seen: new Uint16Array(4),
    before: null,
    noted: 0,
  };
}

/** A write has failed: leave the memory alone for a minute. */
export function fail(s: Storage): void {
  s.problems |= Problem.Lost;
  s.holdOff = 60;
}

/**
 * Stamp of a moment: seconds since 2000, or without a clock the number of the start (8 bit) and the seconds since,
 * marked by bit 31.
 */
export function stamp(s: Readonly<Storage>, nowMs: number): number {
  const seconds = Math.floor(nowMs / 1000);
  if (s.clockS >= 0) return s.clockS + seconds;
  return 0x80000000 + (s.counts[Records.Boots] & 255) * 0x800000 + Math.min(seconds, 0x7fffff);
}

/** Takes over the time of a clock (seconds since 2000), or -1 when there is none any more. */
export function setClock(s: Storage, seconds: number, nowMs: number): void {
  s.clockS = seconds < 0 ? -1 : seconds - Math.floor(nowMs / 1000);
}

/** At start, after `loadState`: what has passed since the last save counts for the full charge that is due (S41). */
export function startClock(s: Storage, pack: Pack, seconds: number): void {
  setClock(s, seconds, 0);
  const last = s.loadedStamp;
  if (last > 0 && last < 0x80000000 && seconds > last)
    pack.sinceFullS = Math.min(pack.sinceFullS + seconds - last, 0x7fffffff);
}

/** Days since the last full charge when one is due (S41), else 0. The rule `FullDue` is the request for it, too. */
export function fullDueDays(pack: Readonly<Pack>): number {
  const days = Math.floor(pack.sinceFullS / 86400);
  return days >= FULL_DUE_DAYS ? days : 0;
}
