/**
 * ADC and coulomb counter of the simulated BQ76952. Values are taken from the surroundings when somebody looks, at most
 * once per scan: a register keeps its value until the scan it belongs to is over (63 ms cells, 189 ms stack, PACK, LD and
 * temperatures, 3 ms CC2, 250 ms CC1). After an announced step the cells wait for the end of the running scan.
 */
import { CC_LSB_UV, type ChipState } from './bq76952-state';
import { Thermistors } from './bq76952-temperature';

const CC1_US = 250000;
const TWO_32 = 4294967296;

export class Measure {
  /** Live inputs as the comparators see them, mV; `liveMin`/`liveMax` over the cells in use. */
  readonly liveMv = new Float64Array(16);
  liveMin = 0;
  liveMax = 0;
  liveAtUs = -1;
  /** Registers, already rounded. */
  readonly cellMv = new Int16Array(16);
  stackMv = 0;
  packMv = 0;
  ldMv = 0;
  dieDeciK = 0;
  cc1Uv = 0;
  startUs = Infinity;
  /** Bench: registers that do not follow the input (null = they do). */
  readonly stuckMv: (number | null)[] = new Array<number | null>(16).fill(null);
  adcFrozen = false;

  private cellDueUs = Infinity;
  private auxDueUs = Infinity;
  private cc2DueUs = Infinity;
  private cc2Uv = 0;
  private lastShuntUv = 0;
  private holdEvent = 0;
  private uvSecondsAtTick = 0;
  private charge = 0;
  private chargeFraction = 0.5;
  private chargeTicks = 0;

  readonly thermistors: Thermistors;

  constructor(private readonly chip: ChipState) {
    this.thermistors = new Thermistors(chip);
  }

  /** POR: registers read zero until the first scan. */
  clear(): void {
    this.cellMv.fill(0);
    this.thermistors.clear();
    this.stackMv = this.packMv = this.ldMv = this.dieDeciK = 0;
    this.cc1Uv = this.cc2Uv = 0;
    this.resetCharge();
  }

  start(): void {
    const now = this.chip.clock.nowUs;
    const { slotUs, scanUs } = this.chip.settings;
    this.startUs = now;
    this.cellDueUs = now + scanUs;
    this.auxDueUs = now + 3 * scanUs;
    this.cc2DueUs = now + slotUs;
    this.uvSecondsAtTick = this.chip.world.shuntUvSeconds();
    this.thermistors.forget();
    this.liveAtUs = -1;
  }

  /** The registers keep what the last scans saw. */
  stop(): void {
    this.refreshCells();
    this.refreshAux();
    this.startUs = this.cellDueUs = this.auxDueUs = this.cc2DueUs = Infinity;
    if (this.holdEvent !== 0) this.chip.clock.cancel(this.holdEvent);
    this.holdEvent = 0;
  }

  get scanUs(): number {
    return this.chip.mode === 'sleep' ? this.chip.memory.u8(0x924a) * 1e6 || 1e6 : this.chip.settings.scanUs;
  }

  /** The comparators' look at the cells. */
  lookAtCells(): void {
    const { world, settings } = this.chip;
    const used = settings.cells;
    const live = this.liveMv;
    let min = Infinity;
    let max = -Infinity;
    for (let i = 0; i < 16; i++) {
      const mv = world.cellMv(i);
      live[i] = mv;
      if ((used >> i) & 1) {
        if (mv < min) min = mv;
        if (mv > max) max = mv;
      }
    }
    this.liveMin = min;
    this.liveMax = max;
    this.liveAtUs = this.chip.clock.nowUs;
  }

  /** Brings the cell registers to the last completed scan. */
  refreshCells(): void {
    const now = this.chip.clock.nowUs;
    if (now < this.cellDueUs) return;
    const period = this.scanUs;
    this.cellDueUs = this.after(period);
    if (this.adcFrozen) return;
    if (this.liveAtUs !== now) this.lookAtCells();
    const offset = this.chip.memory.i16(0x91b0);
    for (let i = 0; i < 16; i++) this.cellMv[i] = this.stuckMv[i] ?? clamp16(Math.round(this.liveMv[i]!) + offset);
  }

