/**
 * What the estimator has learned, and long sums: saved each minute, and in the next second when the capacity changes.
 * Words of the block: capacity 3 (mA s), charged 4-5 and discharged 6-7 (J), variance of charge 8 and of
 * offset 9, covariance 10, offset 11 (mA), reference 12 (mA s), s since the end 13, s since full 14.
 */
import { Estimator } from '../bms/estimate';
import { Pack } from '../bms/pack';
import { saveAll } from './block';
import { fail, Storage } from './storage';

const EVERY = 60;

/** Puts the loaded values into pack and estimator. False when they cannot be true. */
export function restoreSlow(s: Storage, pack: Pack, est: Estimator): boolean {
  const full = s.slowI32[3];
  const f32 = s.slowF32;
  if (!(full > pack.designMas / 10 && full < 2 * pack.designMas && f32[8] >= 0 && f32[9] >= 0)) return false;
  pack.fullMas = full;
  pack.chargedJ = s.slowF64[2];
  pack.dischargedJ = s.slowF64[3];
  est.varCharge = f32[8];
  est.varOffset = f32[9];
  est.cov = f32[10];
  est.offsetMa = f32[11];
  est.referenceMas = s.slowI32[12];
  est.sinceS = s.slowI32[13];
  pack.sinceFullS = s.slowI32[14];
  return true;
}

/** True when it is time to store them. */
export function slowIsDue(s: Storage, pack: Readonly<Pack>): boolean {
  return --s.slowIn <= 0 || s.slowI32[3] !== Math.floor(pack.fullMas);
}

/** Stores them into both slots. */
export function saveSlow(s: Storage, pack: Readonly<Pack>, est: Readonly<Estimator>): void {
  if (s.store === null) return;
  s.slowIn = EVERY;
  const i32 = s.slowI32;
  const f32 = s.slowF32;
  i32[3] = pack.fullMas;
  s.slowF64[2] = pack.chargedJ;
  s.slowF64[3] = pack.dischargedJ;
  f32[8] = est.varCharge;
  f32[9] = est.varOffset;
  f32[10] = est.cov;
  f32[11] = est.offsetMa;
  i32[12] = est.referenceMas;
  i32[13] = est.sinceS;
  i32[14] = pack.sinceFullS;
  try {
    saveAll(s.store, s.slow);
  } catch (e) {
    fail(s);
  }
}
