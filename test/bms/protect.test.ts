import { beforeEach, describe, expect, it } from 'vitest';
import { createPack } from '../../src/bms/pack';
import { P } from '../../src/bms/params';
import { prepare, protect } from '../../src/bms/protect';
import { Alarm, Fault, Protection, Rule } from '../../src/bms/rules';
import { Control } from './control';

let c: Control;
beforeEach(() => {
  c = new Control();
});

const cell7 = (mv: number) => () => (c.pack.cellMv[7] = mv);
const all = (mv: number) => () => c.pack.cellMv.fill(mv);
/** All cells at `mv`, the first one 1 mV beside it. */
const beside = (mv: number, by: number) => () => (c.pack.cellMv.fill(mv)[0] = mv + by);
const amps = (ma: number) => () => (c.pack.currentMa = ma);
const t2 = (deciC: number) => () => (c.pack.tempDeciC[1] = deciC);
const t5 = (deciC: number) => () => (c.pack.tempDeciC[4] = deciC);
const t6 = (deciC: number) => () => (c.pack.tempDeciC[5] = deciC);
/** Charge in hundredths of a percent. */
const soc = (share: number) => () => (c.pack.remainingMas = 36_000 * share);

// Manual and requirements typed in again. name, bit, delay ms, must not trip, trips, must not release, releases, charge open, discharge open
type Case = [string, number, number, () => void, () => void, () => void, () => void, boolean, boolean];
// prettier-ignore
const cases: Case[] = [
  ['S3 cell above 3.70 V', Protection.CellOvp, 1000, cell7(3700), cell7(3701), cell7(3380), cell7(3379), true, false],
  ['S3 pack above 59.2 V', Protection.PackOvp, 1000, all(3700), beside(3700, 1), all(3380), beside(3380, -1), true, false],
  ['S6 cell below 2.5 V', Protection.CellUvp, 1000, cell7(2500), cell7(2499), cell7(2900), cell7(2901), false, true],
  ['S6 pack below 40 V', Protection.PackUvp, 1000, all(2500), beside(2500, -1), all(2900), beside(2900, 1), false, true],
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
    c.run(10_000);
    expect(c.pack.protections & bit).toBe(0);
  });
  it('trips when the delay has passed, not a tick before, and opens the right paths', () => {
    trips();
    c.run(delayMs);
    expect(c.pack.protections & bit).toBe(0);
    c.tick();
    expect(c.pack.protections & bit).toBe(bit);
    expect([!c.pack.chgAllowed, !c.pack.dsgAllowed]).toEqual([chgOpen, dsgOpen]);
  });
  it('forgets a delay that was interrupted', () => {
    trips();
    c.run(delayMs);
    holdsOff();
    c.tick();
    trips();
    c.run(delayMs);
    expect(c.pack.protections & bit).toBe(0);
  });
  it('is released only past the release value, after its delay', () => {
    trips();
    c.run(delayMs + 250);
    holdsOn();
    c.run(10_000);
    expect(c.pack.protections & bit).toBe(bit);
    clears();
    c.run(delayMs);
    expect(c.pack.protections & bit).toBe(bit);
    c.tick();
    expect(c.pack.protections & bit).toBe(0);
  });
});

/** Stands long before the alarms of discharge do. */
const CHARGE_TEMPERATURE = Protection.ChgOtp | Protection.ChgUtp;

