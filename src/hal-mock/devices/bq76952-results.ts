/** What the subcommands and data memory reads of the simulated BQ76952 answer (hardware.md 2.4, offsets in the 0x40 buffer). */
import type { Balance } from './bq76952-balance';
import type { Measure } from './bq76952-measure';
import type { Comparators } from './bq76952-protect';
import { CC_LSB_UV, type ChipState } from './bq76952-state';

const DEVICE_NUMBER = 0x7695;
const MEMORY_BLOCK = 32;
/** FW_VERSION: big-endian device number, version, build (invented). */
const FW_VERSION = [0x76, 0x95, 0x00, 0x36, 0x00, 0x01];
/** 24-bit LSBs: cell input 0.722 µV, coulomb counter 1/256 of the 16-bit one (29.56 nV). */
const CELL_COUNT_UV = 0.722;
const CC_COUNT_UV = CC_LSB_UV / 256;

export class Results {
  /** The code before the last one (PREV_MACWRITE). */
  previous = 0;

  constructor(
    private readonly chip: ChipState,
    private readonly measure: Measure,
    private readonly comparators: Comparators,
    private readonly balance: Balance,
  ) {}

  /** Fills `out` and answers the number of bytes; 0 for a code without data. */
  fetch(code: number, out: Uint8Array): number {
    const { chip } = this;
    if (chip.memory.has(code)) {
      if (chip.security === 3) return 0;
      for (let i = 0; i < MEMORY_BLOCK; i++) out[i] = chip.memory.u8(code + i);
      return MEMORY_BLOCK;
    }
    const view = new DataView(out.buffer, out.byteOffset);
    switch (code) {
      case 0x0001:
        return word(view, DEVICE_NUMBER);
      case 0x0002:
        out.set(FW_VERSION);
        return 6;
      case 0x0003:
        return word(view, 0x0000);
      case 0x0004:
        return word(view, 0x5a3c); // invented
      case 0x0005:
        return word(view, chip.memory.signature);
      case 0x0009:
        return word(view, 0x1b2d); // invented
      case 0x0007:
        return word(view, this.previous);
      case 0x0035:
        for (let i = 0; i < 8; i++) out[i] = chip.security === 1 ? chip.memory.u8(0x9257 + i) : 0;
        return 8;
      case 0x0053:
        out.set(chip.pfStatus);
        return 4;
      case 0x0057:
        return word(view, (chip.pfEn ? 0x40 : 0) | (chip.fetEn ? 0x10 : 0) | chip.testBits);
      case 0x0070:
        out.fill(0, 0, 32);
        return 32;
      case 0x0071:
      case 0x0072:
      case 0x0073:
      case 0x0074:
        return this.cellCounts(view, (code - 0x71) * 4);
      case 0x0075:
        return this.summary(view);
      case 0x0076:
        return this.passedCharge(view);
      case 0x0077:
        this.measure.refreshAux();
        for (let i = 0; i < 4; i++) view.setInt32(4 * i, this.measure.thermistors.counts[5 + i]!, true);
        return 16;
      case 0x0080:
      case 0x0081: {
        const cells = code === 0x80 ? this.comparators.cuvSnapshot : this.comparators.covSnapshot;
        for (let i = 0; i < 16; i++) view.setInt16(2 * i, cells[i]!, true);
        return 32;
      }
      case 0x0083:
        return word(view, this.balance.requested);
      case 0x0085:
        return word(view, this.balance.activeSeconds());
      case 0x0086:
      case 0x0087:
        for (let i = 0; i < 8; i++) view.setUint32(4 * i, this.balance.cellSeconds((code - 0x86) * 8 + i), true);
        return 32;
      case 0x00a0:
      case 0x00a1:
        out[0] = 0x01; // HV: OTP needs 10 to 12 V at BAT, a 16S pack has 50
        out[1] = out[2] = 0;
        return 3;
      default:
        return 0;
    }
  }

  private cellCounts(view: DataView, first: number): number {
    this.measure.refreshCells();
    const current = Math.round(this.measure.ccUv() / CC_COUNT_UV);
    for (let i = 0; i < 4; i++) {
      view.setInt32(8 * i, Math.round((this.measure.cellMv[first + i]! * 1000) / CELL_COUNT_UV), true);
      view.setInt32(8 * i + 4, current, true);
    }
    return 32;
  }

  private summary(view: DataView): number {
    const { measure, chip } = this;
    const { settings } = chip;
    measure.refreshCells();
    measure.refreshAux();
    let min = 32767;
    let max = -32768;
    let sum = 0;
    for (let i = 0; i < 16; i++) {
      if (!((settings.cells >> i) & 1)) continue;
      min = Math.min(min, measure.cellMv[i]!);
      max = Math.max(max, measure.cellMv[i]!);
      sum += measure.cellMv[i]!;
    }
    const cc1 = Math.round(measure.cc1Ma / settings.userMa);
    const words = [
      30000,
      0,
      max,
      min,
      Math.round(sum / settings.userMv),
      measure.thermistors.cellMean,
      measure.thermistors.fetMean,
    ];
    words.push(measure.thermistors.cellMax, measure.thermistors.cellMin, measure.thermistors.cellMean, cc1, cc1);
    words.forEach((value, i) => view.setInt16(2 * i, value, true));
    view.setInt32(24, Math.round(measure.ccUv() / CC_COUNT_UV), true);
    view.setInt32(28, Math.round(measure.cc1Uv / CC_COUNT_UV), true); // CC3 averages about as long as CC1
    return 32;
  }

  private passedCharge(view: DataView): number {
    const { measure } = this;
    const { whole, fraction, seconds } = measure.passedCharge();
    measure.refreshAux();
    view.setInt32(0, whole, true);
    view.setUint32(4, fraction, true);
    view.setUint32(8, seconds, true);
    for (let i = 0; i < 5; i++) view.setInt32(12 + 4 * i, measure.thermistors.counts[i]!, true);
    return 32;
  }
}

function word(view: DataView, value: number): number {
  view.setUint16(0, value, true);
  return 2;
}
