/**
 * The pack: one record that every layer shares. Each group has one writer; everybody else takes `Readonly<Pack>`.
 * Units are in the names: mV, mA, 0.1 °C, ms, mAh. Current is positive when it charges the pack.
 */

export const CELLS = 16;
export const SENSORS = 6;

/** Index of a temperature sensor (S8): T1..T4 cells, T5 MOSFET, T6 ambient. */
export const enum Sensor {
  Cell1,
  Cell2,
  Cell3,
  Cell4,
  Mosfet,
  Ambient,
}

/** What the AFE's own comparators report as tripped (bits of `Pack.afeTrips`). */
export const enum AfeTrip {
  ShortCircuit = 1,
  DsgOverCurrent = 2,
  ChgOverCurrent = 4,
  CellOv = 8,
  CellUv = 16,
  Temperature = 32,
  HostWatchdog = 64,
  /** Too cold or too hot to charge; the discharge path is the AFE's still. */
  ChgCold = 128,
  ChgHot = 256,
}

/** What keeps the AFE from being used although it answers (S42); `Pack.afeProblem`. */
export const enum AfeProblem {
  None,
  /** Another chip. */
  Identity,
  /** Registers do not read back as they were written. */
  Config,
}

/** Paths that the host has switched off (pace.md 1.9); bits of `Pack.hostOff`. */
export const enum HostOff {
  Chg = 1,
  Dsg = 2,
}

export const enum Mode {
  Standby,
  Charge,
  Discharge,
  Fault,
}

export interface Pack {
  // measured: written by afe/ (sample) only
  /** True when this tick brought a complete, plausible set of values. */
  sampleOk: boolean;
  /** Complete samples since start; no path closes before the first. */
  samples: number;
  /** Failed samples in a row. */
  missedSamples: number;
  /** The last of them had good checksums and values that cannot be true. */
  implausible: boolean;
  cellMv: Int16Array;
  /** Top of stack, BMS output before the breaker, terminal after the breaker. */
  stackMv: number;
  packMv: number;
  terminalMv: number;
  currentMa: number;
  tempDeciC: Int16Array;
  /** The same memory as the first four of `tempDeciC`. */
  cellDeciC: Int16Array;
  /** Bit n set: sensor n is valid. An invalid sensor's number is never used. */
  tempValid: number;
  /** State of the MOSFETs as the AFE reports it. */
  chgFetOn: boolean;
  dsgFetOn: boolean;
  /** Pre-discharge is running. */
  preDischarge: boolean;
  /** Bits of AfeTrip: present now. */
  afeTrips: number;
  /** Charge counted by the AFE, mA·s, and the AFE's own seconds; a step back means that the counter was reset. */
  countedMas: number;
  countedSeconds: number;
  /** AFE resets seen since start. */
  afeResets: number;
  /** How long the measurements have not moved although they were read, ms. */
  staleMs: number;
  afeProblem: AfeProblem;
  /** With both paths open: nothing draws from the terminals any more. False when that is not known. */
  loadGone: boolean;

  // estimated: written by bms/estimate
  sumMv: number;
  minMv: number;
  maxMv: number;
  /** Index of the lowest and highest cell, 0..15. */
  minCell: number;
  maxCell: number;
  remainingMas: number;
  fullMas: number;
  designMas: number;
  /** Equivalent full cycles, whole. */
  cycles: number;
  /** Charge that went in and out since the pack was made, mA·s. */
  chargedMas: number;
  dischargedMas: number;
  /** Energy that went in and out since the pack was made, J. */
  chargedJ: number;
  dischargedJ: number;
  /** Seconds of operation since the last full charge (S41). */
  sinceFullS: number;

  // protected: written by bms/protect
  /** Bits of Rule (alarms, protections, faults). */
  alarms: number;
  protections: number;
  faults: number;
  notices: number;

  // decided: written by bms/fets
  mode: Mode;
  /** A source stands at the terminals: charge current, or a terminal above the stack. */
  chargerPresent: boolean;
  /** What protections and faults permit. */
  chgAllowed: boolean;
  dsgAllowed: boolean;
  /** What is requested from the AFE: permitted, or closed over a conducting body diode (S12). */
  chgOn: boolean;
  dsgOn: boolean;
  /** Cells that are bled, bit 0 = cell 1; written by bms/balance. */
  bleedMask: number;

  // settings and identity: written by the ports' commands and recalled at start
  address: number;
  /** Bits of HostOff. */
  hostOff: number;
  /** Anti-theft lock (S36): both paths open, ports publish nothing. */
  locked: boolean;
}

/** A pack that has not been measured yet: everything unknown, nothing permitted. */
export function createPack(): Pack {
  const tempDeciC = new Int16Array(SENSORS);
  return {
    sampleOk: false,
    samples: 0,
    missedSamples: 0,
    implausible: false,
    cellMv: new Int16Array(CELLS),
    stackMv: 0,
    packMv: 0,
    terminalMv: 0,
    currentMa: 0,
    tempDeciC: tempDeciC,
    cellDeciC: new Int16Array(tempDeciC.buffer, 0, 4),
    tempValid: 0,
    chgFetOn: false,
    dsgFetOn: false,
    preDischarge: false,
    afeTrips: 0,
    countedMas: 0,
    countedSeconds: 0,
    afeResets: 0,
    staleMs: 0,
    afeProblem: AfeProblem.None,
    loadGone: false,
    sumMv: 0,
    minMv: 0,
    maxMv: 0,
    minCell: 0,
    maxCell: 0,
    remainingMas: 0,
    fullMas: 360000000,
    designMas: 360000000,
    cycles: 0,
    chargedMas: 0,
    dischargedMas: 0,
    chargedJ: 0,
    dischargedJ: 0,
    sinceFullS: 0,
    alarms: 0,
    protections: 0,
    faults: 0,
    notices: 0,
    mode: Mode.Standby,
    chargerPresent: false,
    chgAllowed: false,
    dsgAllowed: false,
    chgOn: false,
    dsgOn: false,
    bleedMask: 0,
    address: 0,
    hostOff: 0,
    locked: false,
  };
}
