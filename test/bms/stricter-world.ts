/**
 * A pack for `stricter.test.ts`: what the driver may hand to `src/bms`, the control path over it, and copies that cost
 * little. MOSFETs follow their commands, and one that is open blocks its direction.
 */
import '../../src/hal-mock/natives';
import { createEstimator, estimate, type Estimator } from '../../src/bms/estimate';
import { decide } from '../../src/bms/fets';
import { createGuard, type Guard } from '../../src/bms/guard';
import { createPack, type Pack } from '../../src/bms/pack';
import { prepare, protect } from '../../src/bms/protect';

const TICK_MS = 250;

/** What is true around the pack from some tick on. Never changed in place. */
export interface World {
  answers: boolean;
  cellMv: readonly number[];
  currentMa: number;
  deciC: readonly number[];
  tempValid: number;
  afeTrips: number;
  /** A source at the terminals, 0 = none. */
  sourceMv: number;
  loadGone: boolean;
  afeProblem: number;
  afeResets: number;
}

export const QUIET: World = {
  answers: true,
  cellMv: Array.from({ length: 16 }, () => 3300),
  currentMa: 0,
  deciC: [250, 250, 250, 250, 250, 250],
  tempValid: 63,
  afeTrips: 0,
  sourceMv: 0,
  loadGone: false,
  afeProblem: 0,
  afeResets: 0,
};

/** One copy of the firmware's state. */
export interface Twin {
  pack: Pack;
  guard: Guard;
  est: Estimator;
  nowMs: number;
  /** The AFE's charge counter, as it is. */
  countedMas: number;
}

export function newTwin(): Twin {
  return { pack: createPack(), guard: createGuard(), est: createEstimator(), nowMs: 0, countedMas: 0 };
}

/** Copies a record with fixed fields: numbers, flags and typed arrays. */
function copyRecord<T extends object>(to: T, from: Readonly<T>): void {
  for (const key of Object.keys(from) as (keyof T)[]) {
    const value = from[key];
    if (!ArrayBuffer.isView(value)) to[key] = value;
    else if (key !== 'rules' && key !== 'params') (to[key] as Int32Array).set(value as unknown as Int32Array);
  }
}

export function copyTwin(to: Twin, from: Readonly<Twin>): void {
  copyRecord(to.pack, from.pack);
  copyRecord(to.guard, from.guard);
  copyRecord(to.est, from.est);
  to.nowMs = from.nowMs;
  to.countedMas = from.countedMas;
}

function flowingMa(pack: Readonly<Pack>, { currentMa }: World): number {
  return (currentMa > 0 ? pack.chgOn : pack.dsgOn) ? currentMa : 0;
}

/** A complete sample, as the driver leaves it. */
function measure({ pack, countedMas, nowMs }: Twin, world: World): void {
  pack.chgFetOn = pack.chgOn;
  pack.dsgFetOn = pack.dsgOn;
  pack.preDischarge = false;
  const open = !pack.chgFetOn && !pack.dsgFetOn;
  pack.cellMv.set(world.cellMv);
  pack.stackMv = world.cellMv.reduce((total, mv) => total + mv, 0);
  pack.packMv = open ? world.sourceMv : pack.stackMv;
  pack.terminalMv = world.sourceMv > 0 || open ? world.sourceMv : pack.stackMv;
  pack.currentMa = flowingMa(pack, world);
  pack.tempDeciC.set(world.deciC);
  pack.tempValid = world.tempValid;
  pack.afeTrips = world.afeTrips;
  pack.loadGone = open && world.loadGone;
  pack.countedMas = countedMas;
  pack.countedSeconds = Math.floor(nowMs / 1000);
}

/** Something wrong with the sample. `value` says what exactly; `ticks` for how long it has been wrong, from 0. */
export type Wrong = (pack: Pack, value: number, ticks: number) => void;

const RAILS_MA = [-327_680, 327_670];
const CELLS_MV = [0, 1, 499, 4501, 5000, 5500];
const GHOSTS_MA = [-130_001, -5000, 5000, 110_001];
const TERMINALS_MV = [-100_000, -10, 110_000, 327_670];
/** From here on a measurement that stands still is known to be old (hardware.md 9, row 8). */
const OLD_MS = 5000;

