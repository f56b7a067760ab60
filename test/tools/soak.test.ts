import { describe, expect, it } from 'vitest';
import { P } from '../../src/bms/params';
import { Invariants, violationText } from '../../tools/invariants';
import { Soak, soakPlant, MOST_VIOLATIONS } from '../../tools/soak';
import { soakReport } from '../../tools/soak-report';
import { VirtualPack } from '../../tools/virtual-pack';

const HOUR_US = 3600e6;

describe('a short soak', () => {
  it.each([1, 2, 3])('holds every invariant for six crowded hours, seed %i', (seed) => {
    const pack = new VirtualPack({ seed, soc: 0.85, plant: soakPlant(seed) });
    const soak = new Soak(pack, { seed, rate: 5 }, () => {});
    soak.runTo(6 * HOUR_US);
    const summary = soak.summary();
    expect(summary.violations).toEqual([]);
    expect(summary.exceptions).toBe(0);
    expect(summary.eventTotal).toBeGreaterThan(15);
    expect(soakReport(summary).join('\n')).toMatch(/violations +0$/);
  });

  it.each([
    [0, 0],
    [20000, 1],
  ])('compares the heap after a warm-up with that at the end: %i kB kept make %i violations', (kilobytes, count) => {
    const soak = new Soak(new VirtualPack({ soc: 0.3 }), { seed: 1, heapFromMs: 10000 }, () => {});
    soak.runTo(20e6);
    const kept = Array.from({ length: kilobytes }, (_, i) => new Array<number>(128).fill(i));
    soak.end();
    const heap = soak.violations.filter(({ text }) => text.startsWith('the heap has grown by'));
    expect([heap.length, kept.length]).toEqual([count, kilobytes]);
  });
});

/** Runs an observed pack and returns what was violated. */
function observed(pack: VirtualPack, seconds: number): string[] {
  const invariants = new Invariants(pack);
  for (let ms = 0; ms < seconds * 1000; ms += 250) {
    pack.run(250);
    invariants.check();
  }
  return invariants.violations.map(violationText);
}

/** The decision of every tick is overwritten: both paths stay requested. */
function overwriteDecision(pack: VirtualPack): void {
  for (const path of ['chgOn', 'dsgOn'])
    Object.defineProperty(pack.firmware.pack, path, { get: () => true, set: () => {} });
}

describe('a planted bug is caught in closed loop', () => {
  it('S3 over-voltage protection switched off by parameters that no port would take', () => {
    const pack = new VirtualPack({ soc: 0.985 });
    pack.board.plant.connectCharger({ amps: 30, volts: 64 });
    pack.firmware.params[P.CellOvp] = 9000;
    pack.firmware.params[P.PackOvp] = 99000;
    expect(observed(pack, 1800)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/VIOLATION .* S3 charge path closed for .* cell, mV \(\d+\) 37\d\d/),
      ]),
    );
  });

  it('S6 a discharge path that stays closed although it is decided to open', () => {
    const pack = new VirtualPack({ soc: 0.03 });
    pack.board.plant.setLoad({ amps: 20 });
    pack.run(3000);
    overwriteDecision(pack);
    expect(observed(pack, 1200).join('\n')).toMatch(/S6 discharge path closed for .* cell, mV/);
  });

  it('S9 charging in the frost', () => {
    const pack = new VirtualPack({ soc: 0.5, ambientCelsius: -7 });
    pack.firmware.params[P.ChgUtp] = -400;
    pack.board.plant.connectCharger({ amps: 10, volts: 56 });
    const text = observed(pack, 30).join('\n');
    expect(text).toMatch(/S9 charge path closed/);
    expect(text).toMatch(/S9 \d+.* mA charge at -\d/);
  });

  it('S5 an over-current that nobody counts', () => {
    const pack = new VirtualPack({ soc: 0.9 });
    pack.run(3000);
    pack.firmware.params[P.DsgOcp] = 999000;
    pack.board.afe.bench.corruptMemory(0x9263, 0x42); // the AFE's slow stage off, too
    pack.board.plant.setLoad({ amps: 134 });
    expect(observed(pack, 10).join('\n')).toMatch(/S5 discharge path closed/);
  });

  it('S14 a program that believes an unplugged AFE', () => {
    const pack = new VirtualPack({ soc: 0.5 });
    pack.run(3000);
    Object.defineProperty(pack.firmware.pack, 'missedSamples', { get: () => 0, set: () => {} });
    pack.board.afeBus.faults.unplugged = true;
    expect(observed(pack, 5).join('\n')).toMatch(/S14 a path is closed \d+ ms after the last good sample/);
  });

  it('an exception in a callback', () => {
    const pack = new VirtualPack({ soc: 0.5 });
    pack.run(3000);
    pack.board.cpu.later(() => {
      throw new Error('planted');
    }, 100);
    expect(observed(pack, 1)).toEqual([expect.stringContaining('exception in the firmware: Error: planted')]);
  });

  it('ends the soak after twenty violations', () => {
    const pack = new VirtualPack({ soc: 0.5 });
    const soak = new Soak(pack, { seed: 1 }, () => {});
    pack.run(3000);
    for (let i = 0; i < 3 * MOST_VIOLATIONS; i++)
      pack.board.cpu.later(() => {
        throw new Error('planted');
      }, 100 * i);
    soak.runTo(HOUR_US);
    expect(soak.failed).toBe(true);
    expect(pack.nowMs).toBeLessThan(20000);
  });
});