// name, bit, delay ms, must not be told, told, stays, over
// prettier-ignore
const alarms: [string, number, number, () => void, () => void, () => void, () => void][] = [
  ['S3 cell above 3.60 V', Alarm.CellOv, 1000, cell7(3600), cell7(3601), cell7(3580), cell7(3579)],
  ['S3 pack above 57.6 V', Alarm.PackOv, 1000, all(3600), beside(3600, 1), all(3580), beside(3580, -1)],
  ['S6 cell below 2.8 V', Alarm.CellUv, 1000, cell7(2800), cell7(2799), cell7(2820), cell7(2821)],
  ['S6 pack below 44.8 V', Alarm.PackUv, 1000, all(2800), beside(2800, -1), all(2820), beside(2820, 1)],
  ['S2 charge above 104 A', Alarm.ChgOc, 1000, amps(104_000), amps(104_001), amps(102_000), amps(101_999)],
  ['S5 discharge above 125 A', Alarm.DsgOc, 1000, amps(-125_000), amps(-125_001), amps(-123_000), amps(-122_999)],
  ['S9 charge above 45 °C', Alarm.ChgOt, 2000, t2(450), t2(451), t2(440), t2(439)],
  ['S9 charge below 0 °C', Alarm.ChgUt, 2000, t2(0), t2(-1), t2(10), t2(11)],
  ['S9 discharge above 56 °C', Alarm.DsgOt, 2000, t2(560), t2(561), t2(550), t2(549)],
  ['S9 discharge below -15 °C', Alarm.DsgUt, 2000, t2(-150), t2(-151), t2(-140), t2(-139)],
  ['S9 MOSFET above 90 °C', Alarm.MosOt, 2000, t5(900), t5(901), t5(890), t5(889)],
  ['S9 ambient above 60 °C', Alarm.EnvOt, 2000, t6(600), t6(601), t6(590), t6(589)],
  ['S9 ambient below -20 °C', Alarm.EnvUt, 2000, t6(-200), t6(-201), t6(-190), t6(-189)],
  ['S13 SOC below 5 %', Alarm.LowSoc, 1000, soc(500), soc(499), soc(600), soc(610)],
];

describe.each(alarms)('alarm %s', (_name, bit, delayMs, holdsOff, trips, holdsOn, clears) => {
  it('is told after its delay, opens nothing by itself, and ends some way inside its limit', () => {
    holdsOff();
    c.run(5000);
    expect(c.pack.alarms & bit).toBe(0);
    trips();
    c.run(delayMs);
    expect(c.pack.alarms & bit).toBe(0);
    c.tick();
    expect([c.pack.alarms & bit, c.pack.protections & ~CHARGE_TEMPERATURE, c.pack.faults]).toEqual([bit, 0, 0]);
    holdsOn();
    c.run(5000);
    expect(c.pack.alarms & bit).toBe(bit);
    clears();
    c.run(delayMs);
    expect(c.pack.alarms & bit).toBe(bit);
    c.tick();
    expect(c.pack.alarms & bit).toBe(0);
  });
});

