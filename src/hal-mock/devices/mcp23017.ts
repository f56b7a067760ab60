/** MCP23017: 16-bit port expander, I2C 0x20 (data sheet DS20001952C; registers with IOCON.BANK = 0). */
import type { I2cDevice } from '../contracts';

export const EXPANDER_ADDRESS = 0x20;
const REGISTERS = 0x16;
const IODIR = 0x00;
const IPOL = 0x02;
const IOCON = 0x0a;
const GPPU = 0x0c;
const GPIO = 0x12;
const OLAT = 0x14;
const SEQOP = 0x20;

export class Mcp23017 implements I2cDevice {
  /** Told after each write that may have moved a pin. */
  onOutput: () => void = () => {};
  /** What the outside pulls to ground, per port (bit set = switch closed). */
  readonly grounded = [0, 0];
  private readonly registers = new Uint8Array(REGISTERS);
  private pointer = 0;
  private expectsPointer = true;

  constructor() {
    this.powerOnReset();
  }

  /** Supply was gone: all pins are inputs without pull-ups. */
  powerOnReset(): void {
    this.registers.fill(0);
    this.registers[IODIR] = this.registers[IODIR + 1] = 0xff;
    this.pointer = 0;
    this.onOutput();
  }

  /** Levels of the pins that are driven by the chip; an input drives nothing and counts as low. */
  driven(port: 0 | 1): number {
    return this.registers[OLAT + port]! & ~this.registers[IODIR + port]!;
  }

  /** Levels at the pins. An open input without its pull-up floats; it reads as low here, so that a forgotten one shows. */
  levels(port: 0 | 1): number {
    const inputs = this.registers[IODIR + port]! & this.registers[GPPU + port]! & ~this.grounded[port]!;
    return this.driven(port) | inputs;
  }

  start(read: boolean): boolean {
    this.expectsPointer = !read;
    return true;
  }

  write(byte: number): boolean {
    if (this.expectsPointer) {
      this.pointer = byte;
      this.expectsPointer = false;
      return true;
    }
    this.store(this.pointer, byte);
    this.step();
    return true;
  }

  read(): number {
    const at = this.pointer;
    this.step();
    if (at >= REGISTERS) return 0;
    const port = (at & 1) as 0 | 1;
    if ((at & ~1) !== GPIO) return this.registers[at]!;
    const input = this.registers[IODIR + port]!;
    return this.levels(port) ^ (this.registers[IPOL + port]! & input);
  }

  stop(): void {
    this.expectsPointer = true;
  }

  private step(): void {
    if ((this.registers[IOCON]! & SEQOP) === 0) this.pointer = (this.pointer + 1) % REGISTERS;
  }

  private store(at: number, byte: number): void {
    if (at >= REGISTERS) return;
    const row = at & ~1;
    if (row === IOCON) this.registers[IOCON] = this.registers[IOCON + 1] = byte;
    else if (row === GPIO) this.registers[OLAT + (at & 1)] = byte;
    else if (row < 0x0e || row === OLAT) this.registers[at] = byte;
    this.onOutput();
  }
}
