/** State of charge (S13): the AFE's charge counter between anchors. */
import { highest, lowest, sum } from '../hal/native';
import { Pack } from './pack';
import { P } from './params';
import { Protection } from './rules';

/** Of 1000 charged mA·s this many can be taken out again (algorithms.md 4.2). */
const EFFICIENCY_PERMILLE = 995;
/** The full condition must hold this long (algorithms.md 4.2). */
const FULL_MS = 60000;

/** What the estimator remembers between ticks. */
export interface Estimator {
  /** Counter and AFE seconds at the last update; -1 s = not yet based. */
  countedMas: number;
  countedSeconds: number;
  /** Discharge since the last whole cycle, mA·s. */
  cycleMas: number;
  /** Since when the pack has looked full; -1 = it does not. */
  fullSinceMs: number;
  /** Protections at the last update: an anchor is taken when one appears. */
  protections: number;
  known: boolean;
}

export function createEstimator(): Estimator {
  return { countedMas: 0, countedSeconds: -1, cycleMas: 0, fullSinceMs: -1, protections: 0, known: false };
}

/** Open-circuit voltage of an LFP cell in mV at 0, 5, .. 100 % (algorithms.md 4.1, Libre Solar's table). */
// prettier-ignore
function openCircuitMv(): Uint16Array {
  return new Uint16Array([
    2833, 3132, 3177, 3190, 3213, 3226, 3240, 3252, 3262, 3264, 3265,
    3268, 3271, 3275, 3283, 3296, 3304, 3308, 3309, 3314, 3392,
  ]);
}

/** SOC in permille at a rested cell voltage. On the plateau a guess of +-15 %: only for a pack that remembers nothing. */
export function socFromOcv(mv: number): number {
  const table = openCircuitMv();
  let i = 0;
  while (i < 20 && mv >= table[i + 1]) i++;
  if (i === 20) return 1000;
  const part = (mv - table[i]) / (table[i + 1] - table[i]);
  return i * 50 + Math.max(0, Math.round(part * 50));
}

function setSoc(pack: Pack, mas: number): void {
  pack.remainingMas = Math.min(Math.max(mas, 0), pack.fullMas);
}

/** Adds what the counter has counted since the last tick. A counter that went back was reset: start from its new value. */
function count(est: Estimator, pack: Pack): void {
  const back = pack.countedSeconds < est.countedSeconds;
  const mas = back || est.countedSeconds < 0 ? 0 : pack.countedMas - est.countedMas;
  est.countedMas = pack.countedMas;
  est.countedSeconds = pack.countedSeconds;
  if (mas > 0) {
    pack.chargedMas += mas;
    setSoc(pack, pack.remainingMas + (mas * EFFICIENCY_PERMILLE) / 1000);
  } else if (mas < 0) {
    pack.dischargedMas -= mas;
    setSoc(pack, pack.remainingMas + mas);
    est.cycleMas -= mas;
    if (est.cycleMas >= pack.fullMas) {
      est.cycleMas -= pack.fullMas;
      pack.cycles++;
    }
  }
}

/**
 * Full: high voltage at a small charge current for a minute, or a fresh over-charge protection with the whole pack high.
 * Empty: a fresh under-voltage protection.
 */
function anchor(est: Estimator, pack: Pack, p: Int32Array, nowMs: number): void {
  const fresh = pack.protections & ~est.protections;
  est.protections = pack.protections;
  const high = pack.sumMv >= p[P.FullMv];
  const full = high && pack.currentMa >= 0 && pack.currentMa <= p[P.FullMa];
  if (!full) est.fullSinceMs = -1;
  else if (est.fullSinceMs < 0) est.fullSinceMs = nowMs;
  const overCharged = high && (fresh & (Protection.CellOvp | Protection.PackOvp)) !== 0;
  if (overCharged || (full && nowMs - est.fullSinceMs >= FULL_MS)) setSoc(pack, pack.fullMas);
  if ((fresh & (Protection.CellUvp | Protection.PackUvp)) !== 0) setSoc(pack, 0);
}

/** One step: extremes of the sample, then charge. Without a good sample the old estimate stays. */
export function estimate(est: Estimator, pack: Pack, p: Int32Array, nowMs: number): void {
  if (!pack.sampleOk) return;
  pack.sumMv = sum(pack.cellMv);
  pack.maxMv = highest(pack.cellMv);
  pack.minMv = lowest(pack.cellMv);
  pack.maxCell = pack.cellMv.indexOf(pack.maxMv);
  pack.minCell = pack.cellMv.indexOf(pack.minMv);
  if (!est.known) {
    est.known = true;
    setSoc(pack, (pack.fullMas / 1000) * socFromOcv(pack.sumMv / 16));
  }
  count(est, pack);
  anchor(est, pack, p, nowMs);
}
