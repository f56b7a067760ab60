/**
 * State of charge (S13): what the AFE has counted, between the ends and rests that put it right. Every tick: extremes of
 * the sample. When the AFE's counter has moved, once a second: count; a tick later the ends, another tick later the rest.
 */
import { highest, lowest, sum } from '../hal/native';
import { age, observe, observeZero, showFull, stayEmpty, takeEnd } from './estimate-correct';
import { Anchor, Estimator, guess } from './estimate-state';
import { ocvDoubt, socFromOcv } from './ocv';
import { CELLS, Pack } from './pack';
import { P } from './params';
import { Fault, Protection } from './rules';

export { createEstimator, type Estimator } from './estimate-state';

/** Of 1000 charged mA·s this many can be taken out again (algorithms.md 4.2). */
const EFFICIENCY_PERMILLE = 995;
/** No counter moves faster, mA: the shunt's range stops the AFE at 328 A. */
const FASTEST_MA = 350000;
/** The counter's seconds may be ahead of the clock by a look and its jitter. */
const AHEAD_S = 5;
/** Shown SOC moves 1 % in 10 s at most, shows 99 % until full and 1 % until empty; the first half percent counts as full. */
const SLEW_PER_S = 0.001;
const CAP = 0.99;
const FLOOR = 0.01;
const STILL_FULL = 0.995;
/** Full (algorithms.md 4.2): also a single cell this high at 0.05 C. A small discharge does not make it less full. */
const FULL_MS = 60000;
const FULL_CELL_MV = 3500;
const FULL_CELL_C = 0.05;
const FULL_LEAST_MA = -500;
/** Empty (algorithms.md 4.2): lowest cell for 5 s below 0.3 C; below 3 V without its resistance it is not above 5 %. */
const EMPTY_MV = 2800;
const EMPTY_C = 0.3;
const EMPTY_MS = 5000;
const LOW_MV = 3000;
const LOW_SHARE = 0.05;
/** Lowest cell above which, at 0.3 C, neither can be. */
const MIDDLE_MV = 3100;
/** Resistance of a cell with its link at 25 degrees C, mOhm (algorithms.md 4.9). */
export const CELL_MOHM = 1;
/** Without all cell sensors the pack counts as cold. */
const NOWHERE_DECI_C = -400;
/** Standard error of the ends, as shares of the capacity; at the full end for each C that still flowed: assumption. */
const END_DOUBT = 0.005;
const DOUBT_PER_C = 0.5;
const CUT_SHORT_DOUBT = 0.03;
const LOW_DOUBT = 0.03;
/** Sum of the cells and stack differ by more: a sense wire is open or a cell is read wrongly (hardware.md 9, row 12). */
const APART_MV = 500;
/** Standard error of the shown charge after a sense wire has lied, as a share of the capacity: assumption. */
const WIRE_DOUBT = 0.05;
/** Rest (algorithms.md 4.1): 0.5 A for two hours. Evidence with a hole of more than 5 s begins anew (S14). */
const REST_MA = 500;
const REST_MS = 7200000;
const HOLE_MS = 5000;
/** A window without current, s, and how often the doubts are brought up to date. */
const ZERO_S = 60;
const AGE_S = 60;

/** What is shown follows the estimate, but not in jumps. */
function show(est: Estimator, pack: Pack, dtS: number): void {
  const all = pack.fullMas;
  let target = est.chargeMas;
  if (est.atEnd === Anchor.Full || (est.full && target >= STILL_FULL * all)) target = all;
  else if (target > CAP * all && !est.full) target = CAP * all;
  else if (target < FLOOR * all) target = est.empty ? Math.max(target, 0) : FLOOR * all;
  if (target < CAP * all) est.full = false;
  if (target > FLOOR * all) est.empty = false;
  const step = SLEW_PER_S * all * dtS;
  const shown = pack.remainingMas;
  pack.remainingMas = Math.min(Math.max(target, shown - step), shown + step);
}

/** Takes `mas` in `dtS` seconds as flowed through the cells. */
function flow(est: Estimator, pack: Pack, mas: number, dtS: number): void {
  if (mas > 0) {
    pack.chargedMas += mas;
    pack.chargedJ += (mas * pack.sumMv) / 1000000;
    mas = (mas * EFFICIENCY_PERMILLE) / 1000;
    est.flowMas += mas;
  } else if (mas < 0) {
    pack.dischargedMas -= mas;
    pack.dischargedJ -= (mas * pack.sumMv) / 1000000;
    est.flowMas -= mas;
    est.cycleMas -= mas;
    if (est.cycleMas >= pack.fullMas) {
      est.cycleMas -= pack.fullMas;
      pack.cycles++;
    }
  }
  const agreed = pack.remainingMas === est.chargeMas && !est.full && !est.empty;
  est.chargeMas += mas; // beyond the ends too: how far says how wrong the count was
  est.sinceMas += mas;
  est.sinceS += dtS;
  est.flowS += dtS;
  pack.sinceFullS += dtS;
  const share = est.chargeMas / pack.fullMas;
  if (agreed && share > FLOOR && share < CAP) pack.remainingMas = est.chargeMas;
  else show(est, pack, dtS);
}

