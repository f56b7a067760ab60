import { beforeEach, describe, expect, it } from 'vitest';
import { bench, hex, type FakeSurroundings, type Host } from './bq76952-fixture';
import type { VirtualClock } from '../../../src/hal-mock/clock';
import type { Bq76952Chip } from '../../../src/hal-mock/devices/bq76952';

let chip: Bq76952Chip;
let host: Host;
let world: FakeSurroundings;
let clock: VirtualClock;

/** Reference configuration of hardware.md 2.7 as far as these tests need it; 0.25 mΩ. */
const REFERENCE: [number, ...number[]][] = [
  [0x9234, 0x82, 0x28], // SLEEP off
  [0x9303, 0x06],
  [0x91a8, ...hex('55 30 F2 41')],
  [0x9273, 0xf4, 0x01], // body diode 500 mA
  [0x9261, 0xfc, 0xf7, 0xc2],
  [0x9275, 48, 0x2d, 0x01],
  [0x9278, 75, 0x2d, 0x01, 9, 8],
  [0x9280, 15, 127, 20, 127, 25, 28, 5, 21],
  [0x928a, 0x70, 0xcc, 2], // OCD3 -132 A, 2 s
  [0x9294, 60, 3],
  [0x92b2, 10, 0],
  [0x92fc, 0x2a],
];

function configure(...more: [number, ...number[]][]): void {
  host.configure([...REFERENCE, ...more]);
  host.command(0x0022);
  host.wait(300);
}
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
    beforeEach(() => configure());

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
    configure();
    world.cells[3] = 3800;
    host.wait(1251);
    expect(chip.bench.safetyStatus[0]).toBe(0x08);
    expect(host.fetch(0x0081).slice(6, 8)).toEqual([3800 & 255, 3800 >> 8]);
  });

  it('looks again before it trips: a cell that came back unannounced is no fault', () => {
    configure();
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
    configure([0x9287, code]);
    world.gateLog = [];
    const t0 = clock.nowUs;
    world.shunt = -200000;
    host.wait(1);
    expect(world.gateLog[0]).toEqual([t0 + us, '']);
  });

  it('SCD code 0 switches it off', () => {
    configure([0x9287, 0], [0x9261, 0x80]);
    world.shunt = -400000;
    host.wait(100);
    expect(chip.bench.safetyStatus[0]).toBe(0);
  });

  it('leaves an unused input alone', () => {
    configure([0x9304, 0xff, 0x7f]);
    world.cell(15, 0);
    host.wait(2000);
    expect(chip.bench.safetyStatus[0]).toBe(0);
  });

  it('acts up to 250 ms late with a FET mask that is not one of the immediate ones', () => {
    configure([0x9269, 0xe0]);
    const t0 = clock.nowUs;
    world.gateLog = [];
    world.shunt = -60000;
    host.wait(400);
    const lateUs = world.gateLog[0]![0] - t0 - 99000;
    expect(lateUs).toBeGreaterThan(0);
    expect(lateUs).toBeLessThanOrEqual(250000);
  });

  it('survives a pack model that answers every gate change with a step', () => {
    configure();
    world.follow = () => amps(on()[1] ? -500 : 0);
    amps(-500);
    host.wait(1);
    expect([on(), chip.bench.safetyStatus[0]]).toEqual([[false, false], 0x80]);
  });
});

describe('recovery', () => {
  it('closes by itself after the SCD recovery time', () => {
    configure();
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
    configure();
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
    configure();
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
    configure([0x9294, 1]);
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
    configure();
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
    configure([0x9302, 0x0f], [0x9234, 0x02, 0x28]);
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
    configure();
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
    configure();
    host.word(0x12);
    for (let i = 0; i < 11; i++) {
      host.wait(1000);
      host.raw(hex('3E 95 00'));
    }
    expect(chip.bench.safetyStatus[2]).toBe(0x02);
  });
});