describe('S3, S6 voltage protections', () => {
  it.each([
    ['S3', Rule.CellOvp, 8, 3379],
    ['S6', Rule.CellUvp, 16, 2901],
  ] as const)(
    '%s are set at once with the AFE’s own trip, once, and stay while it is reported',
    (_id, rule, trip, mv) => {
      c.pack.cellMv.fill(mv);
      c.pack.cellMv[3] = mv + (rule === Rule.CellOvp ? 1 : -1);
      c.run(1000);
      c.pack.afeTrips = trip;
      c.tick();
      expect([c.has(rule), c.guard.value[rule], c.guard.index[rule]]).toEqual([true, c.pack.cellMv[3], 3]);
      const sinceCs = c.guard.sinceCs[rule];
      c.pack.cellMv[3] = mv;
      c.run(30_000);
      expect([c.has(rule), c.guard.sinceCs[rule]]).toEqual([true, sinceCs]);
      c.pack.afeTrips = 0;
      c.run(1000);
      expect(c.has(rule)).toBe(true);
      c.tick();
      expect(c.has(rule)).toBe(false);
    },
  );
  it('S3, S6 hold only their own direction: a report of the other limit releases nothing and holds nothing', () => {
    cell7(3701)();
    c.run(1250);
    cell7(3300)();
    c.pack.afeTrips = 16;
    c.run(1250);
    expect([c.has(Rule.CellOvp), c.has(Rule.CellUvp)]).toEqual([false, true]);
    c.pack.afeTrips = 8;
    c.run(1250);
    expect([c.has(Rule.CellOvp), c.has(Rule.CellUvp)]).toEqual([true, false]);
  });
  it('S3 names the cell, its value and the time of the trip', () => {
    cell7(3711)();
    const atMs = c.nowMs + 250 + 1000;
    c.run(3000);
    const { value, index, sinceCs } = c.guard;
    expect([value[Rule.CellOvp], index[Rule.CellOvp], sinceCs[Rule.CellOvp]]).toEqual([3711, 7, atMs / 10]);
  });
  it.each([
    ['a shorted cell', 499, 52_800 - 2801],
    ['a broken wire', 499, 52_800],
  ])('S14 are not released by a cell that may not be true: %s', (_name, mv, stackMv) => {
    for (const rule of [Rule.CellOvp, Rule.CellUvp]) {
      c = new Control();
      const cell = rule === Rule.CellOvp ? 15 : 0;
      c.pack.cellMv[cell] = rule === Rule.CellOvp ? 3701 : 2499;
      c.pack.stackMv += c.pack.cellMv[cell]! - 3300;
      c.run(1250);
      expect(c.has(rule)).toBe(true);
      c.pack.cellMv[cell] = 3300;
      c.pack.cellMv[15 - cell] = rule === Rule.CellOvp ? mv : 5000;
      c.pack.stackMv = rule === Rule.CellOvp ? stackMv : 52_800;
      c.run(30_000);
      expect(c.has(rule)).toBe(true);
      c.pack.cellMv.fill(3300);
      c.pack.stackMv = 52_800;
      c.run(1000);
      expect(c.has(rule)).toBe(true);
      c.tick();
      expect(c.has(rule)).toBe(false);
    }
  });
  it('S11 cells more than 1 V apart are a fault after 2 s, and no more at 1 V', () => {
    all(3000)();
    c.pack.cellMv[3] = 3400;
    cell7(2400)();
    c.run(5000);
    expect(c.has(Rule.CellFault)).toBe(false);
    cell7(2399)();
    c.run(2000);
    expect(c.has(Rule.CellFault)).toBe(false);
    c.tick();
    expect([c.has(Rule.CellFault), c.guard.index[Rule.CellFault], c.paths]).toEqual([true, 3, [false, false]]);
    cell7(2400)();
    c.run(5000);
    expect(c.has(Rule.CellFault)).toBe(true);
    cell7(2401)();
    c.run(2000);
    expect(c.has(Rule.CellFault)).toBe(true);
    c.tick();
    expect(c.has(Rule.CellFault)).toBe(false);
  });
});

describe('S9 the AFE’s own temperature limits of charging', () => {
  it.each([
    [Rule.ChgOtp, 256, 499],
    [Rule.ChgUtp, 128, 1],
  ] as const)(
    'rule %d is set at once, opens the charge path only, and stays while it is reported',
    (rule, trip, deciC) => {
      t2(deciC)();
      c.run(5000);
      c.pack.afeTrips = trip;
      c.tick();
      expect([c.has(rule), c.guard.value[rule], c.paths]).toEqual([
        true,
        rule === Rule.ChgOtp ? 499 : 1,
        [false, true],
      ]);
      expect(c.guard.index[rule]).toBe(1);
      const sinceCs = c.guard.sinceCs[rule];
      t2(250)();
      c.run(30_000);
      expect([c.has(rule), c.guard.sinceCs[rule]]).toEqual([true, sinceCs]);
      c.pack.afeTrips = 256 + 128 - trip;
      c.run(2000);
      expect(c.has(rule)).toBe(true);
      c.tick();
      expect(c.has(rule)).toBe(false);
    },
  );
  it('names no sensor when none is left', () => {
    c.pack.tempValid = 0b110000;
    c.pack.afeTrips = 256;
    c.tick();
    expect([c.has(Rule.ChgOtp), c.guard.index[Rule.ChgOtp]]).toEqual([true, -1]);
  });
  it('is seen in the slice ahead of the first sample', () => {
    c.restart();
    c.pack.afeTrips = 128;
    expect(prepare(c.guard, c.pack, c.params, 500)).toBe(true);
    expect(c.guard.bits[1]).toBe(Protection.ChgUtp);
  });
});

