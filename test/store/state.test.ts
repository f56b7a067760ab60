import { describe, expect, it } from 'vitest';
import { createEstimator } from '../../src/bms/estimate';
import { createGuard } from '../../src/bms/guard';
import { createPack } from '../../src/bms/pack';
import { logEvent } from '../../src/store/log';
import { defaultParams } from '../../src/bms/params';
import { loadState, saveChanges, saveState } from '../../src/store/state';
import { createStorage, Problem, setClock, stamp } from '../../src/store/storage';
import { Memory } from './memory';

const SCP = 22;
const OVP = 16;

/** A pack after years, with a fast and a slow save. */
function lived(memory: Memory) {
  const bms = memory.start();
  Object.assign(bms.pack, { remainingMas: 200000000, fullMas: 350000000, cycles: 1234, sinceFullS: 86400 });
  Object.assign(bms.pack, { chargedMas: 5.1e11, dischargedMas: 4.9e11, chargedJ: 2.6e10, dischargedJ: 2.5e10 });
  Object.assign(bms.est, {
    known: true,
    chargeMas: 200000100,
    offsetMa: 42,
    varCharge: 2 ** 42,
    varOffset: 100,
    cov: -7,
  });
  Object.assign(bms.est, { referenceMas: 5000, anchor: 2, sinceMas: -777, sinceS: 3600, full: false, empty: true });
  Object.assign(bms.est, { cycleMas: 99, countedMas: -123456, countedSeconds: 7200 });
  saveState(bms.storage, bms.pack, bms.est, 1000, false);
  saveChanges(bms.storage, bms.pack, bms.est, bms.guard);
  return bms;
}

describe('state of charge over a restart (S13, S40)', () => {
  it('comes back with capacity, counters, energy and what the estimator has learned', () => {
    const memory = new Memory();
    const before = lived(memory);
    const after = memory.start();
    expect(after.known).toBe(true);
    expect(after.pack).toEqual(before.pack);
    const { countedMas: _, countedSeconds: __, ...learned } = before.est;
    expect(after.est).toMatchObject(learned);
    expect(after.est.countedSeconds).toBe(-1);
    expect(after.storage.problems).toBe(0);
  });

  it('goes on with the counter of an AFE that has not been reset', () => {
    const memory = new Memory();
    lived(memory);
    expect(memory.start({ warm: true }).est).toMatchObject({ countedMas: -123456, countedSeconds: 7200 });
  });

  it('loses nothing of the charge that a second has brought', () => {
    const memory = new Memory();
    const bms = lived(memory);
    bms.pack.remainingMas += 100000;
    bms.pack.cycles++;
    saveState(bms.storage, bms.pack, bms.est, 2000, false);
    expect(memory.start().pack).toMatchObject({ remainingMas: 200100000, cycles: 1235, fullMas: 350000000 });
  });

  it('stores a newly learned capacity with the next look, others once a minute', () => {
    const memory = new Memory();
    const bms = lived(memory);
    bms.est.offsetMa = 50;
    saveChanges(bms.storage, bms.pack, bms.est, bms.guard);
    expect(memory.start().est.offsetMa).toBe(42);
    bms.pack.fullMas = 340000000;
    saveChanges(bms.storage, bms.pack, bms.est, bms.guard);
    expect(memory.start().pack.fullMas).toBe(340000000);
    bms.est.offsetMa = 51;
    for (let i = 0; i < 60; i++) saveChanges(bms.storage, bms.pack, bms.est, bms.guard);
    expect(memory.start().est.offsetMa).toBe(51);
  });

  it('knows whether the BMS was switched off or cut off', () => {
    const memory = new Memory();
    const bms = lived(memory);
    expect(memory.start().storage.clean).toBe(false);
    saveState(bms.storage, bms.pack, bms.est, 3000, true);
    expect(memory.start().storage.clean).toBe(true);
    saveState(bms.storage, bms.pack, bms.est, 3000, false);
    expect(memory.start().storage.clean).toBe(false);
  });

  it('S14 a charge that was never known is not known after the restart, and a fault that stood is told', () => {
    const memory = new Memory();
    const bms = lived(memory);
    bms.est.known = false;
    bms.pack.faults = 8;
    saveState(bms.storage, bms.pack, bms.est, 3000, false);
    const { est, storage } = memory.start();
    expect([est.known, storage.wasFaulty]).toEqual([false, true]);
    expect([memory.start().est.known, memory.start().pack.faults]).toEqual([false, 0]);
    bms.est.known = true;
    bms.pack.faults = 0;
    saveState(bms.storage, bms.pack, bms.est, 4000, false);
    expect([memory.start().est.known, memory.start().storage.wasFaulty]).toEqual([true, false]);
  });

  it('keeps the trip counters of the locks (S2, S5, S7)', () => {
    const memory = new Memory();
    const bms = lived(memory);
    bms.guard.trips.set([3, 0, 10]);
    logEvent(bms.storage, bms.pack, SCP, true, -1, 0, 5000);
    saveChanges(bms.storage, bms.pack, bms.est, bms.guard);
    expect([...memory.start().guard.trips]).toEqual([3, 0, 10]);
  });

  it('counts starts, and stamps with them until there is a clock', () => {
    const memory = new Memory();
    lived(memory);
    memory.start();
    const { storage } = memory.start();
    expect(stamp(storage, 61999)).toBe(2 ** 31 + 3 * 2 ** 23 + 61);
    setClock(storage, 800000000, 61999);
    expect(stamp(storage, 71999)).toBe(800000010);
    setClock(storage, -1, 80000);
    expect(stamp(storage, 81000)).toBe(2 ** 31 + 3 * 2 ** 23 + 81);
  });
});

