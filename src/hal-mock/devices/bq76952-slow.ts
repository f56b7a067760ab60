/** Firmware protections of the simulated BQ76952: temperatures, OCD3, host watchdog, precharge time-out, latches, recovery. */
import { LoadDetect } from './bq76952-load';
import type { Comparators } from './bq76952-protect';
import type { Measure } from './bq76952-measure';
import { COV, CUV, OCC, OCD1, OCD2, SCD, type ChipState } from './bq76952-state';

/** Safety C. */
export const OCD3 = 0x80;
export const SCDL = 0x40;
export const OCDL = 0x20;
export const COVL = 0x10;
const PTO = 0x04;
export const HWDF = 0x02;
const OCD_ANY = OCD1 | OCD2;
const SCDL_CURR_RECOV = 0x0400;
const OCDL_CURR_RECOV = 0x0200;

/** Temperature rules: bit in Safety B, address of threshold, delay and recovery (in this order), over or under, sensor. */
const TEMPERATURES: readonly (readonly [number, number, 1 | -1, 'cell' | 'fet' | 'die'])[] = [
  [0x80, 0x92a0, 1, 'fet'], // OTF
  [0x40, 0x92a3, 1, 'die'], // OTINT
  [0x20, 0x929d, 1, 'cell'], // OTD
  [0x10, 0x929a, 1, 'cell'], // OTC
  [0x04, 0x92ac, -1, 'die'], // UTINT
  [0x02, 0x92a9, -1, 'cell'], // UTD
  [0x01, 0x92a6, -1, 'cell'], // UTC
];

/** Latches: bit in Safety C, trips in Safety A, address of limit (then decrement delay, recovery time). */
const LATCHES: readonly (readonly [number, number, number])[] = [
  [SCDL, SCD, 0x9295],
  [OCDL, OCD_ANY, 0x928f],
  [COVL, COV, 0x927d],
];

export class SlowProtections {
  /** Instant of the last valid byte on the bus. */
  lastTalkUs = 0;
  readonly latchCount = new Uint8Array(3);
  private readonly latchCountUs = new Float64Array(3);
  /** Since when a condition holds: keys are (register, bit), values µs. */
  private readonly since = new Map<number, number>();
  readonly loadDetect: LoadDetect;

  constructor(
    private readonly chip: ChipState,
    private readonly measure: Measure,
    private readonly comparators: Comparators,
  ) {
    this.loadDetect = new LoadDetect(chip, measure);
  }

  start(): void {
    this.since.clear();
    this.loadDetect.stop();
    this.latchCount.fill(0);
    this.chip.alert.fill(0);
    this.chip.status.fill(0);
    this.lastTalkUs = this.chip.clock.nowUs;
  }

  /** A valid transfer; ends a host watchdog fault. True when something changed. */
  talked(): boolean {
    this.lastTalkUs = this.chip.clock.nowUs;
    if ((this.chip.status[2]! & HWDF) === 0) return false;
    this.chip.status[2]! &= ~HWDF;
    return true;
  }

  /** Every 250 ms; `second` in every fourth call. The caller updates FETs and alarms afterwards. */
  tick(second: boolean): void {
    const { chip, measure } = this;
    const enabled = chip.settings.enabledC;
    const now = chip.clock.nowUs;
    const userA = measure.cc1Ma / chip.settings.userMa;
    const ocd3 = userA <= chip.memory.i16(0x928a);
    this.rise(2, OCD3, enabled, ocd3, chip.memory.u8(0x928c));
    if ((enabled & HWDF) !== 0 && now - this.lastTalkUs >= chip.memory.u16(0x92b2) * 1e6) chip.status[2]! |= HWDF;
    const precharging = chip.pchg && measure.cc1Ma > chip.memory.i16(0x92ba);
    this.rise(2, PTO, enabled, precharging, chip.memory.u16(0x92bc));
    if (second) this.temperatures();
    this.recoverA();
    if ((chip.status[2]! & OCD3) !== 0) this.fall(2, OCD3, measure.cc1Ma >= chip.memory.i16(0x928d), 0x92af);
    this.latches();
  }

  /** Alert now, status after `delayS`. */
  private rise(register: number, bit: number, enabled: number, over: boolean, delayS: number): void {
    const { alert, status } = this.chip;
    if ((status[register]! & bit) !== 0) return;
    const key = register * 256 + bit;
    if (!over || (enabled & bit) === 0) {
      if ((alert[register]! & bit) === 0) return;
      alert[register]! &= ~bit;
      this.since.delete(key);
      return;
    }
    const now = this.chip.clock.nowUs;
    let since = this.since.get(key);
    if (since === undefined) this.since.set(key, (since = now));
    if (now - since < delayS * 1e6) {
      alert[register]! |= bit;
      return;
    }
    this.since.delete(key);
    alert[register]! &= ~bit;
    status[register]! |= bit;
  }

  /** Status clears when `safe` has held for the time at `timeAddress`. */
  private fall(register: number, bit: number, safe: boolean, timeAddress: number): void {
    const key = register * 256 + bit;
    if (!safe) {
      this.since.delete(key);
      return;
    }
    const now = this.chip.clock.nowUs;
    let since = this.since.get(key);
    if (since === undefined) this.since.set(key, (since = now));
    if (now - since < this.chip.memory.u8(timeAddress) * 1e6) return;
    this.since.delete(key);
    this.chip.status[register]! &= ~bit;
  }

