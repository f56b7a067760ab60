/** Espruino's globals as far as `board/` uses them; source: the reference in the engine's own documentation. */
interface Pin {
  read(): boolean;
  write(value: boolean | number): void;
  set(): void;
  reset(): void;
  mode(mode?: PinMode): PinMode;
}
type PinMode = 'input' | 'input_pullup' | 'input_pulldown' | 'output' | 'opendrain' | 'analog';

/** Not the engine's: build/pin-names.mjs puts the global of that name here, e.g. `B8`. */
declare function pin(name: string): Pin;

declare function digitalWrite(pin: Pin | Pin[], value: boolean | number): void;
/** Of an array: bits, the last pin is bit 0. */
declare function digitalRead(pin: Pin | Pin[]): number;
declare function pinMode(pin: Pin, mode: PinMode): void;
/** Seconds, with fractions. */
declare function getTime(): number;
declare function setInterval(action: () => void, ms: number): number;
declare function setTimeout(action: () => void, ms: number): number;
/** Without an argument: ends every interval and every timeout. */
declare function clearInterval(id?: number): void;
/** A register of the controller. */
declare function peek32(address: number): number;
declare function poke32(address: number, value: number): void;

declare class I2C {
  setup(options: { scl: Pin; sda: Pin; bitrate?: number }): void;
  writeTo(address: number | { address: number; stop: boolean }, data: ArrayLike<number> | number): void;
  readFrom(address: number | { address: number; stop: boolean }, quantity: number): Uint8Array;
  readReg(address: number, register: number, quantity: number): Uint8Array;
}
declare const I2C1: I2C, I2C2: I2C;

interface Serial {
  setup(baud: number, options: { rx: Pin; tx: Pin }): void;
  on(event: 'data', handler: (data: string) => void): void;
  write(data: string): void;
}
declare const Serial3: Serial, USB: Serial;

declare const E: {
  /** Seconds; `false`: only `kickWatchdog` feeds it. */
  enableWatchdog(timeout: number, automatic: boolean): void;
  kickWatchdog(): void;
  /** Names of the errors since the last call, e.g. FIFO_FULL, BUFFER_FULL, MEMORY, LOW_MEMORY, UART_OVERFLOW. */
  getErrorFlags(): string[];
  /** Hardware reset. */
  reboot(): void;
  /** Where the interpreter's prompt is; `null`: nowhere. `force`: it does not move when USB comes or goes. */
  setConsole(device: Serial | null, options: { force: boolean }): void;
  /** Bit 0 becomes bit 7 and so on. */
  reverseByte(byte: number): number;
};

declare const process: {
  /** Blocks of the interpreter's memory; `false`: without collecting garbage first. */
  memory(collect: boolean): { free: number; usage: number; total: number };
  /** What was thrown need not be an Error. */
  on(event: 'uncaughtException', handler: (error: unknown) => void): void;
};

/** The global object: what is put here is known at the prompt by its full name. */
declare const global: { bmsStatus: () => string };
