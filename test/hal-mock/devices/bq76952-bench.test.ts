/** Injectors of the simulated BQ76952, and its load detection and open-wire check. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { VirtualClock } from '../../../src/hal-mock/clock';
import type { Bq76952Chip } from '../../../src/hal-mock/devices/bq76952';
import { bench, type FakeSurroundings, type Host } from './bq76952-fixture';

let chip: Bq76952Chip;
let host: Host;
let world: FakeSurroundings;
let clock: VirtualClock;

beforeEach(() => {
  ({ chip, host, world, clock } = bench());
  host.wait(300);
});

const LD_ON = 1;
const TIMEOUT = 2;
const status = (): number => host.word(0x00);

describe('injectors', () => {
  it('row 1: without supply it is deaf and its gates are down; with supply it starts from nothing', () => {
    host.configure([[0x9303, 6]]);
    host.command(0x0022);
    host.wait(300);
    expect(world.gates.slice(0, 2)).toEqual([true, true]);
    chip.cutSupply();
    expect([world.gates.slice(0, 2), host.raw([0x12])[0]]).toEqual([[false, false], false]);
    world.ld = 52000; // not even a charger wakes it
    host.wait(2000);
    expect(host.raw([0x12])[0]).toBe(false);
    chip.powerOnReset();
    host.wait(5);
    expect([host.word(0x12) & 8, host.fetch(0x9303)[0]]).toEqual([8, 5]);
  });

  it('row 3: keeps old data under the new echo, as often as asked', () => {
    const counter = host.fetch(0x0076);
    chip.bench.staleResults(1);
    expect(() => host.fetch(0x0005)).toThrow('checksum');
    expect(host.read(0x40, 4)).toEqual(counter.slice(0, 4));
    expect(host.fetch(0x0005)).toHaveLength(2);
  });

  it('row 3: sends a wrong checksum, as often as asked', () => {
    chip.bench.corruptChecksums(2);
    expect(() => host.fetch(0x0076)).toThrow('checksum');
    expect(() => host.fetch(0x0005)).toThrow('checksum');
    expect(host.fetch(0x0005)).toHaveLength(2);
  });

  it('row 3: echoes late', () => {
    chip.bench.echoDelayUs = 5000;
    host.command(0x0005);
    host.wait(5);
    expect(host.word(0x3e)).not.toBe(0x0005);
    host.wait(0.5);
    expect(host.word(0x3e)).toBe(0x0005);
    chip.bench.echoDelayUs = 0;
    host.command(0x0005);
    host.wait(0.5);
    expect(host.word(0x3e)).toBe(0x0005);
  });

  it('row 8: cells that stand still while the rest goes on', () => {
    chip.bench.cellsFrozen = true;
    world.cells.fill(3100);
    host.wait(300);
    expect([host.signed(0x14), host.signed(0x32), host.signed(0x34)]).toEqual([3300, 3300, 4960]);
    chip.bench.cellsFrozen = false;
    host.wait(300);
    expect(host.signed(0x14)).toBe(3100);
  });

  it('row 9: a burst of zeros with good checksums', () => {
    chip.bench.zeroBurst = true;
    host.wait(300);
    expect(Array.from({ length: 16 }, (_, i) => host.signed(0x14 + 2 * i))).toEqual([
      ...new Array<number>(4).fill(3300),
      ...new Array<number>(6).fill(0),
      ...new Array<number>(6).fill(3300),
    ]);
    expect([host.word(0x70), host.signed(0x34)]).toEqual([0, 5280]);
    chip.bench.zeroBurst = false;
    host.wait(300);
    expect([host.signed(0x1c), host.word(0x70)]).toEqual([3300, 2982]);
  });

  it('row 21: the counter of charge and seconds begins anew', () => {
    host.wait(5000);
    const seconds = (): number => host.fetch(0x0076)[8]!;
    expect(seconds()).toBe(5);
    chip.bench.resetCounter();
    expect(seconds()).toBe(0);
    host.wait(2000);
    expect(seconds()).toBe(2);
  });
});

describe('open-wire check', () => {
  it('loads the inputs once in each Check Time, and never when that is 0', () => {
    const before = world.wireChecks;
    host.wait(20000);
    expect(world.wireChecks - before).toBe(4);
    host.configure([[0x9314, 0]]);
    const after = world.wireChecks;
    host.wait(20000);
    expect(world.wireChecks).toBe(after);
  });
});

describe('load detection', () => {
  it('is forced by the host without Active Time, and says which LD reading it concerns', () => {
    expect([status(), world.loadDetect]).toEqual([0, false]);
    host.command(0x009e);
    host.wait(1);
    expect([status(), world.loadDetect]).toEqual([0, true]); // LD was last measured without it
    host.wait(200);
    expect(status()).toBe(LD_ON);
    host.wait(10 * 3600e3);
    expect(status()).toBe(LD_ON);
    host.command(0x009f);
    host.wait(1);
    expect([status(), world.loadDetect]).toEqual([LD_ON, false]);
    host.wait(16000); // it sleeps by now, and scans every 5 s
    expect(status()).toBe(0);
  });

  it('ends with CONFIG_UPDATE and with a reset', () => {
    host.command(0x009e);
    host.wait(300);
    host.configure([[0x9303, 6]]);
    host.wait(300);
    expect([status(), world.loadDetect]).toEqual([0, false]);
    host.command(0x009e);
    host.wait(300);
    chip.powerOnReset();
    expect(world.loadDetect).toBe(false);
  });

  describe('by itself, after the latch of a short circuit', () => {
    /** Active Time 2 s, Retry Delay 8 s, Timeout 1 h; the first short latches. */
    const latch = (active = 2): void => {
      host.configure([
        [0x9286, 5, 21],
        [0x9261, 0xfc, 0xf7, 0xc2],
        [0x9294, 1, 1],
        [0x92b4, active, 8, 1, 0],
      ]);
      host.command(0x0022);
      host.wait(300);
      world.shunt = -150000;
      host.wait(1);
      world.shunt = 0;
      expect(chip.bench.safetyStatus[2] & 0x40).toBe(0x40);
    };
    const on = (seconds: number): number => {
      let count = 0;
      for (let i = 0; i < 10 * seconds; i++) {
        host.wait(100);
        if (world.loadDetect) count++;
      }
      return count / 10;
    };

    it('takes turns of Active Time and Retry Delay', () => {
      latch();
      expect(on(50)).toBeCloseTo(10, 0);
    });

    it('does nothing with Active Time 0', () => {
      latch(0);
      expect(on(50)).toBe(0);
    });

    it('releases the latch when LD rises above 4 V, only with the source on', () => {
      latch(1);
      world.ld = 3900;
      on(60);
      expect(chip.bench.safetyStatus[2] & 0x40).toBe(0x40);
      host.configure([[0x92b4, 20, 8, 1, 0]]); // CONFIG_UPDATE ends the latch of the simulated chip
      latch(20);
      world.ld = 4100;
      on(19);
      expect(chip.bench.safetyStatus[2] & 0x40).toBe(0);
    });

    it('gives up after its timeout, and begins again on request', () => {
      latch();
      host.wait(3600e3);
      expect([on(30), status() & TIMEOUT]).toEqual([0, TIMEOUT]);
      host.command(0x009d);
      expect(on(1)).toBe(1);
      expect([clock.nowUs > 3600e6, status() & TIMEOUT]).toEqual([true, 0]);
    });
  });
});
