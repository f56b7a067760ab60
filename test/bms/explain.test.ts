import { beforeEach, describe, expect, it } from 'vitest';
import {
  Cause,
  createExplanation,
  explain,
  type Explanation,
  holdingCause,
  holdingRule,
  nextRule,
  NO_NUMBER,
  Release,
  releaseOf,
  ruleName,
  Where,
} from '../../src/bms/explain';
import { Trips } from '../../src/bms/guard';
import { createPack } from '../../src/bms/pack';
import { P, Unit } from '../../src/bms/params';
import { Rule } from '../../src/bms/rules';
import { Control } from './control';

let c: Control;
const record = createExplanation();
beforeEach(() => {
  c = new Control();
});

function about(cause: number): Explanation {
  explain(record, c.guard, c.pack, c.params, cause);
  return record;
}
/** Sets a rule as if it had tripped now. */
function set(rule: Rule, value = 0, index = -1): void {
  c.guard.bits[rule >> 4]! |= 1 << (rule & 15);
  c.guard.value[rule] = value;
  c.guard.index[rule] = index;
  c.guard.sinceCs[rule] = c.guard.nowCs;
}

describe('S12 why a path is open', () => {
  it('names a fault before everything, then lock, missing measurement, protection, host, sleep', () => {
    const causes = (): number[] => [holdingCause(c.guard, c.pack, true), holdingCause(c.guard, c.pack, false)];
    expect(causes()).toEqual([Cause.None, Cause.None]);
    c.pack.chgAllowed = false;
    expect(causes()).toEqual([Cause.Asleep, Cause.None]);
    c.pack.sampleOk = false;
    expect(causes()).toEqual([Cause.NoSample, Cause.None]);
    c.pack.dsgAllowed = false;
    c.pack.hostOff = 2;
    expect(causes()).toEqual([Cause.NoSample, Cause.HostOff]);
    c.pack.hostOff = 1;
    expect(causes()).toEqual([Cause.HostOff, Cause.NoSample]);
    set(Rule.CellOvp);
    set(Rule.DsgOcp);
    expect(causes()).toEqual([Rule.CellOvp, Rule.DsgOcp]);
    c.pack.samples = 0;
    expect(causes()).toEqual([Cause.NoSample, Cause.NoSample]);
    c.pack.locked = true;
    expect(causes()).toEqual([Cause.Locked, Cause.Locked]);
    set(Rule.AfeConfig);
    expect(causes()).toEqual([Rule.AfeConfig, Rule.AfeConfig]);
    set(Rule.AfeLost);
    expect(causes()).toEqual([Rule.AfeLost, Rule.AfeLost]);
  });
  it('names the first protection that opens the path in question', () => {
    for (let rule = Rule.CellOvp; rule < Rule.AfeLost; rule++) {
      c = new Control();
      set(rule);
      const opens = [holdingRule(c.guard, true) === rule, holdingRule(c.guard, false) === rule];
      expect(opens).toContain(true);
      expect(opens[0] || holdingRule(c.guard, true) === -1).toBe(true);
      expect(opens[1] || holdingRule(c.guard, false) === -1).toBe(true);
    }
    set(Rule.AfeTrip);
    expect([holdingRule(c.guard, true), holdingRule(c.guard, false)]).toEqual([Rule.AfeTrip, Rule.AfeTrip]);
  });
  it('does not name alarms and notices', () => {
    c.guard.bits[0] = 0xffff;
    c.guard.bits[3] = 0xffff;
    expect([holdingRule(c.guard, true), holdingRule(c.guard, false)]).toEqual([-1, -1]);
  });
  it.each([
    [Cause.HostOff, Release.Host],
    [Cause.Locked, Release.Host],
    [Cause.NoSample, Release.Sample],
    [Cause.Asleep, Release.Wake],
  ])('cause %d has no numbers, and says what ends it', (cause, release) => {
    Object.assign(record, { active: false, where: 1, index: 3, value: 1, limit: 2, releaseLimit: 3, rising: true });
    Object.assign(record, { sinceMs: 4, remainingMs: 5, unit: Unit.Ma });
    expect(about(cause)).toEqual({ ...createExplanation(), cause, active: true, release });
  });
});

