/** FM24W256: 32 KB FRAM, I2C 0x50. Every byte is stored as it is acknowledged; there is no write time (data sheet). */
import type { I2cDevice } from '../contracts';

export const FRAM_ADDRESS = 0x50;
const SIZE = 32768;

export class Fm24w256 implements I2cDevice {
  /** The cells themselves: survive everything but the bench. */
  readonly memory = new Uint8Array(SIZE);
  /** Bench: bytes that are still stored before the supply fails; Infinity = supply is fine. */
  bytesUntilPowerCut = Infinity;
  /** Bench: not fitted, or cut off; nothing is acknowledged. */
  missing = false;
  private address = 0;
  /** Address bytes received since START. */
  private received = 0;

  /** Bench: turns over the bits of `mask` in one stored byte; once more turns them back. */
  flip(address: number, mask: number): void {
    this.memory[address]! ^= mask;
  }

  start(read: boolean): boolean {
    if (this.missing || this.bytesUntilPowerCut <= 0) return false;
    if (!read) this.received = 0;
    return true;
  }

  write(byte: number): boolean {
    if (this.missing || this.bytesUntilPowerCut <= 0) return false;
    if (this.received === 0) this.address = ((byte << 8) | (this.address & 255)) & (SIZE - 1);
    else if (this.received === 1) this.address = (this.address & 0x7f00) | byte;
    else {
      this.memory[this.address] = byte;
      this.address = (this.address + 1) & (SIZE - 1);
      this.bytesUntilPowerCut--;
    }
    this.received++;
    return true;
  }

  read(): number {
    const byte = this.memory[this.address]!;
    this.address = (this.address + 1) & (SIZE - 1);
    return byte;
  }

  stop(): void {
    this.received = 0;
  }
}
