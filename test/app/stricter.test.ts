/** S14 from the wire on: bytes that are lost, bent or old never let the real pack do what good bytes would not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SimBoard } from '../../src/hal-mock/board';
import { Protection } from '../../src/bms/rules';
import { seededRandom } from '../../src/hal-mock/random';
import { VirtualPack } from '../../tools/virtual-pack';
import { loosened, openedBy, restraints } from '../support/restraints';

const SCENES = 50;
const FLAWS = 6;
/** How long is compared after a flaw has begun, and how often. */
const FOLLOWED_MS = 30_000;
const LOOK_MS = 250;
const LATEST_MS = 40_000;

const PINS = ['TS1', 'TS3', 'HDQ', 'DCHG', 'DDSG', 'CFETOFF'] as const;
const NO_TEMPERATURE = [0, 1000, 2281, 3983, 6000];
const NO_VOLTAGE = [-100, 0, 5600, 8000, 32_767];

/** Bends single bits of every `1 / rate`-th byte, in either direction. A CRC-8 finds two of them in a byte and its CRC. */
function bitErrors(board: SimBoard, rate: number, seed: number): void {
  const random = seededRandom(seed);
  board.afeBus.faults.disturb = (byte) => (random() < rate ? byte ^ (1 << Math.floor(random() * 8)) : byte);
}

/** What can be wrong between chip and driver. `value` 0..65535 says what exactly. Returns what ends it. */
const FLAW: Record<string, (board: SimBoard, value: number) => (() => void) | void> = {
  unplugged({ afeBus: { faults } }) {
    faults.unplugged = true;
    return () => (faults.unplugged = false);
  },
  dataLow({ afeBus: { faults } }) {
    faults.sdaLow = true;
    return () => (faults.sdaLow = false);
  },
  clockLow({ afeBus: { faults } }) {
    faults.sclLow = true;
    return () => (faults.sclLow = false);
  },
  lostItsPlace({ afeBus: { faults } }, value) {
    faults.sdaLowForClocks = value % 30;
  },
  refuses({ afeBus: { faults } }, value) {
    faults.refuse = value % 200;
  },
  bitErrors(board, value) {
    bitErrors(board, 0.0005 * 2 ** (value % 10), value);
    return () => (board.afeBus.faults.disturb = null);
  },
  deaf({ afe }) {
    afe.bench.deaf = true;
    return () => (afe.bench.deaf = false);
  },
  badCrcs({ afe }, value) {
    afe.bench.corruptCrcs(value % 500);
  },
  stretches({ afe }, value) {
    afe.bench.extraStretchUs = value;
    return () => (afe.bench.extraStretchUs = 0);
  },
  zeros({ afe }) {
    afe.bench.zeroBurst = true;
    return () => (afe.bench.zeroBurst = false);
  },
  impossibleCell({ afe }, value) {
    afe.bench.freezeCell(value & 15, NO_VOLTAGE[(value >> 4) % NO_VOLTAGE.length]!);
    return () => afe.bench.freezeCell(value & 15, null);
  },
  impossibleTemperature({ afe }, value) {
    const pin = PINS[value % PINS.length]!;
    afe.bench.freezePin(pin, NO_TEMPERATURE[(value >> 4) % NO_TEMPERATURE.length]!);
    return () => afe.bench.freezePin(pin, null);
  },
  frozen({ afe }) {
    afe.bench.adcFrozen = true;
    return () => (afe.bench.adcFrozen = false);
  },
  counterReset({ afe }) {
    afe.bench.resetCounter();
  },
};

/** A pack in its surroundings, and what happens to them later. */
const scene = fc.record({
  seed: fc.nat(9999),
  soc: fc.constantFrom(0.01, 0.05, 0.5, 0.95, 1),
  ambientCelsius: fc.constantFrom(-22, -6, 5, 25, 57, 62),
  charger: fc.option(fc.record({ amps: fc.constantFrom(5, 20, 100, 115), volts: fc.constantFrom(54, 57.6, 62) })),
  loadAmps: fc.constantFrom(0, 0, 10, 90, 135),
  turnS: fc.integer({ min: 4, max: 20 }),
  sensor: fc.nat(5),
  celsius: fc.constantFrom(-27, -8, 20, 48, 58, 64, 67, 108, 112),
  short: fc.constantFrom(false, false, true),
});
type Scene = typeof scene extends fc.Arbitrary<infer S> ? S : never;
const flaw = fc.record({
  kind: fc.constantFrom(...Object.keys(FLAW)),
  value: fc.nat(65_535),
  atMs: fc.integer({ min: 3000, max: LATEST_MS }),
  forMs: fc.constantFrom(60, 300, 700, 1500, 4000, 20_000),
});

