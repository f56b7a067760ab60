/** Thermistor inputs of the simulated BQ76952. */
import { PINS, type ChipState } from './bq76952-state';

/** Steinhart-Hart constants of the 103AT thermistor the "18K" model is made for (hardware.md 3, -40..100 °C within 0.064 K). */
const A_103AT = 8.91163e-4;
const B_103AT = 2.50745e-4;
const C_103AT = 1.96284e-7;
/** The "180K" model: 200 kOhm at 25 °C (its Adc0 is 0.5263 x 32768); beta is an assumption (204AP type). */
const R25_180K = 200000;
const BETA_180K = 4261;
/** Leakage and wiring bound what an open or shorted input can look like, ohm. */
const OPEN_OHM = 10e6;
const SHORT_OHM = 10;

/** Share of the reference voltage on the pin, 0..1. */
function pinRatio(ohm: number, pullUpOhm: number): number {
  const bounded = ohm > OPEN_OHM ? OPEN_OHM : ohm < SHORT_OHM ? SHORT_OHM : ohm;
  return bounded / (bounded + pullUpOhm);
}

/** Temperature in 0.1 K by the chip's 18K model. The polynomial is not published; outside -40..100 °C this is an extrapolation. */
function deciKelvin18k(ratio: number): number {
  const ln = Math.log((18000 * ratio) / (1 - ratio));
  return Math.round(10 / (A_103AT + B_103AT * ln + C_103AT * ln * ln * ln));
}

function deciKelvin180k(ratio: number): number {
  const ln = Math.log((180000 * ratio) / (1 - ratio) / R25_180K);
  return Math.round(10 / (1 / 298.15 + ln / BETA_180K));
}

/** 24-bit ADC counts of a thermistor input, 3 V / 2^23 each (0.358 µV), as DASTATUS6 and 7 report them; reference 1.8 V. */
function thermistorCounts(ratio: number): number {
  return Math.round((ratio * 1.8 * 8388608) / 3);
}

export class Thermistors {
  /** Registers 0x6A..: 0.1 K, mV or raw counts by the pin's configuration; 0 when the pin does not measure. */
  readonly value = new Int16Array(9);
  readonly counts = new Int32Array(9);
  /** Extremes of the cell and FET sensors, 0.1 K; 0 = none configured. */
  cellMin = 0;
  cellMax = 0;
  cellMean = 0;
  fetMax = 0;
  fetMean = 0;
  /** Bench: pins whose register does not follow the input (null = it does). */
  readonly stuckDeciK: (number | null)[] = new Array<number | null>(9).fill(null);
  private readonly lastOhm = new Float64Array(9).fill(-1);

  constructor(private readonly chip: ChipState) {}

  clear(): void {
    this.value.fill(0);
    this.counts.fill(0);
    this.spread();
  }

  /** Settings may have changed: convert anew even if the resistance is the same. */
  forget(): void {
    this.lastOhm.fill(-1);
  }

  refresh(): void {
    for (let pin = 0; pin < 9; pin++) this.refreshPin(pin, this.chip.memory.u8(0x92fa + pin));
    this.spread();
  }

  private refreshPin(pin: number, config: number): void {
    if ((config & 3) !== 3) {
      this.value[pin] = 0; // not a measuring input: the register stays empty (0 K)
      this.counts[pin] = 0;
      return;
    }
    const ohm = this.chip.world.ntcOhm(PINS[pin]!);
    if (ohm !== this.lastOhm[pin]) {
      this.lastOhm[pin] = ohm;
      const pullUp = config >> 6;
      const ratio = pullUp >= 2 ? 0 : pinRatio(ohm, pullUp === 1 ? 180000 : 18000);
      this.counts[pin] = thermistorCounts(ratio);
      this.value[pin] = this.convert(pin, config, ratio);
    }
    const stuck = this.stuckDeciK[pin]!;
    if (stuck !== null) {
      this.value[pin] = stuck;
      this.lastOhm[pin] = -1;
    }
  }

  private convert(pin: number, config: number, ratio: number): number {
    if ((config & 0x0c) === 0) return Math.round(1800 * ratio); // general ADC input, mV
    const offset = this.chip.memory.i8(0x91cb + pin);
    switch ((config >> 4) & 3) {
      case 0:
        return deciKelvin18k(ratio) + offset;
      case 1:
        return deciKelvin180k(ratio) + offset;
      case 2:
        return offset; // custom model: coefficients are zero until somebody fits one
      default:
        return Math.round(32767 * ratio);
    }
  }

  /** Extremes and means over the pins that are configured as cell and FET sensors. */
  private spread(): void {
    let min = 0;
    let max = 0;
    let sum = 0;
    let count = 0;
    let fetMax = 0;
    let fetSum = 0;
    let fets = 0;
    for (let pin = 0; pin < 9; pin++) {
      const config = this.chip.memory.u8(0x92fa + pin);
      const value = this.value[pin]!;
      if ((config & 0x0f) === 0x07) {
        min = count === 0 ? value : Math.min(min, value);
        max = Math.max(max, value);
        sum += value;
        count++;
      } else if ((config & 0x0f) === 0x0f) {
        fetMax = Math.max(fetMax, value);
        fetSum += value;
        fets++;
      }
    }
    this.cellMin = min;
    this.cellMax = max;
    this.cellMean = count > 0 ? Math.round(sum / count) : 0;
    this.fetMax = fetMax;
    this.fetMean = fets > 0 ? Math.round(fetSum / fets) : 0;
  }
}
