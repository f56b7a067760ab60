/** What the units of the simulated BQ76952 share: settings decoded from data memory, and the chip's state. */
import type { AfeSurroundings, AfeThermistor, SimClock } from '../contracts';
import { DataMemory } from './bq76952-memory';

/** SCD threshold codes 0..15 over the shunt, mV (hardware.md 2.5, register 0x9286). */
const SCD_MV = [10, 20, 40, 60, 80, 100, 125, 150, 175, 200, 250, 300, 350, 400, 450, 500];
const CELL_STEP_MV = 50.6;
/** Comparator time step, µs: delays are 3.3 ms x (2 + n). */
const STEP_US = 3300;
/** 16-bit coulomb counter LSB, µV: CC gain (mA per count) is this over the shunt in mOhm. */
export const CC_LSB_UV = 7.5684;

/** Thermistor pins in the order of registers 0x6A.., pin configurations 0x92FA.. and offsets 0x91CB... */
export const PINS: readonly AfeThermistor[] = [
  'CFETOFF',
  'DFETOFF',
  'ALERT',
  'TS1',
  'TS2',
  'TS3',
  'HDQ',
  'DCHG',
  'DDSG',
];

/** Rows of the comparators: bit in Safety A, by sign and size of their quantity. */
export const SCD = 0x80;
export const OCD2 = 0x40;
export const OCD1 = 0x20;
export const OCC = 0x10;
export const COV = 0x08;
export const CUV = 0x04;

/** Settings in the units the chip's logic works in; decoded after every write so that the hot path reads plain fields. */
export class Settings {
  userMa = 1;
  userMv = 10;
  ccGain = 7.4768;
  ccOffsetUv = 0;
  capacityGain = 0;
  deadbandUv = 0;
  cells = 0xffff;
  slotUs = 3000;
  scanUs = 63000;
  enabledA = 0;
  enabledB = 0;
  enabledC = 0;
  scdUv = 0;
  scdDelayUs = -1;
  ocd1Uv = 0;
  ocd1DelayUs = 0;
  ocd2Uv = 0;
  ocd2DelayUs = 0;
  occUv = 0;
  occDelayUs = 0;
  covMv = 0;
  covReleaseMv = 0;
  covDelayUs = 0;
  cuvMv = 0;
  cuvReleaseMv = 0;
  cuvDelayUs = 0;
  fetOptions = 0;
  bodyDiodeMa = 0;
  alertPin = 0;
  reg1On = false;

  load(memory: DataMemory): void {
    const da = memory.u8(0x9303);
    this.userMa = [0.1, 1, 10, 100][da & 3]!;
    this.userMv = da & 4 ? 10 : 1;
    this.ccGain = memory.f32(0x91a8);
    this.capacityGain = memory.f32(0x91ac);
    // Assumption: Board Offset counts 16-bit LSBs summed over the number of offset samples.
    this.ccOffsetUv = (memory.i16(0x91c8) / Math.max(1, memory.u16(0x91c6))) * CC_LSB_UV;
    this.deadbandUv = memory.u8(0x922d) * 0.234;
    this.cells = memory.u16(0x9304) || 0xffff;
    const power = memory.u16(0x9234);
    this.slotUs = power & 0x40 ? 1500 : 3000;
    this.scanUs = 21 * this.slotUs * [1, 2, 4, 8][(power >> 2) & 3]!;
    this.enabledA = memory.u8(0x9261);
    this.enabledB = memory.u8(0x9262);
    this.enabledC = memory.u8(0x9263);
    this.scdUv = SCD_MV[memory.u8(0x9286) & 15]! * 1000;
    const scd = memory.u8(0x9287);
    this.scdDelayUs = scd === 0 ? -1 : (Math.min(scd, 31) - 1) * 15;
    this.occUv = memory.u8(0x9280) * 2000;
    this.occDelayUs = (memory.u8(0x9281) + 2) * STEP_US;
    this.ocd1Uv = memory.u8(0x9282) * 2000;
    this.ocd1DelayUs = (memory.u8(0x9283) + 2) * STEP_US;
    this.ocd2Uv = memory.u8(0x9284) * 2000;
    this.ocd2DelayUs = (memory.u8(0x9285) + 2) * STEP_US;
    this.cuvMv = memory.u8(0x9275) * CELL_STEP_MV;
    this.cuvDelayUs = (memory.u16(0x9276) + 2) * STEP_US;
    this.cuvReleaseMv = this.cuvMv + memory.u8(0x927b) * CELL_STEP_MV;
    this.covMv = memory.u8(0x9278) * CELL_STEP_MV;
    this.covDelayUs = (memory.u16(0x9279) + 2) * STEP_US;
    this.covReleaseMv = this.covMv - memory.u8(0x927c) * CELL_STEP_MV;
    this.fetOptions = memory.u8(0x9308);
    this.bodyDiodeMa = memory.i16(0x9273);
    this.alertPin = memory.u8(0x92fc);
    this.reg1On = (memory.u8(0x9237) & memory.u8(0x9236) & 1) !== 0;
  }

  /** Shunt voltage to mA by the chip's own gain (not necessarily the pack's truth). */
  milliamps(uv: number): number {
    return ((Math.max(-200000, Math.min(200000, uv)) - this.ccOffsetUv) / CC_LSB_UV) * this.ccGain;
  }
}

export type PowerMode = 'booting' | 'normal' | 'sleep' | 'deepsleep' | 'off';

/** State that more than one unit reads. Units call each other only downwards: bus, protect, balance, fets, alarm, measure. */
export class ChipState {
  readonly memory = new DataMemory();
  readonly settings = new Settings();
  mode: PowerMode = 'off';
  cfgUpdate = false;
  por = true;
  /** 1 = FULLACCESS, 2 = UNSEALED, 3 = SEALED. */
  security = 1;
  fetEn = false;
  pfEn = true;
  sleepEnabled = true;
  /** Safety Alert / Status A, B, C and permanent failure A..D, bits as in hardware.md 2.3. */
  readonly alert = new Uint8Array(3);
  readonly status = new Uint8Array(3);
  readonly pfAlert = new Uint8Array(4);
  readonly pfStatus = new Uint8Array(4);
  chg = false;
  dsg = false;
  pchg = false;
  pdsg = false;
  pchgMode = false;
  /** b3 PCHG_OFF, b2 CHG_OFF, b1 PDSG_OFF, b0 DSG_OFF. */
  hostOff = 0;
  /** Manufacturing Status b5 PDSG_TEST, b2 DSG_TEST, b1 CHG_TEST, b0 PCHG_TEST. */
  testBits = 0;
  /** Balancing switches closed now. */
  bleed = 0;
  /** SHUTDOWN accepted, FETs off, waiting for its delays and for TS2 and LD to be idle. */
  shuttingDown = false;
  /** The current source out of LD is on now; it was on while LD was last measured; its time is up. */
  loadDetect = false;
  loadDetectMeasured = false;
  loadDetectTimeout = false;
  /** Voltage about to shut the chip down (alarm bit SHUTV). */
  shutdownVoltage = false;

  constructor(
    readonly clock: SimClock,
    readonly world: AfeSurroundings,
  ) {}

  get pfActive(): boolean {
    const pf = this.pfStatus;
    return (pf[0]! | pf[1]! | pf[2]! | pf[3]!) !== 0;
  }

  /** Measurements and protections run. */
  get running(): boolean {
    return (this.mode === 'normal' || this.mode === 'sleep') && !this.cfgUpdate;
  }
}
