/** Subcommand and data-memory window of the simulated BQ76952: 0x3E/0x3F, buffer 0x40..0x5F, checksum 0x60, length 0x61. */
import type { SimClock } from '../contracts';

/** What the window hands on. */
export interface WindowTarget {
  /** Executes a command-only code, or starts it; answers the µs until the code is echoed. */
  begin(code: number): number;
  /** Result of the code into `out`; answers the bytes, 0 for a command without data. */
  fetch(code: number, out: Uint8Array): number;
  /** Data with a valid checksum and length. */
  store(code: number, data: Uint8Array): void;
}

const BUSY = 0xff;
/** Time after a stored block in which a new code has to wait, µs (200 µs after the write sufficed for LibreSolar). */
const STORE_US = 200;

export class Window {
  /** Bench: the next so many results stay in the chip, under the echo of the new code the old ones are found. */
  staleResults = 0;
  /** Bench: the checksums of the next so many results are wrong. */
  badChecksums = 0;
  /** Bench: µs that every echo comes later. */
  echoDelayUs = 0;
  private readonly bytes = new Uint8Array(32);
  private readonly scratch = new Uint8Array(32);
  private low = 0;
  private high = 0;
  private checksum = 0;
  private length = 4;
  private pending = -1;
  private readyUs = 0;
  private storeUs = 0;
  /** 0x60 has been written in this very transfer: only then a write of 0x61 executes. */
  private checksumFresh = false;

  constructor(
    private readonly clock: SimClock,
    private readonly target: WindowTarget,
  ) {}

  reset(): void {
    this.bytes.fill(0);
    this.low = this.high = this.checksum = 0;
    this.length = 4;
    this.pending = -1;
    this.storeUs = this.readyUs = 0;
  }

  transferEnds(): void {
    this.checksumFresh = false;
  }

  write(register: number, value: number): void {
    if (register === 0x3e) this.low = value;
    else if (register === 0x3f) this.begin(this.low | (value << 8));
    else if (register < 0x60) {
      this.finish();
      this.pending = -1; // the host fills the buffer: a fetch on its way does not overwrite it
      this.bytes[register - 0x40] = value;
    } else if (register === 0x60) {
      this.checksum = value;
      this.checksumFresh = true;
    } else if (this.checksumFresh) this.execute(value);
  }

  read(register: number): number {
    this.finish();
    switch (register) {
      case 0x3e:
        return this.pending >= 0 ? BUSY : this.low;
      case 0x3f:
        return this.pending >= 0 ? BUSY : this.high;
      case 0x60:
        return this.checksum;
      case 0x61:
        return this.length;
      default:
        return this.bytes[register - 0x40]!;
    }
  }

  /** Also used for a word write to 0x00, which acts like 0x3E. */
  begin(code: number): void {
    this.low = code & 255;
    this.high = code >> 8;
    this.pending = code;
    this.readyUs = Math.max(this.clock.nowUs, this.storeUs) + this.target.begin(code) + this.echoDelayUs;
  }

  /** The result of a finished code appears in the buffer. */
  private finish(): void {
    if (this.pending < 0 || this.clock.nowUs < this.readyUs) return;
    const count = this.target.fetch(this.pending, this.scratch);
    this.pending = -1;
    if (count > 0 && this.staleResults > 0 && this.staleResults-- > 0) return;
    this.bytes.set(this.scratch.subarray(0, count));
    this.length = count + 4;
    this.checksum = this.sum(count);
    if (count > 0 && this.badChecksums > 0 && this.badChecksums-- > 0) this.checksum ^= 0x55;
  }

  private execute(length: number): void {
    this.checksumFresh = false;
    const count = length - 4;
    if (count < 1 || count > 32 || this.sum(count) !== this.checksum) return;
    this.length = length;
    this.storeUs = this.clock.nowUs + STORE_US;
    this.target.store(this.low | (this.high << 8), this.bytes.slice(0, count));
  }

  private sum(count: number): number {
    let sum = this.low + this.high;
    for (let i = 0; i < count; i++) sum += this.bytes[i]!;
    return ~sum & 255;
  }
}
