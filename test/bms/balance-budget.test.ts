import '../../src/hal-mock/natives';
import { beforeEach, describe, expect, it } from 'vitest';
import { balance, createBalancer, type Balancer } from '../../src/bms/balance';
import { createBudget } from '../../src/bms/balance-budget';
import { createPack, type Pack } from '../../src/bms/pack';
import { defaultParams, P } from '../../src/bms/params';
import { Fault, Protection } from '../../src/bms/rules';

/** 20 A: the mark of 3.42 V is seen at 3.44 V, and 180 s bring 1 Ah. */
const MA = 20000;
const BELOW = 3439;
const ABOVE = 3440;
const MAS_PER_MAH = 3600;
/** A look leaves 0.1 % of 100 Ah, which may be its error. */
const DOUBT_MAH = 100;

let params: Int32Array;
let pack: Pack;
let balancer: Balancer;

/** Lets seconds pass under the current that flows. */
function pass(seconds: number): number {
  let mask = 0;
  for (let s = 0; s < seconds; s++) {
    pack.chargedMas += Math.max(pack.currentMa, 0);
    pack.countedSeconds++;
    pack.maxMv = Math.max(...pack.cellMv);
    pack.minMv = Math.min(...pack.cellMv);
    pack.minCell = pack.cellMv.indexOf(pack.minMv);
    mask = balance(balancer, pack, params);
  }
  return mask;
}

/** Charges with a steady current until the look begins: one second to see the current, 60 to let it settle. */
function settle(ma = MA): void {
  pack.currentMa = ma;
  pass(61);
}

function rise(...cells: number[]): void {
  for (const k of cells) pack.cellMv[k] = ABOVE;
}

const rest = (): void => {
  pack.currentMa = 0;
  pack.cellMv.fill(3300);
};

const budgetMah = (): number[] => Array.from(balancer.budget!.mas, (mas) => mas / MAS_PER_MAH);
const others = (...cells: number[]): number[] => [...Array(16).keys()].filter((k) => !cells.includes(k));
/** Sixteen values of which only some are not 0. */
const only = (values: Record<number, number>): number[] => Array.from({ length: 16 }, (_, k) => values[k] ?? 0);

/** Gives cell 7 (index 6) a budget of 400 mAh: it crosses 90 s before all others. */
function look(): void {
  settle();
  rise(6);
  pass(90);
  rise(...others(6));
  pass(2);
}

beforeEach(() => {
  params = defaultParams();
  params[P.BalanceBudget] = 1;
  pack = createPack();
  balancer = createBalancer();
  pack.sampleOk = true;
  pack.chgOn = pack.dsgOn = true;
  pack.cellMv.fill(3300);
  pack.tempDeciC.fill(250);
  pack.tempValid = 63;
  pack.remainingMas = pack.fullMas / 2;
});

