import '../../src/hal-mock/natives';
import { beforeEach, describe, expect, it } from 'vitest';
import { decide } from '../../src/bms/fets';
import { createEstimator, estimate, type Estimator } from '../../src/bms/estimate';
import { createPack, type Pack } from '../../src/bms/pack';
import { defaultParams } from '../../src/bms/params';
import { createGuard, type Guard } from '../../src/bms/guard';
import { protect } from '../../src/bms/protect';
import { Alarm, Fault, Protection } from '../../src/bms/rules';

let pack: Pack;
let guard: Guard;
let est: Estimator;
let nowMs: number;
const params = defaultParams();

/** One tick of the control path with a good sample, as `app/firmware` orders it. */
function tick(): void {
  nowMs += 250;
  pack.sampleOk = true;
  pack.samples++;
  pack.missedSamples = 0;
  estimate(est, pack, params, nowMs);
  protect(guard, pack, params, nowMs);
  decide(pack);
  pack.chgFetOn = pack.chgOn;
  pack.dsgFetOn = pack.dsgOn;
}
function miss(): void {
  nowMs += 250;
  pack.sampleOk = false;
  pack.missedSamples++;
  protect(guard, pack, params, nowMs);
  decide(pack);
}
function run(ms: number): void {
  for (let t = 0; t < ms; t += 250) tick();
}

beforeEach(() => {
  pack = createPack();
  guard = createGuard();
  est = createEstimator();
  nowMs = 0;
  pack.cellMv.fill(3300);
  pack.stackMv = 52800;
  pack.packMv = 52800;
  pack.terminalMv = 52800;
  pack.tempDeciC.fill(250);
  pack.tempValid = 63;
  tick();
});

const cell7 = (mv: number) => () => (pack.cellMv[7] = mv);
const all = (mv: number) => () => pack.cellMv.fill(mv);
const amps = (ma: number) => () => (pack.currentMa = ma);
const t2 = (deciC: number) => () => (pack.tempDeciC[1] = deciC);
const t5 = (deciC: number) => () => (pack.tempDeciC[4] = deciC);
const t6 = (deciC: number) => () => (pack.tempDeciC[5] = deciC);

// Manual and requirements typed in again. name, bit, delay ms, must not trip, trips, must not release, releases, charge open, discharge open
type Case = [string, number, number, () => void, () => void, () => void, () => void, boolean, boolean];
const cases: Case[] = [
  ['S3 cell above 3.70 V', Protection.CellOvp, 1000, cell7(3700), cell7(3701), cell7(3380), cell7(3379), true, false],
  [
    'S3 pack above 59.2 V',
    Protection.PackOvp,
    1000,
    all(3700),
    () => {
      pack.cellMv.fill(3700);
      pack.cellMv[0] = 3701;
    },
    all(3380),
    all(3379),
    true,
    false,
  ],
  ['S6 cell below 2.5 V', Protection.CellUvp, 1000, cell7(2500), cell7(2499), cell7(2900), cell7(2901), false, true],
  ['S9 charge above 55 °C', Protection.ChgOtp, 2000, t2(550), t2(551), t2(500), t2(499), true, false],
  ['S9 charge below -5 °C', Protection.ChgUtp, 2000, t2(-50), t2(-51), t2(0), t2(1), true, false],
  ['S9 discharge above 60 °C', Protection.DsgOtp, 2000, t2(600), t2(601), t2(550), t2(549), true, true],
  ['S9 discharge below -20 °C', Protection.DsgUtp, 2000, t2(-200), t2(-201), t2(-150), t2(-149), true, true],
  ['S9 hard cut-off above 65 °C', Protection.HotCutOff, 2000, t2(650), t2(651), t2(601), t2(600), true, true],
  ['S9 hard cut-off by ambient', Protection.HotCutOff, 2000, t6(650), t6(651), t6(601), t6(600), true, true],
  ['S9 MOSFET above 110 °C', Protection.MosOtp, 2000, t5(1100), t5(1101), t5(850), t5(849), true, true],
  ['S9 ambient below -25 °C', Protection.EnvUtp, 2000, t6(-250), t6(-251), t6(-200), t6(-199), true, true],
];

describe.each(cases)('%s', (_name, bit, delayMs, holdsOff, trips, holdsOn, clears, chgOpen, dsgOpen) => {
  it('does not trip at the limit', () => {
    holdsOff();
    run(10_000);
    expect(pack.protections & bit).toBe(0);
  });
  it('trips when the delay has passed, not a tick before, and opens the right paths', () => {
    trips();
    run(delayMs);
    expect(pack.protections & bit).toBe(0);
    tick();
    expect(pack.protections & bit).toBe(bit);
    expect([!pack.chgAllowed, !pack.dsgAllowed]).toEqual([chgOpen, dsgOpen]);
  });
  it('is released only past the release value', () => {
    trips();
    run(delayMs + 250);
    holdsOn();
    run(10_000);
    expect(pack.protections & bit).toBe(bit);
    clears();
    run(delayMs + 250);
    expect(pack.protections & bit).toBe(0);
  });
});

