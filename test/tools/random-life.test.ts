import { describe, expect, it } from 'vitest';
import { RandomLife } from '../../tools/random-life';
import { HAPPENINGS } from '../../tools/random-life-happenings';
import { nothingInjected } from '../../tools/random-life-stage';
import { Soak } from '../../tools/soak';
import { VirtualPack } from '../../tools/virtual-pack';

const HOUR_US = 3600e6;

/** What a soak of some hours says. */
function told(seed: number, hours: number, rate: number): string[] {
  const lines: string[] = [];
  const soak = new Soak(new VirtualPack({ seed, soc: 0.6 }), { seed, rate }, (line) => lines.push(line));
  soak.runTo(hours * HOUR_US);
  return lines;
}

describe('random life', () => {
  it('is the same for the same seed and another one for another seed', () => {
    const first = told(5, 3, 8);
    expect(first.length).toBeGreaterThan(5);
    expect(told(5, 3, 8)).toEqual(first);
    expect(told(6, 3, 8)).not.toEqual(first);
  });

  it('brings hundreds of events in a month', () => {
    expect(HAPPENINGS.reduce((sum, { perDay }) => sum + perDay, 0) * 30).toBeGreaterThan(400);
  });

  it('keeps the weather between -25 and 55 degC, with frost and heat in a month', () => {
    const pack = new VirtualPack();
    pack.board.cpu.halt(); // weather needs no program
    const life = new RandomLife(pack, { seed: 1, rate: 1e-9 }, () => {});
    let [coldest, hottest] = [Infinity, -Infinity];
    for (let hour = 1; hour <= 720; hour++) {
      while (life.dueUs <= hour * HOUR_US) {
        pack.board.time.advanceTo(Math.max(life.dueUs, pack.board.time.nowUs));
        life.act();
      }
      pack.board.time.advanceTo(hour * HOUR_US);
      const { ambientCelsius } = pack.board.plant.truth();
      coldest = Math.min(coldest, ambientCelsius);
      hottest = Math.max(hottest, ambientCelsius);
    }
    expect(coldest).toBeGreaterThanOrEqual(-25);
    expect(coldest).toBeLessThan(-5);
    expect(hottest).toBeLessThanOrEqual(55);
    expect(hottest).toBeGreaterThan(35);
  });
});

describe.each(HAPPENINGS)('$name', (happening) => {
  it('says what it does, and leaves nothing broken behind', () => {
    const pack = new VirtualPack({ soc: 0.6 });
    const life = new RandomLife(pack, { seed: 2, rate: 1e-9 }, () => {});
    life.outlets.charger = { amps: 10, volts: 56 };
    life.outlets.apply();
    const runTo = (us: number): void => {
      while (pack.board.time.nowUs < us) {
        pack.board.cpu.run(Math.min(us, life.dueUs));
        life.act();
      }
    };
    runTo(5e6);
    const began = happening.start(life);
    expect(began).not.toBeNull();
    expect(began![0]).toMatch(/\w/);
    const { board } = pack;
    runTo(board.time.nowUs + 1000 * Math.min(began![1], 600000) + 1e6);
    // the longest are cut short here: whatever waits in the clock is due
    if (began![1] > 600000) {
      board.time.advanceTo(board.time.nowUs + 1000 * began![1]);
      life.act();
    }
    const { faults } = board.afeBus;
    expect([faults.unplugged, faults.sclLow, faults.sdaLow, faults.disturb]).toEqual([false, false, false, null]);
    expect([board.memoryBus.faults.unplugged, board.fram.bytesUntilPowerCut]).toEqual([false, Infinity]);
    expect([life.injected.sensors, life.injected.halted, life.injected.memory]).toEqual([0, false, false]);
    const { overLoad, overCharger, surgeWatts, unplugged, plugged } = life.outlets;
    expect([overLoad, overCharger, surgeWatts, unplugged, plugged]).toEqual([null, null, 0, false, true]);
    const { breaker, shortA } = board.plant.truth();
    expect([breaker, shortA]).toEqual(['closed', 0]);
    expect(nothingInjected().sensors).toBe(0);
    expect(board.cpu.errors).toEqual([]);
  });
});
