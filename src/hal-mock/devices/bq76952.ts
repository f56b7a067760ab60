/**
 * Texas Instruments BQ76952 as its host, its pack and the test bench see it; facts from hardware.md 2.2 to 2.6.
 * This file: power states and the 250 ms housekeeping; the I2C face is in bq76952-bus.ts.
 */
import type { AfeSurroundings, I2cDevice, SimClock } from '../contracts';
import { Alarm, WAKE } from './bq76952-alarm';
import { Balance } from './bq76952-balance';
import { Bq76952Bench } from './bq76952-bench';
import { BusFace } from './bq76952-bus';
import { Commands } from './bq76952-commands';
import { DirectCommands } from './bq76952-direct';
import { Fets } from './bq76952-fets';
import { Measure } from './bq76952-measure';
import { PowerConditions } from './bq76952-power';
import { Comparators } from './bq76952-protect';
import { Results } from './bq76952-results';
import { SlowProtections } from './bq76952-slow';
import { ChipState, COV, CUV } from './bq76952-state';
import { Window } from './bq76952-window';

/** The two part numbers that speak I2C: plain without CRC and with REG1 off, or '02' with CRC and REG1 at 3.3 V. */
export interface Bq76952Options {
  part?: 'BQ76952' | 'BQ7695202';
}

const TICK_US = 250000;
const BOOT_US = 4000;
const ENTER_CONFIG_US = 2000;
const LEAVE_CONFIG_US = 1000;
export class Bq76952Chip implements I2cDevice {
  /** Faults and readers for tests. */
  readonly bench: Bq76952Bench;
  private readonly chip: ChipState;
  private readonly conditions: PowerConditions;
  private readonly measure: Measure;
  private readonly alarm: Alarm;
  private readonly fetControl: Fets;
  private readonly balance: Balance;
  private readonly comparators: Comparators;
  private readonly slow: SlowProtections;
  private readonly bus: BusFace;
  private readonly otp: Readonly<Record<number, number>>;
  private readonly partCrc: boolean;
  private tickEvent = 0;
  private modeEvent = 0;
  private ticks = 0;
  private shutdownAtUs = 0;

  constructor(
    private readonly clock: SimClock,
    private readonly world: AfeSurroundings,
    options: Bq76952Options = {},
  ) {
    const plain = options.part === 'BQ76952';
    this.partCrc = !plain;
    this.otp = plain ? {} : { 0x9236: 0x0d, 0x9237: 0x01 };
    this.chip = new ChipState(clock, world);
    this.measure = new Measure(this.chip);
    this.alarm = new Alarm(this.chip, this.measure);
    this.fetControl = new Fets(this.chip, this.measure, this.alarm);
    this.balance = new Balance(this.chip, this.measure, this.alarm);
    this.comparators = new Comparators(this.chip, this.measure, this.fetControl, this.alarm);
    this.slow = new SlowProtections(this.chip, this.measure, this.comparators);
    this.comparators.onTrip = (bit) => {
      this.slow.count(bit);
      this.balance.check();
    };
    const results = new Results(this.chip, this.measure, this.comparators, this.balance);
    const commands = new Commands(this.chip, this.measure, this.slow, this.fetControl, this.balance, results, {
      powerOnReset: () => this.powerOnReset(),
      enterConfig: () => this.later(ENTER_CONFIG_US, () => this.enterConfig()),
      leaveConfig: () => this.later(LEAVE_CONFIG_US, () => this.leaveConfig()),
      shutdown: () => this.beginShutdown(),
      deepSleep: (on) => this.deepSleep(on),
      applyComm: (code) => this.applyComm(code),
      settingsChanged: () => this.settingsChanged(),
    });
    const direct = new DirectCommands(this.chip, this.measure, this.alarm, new Window(clock, commands));
    this.bus = new BusFace(this.chip, direct, () => this.heard());
    this.conditions = new PowerConditions(this.chip, this.measure);
    this.bench = new Bq76952Bench(this.chip, this.measure, this.alarm, this.bus, direct);
    world.onStep(() => this.onStep());
    this.powerOnReset();
  }

  /** Supply gone and back (or RESET): RAM at defaults, FETs off, counters zero, FULLACCESS, POR; deaf for 4 ms. */
  powerOnReset(): void {
    const { chip } = this;
    this.halt();
    chip.mode = 'booting';
    this.alarm.reset();
    chip.memory.reset(this.otp);
    chip.settings.load(chip.memory);
    chip.por = true;
    chip.cfgUpdate = chip.shuttingDown = chip.pchgMode = false;
    chip.security = 1;
    chip.pfAlert.fill(0);
    chip.pfStatus.fill(0);
    this.slow.start();
    this.measure.clear();
    this.bus.reset(this.partCrc);
    this.modeEvent = this.clock.at(this.clock.nowUs + BOOT_US, () => this.boot());
  }

  private boot(): void {
    const { chip } = this;
    const init = chip.memory.u16(0x9343);
    chip.pfEn = (init & 0x40) !== 0;
    chip.fetEn = (init & 0x10) !== 0;
    chip.mode = 'normal';
    this.run();
  }

  /** Measurements, protections and FET control begin (anew). */
  private run(): void {
    const { chip } = this;
    chip.sleepEnabled = (chip.memory.u16(0x9234) & 0x100) !== 0;
    chip.shutdownVoltage = chip.loadDetect = false;
    this.conditions.start();
    this.ticks = 0;
    this.slow.start();
    this.balance.start();
    this.measure.start();
    this.alarm.start();
    this.fetControl.start();
    this.tickEvent = this.clock.at(this.clock.nowUs + TICK_US, this.tick);
    this.onStep();
  }

