/** What outlives every restart: latches, locks, the host's switches (S7, S11, S36; hardware.md 9, row 31). */
import { describe, expect, it } from 'vitest';
import { follow, move } from '../../src/bms/guard';
import { AfeTrip, HostOff } from '../../src/bms/pack';
import { Fault, Protection, Rule } from '../../src/bms/rules';
import { noteRules } from '../../src/store/journal';
import { saveRecords, unlatch } from '../../src/store/records';
import { saveChanges } from '../../src/store/state';
import { Counter, Problem, Records } from '../../src/store/storage';
import { eventsOf, Memory, type Running } from './memory';

const RECORDS_AT = 0x0a80;
const SLOT = 64;

/** A rule that has been judged, and the next two steps of the journal: half a second. */
function trip(bms: Running, rule: Rule, value = 0, index = -1): void {
  move(bms.guard, rule, 0, value, index);
  noteRules(bms.storage, bms.guard, bms.pack);
}

function second({ storage, pack, est, guard }: Running): void {
  saveChanges(storage, pack, est, guard);
}

describe('a latch over a restart', () => {
  it('S7 S11 is there before the first tick, with its cause, from the first step of the journal on', () => {
    const memory = new Memory();
    const bms = memory.start();
    const rules = [Rule.Scp, Rule.ChgOcp, Rule.DsgOcp, Rule.ChgFet, Rule.DsgFet, Rule.Shunt];
    rules.forEach((rule, i) => trip(bms, rule, -40000 - 10 * i));
    move(bms.guard, Rule.AfeResets, 0, 4, -1);
    while (noteRules(bms.storage, bms.guard, bms.pack));
    const { guard, pack } = memory.start();
    expect(pack.protections).toBe(Protection.Scp | Protection.ChgOcp | Protection.DsgOcp);
    expect(pack.faults).toBe(Fault.ChgFet | Fault.DsgFet | Fault.Shunt | Fault.AfeResets);
    expect([...guard.bits]).toEqual([0, pack.protections, pack.faults, 0]);
    expect(rules.map((rule) => guard.value[rule])).toEqual([-40000, -40010, -40020, -40030, -40040, -40050]);
  });

  it('S7 is stored before anything else of its moment, so that half a second is enough', () => {
    const memory = new Memory();
    const bms = memory.start();
    for (const rule of [Rule.PackUv, Rule.CellUv, Rule.LowSoc]) move(bms.guard, rule, 0, 0, -1);
    trip(bms, Rule.Scp);
    expect(memory.start().pack.protections).toBe(Protection.Scp);
  });

  it.each([
    ['over-voltage', Rule.CellOvp],
    ['under-voltage', Rule.PackUvp],
    ['temperature', Rule.DsgOtp],
  ])('S3 S6 S9 %s: a protection waits for its release, not for its limit', (_, rule) => {
    const memory = new Memory();
    trip(memory.start(), rule);
    const { guard, pack, est, storage } = memory.start();
    expect(pack.protections).toBe(1 << (rule & 15));
    expect(follow(guard, rule, true, 0, 0, -1)).toBe(true);
    noteRules(storage, guard, pack);
    expect(memory.start().pack.protections).toBe(0);
    expect(est.protections).toBe(1 << (rule & 15)); // no end of the charge has been reached by restarting
  });

  it('what only a measurement can tell is measured anew', () => {
    const memory = new Memory();
    const bms = memory.start();
    for (const rule of [Rule.AfeTrip, Rule.AfeLost, Rule.Implausible, Rule.NtcFault, Rule.Crash, Rule.CellOv])
      trip(bms, rule);
    while (noteRules(bms.storage, bms.guard, bms.pack));
    second(bms);
    expect(memory.start().pack).toMatchObject({ protections: 0, faults: 0, alarms: 0 });
  });

  it('is not logged or counted once more', () => {
    const memory = new Memory();
    const bms = memory.start();
    trip(bms, Rule.Scp);
    while (noteRules(bms.storage, bms.guard, bms.pack));
    second(bms);
    const after = memory.start();
    expect(noteRules(after.storage, after.guard, after.pack)).toBe(false);
    expect([after.storage.counts[Counter.Scp], eventsOf(after.storage).length]).toEqual([1, 1]);
  });

  it('S7 S11 RST, service or host end locks and latched faults, not a short circuit that the AFE still reports', () => {
    const memory = new Memory();
    const bms = memory.start();
    for (const rule of [Rule.Scp, Rule.DsgOcp, Rule.ChgFet, Rule.DsgFet, Rule.AfeResets, Rule.NtcFault])
      trip(bms, rule);
    while (noteRules(bms.storage, bms.guard, bms.pack));
    bms.guard.trips.set([10, 10, 10]);
    bms.guard.settled = 31;
    bms.guard.afeTrips = AfeTrip.ShortCircuit; // it is still there
    expect(unlatch(bms.storage, bms.guard, bms.pack)).toBe(true);
    expect([[...bms.guard.trips], bms.guard.bits[2], bms.guard.settled]).toEqual([[0, 0, 0], Fault.NtcFault, 0]);
    const { guard, pack } = memory.start();
    expect([[...guard.trips], pack.protections, pack.faults]).toEqual([
      [0, 0, 0],
      Protection.Scp | Protection.DsgOcp,
      0,
    ]);
    while (noteRules(bms.storage, bms.guard, bms.pack));
    const [newest, ...older] = eventsOf(bms.storage);
    expect([newest?.what, newest?.set]).toEqual([Rule.AfeResets, false]);
    const who = older.find((event) => event?.what === 99);
    expect([who?.set, who?.value]).toEqual([true, Fault.ChgFet | Fault.DsgFet | Fault.AfeResets]);
  });

  it('S14 a memory that has gone takes no latch away, and says so', () => {
    const memory = new Memory();
    const bms = memory.start();
    memory.bus.faults.unplugged = true;
    trip(bms, Rule.Scp);
    expect([bms.guard.bits[1], bms.storage.problems & Problem.Lost]).toEqual([Protection.Scp, Problem.Lost]);
    memory.bus.faults.unplugged = false;
    for (let s = 0; s < 61; s++) {
      bms.storage.holdOff--;
      second(bms);
    }
    expect(memory.start().pack.protections).toBe(Protection.Scp);
  });
});

