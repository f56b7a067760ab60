/** The simulated board: controller, chips and pack wired as in hardware.md 7.2. Its fields are the firmware's ports. */
import type { I2cLines } from '../hal/bus';
import type { Clock, Health, Later, PowerLevel, SavePower, Watchdog } from '../hal/system';
import type { InPin, OutPort } from '../hal/pin';
import { VirtualClock } from './clock';
import { SimCpu } from './cpu';
import { Bq76952Chip } from './devices/bq76952';
import { Ds3231, RTC_ADDRESS } from './devices/ds3231';
import { FRAM_ADDRESS, Fm24w256 } from './devices/fm24w256';
import { Plant, type PlantOptions } from './plant/plant';
import { SimI2c, type I2cOptions } from './sim-i2c';
import { SimPins } from './sim-pins';
import { SimSerial, TxQueue } from './sim-serial';

const AFE_ADDRESS = 0x08;
/** Members of PowerLevel; of `hal` the simulation takes types only. */
const FULL: PowerLevel = 0;
const DOZE: PowerLevel = 1;
const OFF: PowerLevel = 2;
/** What the clock shows when the board is switched on for the first time: its maker has set it. */
const MADE_MS = Date.UTC(2026, 0, 1);
/** From reset to the first line of the saved program: assumption. */
const BOOT_MS = 500;
/**
 * What the board takes from the stack, mA, by power level. Awake: pace.md 3.5. Dozing: 0.3 mA AFE in NORMAL, the rest
 * for regulator and a controller that wakes now and then; off: AFE in SHUTDOWN and leakage (assumptions).
 */
const SUPPLY_MA = [40, 1, 0.02];

/** Signals by the controller pins of the reference board; what a pin name means is decided here and on copper only. */
export const WIRING = {
  bothOff: 'C8',
  alert: 'E4',
  /** Bit order of the LED port: RUN, ALM, SOC1..4, ON/OFF. */
  leds: ['D0', 'D1', 'D13', 'D12', 'D14', 'D15', 'D6'],
  /** Switch 4 .. 1, closed to ground when ON. */
  dip: ['B1', 'E15', 'E14', 'E13'],
  /** Power is high while pressed, RST and the breaker's auxiliary contact are to ground. */
  powerKey: 'A0',
  rstKey: 'E11',
  breakerAux: 'E12',
  /** Supply of display and bus transceivers, and of everything; both pulled up. */
  peripherals: 'E2',
  powerHold: 'B11',
  afeBus: { scl: 'B8', sda: 'B7' },
  memoryBus: { scl: 'A8', sda: 'C9' },
  rs232: { tx: 'D8', rx: 'D9' },
} as const;

export interface BoardOptions {
  plant: Partial<PlantOptions>;
  /** DIP switches, 0..15. */
  address: number;
  afeBus: Partial<I2cOptions>;
}

export class SimBoard {
  readonly time = new VirtualClock();
  readonly cpu = new SimCpu(this.time);
  readonly pins = new SimPins(this.cpu);
  readonly plant: Plant;
  readonly afe: Bq76952Chip;
  readonly fram = new Fm24w256();
  readonly rtc = new Ds3231(this.time);
  readonly afeBus: SimI2c;
  readonly afeLines: I2cLines;
  readonly memoryBus = new SimI2c(this.time, { bitrate: 400000 });
  readonly rs232 = new SimSerial(this.cpu, new TxQueue());

