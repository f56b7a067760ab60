/**
 * Sixteen LiFePO4 cells in series: charge, hysteresis, ohmic and two relaxing polarisations, all in arrays.
 * Figures: algorithms.md 4.9, where nothing else is said. Current is positive when charging.
 */
import { normal, seededRandom } from '../random';
import { ocvVolts } from './ocv';

export const CELLS = 16;
export const GROUPS = 4; // four cells share a temperature node

const R0_OHM = 0.0005; // at 25 °C
const R1_OHM = 0.0003;
const R2_OHM = 0.0004;
const TAU1_S = 20;
const TAU2_S = 900;
const LINK_OHM = 0.0001; // busbar that a sense input sees with its cell
const HYSTERESIS_V = 0.01; // middle of the published 5..15 mV
const HYSTERESIS_SPAN = 0.03; // share of the capacity over which the branch changes: assumption
const CHARGE_EFFICIENCY = 0.995;
const SELF_DISCHARGE_PER_S = 0.02 / (30 * 86400);
/** Side reaction of a full cell, A per unit of charge above 99 %; lets an over-charged cell come down within days: assumption. */
const OVERCHARGE_LEAK_A = 5;
/** Bleed path: two filter resistors of 20 Ω and the chip's switch of 25 Ω (hardware.md 2.6). */
const BLEED_OHM = 65;
const SENSE_WIRE_OHM = 0.05;

/**
 * The electrode surface runs ahead of the cell's mean charge while current flows. It lets the knees of the OCV curve appear under load
 * and vanish at rest: a cell charged to 3.7 V with 20 A settles below 3.38 V, one emptied to 2.5 V with 100 A above 2.9 V (assumption,
 * fitted to these two statements of the manual). Saturates at SPAN; HALF is the polarisation (V) of half of it.
 */
const CHARGE_SPAN = 0.06;
const CHARGE_HALF_V = 0.015;
const DISCHARGE_SPAN = 0.035;
const DISCHARGE_HALF_V = 0.02;

export interface CellOptions {
  seed: number;
  soc: number;
  capacityMah: number;
  /** Scale of the seeded spread: 0 = sixteen equal cells, 1 = as published. */
  spread: number;
}

export class CellStack {
  /** Charge held, ampere seconds. */
  readonly chargeAs = new Float64Array(CELLS);
  readonly capacityAs = new Float64Array(CELLS);
  /** Voltage without current, V, and the resistance in front of it, ohm. */
  readonly emfV = new Float64Array(CELLS);
  readonly ohm = new Float64Array(CELLS);
  emfSumV = 0;
  ohmSum = 0;
  /** Heat since the thermal model last took it, J per group. */
  readonly heatJ = new Float64Array(GROUPS);
  /** Sums since start: charge lost inside and through the bleed (over all cells), chemical energy gained, heat, bled energy. */
  lostAs = 0;
  bledAs = 0;
  storedJ = 0;
  heatTotalJ = 0;
  bledJ = 0;
  /** W that the bleed switches turn into heat now. */
  bleedW = 0;

  /** Balancing switches, bit 0 = cell 1. */
  bleedMask = 0;
  /** What the board takes from the whole stack, on the cells' side of the shunt, A; and its energy so far, J. */
  supplyA = 0;
  supplyJ = 0;

  private readonly fast = new Float64Array(CELLS);
  private readonly slow = new Float64Array(CELLS);
  private readonly branch = new Float64Array(CELLS);
  private readonly restV = new Float64Array(CELLS);
  private readonly spreadR = new Float64Array(CELLS);
  private readonly spreadLeak = new Float64Array(CELLS);
  private readonly offset = new Float64Array(CELLS);
  private readonly bleedA = new Float64Array(CELLS);
  private readonly coldFactor = new Float64Array(GROUPS).fill(1);
  private readonly leakFactor = new Float64Array(GROUPS).fill(1);
  private lastDtS = -1;
  private decay1 = 0;
  private decay2 = 0;

  constructor(options: CellOptions) {
    const random = seededRandom(options.seed);
    for (let k = 0; k < CELLS; k++) {
      const deviation = options.spread * clamp(normal(random), -3, 3);
      this.capacityAs[k] = options.capacityMah * 3.6 * (1 + 0.004 * deviation);
      this.offset[k] = 0.0025 * options.spread * clamp(normal(random), -3, 3);
      this.spreadR[k] = 1 + 0.025 * options.spread * (2 * random() - 1);
      this.spreadLeak[k] = 1 + 0.3 * options.spread * (2 * random() - 1);
    }
    this.setSoc(options.soc);
  }

  soc(index: number): number {
    return this.chargeAs[index]! / this.capacityAs[index]!;
  }

  /** Puts all cells (with their spread) or one cell exactly to a state of charge, rested. */
  setSoc(soc: number, index?: number): void {
    for (let k = 0; k < CELLS; k++) {
      if (index !== undefined && index !== k) continue;
      const target = index === undefined ? clamp(soc + this.offset[k]!, Math.min(soc, 0), Math.max(soc, 1)) : soc;
      this.chargeAs[k] = target * this.capacityAs[k]!;
      this.fast[k] = 0;
      this.slow[k] = 0;
    }
    this.refresh();
  }

