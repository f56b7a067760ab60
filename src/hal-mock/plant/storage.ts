/** Coil and capacitor outside the pack: exponential steps with the slope that the circuit shows at the moment. */
import type { Circuit } from './circuit';
import type { Inverter, Short, Terminal } from './sources';

const PROBE_V = 0.01;
const PROBE_A = 0.01;
/** A step of so many time constants leaves nothing of a transient. */
const LONG = 8;

export class Storage {
  constructor(
    private readonly terminal: Terminal,
    private readonly circuit: Circuit,
  ) {}

  /** Moves capacitor voltage and coil current; the circuit is solved for them afterwards. */
  step(dtS: number): void {
    const { inverter, short } = this.terminal;
    if (inverter !== null) this.stepCapacitor(inverter, dtS);
    if (short !== null && !short.settled) this.stepCoil(short, dtS);
  }

  /** After the cells have moved: what is much faster than the step follows them; a coil that changes no more is forgotten. */
  settle(dtS: number): void {
    const { inverter, short } = this.terminal;
    if (inverter !== null) {
      for (let round = 0; round < 4 && Math.abs(this.terminal.capacitorA(inverter)) > 1e-4; round++) {
        if (!this.stepCapacitor(inverter, dtS, true)) break;
      }
    }
    if (short !== null && !short.settled) {
      const driving = this.circuit.terminalV - short.amps * short.ohms;
      const still = Math.abs(driving) < 0.002 * Math.abs(this.circuit.terminalV) || (short.amps === 0 && driving <= 0);
      if (still) {
        short.settled = true;
        this.circuit.solve();
      }
    }
  }

  private stepCapacitor(inverter: Inverter, dtS: number, longOnly = false): boolean {
    const net = this.terminal.capacitorA(inverter);
    const volts = inverter.volts;
    inverter.volts = volts + PROBE_V;
    this.circuit.solve();
    const siemens = (net - this.terminal.capacitorA(inverter)) / PROBE_V;
    const constants = (siemens * dtS) / inverter.farad;
    const moves = !longOnly || constants > LONG;
    const change = constants > 1e-6 ? (net / siemens) * -Math.expm1(-constants) : (net * dtS) / inverter.farad;
    inverter.volts = moves ? Math.max(0, volts + change) : volts;
    this.circuit.solve();
    return moves;
  }

  private stepCoil(short: Short, dtS: number): void {
    const amps = short.amps;
    const driving = this.circuit.terminalV - amps * short.ohms;
    short.amps = amps + PROBE_A;
    this.circuit.solve();
    const ohms = (driving - (this.circuit.terminalV - short.amps * short.ohms)) / PROBE_A;
    const constants = (ohms * dtS) / short.henry;
    const change = constants > 1e-6 ? (driving / ohms) * -Math.expm1(-constants) : (driving * dtS) / short.henry;
    short.amps = Math.max(0, amps + change);
    this.circuit.solve();
  }
}
