/**
 * A block: a few values stored again and again into slots, the oldest slot first, each with a number and a CRC. Whatever
 * happens during a write, the other slots stay as they were. Byte layout: CRC-32 of the rest, sequence number,
 * layout version (16 bit), bytes of content (16 bit), content; little endian.
 */
import { crc32, sum, text } from '../hal/native';
import { Store } from '../hal/store';

export const HEADER = 12;

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

export interface Block {
  at: number;
  slotBytes: number;
  slots: number;
  version: number;
  /** Header and content as they are stored. */
  bytes: Uint8Array;
  /** All but the CRC. */
  covered: Uint8Array;
  /** CRC and number. */
  head: Int32Array;
  /** Every slot held the newest content when it was loaded. */
  whole: boolean;
}

/** A block of `contentBytes`, a multiple of 4. The version rises when the meaning of a value changes, or it grows. */
export function createBlock(
  at: number,
  slotBytes: number,
  slots: number,
  version: number,
  contentBytes: number,
): Block {
  const bytes = new Uint8Array(HEADER + contentBytes);
  const half = new Uint16Array(bytes.buffer, 8, 2);
  half[0] = version;
  half[1] = contentBytes;
  return {
    at: at,
    slotBytes: slotBytes,
    slots: slots,
    version: version,
    bytes: bytes,
    covered: new Uint8Array(bytes.buffer, 4),
    head: new Int32Array(bytes.buffer, 0, 2),
    whole: false,
  };
}

/** Little endian. */
function word(raw: Uint8Array, at: number): number {
  return raw[at] | (raw[at + 1] << 8);
}

/** A slot with a good CRC, else null; `blank` counts slots that were never written. */
function readSlot(store: Store, block: Block, slot: number): Uint8Array | null {
  const at = block.at + slot * block.slotBytes;
  const used = word(store.read(at + 10, 2), 0);
  if (used > block.slotBytes - HEADER) return null;
  const raw = store.read(at, HEADER + used);
  const crc = new Int32Array(1);
  crc[0] = crc32(raw.subarray(4));
  return crc[0] === (word(raw, 0) | (word(raw, 2) << 16)) ? raw : null;
}

/** True when the slot's header holds nothing but zeros, or nothing but ones as in a memory that is not there. */
function isBlank(store: Store, block: Block, slot: number): boolean {
  const total = sum(store.read(block.at + slot * block.slotBytes, HEADER));
  return total === 0 || total === HEADER * 255;
}

/** Fills the block from its newest valid slot. Throws when the memory does. */
export function loadBlock(store: Store, block: Block): Found {
  let best: Uint8Array | null = null;
  let newest = -1;
  let blank = true;
  let copies = 0;
  for (let slot = 0; slot < block.slots; slot++) {
    const raw = readSlot(store, block, slot) || readSlot(store, block, slot); // a disturbed bus is not a damaged slot
    if (raw === null) {
      if (!isBlank(store, block, slot)) blank = false;
      continue;
    }
    const number = word(raw, 4) + word(raw, 6) * 65536;
    if (number === newest) copies++;
    if (number <= newest) continue;
    copies = 1;
    newest = number;
    best = raw;
  }
  block.whole = copies === block.slots;
  if (best === null) return blank ? Found.Blank : Found.Damaged;
  block.head[1] = newest; // the next number, whatever becomes of this one
  const version = word(best, 8);
  if (version > block.version) return Found.Newer;
  block.bytes.set(best.subarray(HEADER, Math.min(best.length, block.bytes.length)), HEADER);
  return version < block.version ? Found.Older : Found.Ok;
}

/** Stores the content into the oldest slot. Throws when the memory does. */
export function saveBlock(store: Store, block: Block): void {
  const number = ++block.head[1];
  block.head[0] = crc32(block.covered);
  store.write(block.at + (number % block.slots) * block.slotBytes, block.bytes);
}

/** Stores the content into all slots, one after the other: for what changes so rarely that its age would be a loss. */
export function saveAll(store: Store, block: Block): void {
  const number = ++block.head[1];
  block.head[0] = crc32(block.covered);
  for (let i = 0; i < block.slots; i++) {
    store.write(block.at + ((number + i) % block.slots) * block.slotBytes, block.bytes);
  }
}

/** True when the slot that was written last reads back as written. Never throws. */
export function isStored(store: Store, block: Block): boolean {
  try {
    const at = block.at + (block.head[1] % block.slots) * block.slotBytes;
    const got = text(store.read(at, block.bytes.length));
    return got.length === block.bytes.length && got === text(block.bytes); // without memory text() is nothing, twice
  } catch (e) {
    return false;
  }
}
