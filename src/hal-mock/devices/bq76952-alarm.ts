/** Alarm registers and the ALERT pin of the simulated BQ76952. */
import type { Measure } from './bq76952-measure';
import type { ChipState } from './bq76952-state';

const SSBC = 0x8000;
const SSA = 0x4000;
const PF = 0x2000;
const MSK_SFALERT = 0x1000;
const MSK_PFALERT = 0x0800;
const INITSTART = 0x0400;
const INITCOMP = 0x0200;
const FULLSCAN = 0x0080;
const XCHG = 0x0040;
const XDSG = 0x0020;
const SHUTV = 0x0010;
const CB = 0x0004;
const ADSCAN = 0x0002;
export const WAKE = 0x0001;
/** Bits that latch at an event; the others latch for as long as their condition holds. */
const EVENTS = INITSTART | INITCOMP | FULLSCAN | ADSCAN | WAKE;

export class Alarm {
  status = 0;
  enable = 0;
  pin = false;
  private scanEvent = 0;
  private initEvent = 0;

  constructor(
    private readonly chip: ChipState,
    private readonly measure: Measure,
  ) {}

  reset(): void {
    this.stop();
    this.status = 0;
    this.enable = 0;
    this.drive();
  }

  /** Measuring begins: the mask comes from data memory, INITCOMP follows with the first full scan. */
  start(): void {
    this.enable = this.chip.memory.u16(0x926d);
    this.raise(INITSTART);
    this.initEvent = this.chip.clock.at(this.measure.nextScanUs(3), () => this.raise(INITCOMP));
    this.armScan();
  }

  stop(): void {
    this.chip.clock.cancel(this.initEvent);
    this.chip.clock.cancel(this.scanEvent);
    this.scanEvent = 0;
  }

  raw(): number {
    const { chip } = this;
    const memory = chip.memory;
    const { alert, status, pfAlert } = chip;
    let raw = 0;
    if ((status[1]! | status[2]!) !== 0) raw |= SSBC;
    if (status[0] !== 0) raw |= SSA;
    if (chip.pfActive) raw |= PF;
    if ((alert[0]! & memory.u8(0x926f)) | (alert[1]! & memory.u8(0x9270)) | (alert[2]! & memory.u8(0x9271)))
      raw |= MSK_SFALERT;
    for (let i = 0; i < 4; i++) if (pfAlert[i]! & memory.u8(0x92c4 + i)) raw |= MSK_PFALERT;
    if (!chip.chg) raw |= XCHG;
    if (!chip.dsg) raw |= XDSG;
    if (chip.shutdownVoltage) raw |= SHUTV;
    if (chip.bleed !== 0) raw |= CB;
    return raw;
  }

  /** Register 0x64: the level bits and what has happened since the start. */
  rawStatus(): number {
    let raw = this.raw();
    if (this.chip.running) raw |= INITSTART;
    if (this.measure.hasScanned(1)) raw |= ADSCAN;
    if (this.measure.hasScanned(3)) raw |= FULLSCAN | INITCOMP;
    return raw;
  }

  /** To be called after any change of what `raw` looks at. */
  update(): void {
    if (this.chip.running) this.status |= this.raw() & this.enable & ~EVENTS;
    this.drive();
  }

  raise(bits: number): void {
    this.status |= bits & this.enable;
    this.drive();
  }

  /** Write to 0x62 or 0x63: ones clear. A condition that still holds latches again at once. */
  clear(bits: number): void {
    this.status &= ~bits;
    this.update();
    this.armScan();
  }

  setEnable(mask: number): void {
    this.enable = mask;
    this.update();
    this.armScan();
  }

  /** FULLSCAN and ADSCAN need an event of their own only while somebody waits for the pin. */
  private armScan(): void {
    if (this.scanEvent !== 0 || !this.chip.running) return;
    const wanted = this.enable & ~this.status & (FULLSCAN | ADSCAN);
    if (wanted === 0) return;
    this.scanEvent = this.chip.clock.at(this.measure.nextScanUs(wanted & ADSCAN ? 1 : 3), () => {
      this.scanEvent = 0;
      const loops = Math.round((this.chip.clock.nowUs - this.measure.startUs) / this.measure.scanUs);
      const full = loops % 3 === 0;
      if (!this.measure.adcFrozen) this.raise(full ? ADSCAN | FULLSCAN : ADSCAN);
      this.armScan();
    });
  }

  private drive(): void {
    const { settings, mode } = this.chip;
    const powered = mode === 'normal' || mode === 'sleep' || mode === 'deepsleep';
    // PIN_FXN 2 = ALERT output, OPT5 = active low, OPT3 = driven from REG1, which then has to be on.
    const config = settings.alertPin;
    const function2 = powered && (config & 3) === 2 && ((config & 0x20) === 0 || settings.reg1On);
    const level = function2 && (this.status !== 0) !== ((config & 0x80) !== 0);
    if (level === this.pin) return;
    this.pin = level;
    this.chip.world.setAlert(level);
  }
}
