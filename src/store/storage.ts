/** What the BMS remembers: one record over the non-volatile memory. How it is found at start, and whether it works. */
import { Store } from '../hal/store';
import { Block, createBlock, Found, HEADER, isStored, loadBlock, saveAll } from './block';
import { EVENT_BYTES, RECORDS_AT, SLOW_AT, SMALL_SLOT, STATE_AT, STATE_SLOT, STATE_SLOTS } from './layout';

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
  /** State of charge and counters were damaged. Gone at the next start. */
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

/** 16-bit words of the block of records: counters by `Counter`, then these; then, 32 bit, the events cleared. */
export const enum Records {
  Boots = Counter.Count,
  TripsChgOc,
  TripsDsgOc,
  TripsScp,
  Count,
}
const CLEARED_AT = 20;
const RECORDS_VERSION = 1;
const STATE_VERSION = 1;
const SLOW_VERSION = 1;
/** With its header one of these is 64 bytes. */
const CONTENT = 52;

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
  /** Saved each second, and its content: see state.ts. */
  state: Block;
  i32: Int32Array;
  f64: Float64Array;
  u16: Uint16Array;
  /** Saved each minute, and its content: see slow.ts. */
  slow: Block;
  slowI32: Int32Array;
  slowF32: Float32Array;
  slowF64: Float64Array;
  /** Saves of the state until the next one of the slow values. */
  slowIn: number;
  /** Time stamp of the state that was loaded at start; 0 = none. */
  loadedStamp: number;
  records: Block;
  counts: Uint16Array;
  /** Events that have been cleared. */
  cleared: Int32Array;
  /** The records have changed since they were stored. */
  recordsDirty: boolean;
  /** Events ever logged. */
  logged: number;
  /** One event as it is stored, and its views: see log.ts. */
  event: Uint8Array;
  eventCovered: Uint8Array;
  eventI32: Int32Array;
  eventU16: Uint16Array;
  /** Rules as they have been logged: alarms, protections, faults, notices. */
  seen: Uint16Array;
  /** Events of the program itself that have been logged. */
  noted: number;
}

export function createStorage(store: Store | null): Storage {
  const state = createBlock(STATE_AT, STATE_SLOT, STATE_SLOTS, STATE_VERSION, CONTENT);
  const records = createBlock(RECORDS_AT, SMALL_SLOT, 2, RECORDS_VERSION, CLEARED_AT + 4);
  const slow = createBlock(SLOW_AT, SMALL_SLOT, 2, SLOW_VERSION, CONTENT);
  const event = new Uint8Array(EVENT_BYTES);
  return {
    store: store,
    problems: Problem.Missing,
    usable: false,
    holdOff: 0,
    clockS: -1,
    state: state,
    i32: new Int32Array(state.bytes.buffer),
    f64: new Float64Array(state.bytes.buffer),
    u16: new Uint16Array(state.bytes.buffer),
    slow: slow,
    slowI32: new Int32Array(slow.bytes.buffer),
    slowF32: new Float32Array(slow.bytes.buffer),
    slowF64: new Float64Array(slow.bytes.buffer),
    slowIn: 0,
    loadedStamp: 0,
    records: records,
    counts: new Uint16Array(records.bytes.buffer, HEADER, Records.Count),
    cleared: new Int32Array(records.bytes.buffer, HEADER + CLEARED_AT, 1),
    recordsDirty: false,
    logged: 0,
    event: event,
    eventCovered: new Uint8Array(event.buffer, 4),
    eventI32: new Int32Array(event.buffer, 0, 4),
    eventU16: new Uint16Array(event.buffer),
    seen: new Uint16Array(4),
    noted: 0,
  };
}

/** True while everything is remembered as it should be. */
export function storeOk(s: Readonly<Storage>): boolean {
  return s.problems === 0;
}

/** A write has failed: leave the memory alone for a minute. */
export function fail(s: Storage): void {
  s.problems |= Problem.Lost;
  s.holdOff = 60;
}

/** Loads a block; a store that does not answer counts as damaged. */
export function find(s: Storage, block: Block): Found {
  if (s.store === null) return Found.Blank;
  try {
    return loadBlock(s.store, block);
  } catch (e) {
    return Found.Damaged;
  }
}

/** Stores the records: after a trip, and at start. False when that failed. */
export function saveRecords(s: Storage): boolean {
  if (s.store === null) return false;
  try {
    saveAll(s.store, s.records);
  } catch (e) {
    return false;
  }
  s.recordsDirty = false;
  return isStored(s.store, s.records);
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
