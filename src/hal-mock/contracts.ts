/** The seams inside the simulated board: between clock, buses, chips and the physical pack. */

/** Virtual time in µs. Device events run whenever time passes, also inside a blocking bus transfer. */
export interface SimClock {
  readonly nowUs: number;
  /** Runs `action` at `atUs` (not before now). Returns a handle for `cancel`. */
  at(atUs: number, action: () => void): number;
  cancel(handle: number): void;
}

/** A chip on an I2C bus, byte by byte. The bus calls `start` for its address only. */
export interface I2cDevice {
  /** START or repeated START with this chip's address. False = no acknowledge. */
  start(read: boolean): boolean;
  /** One byte from the master. False = no acknowledge. */
  write(byte: number): boolean;
  /** The next byte to the master. */
  read(): number;
  stop(): void;
  /** µs for which the chip holds SCL low after the last byte; 0 when absent. */
  stretchUs?(): number;
}

/** Temperature pins of the AFE, in its own measuring order. */
export type AfeThermistor = 'CFETOFF' | 'DFETOFF' | 'ALERT' | 'TS1' | 'TS2' | 'TS3' | 'HDQ' | 'DCHG' | 'DDSG';

/** What an AFE on the high side sees and drives: the copper around the chip, not the chip. All values are of `nowUs`. */
export interface AfeSurroundings {
  /**
   * Voltage at sense input k (0..15) against k-1, in mV with fractions; as the chip looks at it, with the bleed of the cell
   * and its neighbours paused for the conversion.
   */
  cellMv(index: number): number;
  /** Top of stack, PACK pin and LD pin against VSS, mV. */
  stackMv(): number;
  packPinMv(): number;
  ldPinMv(): number;
  /** Voltage over the shunt, µV, positive when charging. */
  shuntUv(): number;
  /** Integral of the shunt voltage since start, µV·s: what an ideal coulomb counter has seen. */
  shuntUvSeconds(): number;
  /** Resistance of the thermistor on that pin to VSS, ohm; Infinity when open or not fitted. */
  ntcOhm(pin: AfeThermistor): number;
  /** Die temperature, °C. */
  dieCelsius(): number;
  /** Level of a digital input pin used as CFETOFF, DFETOFF or RST_SHUT, and TS2's wake level. */
  pinLevel(pin: 'CFETOFF' | 'DFETOFF' | 'TS2' | 'RST_SHUT'): boolean;
  /** Gate drive. The pack model follows at once. */
  setFets(chg: boolean, dsg: boolean, pchg: boolean, pdsg: boolean): void;
  /** Balancing switches, bit 0 = cell 1. */
  setBleed(mask: number): void;
  /** The current source out of the LD pin that looks for a load. */
  setLoadDetect(on: boolean): void;
  /** One pass of the open-wire check: every sense input is loaded for a moment. */
  openWireCheck(): void;
  /** The ALERT output. */
  setAlert(level: boolean): void;
  /**
   * The chip asks to be told when the shunt voltage or a cell may have stepped (FET, load, charger, short, fault
   * injected), so that its comparators need no polling. Slow drift is not announced; the chip samples it itself.
   */
  onStep(listener: () => void): void;
}
