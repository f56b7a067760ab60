/** Memory and clock in closed loop and virtual time (hardware.md 9, rows 27, 28, 30, 31). */
import { describe, expect, it } from 'vitest';
import { HostOff } from '../../src/bms/pack';
import { Fault, Notice, Protection, Rule } from '../../src/bms/rules';
import { eventCount } from '../../src/store/log';
import { Problem } from '../../src/store/storage';
import { VirtualPack } from '../../tools/virtual-pack';
import { fets } from '../support/fets';
import { eventsOf } from './memory';

const SOC = 0.12;

function running(soc = SOC): VirtualPack {
  const pack = new VirtualPack({ soc });
  pack.run(70_000);
  return pack;
}

function restarted(pack: VirtualPack, ms = 5000): VirtualPack {
  pack.restart();
  pack.run(ms);
  return pack;
}

const shown = ({ firmware }: VirtualPack): number => firmware.pack.remainingMas / firmware.pack.fullMas;
const problems = ({ firmware }: VirtualPack): number => firmware.storage.problems;
const notices = ({ firmware }: VirtualPack): number => firmware.pack.notices;
const logged = ({ firmware }: VirtualPack, what: number) =>
  eventsOf(firmware.storage).filter((event) => event?.what === what);

describe('closed loop: a memory that fails', () => {
  it('S40 row 27 one torn copy of the charge: the one before it, an event, no alarm', () => {
    const pack = running();
    const { memory } = pack.board.fram;
    const { stateNumber } = pack.firmware.storage;
    memory.fill(0x5a, 0x0800 + (stateNumber % 4) * 128 + 20, 0x0800 + (stateNumber % 4) * 128 + 30);
    const before = shown(pack);
    restarted(pack);
    expect(shown(pack)).toBeCloseTo(before, 4);
    expect([problems(pack), notices(pack) & Notice.Memory]).toEqual([0, 0]);
    expect(logged(pack, 98).map((event) => event?.value)).toEqual([1 << 16]);
  });

  it('S13 S40 row 27 all copies of the charge bad: charge from the voltage, an alarm until the next start', () => {
    const pack = running();
    pack.firmware.pack.remainingMas = pack.firmware.estimator.chargeMas = 300000000;
    pack.run(2000);
    pack.board.fram.memory.fill(0x5a, 0x0800, 0x0a00);
    restarted(pack);
    expect(Math.abs(shown(pack) - SOC)).toBeLessThan(0.08);
    expect([problems(pack), notices(pack) & Notice.Memory]).toEqual([Problem.State, Notice.Memory]);
    expect(pack.firmware.guard.value[Rule.Memory]).toBe(Problem.State);
    expect(fets(pack)).toEqual([true, true]);
    restarted(pack);
    expect([problems(pack), notices(pack) & Notice.Memory]).toEqual([0, 0]);
  });

  it('S40 row 28 a missing chip: defaults and charge from the voltage, an alarm, no log, and the pack works', () => {
    const pack = running();
    pack.board.memoryBus.faults.unplugged = true;
    restarted(pack);
    expect([problems(pack), notices(pack) & Notice.Memory]).toEqual([Problem.Missing, Notice.Memory]);
    expect([eventCount(pack.firmware.storage), fets(pack)]).toEqual([0, [true, true]]);
    expect(Math.abs(shown(pack) - SOC)).toBeLessThan(0.08);
    pack.run(120_000);
    expect(pack.board.cpu.errors).toEqual([]);
    pack.board.memoryBus.faults.unplugged = false;
    restarted(pack);
    expect([problems(pack), notices(pack) & Notice.Memory]).toEqual([0, 0]);
  });

  it('S40 a chip that goes while the pack works: an alarm within 17 s, gone 80 s after it is back', () => {
    const pack = restarted(running());
    pack.board.memoryBus.faults.unplugged = true;
    pack.run(18_000);
    expect([problems(pack), notices(pack) & Notice.Memory]).toEqual([Problem.Lost, Notice.Memory]);
    pack.board.memoryBus.faults.unplugged = false;
    pack.run(80_000);
    expect([problems(pack), notices(pack) & Notice.Memory, fets(pack)]).toEqual([0, 0, [true, true]]);
    expect(pack.board.cpu.errors).toEqual([]);
  });
});