/** Starts a pack and plans what happens to it. */
function begin({ seed, soc, ambientCelsius, charger, loadAmps, turnS, sensor, celsius, short }: Scene): VirtualPack {
  const pack = new VirtualPack({ seed, soc, ambientCelsius });
  const { plant, time } = pack.board;
  if (charger !== null) plant.connectCharger(charger);
  if (loadAmps > 0) plant.setLoad({ amps: loadAmps });
  time.at(turnS * 1e6, () => plant.holdTemperature(sensor, celsius));
  if (short) time.at((turnS + 2) * 1e6, () => plant.shortCircuit({ henry: 0 }));
  time.at((turnS + 6) * 1e6, () => plant.clearShort());
  time.at((turnS + 20) * 1e6, () => plant.holdTemperature(sensor, null));
  return pack;
}

/** A call that blocks at the end of a run overshoots it: the next one is shorter. */
function runTo(pack: VirtualPack, ms: number): void {
  if (pack.nowMs < ms) pack.run(ms - pack.nowMs);
}

/** The noise of a sample may release a rule so many looks earlier in one of two packs. */
const AHEAD = 12;
/** From here on a diode conducts, µV over the shunt. */
const DIODE_UV = 100;
/** Of the first word of `restraints`: what is permitted. What is requested shows in the MOSFETs. */
const PERMISSIONS = 3;
/** Says what the chip says, which believes its sensors, too. */
const MIRRORED = Protection.AfeTrip;
/** Permission and MOSFET of a path, as bits of `held`. */
const CHG = 17;
const DSG = 34;

/**
 * Restraints of the firmware, and the MOSFETs as they are. Closed while more than `diodeUv` flows through its own diode
 * permits nothing new (S12); the chip does that by itself, too.
 */
function held(pack: VirtualPack, diodeUv: number): number[] {
  const { chg, dsg } = pack.board.afe.bench.fets;
  const uv = pack.board.plant.shuntUv();
  const [shut, protections, ...others] = restraints(pack.firmware);
  return [
    (shut! & PERMISSIONS) | (chg && uv > -diodeUv ? 0 : 16) | (dsg && uv < diodeUv ? 0 : 32),
    protections! & ~MIRRORED,
    ...others,
  ];
}

// Hundreds of packs, bent by functions in the queue of their clock: no twin can follow them.
VirtualPack.observer = null;

describe('S14 bad bytes', () => {
  it('never close a MOSFET or clear a protection, fault or lock that good bytes keep', () => {
    const cases: Record<string, number> = {};
    let shut = 0;
    fc.assert(
      fc.property(scene, fc.array(flaw, { minLength: FLAWS, maxLength: FLAWS }), (scene, flaws) => {
        const twin = begin(scene);
        const good: number[][] = [];
        while (good.length * LOOK_MS < LATEST_MS + FOLLOWED_MS) {
          runTo(twin, (good.length + 1) * LOOK_MS);
          good.push(held(twin, Infinity));
        }
        for (const { kind, value, atMs, forMs } of flaws) {
          const from = Math.ceil(atMs / LOOK_MS);
          const bad = begin(scene);
          runTo(bad, atMs);
          const end = FLAW[kind]!(bad.board, value);
          if (end) bad.board.time.at((atMs + forMs) * 1000, end);
          const kept = [...good[from - 2]!]; // the last look before
          const [, protections, faults] = kept;
          for (let i = from - 1; i < from + AHEAD; i++) loosened(kept, good[i]!, kept);
          cases[kind] = (cases[kind] ?? 0) + 1;
          if (kept[0] !== 0) shut++;
          for (let i = from; i + AHEAD < from + FOLLOWED_MS / LOOK_MS; i++) {
            runTo(bad, (i + 1) * LOOK_MS);
            const later = good[i + AHEAD]!;
            const [chg, dsg] = openedBy(later[1]! & ~protections!, later[2]! & ~faults!); // news that only good bytes bring
            kept[0]! &= (chg ? ~CHG : -1) & (dsg ? ~DSG : -1);
            const what = loosened(kept, later, held(bad, DIODE_UV));
            if (what !== '') expect.fail(`${what} ${i * LOOK_MS - atMs} ms after ${kind} (${value}) began`);
          }
        }
      }),
      { numRuns: SCENES, seed: 14 },
    );
    for (const kind of Object.keys(FLAW)) expect([kind, (cases[kind] ?? 0) > 5]).toEqual([kind, true]);
    expect(shut).toBeGreaterThan(100);
  });
});
