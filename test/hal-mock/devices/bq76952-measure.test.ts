/** What the simulated BQ76952 measures and counts, and its power states. */
import { beforeEach, describe, expect, it } from 'vitest';
import { bench, dword, hex, type FakeSurroundings, type Host } from './bq76952-fixture';
import type { Bq76952Chip } from '../../../src/hal-mock/devices/bq76952';

let chip: Bq76952Chip;
let host: Host;
let world: FakeSurroundings;
beforeEach(() => ({ chip, host, world } = bench()));

describe('measurements', () => {
  it('shows nothing before the first scan and a step only when its scan is over', () => {
    ({ chip, host, world } = bench());
    expect(host.word(0x14)).toBe(0);
    host.wait(300);
    expect(host.word(0x14)).toBe(3300);
    host.wait(70);
    world.cell(0, 3400);
    expect(host.word(0x14)).toBe(3300);
    host.wait(63);
    expect(host.word(0x14)).toBe(3400);
  });

  it('does not starve when steps come faster than scans', () => {
    host.wait(300);
    for (let i = 0; i < 20; i++) {
      world.cell(0, 3400 + i);
      host.wait(10);
    }
    expect(host.word(0x14)).toBeGreaterThanOrEqual(3410);
  });

  it('reports current by CC gain and unit, and clips at 32.7 A with the factory unit', () => {
    host.configure([[0x91a8, ...hex('55 30 F2 41')]]);
    world.shunt = 25000;
    host.wait(10);
    expect(host.word(0x3a)).toBe(32767);
    host.configure([[0x9303, 0x06]]);
    host.wait(10);
    expect(host.signed(0x3a)).toBe(10000);
    world.shunt = -25000;
    expect(host.signed(0x3a)).toBe(10000); // the 3 ms conversion is still running
    host.wait(3);
    expect(host.signed(0x3a)).toBe(-10000);
  });

  it('reports stack, PACK and LD in 10 mV and the die in 0.1 K', () => {
    world.ld = 51234;
    world.die = 31.15;
    host.wait(300);
    expect([0x34, 0x36, 0x38, 0x68].map((r) => host.word(r))).toEqual([5280, 5280, 5123, 3043]);
  });

  // TI's table of the 103AT type: ohm, °C
  it.each([
    [188500, -40],
    [27280, 0],
    [10000, 25],
    [3020, 60],
    [973.1, 100],
  ])('turns %f ohm into %i °C within 0.1 K', (ohm, celsius) => {
    world.ohm.TS1 = ohm;
    host.wait(300);
    expect(Math.abs(host.word(0x70) / 10 - 273.15 - celsius)).toBeLessThanOrEqual(0.12);
  });

  it('makes an open or shorted thermistor implausible, and an unconfigured pin empty', () => {
    world.ohm.TS1 = Infinity;
    host.wait(300);
    expect(host.word(0x70)).toBeLessThan(2282);
    world.ohm.TS1 = 0;
    host.wait(300);
    expect(host.word(0x70)).toBeGreaterThan(3982);
    expect(host.word(0x74)).toBe(0);
  });

  it('reports raw counts of a thermistor in DASTATUS6', () => {
    host.wait(300);
    expect(Math.abs(dword(host.fetch(0x0076), 24) - 1797559)).toBeLessThan(100);
  });

  it('counts charge in userAh with a fraction that starts at one half, and seconds', () => {
    host.configure([
      [0x9303, 0x06],
      [0x91a8, ...hex('55 30 F2 41')],
      [0x91ac, ...floatBytes(9029452.9)],
      [0x9234, 0x82, 0x28],
    ]);
    world.shunt = -12500; // 50 A
    host.wait(360000);
    const data = host.fetch(0x0076);
    const userAh = dword(data, 0) + (dword(data, 4) >>> 0) / 4294967296 - 0.5;
    expect(userAh * 10).toBeCloseTo(-5000, 0);
    expect(dword(data, 8)).toBe(360);
    host.command(0x0082);
    expect([0, 4, 8].map((at) => dword(host.fetch(0x0076), at) >>> 0)).toEqual([0, 0x80000000, 0]);
  });

  it('does not count a current inside the deadband', () => {
    world.shunt = 2;
    host.wait(10000);
    expect(dword(host.fetch(0x0076), 4) >>> 0).toBe(0x80000000);
  });

  it('keeps stuck registers, and a frozen ADC stops its counters', () => {
    chip.bench.freezeCell(4, 0);
    host.wait(300);
    expect(host.word(0x1c)).toBe(0);
    chip.bench.freezeCell(4, null);
    host.wait(70);
    expect(host.word(0x1c)).toBe(3300);
    chip.bench.adcFrozen = true;
    world.cell(4, 3333);
    host.wait(10000);
    expect(host.word(0x1c)).toBe(3300);
    expect(dword(host.fetch(0x0076), 8)).toBe(0);
  });

  it('sums the cells in DASTATUS5', () => {
    world.cells[2] = 3200;
    world.cells[9] = 3350;
    host.wait(300);
    const data = host.fetch(0x0075);
    expect([4, 6, 8].map((at) => data[at]! | (data[at + 1]! << 8))).toEqual([3350, 3200, 5275]);
  });
});

describe('power states', () => {
  it('forgets everything at power-on reset', () => {
    host.configure([[0x9286, 5]]);
    host.command(0x0022);
    world.shunt = 2000;
    host.wait(2000);
    chip.powerOnReset();
    expect(world.gates).toEqual([false, false, false, false]);
    host.wait(5);
    expect(host.word(0x12)).toBe(0x018c);
    expect(host.fetch(0x0057)).toEqual([0x40, 0]);
    expect(host.fetch(0x9286)[0]).toBe(0);
    expect(dword(host.fetch(0x0076), 4) >>> 0).toBe(0x80000000);
    expect(host.word(0x66)).toBe(0xf800);
  });

  it('does the same on RESET', () => {
    host.configure([[0x9286, 5]]);
    host.command(0x0012);
    host.wait(5);
    expect([host.word(0x12), chip.bench.dataMemory(0x9286)]).toEqual([0x018c, 0]);
  });

  it('sleeps after 10 s without current, opens CHG, and wakes by current', () => {
    host.command(0x0022);
    host.wait(11000);
    expect([host.word(0x12) & 0x8000, chip.bench.fets]).toMatchObject([0x8000, { chg: false, dsg: true }]);
    world.shunt = -5000;
    expect([host.word(0x12) & 0x8000, chip.bench.fets.chg]).toEqual([0, true]);
  });

  it('shuts down when told, not while a charger holds LD, and wakes by TS2', () => {
    world.ld = 50000;
    host.command(0x0010);
    host.wait(2000);
    expect(host.word(0x12) & 0x2000).toBe(0x2000);
    world.ld = 0;
    host.wait(500);
    expect([chip.bench.mode, chip.start(false)]).toEqual(['off', false]);
    world.pins.TS2 = false;
    host.wait(300);
    world.pins.TS2 = true;
    expect(host.word(0x12)).toBe(0x018c);
  });

  it('shuts itself down below the shutdown cell voltage', () => {
    host.configure([
      [0x923f, ...hex('d0 07')],
      [0x9243, 10],
    ]);
    world.cell(3, 1990);
    host.wait(9900);
    expect(chip.bench.mode).not.toBe('off');
    host.wait(1000);
    expect(chip.bench.mode).toBe('off');
  });
});

function floatBytes(value: number): number[] {
  return [...new Uint8Array(new Float32Array([value]).buffer)];
}
