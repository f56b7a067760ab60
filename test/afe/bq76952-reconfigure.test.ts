/** Registers that follow parameters and calibration. */
import { beforeEach, describe, expect, it } from 'vitest';
import { reconfigure } from '../../src/afe/bq76952';
import { AfeProblem } from '../../src/bms/pack';
import { P } from '../../src/bms/params';
import { afe, build, chip, dataMemory, load, pack, params, pause, startUp, tick, ticks, world } from './bench';

beforeEach(() => {
  build();
  startUp();
  ticks(8);
});

/** Ticks until the driver measures again. */
function takeOver(): number {
  reconfigure(afe);
  tick();
  let count = 1;
  while (!pack.sampleOk && count < 20) {
    tick();
    count++;
  }
  return count;
}

describe('S2, S5, S7: limits of the chip follow the parameters', () => {
  it('writes them into the chip, with both paths open meanwhile, and goes on', () => {
    params[P.DsgOc2] = 140000;
    world.history.length = 0;
    expect(takeOver()).toBeLessThanOrEqual(8);
    ticks(8);
    expect([dataMemory(0x9282, 1), world.history[0], world.chg, world.dsg]).toEqual([18, '--', true, true]); // 17.5 steps
    expect([chip.bench.unsafeWrites, pack.afeResets]).toEqual([0, 0]);
  });

  it('and acts on them: 120 A instead of 150 A', () => {
    params[P.DsgOc2] = 120000;
    params[P.DsgOc2Delay] = 50;
    takeOver();
    ticks(8);
    load(-130000);
    pause(45000);
    expect(world.dsg).toBe(true);
    pause(10000);
    expect(world.dsg).toBe(false);
  });

  it('touches no path when every register is right already, and measures again in the third tick', () => {
    world.history.length = 0;
    expect(takeOver()).toBeLessThanOrEqual(3);
    ticks(8);
    expect(world.history).toEqual([]);
  });

  it('a change in the middle of a start counts, too', () => {
    build();
    ticks(2);
    params[P.ScpDelay] = 150;
    reconfigure(afe);
    startUp();
    expect(dataMemory(0x9287, 1)).toBe(11);
    build();
    reconfigure(afe); // nobody has answered yet
    params[P.ScpDelay] = 150;
    startUp();
    expect(dataMemory(0x9287, 1)).toBe(11);
  });

  it('S42: is no fault after any number of configurations that were good', () => {
    for (let i = 0; i < 4; i++) {
      params[P.ChgOc2] = 130000 + 8000 * (i % 2);
      reconfigure(afe);
      do {
        tick();
        expect(pack.afeProblem).toBe(AfeProblem.None);
      } while (!pack.sampleOk);
    }
    expect(dataMemory(0x9280, 1)).toBe(17);
  });

  it('the watch over the signature takes the new one', () => {
    params[P.ChgOc2] = 130000;
    takeOver();
    ticks(8);
    for (let i = 0; i < 260; i++) {
      tick();
      expect(pack.sampleOk).toBe(true);
    }
  });
});

describe('S13: calibration of the shunt', () => {
  it('an offset is subtracted from current and charge', () => {
    world.offsetUv = 100; // 400 mA that do not flow
    ticks(2);
    expect(pack.currentMa).toBe(400);
    afe.offsetMa = 400;
    takeOver();
    ticks(8);
    const mas = pack.countedMas;
    ticks(80);
    expect(Math.abs(pack.currentMa)).toBeLessThanOrEqual(10);
    expect(Math.abs(pack.countedMas - mas)).toBeLessThan(20 * 10);
  });

  it('a gain acts on both', () => {
    afe.gainPpm = 1020000;
    takeOver();
    ticks(8);
    load(-50000);
    ticks(8);
    const [mas, seconds] = [pack.countedMas, pack.countedSeconds];
    ticks(80);
    expect(pack.currentMa / -51000).toBeCloseTo(1, 3);
    expect((pack.countedMas - mas) / (pack.countedSeconds - seconds) / -51000).toBeCloseTo(1, 2);
  });

  it('an offset is taken off before the gain', () => {
    world.offsetUv = 100;
    afe.offsetMa = 400;
    afe.gainPpm = 950000;
    takeOver();
    ticks(8);
    load(100000);
    ticks(4);
    expect(pack.currentMa / 95000).toBeCloseTo(1, 3);
  });

  it('leaves the short-circuit limit where it is', () => {
    for (const gain of [950000, 999000, 1001000, 1050000]) {
      afe.gainPpm = gain;
      takeOver();
      expect(dataMemory(0x9286, 1)).toBe(5);
    }
  });
});