describe('S3 over-voltage released by charge (pace.md 3.6)', () => {
  const LIMIT = 345_600_000; // 96 %
  function tripped(rule: Rule): void {
    if (rule === Rule.CellOvp) cell7(3701)();
    else beside(3700, 1)();
    c.run(1250);
    expect(c.has(rule)).toBe(true);
  }
  const below = (rule: Rule, by: number): void => {
    if (rule === Rule.CellOvp) cell7(3600 - by)();
    else beside(3600, -by)();
  };
  it.each([Rule.CellOvp, Rule.PackOvp])('rule %d: below 96 % and below the alarm level, with both strictly', (rule) => {
    c.params[P.OvReleaseSoc] = 960;
    tripped(rule);
    below(rule, 1);
    c.pack.remainingMas = LIMIT;
    c.run(10_000);
    expect(c.has(rule)).toBe(true);
    below(rule, 0);
    c.pack.remainingMas = LIMIT - 1;
    c.run(10_000);
    expect(c.has(rule)).toBe(true);
    below(rule, 1);
    expect(c.until(rule, false)).toBe(1250);
  });
  it.each([Rule.CellOvp, Rule.PackOvp])('rule %d: by voltage alone while the parameter is 0', (rule) => {
    tripped(rule);
    below(rule, 1);
    c.pack.remainingMas = 1;
    c.run(10_000);
    expect(c.has(rule)).toBe(true);
  });
  it('takes charge that goes away, or comes back, into account within a second and the delay', () => {
    c.params[P.OvReleaseSoc] = 960;
    tripped(Rule.CellOvp);
    below(Rule.CellOvp, 1);
    c.pack.remainingMas = LIMIT + 1;
    c.run(5000);
    c.pack.remainingMas = LIMIT - 1;
    expect(c.until(Rule.CellOvp, false)).toBeLessThanOrEqual(2250);
    tripped(Rule.CellOvp);
    c.params[P.OvReleaseSoc] = 0;
    c.run(1000);
    below(Rule.CellOvp, 1);
    c.run(10_000);
    expect(c.has(Rule.CellOvp)).toBe(true);
  });
  it('never later than by voltage: an alarm level below the release value does not count', () => {
    c.params.set([3350, 3700, 3400], P.CellOvAlarm);
    c.params[P.OvReleaseSoc] = 960;
    c.pack.remainingMas = 1;
    c.pack.cellMv.fill(3340);
    tripped(Rule.CellOvp);
    cell7(3399)();
    c.run(1250);
    expect(c.has(Rule.CellOvp)).toBe(false);
  });
  it('not while the AFE still reports its own over-voltage', () => {
    c.params[P.OvReleaseSoc] = 960;
    c.pack.remainingMas = 1;
    c.pack.afeTrips = 8;
    c.run(10_000);
    expect(c.has(Rule.CellOvp)).toBe(true);
  });
});

describe('S14 missing data', () => {
  it('opens both paths after three missed samples and says why', () => {
    c.miss(2);
    expect([c.paths, c.pack.faults]).toEqual([[true, true], 0]);
    c.miss();
    expect([c.paths, c.pack.faults]).toEqual([[false, false], Fault.AfeLost]);
    expect(c.guard.value[Rule.AfeLost]).toBe(3);
    c.miss();
    expect(c.guard.sinceCs[Rule.AfeLost]).toBe((c.nowMs - 250) / 10);
    c.tick();
    expect(c.pack.faults).toBe(0);
  });
  it('says when the values cannot be true, and that this is over with the first good sample', () => {
    c.pack.implausible = true;
    c.miss(3);
    expect(c.pack.faults).toBe(Fault.Implausible);
    c.tick();
    expect([c.pack.faults, c.paths]).toEqual([0, [true, true]]);
  });
  it('S42 says at once that the AFE is another one, or is configured otherwise', () => {
    for (const problem of [1, 2]) {
      c.pack.afeProblem = problem;
      c.miss();
      expect([c.pack.faults, c.guard.value[Rule.AfeConfig]]).toEqual([Fault.AfeConfig, problem]);
      expect(c.paths).toEqual([false, false]);
      c.miss(5);
      expect(c.pack.faults).toBe(Fault.AfeConfig);
      c.pack.afeProblem = 0;
      c.pack.chgFetOn = c.pack.dsgFetOn = false;
      c.tick();
      expect(c.pack.faults).toBe(Fault.AfeConfig);
      expect(c.until(Rule.AfeConfig, false)).toBeLessThanOrEqual(1000);
    }
  });
  it('gives a starting AFE two seconds, and one that has been there none', () => {
    c.restart();
    c.nowMs = 0;
    c.miss(8);
    expect([c.nowMs, c.pack.faults]).toEqual([2000, 0]);
    c.miss();
    expect(c.pack.faults).toBe(Fault.AfeLost);
  });
  it('does not release anything across a gap: alarm, protection, fault', () => {
    c.pack.tempValid = 62;
    cell7(3701)();
    c.run(2250);
    expect([c.pack.alarms & Alarm.CellOv, c.pack.protections, c.pack.faults]).toEqual([
      Alarm.CellOv,
      Protection.CellOvp,
      Fault.NtcFault,
    ]);
    c.pack.tempValid = 63;
    cell7(3300)();
    c.run(1000);
    c.miss();
    c.run(1000);
    expect([c.pack.alarms & Alarm.CellOv, c.pack.protections]).toEqual([Alarm.CellOv, Protection.CellOvp]);
    c.tick();
    expect([c.pack.alarms & Alarm.CellOv, c.pack.protections, c.pack.faults]).toEqual([0, 0, Fault.NtcFault]);
    c.run(750);
    expect(c.pack.faults).toBe(Fault.NtcFault);
    c.tick();
    expect(c.pack.faults).toBe(0);
  });
  it('goes on with the delay of what is about to be set, also beside something that is set', () => {
    t2(-51)();
    c.run(2250);
    expect(c.pack.protections).toBe(Protection.ChgUtp);
    cell7(3701)();
    c.run(750);
    c.miss(2);
    c.tick();
    expect(c.pack.protections).toBe(Protection.CellOvp | Protection.ChgUtp);
  });
});

