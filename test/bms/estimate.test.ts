import '../../src/hal-mock/natives';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEstimator, estimate, type Estimator } from '../../src/bms/estimate';
import { socFromOcv } from '../../src/bms/ocv';
import { createPack, type Pack } from '../../src/bms/pack';
import { defaultParams, P } from '../../src/bms/params';
import { Fault, Protection } from '../../src/bms/rules';

const FULL_MAS = 360e6; // 100 Ah
const HOUR = 3600;

let params: Int32Array;
let pack: Pack;
let est: Estimator;
let nowMs: number;

/** A second of four ticks passes: the AFE's counter moves by `ma` and its seconds by one. */
function second(ma = pack.currentMa, senseErrorMv = 0): void {
  pack.currentMa = ma;
  pack.stackMv = pack.packMv = pack.terminalMv = pack.cellMv.reduce((all, mv) => all + mv) - senseErrorMv;
  pack.countedMas += ma;
  pack.countedSeconds++;
  for (let tick = 0; tick < 4; tick++) estimate(est, pack, params, (nowMs += 250));
}
function seconds(n: number, ma: number): void {
  for (let s = 0; s < n; s++) second(ma);
}
const soc = (): number => pack.remainingMas / pack.fullMas;

beforeEach(() => {
  params = defaultParams();
  params[P.StandbyMa] = 0;
  pack = createPack();
  est = createEstimator();
  nowMs = 0;
  pack.sampleOk = true;
  pack.chgFetOn = pack.dsgFetOn = true;
  pack.tempValid = 63;
  pack.tempDeciC.fill(250);
  pack.cellMv.fill(3268); // 55 % at rest
  pack.stackMv = pack.packMv = pack.terminalMv = 16 * 3268;
  second(0);
});

describe('S13 state of charge', () => {
  it('starts from the voltage when nothing is remembered', () => {
    expect(soc()).toBeCloseTo(0.55, 6);
    expect([2500, 2833, 3265, 3392, 3600].map(socFromOcv)).toEqual([0, 0, 500, 1000, 1000]);
  });

  it('rises with the rested voltage and never falls', () => {
    for (let mv = 2700, before = 0; mv < 3500; mv++) {
      const now = socFromOcv(mv);
      expect(now).toBeGreaterThanOrEqual(before);
      before = now;
    }
  });

  it('takes out what the AFE has counted, and puts in 99.5 % of it', () => {
    seconds(360, -100_000); // 10 Ah
    expect(soc()).toBeCloseTo(0.45, 6);
    seconds(360, 100_000);
    expect(soc()).toBeCloseTo(0.45 + 0.0995, 6);
    expect([pack.dischargedMas, pack.chargedMas]).toEqual([36e6, 36e6]);
  });

  it('takes out its own draw, which the shunt does not see', () => {
    params[P.StandbyMa] = 20;
    const before = pack.remainingMas;
    seconds(HOUR, 0);
    expect(before - pack.remainingMas).toBeCloseTo(20 * HOUR, 3);
  });

  it('counts on after the AFE was reset, from its new beginning', () => {
    seconds(36, -100_000);
    const before = soc();
    pack.countedMas = 0;
    pack.countedSeconds = -1;
    second(-100_000);
    second(-100_000);
    expect(soc()).toBeCloseTo(before - (2 * 0.1) / 360, 6);
  });

  it('counts what the AFE has counted while samples were missing', () => {
    const before = soc();
    pack.sampleOk = false;
    seconds(60, -60_000);
    expect(soc()).toBe(before);
    pack.sampleOk = true;
    second(-60_000);
    expect(soc()).toBeCloseTo(before - (61 * 60e3) / FULL_MAS, 6);
  });

  it.each([
    ['a charge that no shunt can carry', 900e6, 1],
    ['seconds ahead of the clock', 1e6, 5000],
  ])('S14 ignores a counter with %s', (_name, mas, ahead) => {
    const before = pack.remainingMas;
    pack.countedMas += mas;
    pack.countedSeconds += ahead;
    second(0);
    expect(pack.remainingMas).toBe(before);
    second(-1000);
    expect(pack.remainingMas).toBe(before - 1000);
  });

  it('counts a cycle when a whole capacity has been taken out, and the energy', () => {
    for (let i = 0; i < 11; i++) {
      seconds(360, -90_000);
      seconds(360, 91_000);
    }
    expect(pack.cycles).toBe(0);
    seconds(400, -90_000);
    expect(pack.cycles).toBe(1);
    const volts = (16 * 3268) / 1000;
    expect(pack.dischargedJ).toBeCloseTo((volts * pack.dischargedMas) / 1000, -1);
    expect(pack.chargedJ).toBeCloseTo((volts * pack.chargedMas) / 1000, -1);
  });

  it('shows at most 99 % before it was full and at least 1 % before it was empty', () => {
    seconds(3 * HOUR, 30_000);
    expect(soc()).toBeCloseTo(0.99, 9);
    seconds(5 * HOUR, -30_000);
    expect(soc()).toBeCloseTo(0.01, 9);
  });

  it('never shows a change of more than 1 % in 10 s that was not counted', () => {
    est.chargeMas = 0.2 * FULL_MAS;
    const before = soc();
    seconds(10, 0);
    expect(before - soc()).toBeCloseTo(0.01, 6);
    seconds(400, 0);
    expect(soc()).toBeCloseTo(0.2, 6);
  });

  it('goes on where it was when restored, with what the AFE has counted meanwhile', () => {
    seconds(10, -50_000);
    const kept = JSON.parse(JSON.stringify(est)) as Estimator;
    const again = { ...createEstimator(), ...kept, countedAtMs: -1, lookedMs: -1, phase: 0 };
    est = again;
    const before = pack.remainingMas;
    nowMs = 0;
    pack.countedMas -= 40 * 50_000;
    pack.countedSeconds += 40;
    second(-50_000);
    expect(pack.remainingMas).toBeCloseTo(before - 41 * 50_000, 3);
  });
});

