/**
 * Event log: a ring of 512 events, each with the pack as it was. One write an event; its slot and its CRC tell whether it
 * is whole, so a cut write loses that event only.
 *
 * Bytes of an event: CRC-32 of the rest 0, stamp 4, value 8, lap of the ring 12, what 14, index 15, flags 16,
 * current 10 mA 18, remaining and full 10 mAh 20 22, cycles 24, alarms 26, protections 28, faults 30, lowest cell 32,
 * step 34, T1..T6 in degC + 100 from 36, cells from 42.
 */
import { Pack } from '../bms/pack';
import { crc32, highest, lowest } from '../hal/native';
import { Store } from '../hal/store';
import { EVENT_BYTES, LOG_AT, LOG_EVENTS } from './layout';
import { Counter, fail, stamp, Storage } from './storage';

/** `what` of an event: a `Rule` (0..63) or this plus a number of the program's own events; and its bit for "set". */
export const PROGRAM_EVENT = 64;
const SET = 128;

/** `what` of an event about the memory itself. */
export const enum StoreEvent {
  /** A parameter (index) was changed: "went" with its old value, "appeared" with the new one. */
  Param = 96,
  /** All parameters have their factory values again; value: how many had others. */
  Defaults,
  /** At start a damaged copy was passed over for another one or the defaults; value: bit n = the block at 128 * n. */
  Damaged,
  /** RST key, service or host has ended locks and latched faults; value: bits of `Fault`. */
  Unlatched,
}

const MAS_PER_10_MAH = 36000;
const TEMPS_AT = 36;
const CELLS_AT = 42;
/** So many places are searched for events after the last save of the state: twice what a second can log. */
const SEARCH = 12;

/** Bits 0..5 of the flags: valid sensors. */
export const enum Flag {
  ChgFet = 64,
  DsgFet = 128,
  PreDischarge = 256,
  Charger = 512,
  /** Bits 10..11: `Mode`. */
  Mode = 1024,
}

/** An event as it is read. */
export interface LogEntry {
  /** Number since the first event ever. */
  number: number;
  /** A `Rule`, or `PROGRAM_EVENT` plus a number. */
  what: number;
  /** Appeared, else went. */
  set: boolean;
  /** Cell, sensor, or -1. */
  index: number;
  value: number;
  /** Seconds since 2000, or with `boot` >= 0 seconds since that start (its number modulo 256). */
  timeS: number;
  boot: number;
  /** Bits of `Flag`, and the valid sensors. */
  flags: number;
  currentMa: number;
  remainingMah: number;
  fullMah: number;
  cycles: number;
  alarms: number;
  protections: number;
  faults: number;
  cellMv: Int16Array;
  /** Whole degrees. */
  tempDeciC: Int16Array;
}

export function createLogEntry(): LogEntry {
  return {
    number: 0,
    what: 0,
    set: false,
    index: -1,
    value: 0,
    timeS: 0,
    boot: -1,
    flags: 0,
    currentMa: 0,
    remainingMah: 0,
    fullMah: 0,
    cycles: 0,
    alarms: 0,
    protections: 0,
    faults: 0,
    cellMv: new Int16Array(16),
    tempDeciC: new Int16Array(6),
  };
}

/** The pack as it is now. Cells within 255 mV keep every mV (their low bytes), others a step of the spread. */
function context(s: Storage, pack: Readonly<Pack>): void {
  const words = s.u16;
  words[8] =
    pack.tempValid |
    (pack.chgFetOn ? Flag.ChgFet : 0) |
    (pack.dsgFetOn ? Flag.DsgFet : 0) |
    (pack.preDischarge ? Flag.PreDischarge : 0) |
    (pack.chargerPresent ? Flag.Charger : 0) |
    (pack.mode * Flag.Mode);
  words[9] = pack.currentMa / 10;
  words[10] = pack.remainingMas / MAS_PER_10_MAH;
  words[11] = pack.fullMas / MAS_PER_10_MAH;
  words[12] = pack.cycles;
  words[13] = pack.alarms;
  words[14] = pack.protections;
  words[15] = pack.faults;
  const low = lowest(pack.cellMv);
  const step = Math.ceil((highest(pack.cellMv) - low) / 255) || 1;
  words[16] = low;
  words[17] = step;
  const bytes = s.bytes;
  const temps = pack.tempDeciC;
  for (let i = 0; i < 6; i++) bytes[TEMPS_AT + i] = (temps[i] + 1005) / 10;
  const cells = pack.cellMv;
  if (step === 1) bytes.set(cells, CELLS_AT);
  else for (let i = 0; i < 16; i++) bytes[CELLS_AT + i] = (cells[i] - low) / step;
}

