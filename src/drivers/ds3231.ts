/** DS3231, real-time clock with battery: I2C 0x68, time in BCD (hardware.md 5.7, data sheet "Timekeeping registers"). */
import { I2cBus } from '../hal/bus';
import { fromSeconds, Rtc, toSeconds } from '../hal/rtc';

const ADDRESS = 0x68;
/** Seconds, minutes, hours, weekday, date, month with century, year. */
const REGISTERS = 7;
const CONTROL = 0x0e;
const STATUS = 0x0f;
/** Status: the oscillator has stopped, the time is not true. */
const OSF = 0x80;
/** Hours: counts 1..12, and second half of the day. */
const HOURS_12 = 0x40;
const PM = 0x20;
/** Control: oscillator on battery, no square wave, no alarm. */
const RUN = 0x04;

/** 255 for what is not BCD: no field of a date reaches it. */
function fromBcd(byte: number): number {
  return (byte & 15) > 9 || byte > 0x99 ? 255 : (byte >> 4) * 10 + (byte & 15);
}

function toBcd(value: number): number {
  return value + 6 * Math.floor(value / 10);
}

function hours(byte: number): number {
  if ((byte & HOURS_12) === 0) return fromBcd(byte & 0x7f);
  const hour = fromBcd(byte & 0x1f);
  return hour < 1 || hour > 12 ? 255 : (hour % 12) + ((byte & PM) === 0 ? 0 : 12);
}

/** Two readings in one: seconds since 2000, or -1. A missing chip on a software bus reads 0xFF: its OSF is set. */
function readTime(bus: I2cBus): number {
  if ((bus.readReg(ADDRESS, STATUS, 1)[0] & OSF) !== 0) return -1;
  const r = bus.readReg(ADDRESS, 0, REGISTERS);
  if ((r[5] & 0x80) !== 0) return -1; // the century after
  return toSeconds([fromBcd(r[6]), fromBcd(r[5]), fromBcd(r[4]), hours(r[2]), fromBcd(r[1]), fromBcd(r[0])]);
}

/** The time first, then the flag that it is true: a power cut between leaves the clock without time. */
function writeTime(bus: I2cBus, seconds: number): void {
  const date = fromSeconds(seconds);
  const weekday = ((Math.floor(seconds / 86400) + 5) % 7) + 1; // 1 = Monday; 2000 began on a Saturday
  const frame = new Uint8Array(REGISTERS + 1); // register 0 first
  for (let i = 0; i < 3; i++) frame[1 + i] = toBcd(date[5 - i]);
  frame[4] = weekday;
  for (let i = 0; i < 3; i++) frame[5 + i] = toBcd(date[2 - i]);
  bus.writeTo(ADDRESS, frame);
  bus.writeTo(ADDRESS, [CONTROL, RUN, 0]);
}

/** The clock behind `bus`. */
export function createDs3231(bus: I2cBus): Rtc {
  const read = function (): number {
    for (let tries = 0; tries < 2; tries++) {
      // a disturbed bus has not lost the time
      try {
        const seconds = readTime(bus);
        if (seconds >= 0) return seconds;
      } catch (e) {
        // the second time it is missing
      }
    }
    return -1;
  };
  return {
    read: read,
    set: function (seconds) {
      try {
        writeTime(bus, seconds);
      } catch (e) {
        return false;
      }
      const late = read() - seconds;
      return late === 0 || late === 1;
    },
  };
}
