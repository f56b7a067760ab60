/** Rows of whole numbers that are stored when somebody changes them: parameters and calibration, named by their address. */
import { firstBadParam } from '../bms/params';
import { Found, loadBlock, saveBlock } from './block';
import { CALIBRATION_AT, HEADER, HEADER_WORDS, PARAMS_AT } from './layout';
import { Problem, Storage } from './storage';

/** Rises by one when a parameter is added. 2: from ChgOc2 on. */
const PARAMS_VERSION = 2;
const CALIBRATION_VERSION = 1;

/** Index of a calibration value. */
export const enum Calibration {
  /** mA, subtracted from the AFE's reading. */
  OffsetMa,
  /** Millionths, factor of the AFE's reading. */
  GainPpm,
  Count,
}

/** Parameters fit together; no shunt or AFE is further off than 2 A and 5 %: assumption. */
function accepts(at: number, values: Int32Array): boolean {
  if (at === PARAMS_AT) return firstBadParam(values) < 0;
  return Math.abs(values[Calibration.OffsetMa]) <= 2000 && Math.abs(values[Calibration.GainPpm] - 1000000) <= 50000;
}

/**
 * At start, when the memory has been found. `values` hold the defaults, and keep them unless everything stored is
 * accepted; those that an older layout did not have stay. Where not both slots hold the result, it is written.
 */
export function loadValues(s: Storage, at: number, values: Int32Array): boolean {
  if (!s.usable) return false;
  const version = at === PARAMS_AT ? PARAMS_VERSION : CALIBRATION_VERSION;
  const bytes = new Uint8Array(HEADER + values.length * 4);
  const i32 = new Int32Array(bytes.buffer);
  const content = i32.subarray(HEADER_WORDS);
  content.set(values);
  const found = loadBlock(s, at, version, bytes);
  if (found !== Found.Blank) {
    if (found > Found.Older || !accepts(at, content)) {
      s.problems |= at === PARAMS_AT ? Problem.Params : Problem.Calibration;
      return false;
    }
    values.set(content);
  }
  if (!s.whole || found === Found.Older) saveBlock(s, at, version, bytes, i32, s.number + 1);
  return found !== Found.Blank;
}

/** After a change, of values that have been checked. False when the memory has not kept them. */
export function saveValues(s: Storage, at: number, values: Int32Array): boolean {
  if (!s.usable) return false;
  const version = at === PARAMS_AT ? PARAMS_VERSION : CALIBRATION_VERSION;
  const bytes = new Uint8Array(HEADER + values.length * 4);
  const i32 = new Int32Array(bytes.buffer);
  loadBlock(s, at, version, bytes); // for its number
  i32.set(values, HEADER_WORDS);
  if (!saveBlock(s, at, version, bytes, i32, s.number + 1)) return false;
  s.problems &= ~(at === PARAMS_AT ? Problem.Params : Problem.Calibration);
  return true;
}

/** At start: what the AFE's current is to be corrected by; no correction when none is known. Rows: `Calibration`. */
export function loadCalibration(s: Storage): Int32Array {
  const values = new Int32Array([0, 1000000]);
  loadValues(s, CALIBRATION_AT, values);
  return values;
}

/** After a calibration. False when it cannot be right, or the memory has not kept it. */
export function saveCalibration(s: Storage, values: Int32Array): boolean {
  return accepts(CALIBRATION_AT, values) && saveValues(s, CALIBRATION_AT, values);
}
