import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultParams, P } from '../../src/bms/params';
import { noteRules } from '../../src/store/journal';
import { clearCounters, clearEvents, logEvent } from '../../src/store/log';
import { changeParams, restoreDefaults } from '../../src/store/settings';
import { saveChanges, saveState } from '../../src/store/state';
import { Problem, Records } from '../../src/store/storage';
import { loadCalibration, saveCalibration } from '../../src/store/values';
import { eventsOf, Memory, type Running } from './memory';

/** What the pack remembers, told apart by one number each. */
interface Remembered {
  charge: number;
  capacity: number;
  params: number;
  calibration: number;
  trips: number;
  /** Protections, faults, cause of the last short circuit. */
  latched: [number, number, number];
  counters: number;
  switches: [number, boolean];
  events: number[];
}

const LIGHT = ['state', 'event', 'trip', 'rule', 'switches'] as const;
const RARE = ['capacity', 'params', 'defaults', 'calibration', 'clear'] as const;
type Step = { kind: (typeof LIGHT)[number] | (typeof RARE)[number]; value: number };

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...LIGHT, ...LIGHT, ...RARE),
  value: fc.integer({ min: 1, max: 250 }),
});

const SCP = 22;
const DEFAULT_LOW_SOC = 50;

/** One thing that makes the firmware write, in each kind of write that there is. */
function act(bms: Running, { kind, value }: Step): void {
  const { storage, pack, est, guard, params } = bms;
  const save = (): void => saveChanges(storage, pack, est, guard);
  switch (kind) {
    case 'state':
      pack.remainingMas = value;
      return saveState(storage, pack, est, value, false);
    case 'capacity':
      pack.fullMas = 360000000 - value;
      return save();
    case 'params': {
      const proposal = params.slice();
      proposal[P.LowSoc] = value;
      changeParams(storage, guard, pack, params, proposal);
      return;
    }
    case 'defaults':
      restoreDefaults(storage, guard, pack, params);
      return;
    case 'calibration':
      saveCalibration(storage, new Int32Array([value, 1000000 + value]));
      return;
    case 'event':
      return logEvent(storage, pack, 0, true, -1, value, value);
    case 'trip':
      guard.trips[2] = value;
      storage.recordsDirty = true;
      return save();
    case 'rule': // a short circuit comes or goes; its fault stays
      guard.bits[1]! ^= 1 << (SCP & 15);
      guard.bits[2]! |= 1 << 4;
      guard.value[SCP] = -value;
      while (noteRules(storage, guard, pack));
      return save();
    case 'switches':
      pack.hostOff = value & 3;
      pack.locked = value > 125;
      return save();
    case 'clear':
      clearEvents(storage);
      clearCounters(storage);
      return save();
  }
}

/** A history: the state is saved each second, and hardly two things happen in one. */
function live(bms: Running, history: readonly Step[]): void {
  for (const one of history) {
    act(bms, one);
    saveState(bms.storage, bms.pack, bms.est, 0, false);
  }
}

function recall(memory: Memory): Remembered & { problems: number; running: Running } {
  const running = memory.start();
  const { storage, pack, guard, params } = running;
  const calibration = loadCalibration(storage);
  expect(calibration[1]! - 1000000).toBe(calibration[0]);
  for (let i = 0; i < P.Count; i++) if (i !== P.LowSoc) expect(params[i]).toBe(defaultParams()[i]);
  return {
    charge: pack.remainingMas,
    capacity: pack.fullMas,
    params: params[P.LowSoc]!,
    calibration: calibration[0]!,
    trips: guard.trips[2]!,
    latched: [guard.bits[1]!, guard.bits[2]!, guard.value[SCP]!],
    counters: storage.counts[0]!,
    switches: [pack.hostOff, pack.locked],
    events: eventsOf(storage).map((event) => (event === null ? NaN : event.value)),
    problems: storage.problems,
    running,
  };
}

