/**
 * The pack's parts and their time. Works only when looked at: time is taken in steps that depend on the state alone, never on who
 * reads, so that watching does not change the course. Between steps the values stand still; a step is 250 ms at work, 1 s at rest, and
 * down to 2 µs while a coil or capacitor moves.
 */
import type { SimClock } from '../contracts';
import { Breaker } from './breaker';
import { CellStack } from './cell';
import { Circuit } from './circuit';
import { Fets } from './fets';
import { Terminal } from './sources';
import { Storage } from './storage';
import { Thermal } from './thermal';
import { Ledger } from './truth';

const WORK_US = 250000;
const REST_US = 1000000;
const REST_A = 0.05;
const REST_V = 0.0005;
/** A step shorter than this follows an event that comparators may want to see. */
const EVENT_US = 50000;

export interface PlantOptions {
  seed: number;
  /** State of charge at the start, 0..1. */
  soc: number;
  ambientCelsius: number;
  capacityMah: number;
  /** Scale of the seeded spread of capacity, charge and resistance: 1 = σ 0.4 %, 0.25 %, ±2.5 %; 0 = equal cells. */
  spread: number;
  shuntMicroOhm: number;
  /** Error of the shunt: gain as a fraction, offset in µV. */
  shuntGainError: number;
  shuntOffsetUv: number;
}

export class PlantCore {
  protected readonly options: PlantOptions;
  protected readonly cells: CellStack;
  protected readonly thermal: Thermal;
  protected readonly fets = new Fets();
  protected readonly breaker = new Breaker();
  protected readonly terminal = new Terminal();
  protected readonly circuit: Circuit;
  protected readonly storage: Storage;
  protected readonly ledger = new Ledger();
  protected readonly listeners: (() => void)[] = [];
  /** What a broken connection to the shunt shows instead, µV; 0 = it is whole. */
  protected shuntRailUv = 0;
  protected lastUs: number;
  private stepUs = WORK_US;
  private wake = 0;
  private announce = false;
  private announcing = false;

  constructor(
    protected readonly clock: SimClock,
    options: Partial<PlantOptions> = {},
  ) {
    this.options = {
      seed: 1,
      soc: 0.5,
      ambientCelsius: 25,
      capacityMah: 100000,
      spread: 1,
      shuntMicroOhm: 250,
      shuntGainError: 0,
      shuntOffsetUv: 0,
      ...options,
    };
    this.lastUs = clock.nowUs;
    this.cells = new CellStack(this.options);
    this.thermal = new Thermal(this.options.ambientCelsius);
    this.cells.setTemperatures(this.thermal.celsius);
    this.circuit = new Circuit(this.cells, this.fets, this.breaker, this.terminal, this.options.shuntMicroOhm * 1e-6);
    this.storage = new Storage(this.terminal, this.circuit);
    this.circuit.solve();
  }

  /** The AFE measures against the cells' side of the shunt. */
  protected againstStack(volts: number): number {
    return volts - this.circuit.amps * this.options.shuntMicroOhm * 1e-6;
  }

  protected shuntNowUv(): number {
    return this.shownUv(this.circuit.amps);
  }

  /** What the AFE sees of a current, µV. */
  private shownUv(amps: number): number {
    const { shuntMicroOhm, shuntGainError, shuntOffsetUv } = this.options;
    return this.shuntRailUv || amps * shuntMicroOhm * (1 + shuntGainError) + shuntOffsetUv;
  }

  protected sync(): void {
    const now = this.clock.nowUs;
    if (now - this.lastUs < this.stepUs) return;
    while (now - this.lastUs >= this.stepUs) this.step(this.stepUs);
    this.schedule();
  }

  /** Time up to now under the old conditions, then the new ones. Told to the comparators unless they cannot see it. */
  protected change(apply: () => void, told = true): void {
    this.sync();
    if (this.clock.nowUs > this.lastUs) this.step(this.clock.nowUs - this.lastUs);
    apply();
    this.terminal.unsettle(this.circuit.terminalV);
    this.circuit.solve();
    this.chooseStep();
    if (told) this.announce = true;
    this.schedule();
    if (told) this.tell();
  }

  private step(dtUs: number): void {
    const dtS = dtUs * 1e-6;
    const { cells, thermal, circuit, terminal, ledger } = this;
    const before = circuit.amps;
    const dynamic = terminal.dynamic;
    ledger.note(terminal, circuit.terminalV, dynamic ? dtS / 2 : dtS);
    let amps = before;
    if (dynamic) {
      this.storage.step(dtS);
      ledger.note(terminal, circuit.terminalV, dtS / 2);
      amps = (before + circuit.amps) / 2;
    }
    ledger.flow(amps, circuit.pathW(amps), dtS);
    ledger.shuntUvS += this.shownUv(amps) * dtS;
    cells.step(amps, dtS);
    if (thermal.add(dtS, cells.heatJ, circuit.mosfetW(amps) * dtS)) cells.setTemperatures(thermal.celsius);
    const switched = terminal.superviseInverter(dtS);
    const tripped = this.breaker.step(amps, dtS);
    if (tripped) terminal.unsettle(circuit.terminalV);
    circuit.solve();
    if (dynamic) this.storage.settle(dtS);
    if (switched || tripped || (dynamic && dtUs < EVENT_US)) this.announce = true;
    this.lastUs += dtUs;
    this.chooseStep();
  }

  private chooseStep(): void {
    const { terminal, circuit } = this;
    const amps = circuit.amps;
    const quiet =
      (terminal.charger === null || amps === 0) && // constant voltage needs the finer steps
      terminal.inverter === null &&
      Math.abs(amps) < REST_A &&
      this.cells.unrestV() < REST_V;
    let us = quiet ? REST_US : WORK_US;
    if (terminal.dynamic) us = Math.min(us, 1e6 * terminal.nextStepS(circuit.sourceOhm));
    us = Math.min(us, 1e6 * this.breaker.tripInS(amps));
    this.stepUs = Math.max(1, Math.ceil(us));
  }

  /** An event on the clock for what must not wait until somebody looks. */
  private schedule(): void {
    if (this.wake !== 0) this.clock.cancel(this.wake);
    this.wake = 0;
    if (this.announce || this.stepUs < WORK_US) {
      this.wake = this.clock.at(this.announce ? this.clock.nowUs : this.lastUs + this.stepUs, () => {
        this.wake = 0;
        this.sync();
        this.schedule();
        this.tell();
      });
    }
  }

  private tell(): void {
    if (this.announcing) return; // the one who is telling tells again
    this.announcing = true;
    while (this.announce) {
      this.announce = false;
      for (const listener of this.listeners) listener();
    }
    this.announcing = false;
  }
}
