/** The physical pack around the AFE, with its two faces: what the AFE sees and drives, and the bench. */
import type { AfeSurroundings, AfeThermistor } from '../contracts';
import { PlantCore, type PlantOptions } from './core';
import type { Bank } from './fets';
import { ntcOhm } from './ntc';
import { newInverter, type Load } from './sources';
import { SENSORS } from './thermal';
import { truthOf, type Truth } from './truth';
import { SenseWires } from './wires';

/** Which sensor is wired to which pin (hardware.md section 3). */
const SENSOR_OF_PIN: Partial<Record<AfeThermistor, number>> = { TS1: 0, TS3: 1, HDQ: 2, DCHG: 3, DDSG: 4, CFETOFF: 5 };
const AIR = 5;

/**
 * The AFE's load-detect source and the resistor before its LD pin (hardware.md 5.2): 4 V over 10 and 20 kOhm, where the
 * TI manual lets the load count as removed.
 */
const LOAD_DETECT_A = 4 / 30000;
const LD_OHM = 10000;
/** Where the coulomb counter's input goes without a shunt: beyond its range of 200 mV. */
const RAIL_UV = 300000;

export type Direction = 'chg' | 'dsg';

export class Plant extends PlantCore implements AfeSurroundings {
  private dfetoff = false;
  /** ALERT output of the AFE, and what wants to know of it. */
  alert = false;
  onAlert: ((level: boolean) => void) | null = null;

  private readonly ntcFaults: ('open' | 'short' | 'loose' | null)[] = Array.from({ length: SENSORS }, () => null);
  private readonly wires = new SenseWires();
  private loadDetect = false;
  private readonly wiredMv = (index: number): number => 1000 * this.cells.cellV(index, this.circuit.amps);

  // what the AFE sees and drives

  cellMv(index: number): number {
    this.sync();
    return this.wires.inputMv(index, this.wiredMv);
  }

  stackMv(): number {
    this.sync();
    return 1000 * (this.cells.emfSumV + this.circuit.amps * this.cells.ohmSum);
  }

  packPinMv(): number {
    this.sync();
    return 1000 * this.againstStack(this.circuit.outputV);
  }

  ldPinMv(): number {
    this.sync();
    return 1000 * (this.loadDetect ? this.detectingV() : this.againstStack(this.circuit.terminalV));
  }

  /** LD pin while the source is on. */
  private detectingV(): number {
    const stackV = this.stackMv() / 1000;
    const terminalV = this.againstStack(this.circuit.pulledUpV(LOAD_DETECT_A));
    return Math.max(terminalV, Math.min(stackV, terminalV + LOAD_DETECT_A * LD_OHM));
  }

  shuntUv(): number {
    this.sync();
    return this.shuntNowUv();
  }

  shuntUvSeconds(): number {
    this.sync();
    return this.ledger.shuntUvS + this.shuntNowUv() * (this.clock.nowUs - this.lastUs) * 1e-6;
  }

  ntcOhm(pin: AfeThermistor): number {
    const sensor = SENSOR_OF_PIN[pin];
    if (sensor === undefined) return Infinity;
    this.sync();
    const fault = this.ntcFaults[sensor];
    if (fault === 'open') return Infinity;
    if (fault === 'short') return 10;
    return ntcOhm(this.thermal.celsius[fault === 'loose' ? AIR : sensor]!);
  }

  /** The AFE sits on the board and warms itself with its bleed switches (25 of the 65 Ω, some 25 K/W: assumption). */
  dieCelsius(): number {
    this.sync();
    return this.thermal.celsius[5]! + 3 + this.cells.bleedW * (25 / 65) * 25;
  }

  pinLevel(pin: 'CFETOFF' | 'DFETOFF' | 'TS2' | 'RST_SHUT'): boolean {
    if (pin === 'TS2') return true; // nobody presses the power key
    return pin === 'DFETOFF' && this.dfetoff;
  }

  setFets(chg: boolean, dsg: boolean, pchg: boolean, pdsg: boolean): void {
    const { fets } = this;
    if (fets.chg.gate === chg && fets.dsg.gate === dsg && fets.pchg === pchg && fets.pdsg === pdsg) return;
    this.change(() => {
      fets.chg.gate = chg;
      fets.dsg.gate = dsg;
      fets.pchg = pchg;
      fets.pdsg = pdsg;
    });
  }

  setBleed(mask: number): void {
    if (mask !== this.cells.bleedMask) this.change(() => this.cells.setBleed(mask), false);
  }

  /** What the board takes for itself from now on, mA. */
  setSupply(milliamps: number): void {
    checked('supply', milliamps, 0);
    this.change(() => (this.cells.supplyA = milliamps / 1000), false);
  }

  setLoadDetect(on: boolean): void {
    this.loadDetect = on;
  }

  openWireCheck(): void {
    if (this.wires.check(this.wiredMv)) this.change(() => undefined);
  }

  setAlert(level: boolean): void {
    this.alert = level;
    this.onAlert?.(level);
  }

