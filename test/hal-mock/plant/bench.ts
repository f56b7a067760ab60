import { VirtualClock } from '../../../src/hal-mock/clock';
import { Plant, type PlantOptions } from '../../../src/hal-mock/plant/plant';

export const SECOND = 1e6;

/** A pack model with both paths closed, unless said otherwise, and its clock. */
export function bench(options: Partial<PlantOptions> = {}, chg = true, dsg = true) {
  const clock = new VirtualClock();
  const plant = new Plant(clock, options);
  plant.setFets(chg, dsg, false, false);
  const run = (seconds: number) => {
    const until = clock.nowUs + seconds * SECOND;
    while (clock.nowUs < until) {
      clock.advanceTo(Math.min(until, clock.nowUs + 250000));
      plant.cellMv(0);
    }
    return plant.truth();
  };
  /** Until the condition holds; fails when it does not within the time. */
  const runUntil = (holds: () => boolean, seconds: number) => {
    const until = clock.nowUs + seconds * SECOND;
    while (!holds()) {
      if (clock.nowUs >= until) throw new Error('not reached');
      run(1);
    }
    return plant.truth();
  };
  return { clock, plant, run, runUntil };
}

export const highest = (values: number[]) => Math.max(...values);
export const lowest = (values: number[]) => Math.min(...values);
