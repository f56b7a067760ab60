/** Protections of the simulated BQ76952: comparators, temperatures, watchdog, latches, and how they recover. */
import { beforeEach, describe, expect, it } from 'vitest';
import { bench, hex, type FakeSurroundings, type Host } from './bq76952-fixture';
import type { VirtualClock } from '../../../src/hal-mock/clock';
import type { Bq76952Chip } from '../../../src/hal-mock/devices/bq76952';

let chip: Bq76952Chip;
let host: Host;
let world: FakeSurroundings;
let clock: VirtualClock;

const on = () => [chip.bench.fets.chg, chip.bench.fets.dsg];
const amps = (a: number) => (world.shunt = a * 250);

beforeEach(() => ({ chip, host, world, clock } = bench()));

describe('comparators', () => {
  // name, bit in Safety A, apply the level (mV over the shunt or cell mV), trips, does not, delay µs, FETs after it
  const cell = (mv: number) => world.cell(5, mv);
  const shunt = (mv: number) => (world.shunt = mv * 1000);
  const rows: [string, number, (level: number) => void, number, number, number, boolean[]][] = [
    ['SCD', 0x80, shunt, -100.1, -99.9, 300, [false, false]],
    ['OCD2', 0x40, shunt, -50.1, -49.9, 99000, [true, false]],
    ['OCD1', 0x20, shunt, -40.1, -39.9, 425700, [true, false]],
    ['OCC', 0x10, shunt, 30.1, 29.9, 425700, [false, true]],
    ['COV', 0x08, cell, 3796, 3794, 999900, [false, true]],
    ['CUV', 0x04, cell, 2428, 2430, 999900, [true, false]],
  ];
  describe.each(rows)('%s', (_name, bit, apply, trips, holds, delayUs, after) => {
    beforeEach(() => host.prepare());

    it('trips at its delay, not before, and shows alert, then status', () => {
      world.gateLog = [];
      const t0 = clock.nowUs;
      apply(trips);
      clock.advanceTo(t0 + delayUs - 1);
      expect([chip.bench.safetyAlert[0] & bit, chip.bench.safetyStatus[0], on()]).toEqual([bit, 0, [true, true]]);
      clock.advanceTo(t0 + delayUs);
      expect([chip.bench.safetyAlert[0] & bit, chip.bench.safetyStatus[0] & bit]).toEqual([0, bit]);
      // OCC and OCD with the current still flowing would re-close the other FET through the diode rule: gates at the trip
      expect(world.gates.slice(0, 2)).toEqual(after);
      expect(world.gateLog[0]![0]).toBe(t0 + delayUs);
    });

    it('never trips inside its limit', () => {
      apply(holds);
      host.wait(1200);
      expect([chip.bench.safetyAlert[0] & bit, chip.bench.safetyStatus[0] & bit]).toEqual([0, 0]);
    });

    it('starts its delay anew when the quantity came back in between', () => {
      apply(trips);
      clock.advanceTo(clock.nowUs + delayUs - 10);
      apply(bit < 0x10 ? 3300 : 0);
      apply(trips);
      clock.advanceTo(clock.nowUs + delayUs - 1);
      expect(chip.bench.safetyStatus[0]).toBe(0);
      clock.advanceTo(clock.nowUs + 1);
      expect(chip.bench.safetyStatus[0]).toBe(bit);
    });

    it('stays silent when it is not enabled', () => {
      host.configure([[0x9261, 0xfc & ~bit]]);
      apply(trips);
      host.wait(1200);
      expect(chip.bench.safetyStatus[0] & bit).toBe(0);
    });
  });

  it('finds slow drift of a cell within 250 ms', () => {
    host.prepare();
    world.cells[3] = 3800;
    host.wait(1251);
    expect(chip.bench.safetyStatus[0]).toBe(0x08);
    expect(host.fetch(0x0081).slice(6, 8)).toEqual([3800 & 255, 3800 >> 8]);
  });

  it('looks again before it trips: a cell that came back unannounced is no fault', () => {
    host.prepare();
    world.cell(3, 3800);
    host.wait(900);
    world.cells[3] = 3790;
    host.wait(99);
    expect(chip.bench.safetyStatus[0]).toBe(0);
    host.wait(500);
    expect([chip.bench.safetyStatus[0], chip.bench.safetyAlert[0]]).toEqual([0, 0]);
  });

  it.each([
    [2, 15],
    [31, 450],
  ])('SCD delay code %i opens after %i µs', (code, us) => {
    host.prepare([0x9287, code]);
    world.gateLog = [];
    const t0 = clock.nowUs;
    world.shunt = -200000;
    host.wait(1);
    expect(world.gateLog[0]).toEqual([t0 + us, '']);
  });

  it('SCD code 0 switches it off', () => {
    host.prepare([0x9287, 0], [0x9261, 0x80]);
    world.shunt = -400000;
    host.wait(100);
    expect(chip.bench.safetyStatus[0]).toBe(0);
  });

  it('leaves an unused input alone', () => {
    host.prepare([0x9304, 0xff, 0x7f]);
    world.cell(15, 0);
    host.wait(2000);
    expect(chip.bench.safetyStatus[0]).toBe(0);
  });

  it('acts up to 250 ms late with a FET mask that is not one of the immediate ones', () => {
    host.prepare([0x9269, 0xe0]);
    const t0 = clock.nowUs;
    world.gateLog = [];
    world.shunt = -60000;
    host.wait(400);
    const lateUs = world.gateLog[0]![0] - t0 - 99000;
    expect(lateUs).toBeGreaterThan(0);
    expect(lateUs).toBeLessThanOrEqual(250000);
  });

  it('survives a pack model that answers every gate change with a step', () => {
    host.prepare();
    world.follow = () => amps(on()[1] ? -500 : 0);
    amps(-500);
    host.wait(1);
    expect([on(), chip.bench.safetyStatus[0]]).toEqual([[false, false], 0x80]);
  });
});