describe('switches of the host', () => {
  it.each([
    [0, true],
    [HostOff.Chg, false],
    [HostOff.Dsg, false],
    [HostOff.Chg | HostOff.Dsg, true],
  ])('S36 paths off %i, lock %s: survive at once when stored by command, else within a second', (hostOff, locked) => {
    for (const store of [(bms: Running) => saveRecords(bms.storage, bms.guard, bms.pack), second]) {
      const memory = new Memory();
      const bms = memory.start();
      Object.assign(bms.pack, { hostOff, locked });
      store(bms);
      expect(memory.start().pack).toMatchObject({ hostOff, locked });
      Object.assign(bms.pack, { hostOff: 0, locked: false });
      store(bms);
      expect(memory.start().pack).toMatchObject({ hostOff: 0, locked: false });
    }
  });

  it('S36 a lock that the memory does not keep is not reported as kept', () => {
    const memory = new Memory();
    const { storage, guard, pack } = memory.start();
    memory.bus.faults.unplugged = true;
    pack.locked = true;
    expect(saveRecords(storage, guard, pack)).toBe(false);
  });
});

describe('records of the first layout (S40)', () => {
  /** Counters, starts and trips (half-words), events cleared: 24 bytes. */
  const FIRST = new Uint16Array([1, 2, 3, 4, 5, 77, 3, 9, 10, 0, 0x1234, 0x0001]);

  it('keep counters, trips and starts; nothing is latched', () => {
    const memory = new Memory();
    for (let slot = 0; slot < 2; slot++) memory.writeSlot(RECORDS_AT + slot * SLOT, 500, 1, FIRST);
    const { storage, guard, pack } = memory.start();
    expect([...storage.counts.subarray(0, 6)]).toEqual([1, 2, 3, 4, 5, 78]);
    expect([[...guard.trips], pack.protections, pack.faults, pack.locked, pack.hostOff]).toEqual([
      [3, 9, 10],
      0,
      0,
      false,
      0,
    ]);
    expect(storage.problems & Problem.State).toBe(0);
    const slots = [0, 1].map((slot) => Buffer.from(memory.chip.memory).subarray(RECORDS_AT + slot * SLOT));
    expect(slots.map((slot) => [slot.readUInt32LE(4), slot.readUInt16LE(8), slot.readUInt16LE(10)])).toEqual([
      [501, 2, 52],
      [501, 2, 52],
    ]);
    expect(memory.start().storage.counts[Records.Boots]).toBe(79);
  });

  it('keep the end of the cleared log', () => {
    const memory = new Memory();
    const bms = memory.start();
    for (let i = 0; i < 20; i++) trip(bms, Rule.CellOv, i);
    const old = FIRST.slice();
    old.set([15, 0], 10);
    for (let slot = 0; slot < 2; slot++) memory.writeSlot(RECORDS_AT + slot * SLOT, 500, 1, old);
    expect(eventsOf(memory.start().storage).map((event) => event?.value)).toEqual([19, 18, 17, 16, 15]);
  });
});

describe('a damaged copy (hardware.md 9, row 27)', () => {
  const COPIES: [string, number, number][] = [
    ['parameters', 0, 1 << 0],
    ['charge', 0x0800, 1 << 16],
    ['records', 0x0a80, 1 << 21],
    ['slow values', 0x0b00, 1 << 22],
  ];

  function used(): Memory {
    const memory = new Memory();
    const bms = memory.start();
    trip(bms, Rule.CellOv);
    second(bms);
    return memory;
  }

  it.each(COPIES)('of the %s is passed over and logged once', (_, at, bit) => {
    const memory = used();
    const slots = at === 0 ? [0, 1024] : at === 0x0800 ? [0] : [0, SLOT];
    for (const slot of slots) {
      if (at === 0x0800) memory.writeSlot(at + 3 * 128, 3, 1, new Uint8Array(52));
      memory.chip.memory[at + slot + 12]! ^= 16;
      if (at === 0x0800) memory.chip.memory[at + 4]! ^= 1; // never blank
      const { storage, guard, pack } = memory.start();
      while (noteRules(storage, guard, pack));
      const [newest] = eventsOf(storage);
      expect([newest?.what, newest?.set, newest?.value]).toEqual([98, true, bit]);
      expect(noteRules(storage, guard, pack)).toBe(false);
      second({ storage, guard, pack, est: memory.start().est } as Running);
    }
  });

  it('of records and slow values is whole again with the next start', () => {
    for (const at of [0x0a80, 0x0b00]) {
      const memory = used();
      memory.chip.memory[at + 20]! ^= 1;
      second(memory.start());
      const { storage } = memory.start();
      expect(storage.torn).toBe(0);
    }
  });

  it('both lost are defaults and an alarm', () => {
    for (const at of [0x0a80, 0x0b00]) {
      const memory = used();
      memory.chip.memory.fill(0x5a, at, at + 2 * SLOT);
      expect(memory.start().storage.problems & Problem.State).toBe(Problem.State);
    }
  });
});