describe('S4 charge budget: what a charge shows', () => {
  it('is what flowed between the crossing of a cell and that of the last one, less the doubt', () => {
    settle();
    rise(6);
    pass(90);
    rise(2);
    pass(45);
    rise(...others(2, 6));
    pass(1);
    expect(budgetMah()).toEqual(only({}));
    pass(1);
    expect(budgetMah()).toEqual(only({ 6: 750 - DOUBT_MAH, 2: 250 - DOUBT_MAH }));
  });

  it('is nothing when the cells cross within 0.1 % of the capacity', () => {
    settle();
    rise(6);
    pass(18);
    rise(...others(6));
    pass(2);
    expect(budgetMah()).toEqual(only({}));
    expect(balancer.budget!.cells).toBe(0);
  });

  it('is not more than 1 % of the capacity at once', () => {
    settle();
    rise(6);
    pass(198);
    rise(...others(6));
    pass(2);
    expect(budgetMah()[6]).toBe(1000);
    settle(5000);
    pack.cellMv.fill(3300);
    settle();
    rise(6);
    pass(1000);
    rise(...others(6));
    pass(2);
    expect(budgetMah()).toEqual(only({ 6: 1000 }));
  });

  it('is counted in the capacity of the pack', () => {
    pack.designMas = pack.fullMas = 180e6;
    settle();
    rise(6);
    pass(45);
    rise(...others(6));
    pass(2);
    expect(budgetMah()).toEqual(only({ 6: 200 }));
  });

  it('is a lower bound when the charge ends before all have crossed', () => {
    settle();
    rise(6);
    pass(90);
    rest();
    pass(1);
    const lower = (88 * MA) / 3600 - DOUBT_MAH; // crossed when seen twice
    expect(budgetMah().map((mah) => mah.toFixed(3))).toEqual(only({ 6: lower }).map((mah) => mah.toFixed(3)));
  });

  it('counts only cells that crossed in this look', () => {
    settle();
    rise(2);
    pass(90);
    rest();
    pass(1);
    balancer.budget!.mas.fill(0);
    settle();
    rise(6);
    pass(90);
    rest();
    pass(1);
    expect(budgetMah().map((mah) => mah > 0)).toEqual(only({ 6: 1 }).map((mah) => mah > 0));
  });

  it('is not made younger by a charge in which no cell crossed', () => {
    look();
    rest();
    pass(1);
    balancer.budget!.ageS = 1000;
    settle();
    pass(10);
    rest();
    pass(1);
    expect(balancer.budget!.ageS).toBe(1072);
  });

  it('is raised, not lowered, by a lower bound', () => {
    const lookFor = (seconds: number): number => {
      pack.cellMv.fill(3410);
      settle(10000);
      pack.cellMv.fill(3430);
      settle();
      rise(6);
      pass(seconds);
      pack.currentMa = 10000;
      pass(1);
      return budgetMah()[6]!;
    };
    look();
    expect(lookFor(60)).toBeCloseTo(400 - (182 * 3.43) / 65 / 3.6, -0.5); // what was bled meanwhile
    expect(lookFor(120)).toBeCloseTo((118 * MA + 10000) / 3600 - DOUBT_MAH, 3);
  });

  it('is put right, also downwards, when all cells were seen to cross', () => {
    look();
    pack.cellMv.fill(3300);
    settle(10000);
    settle();
    rise(6, 2);
    pass(36);
    rise(...others(2, 6));
    pass(2);
    expect(budgetMah()).toEqual(only({ 2: 100, 6: 100 }));
    pack.cellMv.fill(3300);
    settle(10000);
    settle();
    rise(...others(6));
    pass(36);
    rise(6);
    pass(2);
    expect(budgetMah()).toEqual(others(6).reduce<number[]>((all, k) => Object.assign(all, { [k]: 100 }), only({})));
  });

  it('counts a cell that was above from the beginning as a lower bound only', () => {
    look();
    const before = budgetMah()[6]!;
    pack.cellMv.fill(3300);
    settle(10000);
    rise(6);
    pack.currentMa = MA;
    pass(61);
    pass(18);
    rise(...others(6));
    pass(2);
    expect(budgetMah()[6]).toBeGreaterThan(before - 6); // not the 0 that these 18 s say; bled meanwhile
    expect(budgetMah()[6]).toBeLessThan(before);
  });

  it('learns nothing when all cells were above from the beginning', () => {
    look();
    balancer.budget!.ageS = 1000;
    rest();
    pass(1);
    pack.cellMv.fill(ABOVE);
    settle();
    pass(10);
    expect(balancer.budget!.ageS).toBe(1072); // no new look: the old one has grown older
  });

  it('looks once at a charge: what comes after all have crossed changes nothing', () => {
    look();
    const before = budgetMah()[6]!;
    pass(20);
    rest();
    pass(2);
    const bledMas = 20 * 53 + 2 * 51; // 3440 and 3300 mV / 65 ohm
    expect(before - budgetMah()[6]!).toBeCloseTo(bledMas / MAS_PER_MAH, 6);
  });
});