  /** Virtual time of the last watchdog kick, µs. */
  lastKickUs = 0;
  readonly clock: Clock = () => Math.round(this.time.nowUs / 1000);
  readonly watchdog: Watchdog = {
    kick: () => {
      this.lastKickUs = this.time.nowUs;
    },
  };
  readonly later: Later = (action, ms) => this.cpu.later(action, ms);
  /** Why the controller started last; its flags are what the program reads. */
  lastReset: 'power' | 'watchdog' | 'software' = 'power';
  /** Loads the program again after a reset; set by whoever runs it. */
  boot: () => void = () => {};
  /** The interpreter as a healthy one says; a test sets other values. */
  freeBlocks = 4000;
  engineErrors = 0;
  readonly health: Health = {
    freeBlocks: () => this.freeBlocks,
    takeErrors: () => {
      const errors = this.engineErrors;
      this.engineErrors = 0;
      return errors;
    },
  };
  readonly dip = (): number => WIRING.dip.reduce((bits, name) => bits * 2 + (this.pins.pin(name).read() ? 0 : 1), 0);
  readonly keys = (): number =>
    (this.pins.pin(WIRING.rstKey).read() ? 0 : 2) + (this.pins.pin(WIRING.powerKey).read() ? 1 : 0);
  /** As the reference board does it: peripherals off while dozing, then everything. */
  readonly savePower: SavePower = (level) => {
    this.pins.pin(WIRING.peripherals).write(level === FULL);
    this.pins.pin(WIRING.powerHold).write(level !== OFF);
  };
  /** Auxiliary contact of the breaker, to ground while it is closed; a test may bend it. */
  contactStuck: boolean | null = null;
  readonly breakerContact: InPin = { read: () => this.contactStuck ?? !this.plant.breakerClosed };
  readonly bothOff = this.pins.pin(WIRING.bothOff);
  readonly leds: OutPort = {
    write: (bits) => {
      for (let i = 0; i < this.ledPins.length; i++) this.ledPins[i]!.write((bits >> (this.ledPins.length - 1 - i)) & 1);
    },
  };
  private readonly ledPins = WIRING.leds.map((name) => this.pins.pin(name));

  constructor(options: Partial<BoardOptions> = {}) {
    this.plant = new Plant(this.time, options.plant);
    const supply = (): void => {
      const held = this.pins.pin(WIRING.powerHold).read();
      const level = !held ? OFF : this.pins.pin(WIRING.peripherals).read() ? FULL : DOZE;
      this.plant.setSupply(SUPPLY_MA[level]!);
    };
    for (const name of [WIRING.peripherals, WIRING.powerHold]) this.pins.pin(name).onChange = supply;
    this.savePower(FULL);
    this.pins.pin(WIRING.rstKey).write(1);
    this.afe = new Bq76952Chip(this.time, this.plant);
    this.afeBus = new SimI2c(this.time, options.afeBus);
    this.afeBus.attach(AFE_ADDRESS, this.afe);
    this.afeLines = { scl: this.afeBus.scl, sda: this.afeBus.sda, setup: () => this.afeBus.release() };
    this.memoryBus.attach(FRAM_ADDRESS, this.fram);
    this.memoryBus.attach(RTC_ADDRESS, this.rtc);
    this.rtc.setTime(MADE_MS);
    this.bothOff.onChange = (level) => {
      this.plant.setBothOff(level);
      this.afe.pinsChanged();
    };
    this.plant.onAlert = (level) => this.pins.pin(WIRING.alert).write(level);
    const address = options.address ?? 0;
    WIRING.dip.forEach((name, i) => this.pins.pin(name).write(((address >> (3 - i)) & 1) === 0));
  }

  /** State of the seven LEDs, in the bit order of the port. */
  get ledBits(): number {
    return this.ledPins.reduce((bits, pin) => bits * 2 + (pin.read() ? 1 : 0), 0);
  }

  /** Lets virtual time pass. */
  run(ms: number): void {
    this.cpu.run(this.time.nowUs + ms * 1000);
  }

  /** The controller starts anew (watchdog, reset key); chips and pack keep what they have. */
  resetController(): void {
    this.cpu.reset();
    this.pins.reset();
    this.rs232.reset();
    this.savePower(FULL); // pull-ups
    this.bothOff.write(0); // an input until the program drives it: the board's pull-down wins
    this.leds.write(0);
  }

  /** A reset from inside: the program is gone at once and starts again when the interpreter is up. */
  restart(cause: 'watchdog' | 'software'): void {
    this.resetController();
    this.lastReset = cause;
    this.cpu.later(() => this.boot(), BOOT_MS);
  }
}
