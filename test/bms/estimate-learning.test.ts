import '../../src/hal-mock/natives';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEstimator, estimate, type Estimator } from '../../src/bms/estimate';
import { ocvDoubt } from '../../src/bms/ocv';
import { createPack, type Pack } from '../../src/bms/pack';
import { defaultParams, P } from '../../src/bms/params';

const FULL_MAS = 360e6; // 100 Ah
const MINUTE = 60;
const HOUR = 60 * MINUTE;

let params: Int32Array;
let pack: Pack;
let est: Estimator;
let nowMs: number;
/** What the shunt reads without current. */
let offsetMa: number;

/** Time passes in seconds with this true current. */
function flow(n: number, ma: number): void {
  for (let s = 0; s < n; s++) {
    pack.currentMa = Math.round((ma + offsetMa) / 10) * 10;
    pack.countedMas += ma + offsetMa;
    pack.countedSeconds++;
    for (let tick = 0; tick < 3; tick++) estimate(est, pack, params, nowMs + 250 * tick);
    nowMs += 1000;
  }
}
const soc = (): number => pack.remainingMas / pack.fullMas;
function volts(mv: number): void {
  pack.cellMv.fill(mv);
  pack.stackMv = pack.packMv = pack.terminalMv = 16 * mv;
}
function fill(): void {
  volts(3505);
  flow(10 * MINUTE, 100);
  volts(3330);
  flow(1, -3000);
}
function drain(): void {
  volts(2790);
  flow(10, -3000);
  volts(3268);
}

beforeEach(() => {
  params = defaultParams();
  params[P.StandbyMa] = 0;
  pack = createPack();
  est = createEstimator();
  nowMs = 0;
  offsetMa = 0;
  pack.sampleOk = true;
  pack.chgFetOn = pack.dsgFetOn = true;
  pack.tempValid = 63;
  pack.tempDeciC.fill(250);
  volts(3268);
});

describe('S13 rested voltage', () => {
  it('says nothing on the plateau, on either branch of the hysteresis', () => {
    for (let mv = 3213 - 7; mv <= 3314 + 15; mv++) expect(ocvDoubt(mv)).toBe(0);
    expect(ocvDoubt(3200)).toBeGreaterThan(10);
    expect(ocvDoubt(3000)).toBeLessThan(10);
    expect(ocvDoubt(3360)).toBeLessThan(20);
  });

  it('does not move the estimate on the plateau, however long the rest', () => {
    flow(1, 0);
    volts(3283); // 70 %
    flow(4 * HOUR, 0);
    expect(soc()).toBeCloseTo(0.55, 6);
  });

  it('puts an uncertain estimate right below 20 %, after two hours and not before', () => {
    flow(1, 0);
    volts(3177); // 10 %
    flow(2 * HOUR - 10, 100);
    expect(soc()).toBeGreaterThan(0.54);
    flow(20 * MINUTE, 100);
    expect(soc()).toBeGreaterThan(0.09);
    expect(soc()).toBeLessThan(0.16);
  });

  it('hardly moves an estimate that was anchored an hour ago', () => {
    fill();
    flow(HOUR, -82_000);
    const before = soc();
    expect(before).toBeCloseTo(0.18, 2);
    volts(3180); // 11 %
    flow(3 * HOUR, 0);
    expect(Math.abs(soc() - before)).toBeLessThan(0.02);
  });

  it('S14 begins anew after a hole in the samples', () => {
    flow(1, 0);
    volts(3177);
    flow(HOUR, 0);
    pack.sampleOk = false;
    flow(MINUTE, 0);
    pack.sampleOk = true;
    flow(HOUR + 10 * MINUTE, 0);
    expect(soc()).toBeGreaterThan(0.54);
  });
});

describe('S13 current offset', () => {
  it('is learned while both MOSFETs are off', () => {
    offsetMa = 100;
    pack.chgFetOn = pack.dsgFetOn = false;
    flow(5 * MINUTE, 0);
    expect(est.offsetMa).toBeGreaterThan(95);
    expect(est.offsetMa).toBeLessThan(101);
    const before = pack.remainingMas;
    flow(10 * HOUR, 0);
    expect(Math.abs(pack.remainingMas - before) / FULL_MAS).toBeLessThan(0.0005);
  });

  it('is learned behind an open breaker', () => {
    offsetMa = -60;
    pack.terminalMv = 200;
    flow(5 * MINUTE, 0);
    expect(est.offsetMa).toBeCloseTo(-60, -1);
  });

  it('is not taken from a small load with both paths closed', () => {
    flow(6 * HOUR, -300);
    expect(est.offsetMa).toBe(0);
  });

  it('is not taken from a current that open MOSFETs cannot explain', () => {
    offsetMa = 1500;
    pack.chgFetOn = pack.dsgFetOn = false;
    flow(5 * MINUTE, 0);
    expect(est.offsetMa).toBe(0);
  });

  it('never exceeds 1 A', () => {
    offsetMa = 990;
    pack.chgFetOn = pack.dsgFetOn = false;
    flow(10 * MINUTE, 0);
    offsetMa = 2500;
    pack.chgFetOn = pack.dsgFetOn = true;
    for (let day = 0; day < 6; day++) {
      fill();
      flow(6 * HOUR, -5000);
      flow(6 * HOUR, 5000);
    }
    expect(Math.abs(est.offsetMa)).toBeLessThanOrEqual(1000);
  });

  it.each([100, -100])('of %i mA is learned from one full charge to the next, without a moment of rest', (ma) => {
    offsetMa = ma;
    for (let day = 0; day < 4; day++) {
      fill();
      flow(8 * HOUR, -4000);
      flow(8 * HOUR, 4000 / 0.995);
    }
    fill();
    expect(Math.abs(est.offsetMa - ma)).toBeLessThan(25);
  });
});

describe('S13 full capacity', () => {
  /** From full to empty with so much between. */
  function cycle(ampHours: number): void {
    fill();
    flow((ampHours * HOUR) / 25, -25_000);
    drain();
  }

  beforeEach(() => {
    pack.chgFetOn = pack.dsgFetOn = false; // the offset is known
    flow(5 * MINUTE, 0);
    pack.chgFetOn = pack.dsgFetOn = true;
  });

  it('takes over a quarter of what one whole discharge says, SOH follows', () => {
    cycle(92);
    expect(pack.fullMas / 3.6e6).toBeCloseTo(98, 0);
    for (let i = 0; i < 6; i++) cycle(92);
    expect((100 * pack.fullMas) / pack.designMas).toBeGreaterThan(91.5);
    expect((100 * pack.fullMas) / pack.designMas).toBeLessThan(94);
  });

  it('is learned from empty to full as well', () => {
    drain();
    flow(4 * HOUR, 24_000 / 0.995);
    fill();
    expect(pack.fullMas / 3.6e6).toBeCloseTo(99, 0);
  });

  it.each([
    ['a partial discharge', 75, 250],
    ['a change of more than 20 %', 125, 250],
    ['cold cells', 90, 50],
  ])('does not learn from %s', (_name, ampHours, deciC) => {
    pack.tempDeciC.fill(deciC);
    cycle(ampHours);
    expect(pack.fullMas).toBe(FULL_MAS);
  });

  it('does not learn without its cell sensors', () => {
    pack.tempValid = 0;
    cycle(90);
    expect(pack.fullMas).toBe(FULL_MAS);
  });
});
