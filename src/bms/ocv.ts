/** Open-circuit voltage of an LFP cell: what a rested voltage says about the charge, and how surely. */

/** mV at 0, 5, .. 100 % (algorithms.md 4.1, Libre Solar's table). */
// prettier-ignore
function openCircuitMv(): Uint16Array {
  return new Uint16Array([
    2833, 3132, 3177, 3190, 3213, 3226, 3240, 3252, 3262, 3264, 3265,
    3268, 3271, 3275, 3283, 3296, 3304, 3308, 3309, 3314, 3392,
  ]);
}

/** Outside these the curve is steep on both branches of the hysteresis: below some 20 % and above some 95 %. */
const LOW_KNEE_MV = 3205;
const HIGH_KNEE_MV = 3335;
/** Hysteresis of the published 5..15 mV, with the instrument's error (algorithms.md 4.1). */
const BRANCH_MV = 10;
/** What remains on the steepest part, permille: assumption. */
const LEAST_DOUBT = 5;

/** SOC in permille at a rested cell voltage. On the plateau a guess of +-15 %: only for a pack that remembers nothing. */
export function socFromOcv(mv: number): number {
  const table = openCircuitMv();
  let i = 0;
  while (i < 20 && mv >= table[i + 1]) i++;
  if (i === 20) return 1000;
  const part = (mv - table[i]) / (table[i + 1] - table[i]);
  return i * 50 + Math.max(0, Math.round(part * 50));
}

/** Standard error of `socFromOcv` in permille, or 0 on the plateau, where a voltage says nothing. */
export function ocvDoubt(mv: number): number {
  if (mv > LOW_KNEE_MV && mv < HIGH_KNEE_MV) return 0;
  return (socFromOcv(mv + BRANCH_MV) - socFromOcv(mv - BRANCH_MV)) / 2 + LEAST_DOUBT;
}
