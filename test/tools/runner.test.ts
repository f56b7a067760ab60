import { describe, expect, it } from 'vitest';
import { Runner, type Runnable, type RunOptions } from '../../tools/runner';

/** Virtual time that costs nothing, or `realMs` for each stretch. */
class Target implements Runnable {
  nowMs = 0;
  readonly stretches: number[] = [];
  constructor(private readonly realMs = 0) {}

  runTo(ms: number): void {
    const endMs = performance.now() + this.realMs;
    while (performance.now() < endMs);
    this.stretches.push(ms - this.nowMs);
    this.nowMs = ms;
  }
}

function options(changes: Partial<RunOptions>): RunOptions {
  const signal = new AbortController().signal;
  return { speed: Infinity, untilMs: Infinity, signal, talking: () => false, afterStretch: () => {}, ...changes };
}

describe('pace of the simulation', () => {
  it('ends exactly at its duration, as fast as it can', async () => {
    const target = new Target();
    await new Runner(target, options({ untilMs: 86400000 + 250 })).run();
    expect(target.nowMs).toBe(86400250);
  });

  it.each([1, 20])('keeps %d times real time', async (speed) => {
    const target = new Target();
    const startMs = performance.now();
    await new Runner(target, options({ speed, untilMs: 300 * speed })).run();
    const tookMs = performance.now() - startMs;
    expect(tookMs).toBeGreaterThan(295);
    expect(tookMs).toBeLessThan(450);
  });

  it('stops on the grid at every speed, so that the household acts at the same instants', async () => {
    const fast: number[] = [];
    const paced: number[] = [];
    const note = (list: number[]) => (nowMs: number, onGrid: boolean) => void (onGrid && list.push(nowMs));
    await new Runner(new Target(), options({ untilMs: 10500, afterStretch: note(fast) })).run();
    await new Runner(new Target(), options({ speed: 70, untilMs: 10500, afterStretch: note(paced) })).run();
    expect(fast).toEqual([1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10000]);
    expect(paced).toEqual(fast);
  });

  it('takes small steps while somebody talks', async () => {
    const target = new Target();
    await new Runner(target, options({ untilMs: 1000, talking: () => target.nowMs < 500 })).run();
    expect(Math.max(...target.stretches.slice(0, 20))).toBeCloseTo(20, 6);
  });

  it('serves sockets and timers while it runs flat out, and stops at the signal', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const startMs = performance.now();
    await new Runner(new Target(1), options({ signal: stop.signal })).run();
    expect(performance.now() - startMs).toBeLessThan(200);
  });

  it('forgets what it cannot catch up with, instead of falling behind for ever', async () => {
    const stop = new AbortController();
    const target = new Target(5); // 1 s of virtual time costs 5 ms: 200 x at most
    setTimeout(() => stop.abort(), 1300);
    const runner = new Runner(target, options({ speed: 100000, signal: stop.signal }));
    await runner.run();
    expect(runner.reached).toBeGreaterThan(50);
    expect(runner.reached).toBeLessThan(210);
  });

  it('stops at once when nothing is due', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    const startMs = performance.now();
    await new Runner(new Target(), options({ speed: 0.01, signal: stop.signal })).run();
    expect(performance.now() - startMs).toBeLessThan(150);
  });
});
