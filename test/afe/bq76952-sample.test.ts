/** What a sample carries, MOSFET commands, and values that cannot be true. */
import { beforeEach, describe, expect, it } from 'vitest';
import { setFets } from '../../src/afe/bq76952';
import { Sensor } from '../../src/bms/pack';
import {
  afe,
  build,
  bus,
  chip,
  load,
  measure,
  nextTick,
  pack,
  pause,
  request,
  restartController,
  startUp,
  tick,
  ticks,
  want,
  wire,
  world,
} from './bench';

beforeEach(() => build());

describe('sample', () => {
  it('S1: carries cells, stack, terminals and current in mV and mA, charge positive', () => {
    for (let i = 0; i < 16; i++) world.cells[i] = 3200 + i;
    startUp();
    ticks(6);
    load(-100000);
    ticks(2);
    expect(Array.from(pack.cellMv)).toEqual(Array.from({ length: 16 }, (_, i) => 3200 + i));
    expect([pack.stackMv, pack.packMv]).toEqual([51320, 51320]);
    expect(pack.currentMa).toBeGreaterThan(-100050);
    expect(pack.currentMa).toBeLessThan(-99950);
    load(50000);
    ticks(2);
    expect(pack.currentMa / 1000).toBeCloseTo(50, 1);
  });

  it('shows the terminal behind the open discharge path', () => {
    want.dsg = false;
    world.terminalMv = 54400;
    startUp();
    ticks(2);
    expect(pack.terminalMv).toBe(54400);
  });

  it('S8: has T1-T4 on TS1, TS3, HDQ, DCHG, T5 on DDSG, T6 on CFETOFF', () => {
    // 103AT: 45, 35, 0, -20, 85, 60 degrees C (hardware.md 3)
    Object.assign(world.ohm, { TS1: 4911, TS3: 6940, HDQ: 27280, DCHG: 67770, DDSG: 1451, CFETOFF: 3020 });
    startUp();
    const expected = [450, 350, 0, -200, 850, 600];
    expected.forEach((deciC, i) => expect(Math.abs(pack.tempDeciC[i]! - deciC), 'T' + (i + 1)).toBeLessThanOrEqual(2));
    expect(pack.tempValid).toBe(63);
  });

  it('S8: takes an open and a shorted sensor as invalid at once and as valid again when repaired', () => {
    startUp();
    world.ohm.HDQ = Infinity;
    world.ohm.DDSG = 0;
    ticks(2);
    expect(pack.tempValid).toBe(63 & ~(1 << Sensor.Cell3) & ~(1 << Sensor.Mosfet));
    world.ohm.HDQ = world.ohm.DDSG = 10000;
    ticks(2);
    expect(pack.tempValid).toBe(63);
  });

  it('does not believe a temperature that jumps for one sample, and does from the third on', () => {
    startUp();
    const before = pack.tempDeciC[Sensor.Cell1]!;
    bus.lies = { 0x70: [3332 & 255, 3332 >> 8] }; // 60.0 degrees C
    ticks(2);
    expect(pack.tempDeciC[Sensor.Cell1]).toBe(before);
    bus.lies = {};
    tick();
    bus.lies = { 0x70: [3332 & 255, 3332 >> 8] };
    ticks(2);
    expect(pack.tempDeciC[Sensor.Cell1]).toBe(before);
    tick();
    expect(pack.tempDeciC[Sensor.Cell1]).toBe(600);
  });

  it('S13: counts charge and seconds', () => {
    startUp();
    ticks(8);
    const mas = pack.countedMas;
    const seconds = pack.countedSeconds;
    load(-50000);
    ticks(40);
    expect(pack.countedSeconds - seconds).toBeGreaterThanOrEqual(9);
    expect(pack.countedSeconds - seconds).toBeLessThanOrEqual(11);
    expect((pack.countedMas - mas) / -50000).toBeGreaterThan(8.7);
    expect((pack.countedMas - mas) / -50000).toBeLessThan(10.3);
  });
});

describe('MOSFETs', () => {
  it('S12: open and close apart from each other', () => {
    startUp();
    ticks(6);
    for (const [chg, dsg] of [
      [false, true],
      [true, false],
      [false, false],
      [true, true],
    ] as const) {
      request(chg, dsg);
      ticks(6);
      expect([world.chg, world.dsg, pack.chgFetOn, pack.dsgFetOn]).toEqual([chg, dsg, chg, dsg]);
    }
  });

  it('S12: pre-discharge is reported while it runs', () => {
    want.dsg = false;
    world.terminalMv = 0;
    startUp();
    ticks(4);
    want.dsg = true;
    ticks(2);
    expect([pack.preDischarge, pack.dsgFetOn]).toEqual([true, false]);
    ticks(6);
    expect([pack.preDischarge, pack.dsgFetOn]).toEqual([false, true]);
  });

  it('open within one more tick when the command was lost on the way', () => {
    startUp();
    ticks(6);
    request(false, false);
    nextTick();
    measure();
    wire.faults.refuse = 2; // both halves of the write, and the software master does not notice
    setFets(afe, false, false);
    expect([world.chg, world.dsg]).toEqual([true, true]);
    tick();
    expect([world.chg, world.dsg]).toEqual([false, false]);
  });

  it('close within a second when the command was lost on the way', () => {
    request(false, false);
    startUp();
    ticks(4);
    measure();
    wire.faults.refuse = 2;
    setFets(afe, true, true);
    request(true, true);
    ticks(5);
    expect(world.chg).toBe(true);
  });

  it('are told nothing in a quiet tick', () => {
    startUp();
    ticks(8);
    const from = bus.sent.length;
    ticks(4);
    expect(bus.sent.slice(from).filter((f) => f.startsWith('3e 97')).length).toBe(1);
  });
});

