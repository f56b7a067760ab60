/**
 * Comparator protections of the simulated BQ76952 (Safety A): SCD, OCD1, OCD2, OCC, COV, CUV. A threshold that is passed
 * sets the alert bit and schedules the trip at its exact instant; when the quantity returns before, the trip is cancelled.
 */
import type { Alarm } from './bq76952-alarm';
import type { Fets } from './bq76952-fets';
import type { Measure } from './bq76952-measure';
import { COV, CUV, OCC, OCD1, OCD2, SCD, type ChipState } from './bq76952-state';

const ROWS = [SCD, OCD2, OCD1, OCC, COV, CUV];
const CELL_ROWS = COV | CUV;

export class Comparators {
  /** Shunt voltage of the last look, µV. */
  shuntUv = 0;
  /** Cells at the last trip, mV (CUV_SNAPSHOT, COV_SNAPSHOT). */
  readonly covSnapshot = new Int16Array(16);
  readonly cuvSnapshot = new Int16Array(16);
  /** Instant of the last SCD trip. */
  scdAtUs = 0;
  /** Told of every trip; the latches count them. */
  onTrip: (bit: number) => void = () => undefined;
  private readonly pending = new Float64Array(8);
  private readonly actions: (() => void)[];

  constructor(
    private readonly chip: ChipState,
    private readonly measure: Measure,
    private readonly fets: Fets,
    private readonly alarm: Alarm,
  ) {
    this.actions = ROWS.map((bit, row) => () => this.expire(row, bit));
  }

  stop(): void {
    for (let row = 0; row < ROWS.length; row++) this.cancel(row);
    this.chip.alert[0] = 0;
  }

  /** Looks at shunt and (unless they are being balanced) cells. */
  look(shuntUv: number, cells: boolean): void {
    const { settings } = this.chip;
    this.shuntUv = shuntUv;
    const before = this.chip.alert[0];
    this.judge(0, SCD, settings.scdDelayUs >= 0 && -shuntUv > settings.scdUv, settings.scdDelayUs);
    this.judge(1, OCD2, -shuntUv > settings.ocd2Uv, settings.ocd2DelayUs);
    this.judge(2, OCD1, -shuntUv > settings.ocd1Uv, settings.ocd1DelayUs);
    this.judge(3, OCC, shuntUv > settings.occUv, settings.occDelayUs);
    if (cells) {
      this.judge(4, COV, this.measure.liveMax > settings.covMv, settings.covDelayUs);
      this.judge(5, CUV, this.measure.liveMin < settings.cuvMv, settings.cuvDelayUs);
    }
    if (this.chip.alert[0] !== before) this.alarm.update();
  }

  private judge(row: number, bit: number, over: boolean, delayUs: number): void {
    const { chip } = this;
    if (!over || (chip.settings.enabledA & bit) === 0 || (chip.status[0]! & bit) !== 0) {
      if (this.pending[row] !== 0) this.cancel(row);
      return;
    }
    if (this.pending[row] !== 0) return;
    chip.alert[0]! |= bit;
    this.pending[row] = chip.clock.at(chip.clock.nowUs + delayUs, this.actions[row]!);
  }

  private cancel(row: number): void {
    if (this.pending[row] !== 0) this.chip.clock.cancel(this.pending[row]!);
    this.pending[row] = 0;
    this.chip.alert[0]! &= ~ROWS[row]!;
  }

  /** The delay is over: one more look, because slow drift is not announced. */
  private expire(row: number, bit: number): void {
    this.pending[row] = 0;
    const { chip } = this;
    const { settings } = chip;
    chip.alert[0]! &= ~bit;
    const uv = chip.world.shuntUv();
    if ((bit & CELL_ROWS) !== 0) this.measure.lookAtCells();
    let over = false;
    if (bit === SCD) over = -uv > settings.scdUv;
    else if (bit === OCD2) over = -uv > settings.ocd2Uv;
    else if (bit === OCD1) over = -uv > settings.ocd1Uv;
    else if (bit === OCC) over = uv > settings.occUv;
    else if (bit === COV) over = this.measure.liveMax > settings.covMv;
    else over = this.measure.liveMin < settings.cuvMv;
    if (over) this.trip(bit);
    this.alarm.update();
  }

  private trip(bit: number): void {
    const { chip } = this;
    if (bit === SCD) this.scdAtUs = chip.clock.nowUs;
    if ((bit & CELL_ROWS) !== 0) {
      const snapshot = bit === COV ? this.covSnapshot : this.cuvSnapshot;
      for (let i = 0; i < 16; i++) snapshot[i] = Math.round(this.measure.liveMv[i]!);
    }
    chip.status[0]! |= bit;
    this.onTrip(bit);
    this.fets.update();
  }
}
