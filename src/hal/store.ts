/** Non-volatile memory, byte addressed. Implemented over I2C FRAM; survives power loss at any byte. */
export interface Store {
  /** Bytes of the memory. */
  readonly size: number;
  /** Reads `length` bytes from `offset`; throws when the memory does not answer. */
  read(offset: number, length: number): Uint8Array;
  /** Writes `data` at `offset`; throws when the memory does not answer. */
  write(offset: number, data: Uint8Array): void;
}
