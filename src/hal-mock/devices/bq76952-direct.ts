/** Direct commands 0x00..0x7F of the simulated BQ76952 (hardware.md 2.3). */
import type { Alarm } from './bq76952-alarm';
import { clamp16, type Measure } from './bq76952-measure';
import type { ChipState } from './bq76952-state';
import type { Window } from './bq76952-window';

/** Length of one open-wire check: 16 cells of 3 ms. */
const OPEN_WIRE_US = 48000;

export class DirectCommands {
  /** The word of the read in progress, and the low byte of a word write to 0x00. */
  private word = 0;
  private commandLow = 0;
  private echoFfa5 = false;

  constructor(
    private readonly chip: ChipState,
    private readonly measure: Measure,
    private readonly alarm: Alarm,
    private readonly window: Window,
  ) {}

  reset(): void {
    this.echoFfa5 = false;
    this.window.reset();
  }

  transferEnds(): void {
    this.window.transferEnds();
  }

  write(register: number, byte: number): void {
    if (register >= 0x3e && register <= 0x61) this.window.write(register, byte);
    else if (register === 0x00) this.commandLow = byte;
    else if (register === 0x01) {
      this.window.begin(this.commandLow | (byte << 8));
      this.echoFfa5 = true;
    } else if (register === 0x62) this.alarm.clear(byte);
    else if (register === 0x63) this.alarm.clear(byte << 8);
    else if (register === 0x66) this.alarm.setEnable((this.alarm.enable & 0xff00) | byte);
    else if (register === 0x67) this.alarm.setEnable((this.alarm.enable & 0xff) | (byte << 8));
  }

  /** Both bytes of a word come from the same instant; a block does not. */
  read(register: number, first: boolean): number {
    if (register >= 0x3e && register < 0x62) return this.window.read(register);
    if ((register >= 0x02 && register < 0x12) || register >= 0x7c) return this.flagByte(register);
    if ((register & 1) === 0 || first) this.word = this.wordAt(register & 0x7e);
    return register & 1 ? (this.word >> 8) & 255 : this.word & 255;
  }

  private flagByte(register: number): number {
    const { chip } = this;
    if (register >= 0x02 && register <= 0x07)
      return (register & 1 ? chip.status : chip.alert)[(register - 2) >> 1] ?? 0;
    if (register >= 0x0a && register <= 0x11)
      return (register & 1 ? chip.pfStatus : chip.pfAlert)[(register - 10) >> 1] ?? 0;
    if (register !== 0x7f) return 0;
    const fets = (chip.pdsg ? 8 : 0) | (chip.dsg ? 4 : 0) | (chip.pchg ? 2 : 0) | (chip.chg ? 1 : 0);
    return fets | (this.alarm.pin ? 0x40 : 0);
  }

  private wordAt(register: number): number {
    const { measure, chip } = this;
    if (register >= 0x14 && register < 0x34) {
      measure.refreshCells();
      return measure.cellMv[(register - 0x14) >> 1]!;
    }
    if (register >= 0x6a) {
      measure.refreshAux();
      return measure.thermistors.value[(register - 0x6a) >> 1]!;
    }
    switch (register) {
      case 0x00:
        return this.controlStatus();
      case 0x12:
        return this.batteryStatus();
      case 0x34:
      case 0x36:
      case 0x38: {
        measure.refreshAux();
        const mv = register === 0x34 ? measure.stackMv : register === 0x36 ? measure.packMv : measure.ldMv;
        return clamp16(Math.round(mv / chip.settings.userMv));
      }
      case 0x3a:
        return clamp16(Math.round(chip.settings.milliamps(measure.ccUv()) / chip.settings.userMa));
      case 0x62:
        return this.alarm.status;
      case 0x64:
        return this.alarm.rawStatus();
      case 0x66:
        return this.alarm.enable;
      case 0x68:
        measure.refreshAux();
        return measure.dieDeciK;
      default:
        return 0;
    }
  }

  private controlStatus(): number {
    if (this.echoFfa5) {
      this.echoFfa5 = false;
      return 0xffa5;
    }
    const { chip } = this;
    this.measure.refreshAux();
    return (chip.mode === 'deepsleep' ? 4 : 0) | (chip.loadDetectTimeout ? 2 : 0) | (chip.loadDetectMeasured ? 1 : 0);
  }

  private batteryStatus(): number {
    const { chip } = this;
    let bits = (chip.security << 8) | 0x80; // OTPB: the stack is outside the 10 to 12 V that OTP writing needs
    if (chip.mode === 'sleep') bits |= 0x8000;
    if (chip.shuttingDown) bits |= 0x2000;
    if (chip.pfActive) bits |= 0x1000;
    if ((chip.status[0]! | chip.status[1]! | chip.status[2]!) !== 0) bits |= 0x0800;
    if (this.checkingWires()) bits |= 0x20;
    if (chip.por) bits |= 0x08;
    if (chip.sleepEnabled) bits |= 0x04;
    if (chip.pchgMode) bits |= 0x02;
    if (chip.cfgUpdate) bits |= 0x01;
    return bits;
  }

  /** The open-wire check runs at the end of every Check Time. */
  private checkingWires(): boolean {
    const periodUs = this.chip.memory.u8(0x9314) * 1e6;
    if (periodUs === 0 || !this.chip.running) return false;
    return (this.chip.clock.nowUs - this.measure.startUs) % periodUs >= periodUs - OPEN_WIRE_US;
  }
}
