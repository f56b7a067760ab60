/**
 * BQ76952 on the wire (hardware.md 2.2): I2C with a CRC-8 behind every data byte, and the window for subcommands and
 * data memory. Software I2C reads 0xFF instead of reporting a missing chip, so nothing counts without its CRC.
 * An exception of the bus is not caught here: it ends the tick, because the next try may block as long as this one.
 */
import { I2cBus } from '../hal/bus';
import { mapInto, sum, text } from '../hal/native';

const ADDRESS = 0x08;
/** Address bytes on the wire, which the first CRC of a transfer covers. */
const WIRE_WRITE = 0x10;
const WIRE_READ = 0x11;

export const WINDOW = 0x3e;
const BUFFER = 0x40;
const CHECKSUM = 0x60;
/** CRC of WIRE_WRITE and WINDOW. */
const WINDOW_HEAD = 0xed;
/** The slowest answer needs 660 us (hardware.md 2.2.4); one poll of the echo takes 0.6 ms at 100 kHz. */
const POLLS = 8;

export interface Link {
  bus: I2cBus;
  /** True when both lines are idle, if need be after a bus clear. */
  free: () => boolean;
  /** By byte: the byte, and its CRC in the upper half, as they follow each other on the wire. */
  pairs: Uint16Array;
  /** Transfers that had to be repeated since start. */
  retries: number;
}

/** Registers that are read together. `data` holds what came last with good CRCs, else anything. */
export interface Block {
  register: number;
  data: Uint8Array;
  /** The same memory as 16-bit registers, signed. */
  words: Int16Array;
  /** `data` as it looks on the wire, with the CRCs: by word, and the same memory by byte. */
  pairs: Uint16Array;
  wire: Uint8Array;
  /** CRC of what precedes the data on the wire. */
  head: number;
}

/** The CRC is linear: eight values, one a bit, make the table without a bit loop over 256 bytes. */
export function createLink(bus: I2cBus, free: () => boolean): Link {
  const pairs = new Uint16Array(256);
  let crc = 7; // x^8 + x^2 + x + 1
  for (let bit = 1; bit < 256; bit += bit) {
    for (let i = 0; i < bit; i++) pairs[bit + i] = pairs[i] ^ (bit | (crc << 8));
    crc = crc & 128 ? ((crc << 1) ^ 7) & 255 : crc << 1;
  }
  return { bus: bus, free: free, pairs: pairs, retries: 0 };
}

/** CRC of one more byte. */
function next(link: Link, crc: number, byte: number): number {
  return link.pairs[crc ^ byte] >> 8;
}

/** Writes into `wire` what `data` has to look like. */
function encode(link: Link, block: Block): void {
  mapInto(block.data, block.pairs, link.pairs);
  block.pairs[0] = link.pairs[block.head ^ block.data[0]] ^ block.head; // its low byte comes out as the data byte
}

/** `count` registers from `register` on. Not from 0x1A, where a bus that is stuck low has a good CRC. */
export function createBlock(link: Link, register: number, count: number): Block {
  const data = new Uint8Array(count);
  const pairs = new Uint16Array(count);
  const block: Block = {
    register: register,
    data: data,
    words: new Int16Array(data.buffer, 0, count >> 1),
    pairs: pairs,
    wire: new Uint8Array(pairs.buffer),
    head: next(link, next(link, next(link, 0, WIRE_WRITE), register), WIRE_READ),
  };
  encode(link, block);
  return block;
}

/** Reads `block` once; false when a CRC was wrong. */
export function fetch(link: Link, block: Block): boolean {
  const wire = block.wire;
  const raw = link.bus.readReg(ADDRESS, block.register, wire.length);
  const got = text(raw);
  if (!got) return false; // text() without memory has no result, twice
  if (got === text(wire)) return true; // nothing has changed
  block.data.set(new Uint16Array(raw.buffer, 0, block.data.length)); // keeps the low bytes, the data
  encode(link, block);
  return got === text(wire);
}

/** Reads `block`, a second time if a CRC was wrong and the lines are free. Throws when there is still no good one. */
export function refresh(link: Link, block: Block): void {
  if (fetch(link, block)) return;
  link.retries++;
  if (!link.free() || !fetch(link, block)) throw new Error('AFE CRC');
}

/** `count` bytes from `register` on, or throws. */
export function read(link: Link, register: number, count: number): Uint8Array {
  const block = createBlock(link, register, count);
  refresh(link, block);
  return block.data;
}

/** Sends `block`: its first byte is the register, the others get their CRC. Nobody reports whether it arrived. */
export function write(link: Link, block: ArrayLike<number>): void {
  const data = new Uint8Array(block);
  const pairs = new Uint16Array(data.length);
  mapInto(data, pairs, link.pairs);
  const frame = new Uint8Array(pairs.buffer, 1); // without the register's own CRC
  frame[0] = data[0];
  frame[2] = next(link, next(link, next(link, 0, WIRE_WRITE), data[0]), data[1]);
  link.bus.writeTo(ADDRESS, frame);
}

/** Sends a subcommand, or asks for the data behind it. */
export function command(link: Link, code: number): void {
  const low = code & 255;
  const high = code >> 8;
  link.bus.writeTo(ADDRESS, [WINDOW, low, next(link, WINDOW_HEAD, low), high, next(link, 0, high)]);
}

/** Checksum of the window: address and data. */
function checksum(code: number, data: Uint8Array): number {
  return ~((code & 255) + (code >> 8) + sum(data)) & 255;
}

/** Writes the `size` low bytes of `value` to a data-memory register or a subcommand that takes data. */
export function writeValue(link: Link, code: number, size: number, value: number): void {
  const block = new Uint8Array(3 + size);
  block[0] = WINDOW;
  block[1] = code;
  block[2] = code >> 8;
  for (let i = 0; i < size; i++) block[3 + i] = value >> (8 * i);
  write(link, block);
  write(link, [CHECKSUM, ~(sum(block) - WINDOW) & 255, 4 + size]);
}

/** 16 bits of an answer, unsigned. */
export function word(data: Uint8Array): number {
  return data[0] | (data[1] << 8);
}

/** One answer of the window, null when it is late, to another question or damaged. */
function askOnce(link: Link, code: number): Uint8Array | null {
  command(link, code);
  let polls = 0;
  while (word(read(link, WINDOW, 2)) !== code) if (++polls >= POLLS) return null;
  const tail = read(link, CHECKSUM, 2);
  if (tail[1] < 5 || tail[1] > 36) return null;
  const data = read(link, BUFFER, tail[1] - 4);
  return checksum(code, data) === tail[0] ? data : null;
}

/** Data of a subcommand, or 32 bytes of data memory from that address on. Tries twice, then throws. */
export function ask(link: Link, code: number): Uint8Array {
  let data = askOnce(link, code);
  if (data === null) {
    link.retries++;
    data = askOnce(link, code);
  }
  if (data === null) throw new Error('AFE answer');
  return data;
}

/** Sends plain bytes to a chip that still talks without CRC. */
export function writePlain(link: Link, block: ArrayLike<number>): void {
  link.bus.writeTo(ADDRESS, block);
}

/** A 16-bit register of a chip that still talks without CRC. */
export function readWordPlain(link: Link, register: number): number {
  return word(link.bus.readReg(ADDRESS, register, 2));
}