describe('S2 S5 over-current', () => {
  it.each([
    ['charge', amps(110_001), amps(110_000), Protection.ChgOcp, -1001],
    ['discharge', amps(-130_001), amps(-130_000), Protection.DsgOcp, 1001],
  ] as const)(
    '%s: trips after 1 s above the limit, released after 60 s or by opposite current',
    (_n, over, at, bit, opposite) => {
      at();
      run(10_000);
      expect(pack.protections & bit).toBe(0);
      over();
      run(1250);
      expect(pack.protections & bit).toBe(bit);
      pack.currentMa = 0;
      run(59_500);
      expect(pack.protections & bit).toBe(bit);
      run(750);
      expect(pack.protections & bit).toBe(0);
      over();
      run(1250);
      pack.currentMa = opposite;
      run(250);
      expect(pack.protections & bit).toBe(0);
    },
  );
  it('locks after ten trips until current flows the other way', () => {
    for (let i = 0; i < 10; i++) {
      pack.currentMa = -131_000;
      run(1500);
      pack.currentMa = 0;
      if (i < 9) run(61_000);
    }
    run(600_000);
    expect(pack.protections & Protection.DsgOcp).toBe(Protection.DsgOcp);
    pack.currentMa = 1001;
    tick();
    expect(pack.protections & Protection.DsgOcp).toBe(0);
  });
  it('S5 warns above 125 A without opening', () => {
    pack.currentMa = -125_001;
    run(30_000);
    expect([pack.alarms & Alarm.DsgOc, pack.dsgOn]).toEqual([Alarm.DsgOc, true]);
  });
});

describe('S7 short circuit', () => {
  it('latches both paths open until a charger appears', () => {
    pack.afeTrips = 1;
    tick();
    expect([pack.chgOn, pack.dsgOn]).toEqual([false, false]);
    pack.afeTrips = 0;
    pack.terminalMv = 0;
    run(600_000);
    expect([pack.chgOn, pack.dsgOn]).toEqual([false, false]);
    pack.terminalMv = 56_000;
    run(3000);
    expect([pack.chgOn, pack.dsgOn]).toEqual([true, true]);
  });
});

describe('S12 paths', () => {
  it('stay open before the first sample', () => {
    const fresh = createPack();
    decide(fresh);
    expect([fresh.chgOn, fresh.dsgOn]).toEqual([false, false]);
  });
  it('the charge path opened by over-voltage closes while discharge current flows through its diode', () => {
    cell7(3701)();
    run(1500);
    expect(pack.chgOn).toBe(false);
    pack.currentMa = -5000;
    tick();
    expect([pack.chgOn, pack.chgAllowed]).toEqual([true, false]);
    pack.currentMa = 0;
    tick();
    expect(pack.chgOn).toBe(false);
  });
  it('S6 under-voltage leaves the charge path closed and closes the discharge path while charging', () => {
    cell7(2499)();
    run(1500);
    expect([pack.chgOn, pack.dsgOn]).toEqual([true, false]);
    pack.currentMa = 5000;
    tick();
    expect([pack.chgOn, pack.dsgOn]).toEqual([true, true]);
  });
});

describe('S14 missing data', () => {
  it('opens both paths after three missed samples and says why', () => {
    miss();
    miss();
    expect([pack.chgOn, pack.dsgOn]).toEqual([true, true]);
    miss();
    expect([pack.chgOn, pack.dsgOn, pack.faults]).toEqual([false, false, Fault.AfeLost]);
  });
  it('does not release a protection across a gap', () => {
    cell7(3701)();
    run(1500);
    cell7(3300)();
    run(750);
    miss();
    run(1000);
    expect(pack.protections & Protection.CellOvp).toBe(Protection.CellOvp);
    run(250);
    expect(pack.protections & Protection.CellOvp).toBe(0);
  });
  it('an invalid cell sensor is a fault, an invalid T5 or T6 an alarm', () => {
    pack.tempValid = 63 & ~2;
    run(2500);
    expect([pack.faults, pack.chgOn, pack.dsgOn]).toEqual([Fault.NtcFault, false, false]);
    pack.tempValid = 63 & ~16;
    run(2500);
    expect([pack.faults, pack.alarms, pack.chgOn]).toEqual([0, Alarm.Sensor, true]);
  });
});

describe('S11 MOSFETs', () => {
  it('charge current through an open charge path is a latched fault', () => {
    t2(551)();
    run(2500);
    pack.currentMa = 1500;
    run(2500);
    expect(pack.faults).toBe(Fault.ChgFet);
    pack.currentMa = 0;
    t2(250)();
    run(60_000);
    expect([pack.faults, pack.chgOn, pack.dsgOn]).toEqual([Fault.ChgFet, false, false]);
  });
});

describe('S12, S14 the first sample', () => {
  beforeEach(() => {
    guard = createGuard();
    pack.chgOn = pack.dsgOn = pack.chgFetOn = pack.dsgFetOn = false;
    pack.samples = 0;
  });

  it('is judged without delays: charging at -6 °C is refused before the path has ever closed', () => {
    t2(-60)();
    tick();
    expect([pack.protections, pack.chgOn, pack.dsgOn]).toEqual([Protection.ChgUtp, false, true]);
  });
  it('is judged with delays when a restarted firmware finds the paths closed', () => {
    pack.chgFetOn = pack.dsgFetOn = true;
    cell7(3701)();
    tick();
    expect(pack.protections).toBe(0);
    run(1000);
    expect(pack.protections).toBe(Protection.CellOvp);
  });
  it('after a lost AFE does not shorten a release', () => {
    cell7(3701)();
    tick();
    expect(pack.protections).toBe(Protection.CellOvp);
    for (let i = 0; i < 4; i++) miss();
    cell7(3300)();
    tick();
    expect(pack.protections).toBe(Protection.CellOvp);
    run(1000);
    expect([pack.protections, pack.faults]).toEqual([0, 0]);
  });
});
