import { natives } from '../../src/hal-mock/natives';
import { describe, expect, it } from 'vitest';
import {
  ask,
  command,
  createBlock,
  createLink,
  fetch,
  type Link,
  read,
  refresh,
  word,
  write,
  writeValue,
} from '../../src/afe/bq76952-link';
import type { I2cBus } from '../../src/hal/bus';

const hex = (bytes: ArrayLike<number>): string =>
  Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');

/** CRC-8 of hardware.md 2.2.2, bit by bit. */
function crc8(bytes: number[]): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 128 ? ((crc << 1) ^ 7) & 255 : crc << 1;
  }
  return crc;
}

/** Records frames; answers reads from `memory`, or with the next of `answers`. Knows nothing of a BQ76952 beyond CRCs. */
class Wire implements I2cBus {
  readonly sent: string[] = [];
  readonly memory = new Uint8Array(128);
  readonly answers: (Uint8Array | Error)[] = [];
  reads = 0;
  free = true;
  onWrite: (frame: number[]) => void = () => {};

  writeTo(address: unknown, data: ArrayLike<number> | number): void {
    expect(address).toBe(8);
    const frame = Array.from(data as ArrayLike<number>);
    this.sent.push(hex(frame));
    this.onWrite(frame);
  }
  readFrom(): Uint8Array {
    throw new Error('a read without repeated start has another CRC');
  }
  readReg(address: number, register: number, quantity: number): Uint8Array {
    expect(address).toBe(8);
    this.reads++;
    const answer = this.answers.shift();
    if (answer instanceof Error) throw answer;
    if (answer !== undefined) return answer;
    const raw = new Uint8Array(quantity);
    for (let i = 0; i < quantity / 2; i++) {
      const byte = this.memory[register + i]!;
      raw[2 * i] = byte;
      raw[2 * i + 1] = crc8(i === 0 ? [0x10, register, 0x11, byte] : [byte]);
    }
    return raw;
  }
}

/** A link whose lines are free. */
function linkTo(wire: Wire): Link {
  return createLink(wire, () => wire.free);
}
function readWord(link: Link, register: number): number {
  return word(read(link, register, 2));
}

describe('frames to the AFE, byte by byte (golden vectors of hardware.md 2.2.6)', () => {
  it.each([
    ['SET_CFGUPDATE', 0x0090, '3E 90 74 00 00'],
    ['EXIT_CFGUPDATE', 0x0092, '3E 92 7A 00 00'],
    ['FET_ENABLE', 0x0022, '3E 22 63 00 00'],
    ['ALL_FETS_ON', 0x0096, '3E 96 66 00 00'],
    ['ALL_FETS_OFF', 0x0095, '3E 95 6F 00 00'],
  ])('sends %s', (_name, code, frame) => {
    const wire = new Wire();
    command(linkTo(wire), code);
    expect(wire.sent).toEqual([frame]);
  });

  it.each([
    ['Vcell Mode', 0x9304, 2, 0xffff, '3E 04 91 93 F0 FF F3 FF F3', '60 6A 46 06 12'],
    ['Enabled Protections A', 0x9261, 1, 0xfc, '3E 61 AD 92 F7 FC FA', '60 10 27 05 1B'],
    ['Comm Type', 0x9239, 1, 0x12, '3E 39 22 92 F7 12 7E', '60 22 B9 05 1B'],
    ['SCD Threshold', 0x9286, 1, 5, '3E 86 16 92 F7 05 1B', '60 E2 F7 05 1B'],
    ['SCD Delay', 0x9287, 1, 21, '3E 87 11 92 F7 15 6B', '60 D1 6E 05 1B'],
    ['OCD3 Threshold', 0x928a, 2, -13000, '3E 8A 32 92 F7 38 A8 CD 6D', '60 DE 43 06 12'],
    ['CB_ACTIVE_CELLS', 0x0083, 2, 5, '3E 83 0D 00 00 05 1B 00 00', '60 77 15 06 12'],
    ['FET_CONTROL', 0x0097, 1, 1, '3E 97 61 00 00 01 07', '60 67 65 05 1B'],
  ])('writes %s with checksum and length in one transfer', (_name, code, size, value, first, second) => {
    const wire = new Wire();
    writeValue(linkTo(wire), code, size, value);
    expect(wire.sent).toEqual([first, second]);
  });

  it('writes the four bytes of CC Gain with checksum 0E and length 08', () => {
    const wire = new Wire();
    writeValue(linkTo(wire), 0x91a8, 4, 0x41f23055);
    const data = wire.sent[0]!.split(' ').filter((_byte, i) => i % 2 === 1);
    expect(data.slice(2).join(' ')).toBe('55 30 F2 41');
    expect(wire.sent[1]!.split(' ').filter((_byte, i) => i % 2 === 1)).toEqual(['0E', '08']);
  });

  it("covers address and register by the first CRC only (the manufacturer's published bytes)", () => {
    expect(crc8([0x10, 0x14, 0x11, 0x68])).toBe(0x33);
    const wire = new Wire();
    write(linkTo(wire), [0x3e, 0x22, 0]);
    expect(wire.sent).toEqual(['3E 22 63 00 00']);
  });

  it.each([
    ['3277 mV at 0x14', 0x14, 'CD 41 0C 24', 3277],
    ['0180 at 0x12', 0x12, '80 D8 01 07', 0x0180],
    ['-100.00 A at 0x3A', 0x3a, 'F0 9D D8 06', 0xd8f0],
    ['31.15 degrees at 0x70', 0x70, 'E3 E5 0B 31', 3043],
    ['0x7695 at 0x40', 0x40, '95 41 76 45', 0x7695],
  ])('accepts %s', (_name, register, bytes, value) => {
    const wire = new Wire();
    wire.answers.push(Uint8Array.from(bytes.split(' '), (byte) => parseInt(byte, 16)));
    expect(readWord(linkTo(wire), register)).toBe(value);
  });
});

