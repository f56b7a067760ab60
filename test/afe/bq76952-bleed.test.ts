/** Balancing by the host: which cells the chip bleeds, and that it ends. */
import { beforeEach, describe, expect, it } from 'vitest';
import { bleed } from '../../src/afe/bq76952';
import {
  afe,
  build,
  bus,
  chip,
  frame,
  measure,
  nextTick,
  pack,
  restartController,
  startUp,
  tick,
  ticks,
  want,
  wire,
  world,
} from './bench';

const EVEN = 0x5555;

beforeEach(() => {
  build();
  startUp();
  ticks(8);
});

/** Frames that write CB_ACTIVE_CELLS. */
function sent(): number {
  return bus.sent.filter((hex) => hex.startsWith('3e 83 0d 00')).length;
}

describe('S4: bleeding cells', () => {
  it('begins within a second and goes on for as long as it is asked for', () => {
    want.bleed = EVEN;
    ticks(5);
    expect(world.bled).toBe(EVEN);
    for (let i = 0; i < 4 * 120; i++) {
      tick();
      expect(world.bled).toBe(EVEN);
    }
  });

  it('is written on change and then each 5 s, well inside the 20 s of the chip', () => {
    want.bleed = EVEN;
    ticks(1);
    const from = sent();
    ticks(4 * 60);
    expect(sent() - from).toBe(12);
  });

  it('changes to other cells at once', () => {
    want.bleed = EVEN;
    ticks(5);
    want.bleed = 0x0008;
    tick();
    expect(world.bled & EVEN).toBe(0);
    ticks(5);
    expect(world.bled).toBe(0x0008);
  });

  it('stops in the tick in which it is no longer wanted', () => {
    want.bleed = EVEN;
    ticks(5);
    want.bleed = 0;
    tick();
    expect(world.bled).toBe(0);
  });

  it('stops one tick later when the command was lost', () => {
    want.bleed = EVEN;
    ticks(5);
    nextTick();
    measure();
    wire.faults.refuse = 2;
    want.bleed = 0;
    bleed(afe, 0);
    expect(world.bled).toBe(EVEN);
    tick();
    expect(world.bled).toBe(0);
  });

  it('costs no transfer while nothing is bled', () => {
    ticks(4);
    const from = sent();
    ticks(40);
    expect(sent()).toBe(from);
  });

  it('ends by itself 20 s after the controller has died', () => {
    want.bleed = EVEN;
    ticks(5);
    let seconds = 0;
    while (world.bled !== 0 && seconds < 40) {
      nextTick();
      frame(wire, 0x3e, [0, 0]); // anything that keeps the host watchdog quiet
      seconds += 0.25;
    }
    expect(seconds).toBeGreaterThan(14);
    expect(seconds).toBeLessThanOrEqual(21);
  });

  it("S14: nothing is sent in a tick in which the bus has failed, and it ends with the chip's own time", () => {
    want.bleed = EVEN;
    ticks(5);
    wire.faults.unplugged = true;
    want.bleed = 0;
    const from = sent();
    ticks(4 * 21);
    expect([sent(), world.bled]).toEqual([from, 0]);
  });

  it('is not asked for before the first good sample, and is asked for anew after a reset of the chip', () => {
    build();
    want.bleed = EVEN;
    while (pack.samples === 0) {
      expect(sent()).toBe(0);
      tick();
    }
    ticks(5);
    expect(world.bled).toBe(EVEN);
    chip.powerOnReset();
    expect(world.bled).toBe(0);
    startUp();
    ticks(6);
    expect(world.bled).toBe(EVEN);
  });

  it('what a controller before us has left on is switched off by the first sample', () => {
    want.bleed = EVEN;
    ticks(5);
    restartController();
    want.bleed = 0;
    startUp();
    expect(world.bled).toBe(0);
  });
});
