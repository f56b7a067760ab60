/** Balancing in closed loop: rule, driver, chip and cells. */
import { describe, expect, it } from 'vitest';
import { VirtualPack } from '../../tools/virtual-pack';

describe('S4: a cell that is ahead', () => {
  it('is bled by the chip while it is charged, measured without the bleed, and loses that charge', () => {
    const pack = new VirtualPack({ soc: 0.97, plant: { spread: 0 } });
    const { plant, afe } = pack.board;
    pack.run(3000);
    plant.setSoc(0.985, 6);
    plant.connectCharger({ amps: 5, volts: 57 });
    pack.runUntil(() => afe.bench.bleedMask !== 0, 1800e3);
    expect([afe.bench.bleedMask, pack.firmware.pack.bleedMask]).toEqual([1 << 6, 1 << 6]);
    const before = plant.truth();
    const seen: number[] = [];
    for (let i = 0; i < 480; i++) {
      pack.run(250);
      expect(afe.bench.bleedMask).toBe(1 << 6); // the chip's 20 s never end it
      seen.push(pack.firmware.pack.cellMv[6]! - plant.truth().cellMv[6]!);
    }
    expect(Math.min(...seen)).toBeGreaterThan(3); // its wires carry 50 mA in between, which takes 5 mV from the inputs
    expect(Math.max(...seen)).toBeLessThan(7);
    const after = plant.truth();
    expect((after.bledMas - before.bledMas) / 120).toBeGreaterThan(50); // mA
    const gained = (k: number): number => after.soc[k]! - before.soc[k]!;
    expect((gained(5) - gained(6)) * 360000).toBeGreaterThan(120 * 0.05 * 0.9); // A s
  });

  it('is no longer bled within 1.5 s of a discharge', () => {
    const pack = new VirtualPack({ soc: 0.97, plant: { spread: 0 } });
    const { plant, afe } = pack.board;
    pack.run(3000);
    plant.setSoc(0.985, 6);
    plant.connectCharger({ amps: 5, volts: 57 });
    pack.runUntil(() => afe.bench.bleedMask !== 0, 1800e3);
    plant.disconnectCharger();
    plant.setLoad({ amps: 20 });
    pack.run(1500); // the rule looks once a second
    expect([afe.bench.bleedMask, pack.firmware.pack.bleedMask]).toEqual([0, 0]);
  });
});