describe('a read that cannot be trusted', () => {
  const FRAME = [0xcd, 0x41, 0x0c, 0x24];

  it('is refused whichever single bit is wrong, and is tried once more', () => {
    for (let bit = 0; bit < 32; bit++) {
      const wire = new Wire();
      wire.memory[0x14] = 0xcd;
      wire.memory[0x15] = 0x0c;
      const bad = Uint8Array.from(FRAME);
      bad[bit >> 3]! ^= 1 << (bit & 7);
      const link = linkTo(wire);
      wire.answers.push(bad);
      expect(readWord(link, 0x14)).toBe(3277);
      expect([wire.reads, link.retries]).toEqual([2, 1]);
      wire.answers.push(bad, bad);
      expect(() => readWord(link, 0x14)).toThrow();
      expect(wire.reads).toBe(4);
    }
  });

  it.each([0xff, 0x00])('never passes a bus that is stuck at %d in any block of the driver', (level) => {
    for (const [register, count] of [
      [0x02, 18],
      [0x14, 40],
      [0x3e, 2],
      [0x3e, 14],
      [0x40, 32],
      [0x60, 2],
      [0x62, 30],
    ] as const) {
      const wire = new Wire();
      wire.answers.push(new Uint8Array(2 * count).fill(level), new Uint8Array(2 * count).fill(level));
      expect(() => read(linkTo(wire), register, count), register.toString(16)).toThrow();
    }
  });

  it('is refused when it is too short', () => {
    const wire = new Wire();
    wire.answers.push(Uint8Array.from(FRAME.slice(0, 2)), Uint8Array.from(FRAME.slice(0, 2)));
    expect(() => readWord(linkTo(wire), 0x14)).toThrow();
  });

  it('is refused when the engine has no memory left for the comparison', () => {
    const engine = natives.toString;
    natives.toString = () => undefined as unknown as string; // what the engine answers then
    try {
      expect(() => readWord(linkTo(new Wire()), 0x14)).toThrow();
    } finally {
      natives.toString = engine;
    }
  });

  it('ends with the exception of the bus: a second try could block as long as the first', () => {
    const wire = new Wire();
    wire.answers.push(new Error('Timeout on I2C'));
    expect(() => readWord(linkTo(wire), 0x14)).toThrow('Timeout');
    expect(wire.reads).toBe(1);
  });

  it('is not repeated on lines that are not free', () => {
    const wire = new Wire();
    wire.answers.push(Uint8Array.from([1, 2, 3, 4]));
    wire.free = false;
    expect(() => readWord(linkTo(wire), 0x14)).toThrow();
    expect(wire.reads).toBe(1);
  });
});

