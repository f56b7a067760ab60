/**
 * What hangs on the terminals behind the breaker: charger, load, inverter, short circuit. Amperes and volts; `into` is the sum of the
 * currents that these push into the pack at a given terminal voltage.
 */
const CHARGER_OHM = 0.001; // droop in constant voltage
const LOAD_DROPOUT_V = 1; // an electronic load lets go below
const CONSTANT_POWER_FROM_V = 20; // below, a constant-power load is a resistor: never an endless current
const FREEWHEEL_V = 0.8; // free-wheel diode over the output (hardware.md 5.1)
const FREEWHEEL_OHM = 0.001;
const INVERTER_OHM = 0.015; // capacitor and cable
const INVERTER_BLEED_OHM = 10000;
const INVERTER_STOP_V = 40;
const INVERTER_START_V = 46;
const INVERTER_START_S = 3; // self-test before it draws power again: assumption
const FASTEST_S = 2e-6;

export interface Inverter {
  watts: number;
  farad: number;
  /** Of the input capacitor. */
  volts: number;
  running: boolean;
  waitS: number;
}

export interface Short {
  ohms: number;
  henry: number;
  amps: number;
  /** The inductance has nothing more to say: the current is that of the resistance. */
  settled: boolean;
}

export type Load = { amps: number } | { watts: number } | { ohms: number };

export class Terminal {
  charger: { amps: number; volts: number } | null = null;
  /** A charger with its poles exchanged: pulls its current out of the positive terminal. */
  reversed: { amps: number; volts: number } | null = null;
  load: Load | null = null;
  inverter: Inverter | null = null;
  short: Short | null = null;
  /** Of the last call of `into`: its slope, ampere per volt. */
  slope = 0;
  /** Of the last call of `into`: the parts, A. Charger and free-wheel diode push, the others draw. */
  chargerA = 0;
  loadA = 0;
  inverterA = 0;
  shortA = 0;
  freewheelA = 0;

  get hasWatts(): boolean {
    return this.load !== null && 'watts' in this.load;
  }

  /** Highest voltage that stands here without the pack. */
  get sourceV(): number {
    return Math.max(this.charger?.volts ?? 0, this.inverter?.volts ?? 0);
  }

  /** Most current that can flow into a pack of this voltage, and most that a pack can be asked for by the diode and the coil. */
  mostInto(packV: number): number {
    const capacitor = this.inverter === null ? 0 : Math.max(0, this.inverter.volts - packV) / INVERTER_OHM;
    return (this.charger?.amps ?? 0) + capacitor + 1;
  }

  into(v: number): number {
    let slope = 0;
    this.chargerA = 0;
    this.loadA = 0;
    this.inverterA = 0;
    this.shortA = 0;
    this.freewheelA = 0;
    if (this.charger !== null && v < this.charger.volts) {
      const wanted = (this.charger.volts - v) / CHARGER_OHM;
      if (wanted >= this.charger.amps) this.chargerA = this.charger.amps;
      else {
        this.chargerA = wanted;
        slope -= 1 / CHARGER_OHM;
      }
    }
    const load = this.load;
    if (load !== null && v > 0) {
      if ('amps' in load) {
        const share = v < LOAD_DROPOUT_V ? v / LOAD_DROPOUT_V : 1;
        this.loadA = load.amps * share;
        if (share < 1) slope -= load.amps / LOAD_DROPOUT_V;
      } else if ('ohms' in load) {
        this.loadA = v / load.ohms;
        slope -= 1 / load.ohms;
      } else if (v >= CONSTANT_POWER_FROM_V) {
        this.loadA = load.watts / v;
        slope += load.watts / (v * v);
      } else {
        const siemens = load.watts / (CONSTANT_POWER_FROM_V * CONSTANT_POWER_FROM_V);
        this.loadA = v * siemens;
        slope -= siemens;
      }
    }
    if (this.reversed !== null && v > -this.reversed.volts) this.loadA += this.reversed.amps;
    if (this.inverter !== null) {
      this.inverterA = (v - this.inverter.volts) / INVERTER_OHM;
      slope -= 1 / INVERTER_OHM;
    }
    if (this.short !== null) {
      if (this.short.settled) {
        this.shortA = v / this.short.ohms;
        slope -= 1 / this.short.ohms;
      } else this.shortA = this.short.amps;
    }
    if (v < -FREEWHEEL_V) {
      this.freewheelA = (-FREEWHEEL_V - v) / FREEWHEEL_OHM;
      slope -= 1 / FREEWHEEL_OHM;
    }
    this.slope = slope;
    return this.chargerA + this.freewheelA - this.loadA - this.inverterA - this.shortA;
  }

  /** A lowest voltage at which the free-wheel diode surely carries more than everything else draws. */
  lowestV(): number {
    const drawn = (this.short === null ? 0 : Math.abs(this.short.amps)) + (this.reversed?.amps ?? 0);
    return -FREEWHEEL_V - 1 - 1.001 * drawn * FREEWHEEL_OHM;
  }

  /** True while a coil or capacitor holds energy of its own, so that time steps have to look at it. */
  get dynamic(): boolean {
    return this.inverter !== null || (this.short !== null && !this.short.settled);
  }

  /** Before a change around it, the settled short circuit gets its coil back, with the present current. */
  unsettle(v: number): void {
    const short = this.short;
    if (short === null || !short.settled || short.henry <= 0) return;
    short.amps = Math.max(0, v / short.ohms);
    short.settled = false;
  }

  /** Net current into the inverter's capacitor, A. */
  capacitorA(inverter: Inverter): number {
    return this.inverterA - inverterDrawA(inverter);
  }

  /** Switches the inverter by its input voltage; true when it started or stopped. */
  superviseInverter(dtS: number): boolean {
    const inverter = this.inverter;
    if (inverter === null) return false;
    if (inverter.running) {
      if (inverter.volts >= INVERTER_STOP_V) return false;
      inverter.running = false;
      inverter.waitS = INVERTER_START_S;
      return true;
    }
    inverter.waitS = inverter.volts < INVERTER_START_V ? INVERTER_START_S : inverter.waitS - dtS;
    inverter.running = inverter.waitS <= 1e-9;
    return inverter.running;
  }

  /** Time until something here needs the next step, s. */
  nextStepS(sourceOhm: number): number {
    let next = Infinity;
    const inverter = this.inverter;
    if (inverter !== null) {
      const net = Math.abs(this.capacitorA(inverter));
      if (net > 0) next = (0.5 * inverter.farad) / net; // half a volt
      if (net > 0.5) next = Math.min(next, 0.1 * inverter.farad * (INVERTER_OHM + sourceOhm));
      if (!inverter.running && inverter.volts >= INVERTER_START_V) next = Math.min(next, inverter.waitS);
    }
    const short = this.short;
    if (short !== null && !short.settled) next = Math.min(next, (0.03 * short.henry) / (short.ohms + sourceOhm));
    return Math.max(next, FASTEST_S);
  }
}

function inverterDrawA(inverter: Inverter): number {
  const v = Math.max(inverter.volts, 1);
  return inverter.volts / INVERTER_BLEED_OHM + (inverter.running ? inverter.watts / v : 0);
}

export function newInverter(watts: number, microFarad: number): Inverter {
  return { watts, farad: microFarad * 1e-6, volts: 0, running: false, waitS: INVERTER_START_S };
}
