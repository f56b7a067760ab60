/** Open-circuit voltage of a LiFePO4 cell over its state of charge, beyond both ends too. */

/**
 * State of charge (1 = full) and volts at rest. 0..100 %: public table of algorithms.md 4.1; outside: its proposal for over-charge and
 * over-discharge, continued to a cell that holds nothing and to one that is destroyed (assumption, so that every charge has a voltage).
 */
// prettier-ignore
const POINTS = [
  -0.12, 0.00,  -0.03, 2.00,  -0.01, 2.50,
   0.00, 2.833,  0.05, 3.132,  0.10, 3.177,  0.15, 3.190,  0.20, 3.213,
   0.25, 3.226,  0.30, 3.240,  0.35, 3.252,  0.40, 3.262,  0.45, 3.264,
   0.50, 3.265,  0.55, 3.268,  0.60, 3.271,  0.65, 3.275,  0.70, 3.283,
   0.75, 3.296,  0.80, 3.304,  0.85, 3.308,  0.90, 3.309,  0.95, 3.314,
   1.00, 3.392,  1.006, 3.46,  1.012, 3.60,  1.02, 3.80,   1.08, 5.00,
];

const LOWEST = -0.12;
const PER_UNIT = 1000; // table entries per 100 %
const TABLE = fine();
const LAST = TABLE.length - 1;

/** Monotone cubic through the points (Fritsch and Carlson), so that the slope has no steps and no dip. */
function fine(): Float64Array {
  const n = POINTS.length / 2;
  const x = (k: number) => POINTS[2 * k]!;
  const y = (k: number) => POINTS[2 * k + 1]!;
  const secant = (k: number) => (y(k + 1) - y(k)) / (x(k + 1) - x(k));
  const tangent = (k: number): number => {
    if (k === 0) return secant(0);
    if (k === n - 1) return secant(n - 2);
    const before = x(k) - x(k - 1);
    const after = x(k + 1) - x(k);
    const w1 = 2 * after + before;
    const w2 = after + 2 * before;
    return (w1 + w2) / (w1 / secant(k - 1) + w2 / secant(k));
  };
  const table = new Float64Array(Math.round((x(n - 1) - LOWEST) * PER_UNIT) + 1);
  let k = 0;
  for (let i = 0; i < table.length; i++) {
    const soc = Math.min(LOWEST + i / PER_UNIT, x(n - 1));
    while (k < n - 2 && soc > x(k + 1)) k++;
    const width = x(k + 1) - x(k);
    const t = (soc - x(k)) / width;
    const s = 1 - t;
    table[i] =
      y(k) * (1 + 2 * t) * s * s +
      tangent(k) * width * t * s * s +
      y(k + 1) * t * t * (3 - 2 * t) -
      tangent(k + 1) * width * t * t * s;
  }
  return table;
}

/** Volts at rest for a state of charge (1 = full); the ends of the table beyond it. */
export function ocvVolts(soc: number): number {
  const at = (soc - LOWEST) * PER_UNIT;
  if (!(at > 0)) return TABLE[0]!;
  if (at >= LAST) return TABLE[LAST]!;
  const i = at | 0;
  const low = TABLE[i]!;
  return low + (TABLE[i + 1]! - low) * (at - i);
}