describe('S14 old data', () => {
  // name, what sets it, what ends it, ms to its end
  // prettier-ignore
  const held: [string, Rule, () => void, () => void, number][] = [
    ['an alarm', Rule.CellOv, cell7(3650), cell7(3300), 1000],
    ['a voltage protection', Rule.CellOvp, cell7(3701), cell7(3300), 1000],
    ['a temperature protection', Rule.ChgOtp, t2(551), t2(250), 2000],
    ['an over-current', Rule.DsgOcp, amps(-131_000), amps(1001), 0],
    ['a short circuit', Rule.Scp, () => (c.pack.afeTrips = 1), () => {
      Object.assign(c.pack, { afeTrips: 0, loadGone: true, terminalMv: 0 });
    }, 2000],
    ['a trip of the AFE', Rule.AfeTrip, () => (c.pack.afeTrips = 64), () => (c.pack.afeTrips = 0), 0],
    ['a fault', Rule.NtcFault, () => (c.pack.tempValid = 62), () => (c.pack.tempValid = 63), 2000],
  ];
  it.each(held)('releases not %s: it begins when the measurements move', (_name, rule, sets, ends, ms) => {
    sets();
    c.until(rule, true);
    c.pack.staleMs = 5000;
    c.tick();
    ends();
    c.run(13_000);
    expect(c.has(rule)).toBe(true);
    c.pack.staleMs = 4999;
    c.run(ms);
    if (ms > 0) expect(c.has(rule)).toBe(true);
    c.tick();
    expect(c.has(rule)).toBe(false);
  });
  it('sets what it shows', () => {
    c.pack.staleMs = 5000;
    cell7(3701)();
    expect(c.until(Rule.CellOvp, true)).toBe(1250);
  });
  it('ends no loss: no path closes on what stood still before it', () => {
    for (const start of [true, false]) {
      c = new Control();
      if (start) c.restart();
      else c.miss(3);
      c.pack.staleMs = 5000;
      expect(prepare(c.guard, c.pack, c.params, c.nowMs)).toBe(false);
      c.tick();
      expect([c.pack.faults & Fault.AfeFrozen, c.paths]).toEqual([Fault.AfeFrozen, [false, false]]);
      expect([c.guard.value[Rule.AfeFrozen], c.guard.index[Rule.AfeFrozen]]).toEqual([5000, -1]);
      const sinceCs = c.guard.sinceCs[Rule.AfeFrozen];
      c.run(10_000);
      expect([c.paths, c.guard.sinceCs[Rule.AfeFrozen]]).toEqual([[false, false], sinceCs]);
      c.pack.staleMs = 4999;
      t2(-60)();
      c.tick();
      expect([c.pack.protections, c.pack.faults]).toEqual([Protection.ChgUtp, Fault.AfeFrozen]);
      expect(c.until(Rule.AfeFrozen, false)).toBeLessThanOrEqual(3000);
    }
  });
});

