/** Buses as Espruino shapes them: its own `I2C` and `SPI` objects satisfy these types without an adapter. */

/** 7-bit address, or the same with `stop: false` to keep the bus for a repeated start. */
export type I2cAddress = number | { address: number; stop: boolean };

/** I2C master. Every call blocks until the transfer is over and throws when the bus reports an error. */
export interface I2cBus {
  /** Sends `data` after the address. Bytes 0..255. */
  writeTo(address: I2cAddress, data: ArrayLike<number> | number): void;
  /** Reads `quantity` bytes into a new array. */
  readFrom(address: I2cAddress, quantity: number): Uint8Array;
  /** Sends `register`, repeats the start and reads `quantity` bytes into a new array. */
  readReg(address: number, register: number, quantity: number): Uint8Array;
}

/** One line of a bus as a pin; open drain: writing 1 releases it. */
export interface LinePin {
  read(): boolean;
  write(value: boolean | number): void;
  mode(mode: 'opendrain'): unknown;
}

/** The lines of an I2C bus, for looking at them between transfers; `setup` gives them back to the bus. */
export interface I2cLines {
  scl: LinePin;
  sda: LinePin;
  setup(): void;
}

/** SPI master, full duplex. `select` is driven low for the transfer. */
export interface SpiBus {
  send(data: ArrayLike<number>, select: OutPin): Uint8Array;
  write(data: ArrayLike<number>, select: OutPin): void;
}

/** One digital output. */
export interface OutPin {
  write(value: boolean | number): void;
}
