/** A bus that cannot be trusted (S14). */
import { beforeEach, describe, expect, it } from 'vitest';
import { setFets } from '../../src/afe/bq76952';
import {
  afe,
  build,
  bus,
  clock,
  measure,
  nextTick,
  pack,
  request,
  startUp,
  tick,
  ticks,
  want,
  wire,
  world,
} from './bench';

beforeEach(() => build());

describe('S14: a bus that cannot be trusted', () => {
  beforeEach(() => {
    startUp();
    ticks(8);
  });

  it('one damaged transfer is repeated within the tick', () => {
    bus.damaged = 1;
    tick();
    expect([pack.sampleOk, pack.missedSamples, afe.link.retries]).toEqual([true, 0, 1]);
  });

  it('two damaged transfers in a row: no sample, old values stay, the next tick is good', () => {
    world.cells[0] = 3000;
    bus.damaged = 2;
    tick();
    expect([pack.sampleOk, pack.missedSamples, pack.cellMv[0]]).toEqual([false, 1, 3300]);
    tick();
    expect([pack.sampleOk, pack.missedSamples, pack.cellMv[0]]).toEqual([true, 0, 3000]);
  });

  it.each([['software'], ['hardware']] as const)(
    'a deaf chip on a %s master: misses are counted, nothing throws',
    (master) => {
      wire.options.master = master;
      wire.faults.unplugged = true;
      ticks(20);
      expect([pack.sampleOk, pack.missedSamples]).toEqual([false, 20]);
      expect(pack.cellMv[5]).toBe(3300);
      wire.faults.unplugged = false;
      startUp();
      expect(pack.missedSamples).toBe(0);
    },
  );

  /** Time that driver and bus keep the program from anything else in one tick, us. */
  function blockedUs(): number {
    nextTick();
    const from = clock.nowUs;
    measure();
    setFets(afe, want.chg, want.dsg);
    return clock.nowUs - from;
  }

  it('a quiet tick keeps the bus for less than 25 ms', () => {
    for (let i = 0; i < 8; i++) expect(blockedUs()).toBeLessThan(25000);
  });

  it.each([
    [
      'SDA stuck low',
      'software',
      (): void => void (wire.faults.sdaLow = true),
      (): void => void (wire.faults.sdaLow = false),
    ],
    [
      'SCL stuck low',
      'software',
      (): void => void (wire.faults.sclLow = true),
      (): void => void (wire.faults.sclLow = false),
    ],
    [
      'no chip',
      'software',
      (): void => void (wire.faults.unplugged = true),
      (): void => void (wire.faults.unplugged = false),
    ],
    [
      'no chip',
      'hardware',
      (): void => void (wire.faults.unplugged = true),
      (): void => void (wire.faults.unplugged = false),
    ],
  ] as const)(
    '%s on a %s master blocks no tick for longer than 60 ms and is over by itself',
    (_name, master, on, off) => {
      wire.options.master = master;
      on();
      request(false, false); // something to send in each tick
      for (let i = 0; i < 10; i++) {
        expect(blockedUs()).toBeLessThan(60000);
        expect([pack.sampleOk, pack.implausible]).toEqual([false, false]);
      }
      off();
      request(true, true);
      startUp();
      ticks(6);
      expect([world.chg, world.dsg, pack.afeResets]).toEqual([true, true, 0]);
    },
  );

  it('nothing at all is sent while a line is stuck', () => {
    const from = wire.transferred;
    wire.faults.sclLow = true;
    ticks(8);
    expect(wire.transferred).toBe(from);
  });

  it('a chip that holds SDA is clocked free before the first transfer: no sample is lost', () => {
    wire.faults.sdaLowForClocks = 7;
    tick();
    expect([pack.sampleOk, wire.faults.sdaLowForClocks, afe.link.retries]).toEqual([true, 0, 0]);
  });

  it('a chip that loses its place in the middle of a block costs this tick, and is freed before the next', () => {
    world.cells[0] = 3000;
    clock.at((Math.floor(clock.nowUs / 250000) + 1) * 250000 + 8000, () => (wire.faults.sdaLowForClocks = 5000));
    expect(blockedUs()).toBeLessThan(60000);
    expect([pack.sampleOk, pack.cellMv[0]]).toEqual([false, 3300]);
    wire.faults.sdaLowForClocks = Math.min(wire.faults.sdaLowForClocks, 9);
    tick();
    expect([pack.sampleOk, pack.cellMv[0]]).toEqual([true, 3000]);
  });

  it('SDA that sticks for good in the middle of a block costs this tick and brings no value', () => {
    world.cells[0] = 3000;
    clock.at((Math.floor(clock.nowUs / 250000) + 1) * 250000 + 8000, (): void => void (wire.faults.sdaLow = true));
    expect(blockedUs()).toBeLessThan(60000);
    expect([pack.sampleOk, pack.cellMv[0]]).toEqual([false, 3300]);
  });

  it('random noise of one byte in 300 loses samples but never brings a wrong one', () => {
    let state = 1;
    wire.faults.disturb = (byte) => {
      state = (state * 1103515245 + 12345) & 0x7fffffff;
      return (state >> 8) % 300 === 0 ? byte ^ (1 << ((state >> 4) & 7)) : byte;
    };
    let good = 0;
    for (let i = 0; i < 400; i++) {
      tick();
      if (pack.sampleOk) {
        good++;
        expect(Array.from(pack.cellMv)).toEqual(new Array(16).fill(3300));
      }
    }
    expect(good).toBeGreaterThan(100);
    expect(good).toBeLessThan(400);
  });
});
