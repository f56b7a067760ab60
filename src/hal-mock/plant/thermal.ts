/** Temperatures: four groups of four cells (T1..T4), MOSFET heat sink (T5), board air (T6), against a given ambient. */
import { GROUPS } from './cell';

export const SENSORS = 6;
const MOSFET = 4;
const BOARD = 5;

const GROUP_J_PER_K = 4 * 2000;
const GROUP_TO_AIR_W_PER_K = 4 / 8;
const GROUP_TO_GROUP_W_PER_K = 1 / 3; // one pair of cells touches
const MOSFET_J_PER_K = 120; // assumption: 100 A in closed MOSFETs give 18 K more after some 6 minutes
const MOSFET_TO_AIR_W_PER_K = 1 / 3;
const BOARD_J_PER_K = 60; // assumption: follows the room within a minute or two
const BOARD_TO_AIR_W_PER_K = 0.8;
const MOSFET_TO_BOARD_W_PER_K = 0.02;
const STEP_S = 1;

export class Thermal {
  readonly celsius: Float64Array;
  readonly held: (number | null)[] = Array.from({ length: SENSORS }, () => null);
  /** Heat that left into the room since start, J, and that the nodes took up. */
  toAirJ = 0;
  private readonly flowW = new Float64Array(SENSORS);
  private mosfetJ = 0;
  private pendingS = 0;

  constructor(public ambient: number) {
    this.celsius = new Float64Array(SENSORS).fill(ambient);
  }

  hold(sensor: number, celsius: number | null): void {
    this.held[sensor] = celsius;
    if (celsius !== null) this.celsius[sensor] = celsius;
  }

  /** Puts every node that is not held to one temperature. */
  settle(celsius: number): void {
    for (let n = 0; n < SENSORS; n++) this.celsius[n] = this.held[n] ?? celsius;
  }

  /** Heat stored against 0 °C, J. */
  get storedJ(): number {
    let sum = 0;
    for (let n = 0; n < SENSORS; n++) sum += capacityJPerK(n) * this.celsius[n]!;
    return sum;
  }

  /** Collects heat; true when a second is full and the temperatures have moved. `cellJ` is emptied then. */
  add(dtS: number, cellJ: Float64Array, mosfetJ: number): boolean {
    this.mosfetJ += mosfetJ;
    this.pendingS += dtS;
    if (this.pendingS < STEP_S - 1e-9) return false;
    let left = this.pendingS;
    const perS = 1 / left;
    while (left > 0) {
      const dt = Math.min(left, 10 * STEP_S); // the fastest node has more than a minute
      this.step(dt, cellJ, this.mosfetJ * perS, perS);
      left -= dt;
    }
    cellJ.fill(0);
    this.mosfetJ = 0;
    this.pendingS = 0;
    return true;
  }

  private step(dtS: number, cellJ: Float64Array, mosfetW: number, perS: number): void {
    const t = this.celsius;
    const flow = this.flowW;
    let airW = 0;
    for (let g = 0; g < GROUPS; g++) {
      const toAir = (t[g]! - this.ambient) * GROUP_TO_AIR_W_PER_K;
      airW += toAir;
      flow[g] = cellJ[g]! * perS - toAir;
    }
    for (let g = 0; g + 1 < GROUPS; g++) {
      const across = (t[g]! - t[g + 1]!) * GROUP_TO_GROUP_W_PER_K;
      flow[g]! -= across;
      flow[g + 1]! += across;
    }
    const mosfetToAir = (t[MOSFET]! - this.ambient) * MOSFET_TO_AIR_W_PER_K;
    const boardToAir = (t[BOARD]! - this.ambient) * BOARD_TO_AIR_W_PER_K;
    const across = (t[MOSFET]! - t[BOARD]!) * MOSFET_TO_BOARD_W_PER_K;
    flow[MOSFET] = mosfetW - mosfetToAir - across;
    flow[BOARD] = across - boardToAir;
    this.toAirJ += (airW + mosfetToAir + boardToAir) * dtS;
    for (let n = 0; n < SENSORS; n++) {
      t[n] = this.held[n] ?? t[n]! + (flow[n]! * dtS) / capacityJPerK(n);
    }
  }
}

function capacityJPerK(node: number): number {
  return node < GROUPS ? GROUP_J_PER_K : node === MOSFET ? MOSFET_J_PER_K : BOARD_J_PER_K;
}
