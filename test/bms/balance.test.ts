import '../../src/hal-mock/natives';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { balance, createBalancer, type Balancer } from '../../src/bms/balance';
import { createPack, Sensor, type Pack } from '../../src/bms/pack';
import { defaultParams, P } from '../../src/bms/params';
import { Fault, Protection } from '../../src/bms/rules';

let params: Int32Array;
let pack: Pack;
let balancer: Balancer;

function seconds(count: number): number[] {
  return Array.from({ length: count }, () => {
    pack.maxMv = Math.max(...pack.cellMv);
    pack.minMv = Math.min(...pack.cellMv);
    return balance(balancer, pack, params);
  });
}
const second = (): number => seconds(1)[0]!;
const cells = (...numbers: number[]): number => numbers.reduce((mask, k) => mask | (1 << (k - 1)), 0);

beforeEach(() => {
  params = defaultParams();
  pack = createPack();
  balancer = createBalancer();
  pack.sampleOk = true;
  pack.chgOn = pack.dsgOn = true;
  pack.cellMv.fill(3420);
  pack.tempDeciC.fill(250);
  pack.tempValid = 63;
});

describe('S4 balancing', () => {
  it('bleeds a cell above 3.40 V and more than 30 mV above the lowest', () => {
    pack.cellMv[4] = 3450;
    expect(second()).toBe(0);
    pack.cellMv[4] = 3451;
    expect(second()).toBe(cells(5));
  });

  it('goes on until the cell is less than 20 mV above the lowest', () => {
    pack.cellMv[4] = 3460;
    second();
    pack.cellMv[4] = 3440;
    expect(second()).toBe(cells(5));
    pack.cellMv[4] = 3439;
    expect(second()).toBe(0);
    pack.cellMv[4] = 3445;
    expect(second()).toBe(0);
  });

  it('never bleeds at 3.40 V or below', () => {
    pack.cellMv.fill(3300);
    pack.cellMv[4] = 3400;
    expect(second()).toBe(0);
    pack.cellMv[4] = 3401;
    expect(second()).toBe(cells(5));
    pack.cellMv[8] = 3400;
    expect(second()).toBe(cells(5));
    pack.cellMv[4] = 3400;
    expect(second()).toBe(0);
  });

  it('takes its three voltages from the parameters', () => {
    params[P.BalanceMv] = 3500;
    params[P.BalanceStartMv] = 60;
    params[P.BalanceStopMv] = 50;
    pack.cellMv.fill(3450);
    const masks = [3510, 3511, 3500, 3501, 3511, 3510, 3500].map((mv) => {
      pack.cellMv[4] = mv;
      return second();
    });
    expect(masks).toEqual([0, 16, 0, 0, 16, 16, 0]);
    params[P.BalanceMv] = 3400;
    pack.cellMv[4] = 3511;
    second();
    pack.cellMv[4] = 3500;
    expect(second()).toBe(16);
    pack.cellMv[4] = 3499;
    expect(second()).toBe(0);
  });

  it.each<[string, () => void]>([
    ['a missing sample', () => (pack.sampleOk = false)],
    ['a cell below 0 °C', () => (pack.tempDeciC[2] = -1)],
    ['a cell above 50 °C', () => (pack.tempDeciC[0] = 501)],
    ['a discharge', () => (pack.currentMa = -501)],
    ['a lock', () => (pack.locked = true)],
    ['a charge path that the host has switched off', () => (pack.hostOff = 1)],
    ['a discharge path that the host has switched off', () => (pack.hostOff = 2)],
    ['sleep, which opens both paths', () => (pack.chgOn = pack.dsgOn = false)],
  ])('stops for %s', (_name, change) => {
    pack.cellMv[4] = 3500;
    expect(second()).not.toBe(0);
    change();
    expect([second(), pack.bleedMask, balancer.wanted]).toEqual([0, 0, 0]);
  });

  it.each<[string, () => void]>([
    ['at 0 °C', () => pack.cellDeciC.fill(0)],
    ['at 50 °C', () => pack.cellDeciC.fill(500)],
    ['at 0.5 A of discharge', () => (pack.currentMa = -500)],
    ['at 100 A of charge', () => (pack.currentMa = 100000)],
    ['with the charge path open', () => (pack.chgOn = false)],
    ['with the discharge path open', () => (pack.dsgOn = false)],
    ['without the ambient sensor', () => (pack.tempValid = 31)],
  ])('goes on %s', (_name, change) => {
    pack.cellMv[4] = 3500;
    change();
    expect([second(), pack.bleedMask]).toEqual([cells(5), cells(5)]);
  });

  it('stops for every fault', () => {
    pack.cellMv[4] = 3500;
    for (let fault = Fault.AfeLost as number; fault < 65536; fault <<= 1) {
      pack.faults = fault;
      expect(second()).toBe(0);
    }
  });

  it('stops for every protection but over-charge, which needs it', () => {
    pack.cellMv[4] = 3710;
    const working: number[] = [];
    for (let bit = 1; bit < 65536; bit <<= 1) {
      pack.protections = bit;
      if (second() !== 0) working.push(bit);
    }
    expect(working).toEqual([Protection.CellOvp, Protection.PackOvp]);
    pack.protections = Protection.CellOvp | Protection.PackOvp;
    expect(second()).toBe(cells(5));
    pack.protections |= Protection.ChgOtp;
    expect(second()).toBe(0);
  });

  it.each([Sensor.Cell1, Sensor.Cell2, Sensor.Cell3, Sensor.Cell4, Sensor.Mosfet])(
    'S14 stops when sensor %i is not valid',
    (sensor) => {
      pack.cellMv[4] = 3500;
      pack.tempValid = 63 & ~(1 << sensor);
      expect(second()).toBe(0);
    },
  );

  it('begins anew after a stop: what was being bled has no 10 mV more', () => {
    pack.cellMv[4] = 3460;
    second();
    pack.cellMv[4] = 3445;
    expect(second()).toBe(cells(5));
    pack.sampleOk = false;
    second();
    pack.sampleOk = true;
    expect(second()).toBe(0);
  });
});