/** A BMS in use: everything has been saved at least once. */
function inUse(): Memory {
  const memory = new Memory();
  const bms = memory.start();
  const kinds = ['state', 'state', 'capacity', 'params', 'calibration', 'event', 'trip'] as const;
  live(
    bms,
    kinds.map((kind) => ({ kind, value: 7 })),
  );
  recall(memory);
  return memory;
}

const PARTS = [
  'charge',
  'capacity',
  'params',
  'calibration',
  'trips',
  'latched',
  'counters',
  'switches',
  'events',
] as const;

/** Each part is as it was, or as it was to be; of several events of one step, the last ones may be missing. No alarm. */
function expectOneOf(found: ReturnType<typeof recall>, before: Remembered, after: Remembered): void {
  expect(found.problems).toBe(0);
  for (const part of PARTS) {
    if (JSON.stringify(found[part]) === JSON.stringify(before[part])) continue;
    const missing = part === 'events' ? Math.max(after.events.length - found.events.length, 0) : 0;
    const wanted = part === 'events' ? after.events.slice(missing) : after[part];
    expect([part, found[part]]).toEqual([part, wanted]);
  }
}

describe('a power cut (S40)', () => {
  it.each([...LIGHT, ...RARE])('at any byte of any write: %s', (kind) => {
    const image = inUse().chip.memory;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.integer({ min: 1, max: 250 }), (history, value) => {
        const start = new Memory(image);
        const first = start.start();
        live(first, history);
        const running = start.chip.memory.slice();
        const before = recall(new Memory(running));
        const whole = new Memory(running);
        act(recall(whole).running, { kind, value });
        const after = recall(new Memory(whole.chip.memory));
        for (let bytes = 0; ; bytes++) {
          const cut = new Memory(running);
          const bms = recall(cut).running;
          cut.chip.bytesUntilPowerCut = bytes;
          act(bms, { kind, value });
          const done = cut.chip.bytesUntilPowerCut > 0;
          expectOneOf(recall(cut), before, after);
          if (done) break;
        }
      }),
      { numRuns: kind === 'params' || kind === 'defaults' ? 1 : 3 }, // a thousand bytes each
    );
  });

  it('in the first seconds of a new memory, at any byte, is over with the start after the next', () => {
    const first = (bms: Running): void => {
      loadCalibration(bms.storage);
      for (const kind of ['state', 'capacity', 'switches'] as const) act(bms, { kind, value: 7 });
    };
    for (let bytes = 0; bytes < 1300; bytes++) {
      const memory = new Memory();
      first(memory.start({ bytesUntilPowerCut: bytes }));
      const again = memory.start();
      expect(again.storage.problems & ~(Problem.Blank | Problem.State | Problem.Params)).toBe(0);
      expect([0, 7]).toContain(again.pack.remainingMas);
      first(again);
      act(again, { kind: 'params', value: 3 });
      saveCalibration(again.storage, new Int32Array([0, 1000000]));
      const { params, charge, switches, problems } = recall(memory);
      expect([params, charge, switches, problems]).toEqual([3, 7, [3, false], 0]);
    }
  });
});

/** Bytes in use, from and to, of a BMS that has logged a dozen events. */
const PARAM_BYTES = 12 + P.Count * 4;
const used: [number, number][] = [
  [0, PARAM_BYTES],
  [1024, 1024 + PARAM_BYTES],
  ...[0, 1, 2, 3].map((slot): [number, number] => [0x0800 + slot * 128, 0x0800 + slot * 128 + 64]),
  [0x0a00, 0x0a14],
  [0x0a40, 0x0a54],
  [0x0a80, 0x0ac0],
  [0x0ac0, 0x0b00],
  [0x0b00, 0x0b40],
  [0x0b40, 0x0b80],
  [0x0b80, 0x0b80 + 58 * 12],
];

function flip(image: Uint8Array, flips: { at: number; bit: number }[]): Memory {
  const memory = new Memory(image);
  for (const { at, bit } of flips) memory.chip.memory[at]! ^= 1 << bit;
  return memory;
}

