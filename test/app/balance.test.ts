/** S4 in closed loop and virtual time: firmware, bytes on the bus, chip, copper, cells. */
import { describe, expect, it } from 'vitest';
import { Mode } from '../../src/bms/pack';
import { P } from '../../src/bms/params';
import { Protection } from '../../src/bms/rules';
import { VirtualPack, type VirtualPackOptions } from '../../tools/virtual-pack';

const MINUTE = 60_000;
const CHARGER = { amps: 20, volts: 57.6 };
const HIGH = 6;

/** Which cells the chip bleeds, bit 0 = cell 1. */
const bled = ({ board }: VirtualPack): number => board.afe.bench.bleedMask;

/** Equal cells near the end of a charge, but for one that is 0.6 % ahead. */
function charging(options: Partial<VirtualPackOptions> = {}): VirtualPack {
  const pack = new VirtualPack({ soc: 0.965, plant: { spread: 0 }, ...options });
  pack.board.plant.setSoc(0.971, HIGH);
  pack.run(5000);
  pack.board.plant.connectCharger(CHARGER);
  return pack;
}

/** The same when its high cell is being bled. */
function bleeding(): VirtualPack {
  const pack = charging();
  pack.runUntil(() => bled(pack) !== 0, 30 * MINUTE);
  return pack;
}

describe('S4 a charging pack with one high cell', () => {
  it('bleeds that cell and no other once it is above 3.40 V and 30 mV ahead', () => {
    const pack = charging();
    const { cellMv } = pack.firmware.pack;
    const seen = new Set<number>();
    let before = 0;
    for (let s = 0; s < 400; s++) {
      pack.run(1000);
      seen.add(bled(pack));
      if (bled(pack) !== 0 && before === 0) {
        expect(cellMv[HIGH]).toBeGreaterThan(3400);
        expect(cellMv[HIGH]! - cellMv[0]!).toBeGreaterThan(30);
      }
      before = bled(pack);
    }
    expect([...seen]).toEqual([0, 1 << HIGH]);
  });

  it('bleeds it longer than the 20 s after which the AFE would end it, and takes some 52 mA', () => {
    const pack = bleeding();
    const before = pack.board.plant.truth().bledMas;
    for (let s = 0; s < 60; s++) {
      pack.run(1000);
      expect(bled(pack)).toBe(1 << HIGH);
    }
    const bledMa = (pack.board.plant.truth().bledMas - before) / 60;
    expect(bledMa).toBeGreaterThan(45);
    expect(bledMa).toBeLessThan(60);
  });

  it('measures with the bleed paused', () => {
    const pack = bleeding();
    pack.run(5000);
    const { cellMv } = pack.firmware.pack;
    const truth = pack.board.plant.truth().cellMv;
    expect(bled(pack)).toBe(1 << HIGH);
    expect(truth[HIGH + 1]! - truth[0]!).toBeGreaterThan(2); // lifted by the wire that it shares
    expect(Math.abs(cellMv[HIGH + 1]! - cellMv[0]!)).toBeLessThanOrEqual(1);
  });
});

describe('S4 a pack that bleeds', () => {
  it.each<[string, (pack: VirtualPack) => void]>([
    ['with a fault', (pack) => pack.board.plant.faultNtc(1, 'open')],
    ['below 0 °C', (pack) => pack.board.plant.holdTemperature(2, -2)],
    ['above 50 °C', (pack) => pack.board.plant.holdTemperature(2, 52)],
    ['with its MOSFETs above 75 °C', (pack) => pack.board.plant.holdTemperature(4, 80)],
    ['in a discharge', (pack) => pack.board.plant.setLoad({ amps: 30 })],
  ])('stops %s', (_name, change) => {
    const pack = bleeding();
    change(pack);
    pack.run(5000);
    for (let s = 0; s < 30; s++) {
      pack.run(1000);
      expect([bled(pack), pack.firmware.pack.bleedMask]).toEqual([0, 0]);
    }
  });

  it('S14 stops 20 s after the program has stopped', () => {
    const pack = bleeding();
    pack.run(10000);
    pack.board.cpu.halt();
    pack.run(14000); // the last repetition is at most 5 s old
    expect(bled(pack)).toBe(1 << HIGH);
    pack.run(7000);
    expect(bled(pack)).toBe(0);
    pack.run(MINUTE);
    expect(bled(pack)).toBe(0);
  });

  it('goes on when over-charge protection has opened the charge path', () => {
    const pack = bleeding();
    const { plant } = pack.board;
    plant.connectCharger({ amps: 20, volts: 62 });
    pack.runUntil(() => (pack.firmware.pack.protections & Protection.CellOvp) !== 0, 30 * MINUTE);
    pack.run(20000);
    expect(bled(pack)).toBe(1 << HIGH);
  });
});

describe('option BalanceBudget', () => {
  it('S4 bleeds the high cell after the charge, on the plateau and in a discharge, until the budget is gone', () => {
    const pack = charging();
    const { firmware, board } = pack;
    firmware.params[P.BalanceBudget] = 1;
    pack.runUntil(() => firmware.pack.mode === Mode.Charge && firmware.pack.minMv > 3460, 60 * MINUTE);
    board.plant.disconnectCharger();
    board.plant.setLoad({ amps: 5 });
    pack.run(30 * MINUTE);
    const mah = firmware.balancer.budget!.mas[HIGH]! / 3600;
    expect(mah).toBeGreaterThan(300);
    expect(mah).toBeLessThan(600);
    expect(firmware.pack.maxMv).toBeLessThan(3350);
    expect(bled(pack)).toBe(1 << HIGH);
    const before = board.plant.truth();
    pack.run(60 * MINUTE);
    const after = board.plant.truth();
    const spent = mah - firmware.balancer.budget!.mas[HIGH]! / 3600;
    expect(spent).toBeCloseTo((after.bledMas - before.bledMas) / 3600, -0.3);
    expect(bled(pack)).toBe(1 << HIGH);
  });
});