  /** Everything stops, FETs and balancing off. */
  private halt(): void {
    this.clock.cancel(this.tickEvent);
    this.clock.cancel(this.modeEvent);
    this.comparators.stop();
    this.alarm.stop();
    this.measure.stop();
    this.balance.stop();
    this.fetControl.allOff();
  }

  private later(us: number, action: () => void): void {
    this.clock.cancel(this.modeEvent);
    this.modeEvent = this.clock.at(this.clock.nowUs + us, action);
  }

  private enterConfig(): void {
    if (this.chip.security !== 1 || !this.chip.running) return;
    this.chip.cfgUpdate = true;
    this.chip.mode = 'normal';
    this.halt();
  }

  private leaveConfig(): void {
    if (!this.chip.cfgUpdate) return;
    this.chip.cfgUpdate = false;
    this.chip.por = false;
    this.alarm.reset();
    this.applyComm(this.chip.memory.u8(0x9239));
    this.run();
  }

  /** 250 ms housekeeping: the only event of a quiet chip. */
  private readonly tick = (): void => {
    const { chip, measure, clock } = this;
    this.tickEvent = clock.at(clock.nowUs + TICK_US, this.tick);
    if (!chip.running) {
      if (chip.mode === 'off' && this.conditions.wakeLevel()) this.powerOnReset();
      return;
    }
    const second = ++this.ticks % 4 === 0;
    measure.tick();
    if (clock.nowUs - measure.liveAtUs >= TICK_US || measure.liveAtUs < 0) measure.lookAtCells();
    const uv = this.world.shuntUv();
    this.look(uv, chip.bleed === 0 || second);
    this.slow.tick(second);
    this.balance.tick(second);
    this.fetControl.tick(uv);
    if (this.power()) this.alarm.update();
  };

  private look(uv: number, cells: boolean): void {
    this.comparators.look(uv, cells);
    if (this.chip.alert[0] !== 0) this.balance.check();
  }

  /** The surroundings announce a step. */
  private onStep(): void {
    const { chip } = this;
    if (!chip.running) return;
    const uv = this.world.shuntUv();
    this.measure.onStep(uv);
    this.fetControl.onStep(uv);
    const cells = chip.bleed === 0 && (chip.settings.enabledA & (COV | CUV)) !== 0;
    if (cells) this.measure.lookAtCells();
    this.look(uv, cells);
    if (chip.mode === 'sleep') this.checkWake(uv);
  }

  /** Pins used as CFETOFF or DFETOFF changed: the board calls this so that nobody has to poll them. */
  pinsChanged(): void {
    if (this.chip.running) this.fetControl.update();
  }

  /** A valid transfer ends a host watchdog fault. */
  private heard(): void {
    if (!this.slow.talked()) return;
    this.fetControl.update();
    this.alarm.update();
  }

  private settingsChanged(): void {
    if (!this.chip.cfgUpdate) this.bench.unsafeWrites++;
    this.chip.settings.load(this.chip.memory);
    this.measure.thermistors.forget();
  }

  /** Comm Type codes of hardware.md 2.2.5; -1 = a bus other than I2C. */
  private applyComm(code: number): void {
    const crc = code === 0 ? this.partCrc : code === 0x11 || code === 0x12;
    this.bus.setComm(code !== -1, crc, this.chip.memory.u8(0x923a) || 0x10);
  }

  // Power states

  /** Sleep, wake, shutdown conditions. False when the chip has gone off. */
  private power(): boolean {
    const { chip } = this;
    if (chip.mode === 'sleep') this.checkWake(this.world.shuntUv());
    else if (this.conditions.sleeps()) chip.mode = 'sleep';
    if (this.conditions.shutsDown() && !chip.shuttingDown) this.beginShutdown();
    if (!chip.shuttingDown || this.clock.nowUs < this.shutdownAtUs || this.conditions.wakeLevel()) return true;
    this.switchOff();
    return false;
  }

  private checkWake(uv: number): void {
    if (!this.conditions.wakes(uv)) return;
    this.chip.mode = 'normal';
    this.alarm.raise(WAKE);
    this.fetControl.update();
  }

  private deepSleep(on: boolean): void {
    const { chip } = this;
    if (on && chip.running) {
      chip.mode = 'deepsleep';
      this.halt();
    } else if (!on && chip.mode === 'deepsleep') {
      chip.mode = 'normal';
      this.run();
    }
  }

  /** SHUTDOWN: FETs off, then off after the delays; the second command skips them. */
  private beginShutdown(): void {
    const { chip } = this;
    const now = this.clock.nowUs;
    const delayUs = (chip.memory.u8(0x9252) + chip.memory.u8(0x9253)) * 250000;
    this.shutdownAtUs = chip.shuttingDown ? now : now + delayUs;
    this.balance.stop();
    chip.shuttingDown = true;
    this.fetControl.update();
  }

  private switchOff(): void {
    this.halt();
    this.chip.mode = 'off';
    this.alarm.reset();
    this.tickEvent = this.clock.at(this.clock.nowUs + TICK_US, this.tick);
  }

  // I2C

  start(read: boolean): boolean {
    return this.bus.start(read);
  }
  write(byte: number): boolean {
    return this.bus.write(byte);
  }
  read(): number {
    return this.bus.read();
  }
  stop(): void {
    this.bus.stop();
  }
  stretchUs(): number {
    return this.bus.takeStretchUs();
  }
}
