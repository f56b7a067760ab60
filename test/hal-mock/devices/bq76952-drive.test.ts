/** What the simulated BQ76952 drives: FETs, balancing switches, the ALERT pin. */
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
    host.prepare();
    host.store(0x0097, [bits]);
    expect(on()).toEqual(expected);
  });

  it.each([
    [0x0093, [true, false]],
    [0x0094, [false, true]],
    [0x0095, [false, false]],
  ])('host command %i', (code, expected) => {
    host.prepare();
    host.command(code);
    expect(on()).toEqual(expected);
    host.command(0x0096);
    expect(on()).toEqual([true, true]);
  });

  it('FET_INIT_OFF waits for the host, HOST_FET_EN = 0 ignores it, FET_CTRL_EN = 0 closes nothing', () => {
    host.prepare([0x9308, 0x2d]);
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
    host.prepare();
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
    host.prepare();
    host.store(0x0097, [0x01]);
    amps(5);
    host.wait(10);
    expect(on()).toEqual([true, true]);
    world.shunt = -150000;
    host.wait(1);
    expect(on()).toEqual([false, false]);
  });

  it('pre-discharges until LD has risen, or for the time-out', () => {
    host.prepare([0x9308, 0x1d], [0x930e, 100]);
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
    host.prepare([address, _config]);
    world.pins[pin] = true;
    chip.pinsChanged();
    expect(on()).toEqual(expected);
    world.pins[pin] = false;
    host.wait(251); // without being told the chip finds out by itself
    expect(on()).toEqual([true, true]);
  });
});

describe('balancing', () => {
  beforeEach(() => host.prepare());
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
    host.prepare();
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
    host.prepare([0x92fc, 0], [0x926d, 0x60, 0xf8]);
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
    host.prepare();
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
    host.prepare();
    host.write(0x66, [0x80, 0x00]);
    chip.bench.adcFrozen = true;
    host.wait(1000);
    expect(host.word(0x62)).toBe(0);
  });
});
