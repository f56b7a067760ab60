/** The one loop of the pack: stack - shunt - MOSFETs - breaker - terminals. Finds the current and the two output voltages. */
import type { Breaker } from './breaker';
import type { CellStack } from './cell';
import type { Fets } from './fets';
import type { Terminal } from './sources';

const WIRE_OHM = 0.0005; // breaker pole and lugs
const ROUNDS = 200;

export class Circuit {
  /** Positive when charging, A. */
  amps = 0;
  /** Output before the breaker and terminals behind it, both against the negative terminal, V. */
  outputV = 0;
  terminalV = 0;

  constructor(
    private readonly cells: CellStack,
    private readonly fets: Fets,
    private readonly breaker: Breaker,
    private readonly terminal: Terminal,
    private readonly shuntOhm: number,
  ) {}

  /** Resistance that the terminals see, ohm: of the path if it conducts, else of the free-wheel diode. */
  get sourceOhm(): number {
    if (!this.breaker.closed || !this.fets.canDischarge) return 0.001;
    return this.cells.ohmSum + this.shuntOhm + WIRE_OHM + (this.fets.dsgConducts ? 0.0006 : 40);
  }

  /** Heat in MOSFETs, J/s, and in the whole path from stack to terminals. */
  mosfetW(amps: number): number {
    return this.fets.drop(amps) * amps;
  }

  pathW(amps: number): number {
    return this.mosfetW(amps) + amps * amps * (this.shuntOhm + WIRE_OHM);
  }

  solve(): void {
    const stackV = this.cells.emfSumV;
    const idleV = stackV - this.fets.idleDropV();
    this.amps = 0;
    if (!this.breaker.closed) {
      this.terminalV = this.floatingV();
      this.outputV = this.fets.canDischarge ? idleV : 0;
      this.terminal.into(this.terminalV);
      return;
    }
    const at = this.terminal.into(stackV);
    if (at > 0 && this.fets.canCharge) this.amps = this.currentBetween(0, this.terminal.mostInto(stackV), at);
    else if (at < 0 && this.fets.canDischarge) {
      this.amps = this.currentBetween(-this.largestDischargeA(), 0, at);
    }
    if (this.amps !== 0) this.terminalV = this.terminalAt(this.amps);
    else this.terminalV = at === 0 && this.fets.canDischarge ? idleV : this.floatingV();
    this.outputV = this.terminalV - this.amps * WIRE_OHM;
    this.terminal.into(this.terminalV);
  }

  /**
   * Where the terminals end when a small current is sent into them and the path does not conduct, V: at most at the stack's
   * voltage, which feeds it.
   */
  pulledUpV(amps: number): number {
    const { terminal } = this;
    const short = terminal.short;
    const settled = short?.settled ?? false;
    if (short !== null) short.settled = true; // its coil has long had this current
    let low = this.terminalV;
    let high = Math.max(low, this.cells.emfSumV);
    if (low < high && terminal.into(high) + amps < 0)
      for (let round = 0; round < ROUNDS && high - low > 1e-6; round++) {
        const v = (low + high) / 2;
        if (terminal.into(v) + amps > 0) low = v;
        else high = v;
      }
    if (short !== null) short.settled = settled;
    terminal.into(this.terminalV); // leaves the parts of the current as they are
    return high;
  }

  private terminalAt(amps: number): number {
    return this.cells.emfSumV + amps * (this.cells.ohmSum + this.shuntOhm + WIRE_OHM) + this.fets.drop(amps);
  }

  /** At this current the terminals lie below the free-wheel diode's voltage, whatever hangs on them. */
  private largestDischargeA(): number {
    return (
      (Math.abs(this.cells.emfSumV) - this.terminal.lowestV() + 1) / (this.cells.ohmSum + this.shuntOhm + WIRE_OHM)
    );
  }

  /**
   * Where the current out of the terminals' devices equals that through the pack: Newton within a bracket. From zero on, because of
   * two meeting points of a constant-power load the one of the higher voltage is the one that lives.
   */
  private currentBetween(from: number, to: number, atZero: number): number {
    const loop = this.cells.ohmSum + this.shuntOhm + WIRE_OHM;
    let low = from;
    let high = to;
    let x = 0;
    let f = atZero;
    let slope = this.terminal.slope * loop - 1;
    for (let round = 0; round < ROUNDS; round++) {
      if (f > 0) low = x;
      else high = x;
      let next = slope < 0 ? x - f / slope : NaN;
      if (!(next > low && next < high)) next = (low + high) / 2;
      const moved = Math.abs(next - x);
      x = next;
      if (moved <= 1e-12 * (1 + Math.abs(x)) || high - low <= 1e-12) break;
      f = this.terminal.into(this.terminalAt(x)) - x;
      if (f === 0) break;
      slope = this.terminal.slope * (loop + this.fets.slopeOhm) - 1;
    }
    return x;
  }

  /** Voltage that the terminals take without the pack. */
  private floatingV(): number {
    const terminal = this.terminal;
    const coil = terminal.short !== null && !terminal.short.settled && terminal.short.amps !== 0;
    if (terminal.charger === null && terminal.reversed === null && terminal.inverter === null && !coil) return 0;
    let high = terminal.sourceV + 1;
    let low = terminal.lowestV();
    let v = terminal.sourceV;
    for (let round = 0; round < ROUNDS; round++) {
      const f = terminal.into(v);
      if (f === 0 || high - low < 1e-12) break;
      if (f > 0) low = v;
      else high = v;
      const slope = terminal.slope;
      let next = slope < 0 ? v - f / slope : NaN;
      if (!(next > low && next < high)) next = (low + high) / 2;
      if (Math.abs(next - v) < 1e-12) break;
      v = next;
    }
    return v;
  }
}
