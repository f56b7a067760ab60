/**
 * The pack of the SOC benchmark, second by second: cells and heat of the plant, values rounded and disturbed as the AFE
 * delivers them, and the firmware's own estimation, protection, MOSFET decision and balancing on them. No buses, no
 * registers, no interpreter: some 100 times faster than the whole board (`FullPack` is that).
 */
import { balance, createBalancer } from '../src/bms/balance';
import { createEstimator, estimate } from '../src/bms/estimate';
import { decide } from '../src/bms/fets';
import { createGuard } from '../src/bms/guard';
import { createPack, type Pack } from '../src/bms/pack';
import { defaultParams, P } from '../src/bms/params';
import { protect } from '../src/bms/protect';
import '../src/hal-mock/natives';
import { CELLS, CellStack } from '../src/hal-mock/plant/cell';
import { SENSORS, Thermal } from '../src/hal-mock/plant/thermal';
import { normal, seededRandom, type Random } from '../src/hal-mock/random';
import type { Demand } from './soc-winter';

/** Errors of the instrument. */
export interface Errors {
  /** What the shunt reads without current, at 10 °C, and its change with 10 K. */
  offsetMa: number;
  offsetMaPer10K: number;
  gain: number;
  /** Standard deviations: of a cell's reading from sample to sample, of its calibration, of a current, of a temperature. */
  cellNoiseMv: number;
  cellErrorMv: number;
  currentNoiseMa: number;
  temperatureNoiseC: number;
  /** What the electronics really draw past the shunt. */
  standbyMa: number;
}

export interface PackOptions {
  seed: number;
  soc: number;
  capacityMah: number;
  ambientCelsius: number;
  errors: Errors;
  /** Which balancing works: none, the rule of S4, or that with the charge budget. */
  balancing?: Balancing;
}

export type Balancing = 'none' | 'rule' | 'budget';

/** What the benchmark asks of a pack. */
export interface BenchPack {
  readonly pack: Pack;
  /** Lets a minute pass under one demand. */
  minute(demand: Demand): void;
  /** What a load could still take until the first cell is empty, over what a charger could fill in addition, 0..1. */
  trueSoc(): number;
  readonly offsetMa: number;
}

export const CHARGE_V = 56.8;
/** Shunt, two MOSFET banks, breaker, lugs, and the charger's droop. */
const PATH_OHM = 0.00025 + 0.0006 + 0.0005 + 0.001;
const CURRENT_STEP_MA = 10;
/** Below this the AFE's counter counts nothing: 9 x 234 nV over 0.25 mOhm. */
const DEAD_BAND_MA = 8.4;

/** Usable state of charge of unequal cells in series. */
export function usableSoc(charge: (k: number) => number, capacity: (k: number) => number): number {
  let out = Infinity;
  let into = Infinity;
  for (let k = 0; k < CELLS; k++) {
    out = Math.min(out, charge(k));
    into = Math.min(into, capacity(k) - charge(k));
  }
  return Math.max(0, Math.min(1, out / (out + into)));
}

export class FastPack implements BenchPack {
  readonly pack = createPack();
  readonly cells: CellStack;
  readonly balancer = createBalancer();
  private readonly thermal: Thermal;
  private readonly random: Random;
  private readonly cellErrorMv: number[];
  private readonly params = defaultParams();
  private readonly estimator = createEstimator();
  private readonly guard = createGuard();
  private seconds = 0;

  constructor(private readonly options: PackOptions) {
    this.cells = new CellStack({ ...options, spread: 1 });
    this.thermal = new Thermal(options.ambientCelsius);
    this.cells.setTemperatures(this.thermal.celsius);
    this.random = seededRandom(options.seed * 104729);
    this.cellErrorMv = Array.from({ length: CELLS }, () => options.errors.cellErrorMv * normal(this.random));
    this.pack.tempValid = (1 << SENSORS) - 1;
    if (options.balancing === 'budget') this.params[P.BalanceBudget] = 1;
  }

  get offsetMa(): number {
    return this.estimator.offsetMa;
  }

  trueSoc(): number {
    const { chargeAs, capacityAs } = this.cells;
    return usableSoc(
      (k) => chargeAs[k]!,
      (k) => capacityAs[k]!,
    );
  }

  minute(demand: Demand): void {
    this.thermal.ambient = demand.ambientCelsius;
    for (let s = 0; s < 60; s++) this.second(demand);
  }

  private second(demand: Demand): void {
    const { cells, thermal, pack } = this;
    const amps = this.amps(demand);
    cells.step(amps - this.options.errors.standbyMa / 1000, 1);
    if (thermal.add(1, cells.heatJ, amps * amps * 0.0006)) cells.setTemperatures(thermal.celsius);
    this.seconds++;
    this.sample(amps);
    const nowMs = this.seconds * 1000;
    estimate(this.estimator, pack, this.params, nowMs);
    protect(this.guard, pack, this.params, nowMs);
    decide(pack);
    pack.chgFetOn = pack.chgOn;
    pack.dsgFetOn = pack.dsgOn;
    if (this.options.balancing !== 'none') balance(this.balancer, pack, this.params);
    if (pack.bleedMask !== cells.bleedMask) cells.setBleed(pack.bleedMask);
    // the other ticks of this second: nothing new, but the estimator's later steps
    estimate(this.estimator, pack, this.params, nowMs + 250);
    estimate(this.estimator, pack, this.params, nowMs + 500);
  }

  /** Current into the cells for charger and load, with the MOSFETs as they are. */
  private amps(demand: Demand): number {
    const { cells, pack } = this;
    const load = demand.loadWatts / (cells.emfSumV || 50);
    const volts = demand.chargerVolts ?? CHARGE_V;
    const held = demand.chargerAmps > 0 ? (volts - cells.emfSumV) / (cells.ohmSum + PATH_OHM) : -Infinity;
    let amps = Math.min(demand.chargerAmps - load, Math.max(held, -load));
    if (!pack.chgFetOn) amps = Math.min(amps, 0);
    if (!pack.dsgFetOn) amps = Math.max(amps, 0);
    return amps;
  }

  private sample(amps: number): void {
    const { pack, random, cells, thermal } = this;
    const { errors } = this.options;
    let sum = 0;
    for (let k = 0; k < CELLS; k++) {
      const mv = 1000 * cells.cellV(k, amps) + this.cellErrorMv[k]! + errors.cellNoiseMv * normal(random);
      pack.cellMv[k] = Math.round(mv);
      sum += pack.cellMv[k]!;
    }
    pack.stackMv = pack.packMv = pack.terminalMv = Math.round(sum / 10) * 10;
    const offset = errors.offsetMa + (errors.offsetMaPer10K * (thermal.celsius[5]! - 10)) / 10;
    const ma = 1000 * amps * (1 + errors.gain) + offset;
    const seen = ma + errors.currentNoiseMa * normal(random);
    pack.currentMa = Math.round(seen / CURRENT_STEP_MA) * CURRENT_STEP_MA;
    if (Math.abs(ma) > DEAD_BAND_MA) pack.countedMas += ma;
    pack.countedSeconds = this.seconds;
    for (let n = 0; n < SENSORS; n++)
      pack.tempDeciC[n] = Math.round(10 * (thermal.celsius[n]! + errors.temperatureNoiseC * normal(random)));
    pack.sampleOk = true;
    pack.samples++;
  }
}