describe('flipped bits (S40)', () => {
  const anyBit = fc
    .constantFrom(...used)
    .chain(([from, to]) => fc.record({ at: fc.integer({ min: from, max: to - 1 }), bit: fc.nat(7) }));

  /** One flipped bit: what is lost of `intact` is one save of the charge or one event, and nothing raises an alarm. */
  function expectHarmless(image: Uint8Array, one: { at: number; bit: number }, intact: Remembered, charges: number[]) {
    const found = recall(flip(image, [one]));
    expect(charges).toContain(found.charge);
    for (const part of PARTS)
      if (part !== 'charge' && part !== 'events') expect([one, part, found[part]]).toEqual([one, part, intact[part]]);
    const events = found.events.length < intact.events.length ? [NaN, ...found.events] : found.events;
    expect(events.length).toBe(intact.events.length);
    expect(events.filter((value, i) => value !== intact.events[i]).length).toBeLessThan(2);
    expect(found.problems).toBe(0);
  }

  it('in each byte of each block, one at a time: loses one second or one event, and nothing else', () => {
    const memory = inUse();
    const bms = recall(memory).running;
    for (let value = 1; value <= 12; value++)
      live(bms, [
        { kind: 'rule', value },
        { kind: 'switches', value },
        { kind: 'event', value },
        { kind: 'state', value },
      ]);
    const image = memory.chip.memory;
    const intact = recall(new Memory(image));
    expect(intact.events.length).toBeGreaterThan(12);
    for (const [from, to] of used)
      for (let at = from; at < to; at++) expectHarmless(image, { at, bit: (at * 5) & 7 }, intact, [12, 11]);
  });

  it('one, after any history: loses one second or one event, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), anyBit, (history, one) => {
        const memory = inUse();
        const bms = recall(memory).running;
        const charges = [7];
        live(bms, history);
        for (const each of history) if (each.kind === 'state') charges.push(each.value);
        const image = memory.chip.memory;
        expectHarmless(image, one, recall(new Memory(image)), charges.slice(-2));
      }),
      { numRuns: 300 },
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
          live(bms, history);
          const saved = [7, ...history.map((each) => each.value)];
          const logged = [0, 1, DEFAULT_LOW_SOC, ...saved]; // of restored defaults: how many had other values
          const found = recall(flip(memory.chip.memory, flips));
          if (!saved.includes(found.charge)) expect([found.charge, found.problems & Problem.State]).toEqual([0, 16]);
          if (!saved.includes(360000000 - found.capacity))
            expect([found.capacity, found.problems & 16]).toEqual([360000000, 16]);
          const defaults = history.some((each) => each.kind === 'defaults');
          if (!saved.includes(found.params))
            expect([found.params, defaults ? 8 : found.problems & 8]).toEqual([DEFAULT_LOW_SOC, 8]);
          if (!saved.includes(found.calibration)) expect([found.calibration, found.problems & 32]).toEqual([0, 32]);
          if (!saved.includes(found.trips)) expect([found.trips, found.problems & 16]).toEqual([0, 16]);
          for (const value of found.events) if (!Number.isNaN(value)) expect(logged).toContain(Math.abs(value));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('noise in the whole memory is never taken for anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (noise) => {
        const memory = new Memory();
        for (let at = 0; at < 32768; at++) memory.chip.memory[at] = noise[at & 63]! ^ (at >> 6);
        const found = recall(memory);
        expect([found.running.known, found.charge, found.capacity, found.events]).toEqual([false, 0, 360000000, []]);
        expect([found.params, found.latched, found.switches]).toEqual([DEFAULT_LOW_SOC, [0, 0, 0], [0, false]]);
        expect(found.running.storage.counts[Records.Boots]).toBe(1);
        expect(found.problems).not.toBe(0);
      }),
      { numRuns: 30 },
    );
  });
});