describe('recovery', () => {
  it('closes by itself after the SCD recovery time', () => {
    host.prepare();
    world.shunt = -120000;
    host.wait(1);
    world.shunt = 0;
    for (let s = 0; s < 59; s++) {
      host.wait(1000);
      host.word(0x12);
    }
    expect(on()).toEqual([false, false]);
    host.wait(1300);
    expect(on()).toEqual([true, true]);
  });

  it('releases COV below the hysteresis for 3 s', () => {
    host.prepare();
    world.cell(0, 3800);
    host.wait(1100);
    world.cell(0, 3400);
    host.wait(5000);
    expect(chip.bench.safetyStatus[0]).toBe(0x08);
    world.cell(0, 3389);
    host.wait(2900);
    expect(chip.bench.safetyStatus[0]).toBe(0x08);
    host.wait(400);
    expect([chip.bench.safetyStatus[0], on()]).toEqual([0, [true, true]]);
  });

  it('releases OCD only by a charging current with the factory threshold, by rest with a negative one', () => {
    host.prepare();
    amps(-220);
    host.wait(110);
    amps(0);
    host.wait(8000);
    expect(chip.bench.safetyStatus[0]).toBe(0x40);
    host.configure([[0x928d, ...hex('38 ff')]]);
    amps(-220);
    host.wait(110);
    amps(0);
    host.wait(3600);
    expect(chip.bench.safetyStatus[0]).toBe(0);
  });

  it('latches the third short circuit until the host recovers it', () => {
    host.prepare([0x9294, 1]);
    for (let i = 0; i < 3; i++) {
      world.shunt = -120000;
      host.wait(1);
      world.shunt = 0;
      host.wait(1500);
    }
    expect([chip.bench.safetyStatus, on()]).toEqual([
      [0, 0, 0x40],
      [false, false],
    ]);
    host.wait(5000);
    expect(on()).toEqual([false, false]);
    host.command(0x009c);
    expect(on()).toEqual([true, true]);
  });
});

describe('slow protections', () => {
  it('OCD3 trips on the 250 ms mean after its delay', () => {
    host.prepare();
    amps(-131);
    host.wait(5000);
    expect(chip.bench.safetyAlert[2]).toBe(0);
    amps(-133);
    host.wait(1900);
    expect([chip.bench.safetyAlert[2], chip.bench.safetyStatus[2]]).toEqual([0x80, 0]);
    host.wait(700);
    expect([chip.bench.safetyStatus[2], chip.bench.fets.dsg]).toEqual([0x80, false]);
  });

  // ohm of the 103AT sensor (TI's table) or °C of the die; bit in Safety B with factory limits; FETs while it lasts
  it.each([
    ['OTC', 'TS1', 3500, 0x10, [false, true]],
    ['OTD and OTC', 'TS1', 3000, 0x30, [false, false]],
    ['UTC and UTD', 'TS1', 27500, 0x03, [false, false]],
    ['OTF', 'DDSG', 1600, 0x80, [false, false]],
    ['OTINT', 'die', 85.1, 0x40, [false, false]],
    ['UTINT', 'die', -20.1, 0x04, [false, false]],
  ] as const)('%s', (_name, where, value, bits, fets) => {
    host.prepare([0x9302, 0x0f], [0x9234, 0x02, 0x28]);
    if (where === 'die') world.die = value;
    else world.ohm[where] = value;
    host.wait(1900);
    expect(chip.bench.safetyStatus[1]).toBe(0);
    host.wait(1300);
    expect([chip.bench.safetyStatus[1], on()]).toEqual([bits, fets]);
    world.die = 25;
    world.ohm = {};
    host.wait(5200);
    expect([chip.bench.safetyStatus[1], on()]).toEqual([0, [true, true]]);
  });

  it('host watchdog opens both FETs after its delay and ends with the next transfer, which still shows it', () => {
    host.prepare();
    host.word(0x12);
    host.wait(9900);
    expect(on()).toEqual([true, true]);
    host.wait(400);
    expect(on()).toEqual([false, false]);
    expect(host.read(0x02, 6)[5]).toBe(0x02);
    expect(on()).toEqual([true, true]);
    expect([host.read(0x07, 1), host.word(0x62) & 0x8000]).toEqual([[0], 0x8000]);
  });

  it('does not take a refused transfer for a living host', () => {
    host.prepare();
    host.word(0x12);
    for (let i = 0; i < 11; i++) {
      host.wait(1000);
      host.raw(hex('3E 95 00'));
    }
    expect(chip.bench.safetyStatus[2]).toBe(0x02);
  });
});
