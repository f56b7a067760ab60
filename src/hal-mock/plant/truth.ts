/** Book-keeping of charge and energy, and the snapshot for tests, traces and the panel. */
import type { Breaker, BreakerState } from './breaker';
import { CELLS, type CellStack } from './cell';
import type { Circuit } from './circuit';
import type { Fets } from './fets';
import type { Load, Terminal } from './sources';
import { SENSORS, type Thermal } from './thermal';

/** Sums since start, A·s and J. Seen from the terminals: the charger gives, the others take. */
export class Ledger {
  shuntUvS = 0;
  chargedAs = 0;
  dischargedAs = 0;
  chargerJ = 0;
  loadJ = 0;
  inverterJ = 0;
  shortJ = 0;
  freewheelJ = 0;
  pathJ = 0;

  /** The devices' powers of the moment, over a time. */
  note(terminal: Terminal, volts: number, dtS: number): void {
    this.chargerJ += volts * terminal.chargerA * dtS;
    this.loadJ += volts * terminal.loadA * dtS;
    this.inverterJ += volts * terminal.inverterA * dtS;
    this.shortJ += volts * terminal.shortA * dtS;
    this.freewheelJ -= volts * terminal.freewheelA * dtS;
  }

  flow(amps: number, pathW: number, dtS: number): void {
    if (amps > 0) this.chargedAs += amps * dtS;
    else this.dischargedAs -= amps * dtS;
    this.pathJ += pathW * dtS;
  }
}

export interface Truth {
  us: number;
  /** At the sense inputs. */
  cellMv: number[];
  soc: number[];
  stackMv: number;
  currentMa: number;
  packPinMv: number;
  terminalMv: number;
  celsius: number[];
  ambientCelsius: number;
  fets: { chg: boolean; dsg: boolean; pdsg: boolean; chgConducts: boolean; dsgConducts: boolean };
  breaker: BreakerState;
  /** Heat of the breaker's bimetal, 1 = rated current for ever. */
  breakerHeat: number;
  charger: { amps: number; volts: number; givenA: number } | null;
  load: (Load & { takenA: number }) | null;
  inverter: { watts: number; volts: number; running: boolean; takenA: number } | null;
  shortA: number;
  /** What the board takes from the stack, mA; the shunt does not see it. */
  supplyMa: number;
  /** Through the shunt since start, and lost inside the cells and the bleed, summed over the cells, mA·s. */
  chargedMas: number;
  dischargedMas: number;
  lostMas: number;
  bledMas: number;
  /** Since start: chargerJ = the sum of all others. */
  energyJ: {
    charger: number;
    load: number;
    inverter: number;
    short: number;
    freewheel: number;
    path: number;
    stored: number;
    cellHeat: number;
    bled: number;
    supply: number;
  };
  /** Heat in all parts against 0 °C, and given to the room since start. */
  thermalJ: { stored: number; toAir: number };
}

export function truthOf(
  us: number,
  cells: CellStack,
  thermal: Thermal,
  fets: Fets,
  breaker: Breaker,
  terminal: Terminal,
  circuit: Circuit,
  ledger: Ledger,
  pinsMv: [number, number],
): Truth {
  const { charger, load, inverter } = terminal;
  return {
    us,
    cellMv: Array.from({ length: CELLS }, (_, k) => 1000 * cells.senseV(k, circuit.amps)),
    soc: Array.from({ length: CELLS }, (_, k) => cells.soc(k)),
    stackMv: 1000 * (cells.emfSumV + circuit.amps * cells.ohmSum),
    currentMa: 1000 * circuit.amps,
    packPinMv: pinsMv[0],
    terminalMv: pinsMv[1],
    celsius: Array.from({ length: SENSORS }, (_, n) => thermal.celsius[n]!),
    ambientCelsius: thermal.ambient,
    fets: {
      chg: fets.chg.gate,
      dsg: fets.dsg.gate,
      pdsg: fets.pdsg,
      chgConducts: fets.chgConducts,
      dsgConducts: fets.dsgConducts,
    },
    breaker: breaker.state,
    breakerHeat: breaker.heat,
    charger: charger && { ...charger, givenA: terminal.chargerA },
    load: load && { ...load, takenA: terminal.loadA },
    inverter: inverter && {
      watts: inverter.watts,
      volts: inverter.volts,
      running: inverter.running,
      takenA: terminal.inverterA,
    },
    shortA: terminal.shortA,
    supplyMa: 1000 * cells.supplyA,
    chargedMas: 1000 * ledger.chargedAs,
    dischargedMas: 1000 * ledger.dischargedAs,
    lostMas: 1000 * cells.lostAs,
    bledMas: 1000 * cells.bledAs,
    energyJ: {
      charger: ledger.chargerJ,
      load: ledger.loadJ,
      inverter: ledger.inverterJ,
      short: ledger.shortJ,
      freewheel: ledger.freewheelJ,
      path: ledger.pathJ,
      stored: cells.storedJ,
      cellHeat: cells.heatTotalJ,
      bled: cells.bledJ,
      supply: cells.supplyJ,
    },
    thermalJ: { stored: thermal.storedJ, toAir: thermal.toAirJ },
  };
}