describe('S12 what a rule has seen', () => {
  it('a protection that is set: cell, value at that moment, limit, since when, what releases it', () => {
    c.pack.cellMv[7] = 3711;
    c.run(1250);
    const atMs = c.nowMs;
    c.pack.cellMv[7] = 3650;
    c.run(5000);
    expect(about(Rule.CellOvp)).toEqual({
      cause: Rule.CellOvp,
      active: true,
      where: Where.Cell,
      index: 7,
      unit: Unit.Mv,
      value: 3711,
      limit: 3700,
      release: Release.Value,
      releaseLimit: 3380,
      rising: false,
      sinceMs: atMs,
      remainingMs: NO_NUMBER,
    });
  });
  it('one that is about to be set: value of now, since when, how long it has left', () => {
    c.pack.cellMv[7] = 3711;
    c.tick();
    const fromMs = c.nowMs;
    c.pack.cellMv[7] = 3705;
    c.run(500);
    expect(about(Rule.CellOvp)).toMatchObject({
      active: false,
      where: Where.Cell,
      index: 7,
      value: 3705,
      limit: 3700,
      sinceMs: fromMs,
      remainingMs: 500,
    });
  });
  it('one that is about to be released: how long it has left', () => {
    c.pack.cellMv[7] = 2499;
    c.run(1250);
    const atMs = c.nowMs;
    c.pack.cellMv[7] = 2901;
    c.run(750);
    expect(about(Rule.CellUvp)).toMatchObject({
      active: true,
      value: 2499,
      rising: true,
      releaseLimit: 2900,
      sinceMs: atMs,
      remainingMs: 500,
    });
  });
  it('S2, S5 an over-current: how long until the path is tried again', () => {
    c.pack.currentMa = -131_000;
    c.tick();
    expect(about(Rule.DsgOcp)).toMatchObject({ active: false, value: 131_000, limit: 130_000, remainingMs: 1000 });
    c.run(1000);
    c.pack.currentMa = 0;
    c.run(20_000);
    const dsg = about(Rule.DsgOcp);
    expect(dsg).toMatchObject({ active: true, unit: Unit.Ma, where: Where.Pack, value: 131_000, remainingMs: 40_000 });
    expect(dsg.release).toBe(Release.TimeOrOpposite);
    c.guard.trips[Trips.DsgOc] = 10;
    expect(about(Rule.DsgOcp)).toMatchObject({ release: Release.Opposite, remainingMs: NO_NUMBER });
    c.pack.currentMa = 115_000;
    c.tick();
    c.tick();
    expect(about(Rule.ChgOcp)).toMatchObject({ active: false, value: 115_000, limit: 110_000, remainingMs: 750 });
    c.run(1000);
    expect(about(Rule.ChgOcp).release).toBe(Release.TimeOrOpposite);
    c.guard.trips[Trips.ChgOc] = 10;
    expect(about(Rule.ChgOcp).release).toBe(Release.Opposite);
  });
  it('never less than nothing left', () => {
    set(Rule.ChgOcp);
    c.guard.nowCs += 12_000;
    expect(about(Rule.ChgOcp).remainingMs).toBe(0);
    c.guard.pendingCs[Rule.CellOvp] = c.guard.nowCs - 200;
    c.guard.delayCs[Rule.CellOvp] = 100;
    expect(about(Rule.CellOvp).remainingMs).toBe(0);
  });
  it('S7 a short circuit: by charger or load removal, locked by a charger only', () => {
    set(Rule.Scp, -900_000);
    expect(about(Rule.Scp)).toMatchObject({
      unit: Unit.Ma,
      value: -900_000,
      limit: NO_NUMBER,
      release: Release.ChargerOrLoad,
    });
    c.guard.trips[Trips.ShortCircuit] = 9;
    expect(about(Rule.Scp).release).toBe(Release.ChargerOrLoad);
    c.guard.trips[Trips.ShortCircuit] = 10;
    expect(about(Rule.Scp).release).toBe(Release.Charger);
  });
  it('S9 the hard cut-off is released at its value already', () => {
    c.pack.tempDeciC[2] = 660;
    c.run(2250);
    expect(about(Rule.HotCutOff)).toMatchObject({
      where: Where.Sensor,
      index: 2,
      unit: Unit.DeciC,
      value: 660,
      limit: 650,
      releaseLimit: 601,
      rising: false,
    });
  });
  it('alarms end some way inside their limit', () => {
    set(Rule.CellOv);
    set(Rule.ChgUt);
    set(Rule.LowSoc);
    expect(about(Rule.CellOv)).toMatchObject({ limit: 3600, releaseLimit: 3580, rising: false });
    expect(about(Rule.ChgUt)).toMatchObject({ limit: 0, releaseLimit: 10, rising: true });
    expect(about(Rule.LowSoc)).toMatchObject({ limit: 50, releaseLimit: 60, rising: true, unit: Unit.Permille });
  });
  it('reads limits from the parameters', () => {
    c.params[P.CellOvp] = 3650;
    c.params[P.CellOvRelease] = 3400;
    expect(about(Rule.CellOvp)).toMatchObject({ limit: 3650, releaseLimit: 3400 });
  });

  // rule, unit, where (of index 3), limit, release when set with value 5
  const rules: [Rule, Unit, Where, number, Release][] = [
    [Rule.PackUv, Unit.Mv, Where.Cell, 44_800, Release.Value],
    [Rule.DsgOc, Unit.Ma, Where.Sensor, 125_000, Release.Value],
    [Rule.CellFault, Unit.Mv, Where.Cell, 1000, Release.Value],
    [Rule.EnvUtp, Unit.DeciC, Where.Sensor, -250, Release.Value],
    [Rule.Sensor, Unit.Number, Where.Sensor, NO_NUMBER, Release.Cause],
    [Rule.Breaker, Unit.Number, Where.Sensor, NO_NUMBER, Release.Cause],
    [Rule.AfeTrip, Unit.Number, Where.Sensor, NO_NUMBER, Release.Cause],
    [Rule.ChargerOv, Unit.Mv, Where.Cell, 65_000, Release.Value],
    [Rule.AfeLost, Unit.Number, Where.Sensor, NO_NUMBER, Release.Cause],
    [Rule.Implausible, Unit.Number, Where.Sensor, NO_NUMBER, Release.Cause],
    [Rule.NtcFault, Unit.Number, Where.Sensor, NO_NUMBER, Release.Cause],
    [Rule.ChgFet, Unit.Ma, Where.Sensor, NO_NUMBER, Release.Service],
    [Rule.DsgFet, Unit.Ma, Where.Sensor, NO_NUMBER, Release.Service],
    [Rule.Crash, Unit.Number, Where.Sensor, NO_NUMBER, Release.Minutes],
    [Rule.SenseWire, Unit.Mv, Where.Cell, 400, Release.Cause],
    [Rule.AfeFrozen, Unit.Ms, Where.Sensor, 15_000, Release.Cause],
    [Rule.Shunt, Unit.Ma, Where.Sensor, NO_NUMBER, Release.Cause],
    [Rule.AfeResets, Unit.Number, Where.Sensor, 3, Release.Service],
    [Rule.AfeConfig, Unit.Number, Where.Sensor, NO_NUMBER, Release.Cause],
    [Rule.AfeSlow, Unit.Ms, Where.Sensor, 5000, Release.Cause],
    [Rule.LooseNtc, Unit.DeciC, Where.Sensor, NO_NUMBER, Release.Cause],
    [Rule.ClockLost, Unit.Number, Where.Sensor, NO_NUMBER, Release.Cause],
  ];
  it.each(rules)('rule %d', (rule, unit, where, limit, release) => {
    set(rule, 5, 3);
    expect(about(rule)).toMatchObject({ unit, where, index: 3, value: 5, limit, release });
  });
  it('S3 a charger’s over-voltage says where it ends; a shunt that was far off waits for service', () => {
    set(Rule.ChargerOv, 66_000);
    expect(about(Rule.ChargerOv)).toMatchObject({ releaseLimit: 63_000, rising: false });
    set(Rule.Shunt, 1001);
    expect(releaseOf(c.guard, c.params, Rule.Shunt)).toBe(Release.Service);
  });

  it('rules beside the table show what they see while they are about to be set', () => {
    c.pack.terminalMv = 66_000;
    c.run(1000);
    expect(about(Rule.ChargerOv)).toMatchObject({ active: false, value: 66_000, index: -1, where: Where.Pack });
    c.pack.cellMv[4] = 2950;
    c.pack.cellMv[5] = 3650;
    c.tick();
    expect(about(Rule.SenseWire)).toMatchObject({ active: false, value: 700, remainingMs: 2000 });
    c = new Control();
    c.chgReport = c.dsgReport = false;
    c.pack.currentMa = 700;
    c.tick();
    c.tick();
    expect(about(Rule.Shunt)).toMatchObject({ active: false, value: 700, remainingMs: 10_000 });
    expect(about(Rule.ChgFet)).toMatchObject({ active: false, value: 700, remainingMs: 2500 });
    expect(about(Rule.DsgFet)).toMatchObject({ active: false, value: 700, remainingMs: 2500 });
    c.pack.tempValid = 62;
    c.tick();
    expect(about(Rule.NtcFault)).toMatchObject({ active: false, value: NO_NUMBER, remainingMs: 2000 });
  });
  it('a rule that is neither set nor about to be shows its last change', () => {
    c.guard.value[Rule.CellOvp] = 3379;
    c.guard.index[Rule.CellOvp] = 2;
    expect(about(Rule.CellOvp)).toMatchObject({ active: false, value: 3379, index: 2, remainingMs: NO_NUMBER });
  });
});

