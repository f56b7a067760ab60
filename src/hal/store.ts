/** Non-volatile memory, byte addressed; survives power loss at any byte. */
export interface Store {
  /** Bytes of the memory. */
  readonly size: number;
  /** `length` bytes from `offset` on. Throws when the bus reports an error. */
  read(offset: number, length: number): Uint8Array;
  /** Stores `data` from `offset` on. Throws when the bus reports an error. */
  write(offset: number, data: Uint8Array): void;
}