describe('S13 full', () => {
  const high = (): void => void pack.cellMv.fill(3505); // 56.08 V

  it('is full after a minute above 56 V at no more than 2 A of charge', () => {
    pack.cellMv.fill(3498);
    params[P.FullMv] = 55_900; // no cell reaches 3.50 V
    seconds(59, 1500);
    expect(soc()).toBeLessThan(0.6);
    seconds(2, 1500);
    expect([soc(), pack.sinceFullS]).toEqual([1, 0]);
  });

  it('is full when one cell has been at 3.50 V for a minute at 5 A: no over-voltage trip is needed', () => {
    pack.cellMv[4] = 3500;
    seconds(59, 5000);
    expect(soc()).toBeLessThan(0.6);
    seconds(2, 5000);
    expect(soc()).toBe(1);
  });

  it('is not full while it takes more, nor while it is discharged', () => {
    high();
    for (let s = 0; s < 200; s++) second(s % 2 ? 5500 : -600);
    expect(soc()).toBeLessThan(0.6);
  });

  it('S14 a minute with a hole in it is no evidence', () => {
    high();
    seconds(5, 1500);
    pack.sampleOk = false;
    seconds(60, 1500);
    pack.sampleOk = true;
    seconds(10, 1500);
    expect(soc()).toBeLessThan(0.6);
  });

  it('is full when over-charge protection appears, unless one cell alone is high', () => {
    pack.cellMv.fill(3400);
    pack.cellMv[3] = 3710;
    pack.protections = Protection.CellOvp;
    seconds(2, 0);
    expect(soc()).toBeLessThan(0.6);
    pack.protections = 0;
    seconds(2, 0);
    high();
    pack.protections = Protection.CellOvp;
    second(0);
    expect(soc()).toBe(1);
  });

  it('stays at 100 % for half a percent, then shows 99.5 and counts down', () => {
    high();
    seconds(70, 100);
    pack.cellMv.fill(3330);
    seconds(100, -10_000); // 0.28 %
    expect(soc()).toBe(1);
    seconds(200, -10_000);
    expect(soc()).toBeCloseTo(1 - (300 * 10e3) / FULL_MAS, 3);
  });

  it('S41 counts the time since then', () => {
    high();
    seconds(70, 100);
    expect(pack.sinceFullS).toBe(0);
    pack.cellMv.fill(3330);
    seconds(100, -1000);
    expect(pack.sinceFullS).toBeGreaterThanOrEqual(99);
    expect(pack.sinceFullS).toBeLessThanOrEqual(101);
  });
});

describe('S13 empty', () => {
  it('is empty when a cell is at 2.8 V for 5 s below 0.3 C', () => {
    pack.cellMv[7] = 2800;
    seconds(40, -31_000);
    expect(soc()).toBeGreaterThan(0.5);
    seconds(4, -29_000);
    expect(soc()).toBeGreaterThan(0);
    seconds(3, -29_000);
    expect(soc()).toBe(0);
  });

  it('is empty when under-voltage protection appears, and counts again from there', () => {
    pack.protections = Protection.CellUvp;
    second(-100_000);
    expect(pack.remainingMas).toBe(0);
    seconds(400, 50_000);
    expect(pack.remainingMas).toBeCloseTo(400 * 49_750, -5);
  });

  it('cannot be above 5 % with a cell below 3 V at a small current', () => {
    pack.cellMv[7] = 2950;
    seconds(600, -5000);
    expect(soc()).toBeGreaterThan(0.03);
    expect(soc()).toBeLessThanOrEqual(0.05);
  });
});

describe('S13, S14 cells that cannot be believed teach nothing, but counting goes on', () => {
  const low = (senseErrorMv: number): number => {
    pack.cellMv[7] = 2400; // empty for two minutes, if it were true
    for (let s = 0; s < 120; s++) second(-5000, senseErrorMv);
    return soc();
  };
  const counted = 0.55 - (120 * 5) / 360_000;

  it('while a fault is active', () => {
    pack.faults = Fault.SenseWire;
    expect(low(0)).toBeCloseTo(counted, 4);
    pack.faults = 0;
    second(-5000);
    expect(low(0)).toBe(0);
  });

  it.each([
    [501, counted],
    [-501, counted],
    [500, 0],
    [-500, 0],
  ])('while their sum differs from the stack by %i mV', (senseErrorMv, expected) => {
    expect(low(senseErrorMv)).toBeCloseTo(expected, 4);
  });
});
