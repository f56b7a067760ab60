/**
 * BQ76952 on the wire (hardware.md 2.2): I2C with a CRC-8 behind every data byte, and the window for subcommands and
 * data memory. Software I2C reads 0xFF instead of reporting a missing chip, so nothing counts without its CRC.
 */
import { I2cBus } from '../hal/bus';
import { mapInto, sum, text } from '../hal/native';

const ADDRESS = 0x08;
/** Address bytes on the wire, which the first CRC of a transfer covers. */
const WIRE_WRITE = 0x10;
const WIRE_READ = 0x11;

const WINDOW = 0x3e;
const BUFFER = 0x40;
const CHECKSUM = 0x60;
/** The slowest answer needs 660 us (hardware.md 2.2.4); one poll of the echo takes 0.6 ms at 100 kHz. */
const POLLS = 8;

export interface Link {
  bus: I2cBus;
  /** By byte: the byte, and its CRC in the upper half, as they follow each other on the wire. */
  pairs: Uint16Array;
  /** Transfers that had to be repeated since start. */
  retries: number;
}

/** The CRC is linear: eight values, one a bit, make the table without a bit loop over 256 bytes. */
export function createLink(bus: I2cBus): Link {
  const pairs = new Uint16Array(256);
  let crc = 7; // x^8 + x^2 + x + 1
  for (let bit = 1; bit < 256; bit += bit) {
    for (let i = 0; i < bit; i++) pairs[bit + i] = pairs[i] ^ (bit | (crc << 8));
    crc = crc & 128 ? ((crc << 1) ^ 7) & 255 : crc << 1;
  }
  return { bus: bus, pairs: pairs, retries: 0 };
}

/** CRC of one more byte. */
function next(link: Link, crc: number, byte: number): number {
  return link.pairs[crc ^ byte] >> 8;
}

function readOnce(link: Link, register: number, count: number): Uint8Array {
  const raw = link.bus.readReg(ADDRESS, register, 2 * count);
  const data = new Uint8Array(count);
  data.set(new Uint16Array(raw.buffer, 0, count)); // keeps the low bytes, the data
  const pairs = new Uint16Array(count);
  mapInto(data, pairs, link.pairs);
  const head = next(link, next(link, next(link, 0, WIRE_WRITE), register), WIRE_READ);
  pairs[0] = data[0] | (next(link, head, data[0]) << 8);
  const got = text(raw);
  // the length also catches text() without memory: it has no result then, twice
  if (got.length !== 2 * count || got !== text(new Uint8Array(pairs.buffer))) throw new Error('AFE CRC');
  return data;
}

/** `count` bytes from `register` on, each with a good CRC. Tries twice, then throws. */
export function read(link: Link, register: number, count: number): Uint8Array {
  try {
    return readOnce(link, register, count);
  } catch (e) {
    link.retries++;
    return readOnce(link, register, count);
  }
}

/** One 16-bit register, unsigned. */
export function readWord(link: Link, register: number): number {
  const data = read(link, register, 2);
  return data[0] | (data[1] << 8);
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
  write(link, [WINDOW, code & 255, code >> 8]);
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

/** One answer of the window. An answer that is late or to another question fails. */
function askOnce(link: Link, code: number): Uint8Array {
  command(link, code);
  let polls = 0;
  while (readWord(link, WINDOW) !== code) if (++polls >= POLLS) throw new Error('AFE echo');
  const tail = read(link, CHECKSUM, 2);
  if (tail[1] < 5 || tail[1] > 36) throw new Error('AFE length');
  const data = read(link, BUFFER, tail[1] - 4);
  if (checksum(code, data) !== tail[0]) throw new Error('AFE checksum');
  return data;
}

/** Data of a subcommand, or 32 bytes of data memory from that address on. Tries twice, then throws. */
export function ask(link: Link, code: number): Uint8Array {
  try {
    return askOnce(link, code);
  } catch (e) {
    link.retries++;
    return askOnce(link, code);
  }
}

/** Sends plain bytes to a chip that still talks without CRC. */
export function writePlain(link: Link, block: ArrayLike<number>): void {
  link.bus.writeTo(ADDRESS, block);
}

/** A 16-bit register of a chip that still talks without CRC. */
export function readWordPlain(link: Link, register: number): number {
  const data = link.bus.readReg(ADDRESS, register, 2);
  return data[0] | (data[1] << 8);
}
