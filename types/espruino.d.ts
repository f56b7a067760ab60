/** Espruino's globals as far as `board/` uses them; source: the reference in the engine's own documentation. */
interface Pin {
  read(): boolean;
  write(value: boolean | number): void;
  set(): void;
  reset(): void;
  mode(mode?: PinMode): PinMode;
}
type PinMode = 'input' | 'input_pullup' | 'input_pulldown' | 'output' | 'opendrain' | 'analog';

declare function digitalWrite(pin: Pin | Pin[], value: boolean | number): void;
/** Of an array: bits, the last pin is bit 0. */
declare function digitalRead(pin: Pin | Pin[]): number;
declare function pinMode(pin: Pin, mode: PinMode): void;
/** Seconds, with fractions. */
declare function getTime(): number;
declare function setInterval(action: () => void, ms: number): number;
declare function setTimeout(action: () => void, ms: number): number;

declare class I2C {
  setup(options: { scl: Pin; sda: Pin; bitrate?: number }): void;
  writeTo(address: number | { address: number; stop: boolean }, data: ArrayLike<number> | number): void;
  readFrom(address: number | { address: number; stop: boolean }, quantity: number): Uint8Array;
  readReg(address: number, register: number, quantity: number): Uint8Array;
}

interface Serial {
  setup(baud: number, options: { rx: Pin; tx: Pin }): void;
  on(event: 'data', handler: (data: string) => void): void;
  write(data: string): void;
}
declare const Serial3: Serial;

declare const E: {
  /** Seconds; `false`: only `kickWatchdog` feeds it. */
  enableWatchdog(timeout: number, automatic: boolean): void;
  kickWatchdog(): void;
  /** Names of the errors since the last call, e.g. FIFO_FULL, BUFFER_FULL, MEMORY, LOW_MEMORY, UART_OVERFLOW. */
  getErrorFlags(): string[];
};

declare const B1: Pin, B7: Pin, B8: Pin, C8: Pin;
declare const D0: Pin, D1: Pin, D4: Pin, D6: Pin, D8: Pin, D9: Pin, D12: Pin, D13: Pin, D14: Pin, D15: Pin;
declare const E3: Pin, E13: Pin, E14: Pin, E15: Pin;

declare const process: {
  /** Blocks of the interpreter's memory; `false`: without collecting garbage first. */
  memory(collect: boolean): { free: number; usage: number; total: number };
};