describe('S4 cells that are bled together', () => {
  it('lets neighbours take turns of 8 s', () => {
    pack.cellMv[4] = pack.cellMv[5] = 3500;
    const masks = seconds(40);
    const turn = (length: number, cell: number): number[] => Array<number>(length).fill(cells(cell));
    expect(masks).toEqual([...turn(7, 5), ...turn(8, 6), ...turn(8, 5), ...turn(8, 6), ...turn(8, 5), ...turn(1, 6)]);
  });

  it('bleeds odd and even cells at once when they are not neighbours', () => {
    pack.cellMv[4] = pack.cellMv[7] = 3500;
    expect(new Set(seconds(32))).toEqual(new Set([cells(5, 8)]));
    pack.cellMv[5] = 3500;
    expect(new Set(seconds(32))).toEqual(new Set([cells(5, 8), cells(6, 8)]));
    pack.cellMv[3] = 3500;
    expect(new Set(seconds(32))).toEqual(new Set([cells(5, 8), cells(4, 6, 8)]));
  });

  it('reaches the first and the last cell', () => {
    pack.cellMv[0] = pack.cellMv[15] = 3500;
    expect(new Set(seconds(32))).toEqual(new Set([cells(1, 16)]));
  });

  it('never bleeds two neighbours, never the lowest cell, and leaves none out for longer than a turn', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 3380, max: 3600 }), { minLength: 16, maxLength: 16 }), (voltages) => {
        balancer = createBalancer();
        pack.cellMv.set(voltages);
        let all = 0;
        for (const mask of seconds(20)) {
          expect(mask & (mask << 1)).toBe(0);
          expect(mask & (1 << voltages.indexOf(Math.min(...voltages)))).toBe(0);
          all |= mask;
        }
        expect(all).toBe(balancer.wanted);
      }),
    );
  });

  it.each([
    [600, 8],
    [618, 8],
    [619, 7],
    [675, 4],
    [731, 2],
    [732, 1],
    [749, 1],
    [750, 0],
    [1000, 0],
  ])('takes fewer cells on a warm board: MOSFETs at %i x 0.1 °C, %i cells, the highest', (deciC, most) => {
    pack.tempDeciC[Sensor.Mosfet] = deciC;
    pack.cellMv.fill(3500);
    pack.cellMv[3] = 3400;
    pack.cellMv[1] = 3650; // its turn comes later
    const order = [8, 2, 14, 0, 4, 6, 10, 12]; // of the even turn, highest first; the last four are equal
    order.forEach((cell, i) => (pack.cellMv[cell] = 3600 - 10 * Math.min(i, 4)));
    const chosen = order.slice(0, most).reduce((mask, cell) => mask | (1 << cell), 0);
    expect([second(), pack.bleedMask]).toEqual([chosen, chosen]);
  });
});

describe('S4 on a warm board', () => {
  it('bleeds no more cells than are too high', () => {
    pack.tempDeciC[Sensor.Mosfet] = 650;
    pack.cellMv[4] = 3500;
    expect(second()).toBe(cells(5));
  });
});

describe('option BalanceBudget, off', () => {
  it('S4 keeps no budget', () => {
    params[P.BalanceBudget] = 1;
    second();
    expect(balancer.budget).not.toBeNull();
    params[P.BalanceBudget] = 0;
    second();
    expect(balancer.budget).toBeNull();
  });
});
