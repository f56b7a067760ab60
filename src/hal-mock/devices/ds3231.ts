/** DS3231: real-time clock with battery, I2C 0x68 (data sheet; register numbers as in hardware.md 5.7). */
import type { I2cDevice, SimClock } from '../contracts';

export const RTC_ADDRESS = 0x68;
const REGISTERS = 0x13;
const CONTROL = 0x0e;
const STATUS = 0x0f;
const TEMPERATURE = 0x11;
const OSF = 0x80;
const HOURS_12 = 0x40;
const PM = 0x20;

function toBcd(value: number): number {
  return (Math.floor(value / 10) << 4) | (value % 10);
}

function fromBcd(byte: number): number {
  return (byte >> 4) * 10 + (byte & 15);
}

export class Ds3231 implements I2cDevice {
  /** Bench: not fitted, or cut off; nothing is acknowledged. */
  missing = false;
  /** °C, in steps of 0.25. */
  celsius = 25;
  private readonly registers = new Uint8Array(REGISTERS);
  /** Date.UTC of virtual time 0 as the chip counts it. */
  private offsetMs = Date.UTC(2000, 0, 1);
  private pointer = 0;
  private expectsPointer = true;
  private hours12 = false;
  /** Day of week is a counter of its own, 1..7, stepped at midnight: its value on day `weekdaySetOn`. */
  private weekday = 7;
  private weekdaySetOn = 0;

  constructor(private readonly clock: SimClock) {
    this.weekdaySetOn = this.day;
    this.registers[CONTROL] = 0x1c;
    this.registers[STATUS] = OSF | 0x08;
  }

  /** Bench: the chip's time, ms since 1970 in UTC. */
  get timeMs(): number {
    return this.offsetMs + this.clock.nowUs / 1000;
  }

  set timeMs(ms: number) {
    this.offsetMs = ms - this.clock.nowUs / 1000;
  }

  /** Bench: somebody has set it, ms since 1970 in UTC. */
  setTime(ms: number): void {
    this.timeMs = ms;
    this.registers[STATUS]! &= ~OSF;
  }

  /** Bench: supply and battery were gone. */
  loseTime(): void {
    this.timeMs = Date.UTC(2000, 0, 1);
    this.registers[STATUS]! |= OSF;
  }

  private get day(): number {
    return Math.floor(this.timeMs / 86400000);
  }

  private get weekdayNow(): number {
    return ((((this.weekday - 1 + this.day - this.weekdaySetOn) % 7) + 7) % 7) + 1;
  }

  start(read: boolean): boolean {
    if (this.missing) return false;
    this.expectsPointer = !read;
    if (read) this.latchTime();
    return true;
  }

  write(byte: number): boolean {
    if (this.expectsPointer) {
      this.pointer = byte % REGISTERS;
      this.expectsPointer = false;
      this.latchTime();
      return true;
    }
    this.store(this.pointer, byte);
    this.pointer = (this.pointer + 1) % REGISTERS;
    return true;
  }

  read(): number {
    const byte = this.registers[this.pointer]!;
    this.pointer = (this.pointer + 1) % REGISTERS;
    if (this.pointer === 0) this.latchTime();
    return byte;
  }

  stop(): void {
    this.expectsPointer = true;
  }

  /** Copies the running time into the registers, as the chip does at START and at roll-over. */
  private latchTime(): void {
    const now = new Date(Math.floor(this.timeMs / 1000) * 1000);
    const hours = now.getUTCHours();
    const r = this.registers;
    r[0] = toBcd(now.getUTCSeconds());
    r[1] = toBcd(now.getUTCMinutes());
    r[2] = this.hours12 ? HOURS_12 | (hours >= 12 ? PM : 0) | toBcd(hours % 12 || 12) : toBcd(hours);
    r[3] = this.weekdayNow;
    r[4] = toBcd(now.getUTCDate());
    r[5] = toBcd(now.getUTCMonth() + 1) | (now.getUTCFullYear() >= 2100 ? 0x80 : 0);
    r[6] = toBcd(now.getUTCFullYear() % 100);
    const quarters = Math.round(this.celsius * 4) & 0x3ff;
    r[TEMPERATURE] = quarters >> 2;
    r[TEMPERATURE + 1] = (quarters & 3) << 6;
  }

  private store(register: number, byte: number): void {
    if (register >= TEMPERATURE) return;
    const r = this.registers;
    if (register === STATUS) r[STATUS] = (byte & r[STATUS]! & OSF) | (byte & 0x08) | (byte & r[STATUS]! & 3);
    else r[register] = byte;
    if (register > 6) return;
    if (register === 3) {
      this.weekday = byte & 7 || 7;
      this.weekdaySetOn = this.day;
      return;
    }
    this.weekday = this.weekdayNow;
    this.hours12 = (r[2]! & HOURS_12) !== 0;
    const hours = this.hours12 ? (fromBcd(r[2]! & 0x1f) % 12) + (r[2]! & PM ? 12 : 0) : fromBcd(r[2]! & 0x3f);
    const year = 2000 + fromBcd(r[6]!) + (r[5]! & 0x80 ? 100 : 0);
    const month = fromBcd(r[5]! & 0x1f) - 1;
    this.timeMs = Date.UTC(year, month, fromBcd(r[4]! & 0x3f), hours, fromBcd(r[1]! & 0x7f), fromBcd(r[0]! & 0x7f));
    this.weekdaySetOn = this.day;
  }
}
