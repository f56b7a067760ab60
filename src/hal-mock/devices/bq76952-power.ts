/** Conditions of the power states of the simulated BQ76952: sleep, wake, self-shutdown (hardware.md 2.5 and 2.6). */
import type { Measure } from './bq76952-measure';
import type { ChipState } from './bq76952-state';

/** LD above this wakes the chip from SHUTDOWN and keeps it from getting there, mV. */
const LD_WAKE_MV = 1450;
/** Power Config: shut down when the die is too hot. */
const OTSD = 0x80;
/** Rows of `sinceUs`. */
const SLEEP = 0;
const LOW = 1;
const HOT = 2;
const RESET_PIN = 3;

export class PowerConditions {
  private readonly sinceUs = new Float64Array(4).fill(-1);

  constructor(
    private readonly chip: ChipState,
    private readonly measure: Measure,
  ) {}

  start(): void {
    this.sinceUs.fill(-1);
  }

  /** Little current and no charger for the hysteresis time. */
  sleeps(): boolean {
    const { chip } = this;
    const quiet = Math.abs(this.measure.cc1Ma) < chip.memory.i16(0x9248);
    return this.held(SLEEP, chip.sleepEnabled && quiet && !this.charger(), chip.memory.u8(0x924d));
  }

  wakes(shuntUv: number): boolean {
    const { chip } = this;
    const current = Math.abs(chip.settings.milliamps(shuntUv)) > chip.memory.i16(0x924b);
    if (chip.sleepEnabled && !current && !this.charger()) return false;
    this.sinceUs[SLEEP] = -1;
    return true;
  }

  /** Empty cells or stack, hot die, or RST_SHUT held high for a second (the last from memory of the data sheet). */
  shutsDown(): boolean {
    const { chip } = this;
    const { memory, world } = chip;
    const low = this.measure.liveMin < memory.i16(0x923f) || world.stackMv() < memory.i16(0x9241) * 10;
    const hot = (memory.u16(0x9234) & OTSD) !== 0 && world.dieCelsius() > memory.u8(0x9244);
    chip.shutdownVoltage = low;
    const empty = this.held(LOW, low, memory.u8(0x9243));
    const cooked = this.held(HOT, hot, memory.u8(0x9245));
    const pressed = this.held(RESET_PIN, world.pinLevel('RST_SHUT'), 1);
    return empty || cooked || pressed;
  }

  /** TS2 pulled low or a charger at LD: leaves SHUTDOWN, and keeps it from completing. */
  wakeLevel(): boolean {
    const { world } = this.chip;
    return !world.pinLevel('TS2') || world.ldPinMv() > LD_WAKE_MV;
  }

  private charger(): boolean {
    const { memory, world } = this.chip;
    const packMv = world.packPinMv();
    return packMv > memory.i16(0x924e) * 10 && packMv - world.stackMv() > memory.i16(0x9250) * 10;
  }

  /** True when `condition` has held for `seconds`. */
  private held(row: number, condition: boolean, seconds: number): boolean {
    const now = this.chip.clock.nowUs;
    if (!condition) this.sinceUs[row] = -1;
    else if (this.sinceUs[row]! < 0) this.sinceUs[row] = now;
    return condition && now - this.sinceUs[row]! >= seconds * 1e6;
  }
}
