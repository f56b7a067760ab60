import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBlock, isStored, saveAll } from '../../src/store/block';
import { Problem } from '../../src/store/storage';
import { defaultCalibration, loadCalibration, loadParams, saveCalibration, saveParams } from '../../src/store/values';
import { Memory } from './memory';

const FACTORY = [3600, 3700, -50, 2000000000];
const anything = (): boolean => true;

/** Parameters as some firmware wrote them. */
function written(memory: Memory, values: number[], version: number): void {
  const block = createBlock(0, 1024, 2, version, values.length * 4);
  new Int32Array(block.bytes.buffer, 12).set(values);
  saveAll(memory.store, block);
  expect(isStored(memory.store, block)).toBe(true);
}

function load(memory: Memory, accepts: (params: Int32Array) => boolean = anything, factory = FACTORY) {
  const { storage } = memory.start();
  const params = new Int32Array(factory);
  const loaded = loadParams(storage, params, accepts);
  return { loaded, params: [...params], problem: (storage.problems & Problem.Params) !== 0, storage };
}

describe('parameters (S40)', () => {
  it('come back as they were saved, whatever they are', () => {
    const memory = new Memory();
    const { storage } = memory.start();
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 253 }), (values) => {
        expect(saveParams(storage, new Int32Array(values))).toBe(true);
        expect(
          load(
            memory,
            anything,
            values.map(() => 0),
          ),
        ).toMatchObject({ loaded: true, params: values, problem: false });
      }),
      { numRuns: 50 },
    );
  });

  it('are the factory values in a new memory, which then holds them', () => {
    const memory = new Memory();
    expect(load(memory)).toMatchObject({ loaded: false, params: FACTORY, problem: false });
    expect(load(memory)).toMatchObject({ loaded: true, params: FACTORY, problem: false });
  });

  it('of an older firmware are kept, and new ones start at their factory values', () => {
    const memory = new Memory();
    written(memory, [3555, 3655], 0);
    expect(load(memory)).toMatchObject({ loaded: true, params: [3555, 3655, -50, 2000000000], problem: false });
    expect(load(memory)).toMatchObject({ loaded: true, params: [3555, 3655, -50, 2000000000] });
  });

  it('of a newer firmware are not understood, and not destroyed', () => {
    const memory = new Memory();
    written(memory, [1, 2, 3, 4, 5], 99);
    const before = memory.chip.memory.slice(0, 2048);
    expect(load(memory)).toMatchObject({ loaded: false, params: FACTORY, problem: true });
    expect(memory.chip.memory.slice(0, 2048)).toEqual(before);
  });

  it('that the check refuses are not taken, and the alarm stays until good ones are saved', () => {
    const memory = new Memory();
    written(memory, [9999, 1, 2, 3], 1);
    const below = (params: Int32Array): boolean => params[0]! < 5000;
    load(memory, below);
    const { storage, ...again } = load(memory, below);
    expect(again).toMatchObject({ loaded: false, params: FACTORY, problem: true });
    expect(saveParams(storage, new Int32Array(FACTORY))).toBe(true);
    expect(storage.problems & Problem.Params).toBe(0);
    expect(load(memory, below)).toMatchObject({ loaded: true, params: FACTORY, problem: false });
  });

  it('survive the loss of either slot, and are then in both again', () => {
    for (const slot of [0, 1024]) {
      const memory = new Memory();
      saveParams(memory.start().storage, new Int32Array([1, 2, 3, 4]));
      memory.chip.memory.fill(0x5a, slot, slot + 28);
      expect(load(memory)).toMatchObject({ loaded: true, params: [1, 2, 3, 4], problem: false });
      memory.chip.memory.fill(0x5a, 1024 - slot, 1024 - slot + 28);
      expect(load(memory)).toMatchObject({ loaded: true, params: [1, 2, 3, 4], problem: false });
    }
  });

  it('lost in both slots are replaced by the factory values, with an alarm', () => {
    const memory = new Memory();
    saveParams(memory.start().storage, new Int32Array([1, 2, 3, 4]));
    memory.chip.memory.fill(0x5a, 0, 2048);
    expect(load(memory)).toMatchObject({ loaded: false, params: FACTORY, problem: true });
    expect(load(memory)).toMatchObject({ loaded: false, params: FACTORY, problem: true });
  });

  it('that the memory does not keep are not reported as saved', () => {
    const memory = new Memory();
    const { storage } = memory.start();
    memory.bus.faults.unplugged = true;
    expect(saveParams(storage, new Int32Array(FACTORY))).toBe(false);
  });
});

describe('calibration', () => {
  it('comes back, apart from the parameters', () => {
    const memory = new Memory();
    const { storage } = memory.start();
    expect(saveCalibration(storage, new Int32Array([-150, 1002500]))).toBe(true);
    saveParams(storage, new Int32Array(FACTORY));
    const values = defaultCalibration();
    expect(loadCalibration(memory.start().storage, values)).toBe(true);
    expect([...values]).toEqual([-150, 1002500]);
  });

  it('out of range is neither stored nor taken', () => {
    const memory = new Memory();
    const { storage } = memory.start();
    expect(saveCalibration(storage, new Int32Array([2001, 1000000]))).toBe(false);
    expect(saveCalibration(storage, new Int32Array([0, 949999]))).toBe(false);
    expect(saveCalibration(storage, new Int32Array([-2000, 1050000]))).toBe(true);
  });

  it('damaged in both slots is no calibration, with an alarm', () => {
    const memory = new Memory();
    saveCalibration(memory.start().storage, new Int32Array([-150, 1002500]));
    memory.chip.memory.fill(0x5a, 0x0a00, 0x0a80);
    const { storage } = memory.start();
    const values = defaultCalibration();
    expect(loadCalibration(storage, values)).toBe(false);
    expect([...values]).toEqual([0, 1000000]);
    expect(storage.problems & Problem.Calibration).not.toBe(0);
  });
});
