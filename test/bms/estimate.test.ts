import '../../src/hal-mock/natives';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEstimator, estimate, socFromOcv, type Estimator } from '../../src/bms/estimate';
import { createPack, type Pack } from '../../src/bms/pack';
import { defaultParams } from '../../src/bms/params';
import { Protection } from '../../src/bms/rules';

const params = defaultParams();
const FULL_MAS = 360e6; // 100 Ah

let pack: Pack;
let est: Estimator;
let nowMs: number;

/** A second passes: the AFE's counter moves by `ma` and its seconds by one. */
function second(ma = pack.currentMa): void {
  nowMs += 1000;
  pack.currentMa = ma;
  pack.countedMas += ma;
  pack.countedSeconds++;
  estimate(est, pack, params, nowMs);
}
const soc = (): number => pack.remainingMas / pack.fullMas;

beforeEach(() => {
  pack = createPack();
  est = createEstimator();
  nowMs = 0;
  pack.sampleOk = true;
  pack.cellMv.fill(3268); // 55 % at rest
  second(0);
});

describe('S13 state of charge', () => {
  it('starts from the rested voltage when nothing is remembered', () => {
    expect(soc()).toBeCloseTo(0.55, 6);
    expect([socFromOcv(2500), socFromOcv(2833), socFromOcv(3265), socFromOcv(3392), socFromOcv(3600)]).toEqual([
      0, 0, 500, 1000, 1000,
    ]);
  });

  it('rises with the cell voltage and never falls', () => {
    for (let mv = 2700, before = 0; mv < 3500; mv++) {
      const now = socFromOcv(mv);
      expect(now).toBeGreaterThanOrEqual(before);
      before = now;
    }
  });

  it('takes out what the AFE has counted, and puts in 99.5 % of it', () => {
    for (let s = 0; s < 360; s++) second(-100_000); // 10 Ah
    expect(soc()).toBeCloseTo(0.45, 6);
    for (let s = 0; s < 360; s++) second(100_000);
    expect(soc()).toBeCloseTo(0.45 + 0.0995, 6);
    expect([pack.dischargedMas, pack.chargedMas]).toEqual([36e6, 36e6]);
  });

  it('loses nothing when the AFE was reset and counts from zero again', () => {
    for (let s = 0; s < 36; s++) second(-100_000);
    const before = soc();
    pack.countedMas = 0;
    pack.countedSeconds = -1;
    second(-100_000);
    expect(soc()).toBeCloseTo(before, 6);
    second(-100_000);
    expect(soc()).toBeCloseTo(before - 0.1 / 360, 6);
  });

  it('stays within empty and full', () => {
    second(-400e6);
    expect(pack.remainingMas).toBe(0);
    second(900e6);
    expect(pack.remainingMas).toBe(FULL_MAS);
  });

  it('keeps the old estimate without a good sample', () => {
    pack.sampleOk = false;
    second(-100_000);
    expect(soc()).toBeCloseTo(0.55, 6);
  });

  it('counts a cycle when a whole capacity has been taken out', () => {
    for (let i = 0; i < 11; i++) {
      second(-35e6);
      second(36e6);
    }
    expect(pack.cycles).toBe(1);
  });
});

describe('S13 anchors', () => {
  const high = (): void => void pack.cellMv.fill(3505); // 56.08 V

  it('is full after a minute above 56 V at no more than 2 A of charge', () => {
    high();
    for (let s = 0; s < 59; s++) second(1500);
    expect(soc()).toBeLessThan(0.6);
    second(1500);
    second(1500);
    expect(soc()).toBe(1);
  });

  it('is not full while it still takes more than 2 A, nor while it is discharged', () => {
    high();
    for (let s = 0; s < 100; s++) second(s % 2 ? 2500 : -100);
    expect(soc()).toBeLessThan(0.6);
  });

  it('is full when over-charge protection appears, unless one cell alone is high', () => {
    pack.cellMv.fill(3400);
    pack.cellMv[3] = 3710;
    pack.protections = Protection.CellOvp;
    second(0);
    expect(soc()).toBeLessThan(0.6);
    pack.protections = 0;
    second(0);
    high();
    pack.protections = Protection.CellOvp;
    second(0);
    expect(soc()).toBe(1);
  });

  it('is empty when under-voltage protection appears, and counts again from there', () => {
    pack.protections = Protection.CellUvp;
    second(-100_000);
    expect(pack.remainingMas).toBe(0);
    second(100_000);
    expect(pack.remainingMas).toBeCloseTo(99_500, 6);
  });
});