describe('S4 charge budget: which charge counts', () => {
  it('sees the mark through the resistance of the cells', () => {
    settle();
    pack.cellMv[6] = BELOW;
    pass(90);
    rise(...others(6));
    pass(90);
    rise(6);
    pass(2);
    expect(budgetMah()[6]).toBe(0);
    expect(budgetMah()[0]).toBe(400);
  });

  it.each([
    [4999, 0],
    [5000, 400],
  ])('needs 0.05 C: at %i mA the budget is %i mAh', (ma, mah) => {
    settle(ma);
    pack.cellMv[6] = 3425;
    pass(360);
    for (const k of others(6)) pack.cellMv[k] = 3425;
    pass(2);
    expect(budgetMah()[6]).toBe(mah);
  });

  it.each([
    [22500, 150],
    [22501, 0],
    [17500, 150],
    [17499, 0],
  ])('needs a current within an eighth of the first: with %i mA after 20 A the budget is %i mAh', (ma, mah) => {
    settle();
    pack.currentMa = ma;
    pass(1);
    pack.currentMa = MA;
    pass(1);
    rise(6);
    pass(45); // all cross before a new current would have settled
    rise(...others(6));
    pass(20);
    expect(budgetMah()[6]).toBeCloseTo(mah, -0.5);
  });

  it('waits for a minute of that current', () => {
    pack.currentMa = MA;
    pass(59);
    rise(6); // in the 59th second of the steady current: before the look
    pass(91);
    rise(...others(6));
    pass(2);
    expect(balancer.budget!.late).toBe(1 << 6);
    expect(budgetMah()[6]).toBe(400);
  });

  it('ends with the current: what crosses later belongs to another look', () => {
    settle();
    rise(6);
    pass(36);
    pack.currentMa = 10000;
    pass(1);
    const lower = budgetMah()[6]!;
    expect(lower).toBeCloseTo((34 * MA + 10000) / 3600 - DOUBT_MAH, 3);
    rise(...others(6));
    pass(200);
    expect(budgetMah()[6]).toBeLessThan(lower);
  });

  it('takes a look once: a current that changes before the next one has begun teaches nothing', () => {
    settle();
    rise(6);
    pass(40);
    pack.currentMa = 10000;
    pass(1);
    expect(budgetMah()[6]).toBeGreaterThan(0);
    balancer.budget!.mas.fill(0);
    pass(59);
    pack.currentMa = MA;
    pass(1);
    expect(budgetMah()).toEqual(only({}));
  });

  it('S14 forgets a look with a hole in it', () => {
    settle();
    rise(6);
    pass(90);
    pack.sampleOk = false;
    pass(1);
    pack.sampleOk = true;
    rise(...others(6));
    pass(2);
    rest();
    pass(2);
    expect(budgetMah()).toEqual(only({}));
  });

  it('S14 does not take a jump of one second for a crossing', () => {
    settle();
    rise(6);
    pass(1);
    pack.cellMv[6] = 3300;
    pass(90);
    rise(6);
    pass(1);
    expect(balancer.budget!.crossed).toBe(0);
    rise(...others(6));
    pass(2);
    expect(budgetMah()).toEqual(only({}));
    expect(balancer.budget!.crossed).toBe(65535);
  });

  it('S14 does not take a jump of one second for a crossing while others have crossed', () => {
    settle();
    rise(6);
    pass(2);
    rise(2);
    pass(1);
    pack.cellMv[2] = 3300;
    pass(90);
    rise(2);
    pass(1);
    expect(balancer.budget!.crossed).toBe(1 << 6);
  });

  it.each([
    [3430, 400],
    [3429, 0],
  ])('S14 drops a look in which a cell falls back from above the mark to %i mV', (mv, mah) => {
    settle();
    rise(6);
    pass(45);
    pack.cellMv[6] = mv;
    pass(1);
    rise(6);
    pass(44);
    rise(...others(6));
    pass(2);
    expect(budgetMah()[6]).toBe(mah);
  });

  it('S14 makes nothing of a dropped look when the current changes', () => {
    settle();
    rise(6);
    pass(90);
    pack.cellMv[6] = 3300;
    pass(1);
    rest();
    pass(1);
    expect(budgetMah()).toEqual(only({}));
  });
});

