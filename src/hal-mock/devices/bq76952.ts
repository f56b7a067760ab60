/**
 * Texas Instruments BQ76952 as its host, its pack and the test bench see it; facts from hardware.md 2.2 to 2.6.
 * This file: parts and power states. Frames are in bq76952-bus.ts, measuring and protecting in bq76952-engine.ts.
 */
import type { AfeSurroundings, I2cDevice, SimClock } from '../contracts';
import { Bq76952Bench } from './bq76952-bench';
import { BusFace } from './bq76952-bus';
import { Commands } from './bq76952-commands';
import { DirectCommands } from './bq76952-direct';
import { Engine, TICK_US } from './bq76952-engine';
import { Results } from './bq76952-results';
import { ChipState } from './bq76952-state';
import { Window } from './bq76952-window';

/** The two part numbers that speak I2C: plain without CRC and with REG1 off, or '02' with CRC and REG1 at 3.3 V. */
export interface Bq76952Options {
  part?: 'BQ76952' | 'BQ7695202';
}

const BOOT_US = 4000;
const ENTER_CONFIG_US = 2000;
const LEAVE_CONFIG_US = 1000;

/** The chip acts on `surroundings` and on nothing else; it starts with a power-on reset. */
export class Bq76952Chip implements I2cDevice {
  /** Faults and readers for tests. */
  readonly bench: Bq76952Bench;
  private readonly chip: ChipState;
  private readonly engine: Engine;
  private readonly bus: BusFace;
  private readonly otp: Readonly<Record<number, number>>;
  private readonly partCrc: boolean;
  private tickEvent = 0;
  private modeEvent = 0;
  private shutdownAtUs = 0;

  constructor(
    private readonly clock: SimClock,
    world: AfeSurroundings,
    options: Bq76952Options = {},
  ) {
    const plain = options.part === 'BQ76952';
    this.partCrc = !plain;
    this.otp = plain ? {} : { 0x9236: 0x0d, 0x9237: 0x01 };
    this.chip = new ChipState(clock, world);
    const engine = (this.engine = new Engine(this.chip));
    const results = new Results(this.chip, engine.measure, engine.comparators, engine.balance);
    const commands = new Commands(this.chip, engine.measure, engine.slow, engine.fets, engine.balance, results, {
      powerOnReset: () => this.powerOnReset(),
      enterConfig: () => this.later(ENTER_CONFIG_US, () => this.enterConfig()),
      leaveConfig: () => this.later(LEAVE_CONFIG_US, () => this.leaveConfig()),
      shutdown: () => this.beginShutdown(),
      deepSleep: (on) => this.deepSleep(on),
      applyComm: (code) => this.applyComm(code),
      settingsChanged: () => this.settingsChanged(),
    });
    const window = new Window(clock, commands);
    const direct = new DirectCommands(this.chip, engine.measure, engine.alarm, window);
    this.bus = new BusFace(this.chip, direct, () => engine.heard());
    this.bench = new Bq76952Bench(this.chip, engine.measure, engine.alarm, this.bus, direct, window);
    world.onStep(() => {
      if (this.chip.running) engine.onStep();
    });
    this.powerOnReset();
  }

  /** Supply gone and back (or RESET): RAM at defaults, FETs off, counters zero, FULLACCESS, POR; deaf for 4 ms. */
  powerOnReset(): void {
    const { chip } = this;
    this.halt();
    chip.mode = 'booting';
    this.engine.alarm.reset();
    chip.memory.reset(this.otp);
    chip.settings.load(chip.memory);
    chip.por = true;
    chip.cfgUpdate = chip.shuttingDown = chip.pchgMode = false;
    chip.security = 1;
    chip.pfAlert.fill(0);
    chip.pfStatus.fill(0);
    this.engine.slow.start();
    this.engine.measure.clear();
    this.bus.reset(this.partCrc);
    this.modeEvent = this.clock.at(this.clock.nowUs + BOOT_US, () => this.boot());
  }

  /** The supply is gone: deaf, gates down, until `powerOnReset`. */
  cutSupply(): void {
    this.halt();
    this.chip.mode = 'off';
    this.engine.alarm.reset();
  }

  private boot(): void {
    const { chip } = this;
    const init = chip.memory.u16(0x9343);
    chip.pfEn = (init & 0x40) !== 0;
    chip.fetEn = (init & 0x10) !== 0;
    chip.mode = 'normal';
    this.run();
  }

  private run(): void {
    this.engine.start();
    this.tickEvent = this.clock.at(this.clock.nowUs + TICK_US, this.tick);
  }

  private halt(): void {
    this.clock.cancel(this.tickEvent);
    this.clock.cancel(this.modeEvent);
    this.engine.halt();
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
    this.engine.alarm.reset();
    this.applyComm(this.chip.memory.u8(0x9239));
    this.run();
  }

  /** The only event of a quiet chip. */
  private readonly tick = (): void => {
    const { chip, clock } = this;
    this.tickEvent = clock.at(clock.nowUs + TICK_US, this.tick);
    if (chip.running) {
      this.engine.tick();
      this.mayShutDown();
    } else if (chip.mode === 'off' && this.engine.conditions.wakeLevel()) this.powerOnReset();
  };

  /** Pins used as CFETOFF or DFETOFF changed: the board calls this so that nobody has to poll them. */
  pinsChanged(): void {
    if (this.chip.running) this.engine.fets.update();
  }

  private settingsChanged(): void {
    if (!this.chip.cfgUpdate) this.bench.unsafeWrites++;
    this.chip.settings.load(this.chip.memory);
    this.engine.measure.thermistors.forget();
  }

  /** Comm Type codes of hardware.md 2.2.5; -1 = a bus other than I2C. */
  private applyComm(code: number): void {
    const crc = code === 0 ? this.partCrc : code === 0x11 || code === 0x12;
    this.bus.setComm(code !== -1, crc, this.chip.memory.u8(0x923a) || 0x10);
  }

  // Power states

  private mayShutDown(): void {
    const { chip } = this;
    const { conditions } = this.engine;
    if (conditions.shutsDown() && !chip.shuttingDown) this.beginShutdown();
    if (chip.shuttingDown && this.clock.nowUs >= this.shutdownAtUs && !conditions.wakeLevel()) this.switchOff();
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
    this.engine.balance.stop();
    chip.shuttingDown = true;
    this.engine.fets.update();
  }

  private switchOff(): void {
    this.halt();
    this.chip.mode = 'off';
    this.engine.alarm.reset();
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
