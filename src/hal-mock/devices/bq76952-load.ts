/**
 * Load detection of the simulated BQ76952 (TI manual, "Load Detect"): a current source out of the LD pin, in turns after a
 * discharge latch has set, or forced by the host.
 */
import type { Measure } from './bq76952-measure';
import type { ChipState } from './bq76952-state';

/** LD pin above this with the source on = load removed, mV. */
const REMOVED_MV = 4000;
const HOUR_US = 3600e6;

export class LoadDetect {
  /** By itself: since when; the host's command goes before. */
  private sinceUs = -1;
  private forced = false;

  constructor(
    private readonly chip: ChipState,
    private readonly measure: Measure,
  ) {}

  /** A latch has set. Nothing happens when Active Time is 0. */
  begin(): void {
    if (this.chip.memory.u8(0x92b4) === 0) return;
    this.chip.loadDetectTimeout = false;
    this.sinceUs = this.chip.clock.nowUs;
    this.drive();
  }

  /** LOAD_DETECT_ON and OFF. A forced source stays on until it is told otherwise, also with Active Time 0 (TI forum, 1307728). */
  force(on: boolean): void {
    this.forced = on;
    if (!on) this.sinceUs = -1;
    this.drive();
  }

  /** CONFIG_UPDATE, reset. */
  stop(): void {
    this.forced = false;
    this.sinceUs = -1;
    this.chip.loadDetectTimeout = false;
    this.drive();
  }

  /** Every 250 ms. */
  tick(latched: boolean): void {
    if (!latched) this.sinceUs = -1;
    const elapsedUs = this.chip.clock.nowUs - this.sinceUs;
    if (this.sinceUs >= 0 && elapsedUs >= this.chip.memory.u16(0x92b6) * HOUR_US) {
      this.sinceUs = -1;
      this.chip.loadDetectTimeout = true;
    }
    this.drive();
  }

  get loadGone(): boolean {
    return this.chip.loadDetect && this.chip.world.ldPinMv() > REMOVED_MV;
  }

  /** On for Active Time, off for Retry Delay, and so on. */
  private get turn(): boolean {
    if (this.sinceUs < 0) return false;
    const { memory, clock } = this.chip;
    const activeUs = memory.u8(0x92b4) * 1e6;
    return (clock.nowUs - this.sinceUs) % (activeUs + memory.u8(0x92b5) * 1e6) < activeUs;
  }

  private drive(): void {
    const on = this.forced || this.turn;
    if (on === this.chip.loadDetect) return;
    this.measure.refreshAux(); // what was measured until now was measured without the change
    this.chip.loadDetect = on;
    this.chip.world.setLoadDetect(on);
  }
}
