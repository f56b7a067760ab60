/** Thermistor 103AT: resistance over temperature. */

/** ohm at -50, -45 .. 110 °C (hardware.md section 3, from TI's guide SLUUCP2). */
// prettier-ignore
const OHM = [
  329500, 247700, 188500, 144100, 111300, 86430, 67770, 53410, 42470, 33900, // -50..-5
   27280,  22050,  17960,  14690,  12090, 10000,  8313,  6940,  5827,  4911, //   0..45
    4160,   3536,   3020,   2588,   2228,  1924,  1668,  1451,  1266,  1108, //  50..95
   973.1,  857.2,  757.6,                                                    // 100..110
];
const FIRST_C = -50;
const STEP_C = 5;
const ZERO_K = 273.15;

/** Resistance in ohm: ln R over 1/T between two rows of the table, the outermost rows continued beyond it. */
export function ntcOhm(celsius: number): number {
  const bounded = Math.min(Math.max(celsius, -100), 400);
  const row = Math.min(Math.max(Math.floor((bounded - FIRST_C) / STEP_C), 0), OHM.length - 2);
  const below = 1 / (FIRST_C + STEP_C * row + ZERO_K);
  const above = 1 / (FIRST_C + STEP_C * (row + 1) + ZERO_K);
  const share = (1 / (bounded + ZERO_K) - below) / (above - below);
  return Math.exp(Math.log(OHM[row]!) * (1 - share) + Math.log(OHM[row + 1]!) * share);
}
