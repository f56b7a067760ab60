import { describe, expect, it } from 'vitest';
import {
  clearCounters,
  clearEvents,
  createLogEntry,
  eventCount,
  Flag,
  logEvent,
  PROGRAM_EVENT,
  readEvent,
} from '../../src/store/log';
import { noteRules } from '../../src/store/journal';
import { saveChanges, saveState } from '../../src/store/state';
import { Counter, setClock } from '../../src/store/storage';
import { Memory, type Running } from './memory';

const CELL_OVP = 16;
const LOG_AT = 0x0b80;
const BYTES = 58;

function values(bms: Running): number[] {
  const entry = createLogEntry();
  const found: number[] = [];
  for (let n = 0; n < eventCount(bms.storage); n++) found.push(readEvent(bms.storage, n, entry) ? entry.value : NaN);
  return found;
}

function note(bms: Running, value: number, nowMs = value * 1000): void {
  logEvent(bms.storage, bms.pack, CELL_OVP, true, 7, value, nowMs);
}

describe('event log (S29)', () => {
  it('keeps an event with the pack as it was', () => {
    const bms = new Memory().start();
    setClock(bms.storage, 800000000, 0);
    bms.pack.cellMv.set([
      3300, 3310, 3320, 3330, 3340, 3350, 3360, 3701, 3500, 3500, 3500, 3500, 3500, 3500, 3500, 3500,
    ]);
    bms.pack.tempDeciC.set([-204, 0, 253, 257, 1201, -396]);
    Object.assign(bms.pack, { tempValid: 0x2f, chgFetOn: true, chargerPresent: true, mode: 1, currentMa: -130120 });
    Object.assign(bms.pack, { remainingMas: 180000000, fullMas: 360000000, cycles: 777 });
    Object.assign(bms.pack, { alarms: 0x8001, protections: 0x4001, faults: 8 });
    logEvent(bms.storage, bms.pack, CELL_OVP, true, 7, 3701, 12345);
    const entry = createLogEntry();
    expect(readEvent(bms.storage, 0, entry)).toBe(true);
    expect(entry).toMatchObject({ number: 0, what: CELL_OVP, set: true, index: 7, value: 3701 });
    expect(entry).toMatchObject({ timeS: 800000012, boot: -1, currentMa: -130120, cycles: 777 });
    expect(entry).toMatchObject({
      remainingMah: 50000,
      fullMah: 100000,
      alarms: 0x8001,
      protections: 0x4001,
      faults: 8,
    });
    expect(entry.flags).toBe(0x2f | Flag.ChgFet | Flag.Charger | Flag.Mode);
    expect([...entry.tempDeciC]).toEqual([-200, 0, 250, 260, 1200, -400]);
    bms.pack.cellMv.forEach((mv, i) => expect(Math.abs(entry.cellMv[i]! - mv)).toBeLessThan(2));
  });

  it.each([
    [3300, 0],
    [3100, 255],
    [0, 255],
    [-20, 100],
    [32512, 255],
  ])('keeps every mV of cells from %i, spread %i', (low, spread) => {
    const bms = new Memory().start();
    bms.pack.cellMv.set(Array.from({ length: 16 }, (_, i) => low + Math.floor((spread * i) / 15)));
    note(bms, 1);
    const entry = createLogEntry();
    readEvent(bms.storage, 0, entry);
    expect([...entry.cellMv]).toEqual([...bms.pack.cellMv]);
  });

  it('keeps a broken cell wire to within a 255th of the spread', () => {
    const bms = new Memory().start();
    bms.pack.cellMv.fill(3301)[4] = 12;
    note(bms, 1);
    const entry = createLogEntry();
    readEvent(bms.storage, 0, entry);
    expect(entry.cellMv[4]).toBe(12);
    expect(Math.abs(entry.cellMv[5]! - 3301)).toBeLessThanOrEqual(13);
  });

  it("keeps sets and clears, no index, negative values and the program's own events", () => {
    const bms = new Memory().start();
    const entry = createLogEntry();
    logEvent(bms.storage, bms.pack, PROGRAM_EVENT + 4, false, -1, -2147483648, 90061000);
    readEvent(bms.storage, 0, entry);
    expect(entry).toMatchObject({ what: 68, set: false, index: -1, value: -2147483648, boot: 1, timeS: 90061 });
  });

  it('reads newest first, over a restart, with at least 500 of them', () => {
    const memory = new Memory();
    const bms = memory.start();
    for (let i = 0; i < 1300; i++) {
      note(bms, i);
      if (i % 10 === 0) saveState(bms.storage, bms.pack, bms.est, i * 1000, false);
    }
    const newest = Array.from({ length: 512 }, (_, i) => 1299 - i);
    expect(values(bms)).toEqual(newest);
    const after = memory.start();
    expect(values(after)).toEqual(newest);
    note(after, 5000);
    expect(values(memory.start())).toEqual([5000, ...newest.slice(0, 511)]);
    expect(readEvent(after.storage, 512, createLogEntry())).toBe(false);
  });

  it('finds its end even when every state is lost', () => {
    const memory = new Memory();
    const bms = memory.start();
    for (let i = 0; i < 700; i++) note(bms, i);
    memory.chip.memory.fill(0x5a, 0x0800, 0x0a00);
    expect(values(memory.start()).slice(0, 3)).toEqual([699, 698, 697]);
  });

  it('loses a damaged event and no other', () => {
    const memory = new Memory();
    const bms = memory.start();
    for (let i = 0; i < 20; i++) note(bms, i);
    for (let bit = 0; bit < BYTES * 8; bit++) {
      const at = LOG_AT + 15 * BYTES + (bit >> 3);
      memory.chip.memory[at]! ^= 1 << (bit & 7);
      if (bit % 58 === 0)
        expect(values(memory.start())).toEqual([19, 18, 17, 16, NaN, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
      expect(readEvent(bms.storage, 4, createLogEntry())).toBe(false);
      memory.chip.memory[at]! ^= 1 << (bit & 7);
    }
  });

  it('can be cleared, for good', () => {
    const memory = new Memory();
    const bms = memory.start();
    for (let i = 0; i < 20; i++) note(bms, i);
    clearEvents(bms.storage);
    expect(values(bms)).toEqual([]);
    saveChanges(bms.storage, bms.pack, bms.est, bms.guard);
    saveState(bms.storage, bms.pack, bms.est, 0, false);
    expect(values(memory.start())).toEqual([]);
    note(bms, 77);
    expect(values(memory.start())).toEqual([77]);
  });
});

describe('record counters (S26, S29)', () => {
  it('count what the LCD shows, protections only, and survive', () => {
    const memory = new Memory();
    const bms = memory.start();
    const once = [16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 0, 9, 32, 35, 64];
    for (const what of once) {
      logEvent(bms.storage, bms.pack, what, true, -1, 0, 0);
      logEvent(bms.storage, bms.pack, what, false, -1, 0, 0);
    }
    saveChanges(bms.storage, bms.pack, bms.est, bms.guard);
    const { counts } = memory.start().storage;
    expect([Counter.Scp, Counter.Temperature, Counter.Ocp, Counter.Uvp, Counter.Ovp].map((i) => counts[i])).toEqual([
      1, 7, 2, 2, 2,
    ]);
    clearCounters(bms.storage);
    saveChanges(bms.storage, bms.pack, bms.est, bms.guard);
    expect([...memory.start().storage.counts.subarray(0, 6)]).toEqual([0, 0, 0, 0, 0, 2]);
  });
});

describe('changes of rules', () => {
  const seen = (bms: Running): unknown[] => {
    const entry = createLogEntry();
    const found: unknown[] = [];
    for (let n = eventCount(bms.storage) - 1; n >= 0; n--) {
      readEvent(bms.storage, n, entry);
      found.push([entry.what, entry.set, entry.index, entry.value, entry.timeS]);
    }
    return found;
  };

  function change(bms: Running, rule: number, index: number, value: number, atMs: number): void {
    const { guard } = bms;
    guard.bits[rule >> 4]! ^= 1 << (rule & 15);
    guard.index[rule] = index;
    guard.value[rule] = value;
    guard.nowMs = atMs;
    guard.nowCs = guard.sinceCs[rule] = atMs / 10;
  }

  it('are logged once each, with cause and time, what opens a path first', () => {
    const bms = new Memory().start();
    change(bms, 0, 3, 3605, 5000);
    change(bms, 16, 3, 3701, 6000);
    change(bms, 31, -1, 1, 6000);
    change(bms, 39, -1, 9, 7000);
    const more: boolean[] = [];
    for (let i = 0; i < 6; i++) more.push(noteRules(bms.storage, bms.guard, bms.pack));
    expect(more).toEqual([true, true, true, true, true, false]); // first the latches

    change(bms, 16, 4, 3379, 9000);
    while (noteRules(bms.storage, bms.guard, bms.pack));
    expect(seen(bms)).toEqual([
      [16, true, 3, 3701, 6],
      [31, true, -1, 1, 6],
      [39, true, -1, 9, 7],
      [0, true, 3, 3605, 5],
      [16, false, 4, 3379, 9],
    ]);
  });
});
