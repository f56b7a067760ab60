/** The firmware on a bus that fails, in closed loop: how long a tick takes, and what becomes of the paths. */
import { describe, expect, it } from 'vitest';
import { Fault } from '../../src/bms/rules';
import { VirtualPack } from '../../tools/virtual-pack';
import { fets } from '../support/fets';

const TICK_US = 250000;

/** A pack with both paths closed. */
function livingPack(): VirtualPack {
  const pack = new VirtualPack({ soc: 0.6 });
  pack.run(5000);
  pack.board.plant.setLoad({ amps: 20 });
  pack.run(1000);
  expect(fets(pack)).toEqual([true, true]);
  return pack;
}
/** Longest time from the begin of a tick to the end of its last slice, us. */
function longestTick(pack: VirtualPack, ticks: number): number {
  let longest = 0;
  for (let i = 0; i < ticks; i++) {
    pack.run(250);
    longest = Math.max(longest, pack.board.lastKickUs % TICK_US);
    expect(pack.board.time.nowUs - pack.board.lastKickUs).toBeLessThanOrEqual(TICK_US);
  }
  expect(pack.board.cpu.errors).toEqual([]);
  return longest;
}

describe('S14: firmware on a failing AFE bus', () => {
  it.each(['sdaLow', 'sclLow', 'unplugged'] as const)(
    '%s: no tick longer than 60 ms, both paths open after 0.75 s without the bus, and close again afterwards',
    (fault) => {
      const pack = livingPack();
      pack.board.afeBus.faults[fault] = true;
      expect(longestTick(pack, 2)).toBeLessThan(60000);
      expect(fets(pack)).toEqual([true, true]);
      expect(longestTick(pack, 2)).toBeLessThan(60000);
      expect([fets(pack), pack.board.bothOff.read()]).toEqual([[false, false], true]);
      expect(pack.firmware.pack.faults).toBe(Fault.AfeLost);
      expect(longestTick(pack, 8)).toBeLessThan(60000);
      pack.board.afeBus.faults[fault] = false;
      pack.run(8000);
      expect([fets(pack), pack.firmware.pack.faults]).toEqual([[true, true], 0]);
    },
  );

  it('a chip that has lost its place on the bus is freed without a fault', () => {
    const pack = livingPack();
    const { samples } = pack.firmware.pack;
    pack.board.afeBus.faults.sdaLowForClocks = 5;
    pack.run(1000);
    expect([pack.firmware.pack.samples - samples, pack.firmware.pack.faults]).toEqual([4, 0]);
    expect(fets(pack)).toEqual([true, true]);
  });

  it('a measurement that stands still is a fault of its own: values that cannot be true', () => {
    const pack = livingPack();
    pack.board.afe.bench.adcFrozen = true;
    pack.run(20000);
    expect([fets(pack), pack.firmware.pack.faults]).toEqual([[false, false], Fault.Implausible]);
  });
});
