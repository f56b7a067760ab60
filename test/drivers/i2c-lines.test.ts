import { beforeEach, describe, expect, it } from 'vitest';
import { linesFree } from '../../src/drivers/i2c-lines';
import type { I2cLines } from '../../src/hal/bus';

/** Two open-drain lines, what the program does to them, and a chip that holds SDA. */
class Wires {
  log: string[] = [];
  sclHeld = false;
  /** SDA is held until so many rising edges of SCL have come. */
  holdsFor = 0;
  reads = 0;
  private scl = true;
  private sda = true;
  readonly lines: I2cLines = {
    scl: {
      read: () => {
        this.reads++;
        return this.scl && !this.sclHeld;
      },
      write: (value) => {
        if (value && !this.scl && this.holdsFor > 0) this.holdsFor--;
        this.scl = Boolean(value);
        this.log.push(value ? 'C' : 'c');
      },
      mode: (mode) => this.log.push('scl ' + mode),
    },
    sda: {
      read: () => {
        this.reads++;
        return this.sda && this.holdsFor === 0;
      },
      write: (value) => {
        this.sda = Boolean(value);
        this.log.push(value ? 'D' : 'd');
      },
      mode: (mode) => this.log.push('sda ' + mode),
    },
    setup: () => this.log.push('setup'),
  };
}

const OPEN = ['scl opendrain', 'sda opendrain'];
const STOP = ['c', 'd', 'C', 'D', 'setup'];
const clocks = (count: number): string[] => new Array<string[]>(count).fill(['c', 'C']).flat();

describe('lines of an I2C bus before a transfer', () => {
  let wires: Wires;
  beforeEach(() => {
    wires = new Wires();
  });

  it('are free when both are high, which costs two reads and touches nothing', () => {
    expect(linesFree(wires.lines)).toBe(true);
    expect([wires.reads, wires.log]).toEqual([2, []]);
  });

  it('are not free while somebody holds the clock, and are left alone', () => {
    wires.sclHeld = true;
    expect(linesFree(wires.lines)).toBe(false);
    wires.holdsFor = 3;
    expect(linesFree(wires.lines)).toBe(false);
    expect(wires.log).toEqual([]);
  });

  it.each([1, 4, 8, 9])('are cleared by as many clocks as the chip needs (%d), a STOP and a new setup', (count) => {
    wires.holdsFor = count;
    expect(linesFree(wires.lines)).toBe(true);
    expect(wires.log).toEqual([...OPEN, ...clocks(count), ...STOP]);
    wires.log = [];
    expect(linesFree(wires.lines)).toBe(true);
    expect(wires.log).toEqual([]);
  });

  it('are given up after nine clocks and given back to the bus, and tried again the next time', () => {
    wires.holdsFor = 15;
    expect(linesFree(wires.lines)).toBe(false);
    expect(wires.log).toEqual([...OPEN, ...clocks(9), ...STOP]);
    expect(linesFree(wires.lines)).toBe(true);
  });
});