/**
 * What the counter has counted since the last look. One that went back was reset: it counts from its new beginning if
 * that lies after our last look. A step that cannot be true changes nothing.
 */
function count(est: Estimator, pack: Pack, p: Int32Array, nowMs: number): void {
  const based = est.countedSeconds >= 0;
  const back = pack.countedSeconds < est.countedSeconds;
  const mas = back ? pack.countedMas : pack.countedMas - est.countedMas;
  const dtS = back ? pack.countedSeconds : pack.countedSeconds - est.countedSeconds;
  const gapS = est.countedAtMs < 0 ? dtS : (nowMs - est.countedAtMs) / 1000;
  est.countedMas = pack.countedMas;
  est.countedSeconds = pack.countedSeconds;
  const lost = back && est.countedAtMs < 0;
  est.countedAtMs = nowMs;
  est.stepMas = 0;
  est.stepS = 0;
  if (!based || lost || dtS > gapS + AHEAD_S || Math.abs(mas) > FASTEST_MA * (dtS + 1)) return;
  est.stepMas = mas;
  est.stepS = dtS;
  flow(est, pack, mas - (est.offsetMa + p[P.StandbyMa]) * dtS, dtS);
}

/** Since when a condition has held: `since` while it goes on, now when it begins, -1 when it does not hold. */
function held(condition: boolean, since: number, nowMs: number): number {
  return !condition ? -1 : since < 0 ? nowMs : since;
}

/** Evidence with a hole in it begins anew. */
function forget(est: Estimator): void {
  est.fullSinceMs = -1;
  est.emptySinceMs = -1;
  est.lowSinceMs = -1;
  est.restSinceMs = -1;
  est.zeroS = -1;
}

/** Full? High at a small current for a minute, or a fresh over-charge protection with the whole pack high. */
function topped(
  est: Estimator,
  pack: Readonly<Pack>,
  p: Int32Array,
  ma: number,
  fresh: number,
  nowMs: number,
): boolean {
  const high = pack.sumMv >= p[P.FullMv];
  const calm =
    (high && ma <= p[P.FullMa]) || (pack.maxMv >= FULL_CELL_MV && ma <= (pack.designMas / 3600) * FULL_CELL_C);
  est.fullSinceMs = held(calm && ma >= FULL_LEAST_MA, est.fullSinceMs, nowMs);
  if (high && (fresh & (Protection.CellOvp | Protection.PackOvp)) !== 0) return true;
  return est.fullSinceMs >= 0 && nowMs - est.fullSinceMs >= FULL_MS;
}

/** The ends of the charge. Between them a low cell at a small current still limits what can be left. */
function ends(est: Estimator, pack: Pack, p: Int32Array, nowMs: number): void {
  if (nowMs - est.lookedMs > HOLE_MS) forget(est);
  est.lookedMs = nowMs;
  if (
    pack.protections === est.protections &&
    est.atEnd === Anchor.None &&
    pack.minMv > MIDDLE_MV &&
    pack.maxMv < FULL_CELL_MV &&
    pack.sumMv < p[P.FullMv]
  ) {
    est.fullSinceMs = -1;
    est.emptySinceMs = -1;
    est.lowSinceMs = -1;
    return;
  }
  const fresh = pack.protections & ~est.protections;
  est.protections = pack.protections;
  const ma = pack.currentMa - est.offsetMa;
  const full = topped(est, pack, p, ma, fresh, nowMs);
  const forced = (fresh & (Protection.CellUvp | Protection.PackUvp)) !== 0;
  const calm = Math.abs(ma) < (pack.designMas / 3600) * EMPTY_C;
  est.emptySinceMs = held(calm && pack.minMv <= EMPTY_MV, est.emptySinceMs, nowMs);
  est.lowSinceMs = held(calm && pack.minMv - (ma * CELL_MOHM) / 1000 < LOW_MV, est.lowSinceMs, nowMs);
  const empty = forced || (est.emptySinceMs >= 0 && nowMs - est.emptySinceMs >= EMPTY_MS);
  const low = est.lowSinceMs >= 0 && nowMs - est.lowSinceMs >= EMPTY_MS;
  const cold = (pack.tempValid & 15) === 15 ? lowest(pack.cellDeciC) : NOWHERE_DECI_C;
  if (full) {
    // counted on until it ends: then the pack is as full as it gets, when it began perhaps not yet
    const doubt = fresh !== 0 ? CUT_SHORT_DOUBT : END_DOUBT + DOUBT_PER_C * (Math.max(ma, 0) / (pack.designMas / 3600));
    est.endDoubt = est.atEnd === Anchor.Full ? Math.min(est.endDoubt, doubt) : doubt;
    showFull(est, pack);
  } else if (est.atEnd === Anchor.Full) takeEnd(est, pack, Anchor.Full, est.endDoubt, true, cold);
  else if (empty && (forced || est.atEnd !== Anchor.Empty))
    takeEnd(est, pack, Anchor.Empty, calm ? END_DOUBT : CUT_SHORT_DOUBT, calm, cold);
  else if (empty) stayEmpty(est, pack);
  else if (low && est.chargeMas > LOW_SHARE * pack.fullMas)
    observe(est, pack, LOW_SHARE * pack.fullMas, LOW_DOUBT * pack.fullMas, true);
  est.atEnd = full ? Anchor.Full : empty ? Anchor.Empty : Anchor.None;
}

