/** What rests inside its band costs nothing: neither judged again nor written (ADR 10). */
import { beforeEach, describe, expect, it } from 'vitest';
import { createGuard, move } from '../../src/bms/guard';
import { Q } from '../../src/bms/limits';
import { P } from '../../src/bms/params';
import { Alarm, Fault, Notice, Protection, Rule } from '../../src/bms/rules';
import { Control } from './control';

let c: Control;
beforeEach(() => {
  c = new Control();
});

const CANARY = 12_345;

/** Quantities that one more tick looks at, when everything has come to rest. */
function lookedAt(): Q[] {
  c.run(5000);
  c.guard.now.fill(CANARY);
  c.tick();
  return [...c.guard.now.keys()].filter((q) => c.guard.now[q] !== CANARY);
}

const all = (mv: number) => (): void => void c.pack.cellMv.fill(mv);
const cell = (mv: number) => (): void => void (c.pack.cellMv[7] = mv);
const amps = (ma: number) => (): void => void (c.pack.currentMa = ma);
const temp = (sensor: number, deciC: number) => (): void => void (c.pack.tempDeciC[sensor] = deciC);
const soc = (mas: number) => (): void => void (c.pack.remainingMas = mas);
const none = (): void => {};

// name, what sets a rule, what is then at the very end of its band
// prettier-ignore
const ends: [string, () => void, () => void][] = [
  ['a quiet pack', none, none],
  ['S3 highest cell at its alarm', none, cell(3600)],
  ['S3 highest cell at the end of its alarm', cell(3601), cell(3580)],
  ['S6 lowest cell at its alarm', all(2850), cell(2800)],
  ['S6 lowest cell at the end of its alarm', () => { all(2850)(); cell(2799)(); }, cell(2820)],
  ['S3 sum at its alarm', none, all(3600)],
  ['S3 sum at the end of its alarm', all(3601), all(3580)],
  ['S6 sum at its alarm', none, all(2800)],
  ['S6 sum at the end of its alarm', all(2799), all(2820)],
  ['S11 cells as far apart as nothing is looked for', none, () => { cell(3500)(); c.pack.cellMv[0] = 3100; }],
  ['S2 charge at its alarm', none, amps(104_000)],
  ['S2 charge at the end of its alarm', amps(104_001), amps(102_000)],
  ['S2 charge at its limit, with the alarm', amps(104_001), amps(110_000)],
  ['S5 discharge at its alarm', none, amps(-125_000)],
  ['S5 discharge at the end of its alarm', amps(-125_001), amps(-123_000)],
  ['S5 discharge at its limit, with the alarm', amps(-125_001), amps(-130_000)],
  ['S9 hottest cell at its alarm', none, temp(1, 450)],
  ['S9 hottest cell at the end of its alarm', temp(1, 451), temp(1, 440)],
  ['S9 coldest cell at its alarm', none, temp(1, 0)],
  ['S9 coldest cell at the end of its alarm', temp(1, -1), temp(1, 10)],
  ['S9 MOSFET at its alarm', none, temp(4, 900)],
  ['S9 MOSFET at the end of its alarm', temp(4, 901), temp(4, 890)],
  ['S9 ambient at its hot alarm', none, temp(5, 600)],
  ['S9 ambient at the end of its hot alarm', temp(5, 601), temp(5, 590)],
  ['S9 ambient at its cold alarm', none, temp(5, -200)],
  ['S9 ambient at the end of its cold alarm', temp(5, -201), temp(5, -190)],
  ['S9 ambient at the hard cut-off, with its alarm', temp(5, 601), temp(5, 650)],
  ['S9 a cell at the end of the hard cut-off', temp(1, 651), temp(1, 601)],
  ['S9 ambient at the end of the hard cut-off', temp(5, 651), temp(5, 601)],
  ['S13 SOC at its alarm', none, soc(18_000_000)],
  ['S13 SOC at the end of its alarm', soc(17_600_000), soc(21_600_000)],
];

describe('rules inside their bands', () => {
  it.each(ends)('rest: %s', (_name, sets, rests) => {
    sets();
    c.run(5000);
    rests();
    expect(lookedAt()).toEqual([]);
  });
  it('rest with another limit of the hard cut-off than that of the alarms', () => {
    c.params[P.HotCutOff] = 430;
    c.params[P.HotRelease] = 400;
    c.guard.settled = 0;
    temp(1, 430)();
    expect(lookedAt()).toEqual([]);
    temp(1, 431)();
    expect(c.until(Rule.HotCutOff, true)).toBe(2250);
  });
  it('S9 the hard cut-off by ambient comes in time also when its alarm stands', () => {
    temp(5, 640)();
    c.run(5000);
    temp(5, 651)();
    expect(c.until(Rule.HotCutOff, true)).toBe(2250);
  });
  it('are passed over one by one while another one of their group is judged', () => {
    all(2950)();
    c.run(2000);
    const resting = [Rule.CellOv, Rule.PackOv, Rule.PackUvp, Rule.CellFault];
    for (const rule of resting) c.guard.pendingCs[rule] = CANARY;
    cell(2799)();
    c.tick();
    expect(c.guard.pendingCs[Rule.CellUv]).toBe(c.nowMs / 10);
    for (const rule of resting) expect(c.guard.pendingCs[rule]).toBe(CANARY);
    all(2785)(); // sum and highest cell leave their bands, too
    c.guard.pendingCs.fill(-1);
    c.tick();
    expect(c.guard.pendingCs[Rule.PackUv]).toBe(c.nowMs / 10);
  });
  it('are all judged after another set of parameters, other AFE trips or other valid sensors', () => {
    c.run(2000);
    for (const change of [
      () => (c.guard.settled = 0),
      () => (c.pack.afeTrips = 64),
      () => (c.pack.tempValid = 63 & ~16),
    ]) {
      change();
      c.guard.now.fill(CANARY);
      c.tick();
      expect(c.guard.now.every((value) => value !== CANARY)).toBe(true);
    }
  });
});

