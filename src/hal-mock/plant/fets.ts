/**
 * The power path: CHG and DSG MOSFET banks in series with opposed body diodes, pre-discharge resistor beside them (hardware.md 5.1).
 * An open CHG bank still lets discharge current through its diode, an open DSG bank charge current.
 */
const ON_OHM = 0.0003; // one bank
const PRE_DISCHARGE_OHM = 40;
const DIODE_SLOPE_V = 0.031; // 1.2 times the thermal voltage
const DIODE_REVERSE_A = 7.8e-10; // 0.65 V at 1 A
const IDLE_A = 0.0005; // what the pins draw: gives an idle diode its 0.4 V

/** Forward voltage of a bank's body diodes, V. */
export function diodeV(amps: number): number {
  return DIODE_SLOPE_V * Math.log(1 + amps / DIODE_REVERSE_A) + ON_OHM * amps;
}

export interface Bank {
  gate: boolean;
  welded: boolean;
  failedOpen: boolean;
}

export class Fets {
  readonly chg: Bank = { gate: false, welded: false, failedOpen: false };
  readonly dsg: Bank = { gate: false, welded: false, failedOpen: false };
  pchg = false; // no such branch is fitted
  pdsg = false;
  /** Of the last call of `drop`: d(drop)/d(amps), ohm. */
  slopeOhm = 0;

  get chgConducts(): boolean {
    return this.chg.welded || (this.chg.gate && !this.chg.failedOpen);
  }

  get dsgConducts(): boolean {
    return this.dsg.welded || (this.dsg.gate && !this.dsg.failedOpen);
  }

  get canCharge(): boolean {
    return this.chgConducts;
  }

  get canDischarge(): boolean {
    return this.dsgConducts || this.pdsg;
  }

  /** Volts over the path at a charging current (positive) or discharging current (negative); same sign as the current. */
  drop(amps: number): number {
    if (amps < 0 && !this.dsgConducts) {
      this.slopeOhm = PRE_DISCHARGE_OHM;
      return amps * PRE_DISCHARGE_OHM;
    }
    const diode = amps < 0 ? !this.chgConducts : amps > 0 && !this.dsgConducts;
    if (!diode) {
      this.slopeOhm = 2 * ON_OHM;
      return amps * 2 * ON_OHM;
    }
    const size = Math.abs(amps);
    this.slopeOhm = DIODE_SLOPE_V / (size + DIODE_REVERSE_A) + 2 * ON_OHM;
    const volts = diodeV(size) + ON_OHM * size;
    return amps < 0 ? -volts : volts;
  }

  /** What an output without load lies below the stack, V. */
  idleDropV(): number {
    return this.dsgConducts && !this.chgConducts ? diodeV(IDLE_A) : 0;
  }
}