  /** Brings stack, PACK, LD and all temperatures to the last completed full scan. */
  refreshAux(): void {
    const now = this.chip.clock.nowUs;
    if (now < this.auxDueUs) return;
    const period = 3 * this.scanUs;
    this.auxDueUs = this.after(period);
    if (this.adcFrozen) return;
    const { world, memory } = this.chip;
    this.stackMv = world.stackMv();
    this.packMv = world.packPinMv();
    this.ldMv = world.ldPinMv();
    this.chip.loadDetectMeasured = this.chip.loadDetect;
    this.dieDeciK = Math.round((world.dieCelsius() + 273.15) * 10) + memory.i8(0x91ca);
    this.thermistors.refresh();
  }

  /** An announced step: what the running conversions report stays what they saw before it. */
  onStep(shuntUv: number): void {
    const now = this.chip.clock.nowUs;
    const slot = this.chip.settings.slotUs;
    if (now >= this.cc2DueUs && !this.adcFrozen) {
      this.cc2Uv = this.lastShuntUv;
      this.cc2DueUs = this.after(slot);
    }
    this.lastShuntUv = shuntUv;
    if (now < this.cellDueUs || this.holdEvent !== 0) return;
    this.cellDueUs = this.after(this.scanUs);
    this.holdEvent = this.chip.clock.at(this.cellDueUs, () => {
      this.holdEvent = 0;
      this.refreshCells();
    });
  }

  /** Shunt voltage of the last finished 3 ms conversion, µV. */
  ccUv(): number {
    const now = this.chip.clock.nowUs;
    if (now >= this.cc2DueUs) {
      const slot = this.chip.settings.slotUs;
      this.cc2DueUs = this.after(slot);
      if (!this.adcFrozen) this.cc2Uv = this.lastShuntUv = this.chip.world.shuntUv();
    }
    return this.cc2Uv;
  }

  /** Every 250 ms: CC1 and the passed charge. */
  tick(): void {
    const seconds = this.chip.world.shuntUvSeconds();
    const meanUv = ((seconds - this.uvSecondsAtTick) * 1e6) / CC1_US;
    this.uvSecondsAtTick = seconds;
    if (this.adcFrozen) return;
    const { settings } = this.chip;
    this.cc1Uv = meanUv;
    this.chargeTicks++;
    const effectiveUv = meanUv - settings.ccOffsetUv;
    if (Math.abs(effectiveUv) <= settings.deadbandUv) return;
    // Capacity gain = CC gain x 2^32 / 14400: the chip adds quarter seconds of current in 2^-32 mAh.
    const fraction =
      this.chargeFraction + ((effectiveUv / CC_LSB_UV) * settings.capacityGain) / TWO_32 / settings.userMa;
    const whole = Math.floor(fraction);
    this.charge += whole;
    this.chargeFraction = fraction - whole;
  }

  resetCharge(): void {
    this.charge = 0;
    this.chargeFraction = 0.5;
    this.chargeTicks = 0;
  }

  /** DASTATUS6 begins with these: whole userAh, fraction in 2^-32 userAh, seconds. */
  passedCharge(): { whole: number; fraction: number; seconds: number } {
    return {
      whole: this.charge,
      fraction: Math.floor(this.chargeFraction * TWO_32),
      seconds: Math.floor((this.chargeTicks * CC1_US) / 1e6),
    };
  }

  get cc1Ma(): number {
    return this.chip.settings.milliamps(this.cc1Uv);
  }

  /** Instant of the next completed scan (1 = ADSCAN, 3 = FULLSCAN) after now. */
  nextScanUs(loops: number): number {
    return this.after(this.scanUs * loops);
  }

  /** End of the running period, counted from the start. Bus times have fractions of a µs: half of one is on time. */
  private after(periodUs: number): number {
    return this.startUs + (Math.floor((this.chip.clock.nowUs - this.startUs + 0.5) / periodUs) + 1) * periodUs;
  }

  hasScanned(loops: number): boolean {
    return this.chip.clock.nowUs >= this.startUs + this.scanUs * loops;
  }
}

export function clamp16(value: number): number {
  return value > 32767 ? 32767 : value < -32768 ? -32768 : value;
}