describe('S12 lists', () => {
  const list = (active: boolean): number[] => {
    const found: number[] = [];
    for (let rule = nextRule(c.guard, 0, active); rule >= 0; rule = nextRule(c.guard, rule + 1, active))
      found.push(rule);
    return found;
  };
  it('of what is set, and of what is about to be', () => {
    expect([list(true), list(false)]).toEqual([[], []]);
    c.pack.cellMv[7] = 3701;
    c.run(1250);
    c.pack.currentMa = -131_000;
    c.pack.cellMv[7] = 3300;
    c.tick();
    expect(list(true)).toEqual([Rule.CellOv, Rule.CellOvp]);
    expect(list(false)).toEqual([Rule.DsgOc, Rule.DsgOcp]); // the releases are no threat
    set(Rule.ClockLost);
    expect(list(true)).toEqual([Rule.CellOv, Rule.CellOvp, Rule.ClockLost]);
  });
});

describe('S26 names', () => {
  it('each rule and cause has one of its own that fits the display', () => {
    const names = new Set<string>();
    for (let rule = 0; rule < Rule.Count; rule++) {
      const name = ruleName(rule)!;
      if (rule > Rule.AfeConfig && rule < Rule.Memory) expect(name).toBe('');
      else {
        expect(name.length).toBeGreaterThan(2);
        expect(name.length).toBeLessThanOrEqual(17);
        names.add(name);
      }
    }
    expect(names.size).toBe(Rule.Count - 4);
  });
  it.each([
    [Rule.CellOv, 'Cell OV'],
    [Rule.Breaker, 'Breaker'],
    [Rule.CellOvp, 'Cell OVP'],
    [Rule.ChargerOv, 'Charger OV'],
    [Rule.AfeLost, 'AFE lost'],
    [Rule.SenseWire, 'Sense wire'],
    [Rule.AfeConfig, 'AFE config'],
    [Rule.Memory, 'Memory'],
    [Rule.ClockLost, 'Clock lost'],
    [Cause.HostOff, 'Host off'],
    [Cause.Locked, 'Locked'],
    [Cause.NoSample, 'No measurement'],
    [Cause.Asleep, 'Asleep'],
  ])('%d is %s', (cause, name) => {
    expect(ruleName(cause)).toBe(name);
  });
  it('an unmeasured pack explains both paths', () => {
    const { guard } = new Control();
    guard.bits.fill(0);
    expect(holdingCause(guard, createPack(), true)).toBe(Cause.NoSample);
  });
});