describe('closed loop: the clock', () => {
  const YEAR_26 = 820_000_000;

  it('row 30 S29 without time: a notice, events by start and uptime; setting the clock ends it', () => {
    const pack = running();
    pack.board.rtc.loseTime();
    restarted(pack);
    expect(notices(pack) & Notice.ClockLost).toBe(Notice.ClockLost);
    expect(eventsOf(pack.firmware.storage)[0]!.boot).toBeGreaterThan(0);
    pack.firmware.ports.rtc!.set(YEAR_26);
    restarted(pack);
    expect(notices(pack) & Notice.ClockLost).toBe(0);
    const [newest] = eventsOf(pack.firmware.storage);
    expect(newest?.boot).toBe(-1);
    expect(newest!.timeS - YEAR_26).toBeLessThan(10);
  });

  it('S41 three months in a store room: the notice that asks for a full charge, until it has come', () => {
    const pack = running();
    pack.firmware.ports.rtc!.set(YEAR_26);
    restarted(pack);
    expect(notices(pack) & Notice.FullDue).toBe(0);
    pack.firmware.ports.rtc!.set(YEAR_26 + 91 * 86_400);
    restarted(pack);
    expect(notices(pack) & Notice.FullDue).toBe(Notice.FullDue);
    expect(logged(pack, Rule.FullDue).map((event) => event?.set)).toEqual([true]);
    expect(fets(pack)).toEqual([true, true]);
    pack.firmware.pack.sinceFullS = 0;
    pack.run(5000);
    expect(notices(pack) & Notice.FullDue).toBe(0);
  });
});

describe('closed loop: what a restart must not loosen (row 31)', () => {
  it('S7 a short circuit: no restart releases it, and it counts once', () => {
    const pack = running(0.5);
    pack.board.plant.setLoad({ ohms: 0.005 });
    pack.run(2000);
    expect(fets(pack)).toEqual([false, false]);
    expect(pack.firmware.pack.protections & Protection.Scp).toBe(Protection.Scp);
    for (let k = 0; k < 3; k++) {
      restarted(pack, 3000);
      expect([fets(pack), pack.firmware.pack.protections & Protection.Scp]).toEqual([[false, false], Protection.Scp]);
    }
    expect(pack.firmware.storage.counts[0]).toBe(1);
  });

  it('S11 a welded MOSFET', () => {
    const pack = running(0.5);
    pack.firmware.guard.bits[2]! |= Fault.DsgFet;
    pack.run(1000);
    restarted(pack, 3000);
    expect([pack.firmware.pack.faults, fets(pack)]).toEqual([Fault.DsgFet, [false, false]]);
  });

  it('S36 the lock, and a path that the host has switched off', () => {
    const pack = running(0.5);
    pack.firmware.pack.locked = true;
    pack.run(1250);
    restarted(pack, 3000);
    expect([pack.firmware.pack.locked, fets(pack)]).toEqual([true, [false, false]]);
    Object.assign(pack.firmware.pack, { locked: false, hostOff: HostOff.Chg });
    pack.run(1250);
    restarted(pack, 3000);
    expect([pack.firmware.pack.hostOff, fets(pack)]).toEqual([HostOff.Chg, [false, true]]);
  });

  it('S6 an under-voltage protection waits for its release', () => {
    const pack = running(0.5);
    pack.firmware.guard.bits[1]! |= Protection.CellUvp;
    pack.run(500);
    pack.board.plant.setSoc(0.005);
    restarted(pack, 3000);
    expect(pack.firmware.pack.minMv).toBeGreaterThan(2500);
    expect(pack.firmware.pack.minMv).toBeLessThan(2900);
    expect([pack.firmware.pack.protections & Protection.CellUvp, fets(pack)[1]]).toEqual([Protection.CellUvp, false]);
  });
});
