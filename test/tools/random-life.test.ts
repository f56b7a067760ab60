import { describe, expect, it } from 'vitest';
import { ambientAt, RandomLife } from '../../tools/random-life';
import { HAPPENINGS } from '../../tools/random-life-happenings';
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
    const first = told(5, 1, 24);
    expect(first.length).toBeGreaterThan(5);
    expect(told(5, 1, 24)).toEqual(first);
    expect(told(6, 1, 24)).not.toEqual(first);
  });

  it('brings hundreds of events in a month', () => {
    expect(HAPPENINGS.reduce((sum, { perDay }) => sum + perDay, 0) * 30).toBeGreaterThan(400);
  });

  it('has a year of weather in a month, between -25 and 55 degC', () => {
    for (let seed = 1; seed <= 8; seed++) {
      const hours = Array.from({ length: 720 }, (_, hour) => hour * 3600000);
      const calm = hours.map((ms) => ambientAt(seed, ms, 0));
      expect(Math.min(...calm)).toBeLessThan(-12);
      expect(Math.max(...calm)).toBeGreaterThan(42);
      expect(Math.min(...hours.map((ms) => ambientAt(seed, ms, -25)))).toBe(-25);
      expect(Math.max(...hours.map((ms) => ambientAt(seed, ms, 25)))).toBe(55);
    }
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
    expect(board.cpu.errors).toEqual([]);
  });
});
