import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultParams, P } from '../../src/bms/params';
import { Problem } from '../../src/store/storage';
import { loadCalibration, saveCalibration, saveValues } from '../../src/store/values';
import { Memory } from './memory';

const PARAMS = 0;
const SLOT = 1024;
/** Parameters that the first layout had, and the version of the present one. */
const FIRST = 56;
const VERSION = 2;
const FACTORY = [...defaultParams()];

function changed(values: Partial<Record<P, number>>): Int32Array {
  const params = defaultParams();
  for (const [index, value] of Object.entries(values)) params[Number(index)] = value;
  return params;
}

function load(memory: Memory) {
  const { storage, params } = memory.start();
  return { params: [...params], problem: (storage.problems & Problem.Params) !== 0, storage };
}

/** Parameters as some firmware wrote them, in both slots. */
function written(values: ArrayLike<number>, version: number): Memory {
  const memory = new Memory();
  memory.start();
  for (let slot = 0; slot < 2; slot++) memory.writeSlot(slot * SLOT, 9, version, new Int32Array(Array.from(values)));
  return memory;
}

describe('parameters (S40)', () => {
  it('come back as they were saved, whatever they are, in both slots', () => {
    const memory = new Memory();
    const { storage } = memory.start();
    const oneChanged = fc.record({
      soc: fc.integer({ min: 0, max: 300 }),
      full: fc.integer({ min: 54400, max: 57600 }),
    });
    fc.assert(
      fc.property(oneChanged, fc.constantFrom(0, SLOT), ({ soc, full }, slot) => {
        const values = changed({ [P.LowSoc]: soc, [P.FullMv]: full });
        expect(saveValues(storage, PARAMS, values)).toBe(true);
        const half = new Memory(memory.chip.memory);
        half.chip.memory.fill(0x5a, slot, slot + SLOT);
        for (const each of [memory, half]) expect(load(each)).toMatchObject({ params: [...values], problem: false });
      }),
      { numRuns: 30 },
    );
  });

  it('are the factory values in a new memory, which then holds them', () => {
    const memory = new Memory();
    expect(load(memory)).toMatchObject({ params: FACTORY, problem: false });
    expect(memory.chip.memory.subarray(SLOT, 2 * SLOT)).toEqual(memory.chip.memory.subarray(0, SLOT));
    expect(load(memory)).toMatchObject({ params: FACTORY, problem: false });
  });

  it('of the first layout are kept; those added since start at their factory values and are stored with them', () => {
    const old = changed({ [P.LowSoc]: 77 }).subarray(0, FIRST);
    const memory = written(old, 1);
    const expected = [...old, ...FACTORY.slice(FIRST)];
    expect(load(memory)).toMatchObject({ params: expected, problem: false });
    const { buffer } = memory.chip.memory;
    for (const at of [0, SLOT]) expect([...new Int32Array(buffer, at + 12, P.Count)]).toEqual(expected);
    expect(new Uint16Array(buffer, 8, 2)).toEqual(new Uint16Array([VERSION, P.Count * 4]));
  });

  it('of a newer firmware are not understood, and not destroyed', () => {
    const memory = written([...FACTORY, 1, 2, 3], 99);
    const before = memory.chip.memory.slice(0, 2 * SLOT);
    expect(load(memory)).toMatchObject({ params: FACTORY, problem: true });
    expect(memory.chip.memory.slice(0, 2 * SLOT)).toEqual(before);
  });

  it('that the check refuses are not taken, and the alarm stays until good ones are saved', () => {
    const memory = written(changed({ [P.CellOvp]: 9999 }), VERSION);
    load(memory);
    const { storage, ...again } = load(memory);
    expect(again).toEqual({ params: FACTORY, problem: true });
    expect(saveValues(storage, PARAMS, defaultParams())).toBe(true);
    expect(storage.problems & Problem.Params).toBe(0);
    expect(load(memory)).toMatchObject({ params: FACTORY, problem: false });
  });

  it('survive the loss of either slot, and are then in both again', () => {
    for (const slot of [0, SLOT]) {
      const memory = new Memory();
      saveValues(memory.start().storage, PARAMS, changed({ [P.LowSoc]: 66 }));
      memory.chip.memory.fill(0x5a, slot, slot + 28);
      expect(load(memory).params[P.LowSoc]).toBe(66);
      memory.chip.memory.fill(0x5a, SLOT - slot, SLOT - slot + 28);
      expect(load(memory)).toMatchObject({ params: [...changed({ [P.LowSoc]: 66 })], problem: false });
    }
  });

  it('lost in both slots are replaced by the factory values, with an alarm', () => {
    const memory = new Memory();
    saveValues(memory.start().storage, PARAMS, changed({ [P.LowSoc]: 66 }));
    memory.chip.memory.fill(0x5a, 0, 2 * SLOT);
    expect(load(memory)).toMatchObject({ params: FACTORY, problem: true });
    expect(load(memory)).toMatchObject({ params: FACTORY, problem: true });
  });

  it('that the memory does not keep are not reported as saved, and the memory is', () => {
    const memory = new Memory();
    const { storage } = memory.start();
    memory.bus.faults.unplugged = true;
    expect(saveValues(storage, PARAMS, defaultParams())).toBe(false);
    expect(storage.problems & Problem.Lost).not.toBe(0);
  });

  it('say what the pack is made of (S1)', () => {
    const memory = new Memory();
    saveValues(memory.start().storage, PARAMS, changed({ [P.DesignMah]: 280000 }));
    expect(memory.start().pack).toMatchObject({ designMas: 280000 * 3600, fullMas: 280000 * 3600 });
  });
});

describe('calibration', () => {
  it('comes back, apart from the parameters', () => {
    const memory = new Memory();
    const { storage } = memory.start();
    expect([...loadCalibration(storage)]).toEqual([0, 1000000]);
    expect(saveCalibration(storage, new Int32Array([-150, 1002500]))).toBe(true);
    saveValues(storage, PARAMS, defaultParams());
    expect([...loadCalibration(memory.start().storage)]).toEqual([-150, 1002500]);
  });

  it('out of range is neither stored nor taken', () => {
    const memory = new Memory();
    const { storage } = memory.start();
    expect(saveCalibration(storage, new Int32Array([2001, 1000000]))).toBe(false);
    expect(saveCalibration(storage, new Int32Array([0, 949999]))).toBe(false);
    expect(saveCalibration(storage, new Int32Array([-2000, 1050000]))).toBe(true);
    memory.writeSlot(0x0a00, 90, 1, new Int32Array([2001, 1000000]));
    const next = memory.start();
    expect([...loadCalibration(next.storage)]).toEqual([0, 1000000]);
    expect(next.storage.problems & Problem.Calibration).not.toBe(0);
  });

  it('damaged in both slots is no calibration, with an alarm until it is done again', () => {
    const memory = new Memory();
    saveCalibration(memory.start().storage, new Int32Array([-150, 1002500]));
    memory.chip.memory.fill(0x5a, 0x0a00, 0x0a80);
    const { storage } = memory.start();
    expect([...loadCalibration(storage)]).toEqual([0, 1000000]);
    expect(storage.problems & Problem.Calibration).not.toBe(0);
    expect(saveCalibration(storage, new Int32Array([1, 1000000]))).toBe(true);
    expect(storage.problems & Problem.Calibration).toBe(0);
  });
});
