import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createDs3231 } from '../../src/drivers/ds3231';
import type { Rtc } from '../../src/hal/rtc';
import { VirtualClock } from '../../src/hal-mock/clock';
import { Ds3231, RTC_ADDRESS } from '../../src/hal-mock/devices/ds3231';
import { SimI2c } from '../../src/hal-mock/sim-i2c';

const START = Date.UTC(2000, 0, 1);
/** Seconds since 2000 of 2026-07-15 18:30:45. */
const SUMMER = (Date.UTC(2026, 6, 15, 18, 30, 45) - START) / 1000;

let clock: VirtualClock;
let chip: Ds3231;
let bus: SimI2c;
let rtc: Rtc;

beforeEach(() => {
  clock = new VirtualClock();
  chip = new Ds3231(clock);
  bus = new SimI2c(clock, { bitrate: 400000 });
  bus.attach(RTC_ADDRESS, chip);
  rtc = createDs3231(bus);
});

describe('clock chip', () => {
  it('has no time until it is set', () => {
    expect(rtc.read()).toBe(-1);
    expect(rtc.set(SUMMER)).toBe(true);
    expect(rtc.read()).toBe(SUMMER);
  });

  it('takes every time from 2000 to 2067, with its day of the week', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2145916799 }), (seconds) => {
        expect(rtc.set(seconds)).toBe(true);
        expect(rtc.read()).toBe(seconds);
        expect(Math.floor(chip.timeMs / 1000)).toBe(START / 1000 + seconds);
        const weekday = new Date(chip.timeMs).getUTCDay() || 7;
        expect(bus.readReg(RTC_ADDRESS, 3, 1)[0]).toBe(weekday);
      }),
    );
  });

  it('goes on without us', () => {
    rtc.set(SUMMER);
    clock.advanceTo(clock.nowUs + 86400e6);
    expect(rtc.read()).toBe(SUMMER + 86400);
  });

  it('says so when supply and battery were gone', () => {
    rtc.set(SUMMER);
    chip.loseTime();
    expect(rtc.read()).toBe(-1);
  });

  it.each([
    [0, 0x52],
    [1, 0x41],
    [11, 0x51],
    [12, 0x72],
    [13, 0x61],
    [23, 0x71],
  ])('reads hour %i when another program has left it counting twelve hours', (hour, register) => {
    rtc.set(SUMMER);
    bus.writeTo(RTC_ADDRESS, [2, register]);
    expect([hour, (rtc.read() / 3600) | 0]).toEqual([hour, ((SUMMER - (SUMMER % 86400)) / 3600 + hour) | 0]);
  });

  it('has not lost the time when one reading is disturbed (S14)', () => {
    rtc.set(SUMMER);
    let bytes = 0;
    bus.faults.disturb = (byte, fromDevice) => (fromDevice && bytes++ === 0 ? byte | 0x80 : byte);
    expect(rtc.read()).toBe(SUMMER);
    bus.faults.disturb = (byte, fromDevice) => (fromDevice ? byte | 0x80 : byte);
    expect(rtc.read()).toBe(-1);
  });

  it('has no time while it cannot be reached, and does not take one', () => {
    rtc.set(SUMMER);
    bus.faults.unplugged = true;
    expect([rtc.read(), rtc.set(SUMMER)]).toEqual([-1, false]);
    bus.faults.unplugged = false;
    bus.faults.sdaLow = true;
    expect([rtc.read(), rtc.set(SUMMER)]).toEqual([-1, false]);
  });

  it.each([
    ['seconds', 0, 0x7a],
    ['minutes', 1, 0x60],
    ['month', 5, 0x13],
    ['date', 4, 0x32],
    ['date 0', 4, 0],
    ['century', 5, 0x87],
    ['year', 6, 0x6b],
  ])('does not believe wrong %s', (_, register, value) => {
    rtc.set(SUMMER);
    bus.faults.disturb = () => 0;
    let at = -1;
    const good = [0x45, 0x30, 0x18, 0x03, 0x15, 0x07, 0x26];
    good[register] = value;
    bus.faults.disturb = (byte, fromDevice) => {
      if (!fromDevice) at = byte === 0 ? 0 : -1;
      else if (at >= 0) return good[at++]!;
      return byte;
    };
    expect(rtc.read()).toBe(-1);
  });
});