/** Each input of the control path missing, stale, out of range or contradicting another one. `value` is 0..65535. */
export const WRONGS: Record<string, Wrong> = {
  missing(pack) {
    pack.sampleOk = false;
  },
  implausible(pack) {
    pack.sampleOk = false;
    pack.implausible = true;
  },
  /** Nothing of a failed sample may be looked at. */
  noise(pack, value) {
    pack.sampleOk = false;
    pack.cellMv.fill(value);
    pack.tempDeciC.fill(value);
    pack.currentMa = (value - 32768) * 10;
    pack.stackMv = pack.terminalMv = value * 10;
    pack.tempValid = value & 63;
    pack.afeTrips = value & 127;
    pack.loadGone = true;
  },
  stale(pack, value, ticks) {
    pack.staleMs = OLD_MS + (value % 16_000) + ticks * TICK_MS;
  },
  sensorInvalid(pack, value) {
    const lost = 1 + (value % 63);
    pack.tempValid &= ~lost;
    for (let i = 0; i < 6; i++) if (((lost >> i) & 1) !== 0) pack.tempDeciC[i] = value - 32768;
  },
  tripWithoutReason(pack, value) {
    pack.afeTrips |= 1 + (value % 127);
  },
  mosfetStatus(pack, value) {
    const flips = 1 + (value % 7);
    if ((flips & 1) !== 0) pack.chgFetOn = !pack.chgFetOn;
    if ((flips & 2) !== 0) pack.dsgFetOn = !pack.dsgFetOn;
    if ((flips & 4) !== 0) pack.preDischarge = !pack.preDischarge;
  },
  stackIsNotTheSum(pack, value) {
    pack.stackMv += (value % 5001) - 2500;
  },
  /** One cell, with the stack as it was, or as that cell would make it. */
  cellOutOfRange(pack, value) {
    const cell = value & 15;
    const mv = CELLS_MV[(value >> 4) % CELLS_MV.length]!;
    if (value > 32767) pack.stackMv += mv - pack.cellMv[cell]!;
    pack.cellMv[cell] = mv;
  },
  currentAtItsEnd(pack, value) {
    pack.currentMa = RAILS_MA[value & 1]!;
  },
  currentThroughOpenPaths(pack, value) {
    if (!pack.chgFetOn && !pack.dsgFetOn) pack.currentMa = GHOSTS_MA[value & 3]!;
  },
  terminalOutOfRange(pack, value) {
    pack.terminalMv = TERMINALS_MV[value & 3]!;
  },
  loadGoneAtClosedPath(pack) {
    if (pack.chgFetOn || pack.dsgFetOn) pack.loadGone = true;
  },
  afeUnusable(pack, value) {
    pack.afeProblem = 1 + (value & 1);
  },
  chargeCounterJumps(pack, value) {
    pack.countedMas = (value - 32768) * 40_000;
    pack.countedSeconds = value * 7;
  },
};

/** One thing wrong. */
export interface Flaw {
  kind: string;
  value: number;
}

/** One tick of the control path, as `app/firmware` orders it. */
export function step(twin: Twin, params: Int32Array, world: World, flaws: readonly Flaw[], ticks: number): void {
  const { pack, guard, est } = twin;
  twin.nowMs += TICK_MS;
  twin.countedMas += (flowingMa(pack, world) * TICK_MS) / 1000;
  const missed = pack.missedSamples + 1;
  pack.sampleOk = world.answers;
  pack.implausible = false;
  pack.staleMs = 0;
  pack.afeProblem = world.afeProblem;
  pack.afeResets = world.afeResets;
  if (world.answers && !flaws.some(({ kind }) => kind === 'stale')) measure(twin, world);
  for (const { kind, value } of flaws) WRONGS[kind]!(pack, value, ticks);
  pack.missedSamples = pack.sampleOk ? 0 : missed;
  if (pack.sampleOk) pack.samples++;
  prepare(guard, pack, params, twin.nowMs);
  estimate(est, pack, params, twin.nowMs);
  protect(guard, pack, params, twin.nowMs);
  decide(pack);
}