  setBleed(mask: number): void {
    this.bleedMask = mask;
    this.refresh();
  }

  /** Resistance grows by half for every 10 K less; self-discharge doubles for 10 K more. */
  setTemperatures(celsius: Float64Array): void {
    for (let g = 0; g < GROUPS; g++) {
      const kelvin = clamp(celsius[g]!, -60, 120) - 25;
      this.coldFactor[g] = Math.exp(-0.0405465 * kelvin); // ln 1.5 / 10
      this.leakFactor[g] = Math.exp(0.0693147 * kelvin); // ln 2 / 10
    }
    this.refresh();
  }

  /** Lets a constant current flow for a while. */
  step(amps: number, dtS: number): void {
    if (dtS !== this.lastDtS) {
      this.lastDtS = dtS;
      this.decay1 = Math.exp(-dtS / TAU1_S);
      this.decay2 = Math.exp(-dtS / TAU2_S);
    }
    const gain1 = R1_OHM * (1 - this.decay1);
    const gain2 = R2_OHM * (1 - this.decay2);
    for (let k = 0; k < CELLS; k++) {
      const g = k >> 2;
      const i = amps - this.bleedA[k]! - this.supplyA;
      const capacity = this.capacityAs[k]!;
      const charge = this.chargeAs[k]!;
      const r = this.coldFactor[g]! * this.spreadR[k]!;
      const over = charge / capacity - 0.99;
      let leak = capacity * SELF_DISCHARGE_PER_S * this.leakFactor[g]! * this.spreadLeak[k]!;
      if (over > 0) leak += OVERCHARGE_LEAK_A * over;
      if (charge <= 0) leak = 0;
      const loss = (i > 0 ? (1 - CHARGE_EFFICIENCY) * i : 0) + leak;
      const gained = (i - loss) * dtS;
      const bledV = this.emfV[k]! + amps * this.ohm[k]!;
      // what goes in at the terminals and is not stored is heat; the polarisation's small store is heat in advance
      const heat = bledV * i * dtS - this.restV[k]! * gained;
      this.heatJ[g]! += heat;
      this.heatTotalJ += heat;
      this.storedJ += this.restV[k]! * gained;
      this.lostAs += loss * dtS;
      this.bledAs += this.bleedA[k]! * dtS;
      this.bledJ += bledV * this.bleedA[k]! * dtS;
      this.supplyJ += bledV * this.supplyA * dtS;
      this.chargeAs[k] = charge + gained;
      this.fast[k] = this.fast[k]! * this.decay1 + i * r * gain1;
      this.slow[k] = this.slow[k]! * this.decay2 + i * r * gain2;
      const moved = (Math.abs(i) * dtS) / (capacity * HYSTERESIS_SPAN);
      this.branch[k]! += ((i > 0 ? 1 : -1) - this.branch[k]!) * (moved / (1 + moved));
    }
    this.refresh();
  }

  /** Voltage of the cell with its link, V: between the sense inputs while nothing is bled. */
  cellV(index: number, amps: number): number {
    return this.emfV[index]! + amps * this.ohm[index]!;
  }

  /** Voltage between sense inputs, V: neighbours see the drop of the bleed current over the shared wire. */
  senseV(index: number, amps: number): number {
    const bleed = this.bleedA;
    const shared = (bleed[index - 1] ?? 0) + (bleed[index + 1] ?? 0) - 2 * bleed[index]!;
    return this.cellV(index, amps) + SENSE_WIRE_OHM * shared;
  }

  /** How far the cells are from rest: the largest polarisation, V. */
  unrestV(): number {
    let most = 0;
    for (let k = 0; k < CELLS; k++) most = Math.max(most, Math.abs(this.fast[k]!), Math.abs(this.slow[k]!));
    return most;
  }

  private refresh(): void {
    let emfSum = 0;
    let ohmSum = 0;
    this.bleedW = 0;
    for (let k = 0; k < CELLS; k++) {
      const soc = this.chargeAs[k]! / this.capacityAs[k]!;
      const relaxing = this.fast[k]! + this.slow[k]!;
      const ahead =
        relaxing > 0
          ? (CHARGE_SPAN * relaxing) / (relaxing + CHARGE_HALF_V)
          : (DISCHARGE_SPAN * relaxing) / (DISCHARGE_HALF_V - relaxing);
      const middle = clamp(20 * Math.min(soc, 1 - soc), 0, 1); // no hysteresis at the ends
      const ohm = R0_OHM * this.coldFactor[k >> 2]! * this.spreadR[k]! + LINK_OHM;
      let emf = ocvVolts(soc + ahead) + HYSTERESIS_V * middle * this.branch[k]! + relaxing;
      if ((this.bleedMask >> k) & 1) {
        const bleed = Math.max(0, emf) / BLEED_OHM;
        this.bleedA[k] = bleed;
        this.bleedW += bleed * emf;
        emf -= bleed * ohm;
      } else this.bleedA[k] = 0;
      this.restV[k] = ocvVolts(soc);
      this.emfV[k] = emf;
      this.ohm[k] = ohm;
      emfSum += emf;
      ohmSum += ohm;
    }
    this.emfSumV = emfSum;
    this.ohmSum = ohmSum;
  }
}

function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}
