/** The firmware on a bus that fails, in closed loop: how long a tick takes, and what becomes of the paths. */
import { describe, expect, it } from 'vitest';
import { Fault, Notice, Protection } from '../../src/bms/rules';
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
    '%s: no tick longer than 70 ms, memory included, both paths open after 0.75 s without the bus, and close again afterwards',
    (fault) => {
      const pack = livingPack();
      pack.board.afeBus.faults[fault] = true;
      expect(longestTick(pack, 2)).toBeLessThan(70000);
      expect(fets(pack)).toEqual([true, true]);
      expect(longestTick(pack, 2)).toBeLessThan(70000);
      expect([fets(pack), pack.board.bothOff.read()]).toEqual([[false, false], true]);
      expect(pack.firmware.pack.faults).toBe(Fault.AfeLost);
      expect(longestTick(pack, 8)).toBeLessThan(70000);
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

  it('a measurement that stands still is noticed after 5 s and a fault of its own after 15 s', () => {
    const pack = livingPack();
    pack.board.afe.bench.adcFrozen = true;
    pack.run(4500);
    expect(pack.firmware.pack.notices & Notice.AfeSlow).toBe(0);
    pack.run(2500);
    expect([pack.firmware.pack.notices & Notice.AfeSlow, pack.firmware.pack.faults]).toEqual([Notice.AfeSlow, 0]);
    pack.run(7000);
    expect(fets(pack)).toEqual([true, true]);
    pack.run(3000);
    expect([fets(pack), pack.firmware.pack.faults & Fault.AfeFrozen]).toEqual([[false, false], Fault.AfeFrozen]);
  });
});

describe('S12, S14: a controller that restarts while the AFE is unplugged', () => {
  /** Longest time in ms for which a path was closed, from now until the firmware has a sample; the discharge path apart. */
  function closedMs(pack: VirtualPack, mostMs: number): { chg: number; dsg: number } {
    const seen = { chg: 0, dsg: 0 };
    for (let ms = 0; ms < mostMs && pack.firmware.pack.samples === 0; ms++) {
      pack.run(1);
      if (pack.firmware.pack.samples > 0) break; // from here on it is a decision
      const [chg, dsg] = fets(pack);
      if (chg) seen.chg++;
      if (dsg) seen.dsg++;
    }
    expect(pack.firmware.pack.samples).toBeGreaterThan(0);
    return seen;
  }

  it.each([12000, 30000])('closes nothing by ignorance when it comes back after %i ms', (ms) => {
    const pack = livingPack();
    pack.board.afeBus.faults.unplugged = true;
    pack.run(ms);
    expect(fets(pack)).toEqual([false, false]); // the firmware by BOTHOFF, the chip by its host watchdog
    pack.restart();
    pack.run(100); // so soon that nobody counts it as lost, which would open both paths by BOTHOFF
    expect(fets(pack)).toEqual([false, false]);
    pack.board.afeBus.faults.unplugged = false;
    const { chg, dsg } = closedMs(pack, 5000);
    // the trip ends with the first transfer; what follows it opens the charge path again
    expect(chg).toBeLessThanOrEqual(5);
    expect(dsg).toBe(0);
  });

  it('opens both paths again within 2 s when it restarts inside the ten seconds of the host watchdog', () => {
    const pack = livingPack();
    pack.board.afeBus.faults.unplugged = true;
    pack.run(2000);
    expect(fets(pack)).toEqual([false, false]);
    pack.restart(); // BOTHOFF falls with it, and the chip still has its permission
    pack.run(2500);
    expect([fets(pack), pack.board.bothOff.read()]).toEqual([[false, false], true]);
    pack.board.afeBus.faults.unplugged = false;
    expect(closedMs(pack, 5000)).toEqual({ chg: 0, dsg: 0 });
    pack.run(3000);
    expect(fets(pack)).toEqual([true, true]);
  });

  it('decides anew: what must be open by now does not close at all', () => {
    const pack = livingPack();
    pack.board.plant.setLoad(null);
    pack.board.afeBus.faults.unplugged = true;
    pack.run(3000);
    pack.board.plant.setSoc(1.02, 4); // above its protection voltage meanwhile
    pack.restart();
    pack.run(2500);
    pack.board.afeBus.faults.unplugged = false;
    for (let ms = 0; ms < 5000; ms++) {
      pack.run(1);
      expect(fets(pack)[0], `charge path at ${ms} ms`).toBe(false);
    }
    expect(pack.firmware.pack.samples).toBeGreaterThan(0);
    expect(fets(pack)[1]).toBe(true);
  });
});

describe('S7: the terminals after a short circuit', () => {
  it('are seen as free when the short is removed, not with an inverter on them, and not while it lasts', () => {
    const pack = livingPack();
    const { plant } = pack.board;
    plant.setLoad(null);
    plant.connectInverter({ watts: 0 });
    pack.run(2000);
    plant.shortCircuit();
    const seen: boolean[] = [];
    pack.run(20000);
    seen.push(pack.firmware.pack.loadGone);
    plant.clearShort();
    pack.run(10000);
    seen.push(pack.firmware.pack.loadGone);
    expect(pack.firmware.pack.protections & Protection.Scp).toBe(Protection.Scp);
    plant.disconnectInverter();
    for (let i = 0; i < 40 && !pack.firmware.pack.loadGone; i++) pack.run(250);
    seen.push(pack.firmware.pack.loadGone);
    expect(seen).toEqual([false, false, true]);
  });
});