describe('a memory that does not work', () => {
  function without(store: Memory['store'] | null) {
    const storage = createStorage(store);
    const pack = createPack();
    const est = createEstimator();
    const known = loadState(storage, pack, defaultParams(), est, createGuard(), false);
    return { storage, pack, est, known };
  }

  it('is reported when there is none', () => {
    const { storage, known } = without(null);
    expect([storage.problems, known]).toEqual([Problem.Missing, false]);
  });

  it.each([
    ['ignores everything and reads 0xFF', (memory: Memory) => (memory.bus.faults.unplugged = true)],
    ['has lost its supply', (memory: Memory) => (memory.chip.bytesUntilPowerCut = 0)],
  ])('is reported when it %s, and the BMS runs on defaults', (_, hurt) => {
    const memory = new Memory();
    hurt(memory);
    const { storage, pack, est, known } = without(memory.store);
    expect([storage.problems, known, est.known]).toEqual([Problem.Missing, false, false]);
    expect(pack).toEqual(createPack());
    saveState(storage, pack, est, 1000, false);
    logEvent(storage, pack, OVP, true, 3, 3701, 1000);
    expect(storage.problems).toBe(Problem.Missing);
  });

  it('is reported when the bus throws', () => {
    const broken = (): never => {
      throw new Error('bus');
    };
    expect(without({ size: 32768, read: broken, write: broken }).storage.problems).toBe(Problem.Missing);
  });

  it.each([0, 0xff])('is reported once when it is new (all bytes %i)', (fill) => {
    const memory = new Memory(new Uint8Array(32768).fill(fill));
    const bms = memory.start();
    expect([bms.storage.problems, bms.known]).toEqual([Problem.Blank, false]);
    saveState(bms.storage, bms.pack, bms.est, 1000, false);
    expect(memory.start().storage.problems).toBe(0);
  });

  it('is found lost within 16 s while it runs, left alone for a minute, and taken back', () => {
    const memory = new Memory();
    lived(memory);
    const bms = memory.start();
    const save = (): void => saveState(bms.storage, bms.pack, bms.est, 1000, false);
    memory.bus.faults.unplugged = true;
    for (let i = 0; i < 16; i++) save();
    expect(bms.storage.problems).toBe(Problem.Lost);
    memory.bus.faults.unplugged = false;
    for (let i = 0; i < 58; i++) save();
    expect(bms.storage.problems).toBe(Problem.Lost);
    for (let i = 0; i < 3; i++) save();
    expect(bms.storage.problems).toBe(0);
  });

  it('never touches the last 128 bytes', () => {
    const memory = new Memory();
    const bms = lived(memory);
    for (let i = 0; i < 600; i++) logEvent(bms.storage, bms.pack, OVP, true, 0, i, i);
    saveState(bms.storage, bms.pack, bms.est, 1000, true);
    expect(memory.chip.memory.subarray(32768 - 128).every((byte) => byte === 0)).toBe(true);
  });
});
