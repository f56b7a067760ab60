import '../../src/hal-mock/natives';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { balance, createBalancer, type Balancer } from '../../src/bms/balance';
import { createPack, type Pack } from '../../src/bms/pack';
import { defaultParams } from '../../src/bms/params';
import { Fault, Protection } from '../../src/bms/rules';

const params = defaultParams();
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

beforeEach(() => {
  pack = createPack();
  balancer = createBalancer();
  pack.sampleOk = true;
  pack.cellMv.fill(3420);
  pack.tempDeciC.fill(250);
  pack.tempValid = 63;
});

describe('S4 balancing', () => {
  it('bleeds a cell above 3.40 V and more than 30 mV above the lowest', () => {
    pack.cellMv[4] = 3450;
    expect(second()).toBe(0);
    pack.cellMv[4] = 3451;
    expect(second()).toBe(1 << 4);
  });

  it('goes on until the cell is less than 20 mV above the lowest', () => {
    pack.cellMv[4] = 3460;
    second();
    pack.cellMv[4] = 3440;
    expect(second()).toBe(1 << 4);
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
    expect(second()).toBe(1 << 4);
  });

  it('lets neighbours take turns of 8 s', () => {
    pack.cellMv[4] = pack.cellMv[5] = 3500;
    const masks = seconds(33).slice(1);
    expect(masks.filter((mask) => mask === 1 << 4)).toHaveLength(16);
    expect(masks.filter((mask) => mask === 1 << 5)).toHaveLength(16);
    expect(masks.slice(0, 6)).toEqual(Array(6).fill(1 << 4));
  });

  it.each<[string, () => void]>([
    ['a fault', () => (pack.faults = Fault.NtcFault)],
    ['under-voltage or any protection but over-charge', () => (pack.protections = Protection.CellUvp)],
    ['a missing sample', () => (pack.sampleOk = false)],
    ['a cell below 0 °C', () => (pack.tempDeciC[2] = -1)],
    ['a cell above 50 °C', () => (pack.tempDeciC[0] = 501)],
    ['a cell sensor that is not valid', () => (pack.tempValid = 63 & ~8)],
    ['a discharge', () => (pack.currentMa = -1000)],
  ])('stops for %s', (_name, change) => {
    pack.cellMv[4] = 3500;
    expect(second()).not.toBe(0);
    change();
    expect([second(), pack.bleedMask]).toEqual([0, 0]);
  });

  it('goes on under over-charge protection', () => {
    pack.cellMv[4] = 3710;
    pack.protections = Protection.CellOvp;
    expect(second()).toBe(1 << 4);
  });

  it('never bleeds two neighbours, and never the lowest cell', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 3380, max: 3600 }), { minLength: 16, maxLength: 16 }), (cells) => {
        pack.cellMv.set(cells);
        for (const mask of seconds(20)) {
          expect(mask & (mask << 1)).toBe(0);
          expect(mask & (1 << cells.indexOf(Math.min(...cells)))).toBe(0);
        }
      }),
    );
  });
});