/** Rested cells where the curve is steep, a window without current, and the doubts of a minute. */
function rest(est: Estimator, pack: Readonly<Pack>, nowMs: number): void {
  est.restSinceMs = held(Math.abs(pack.currentMa - est.offsetMa) <= REST_MA, est.restSinceMs, nowMs);
  if (est.restSinceMs < 0) est.restTaken = false;
  else if (!est.restTaken && nowMs - est.restSinceMs >= REST_MS) {
    est.restTaken = true;
    const lowDoubt = ocvDoubt(pack.minMv);
    const mv = lowDoubt > 0 ? pack.minMv : pack.maxMv;
    const doubt = lowDoubt > 0 ? lowDoubt : ocvDoubt(mv);
    const permille = pack.fullMas / 1000;
    if (doubt > 0) observe(est, pack, socFromOcv(mv) * permille, doubt * permille, false);
  }
  const open = !pack.chgFetOn && !pack.dsgFetOn && !pack.preDischarge;
  if (!open && pack.terminalMv * 2 > pack.stackMv) est.zeroS = -1;
  else if (est.zeroS < 0) {
    est.zeroS = 0; // the step before may still have had current
    est.zeroMas = 0;
  } else {
    est.zeroS += est.stepS;
    est.zeroMas += est.stepMas;
    if (est.zeroS >= ZERO_S) {
      observeZero(est, pack, est.zeroMas / est.zeroS);
      est.zeroS = 0;
      est.zeroMas = 0;
    }
  }
  if (est.flowS >= AGE_S) age(est, pack);
}

/** One step. Without a good sample the old estimate stays. */
export function estimate(est: Estimator, pack: Pack, p: Int32Array, nowMs: number): void {
  if (!pack.sampleOk) return;
  const cells = pack.cellMv;
  const max = highest(cells);
  const min = lowest(cells);
  pack.sumMv = sum(cells);
  pack.maxMv = max;
  pack.minMv = min;
  if (cells[pack.maxCell] !== max) pack.maxCell = cells.indexOf(max);
  if (cells[pack.minCell] !== min) pack.minCell = cells.indexOf(min);
  const moved = pack.countedSeconds !== est.countedSeconds;
  if (!moved && est.phase === 0 && pack.protections === est.protections) return;
  if (moved) {
    if (!est.known) {
      guess(est, pack, socFromOcv(pack.sumMv / CELLS));
      pack.remainingMas = Math.min(Math.max(est.chargeMas, FLOOR * pack.fullMas), CAP * pack.fullMas);
    }
    count(est, pack, p, nowMs);
    est.phase = 1;
  } else if (pack.faults !== 0 || Math.abs(pack.sumMv - pack.stackMv) > APART_MV) {
    // cells that cannot be believed teach nothing, and what they have just taught is doubtful (hardware.md 9, row 11)
    forget(est);
    if ((pack.faults & Fault.SenseWire) !== 0) {
      est.chargeMas = pack.remainingMas;
      est.varCharge = Math.max(est.varCharge, WIRE_DOUBT * pack.fullMas * WIRE_DOUBT * pack.fullMas);
    }
    est.protections = pack.protections;
    est.phase = 0;
  } else if (est.phase === 1 || pack.protections !== est.protections) {
    ends(est, pack, p, nowMs);
    est.phase = 2;
  } else if (est.phase === 2) {
    rest(est, pack, nowMs);
    est.phase = 0;
  }
}
