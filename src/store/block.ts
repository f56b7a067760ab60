/**
 * A block: a few values stored again and again into slots, the oldest slot first, each with a number and a CRC. Whatever
 * happens during a write, the other slots stay as they were. Byte layout: CRC-32 of the rest, sequence number,
 * layout version (16 bit), bytes of content (16 bit), content; little endian. A block is named by its address.
 */
import { crc32, sum, text } from '../hal/native';
import { Store } from '../hal/store';
import { HEADER, PARAMS_AT, PARAMS_SLOT, SMALL_SLOT, STATE_AT, STATE_SLOT, STATE_SLOTS } from './layout';
import { fail, Problem, Storage } from './storage';

/** How a block was found. */
export const enum Found {
  /** Valid, of this layout. */
  Ok,
  /** Valid, of an older layout: values that it did not have keep what they were. */
  Older,
  /** Written by a newer firmware: not understood. */
  Newer,
  /** Something is there, and nothing of it valid. */
  Damaged,
  /** Never written. */
  Blank,
}

/** One save of the state in so many is read back: nobody reports on a software bus that the memory has gone. */
const CHECK_EVERY = 16;

/** Little endian. */
function word(raw: Uint8Array, at: number): number {
  return raw[at] | (raw[at + 1] << 8);
}

function slotBytes(at: number): number {
  return at === PARAMS_AT ? PARAMS_SLOT : at === STATE_AT ? STATE_SLOT : SMALL_SLOT;
}

/** The slot at `at` if its CRC is good, else null. */
function readSlot(store: Store, at: number, size: number): Uint8Array | null {
  const used = word(store.read(at + 10, 2), 0);
  if (used > size - HEADER) return null;
  const raw = store.read(at, HEADER + used);
  return crc32(raw.subarray(4)) === word(raw, 0) + word(raw, 2) * 65536 ? raw : null;
}

/**
 * Fills the content of `bytes` from the newest valid slot of the block at `at`; leaves `number`, `whole` and `torn`. A
 * store that does not answer counts as damaged.
 */
export function loadBlock(s: Storage, at: number, version: number, bytes: Uint8Array): Found {
  const slots = at === STATE_AT ? STATE_SLOTS : 2;
  const size = slotBytes(at);
  const store = s.store;
  let best: Uint8Array | null = null;
  let blank = true;
  let copies = 0;
  s.number = -1;
  s.whole = false;
  try {
    for (let from = at; store !== null && from < at + slots * size; from += size) {
      const raw = readSlot(store, from, size) || readSlot(store, from, size); // a disturbed bus is not a damaged slot
      if (raw === null) {
        const total = sum(store.read(from, HEADER));
        if (total !== 0 && total !== HEADER * 255) blank = false; // zeros, or ones as in a memory that is not there
        continue;
      }
      const number = word(raw, 4) + word(raw, 6) * 65536;
      if (number === s.number) copies++;
      if (number <= s.number) continue;
      copies = 1;
      s.number = number; // the next one is counted from here, whatever becomes of this one
      best = raw;
    }
  } catch (e) {
    return Found.Damaged;
  }
  if (!blank) s.torn |= 1 << (at >> 7);
  if (best === null) return blank ? Found.Blank : Found.Damaged;
  s.whole = copies === slots;
  const found = word(best, 8);
  if (found > version) return Found.Newer;
  bytes.set(best.subarray(HEADER, Math.min(best.length, bytes.length)), HEADER);
  return found < version ? Found.Older : Found.Ok;
}

/**
 * Stores `bytes`, whose words are `i32`, as `number`, the one after that of the last save: the state into its oldest
 * slot, because its age is a second, everything else into both, one after the other. False, and the memory is left
 * alone, when it fails.
 */
export function saveBlock(
  s: Storage,
  at: number,
  version: number,
  bytes: Uint8Array,
  i32: Int32Array,
  number: number,
): boolean {
  const store = s.store;
  if (store === null) return false;
  const slots = at === STATE_AT ? STATE_SLOTS : 2;
  i32[1] = number;
  i32[2] = version | ((bytes.length - HEADER) << 16);
  i32[0] = crc32(bytes.subarray(4));
  let to = at + (number % slots) * slotBytes(at);
  try {
    store.write(to, bytes);
    if (at !== STATE_AT) {
      to = at + ((number + 1) % slots) * slotBytes(at);
      store.write(to, bytes);
    } else if (number % CHECK_EVERY !== 0 && (s.problems & Problem.Lost) === 0) return true;
    const got = text(store.read(to, bytes.length));
    if (got.length === bytes.length && got === text(bytes)) {
      s.problems &= ~Problem.Lost; // the length, because without memory text() is nothing, twice
      return true;
    }
  } catch (e) {
    // as if it had not read back
  }
  fail(s);
  return false;
}
