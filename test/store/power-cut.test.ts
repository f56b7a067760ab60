import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clearEvents, createLogEntry, eventCount, logEvent, readEvent } from '../../src/store/log';
import { saveChanges, saveState } from '../../src/store/state';
import { Problem, Records } from '../../src/store/storage';
import { defaultCalibration, loadCalibration, loadParams, saveCalibration, saveParams } from '../../src/store/values';
import { Memory, type Running } from './memory';

/** What the pack remembers, told apart by one number each. */
interface Remembered {
  charge: number;
  capacity: number;
  params: number[];
  calibration: number;
  trips: number;
  events: number[];
}

type Step = { kind: 'state' | 'capacity' | 'params' | 'calibration' | 'event' | 'trip' | 'clear'; value: number };

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('state', 'state', 'capacity', 'params', 'calibration', 'event', 'event', 'trip', 'clear'),
  value: fc.integer({ min: 1, max: 1000 }),
});

function act(bms: Running, { kind, value }: Step): void {
  const { storage, pack, est, guard } = bms;
  if (kind === 'state') {
    pack.remainingMas = value;
    saveState(storage, pack, est, value, false);
  } else if (kind === 'capacity') {
    pack.fullMas = 360000000 - value;
    saveChanges(storage, pack, est, guard);
  } else if (kind === 'params') saveParams(storage, new Int32Array(8).fill(value));
  else if (kind === 'calibration') saveCalibration(storage, new Int32Array([value, 1000000 + value]));
  else if (kind === 'event') logEvent(storage, pack, 0, true, -1, value, value);
  else {
    if (kind === 'clear') clearEvents(storage);
    guard.trips[2] = value % 250;
    storage.recordsDirty = true;
    saveChanges(storage, pack, est, guard);
  }
}

function recall(memory: Memory): Remembered & { problems: number; running: Running } {
  const running = memory.start();
  const { storage, pack, guard } = running;
  const params = new Int32Array(8);
  loadParams(storage, params, () => true);
  const calibration = defaultCalibration();
  loadCalibration(storage, calibration);
  expect(calibration[1]! - 1000000).toBe(calibration[0]);
  const entry = createLogEntry();
  const events: number[] = [];
  for (let n = 0; n < eventCount(storage); n++) events.push(readEvent(storage, n, entry) ? entry.value : NaN);
  return {
    charge: pack.remainingMas,
    capacity: pack.fullMas,
    params: [...params],
    calibration: calibration[0]!,
    trips: guard.trips[2]!,
    events,
    problems: storage.problems,
    running,
  };
}

/** A BMS in use: everything has been saved at least once. */
function inUse(): Memory {
  const memory = new Memory();
  const bms = memory.start();
  for (const kind of ['state', 'state', 'capacity', 'params', 'calibration', 'event', 'trip'] as const)
    act(bms, { kind, value: 7 });
  return memory;
}

const PARTS = ['charge', 'capacity', 'params', 'calibration', 'trips', 'events'] as const;

function expectOneOf(found: Remembered, before: Remembered, after: Remembered): void {
  for (const part of PARTS) {
    if (JSON.stringify(found[part]) === JSON.stringify(before[part])) continue;
    expect([part, found[part]]).toEqual([part, after[part]]);
  }
}

describe('a power cut (S40)', () => {
  it('at any byte of any write loses that write at most', () => {
    const image = inUse().chip.memory;
    fc.assert(
      fc.property(fc.array(step, { minLength: 0, maxLength: 12 }), step, (history, last) => {
        const start = new Memory(image);
        const first = start.start();
        for (const one of history) act(first, one);
        const running = start.chip.memory.slice();
        const before = recall(new Memory(running));
        const whole = new Memory(running);
        act(recall(whole).running, last);
        const after = recall(new Memory(whole.chip.memory));
        for (let bytes = 0; ; bytes++) {
          const cut = new Memory(running);
          const bms = recall(cut).running;
          cut.chip.bytesUntilPowerCut = bytes;
          act(bms, last);
          const done = cut.chip.bytesUntilPowerCut > 0;
          const found = recall(cut);
          expectOneOf(found, before, after);
          expect(found.problems).toBe(0);
          if (done) break;
        }
      }),
      { numRuns: 60 },
    );
  });

  it('in the first seconds of a new memory, at any byte, is over with the start after the next', () => {
    const first = (bms: Running): void => {
      loadParams(bms.storage, new Int32Array(8).fill(3), () => true);
      loadCalibration(bms.storage, defaultCalibration());
      for (const kind of ['state', 'capacity'] as const) act(bms, { kind, value: 7 });
    };
    for (let bytes = 0; bytes < 400; bytes++) {
      const memory = new Memory();
      first(memory.start({ bytesUntilPowerCut: bytes }));
      const again = memory.start();
      expect(again.storage.problems & ~(Problem.Blank | Problem.State)).toBe(0);
      expect([0, 7]).toContain(again.pack.remainingMas);
      first(again);
      saveParams(again.storage, new Int32Array(8).fill(3));
      saveCalibration(again.storage, defaultCalibration());
      const { params, charge, problems } = recall(memory);
      expect([params, charge, problems]).toEqual([Array(8).fill(3), 7, 0]);
    }
  });
});

