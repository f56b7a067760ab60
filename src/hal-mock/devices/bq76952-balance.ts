/** Cell balancing of the simulated BQ76952: host-controlled with expiry, and autonomous. */
import type { Alarm } from './bq76952-alarm';
import type { Measure } from './bq76952-measure';
import { COV, type ChipState } from './bq76952-state';

/** Balancing Configuration, 0x9335. */
const CB_NO_CMD = 0x10;
const CB_RLX = 0x02;
const CB_CHG = 0x01;

export class Balance {
  /** What the host asked for; the switches follow with the next whole second. */
  requested = 0;
  private autonomous = false;
  private expiresUs = 0;
  private sinceUs = 0;
  private activeUs = 0;
  private readonly cellUs = new Float64Array(16);

  constructor(
    private readonly chip: ChipState,
    private readonly measure: Measure,
    private readonly alarm: Alarm,
  ) {}

  start(): void {
    this.requested = 0;
    this.autonomous = false;
    this.activeUs = 0;
    this.cellUs.fill(0);
  }

  /** CONFIG_UPDATE, shutdown, or a condition that forbids it. */
  stop(): void {
    this.requested = 0;
    this.autonomous = false;
    this.switch(0);
  }

  /** CB_ACTIVE_CELLS: replaces the mask and starts the interval again. Zero takes effect at once. */
  request(mask: number): void {
    if ((this.chip.memory.u8(0x9335) & CB_NO_CMD) !== 0 || !this.chip.running) return;
    this.requested = this.allowed() ? mask & this.chip.settings.cells : 0;
    this.autonomous = false;
    this.expiresUs = this.chip.clock.nowUs + this.chip.memory.u8(0x9339) * 1e6;
    if ((this.chip.bleed & ~this.requested) !== 0) this.switch(this.chip.bleed & this.requested);
  }

  /** CB_SET_LVL: every cell above the level. */
  requestLevel(mv: number): void {
    this.measure.refreshCells();
    let mask = 0;
    for (let i = 0; i < 16; i++) if (this.measure.cellMv[i]! > mv) mask |= 1 << i;
    this.request(mask);
  }

  /** Every 250 ms. Conditions and expiry are looked at each time, switches close on the whole second. */
  tick(second: boolean): void {
    if (this.requested !== 0 && !this.allowed()) this.stop();
    if (this.requested !== 0 && this.chip.clock.nowUs >= this.expiresUs) {
      this.requested = 0;
      if (!this.autonomous) this.switch(0);
    }
    if (!second) return;
    if (this.requested === 0 && (this.chip.memory.u8(0x9335) & (CB_CHG | CB_RLX)) !== 0) this.choose();
    this.switch(this.requested);
  }

  /** A protection changed: alerts and faults of Safety A other than COV end balancing at once. */
  check(): void {
    if ((this.requested | this.chip.bleed) !== 0 && !this.allowed()) this.stop();
  }

  private allowed(): boolean {
    const { chip, measure } = this;
    if (!chip.running || chip.pfActive || ((chip.alert[0]! | chip.status[0]!) & ~COV) !== 0) return false;
    if (!measure.hasScanned(3)) return true;
    measure.refreshAux();
    if (measure.dieDeciK / 10 - 273.15 > chip.memory.i8(0x9338)) return false;
    if (measure.thermistors.cellMax === 0) return true; // no cell sensor configured
    const coldest = measure.thermistors.cellMin / 10 - 273.15;
    const hottest = measure.thermistors.cellMax / 10 - 273.15;
    return coldest >= chip.memory.i8(0x9336) && hottest <= chip.memory.i8(0x9337);
  }

  /** Autonomous choice: the highest cells, no neighbours, up to the configured count. */
  private choose(): void {
    const { chip, measure } = this;
    const { memory, settings } = chip;
    const config = memory.u8(0x9335);
    const userA = measure.cc1Ma / settings.userMa;
    const charging = userA > memory.i16(0x9312);
    const relaxed = !charging && -userA < memory.i16(0x9310);
    if (!((charging && (config & CB_CHG) !== 0) || (relaxed && (config & CB_RLX) !== 0)) || !this.allowed()) return;
    measure.refreshCells();
    const at = charging ? 0x933b : 0x933f;
    const minMv = memory.i16(at);
    const delta = memory.u8(at + (this.autonomous ? 3 : 2));
    let lowest = Infinity;
    for (let i = 0; i < 16; i++) if ((settings.cells >> i) & 1) lowest = Math.min(lowest, measure.cellMv[i]!);
    const order = Array.from({ length: 16 }, (_, i) => i).sort((a, b) => measure.cellMv[b]! - measure.cellMv[a]!);
    let left = memory.u8(0x933a);
    let mask = 0;
    for (const i of order) {
      const mv = measure.cellMv[i]!;
      if (left === 0 || !((settings.cells >> i) & 1) || mv < minMv || mv - lowest < Math.max(1, delta)) continue;
      if ((mask & ((1 << (i + 1)) | (i > 0 ? 1 << (i - 1) : 0))) !== 0) continue;
      mask |= 1 << i;
      left--;
    }
    this.requested = mask;
    this.autonomous = mask !== 0;
    this.expiresUs = chip.clock.nowUs + memory.u8(0x9339) * 1e6;
  }

  private switch(mask: number): void {
    if (mask === this.chip.bleed) return;
    this.account();
    this.chip.bleed = mask;
    this.chip.world.setBleed(mask);
    this.alarm.update();
  }

  private account(): void {
    const now = this.chip.clock.nowUs;
    const elapsed = now - this.sinceUs;
    this.sinceUs = now;
    if (this.chip.bleed === 0) return;
    this.activeUs += elapsed;
    for (let i = 0; i < 16; i++) if ((this.chip.bleed >> i) & 1) this.cellUs[i]! += elapsed;
  }

  /** CBSTATUS1: seconds with any switch closed. */
  activeSeconds(): number {
    this.account();
    return Math.floor(this.activeUs / 1e6);
  }

  /** CBSTATUS2 and 3: seconds per cell. */
  cellSeconds(index: number): number {
    this.account();
    return Math.floor(this.cellUs[index]! / 1e6);
  }
}