describe('S8, S11 sensors', () => {
  it.each([0, 1, 2, 3])(
    'cell sensor %d: invalid for 2 s is a fault that names it and ends with its cause',
    (sensor) => {
      c.pack.tempValid = 63 & ~(1 << sensor);
      c.run(2000);
      expect(c.pack.faults).toBe(0);
      c.tick();
      expect([c.pack.faults, c.guard.index[Rule.NtcFault], c.paths]).toEqual([Fault.NtcFault, sensor, [false, false]]);
      c.pack.tempValid = 63;
      c.run(2000);
      expect(c.pack.faults).toBe(Fault.NtcFault);
      c.tick();
      expect(c.pack.faults).toBe(0);
    },
  );
  it.each([4, 5])('T5 and T6, sensor %d: an alarm that names it, opens nothing, and ends with its cause', (sensor) => {
    c.pack.tempValid = 63 & ~(1 << sensor);
    c.run(2000);
    expect(c.pack.alarms).toBe(0);
    c.tick();
    expect([c.pack.alarms, c.guard.index[Rule.Sensor], c.paths]).toEqual([Alarm.Sensor, sensor, [true, true]]);
    c.pack.tempValid = 63;
    c.run(2250);
    expect(c.pack.alarms).toBe(0);
  });
  it.each([
    [0b0110, 1],
    [0b0011, 0],
    [0b1000, 3],
  ])('names the first of several dead cell sensors: %d', (dead, first) => {
    c.pack.tempValid = 63 & ~dead;
    c.run(2250);
    expect(c.guard.index[Rule.NtcFault]).toBe(first);
  });
  it('names the first of equal sensors, a cell before the ambient, with and without a dead one', () => {
    for (const dead of [0, 1]) {
      c = new Control();
      c.pack.tempValid = 63 & ~dead;
      c.pack.tempDeciC.set([250, 651, 651, -60, 250, 651]);
      c.run(2250);
      expect([c.guard.index[Rule.HotCutOff], c.guard.index[Rule.ChgOtp], c.guard.index[Rule.ChgUtp]]).toEqual([
        1, 1, 3,
      ]);
      c.pack.tempDeciC.set([250, -60, -60, 700]);
      c.guard.bits[1] = 0;
      c.run(2250);
      expect([c.guard.index[Rule.HotCutOff], c.guard.index[Rule.ChgUtp]]).toEqual([3, 1]);
    }
  });
  it('never compares the number of an invalid sensor, and compares those of the others', () => {
    c.pack.tempDeciC.set([999, 250, 250, -999, 2000, -999]);
    c.pack.tempValid = 0b000110;
    c.run(10_000);
    expect(c.pack.protections).toBe(0);
    t2(551)();
    c.run(2250);
    expect([c.pack.protections, c.guard.index[Rule.ChgOtp]]).toEqual([Protection.ChgOtp, 1]);
    c.pack.tempDeciC[2] = -201;
    c.run(2250);
    expect([c.pack.protections & Protection.DsgUtp, c.guard.index[Rule.DsgUtp]]).toEqual([Protection.DsgUtp, 2]);
  });
  it('without any cell sensor judges no temperature of the cells, and the ambient all the same', () => {
    c.pack.tempValid = 0b110000;
    c.pack.tempDeciC.set([900, 900, -900, 900, 250, 651]);
    c.run(10_000);
    expect(c.pack.protections).toBe(Protection.HotCutOff);
    expect(c.guard.index[Rule.HotCutOff]).toBe(5);
  });
  it.each([
    ['hot charge', Rule.ChgOtp, t2(551), 250],
    ['cold charge', Rule.ChgUtp, t2(-51), 250],
    ['hot discharge', Rule.DsgOtp, t2(601), 250],
    ['cold discharge', Rule.DsgUtp, t2(-201), 250],
    ['hard cut-off', Rule.HotCutOff, t2(651), 250],
  ] as const)(
    'S14 a cell sensor that dies does not release %s, for good or for a tick',
    (_name, rule, trips, deciC) => {
      trips();
      c.run(2250);
      c.pack.tempValid = 63 & ~2;
      c.run(30_000);
      expect(c.has(rule)).toBe(true);
      c.pack.tempValid = 63;
      t2(deciC)();
      c.run(2000);
      c.pack.tempValid = 63 & ~4; // another one, for one tick
      c.tick();
      c.pack.tempValid = 63;
      c.run(2000);
      expect(c.has(rule)).toBe(true);
      c.tick();
      expect(c.has(rule)).toBe(false);
    },
  );
  it('S14 a dead ambient sensor does not release the hard cut-off, and holds nothing else', () => {
    t6(651)();
    t2(551)();
    c.run(2250);
    c.pack.tempValid = 63 & ~32;
    t2(250)();
    c.run(30_000);
    expect(c.pack.protections).toBe(Protection.HotCutOff);
    c.pack.tempValid = 63;
    t6(250)();
    c.run(2250);
    expect(c.pack.protections).toBe(0);
  });
  it('S14 a dead MOSFET sensor holds its own protection only', () => {
    t5(1101)();
    t2(651)();
    c.run(2250);
    c.pack.tempValid = 63 & ~16;
    t2(250)();
    c.run(30_000);
    expect(c.pack.protections).toBe(Protection.MosOtp);
  });
  it('names hottest and coldest sensor', () => {
    c.pack.tempDeciC.set([-51, 250, 250, 551]);
    c.run(2250);
    expect([c.guard.index[Rule.ChgOtp], c.guard.index[Rule.ChgUtp]]).toEqual([3, 0]);
    expect([c.guard.value[Rule.ChgOtp], c.guard.value[Rule.ChgUtp]]).toEqual([551, -51]);
  });
});