  private temperatures(): void {
    const { chip, measure } = this;
    if ((chip.settings.enabledB | chip.status[1]!) === 0) return;
    measure.refreshAux();
    if (!measure.hasScanned(3)) return;
    for (const [bit, address, sign, sensor] of TEMPERATURES) {
      const deciK = this.sensor(sensor, sign);
      if (deciK === 0) continue; // no such sensor configured
      const celsius = deciK / 10 - 273.15;
      const limit = sensor === 'fet' ? chip.memory.u8(address) : chip.memory.i8(address);
      const release = sensor === 'fet' ? chip.memory.u8(address + 2) : chip.memory.i8(address + 2);
      this.rise(1, bit, chip.settings.enabledB, sign * (celsius - limit) >= 0, chip.memory.u8(address + 1));
      if ((chip.status[1]! & bit) !== 0) this.fall(1, bit, sign * (celsius - release) <= 0, 0x92af);
    }
  }

  private sensor(sensor: 'cell' | 'fet' | 'die', sign: 1 | -1): number {
    const { measure } = this;
    if (sensor === 'die') return measure.dieDeciK;
    if (sensor === 'fet') return measure.thermistors.fetMax;
    return sign > 0 ? measure.thermistors.cellMax : measure.thermistors.cellMin;
  }

  private recoverA(): void {
    const { chip, measure } = this;
    const status = chip.status[0]!;
    if (status === 0) return;
    const { settings, memory, clock } = chip;
    const ma = measure.cc1Ma;
    if ((status & CUV) !== 0) this.fall(0, CUV, measure.liveMin > settings.cuvReleaseMv, 0x92af);
    if ((status & COV) !== 0) this.fall(0, COV, measure.liveMax < settings.covReleaseMv, 0x92af);
    if ((status & OCC) !== 0) {
      measure.refreshAux();
      const removed = measure.packMv < measure.stackMv - memory.i16(0x92b0) * 10;
      this.fall(0, OCC, removed || ma <= memory.i16(0x9288), 0x92af);
    }
    const charging = ma >= memory.i16(0x928d);
    if ((status & OCD1) !== 0) this.fall(0, OCD1, charging, 0x92af);
    if ((status & OCD2) !== 0) this.fall(0, OCD2, charging, 0x92af);
    if ((status & SCD) !== 0 && clock.nowUs - this.comparators.scdAtUs >= memory.u8(0x9294) * 1e6)
      chip.status[0]! &= ~SCD;
  }

  /** A comparator tripped: latches count it. */
  count(trip: number): void {
    for (let i = 0; i < LATCHES.length; i++) {
      const [bit, causes, address] = LATCHES[i]!;
      const limit = this.chip.memory.u8(address);
      if ((causes & trip) === 0 || limit === 0 || (this.chip.settings.enabledC & bit) === 0) continue;
      this.latchCount[i]!++;
      this.latchCountUs[i] = this.chip.clock.nowUs;
      if (this.latchCount[i]! < limit) {
        this.chip.alert[2]! |= bit;
        continue;
      }
      this.latchCount[i] = 0;
      this.chip.alert[2]! &= ~bit;
      this.chip.status[2]! |= bit;
      if ((bit & (SCDL | OCDL)) !== 0) this.loadDetect.begin();
    }
  }

  private latches(): void {
    const { chip, measure } = this;
    const now = chip.clock.nowUs;
    for (let i = 0; i < LATCHES.length; i++) {
      if (this.latchCount[i] === 0) continue;
      const [bit, , address] = LATCHES[i]!;
      if (now - this.latchCountUs[i]! < chip.memory.u8(address + 1) * 1e6) continue;
      this.latchCountUs[i] = now;
      if (--this.latchCount[i]! === 0) chip.alert[2]! &= ~bit;
    }
    const latched = chip.status[2]! & (SCDL | OCDL | COVL);
    this.loadDetect.tick((latched & (SCDL | OCDL)) !== 0);
    if (latched === 0) return;
    if ((latched & COVL) !== 0) this.fall(2, COVL, measure.liveMax < chip.settings.covReleaseMv, 0x927f);
    const loadGone = this.loadDetect.loadGone;
    const config = chip.memory.u16(0x925f);
    const ma = measure.cc1Ma;
    if ((latched & SCDL) !== 0) {
      const charged = (config & SCDL_CURR_RECOV) !== 0 && ma >= chip.memory.i16(0x9298);
      this.fall(2, SCDL, loadGone || charged, 0x9297);
    }
    if ((latched & OCDL) !== 0) {
      const charged = (config & OCDL_CURR_RECOV) !== 0 && ma >= chip.memory.i16(0x9292);
      this.fall(2, OCDL, loadGone || charged, 0x9291);
    }
  }

  /** Host recovery of latches and PTO: OCDL_RECOVER, SCDL_RECOVER, PTO_RECOVER. */
  hostRecover(bits: number): void {
    this.chip.status[2]! &= ~bits;
  }
}