/** Writes one event of time `atMs` with the pack as it is now. `index`: cell or sensor, -1 = none. One write. */
export function logEvent(
  s: Storage,
  pack: Readonly<Pack>,
  what: number,
  set: boolean,
  index: number,
  value: number,
  atMs: number,
): void {
  if (what >> 4 === 1) {
    s.recordsDirty = true;
    // `Counter` of each protection from `Rule.CellOvp` on, 5 = none; a string, because that is the cheapest table
    const counter = '4343220111111155'.charCodeAt(what & 15) - 48;
    if (set && counter < Counter.Count && s.counts[counter] < 65535) s.counts[counter]++;
  }
  if (s.store === null || !s.usable || s.holdOff > 0) return;
  context(s, pack);
  const i32 = s.i32;
  const bytes = s.bytes;
  i32[1] = stamp(s, atMs);
  i32[2] = value;
  s.u16[6] = s.logged / LOG_EVENTS;
  bytes[14] = set ? what | SET : what;
  bytes[15] = index;
  i32[0] = crc32(bytes.subarray(4, EVENT_BYTES));
  try {
    s.store.write(LOG_AT + (s.logged % LOG_EVENTS) * EVENT_BYTES, bytes.subarray(0, EVENT_BYTES));
    s.logged++;
  } catch (e) {
    fail(s);
  }
}

/** Events that can be read. */
export function eventCount(s: Readonly<Storage>): number {
  return Math.min(s.logged - s.cleared, LOG_EVENTS);
}

/** Forgets all events. In the memory that is so from the next `saveChanges` on. */
export function clearEvents(s: Storage): void {
  s.cleared = s.logged;
  s.recordsDirty = true;
}

/** Sets the record counters of the LCD to zero. */
export function clearCounters(s: Storage): void {
  s.counts.fill(0, 0, Counter.Count);
  s.recordsDirty = true;
}

/** The bytes of event `number`, or null when the slot holds another one or is damaged. */
function readRaw(store: Store, number: number): Uint8Array | null {
  const raw = new Uint8Array(EVENT_BYTES); // with a buffer of its own, for views
  raw.set(store.read(LOG_AT + (number % LOG_EVENTS) * EVENT_BYTES, EVENT_BYTES));
  const crc = new Int32Array(raw.buffer, 0, 2);
  const found = crc[0];
  crc[0] = crc32(raw.subarray(4));
  const lap = (Math.floor(number / LOG_EVENTS) & 0xffff) === (raw[12] | (raw[13] << 8));
  return lap && crc[0] === found ? raw : null;
}

/** Cells from their packed form. */
function unpackCells(raw: Uint8Array, low: number, step: number, cellMv: Int16Array): void {
  for (let i = 0; i < 16; i++) {
    const byte = raw[CELLS_AT + i];
    cellMv[i] = low + (step === 1 ? (byte - low) & 255 : byte * step);
  }
}

/** Splits a stamp (see `stamp`). */
function unpackTime(seconds: number, out: LogEntry): void {
  const clock = seconds >= 0; // bit 31 is its sign here
  out.boot = clock ? -1 : (seconds >> 23) & 255;
  out.timeS = clock ? seconds : seconds & 0x7fffff;
}

/** Reads event `n`, 0 = newest. False past the oldest one, or when it is damaged; `out` is then as it was. */
export function readEvent(s: Readonly<Storage>, n: number, out: LogEntry): boolean {
  if (s.store === null || !(n >= 0) || n >= eventCount(s)) return false;
  const number = s.logged - 1 - n;
  let raw: Uint8Array | null;
  try {
    raw = readRaw(s.store, number);
  } catch (e) {
    return false;
  }
  if (raw === null) return false;
  const words = new Uint16Array(raw.buffer);
  const longs = new Int32Array(raw.buffer, 0, 3);
  out.number = number;
  out.what = raw[14] & ~SET;
  out.set = (raw[14] & SET) !== 0;
  out.index = raw[15] === 255 ? -1 : raw[15];
  out.value = longs[2];
  unpackTime(longs[1], out);
  out.flags = words[8];
  out.currentMa = ((words[9] << 16) >> 16) * 10;
  out.remainingMah = words[10] * 10;
  out.fullMah = words[11] * 10;
  out.cycles = words[12];
  out.alarms = words[13];
  out.protections = words[14];
  out.faults = words[15];
  unpackCells(raw, (words[16] << 16) >> 16, words[17], out.cellMv);
  for (let i = 0; i < 6; i++) out.tempDeciC[i] = raw[TEMPS_AT + i] * 10 - 1000;
  return true;
}

/**
 * At start: finds the newest event, from the count at the last save on, or with -1 in the whole ring: there the highest
 * lap wins, and in it the last slot.
 */
export function openLog(s: Storage, from: number): void {
  const store = s.store;
  if (store === null) return;
  const whole = from < 0;
  const places = whole ? LOG_EVENTS : SEARCH;
  s.logged = whole ? 0 : from;
  try {
    for (let i = 0; i < places; i++) {
      const slot = whole ? LOG_EVENTS - 1 - i : (from + i) % LOG_EVENTS;
      const lap = store.read(LOG_AT + slot * EVENT_BYTES + 12, 2);
      const number = (lap[0] | (lap[1] << 8)) * LOG_EVENTS + slot;
      if (number >= s.logged && readRaw(store, number) !== null) s.logged = number + 1;
    }
  } catch (e) {
    fail(s);
  }
  s.cleared = Math.min(s.cleared, s.logged);
}