describe('S12, S14 the first sample', () => {
  beforeEach(() => c.restart());

  it('is judged without delays: charging at -6 °C is refused before the path has ever closed', () => {
    t2(-60)();
    c.tick();
    expect([c.pack.protections, c.paths]).toEqual([Protection.ChgUtp, [false, true]]);
  });
  it.each([
    ['both paths closed', true, true, 52_800],
    ['the discharge path closed', false, true, 52_800],
    ['the output 2 V below the stack', true, true, 50_800],
    ['the output 2 V above the stack', true, true, 54_800],
  ])('is judged with delays when a restarted firmware finds %s: the load stays on', (_name, chg, dsg, packMv) => {
    Object.assign(c.pack, { chgFetOn: chg, dsgFetOn: dsg, packMv });
    cell7(3701)();
    c.tick();
    expect(c.pack.protections).toBe(0);
    c.run(1000);
    expect(c.pack.protections).toBe(Protection.CellOvp);
  });
  it.each([
    ['the charge path alone', true, false, 52_800],
    ['no path at all', false, false, 52_800],
    ['an output that contradicts it', true, true, 50_799],
    ['an output that contradicts it from above', true, true, 54_801],
  ])('S14 is judged without delays when a restarted firmware finds %s', (_name, chg, dsg, packMv) => {
    Object.assign(c.pack, { chgFetOn: chg, dsgFetOn: dsg, packMv });
    cell7(3701)();
    c.tick();
    expect(c.pack.protections).toBe(Protection.CellOvp);
  });
  it('judges the temperatures in a slice ahead, once, and the rest in the next', () => {
    const { pack, guard, params } = c;
    t2(-60)();
    cell7(3701)();
    expect(prepare(guard, pack, params, 500)).toBe(true);
    expect([guard.bits[1], pack.protections]).toEqual([Protection.ChgUtp, 0]);
    expect(prepare(guard, pack, params, 500)).toBe(false);
    c.tick();
    expect(pack.protections & (Protection.CellOvp | Protection.ChgUtp)).toBe(Protection.CellOvp | Protection.ChgUtp);
    expect(prepare(guard, pack, params, c.nowMs)).toBe(false);
  });
  it('S14 releases nothing, and neither does the slice ahead', () => {
    c.guard.bits[1] = Protection.ChgUtp | Protection.CellOvp | Protection.AfeTrip | Protection.ChargerOv;
    expect(prepare(c.guard, c.pack, c.params, 500)).toBe(true);
    c.tick();
    expect(c.pack.protections).toBe(Protection.ChgUtp | Protection.CellOvp | Protection.AfeTrip | Protection.ChargerOv);
    c.tick();
    expect(c.pack.protections & Protection.AfeTrip).toBe(0);
    c.run(4000);
    expect(c.pack.protections).toBe(0);
  });
  it('S11 blames no MOSFET: what it reports has not been told anything yet', () => {
    c.miss(4);
    Object.assign(c.pack, { chgFetOn: true, dsgFetOn: true, preDischarge: true });
    c.tick();
    expect(c.pack.faults).toBe(0);
    c.miss(4);
    Object.assign(c.pack, { chgFetOn: false, dsgFetOn: false, preDischarge: false, currentMa: -30_000 });
    c.tick();
    expect([c.pack.faults, c.paths]).toEqual([Fault.Shunt, [false, false]]);
    c.pack.currentMa = 0;
    expect(c.until(Rule.Shunt, false)).toBe(10_250);
  });
  it.each([30_000, -30_000])(
    'S42 a current of %d mA before any path is closed is the shunt, and need not last',
    (ma) => {
      c.pack.currentMa = ma;
      c.tick();
      expect([c.pack.faults, c.guard.value[Rule.Shunt]]).toEqual([Fault.Shunt, Math.sign(ma) * 1000]);
      c.pack.currentMa = 0;
      expect(c.until(Rule.Shunt, false)).toBe(10_250);
    },
  );
  it('does not judge ahead what has not been measured', () => {
    c.pack.sampleOk = false;
    expect(prepare(c.guard, c.pack, c.params, 500)).toBe(false);
  });
  it('judges ahead with delays when the discharge path is closed', () => {
    c.pack.dsgFetOn = true;
    t2(-60)();
    expect(prepare(c.guard, c.pack, c.params, 500)).toBe(true);
    expect(c.guard.bits[1]).toBe(0);
  });
  it('after a lost AFE does not shorten a release, and does not count for it', () => {
    cell7(3701)();
    c.tick();
    expect(c.pack.protections).toBe(Protection.CellOvp);
    c.miss(4);
    cell7(3300)();
    c.tick();
    c.run(1000);
    expect(c.pack.protections).toBe(Protection.CellOvp);
    c.tick();
    expect([c.pack.protections, c.pack.faults]).toEqual([0, 0]);
  });
  it('after a lost AFE is judged without delays, too', () => {
    c.tick();
    c.miss(4);
    c.pack.chgFetOn = c.pack.dsgFetOn = true; // whatever is reported: both have been told to open
    t2(-60)();
    c.tick();
    expect(c.pack.protections).toBe(Protection.ChgUtp);
    t2(-201)();
    c.tick();
    expect(c.pack.protections).toBe(Protection.ChgUtp);
  });
});

describe('S12 causes', () => {
  it('of the pack as a whole name no cell and no sensor', () => {
    all(2490)();
    c.pack.remainingMas = 0;
    c.run(2000);
    c.miss(3);
    for (const rule of [Rule.PackUv, Rule.PackUvp, Rule.LowSoc, Rule.AfeLost])
      expect([rule, c.has(rule), c.guard.index[rule]]).toEqual([rule, true, -1]);
  });
  it('S8 an alarm of T5 comes before that of T6', () => {
    c.pack.tempValid = 15;
    c.run(2250);
    expect(c.guard.index[Rule.Sensor]).toBe(4);
  });
});

describe('S12 the pack’s words', () => {
  it('are those of the rules, notices too, also while samples fail', () => {
    c.guard.bits.set([1, 2, 4, 8]);
    c.miss();
    expect([c.pack.alarms, c.pack.protections, c.pack.faults, c.pack.notices]).toEqual([1, 2, 4, 8]);
  });
  it('are empty in a pack that has not been measured', () => {
    const pack = createPack();
    protect(c.guard, pack, c.params, 100);
    expect([pack.alarms, pack.protections, pack.faults, pack.notices]).toEqual([0, 0, 0, 0]);
  });
});