describe('FETs', () => {
  it('follow only test commands while FET_EN is 0, and FET_ENABLE toggles', () => {
    host.wait(300);
    host.command(0x0096);
    expect(on()).toEqual([false, false]);
    host.command(0x001f);
    expect(on()).toEqual([true, false]);
    expect(host.read(0x7f, 1)).toEqual([1]);
    expect(host.fetch(0x0057)).toEqual([0x42, 0]);
    host.command(0x0022);
    expect([on(), host.fetch(0x0057)]).toEqual([
      [true, true],
      [0x50, 0],
    ]);
    host.command(0x0022);
    expect(on()).toEqual([false, false]);
  });

  it.each([
    [0x0, [true, true]],
    [0x1, [true, false]],
    [0x4, [false, true]],
    [0xf, [false, false]],
    [0xa, [true, true]],
  ])('FET_CONTROL %i', (bits, expected) => {
    configure();
    host.store(0x0097, [bits]);
    expect(on()).toEqual(expected);
  });

  it.each([
    [0x0093, [true, false]],
    [0x0094, [false, true]],
    [0x0095, [false, false]],
  ])('host command %i', (code, expected) => {
    configure();
    host.command(code);
    expect(on()).toEqual(expected);
    host.command(0x0096);
    expect(on()).toEqual([true, true]);
  });

  it('FET_INIT_OFF waits for the host, HOST_FET_EN = 0 ignores it, FET_CTRL_EN = 0 closes nothing', () => {
    configure([0x9308, 0x2d]);
    expect(on()).toEqual([false, false]);
    host.command(0x0096);
    expect(on()).toEqual([true, true]);
    host.configure([[0x9308, 0x09]]);
    host.command(0x0095);
    expect(on()).toEqual([true, true]);
    host.configure([[0x9308, 0x05]]);
    expect(on()).toEqual([false, false]);
  });

  it('closes CHG over a loaded body diode in series mode only, and opens it again without load', () => {
    configure();
    host.store(0x0097, [0x04]);
    amps(-0.4);
    host.wait(300);
    expect(on()).toEqual([false, true]);
    amps(-0.6);
    host.wait(2.9);
    expect(on()).toEqual([false, true]);
    host.wait(0.2);
    expect(on()).toEqual([true, true]);
    amps(0);
    host.wait(260);
    expect(on()).toEqual([false, true]);
    host.configure([[0x9308, 0x0c]]);
    host.store(0x0097, [0x04]);
    amps(-5);
    host.wait(300);
    expect(on()).toEqual([false, true]);
  });

  it('closes DSG over its diode while charging, and never against a short', () => {
    configure();
    host.store(0x0097, [0x01]);
    amps(5);
    host.wait(10);
    expect(on()).toEqual([true, true]);
    world.shunt = -150000;
    host.wait(1);
    expect(on()).toEqual([false, false]);
  });

  it('pre-discharges until LD has risen, or for the time-out', () => {
    configure([0x9308, 0x1d], [0x930e, 100]);
    host.wait(800);
    expect(chip.bench.fets.dsg).toBe(true);
    host.command(0x0093);
    expect(chip.bench.fets).toMatchObject({ dsg: false, pdsg: false });
    host.command(0x0096);
    const t0 = clock.nowUs;
    clock.advanceTo(t0 + 999999);
    expect(chip.bench.fets).toMatchObject({ chg: true, dsg: false, pdsg: true });
    clock.advanceTo(t0 + 1000000);
    expect(chip.bench.fets).toMatchObject({ dsg: true, pdsg: false });
    host.command(0x0093);
    host.command(0x0096);
    world.ld = 52300;
    host.wait(251);
    expect(chip.bench.fets).toMatchObject({ dsg: true, pdsg: false });
  });

  it.each([
    ['CFETOFF', 0x92fa, 0x02, [false, true]],
    ['DFETOFF', 0x92fb, 0x02, [true, false]],
    ['DFETOFF', 0x92fb, 0x42, [false, false]],
  ] as const)('%s pin configured as %i', (pin, address, _config, expected) => {
    configure([address, _config]);
    world.pins[pin] = true;
    chip.pinsChanged();
    expect(on()).toEqual(expected);
    world.pins[pin] = false;
    host.wait(251); // without being told the chip finds out by itself
    expect(on()).toEqual([true, true]);
  });
});

