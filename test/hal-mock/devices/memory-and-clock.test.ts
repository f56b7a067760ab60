import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/hal-mock/clock';
import { Ds3231 } from '../../../src/hal-mock/devices/ds3231';
import { Fm24w256 } from '../../../src/hal-mock/devices/fm24w256';
import { SimI2c } from '../../../src/hal-mock/sim-i2c';

function make() {
  const clock = new VirtualClock();
  const bus = new SimI2c(clock, { bitrate: 400000 });
  const fram = new Fm24w256();
  const rtc = new Ds3231(clock);
  bus.attach(0x50, fram);
  bus.attach(0x68, rtc);
  return { clock, bus, fram, rtc };
}

function readFram(bus: SimI2c, address: number, count: number): number[] {
  bus.writeTo({ address: 0x50, stop: false }, [address >> 8, address & 255]);
  return [...bus.readFrom(0x50, count)];
}

describe('FM24W256', () => {
  it('stores and returns bytes, over the end to address 0', () => {
    const { bus } = make();
    bus.writeTo(0x50, [0x7f, 0xfe, 1, 2, 3]);
    expect(readFram(bus, 0x7ffe, 3)).toEqual([1, 2, 3]);
    expect(readFram(bus, 0, 1)).toEqual([3]);
  });

  it('continues at the current address without a new one', () => {
    const { bus } = make();
    bus.writeTo(0x50, [0, 16, 7, 8, 9]);
    expect(readFram(bus, 16, 1)).toEqual([7]);
    expect([...bus.readFrom(0x50, 2)]).toEqual([8, 9]);
  });

  it('keeps exactly the bytes that were stored before a power cut', () => {
    const { bus, fram } = make();
    fram.bytesUntilPowerCut = 2;
    bus.writeTo(0x50, [0, 0, 1, 2, 3, 4]);
    expect(readFram(bus, 0, 2)).toEqual([255, 255]);
    fram.bytesUntilPowerCut = Infinity;
    expect(readFram(bus, 0, 4)).toEqual([1, 2, 0, 0]);
  });
});

describe('injectors', () => {
  it('row 28: a missing FRAM reads 0xFF and takes nothing; back again it has what it had', () => {
    const { bus, fram } = make();
    bus.writeTo(0x50, [0, 0, 1, 2]);
    fram.missing = true;
    bus.writeTo(0x50, [0, 0, 9, 9]);
    expect(readFram(bus, 0, 2)).toEqual([255, 255]);
    fram.missing = false;
    expect(readFram(bus, 0, 2)).toEqual([1, 2]);
  });

  it('row 27: bits turn over in one byte, and back', () => {
    const { bus, fram } = make();
    bus.writeTo(0x50, [0, 0, 1, 2]);
    fram.flip(1, 0x81);
    expect(readFram(bus, 0, 2)).toEqual([1, 0x83]);
    fram.flip(1, 0x81);
    expect(readFram(bus, 0, 2)).toEqual([1, 2]);
  });

  it('row 30: a missing clock reads 0xFF and goes on counting', () => {
    const { clock, bus, rtc } = make();
    bus.writeTo(0x68, [0, 0x10, 0, 0]);
    rtc.missing = true;
    expect(bus.readReg(0x68, 0, 1)[0]).toBe(255);
    clock.advanceTo(clock.nowUs + 5e6);
    rtc.missing = false;
    expect(bus.readReg(0x68, 0, 1)[0]).toBe(0x15);
  });
});

describe('DS3231', () => {
  const time = (bus: SimI2c) => [...bus.readReg(0x68, 0, 7)].map((b) => b.toString(16));

  it('counts seconds into minutes, months and the leap day, in BCD', () => {
    const { clock, bus } = make();
    bus.writeTo(0x68, [0, 0x58, 0x59, 0x23, 3, 0x28, 0x02, 0x28]);
    expect(time(bus)).toEqual(['58', '59', '23', '3', '28', '2', '28']);
    clock.advanceTo(clock.nowUs + 2.5e6);
    expect(time(bus)).toEqual(['0', '0', '0', '4', '29', '2', '28']);
  });

  it('shows 12-hour time when it was set so', () => {
    const { bus } = make();
    bus.writeTo(0x68, [0, 0, 0x30, 0x40 | 0x20 | 0x11, 1, 1, 1, 0x26]);
    expect(bus.readReg(0x68, 2, 1)[0]).toBe(0x40 | 0x20 | 0x11);
    bus.writeTo(0x68, [2, 0x40 | 0x12]);
    expect(bus.readReg(0x68, 2, 1)[0]).toBe(0x40 | 0x12);
  });

  it('says that the time is lost until the flag is cleared; the flag cannot be set by software', () => {
    const { bus, rtc } = make();
    expect(bus.readReg(0x68, 0x0f, 1)[0]! & 0x80).toBe(0x80);
    bus.writeTo(0x68, [0x0f, 0]);
    expect(bus.readReg(0x68, 0x0f, 1)[0]! & 0x80).toBe(0);
    bus.writeTo(0x68, [0x0f, 0x80]);
    expect(bus.readReg(0x68, 0x0f, 1)[0]! & 0x80).toBe(0);
    rtc.loseTime();
    expect(bus.readReg(0x68, 0x0f, 1)[0]! & 0x80).toBe(0x80);
  });

  it('measures in quarters of a degree', () => {
    const { bus, rtc } = make();
    rtc.celsius = -10.25;
    expect([...bus.readReg(0x68, 0x11, 2)]).toEqual([0xf5, 0xc0]);
  });
});