describe('S11 MOSFETs and shunt', () => {
  const CHECKED = [Rule.ChgFet, Rule.DsgFet, Rule.Shunt];
  /** True when one more tick looks at them. */
  function looked(): boolean {
    for (const rule of CHECKED) c.guard.pendingCs[rule] = CANARY;
    c.tick();
    return CHECKED.some((rule) => c.guard.pendingCs[rule] !== CANARY);
  }
  it.each([
    ['closed paths', none, 0],
    ['closed paths, charging', none, 90_000],
    ['closed paths, discharging', none, -90_000],
    ['an open charge path', temp(1, 551), 500],
    ['an open charge path', temp(1, 551), -500],
    ['an open discharge path', cell(2499), -500],
    ['an open discharge path', cell(2499), 500],
  ])('rest with %s at %d mA', (_name, opens, ma) => {
    opens();
    c.run(5000);
    c.pack.currentMa = ma;
    expect(looked()).toBe(false);
  });
  it('are looked at in the tick in which a path is about to change, and then rest again', () => {
    c.run(2000);
    temp(1, 551)();
    c.run(2250);
    c.pack.chgFetOn = true;
    expect(looked()).toBe(true);
    c.run(2000);
    expect(looked()).toBe(false);
  });
});

describe('rare rules', () => {
  it.each([
    ['a quiet pack', none],
    ['measurements nearly 5 s old', () => (c.pack.staleMs = 4999)],
  ])('rest: the AFE’s, with %s', (_name, change) => {
    change();
    c.run(5000);
    c.guard.pendingCs[Rule.AfeSlow] = CANARY;
    c.run(1000);
    expect(c.guard.pendingCs[Rule.AfeSlow]).toBe(CANARY);
  });
  it('S7, S11 end by themselves when a restart has brought them back without their cause', () => {
    const rules: [number, number][] = [
      [1, Protection.ChargerOv],
      [2, Fault.AfeFrozen],
      [2, Fault.AfeConfig],
      [2, Fault.SenseWire],
      [2, Fault.NtcFault],
      [0, Alarm.Sensor],
      [3, Notice.AfeSlow],
    ];
    for (const [word, bit] of rules) {
      c.restart();
      c.guard.bits[word] = bit;
      c.run(5000);
      expect([word, bit, c.guard.bits[word]]).toEqual([word, bit, 0]);
    }
  });
  it('S3 the release by charge is not looked at while its parameter is 0', () => {
    c.pack.remainingMas = -1;
    c.run(2000);
    expect(c.guard.early).toBe(false);
  });
  it('S8 the loose sensor is looked for once in 64 looks', () => {
    let looks = 0;
    for (let i = 0; i < 256; i++) {
      c.guard.pendingCs[Rule.LooseNtc] = CANARY;
      c.tick(1000);
      if (c.guard.pendingCs[Rule.LooseNtc] !== CANARY) looks++;
    }
    expect(looks).toBe(4);
  });
});

describe('S12 the state of the rules', () => {
  it('begins with no cause, no place and nothing pending', () => {
    const guard = createGuard();
    expect([...new Set(guard.index), ...new Set(guard.at), ...new Set(guard.pendingCs)]).toEqual([-1, -1, -1]);
    expect([guard.blind, guard.arming, guard.hold, guard.early]).toEqual([true, false, false, false]);
  });
  it('counts a delay that began at the very first moment', () => {
    const guard = createGuard();
    expect(move(guard, Rule.CellOvp, 1000, 3701, 0)).toBe(false);
    guard.nowCs = 99;
    expect(move(guard, Rule.CellOvp, 1000, 3701, 0)).toBe(false);
    guard.nowCs = 100;
    expect(move(guard, Rule.CellOvp, 1000, 3701, 0)).toBe(true);
  });
  it('counts delays over the end of its time, after 124 days', () => {
    c.nowMs = 1_073_741_823 * 10 - 500;
    c.tick(0);
    cell(3701)();
    expect(c.until(Rule.CellOvp, true)).toBe(1250);
  });
});
