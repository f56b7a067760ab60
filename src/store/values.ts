/** Rows of whole numbers that are stored when somebody changes them: parameters, calibration. */
import { Block, createBlock, Found, HEADER, isStored, saveAll } from './block';
import { CALIBRATION_AT, PARAMS_AT, PARAMS_SLOT, SMALL_SLOT } from './layout';
import { find, Problem, Storage } from './storage';

/** Layout of the parameters: rises by one when any is added. */
const PARAMS_VERSION = 1;
const CALIBRATION_VERSION = 1;

/** Index of a calibration value. */
export const enum Calibration {
  /** mA, subtracted from the AFE's reading. */
  OffsetMa,
  /** Millionths, factor of the AFE's reading. */
  GainPpm,
  Count,
}

export function defaultCalibration(): Int32Array {
  return new Int32Array([0, 1000000]);
}

/** No shunt or AFE is further off than this: assumption, 2 A and 5 %. */
function isCalibration(values: Int32Array): boolean {
  return Math.abs(values[Calibration.OffsetMa]) <= 2000 && Math.abs(values[Calibration.GainPpm] - 1000000) <= 50000;
}

function block(at: number, slotBytes: number, version: number, values: Int32Array): Block {
  return createBlock(at, slotBytes, 2, version, values.length * 4);
}

function content(b: Block): Int32Array {
  return new Int32Array(b.bytes.buffer, HEADER);
}

/** Stores `values` into both slots of a block that was looked for before. False when they do not read back. */
function store(s: Storage, b: Block, values: Int32Array): boolean {
  if (s.store === null || !s.usable) return false;
  content(b).set(values);
  try {
    saveAll(s.store, b);
  } catch (e) {
    return false;
  }
  return isStored(s.store, b);
}

/**
 * Loads `values`, which hold the defaults, if `accepts` likes the whole row; values that an older layout did not have
 * stay at their defaults. Where not both slots hold this afterwards, they are written.
 */
function load(s: Storage, b: Block, values: Int32Array, accepts: (values: Int32Array) => boolean): Found {
  if (!s.usable) return Found.Blank;
  content(b).set(values);
  const found = find(s, b);
  if (found === Found.Newer || found === Found.Damaged) return found;
  if (found !== Found.Blank) {
    if (!accepts(content(b))) return Found.Damaged;
    values.set(content(b));
  }
  if (!b.whole || found === Found.Older) store(s, b, values);
  return found;
}

/** Stores `values`. */
function save(s: Storage, b: Block, values: Int32Array): boolean {
  if (!s.usable) return false;
  find(s, b); // for its number
  return store(s, b, values);
}

/** At start, after `loadState`. `params` hold the factory values, and keep them unless everything stored is accepted. */
export function loadParams(s: Storage, params: Int32Array, accepts: (params: Int32Array) => boolean): boolean {
  const found = load(s, block(PARAMS_AT, PARAMS_SLOT, PARAMS_VERSION, params), params, accepts);
  if (found === Found.Newer || found === Found.Damaged) s.problems |= Problem.Params;
  return found <= Found.Older && s.usable;
}

/** After each change. False when the memory did not keep them. */
export function saveParams(s: Storage, params: Int32Array): boolean {
  const done = save(s, block(PARAMS_AT, PARAMS_SLOT, PARAMS_VERSION, params), params);
  if (done) s.problems &= ~Problem.Params;
  return done;
}

/** At start. `values` hold the defaults. */
export function loadCalibration(s: Storage, values: Int32Array): boolean {
  const found = load(s, block(CALIBRATION_AT, SMALL_SLOT, CALIBRATION_VERSION, values), values, isCalibration);
  if (found === Found.Newer || found === Found.Damaged) s.problems |= Problem.Calibration;
  return found <= Found.Older && s.usable;
}

/** After a calibration. False when it is out of range or the memory did not keep it. */
export function saveCalibration(s: Storage, values: Int32Array): boolean {
  const good = isCalibration(values);
  const done = good && save(s, block(CALIBRATION_AT, SMALL_SLOT, CALIBRATION_VERSION, values), values);
  if (done) s.problems &= ~Problem.Calibration;
  return done;
}
