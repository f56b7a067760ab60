/** What the firmware may cost on the interpreter; the same figures stand in docs/budgets.md. Bytes: build/budgets.json. */

/** Variables of 13 bytes on the reference board. */
export const JSVARS = 5450;

export const BUDGETS = {
  /** JsVars after start with the code in flash: 46 % of all (issue 10 leaves half to everything). */
  startVars: 0.46 * JSVARS,
  /** Growth over 24 h of virtual time: a number that outgrows its slot takes one more; a leak would be thousands. */
  growthVars: 20,
  /** Sample, estimate, protect, decide, actuate in a steady tick, instructions. */
  control: 3.0e6,
  /** Anything that runs without a pause: 54 ms at 168 MHz with 1.35 cycles an instruction, 80 with two; 6.2 would be 50. */
  slice: 6.7e6,
};