describe('S4 charge budget: bleeding', () => {
  beforeEach(() => {
    look();
    rest();
  });
  const spentMas = (): number => 400 * MAS_PER_MAH - balancer.budget!.mas[6]!;

  it('bleeds the cell on the plateau, at rest, in charge and in discharge', () => {
    for (const ma of [0, 5000, -500, -5000]) {
      pack.currentMa = ma;
      expect([pass(1), pack.bleedMask]).toEqual([1 << 6, 1 << 6]);
    }
  });

  it('takes off what flows through 65 ohm in each second, and ends when it is gone', () => {
    pass(1);
    const before = spentMas();
    pass(1);
    expect(spentMas() - before).toBe(51); // 3300 mV / 65 ohm = 50.8 mA
    balancer.budget!.mas[6] = 60;
    expect(pass(1)).toBe(1 << 6);
    expect([balancer.budget!.mas[6], pass(1), balancer.budget!.mas[6]]).toEqual([9, 0, 0]);
    pass(100);
    expect([balancer.budget!.mas[6], pack.bleedMask]).toEqual([0, 0]);
  });

  it('ends with the second that takes the last of it', () => {
    pack.cellMv.fill(3250);
    pass(1);
    balancer.budget!.mas[6] = 50; // 3250 mV / 65 ohm = 50 mA
    expect([pass(1), balancer.budget!.mas[6]]).toEqual([0, 0]);
  });

  it.each([
    ['10 s', 10, 508],
    ['20 s', 20, 1016],
    ['100 s, of which the AFE has bled 20', 100, 1016],
    ['0 s, for its counter may be late', 0, 51],
    ['less than before, for its counter was reset', -1000, 51],
  ])('counts the seconds of the AFE: %s', (_name, seconds, mas) => {
    pass(1);
    const before = spentMas();
    pack.countedSeconds += seconds - 1;
    pass(1);
    expect(spentMas() - before).toBe(mas);
  });

  it('counts what the rule of S4 bleeds too', () => {
    pack.cellMv[6] = 3500;
    pass(1);
    const before = spentMas();
    expect(pass(1)).toBe(1 << 6);
    expect(spentMas() - before).toBe(54);
  });

  it('takes nothing off while it does not bleed', () => {
    pack.currentMa = -30000;
    pass(1);
    const before = spentMas();
    pass(10);
    expect(spentMas()).toBe(before);
  });

  it('takes turns with its neighbours', () => {
    balancer.budget!.mas[7] = balancer.budget!.mas[6]!;
    balancer.budget!.cells |= 1 << 7;
    const masks = Array.from({ length: 16 }, () => pass(1));
    expect(masks.filter((mask) => mask === 1 << 6)).toHaveLength(8);
    expect(masks.filter((mask) => mask === 1 << 7)).toHaveLength(8);
    pass(16);
    const before = balancer.budget!.mas.slice();
    pass(16);
    expect([6, 7].map((k) => before[k]! - balancer.budget!.mas[k]!)).toEqual([8 * 51, 8 * 51]);
  });

  it.each([
    [-20000, 1 << 6],
    [-20001, 0],
  ])('rests above 0.2 C of discharge and goes on afterwards: %i mA', (ma, mask) => {
    pack.currentMa = ma;
    expect(pass(1)).toBe(mask);
    pack.currentMa = -1000;
    expect(pass(1)).toBe(1 << 6);
  });

  it('rests where S4 forbids to bleed, and goes on afterwards', () => {
    for (const [forbid, permit] of [
      [() => (pack.sampleOk = false), () => (pack.sampleOk = true)],
      [() => (pack.cellDeciC[0] = -1), () => (pack.cellDeciC[0] = 0)],
      [() => (pack.hostOff = 1), () => (pack.hostOff = 0)],
      [() => (pack.protections = Protection.DsgOcp), () => (pack.protections = 0)],
    ] as const) {
      forbid();
      expect(pass(1)).toBe(0);
      permit();
      expect(pass(1)).toBe(1 << 6);
    }
  });

  it('S14 forgets at a fault, at under-voltage, near the empty end', () => {
    const budget = balancer.budget!;
    for (const [forget, undo] of [
      [() => (pack.faults = Fault.NtcFault), () => (pack.faults = 0)],
      [() => (pack.protections = Protection.CellUvp), () => (pack.protections = 0)],
      [() => (pack.protections = Protection.PackUvp), () => (pack.protections = 0)],
      [() => (pack.remainingMas = pack.fullMas / 5 - 1), () => (pack.remainingMas = pack.fullMas)],
      [() => pack.cellMv.fill(3099), () => pack.cellMv.fill(3300)],
    ] as const) {
      budget.mas[6] = 1e6;
      budget.cells = 1 << 6;
      expect(pass(1)).toBe(1 << 6);
      forget();
      expect(pass(1)).toBe(0);
      undo();
      expect([pass(1), budget.mas[6], budget.cells]).toEqual([0, 0, 0]);
    }
  });

  it('keeps it at 20 % and at the sleep voltage of S28', () => {
    pack.remainingMas = pack.fullMas / 5;
    pack.cellMv.fill(3100);
    expect(pass(1)).toBe(1 << 6);
    params[P.SleepMv] = 3101;
    expect(pass(1)).toBe(0);
  });

  it('forgets after seven days', () => {
    balancer.budget!.ageS = 7 * 86400 - 1;
    expect(pass(1)).toBe(1 << 6);
    expect([pass(1), balancer.budget!.mas[6]]).toEqual([0, 0]);
  });

  it('S14 forgets what a cell is said to have too much when it is the lowest by more than 30 mV', () => {
    balancer.budget!.mas[3] = 1e6;
    balancer.budget!.cells |= 1 << 3;
    pack.cellMv[6] = 3270;
    expect(pass(1) & (1 << 6)).not.toBe(0);
    pack.cellMv[6] = 3269;
    pass(1);
    expect([balancer.budget!.mas[6], balancer.budget!.cells]).toEqual([0, 1 << 3]);
  });

  it('begins with nothing after a restart', () => {
    balancer = createBalancer();
    expect(pass(1)).toBe(0);
    expect(budgetMah()).toEqual(only({}));
  });

  it('goes on with stored budgets (mas, ageS, and the cells that follow from mas) whatever the AFE has counted', () => {
    const stored = balancer.budget!.mas.slice();
    balancer = createBalancer();
    balancer.budget = createBudget();
    balancer.budget.mas.set(stored);
    balancer.budget.cells = 1 << 6;
    pack.countedSeconds = 8 * 86400;
    expect([pass(1), balancer.budget.ageS]).toEqual([1 << 6, 1]);
    pass(1);
    expect(balancer.budget.ageS).toBe(2);
  });

  it('counts from the first second of the AFE on', () => {
    balancer.budget!.countedSeconds = 0;
    balancer.budget!.ageS = 0;
    pack.countedSeconds = 9;
    pass(1);
    expect(balancer.budget!.ageS).toBe(10);
  });
});
