/**
 * What the estimator has learned, and long sums: saved each minute, and in the next second when the capacity changes.
 * Words of the block: capacity 3 (mA s), charged 4-5 and discharged 6-7 (J), variance of charge 8 and of
 * offset 9, covariance 10, offset 11 (mA), reference 12 (mA s), s since the end 13, s since full 14.
 */
import { Estimator } from '../bms/estimate';
import { Pack } from '../bms/pack';
import { Found, loadBlock, saveBlock } from './block';
import { SLOW_AT } from './layout';
import { Storage } from './storage';

const VERSION = 1;
const EVERY = 60;

/** Puts what was stored into pack and estimator, unless it cannot be true. */
export function loadSlow(s: Storage, pack: Pack, est: Estimator): Found {
  const found = loadBlock(s, SLOW_AT, VERSION, s.bytes);
  s.slowNumber = s.number;
  if (found > Found.Older) return found;
  const i32 = s.i32;
  const f32 = new Float32Array(s.bytes.buffer);
  const full = i32[3];
  if (!(f32[8] >= 0 && f32[9] >= 0)) return Found.Damaged;
  if (full > pack.designMas / 10 && full < 2 * pack.designMas) pack.fullMas = full; // else other cells have been built in
  pack.chargedJ = s.f64[2];
  pack.dischargedJ = s.f64[3];
  est.varCharge = f32[8];
  est.varOffset = f32[9];
  est.cov = f32[10];
  est.offsetMa = f32[11];
  est.referenceMas = i32[12];
  est.sinceS = i32[13];
  pack.sinceFullS = i32[14];
  return found;
}

/** Called each second: stores it when it is time. */
export function saveSlow(s: Storage, pack: Readonly<Pack>, est: Readonly<Estimator>): void {
  const full = Math.floor(pack.fullMas);
  if (--s.slowIn > 0 && s.savedFull === full) return;
  s.slowIn = EVERY;
  s.savedFull = full;
  const i32 = s.i32;
  const f32 = new Float32Array(s.bytes.buffer);
  i32[3] = full;
  s.f64[2] = pack.chargedJ;
  s.f64[3] = pack.dischargedJ;
  f32[8] = est.varCharge;
  f32[9] = est.varOffset;
  f32[10] = est.cov;
  f32[11] = est.offsetMa;
  i32[12] = est.referenceMas;
  i32[13] = est.sinceS;
  i32[14] = pack.sinceFullS;
  i32[15] = 0;
  saveBlock(s, SLOW_AT, VERSION, s.bytes, s.i32, ++s.slowNumber);
}
