/** What the chip has opened by itself. */
import { beforeEach, describe, expect, it } from 'vitest';
import { AfeTrip } from '../../src/bms/pack';
import { build, bus, chip, clock, load, pack, pause, request, startUp, tick, ticks, world } from './bench';

beforeEach(() => build());

describe("the chip's own trips reach the pack", () => {
  beforeEach(() => {
    startUp();
    ticks(8);
  });

  it('S7: short circuit, both paths opened by the chip alone within 300 us', () => {
    const from = clock.nowUs;
    load(-900000);
    pause(310);
    expect([world.chg, world.dsg, clock.nowUs - from]).toEqual([false, false, 310]);
    load(0);
    tick();
    expect(pack.afeTrips & AfeTrip.ShortCircuit).toBe(AfeTrip.ShortCircuit);
    expect([pack.chgFetOn, pack.dsgFetOn]).toEqual([false, false]);
  });

  it('S5: discharge over-current of the second stage', () => {
    load(-160000);
    pause(105000);
    expect(world.dsg).toBe(false);
    load(0);
    tick();
    expect(pack.afeTrips).toBe(AfeTrip.DsgOverCurrent);
    ticks(20);
    expect(pack.afeTrips).toBe(0);
  });

  it('S2: charge over-current of the second stage', () => {
    load(160000);
    pause(105000);
    expect(world.chg).toBe(false);
    load(0);
    tick();
    expect(pack.afeTrips).toBe(AfeTrip.ChgOverCurrent);
  });

  it('S3: cell over-voltage, S6: cell under-voltage', () => {
    world.step(() => (world.cells[3] = 3810));
    ticks(6);
    expect(pack.afeTrips).toBe(AfeTrip.CellOv);
    world.step(() => (world.cells[3] = 3300));
    ticks(20);
    expect(pack.afeTrips).toBe(0);
    world.step(() => (world.cells[3] = 2400));
    ticks(6);
    expect(pack.afeTrips).toBe(AfeTrip.CellUv);
  });

  it('S9: temperature', () => {
    world.ohm.TS1 = 1924; // 75 degrees C
    ticks(30);
    expect(pack.afeTrips).toBe(AfeTrip.Temperature | AfeTrip.ChgHot);
  });

  it('S7: the latch of the third short ends when the firmware itself holds both paths open, not before', () => {
    for (let i = 0; i < 3; i++) {
      request(true, true);
      ticks(6);
      load(-900000);
      pause(1000);
      load(0);
      if (i < 2) {
        ticks(250); // SCD Recovery Time, 60 s
        expect(chip.bench.safetyStatus).toEqual([0, 0, 0]);
      }
    }
    ticks(250);
    expect(chip.bench.safetyStatus).toEqual([0, 0, 0x40]);
    expect([pack.afeTrips, world.chg, world.dsg]).toEqual([AfeTrip.ShortCircuit, false, false]);
    request(false, false);
    ticks(8);
    expect(chip.bench.safetyStatus).toEqual([0, 0, 0]);
    expect([pack.afeTrips, world.chg, world.dsg]).toEqual([0, false, false]);
  });

  it('a controller that stood still for 12 s finds both paths open and goes on', () => {
    pause(12e6);
    expect([world.chg, world.dsg]).toEqual([false, false]);
    tick();
    expect([pack.sampleOk, pack.afeTrips]).toEqual([true, AfeTrip.HostWatchdog]);
    ticks(8);
    expect([pack.sampleOk, pack.afeTrips, world.dsg]).toEqual([true, 0, true]);
  });

  it('the trip of a controller that stood still is shown even when its first transfer is damaged', () => {
    pause(12e6);
    bus.damaged = 1;
    tick();
    expect([pack.sampleOk, pack.afeTrips]).toEqual([true, AfeTrip.HostWatchdog]);
    tick();
    expect(pack.afeTrips).toBe(0);
  });

  it('a temperature trip that ends is not taken for one of the host watchdog', () => {
    world.ohm.TS1 = 1924; // 75 degrees C
    ticks(30);
    world.ohm.TS1 = 10000;
    const seen = new Set<number>();
    for (let i = 0; i < 60; i++) {
      tick();
      seen.add(pack.afeTrips);
    }
    expect([...seen]).toEqual([AfeTrip.Temperature | AfeTrip.ChgHot, 0]);
  });
});
