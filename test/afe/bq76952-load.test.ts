/** Load detection after a short circuit (S7): is anything left between the terminals? */
import { beforeEach, describe, expect, it } from 'vitest';
import { AfeProblem } from '../../src/bms/pack';
import { Protection } from '../../src/bms/rules';
import {
  afe,
  build,
  bus,
  frame,
  load,
  pack,
  pause,
  request,
  restartController,
  startUp,
  tick,
  ticks,
  wire,
  world,
} from './bench';

const NOTHING = 52000; // the source lifts the pin to the stack
const SHORT = 1300; // its current over the resistor before the pin

beforeEach(() => {
  build();
  startUp();
  ticks(8);
});

/** The chip opens both paths, and the firmware holds them open, with a dead terminal. */
function shortCircuit(): void {
  load(-900000);
  pause(1000);
  world.step(() => (world.terminalMv = 0));
  load(0);
  pack.protections = Protection.Scp;
  request(false, false);
  world.detectingMv = SHORT;
  ticks(4);
}
/** Highest number of ticks in a row in which the source was on, and whether `loadGone` was ever seen. */
function watch(count: number): { longest: number; gone: boolean } {
  let [longest, on, gone] = [0, 0, false];
  for (let i = 0; i < count; i++) {
    tick();
    on = world.loadDetect ? on + 1 : 0;
    longest = Math.max(longest, on);
    gone ||= pack.loadGone;
  }
  return { longest, gone };
}

describe('S7: load detection', () => {
  it('says that the load is gone within 6 s, and never while the short circuit lasts', () => {
    shortCircuit();
    expect(watch(400).gone).toBe(false);
    world.detectingMv = NOTHING;
    let count = 0;
    while (!pack.loadGone && count < 100) {
      tick();
      count++;
    }
    expect(count * 0.25).toBeLessThanOrEqual(6);
    for (let i = 0; i < 100; i++) {
      tick();
      expect(pack.loadGone).toBe(true); // it stays for the rule's delay
    }
  });

  it.each([
    ['nothing', 52000, true],
    ['30 kOhm', 5300, true],
    ['10 kOhm', 2700, false],
    ['an inverter with an empty capacitor', 1400, false],
  ])('with %s at the terminals', (_name, mv, gone) => {
    shortCircuit();
    world.detectingMv = mv;
    expect(watch(60).gone).toBe(gone);
  });

  it('does not take a contact that opens for one look only for a removed load', () => {
    shortCircuit();
    let looks = 0;
    let was = false;
    for (let i = 0; i < 200; i++) {
      if (world.loadDetect && !was) looks++;
      was = world.loadDetect;
      world.detectingMv = looks % 2 === 0 ? NOTHING : SHORT;
      tick();
      expect(pack.loadGone).toBe(false);
    }
    expect(looks).toBeGreaterThan(10);
  });

  it('knows nothing with a charger or a charged capacitor at the terminals, and sends nothing then', () => {
    shortCircuit();
    watch(20);
    world.terminalMv = 54000;
    world.detectingMv = 54000;
    watch(12);
    expect(watch(100)).toEqual({ longest: 0, gone: false });
    expect(pack.terminalMv).toBe(54000);
  });

  it('the voltage of the source is never taken for that of the terminal: it would look like a charger', () => {
    shortCircuit();
    world.detectingMv = NOTHING;
    for (let i = 0; i < 200; i++) {
      tick();
      expect(pack.terminalMv).toBe(0);
    }
  });

  it('the terminal is seen again between two looks', () => {
    shortCircuit();
    watch(10);
    world.terminalMv = 3000;
    ticks(10);
    expect(pack.terminalMv).toBe(3000);
  });

  it('the source is on for half a second at a time only, and not at all without a short circuit', () => {
    expect(watch(40)).toEqual({ longest: 0, gone: false });
    shortCircuit();
    expect(watch(100).longest).toBeLessThanOrEqual(2);
  });

  it('is not asked while a path may be closed', () => {
    shortCircuit();
    ticks(12);
    request(true, true); // somebody decides otherwise
    watch(8);
    world.detectingMv = NOTHING;
    expect(watch(40)).toEqual({ longest: 0, gone: false });
  });

  it('forgets the answer with the protection', () => {
    shortCircuit();
    world.detectingMv = NOTHING;
    ticks(40);
    expect(pack.loadGone).toBe(true);
    pack.protections = 0;
    ticks(1);
    expect(pack.loadGone).toBe(false);
    ticks(12);
    expect([pack.loadGone, world.loadDetect]).toEqual([false, false]);
  });

  it('S14: knows nothing without a sample, and begins anew', () => {
    shortCircuit();
    world.detectingMv = NOTHING;
    ticks(40);
    wire.faults.unplugged = true;
    tick();
    expect(pack.loadGone).toBe(false);
    wire.faults.unplugged = false;
    ticks(4);
    expect(pack.loadGone).toBe(false);
    ticks(40);
    expect(pack.loadGone).toBe(true);
  });

  it.each([
    ['on', '3e 9e'],
    ['off', '3e 9f'],
  ])('a lost command that switches the source %s brings no wrong answer', (_name, hex) => {
    shortCircuit();
    world.detectingMv = NOTHING;
    bus.dropped = hex;
    for (let i = 0; i < 60; i++) {
      tick();
      expect([pack.terminalMv, pack.loadGone && hex === '3e 9e']).toEqual([0, false]);
    }
    bus.dropped = '-';
    watch(40);
    expect([pack.loadGone, pack.terminalMv]).toEqual([true, 0]);
  });

  it('a source that a controller before us has left on is off before the first sample', () => {
    shortCircuit();
    frame(wire, 0x3e, [0x9e, 0]);
    world.detectingMv = NOTHING;
    pause(500000);
    restartController();
    while (!pack.sampleOk) {
      tick();
      expect(pack.terminalMv).toBe(0);
    }
    expect([world.loadDetect, afe.loadTurn, pack.afeProblem]).toEqual([false, 0, AfeProblem.None]);
  });
});