describe('flipped bits (S40)', () => {
  const used: [number, number][] = [
    [0, 44],
    [1024, 1068],
    [0x0800, 0x0a00],
    [0x0a00, 0x0a14],
    [0x0a40, 0x0a54],
    [0x0a80, 0x0aa4],
    [0x0ac0, 0x0ae4],
    [0x0b00, 0x0b40],
    [0x0b40, 0x0b80],
    [0x0b80, 0x0b80 + 58 * 12],
  ];
  const anyBit = fc
    .constantFrom(...used)
    .chain(([from, to]) => fc.record({ at: fc.integer({ min: from, max: to - 1 }), bit: fc.nat(7) }));

  function flip(image: Uint8Array, flips: { at: number; bit: number }[]): Memory {
    const memory = new Memory(image);
    for (const { at, bit } of flips) memory.chip.memory[at]! ^= 1 << bit;
    return memory;
  }

  it('one: loses one second or one event, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), anyBit, (history, one) => {
        const memory = inUse();
        const bms = recall(memory).running;
        const charges = [7];
        for (const each of history) {
          act(bms, each);
          if (each.kind === 'state') charges.push(each.value);
        }
        const image = memory.chip.memory;
        const intact = recall(new Memory(image));
        const found = recall(flip(image, [one]));
        expect(charges.slice(-2)).toContain(found.charge);
        expect(found.params).toEqual(intact.params);
        expect([found.capacity, found.calibration, found.trips]).toEqual([
          intact.capacity,
          intact.calibration,
          intact.trips,
        ]);
        const events = found.events.length < intact.events.length ? [NaN, ...found.events] : found.events;
        expect(events.length).toBe(intact.events.length);
        expect(events.filter((value, i) => value !== intact.events[i]).length).toBeLessThan(2);
      }),
      { numRuns: 400 },
    );
  });

  it('many: what is loaded was saved once, or is a default with an alarm', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 20 }),
        fc.array(anyBit, { minLength: 2, maxLength: 40 }),
        (history, flips) => {
          const memory = inUse();
          const bms = recall(memory).running;
          for (const each of history) act(bms, each);
          const saved = [7, ...history.map((each) => each.value)];
          const found = recall(flip(memory.chip.memory, flips));
          if (!saved.includes(found.charge)) expect([found.charge, found.problems & Problem.State]).toEqual([0, 16]);
          if (!saved.includes(360000000 - found.capacity))
            expect([found.capacity, found.problems & 16]).toEqual([360000000, 16]);
          if (!saved.includes(found.params[0]!)) expect([found.params[0], found.problems & 8]).toEqual([0, 8]);
          expect(new Set(found.params).size).toBe(1);
          if (!saved.includes(found.calibration)) expect([found.calibration, found.problems & 32]).toEqual([0, 32]);
          for (const value of found.events) if (!Number.isNaN(value)) expect(saved).toContain(value);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('noise in the whole memory is never taken for anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (noise) => {
        const memory = new Memory();
        for (let at = 0; at < 32768; at++) memory.chip.memory[at] = noise[at & 63]! ^ (at >> 6);
        const found = recall(memory);
        expect([found.running.known, found.charge, found.capacity, found.events]).toEqual([false, 0, 360000000, []]);
        expect(found.params).toEqual(Array(8).fill(0));
        expect(found.running.storage.counts[Records.Boots]).toBe(1);
        expect(found.problems).not.toBe(0);
      }),
      { numRuns: 30 },
    );
  });
});
