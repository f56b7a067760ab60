/** The part of the simulated BQ76952 that measures, protects, balances and drives FETs while the chip is awake. */
import { Alarm, WAKE } from './bq76952-alarm';
import { Balance } from './bq76952-balance';
import { Fets } from './bq76952-fets';
import { Measure } from './bq76952-measure';
import { PowerConditions } from './bq76952-power';
import { Comparators } from './bq76952-protect';
import { SlowProtections } from './bq76952-slow';
import { COV, CUV, type ChipState } from './bq76952-state';

/** Period of the housekeeping: CC1 filter, FET control, recovery. */
export const TICK_US = 250000;

export class Engine {
  readonly measure: Measure;
  readonly alarm: Alarm;
  readonly fets: Fets;
  readonly balance: Balance;
  readonly comparators: Comparators;
  readonly slow: SlowProtections;
  readonly conditions: PowerConditions;
  private ticks = 0;

  constructor(private readonly chip: ChipState) {
    this.measure = new Measure(chip);
    this.alarm = new Alarm(chip, this.measure);
    this.fets = new Fets(chip, this.measure, this.alarm);
    this.balance = new Balance(chip, this.measure, this.alarm);
    this.comparators = new Comparators(chip, this.measure, this.fets, this.alarm);
    this.slow = new SlowProtections(chip, this.measure, this.comparators);
    this.conditions = new PowerConditions(chip, this.measure);
    this.comparators.onTrip = (bit) => {
      this.slow.count(bit);
      this.balance.check();
    };
  }

  /** Everything begins anew: after power-up, CONFIG_UPDATE and DEEPSLEEP. */
  start(): void {
    const { chip } = this;
    chip.sleepEnabled = (chip.memory.u16(0x9234) & 0x100) !== 0;
    chip.shutdownVoltage = false;
    this.ticks = 0;
    this.conditions.start();
    this.slow.start();
    this.balance.start();
    this.measure.start();
    this.alarm.start();
    this.fets.start();
    this.onStep();
  }

  /** Everything stops, FETs and balancing off. */
  halt(): void {
    this.comparators.stop();
    this.alarm.stop();
    this.measure.stop();
    this.slow.loadDetect.stop();
    this.balance.stop();
    this.fets.allOff();
  }

  /** Every Check Time the inputs are loaded, one after the other. */
  private checkWires(): void {
    const everyS = this.chip.memory.u8(0x9314);
    if (everyS > 0 && (this.ticks / 4) % everyS === 0) this.chip.world.openWireCheck();
  }

  /** 250 ms housekeeping: the only work of a quiet chip. */
  tick(): void {
    const { chip, measure } = this;
    const second = ++this.ticks % 4 === 0;
    measure.tick();
    if (second) this.checkWires();
    if (chip.clock.nowUs - measure.liveAtUs >= TICK_US || measure.liveAtUs < 0) measure.lookAtCells();
    const uv = chip.world.shuntUv();
    this.look(uv, chip.bleed === 0 || second);
    this.slow.tick(second);
    this.balance.tick(second);
    this.fets.tick(uv);
    if (chip.mode === 'sleep') this.checkWake(uv);
    else if (this.conditions.sleeps()) chip.mode = 'sleep';
    this.alarm.update();
  }

  /** The surroundings announce a step. While cells are being balanced they are looked at once a second only. */
  onStep(): void {
    const { chip } = this;
    const uv = chip.world.shuntUv();
    this.measure.onStep(uv);
    this.fets.onStep(uv);
    const cells = chip.bleed === 0 && (chip.settings.enabledA & (COV | CUV)) !== 0;
    if (cells) this.measure.lookAtCells();
    this.look(uv, cells);
    if (chip.mode === 'sleep') this.checkWake(uv);
  }

  /** A valid transfer ends a host watchdog fault. */
  heard(): void {
    if (!this.slow.talked()) return;
    this.fets.update();
    this.alarm.update();
  }

  private look(uv: number, cells: boolean): void {
    this.comparators.look(uv, cells);
    if (this.chip.alert[0] !== 0) this.balance.check();
  }

  private checkWake(uv: number): void {
    if (!this.conditions.wakes(uv)) return;
    this.chip.mode = 'normal';
    this.alarm.raise(WAKE);
    this.fets.update();
  }
}