describe('a block that is read again and again', () => {
  const wire = new Wire();
  const link = linkTo(wire);
  const block = createBlock(link, 0x14, 4);

  it('has the bytes and words of the last read', () => {
    wire.memory.set([0xcd, 0x0c, 0xf0, 0xd8], 0x14);
    refresh(link, block);
    expect(Array.from(block.data)).toEqual([0xcd, 0x0c, 0xf0, 0xd8]);
    expect(Array.from(block.words)).toEqual([3277, -10000]);
  });

  it('passes the same bytes again, and every changed byte', () => {
    refresh(link, block);
    for (let i = 0; i < 4; i++) {
      wire.memory[0x14 + i] = 17 + i;
      refresh(link, block);
      expect(block.data[i]).toBe(17 + i);
    }
    expect(link.retries).toBe(0);
  });

  it('never passes what a damaged read has left behind', () => {
    const good = wire.readReg(8, 0x14, 8);
    const bad = good.slice();
    bad[2]! ^= 4;
    wire.answers.push(bad, bad);
    expect(fetch(link, block)).toBe(false);
    expect(fetch(link, block)).toBe(false);
    expect(fetch(link, block)).toBe(true);
    expect(Array.from(block.data)).toEqual([17, 18, 19, 20]);
  });

  it.each([0xff, 0x00])('is not passed by a bus that is stuck at %d, not even before the first read', (level) => {
    const stuck = new Uint8Array(8).fill(level);
    const fresh = createBlock(link, 0x14, 4);
    for (const each of [fresh, block]) {
      wire.answers.push(stuck);
      expect(fetch(link, each)).toBe(false);
    }
  });
});

describe('the window for subcommands and data memory', () => {
  /** A chip that answers 0x0075 with `data` after `delay` polls. */
  function answering(data: number[], delay = 0): Wire {
    const wire = new Wire();
    let polls = 0;
    const readReg = wire.readReg.bind(wire);
    wire.readReg = (address, register, quantity) => {
      if (register === 0x3e) wire.memory.set(polls++ < delay ? [0xff, 0xff] : [0x75, 0x00], 0x3e);
      return readReg(address, register, quantity);
    };
    wire.memory.set(data, 0x40);
    wire.memory[0x60] = ~(0x75 + data.reduce((a, b) => a + b)) & 255;
    wire.memory[0x61] = data.length + 4;
    return wire;
  }

  it('polls until the chip echoes the question, then reads exactly what it announces', () => {
    const wire = answering([1, 2, 250, 4], 3);
    const link = linkTo(wire);
    expect(Array.from(ask(link, 0x75))).toEqual([1, 2, 250, 4]);
    expect(wire.sent).toEqual(['3E 75 ' + hex([crc8([0x10, 0x3e, 0x75])]) + ' 00 00']);
    expect(link.retries).toBe(0);
  });

  it.each([
    ['never echoes', (wire: Wire) => (wire.readReg = (a, r, q) => Wire.prototype.readReg.call(wire, a, r, q))],
    ['has a wrong checksum', (wire: Wire) => wire.memory[0x60]!++],
    ['announces no data', (wire: Wire) => (wire.memory[0x61] = 4)],
    ['announces more than the buffer holds', (wire: Wire) => (wire.memory[0x61] = 37)],
  ])('asks twice and gives up when the answer %s', (_name, spoil) => {
    const wire = answering([1, 2, 3]);
    spoil(wire);
    expect(() => ask(linkTo(wire), 0x75)).toThrow('AFE answer');
    expect(wire.sent.length).toBe(2);
  });

  it('takes the second answer when only the first was an old one', () => {
    const wire = answering([7, 8], 8);
    expect(Array.from(ask(linkTo(wire), 0x75))).toEqual([7, 8]);
    expect(wire.sent.length).toBe(2);
  });
});