describe('balancing', () => {
  beforeEach(() => configure());
  const balance = (mask: number) => host.store(0x0083, [mask & 255, mask >> 8]);

  it('closes the asked switches within a second and opens them 20 s after the last request', () => {
    balance(0x8005);
    host.wait(1001);
    expect(world.bleed).toBe(0x8005);
    for (let i = 0; i < 15; i++) {
      host.wait(1000);
      host.word(0x12);
    }
    balance(0x8005);
    host.wait(9000);
    host.word(0x12);
    host.wait(9000);
    host.word(0x12);
    expect(world.bleed).toBe(0x8005);
    host.wait(2300);
    expect([world.bleed, host.fetch(0x0083)]).toEqual([0, [0, 0]]);
    const seconds = host.fetch(0x0085)[0]!;
    expect(seconds).toBeGreaterThanOrEqual(34);
    expect(host.fetch(0x0086).slice(8, 9)).toEqual([seconds]);
  });

  it.each([
    ['CONFIG_UPDATE', () => host.command(0x0090)],
    ['an alert of Safety A', () => amps(-220)],
    ['a hot cell', () => (world.ohm.TS1 = 2900)],
    ['a hot die', () => (world.die = 71)],
  ])('stops by %s', (_name, cause) => {
    balance(2);
    host.wait(1100);
    expect(world.bleed).toBe(2);
    cause();
    host.wait(500);
    expect(world.bleed).toBe(0);
  });

  it('goes on during COV, which it delays by up to a second', () => {
    balance(2);
    while (world.bleed === 0) host.wait(1);
    world.cell(1, 3800); // just after the look of this second
    host.wait(1950);
    expect(chip.bench.safetyStatus[0]).toBe(0);
    host.wait(60);
    expect([chip.bench.safetyStatus[0], world.bleed]).toEqual([0x08, 2]);
  });

  it('chooses by itself when configured: highest cells, no neighbours', () => {
    host.configure([
      [0x9335, 0x02],
      [0x933a, 2],
      [0x933f, ...hex('48 0d')],
    ]);
    world.cells[6] = 3460;
    world.cells[7] = 3470;
    world.cells[9] = 3450;
    host.wait(1100);
    expect(world.bleed).toBe((1 << 7) | (1 << 9));
  });
});

describe('alarm', () => {
  it('raises ALERT with the fault, holds it after the fault, and drops it when the host clears', () => {
    configure();
    expect([world.alert, host.word(0x62)]).toEqual([false, 0]);
    world.cell(0, 3800);
    host.wait(1);
    expect([world.alert, host.word(0x62)]).toEqual([true, 0x1000]); // MSK_SFALERT with the alert bit
    host.wait(1000);
    expect(host.word(0x62)).toBe(0x5000);
    host.write(0x62, [0xff, 0xff]);
    expect([host.word(0x62), world.alert]).toEqual([0x4000, true]); // the condition still holds
    world.cell(0, 3300);
    host.wait(3600);
    expect(host.word(0x62)).toBe(0x4000);
    host.write(0x63, [0x40]);
    expect([host.word(0x62), world.alert]).toEqual([0, false]);
    expect(host.read(0x7f, 1)[0]! & 0x40).toBe(0);
  });

  it('is driven only when configured, and with REG1 only when REG1 is on', () => {
    configure([0x92fc, 0], [0x926d, 0x60, 0xf8]);
    host.command(0x0095);
    expect([host.word(0x62), world.alert]).toEqual([0x60, false]);
    host.configure([
      [0x92fc, 0x2a],
      [0x9237, 0],
    ]);
    host.command(0x0095);
    expect(world.alert).toBe(false);
  });

  it('signals FULLSCAN every 189 ms when enabled, and raw status keeps it', () => {
    configure();
    expect(host.word(0x64) & 0x0082).toBe(0x0082);
    host.write(0x66, [0x80, 0x00]);
    host.wait(190);
    expect([host.word(0x62), world.alert]).toEqual([0x80, true]);
    host.write(0x62, [0x80]);
    expect(world.alert).toBe(false);
    host.wait(190);
    expect(world.alert).toBe(true);
  });

  it('does not signal a scan while the ADC is frozen', () => {
    configure();
    host.write(0x66, [0x80, 0x00]);
    chip.bench.adcFrozen = true;
    host.wait(1000);
    expect(host.word(0x62)).toBe(0);
  });
});
