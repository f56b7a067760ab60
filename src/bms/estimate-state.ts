/** What the estimator remembers: plain numbers, so that storage can keep them. */
import { Pack } from './pack';

/** Which end of the charge was seen last. */
export const enum Anchor {
  None,
  Full,
  Empty,
}

/** Before anything was learned: standard error of the first guess (share of the capacity) and of the current offset (mA). */
const GUESS_DOUBT = 0.2;
const OFFSET_DOUBT_MA = 150;

/**
 * `chargeMas` is the best estimate, `Pack.remainingMas` what is shown of it. `var..` and `cov` are variances and
 * covariance of the errors of charge and offset (mA·s, mA): they weigh every later observation.
 * Storage keeps the fields above the line; the others begin anew.
 */
export interface Estimator {
  known: boolean;
  chargeMas: number;
  /** What the shunt reads when no current flows. */
  offsetMa: number;
  varCharge: number;
  varOffset: number;
  cov: number;
  /** The charge that `chargeMas` was last put right at. */
  referenceMas: number;
  /** The last end, and what has flowed and passed since then. */
  anchor: Anchor;
  sinceMas: number;
  sinceS: number;
  /** 100 % may be shown, 0 % may be shown. */
  full: boolean;
  empty: boolean;
  /** Discharge since the last whole cycle. */
  cycleMas: number;
  /** Counter and AFE seconds at the last update; -1 s = not yet based. */
  countedMas: number;
  countedSeconds: number;
  // ---- not kept ----
  /** Time of the last count and of the last look at the ends; -1 = none since start. */
  countedAtMs: number;
  lookedMs: number;
  /** Work left over from the last count: 1 = ends, 2 = rest. */
  phase: number;
  /** Since when the pack has looked full, empty, low, rested; -1 = it does not. */
  fullSinceMs: number;
  emptySinceMs: number;
  lowSinceMs: number;
  restSinceMs: number;
  /** At which end the pack is, and how surely (share of the capacity). */
  atEnd: Anchor;
  endDoubt: number;
  /** This rest has been used. */
  restTaken: boolean;
  /** Protections at the last look: an end is taken when one appears. */
  protections: number;
  /** Since the variances were last brought up to date. */
  flowMas: number;
  flowS: number;
  /** Raw charge and time of a window in which no current can flow; -1 s = there is none. */
  zeroMas: number;
  zeroS: number;
  /** The last count, as the counter gave it. */
  stepMas: number;
  stepS: number;
}

export function createEstimator(): Estimator {
  return {
    known: false,
    chargeMas: 0,
    offsetMa: 0,
    varCharge: 0,
    varOffset: OFFSET_DOUBT_MA * OFFSET_DOUBT_MA,
    cov: 0,
    referenceMas: 0,
    anchor: Anchor.None,
    sinceMas: 0,
    sinceS: 0,
    full: false,
    empty: false,
    cycleMas: 0,
    countedMas: 0,
    countedSeconds: -1,
    countedAtMs: -1,
    lookedMs: -1,
    phase: 0,
    fullSinceMs: -1,
    emptySinceMs: -1,
    lowSinceMs: -1,
    restSinceMs: -1,
    atEnd: Anchor.None,
    endDoubt: 0,
    restTaken: false,
    protections: 0,
    flowMas: 0,
    flowS: 0,
    zeroMas: 0,
    zeroS: -1,
    stepMas: 0,
    stepS: 0,
  };
}

/** A first guess, from a voltage that may not be rested. */
export function guess(est: Estimator, pack: Readonly<Pack>, permille: number): void {
  est.known = true;
  est.chargeMas = (pack.fullMas / 1000) * permille;
  est.referenceMas = est.chargeMas;
  est.varCharge = GUESS_DOUBT * pack.fullMas * GUESS_DOUBT * pack.fullMas;
}
