import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/hal-mock/clock';
import { SimCpu } from '../../src/hal-mock/cpu';

describe('virtual clock', () => {
  it('runs events at their own instant, in time order, ties in order of registration', () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.at(30, () => seen.push(`c${clock.nowUs}`));
    clock.at(10, () => seen.push(`a${clock.nowUs}`));
    clock.at(10, () => seen.push(`b${clock.nowUs}`));
    clock.advanceTo(20);
    expect(seen).toEqual(['a10', 'b10']);
    clock.advanceTo(40);
    expect([seen[2], clock.nowUs]).toEqual(['c30', 40]);
  });

  it('does not run a cancelled event, and runs one that an event adds', () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const handle = clock.at(5, () => seen.push(5));
    clock.at(1, () => clock.at(7, () => seen.push(clock.nowUs)));
    clock.cancel(handle);
    clock.advanceTo(100);
    expect(seen).toEqual([7]);
  });

  it('keeps the order of 2000 shuffled events', () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    for (let i = 0; i < 2000; i++) clock.at((i * 7919) % 2003, () => seen.push(clock.nowUs));
    clock.advanceTo(3000);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen).toHaveLength(2000);
  });
});

describe('simulated interpreter', () => {
  const make = (): { clock: VirtualClock; cpu: SimCpu } => {
    const clock = new VirtualClock();
    return { clock, cpu: new SimCpu(clock) };
  };

  it('repeats an interval without drift and executes missed rounds back to back', () => {
    const { clock, cpu } = make();
    const at: number[] = [];
    cpu.setInterval(() => {
      at.push(clock.nowUs / 1000);
      if (at.length === 1) cpu.wait(600000);
    }, 250);
    cpu.run(1100000);
    expect(at).toEqual([250, 850, 850, 1000]);
  });

  it('runs a posted job only when the running callback is over', () => {
    const { clock, cpu } = make();
    const seen: string[] = [];
    cpu.setInterval(() => {
      seen.push('tick');
      cpu.wait(20000);
      seen.push('tick ends');
    }, 100);
    clock.at(110000, () => cpu.post(() => seen.push('job')));
    cpu.run(150000);
    expect(seen).toEqual(['tick', 'tick ends', 'job']);
  });

  it('lets the world go on while halted, and misses nothing but its own rounds', () => {
    const { clock, cpu } = make();
    let ticks = 0;
    let world = 0;
    cpu.setInterval(() => ticks++, 250);
    clock.at(900000, () => world++);
    cpu.run(500000);
    cpu.halt();
    cpu.run(1600000);
    expect([ticks, world]).toEqual([2, 1]);
    cpu.resume();
    cpu.run(2000000);
    expect(ticks).toBe(4);
  });

  it('keeps an exception and the interval that threw it', () => {
    const { cpu } = make();
    let calls = 0;
    cpu.setInterval(() => {
      calls++;
      throw new Error('out of a callback');
    }, 100);
    cpu.run(350000);
    expect([calls, cpu.errors.length]).toEqual([3, 3]);
  });
});