  onStep(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** The board drives the AFE's BOTHOFF input (pin DFETOFF); the AFE is told that something stepped. */
  setBothOff(level: boolean): void {
    this.change(() => (this.dfetoff = level));
  }

  // the bench

  connectCharger(charger: { amps: number; volts: number }): void {
    const amps = checked('charger amps', charger.amps, 0);
    const volts = checked('charger volts', charger.volts, 0);
    this.change(() => (this.terminal.charger = { amps, volts }));
  }

  disconnectCharger(): void {
    this.change(() => (this.terminal.charger = null));
  }

  /** A charger with its poles exchanged; null takes it off. It takes its current out of the pack while it can. */
  reverseCharger(charger: { amps: number; volts: number } | null): void {
    if (charger !== null) checked('charger amps', charger.amps, 0);
    if (charger !== null) checked('charger volts', charger.volts, 0);
    this.change(() => (this.terminal.reversed = charger === null ? null : { ...charger }));
  }

  setLoad(load: Load | null): void {
    if (load !== null) for (const value of Object.values(load)) checked('load', value, 'ohms' in load ? 1e-4 : 0);
    this.change(() => (this.terminal.load = load === null ? null : { ...load }));
  }

  /** An inverter with an empty input capacitor; it draws power 3 s after the input is above 46 V and stops below 40 V. */
  connectInverter({ watts, microFarad = 10000 }: { watts: number; microFarad?: number }): void {
    checked('inverter watts', watts, 0);
    checked('inverter capacitor', microFarad, 1);
    this.change(() => (this.terminal.inverter = newInverter(watts, microFarad)));
  }

  setInverterWatts(watts: number): void {
    checked('inverter watts', watts, 0);
    this.change(() => {
      if (this.terminal.inverter !== null) this.terminal.inverter.watts = watts;
    });
  }

  disconnectInverter(): void {
    this.change(() => (this.terminal.inverter = null));
  }

  shortCircuit({ ohms = 0.005, henry = 2e-6 }: { ohms?: number; henry?: number } = {}): void {
    checked('short circuit ohms', ohms, 1e-4);
    checked('short circuit henry', henry, 0);
    this.change(() => (this.terminal.short = { ohms, henry, amps: 0, settled: henry === 0 }));
  }

  clearShort(): void {
    this.change(() => (this.terminal.short = null));
  }

  closeBreaker(): void {
    this.change(() => this.breaker.set(true));
  }

  openBreaker(): void {
    this.change(() => this.breaker.set(false));
  }

  /** The breaker opens as by its bimetal or magnet; `closeBreaker` ends it. */
  tripBreaker(): void {
    this.change(() => this.breaker.trip());
  }

  /** Auxiliary contact of the breaker. */
  get breakerClosed(): boolean {
    this.sync();
    return this.breaker.closed;
  }

  weld(direction: Direction, welded: boolean): void {
    this.change(() => (this.bank(direction).welded = welded));
  }

  failOpen(direction: Direction, failed: boolean): void {
    this.change(() => (this.bank(direction).failedOpen = failed));
  }

  /** All cells with their seeded spread, or one cell exactly; rested. */
  setSoc(fraction: number, cellIndex?: number): void {
    checked('state of charge', fraction, -1);
    this.change(() => this.cells.setSoc(fraction, cellIndex));
  }

  /** The room's temperature. The pack follows in its own time, or at once when `settled`. */
  setAmbient(celsius: number, settled = false): void {
    checked('ambient', celsius, -273);
    this.change(() => {
      this.thermal.ambient = celsius;
      if (settled) this.thermal.settle(celsius);
      this.cells.setTemperatures(this.thermal.celsius);
    });
  }

  /** Holds what sensor 0..5 (T1..T6) measures, and the part it sits on, at one temperature; null lets go. */
  holdTemperature(sensor: number, celsius: number | null): void {
    if (celsius !== null) checked('temperature', celsius, -273);
    this.change(() => {
      this.thermal.hold(sensor, celsius);
      this.cells.setTemperatures(this.thermal.celsius);
    });
  }

  /** What is wrong with sensor 0..5; `loose`: off its cell, it has the temperature of the air on the board (T6). */
  faultNtc(sensor: number, fault: 'open' | 'short' | 'loose' | null): void {
    this.change(() => (this.ntcFaults[sensor] = fault));
  }

  /** Breaks or mends sense wire 0 (bottom of the stack) .. 16 (top); what a cell shows then drifts with each check of the AFE. */
  breakSenseWire(wire: number, broken: boolean): void {
    this.change(() => this.wires.setOpen(wire, broken));
  }

  /** Exchanges sense wires `wire` and `wire + 1`; once more puts them back. */
  swapSenseWires(wire: number): void {
    this.change(() => this.wires.swap(wire));
  }

  /** The connection to the shunt is broken: the reading is at that end of its range. Null mends it. */
  openShunt(shows: 'charge' | 'discharge' | null): void {
    this.change(() => (this.shuntRailUv = shows === null ? 0 : shows === 'charge' ? RAIL_UV : -RAIL_UV));
  }

  /** Ages the shunt: gain error as a fraction, offset in µV. */
  setShuntError(gainError: number, offsetUv: number): void {
    this.change(() => {
      this.options.shuntGainError = gainError;
      this.options.shuntOffsetUv = offsetUv;
    });
  }

  /** Everything as it really is: plain numbers for tests, traces and the panel. */
  truth(): Truth {
    this.sync();
    return truthOf(
      this.clock.nowUs,
      this.cells,
      this.thermal,
      this.fets,
      this.breaker,
      this.terminal,
      this.circuit,
      this.ledger,
      [this.packPinMv(), this.ldPinMv()],
    );
  }

  private bank(direction: Direction): Bank {
    return direction === 'chg' ? this.fets.chg : this.fets.dsg;
  }
}

function checked(what: string, value: number, least: number): number {
  if (!Number.isFinite(value) || value < least) throw new RangeError(`${what}: ${value}`);
  return value;
}

export type { Load, PlantOptions, Truth };