describe('S11: values with a good CRC that cannot be true', () => {
  beforeEach(() => {
    startUp();
    ticks(8);
  });
  const zero = (count: number): number[] => new Array<number>(count).fill(0);

  it.each([
    ['a burst of zero cells', { 0x1c: zero(12) }],
    ['everything zero', { 0x14: zero(32), 0x34: zero(8) }],
    ['a cell of 7 V', { 0x16: [0x58, 0x1b], 0x34: [0x12, 0x16] }],
    ['a negative cell', { 0x16: [0x0c, 0xfe], 0x34: [0x24, 0x13] }],
    ['a stack that is not the sum', { 0x34: [0x00, 0x10] }],
  ] as [string, Record<number, number[]>][])('%s is no sample and leaves the old values', (_name, lies) => {
    bus.lies = lies;
    ticks(3);
    expect([pack.sampleOk, pack.implausible, pack.missedSamples]).toEqual([false, true, 3]);
    expect(Array.from(pack.cellMv)).toEqual(new Array(16).fill(3300));
    expect(pack.stackMv).toBe(52800);
    bus.lies = {};
    tick();
    expect([pack.sampleOk, pack.implausible]).toEqual([true, false]);
  });

  it('the paths can be opened while samples are impossible', () => {
    bus.lies = { 0x14: zero(32) };
    request(false, false);
    ticks(4);
    expect([world.chg, world.dsg]).toEqual([false, false]);
  });

  it('temperatures of 0 K are no temperatures', () => {
    bus.lies = { 0x68: zero(20) };
    tick();
    expect([pack.sampleOk, pack.tempValid]).toEqual([true, 0]);
  });
});

describe('measurements that stand still (S14; hardware.md 9, row 8)', () => {
  beforeEach(() => {
    startUp();
    ticks(8);
  });

  it('are told of within a second of each second that passes, and of no more when they move', () => {
    expect(pack.staleMs).toBe(0);
    chip.bench.adcFrozen = true;
    ticks(5 * 4 + 4);
    expect(pack.staleMs).toBeGreaterThanOrEqual(5000);
    expect(pack.staleMs).toBeLessThanOrEqual(6000);
    ticks(10 * 4);
    expect(pack.staleMs).toBeGreaterThanOrEqual(15000);
    expect(pack.sampleOk).toBe(true); // what that means is decided in bms
    chip.bench.adcFrozen = false;
    ticks(8);
    expect(pack.staleMs).toBe(0);
  });

  it('are counted by the clock: no reading for 20 s, and the chip has not moved meanwhile', () => {
    chip.bench.adcFrozen = true;
    ticks(4);
    pause(5e6);
    ticks(4);
    expect(pack.staleMs).toBeGreaterThanOrEqual(5000);
  });

  it('are those of the cells alone, too: a sum that does not follow 60 A', () => {
    ticks(40);
    expect(pack.staleMs).toBe(0); // a quiet pack is no evidence
    load(-60000); // this bench has no resistance: the cells stand
    ticks(24);
    expect(pack.staleMs).toBeGreaterThanOrEqual(5000);
    world.cells[3] = 3290;
    ticks(8);
    expect(pack.staleMs).toBe(0);
    load(0);
    ticks(24);
    expect(pack.staleMs).toBeGreaterThanOrEqual(5000);
    load(-50000); // as when they moved last
    ticks(8);
    expect(pack.staleMs).toBe(0);
  });

  it('are not those of a pack at work', () => {
    for (let i = 0; i < 80; i++) {
      const ma = -1000 * (i % 7) * 10;
      world.cells.fill(3300 + ma / 2000);
      load(ma);
      tick();
      expect(pack.staleMs).toBeLessThanOrEqual(1000);
    }
  });

  it('are not those of a chip that has been reset and counts from zero', () => {
    chip.bench.resetCounter();
    ticks(8);
    expect([pack.staleMs, pack.countedSeconds < 3]).toEqual([0, true]);
  });
});

describe('an answer with old data under a new echo (hardware.md 9, row 3)', () => {
  it('S13: is not taken for a charge', () => {
    startUp();
    ticks(8);
    load(-50000);
    let last = pack.countedMas;
    for (let i = 0; i < 300; i++) {
      chip.bench.staleResults(i % 3); // also around the signature, which is asked for once a minute
      tick();
      expect(pack.countedMas - last).toBeLessThanOrEqual(0);
      expect(pack.countedMas - last).toBeGreaterThan(-50000 * 6);
      last = pack.countedMas;
    }
    expect(world.dsg).toBe(true);
  });

  it('S42: is not taken for a changed configuration, which would drop the load', () => {
    startUp();
    ticks(8);
    world.history.length = 0;
    for (let i = 0; i < 500; i++) {
      chip.bench.staleResults(1);
      tick();
    }
    expect(world.history).toEqual([]);
  });

  it('does not end the start on a register that has not been read', () => {
    chip.bench.corruptChecksums(5);
    expect(startUp()).toBeLessThanOrEqual(8);
    expect(afe.link.retries).toBeGreaterThan(0);
    chip.bench.echoDelayUs = 300;
    restartController();
    startUp();
  });
});
