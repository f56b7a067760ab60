/** Bench face of the simulated BQ76952: faults to inject, and what a test may read without the bus. */
import type { AfeThermistor } from '../contracts';
import type { Alarm } from './bq76952-alarm';
import type { BusFace } from './bq76952-bus';
import type { DirectCommands } from './bq76952-direct';
import type { Measure } from './bq76952-measure';
import { PINS, type ChipState, type PowerMode } from './bq76952-state';
import type { Window } from './bq76952-window';

/** What a user saw under overload (hardware.md 2.9, 12): cells 5 to 10 and every temperature at zero. */
const BURST_CELLS = [4, 5, 6, 7, 8, 9];

export class Bq76952Bench {
  /** Data-memory blocks the host wrote outside CONFIG_UPDATE, which the manual warns against. */
  unsafeWrites = 0;

  constructor(
    private readonly chip: ChipState,
    private readonly measure: Measure,
    private readonly alarm: Alarm,
    private readonly bus: BusFace,
    private readonly direct: DirectCommands,
    private readonly window: Window,
  ) {}

  /** No acknowledge at all, as if unpowered or cut off; measuring goes on. */
  set deaf(value: boolean) {
    this.bus.deaf = value;
  }
  /** The next `count` CRC bytes the chip sends are wrong. */
  corruptCrcs(count: number): void {
    this.bus.badCrcs = count;
  }
  /** The next `count` answers of the window keep the old data under the new echo. */
  staleResults(count: number): void {
    this.window.staleResults = count;
  }
  /** The next `count` answers of the window have a wrong checksum. */
  corruptChecksums(count: number): void {
    this.window.badChecksums = count;
  }
  /** Every echo of the window comes so much later, µs. */
  set echoDelayUs(us: number) {
    this.window.echoDelayUs = us;
  }
  /** Extra µs of held SCL after each address byte. */
  set extraStretchUs(us: number) {
    this.bus.extraStretchUs = us;
  }
  /** The register of cell `index` (0..15) keeps this value whatever the input; null = follows again. The comparators are not affected. */
  freezeCell(index: number, mv: number | null): void {
    this.measure.stuckMv[index] = mv;
  }
  /** The same for a thermistor register, 0.1 K. */
  freezePin(pin: AfeThermistor, deciK: number | null): void {
    this.measure.thermistors.stuckDeciK[PINS.indexOf(pin)] = deciK;
  }
  /** Zeros with good checksums: cells 5 to 10 and all temperatures (0 K). */
  set zeroBurst(value: boolean) {
    for (const index of BURST_CELLS) this.freezeCell(index, value ? 0 : null);
    for (const pin of PINS) this.freezePin(pin, value ? 0 : null);
  }
  /** Every cell register keeps what it has now; false = they follow again. Stack, current and counters go on. */
  set cellsFrozen(value: boolean) {
    this.measure.refreshCells();
    for (let i = 0; i < 16; i++) this.freezeCell(i, value ? this.measure.cellMv[i]! : null);
  }
  /** ADC and coulomb counter stand still; the comparators work. */
  set adcFrozen(value: boolean) {
    this.measure.adcFrozen = value;
  }
  /** Passed charge and its seconds begin anew. */
  resetCounter(): void {
    this.measure.resetCharge();
  }
  /** One byte of data memory changes by itself, without POR. */
  corruptMemory(address: number, value: number): void {
    this.chip.memory.write(address, value);
    this.chip.settings.load(this.chip.memory);
  }

  get mode(): PowerMode {
    return this.chip.mode;
  }
  get fets(): { chg: boolean; dsg: boolean; pchg: boolean; pdsg: boolean } {
    const { chg, dsg, pchg, pdsg } = this.chip;
    return { chg, dsg, pchg, pdsg };
  }
  /** Safety Status A, B, C. */
  get safetyStatus(): readonly [number, number, number] {
    const { status } = this.chip;
    return [status[0]!, status[1]!, status[2]!];
  }
  get safetyAlert(): readonly [number, number, number] {
    const { alert } = this.chip;
    return [alert[0]!, alert[1]!, alert[2]!];
  }
  /** Closed balancing switches, bit 0 = cell 1. */
  get bleedMask(): number {
    return this.chip.bleed;
  }
  get alertPin(): boolean {
    return this.alarm.pin;
  }
  dataMemory(address: number): number {
    return this.chip.memory.u8(address);
  }
  /** A direct command as the host would read it, without the bus. */
  register(address: number): number {
    return this.direct.read(address, true);
  }
}
