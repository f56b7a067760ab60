/** From power-up, or a restart of the controller, to the first sample; and a chip that resets or changes. */
import { beforeEach, describe, expect, it } from 'vitest';
import { isStarting, resume, sample } from '../../src/afe/bq76952';
import { AfeProblem } from '../../src/bms/pack';
import {
  afe,
  build,
  bus,
  chip,
  clock,
  dataMemory,
  frame,
  load,
  nextTick,
  pack,
  pause,
  request,
  resetChip,
  restartController,
  startUp,
  SUBCOMMAND,
  tick,
  ticks,
  wire,
  world,
  writeMemory,
} from './bench';
import { REGISTERS } from './registers';

beforeEach(() => build());

describe('cold start', () => {
  it('S42: writes and holds every register', () => {
    startUp();
    for (const [address, bytes, value] of REGISTERS)
      expect(dataMemory(address, bytes), address.toString(16)).toBe(value < 0 ? value + 256 ** bytes : value);
  });

  it('S12: closes no path before the first complete sample, then both', () => {
    while (pack.samples === 0) {
      expect([world.chg, world.dsg]).toEqual([false, false]);
      tick();
      expect(clock.nowUs).toBeLessThan(5e6);
    }
    ticks(6);
    expect([world.chg, world.dsg, pack.chgFetOn, pack.dsgFetOn]).toEqual([true, true, true, true]);
  });

  it('is over within 2 s, and no step of it blocks longer than 30 ms', () => {
    let longest = 0;
    const timed = (step: typeof sample): void => {
      const from = clock.nowUs;
      step(afe, pack, clock.nowUs / 1000);
      longest = Math.max(longest, clock.nowUs - from);
    };
    while (!pack.sampleOk) {
      nextTick();
      const until = clock.nowUs + 150000;
      timed(sample);
      while (isStarting(afe) && clock.nowUs < until) timed(resume);
      expect(clock.nowUs).toBeLessThan(2.1e6);
    }
    expect(longest).toBeLessThan(30000);
  });

  it('S42: never runs on a configuration that does not read back', () => {
    bus.dropped = '3e 86 16 92'; // SCD Threshold
    let rounds = 0;
    while (pack.afeProblem === AfeProblem.None && rounds < 200) {
      rounds++;
      tick();
    }
    const written = bus.sent.filter((hex) => hex === '3e 92 7a 00 00').length; // configurations that were left
    expect([pack.afeProblem, written]).toEqual([AfeProblem.Config, 0]);
    expect(bus.sent.filter((hex) => hex.startsWith('3e 86 16 92')).length).toBe(3);
    ticks(60);
    expect([pack.samples, world.history]).toEqual([0, []]);
    bus.dropped = '-';
    startUp();
    expect([dataMemory(0x9286, 1), pack.afeProblem]).toEqual([5, AfeProblem.None]);
  });

  it('waits for the FET drivers when the command that enables them was lost', () => {
    bus.dropped = '3e 22';
    ticks(20);
    expect(pack.samples).toBe(0);
    bus.dropped = '-';
    startUp();
    ticks(6);
    expect([world.chg, world.dsg]).toEqual([true, true]);
  });

  it('S12: waits for the first full scan', () => {
    bus.lies = { 0x64: [0, 0] };
    ticks(20);
    expect(pack.samples).toBe(0);
    bus.lies = {};
    ticks(4); // the charge counter is part of a sample, and is asked for every fourth tick
    expect(pack.samples).toBeGreaterThan(0);
  });

  it('writes the configuration only while the chip takes it', () => {
    startUp();
    expect(chip.bench.unsafeWrites).toBe(0);
  });

  it('switches the part without CRC to CRC mode and starts', () => {
    build({}, { part: 'BQ76952' });
    expect(startUp()).toBeLessThanOrEqual(10);
    for (const [address, bytes, value] of REGISTERS)
      expect(dataMemory(address, bytes), address.toString(16)).toBe(value < 0 ? value + 256 ** bytes : value);
    ticks(6);
    expect([world.chg, world.dsg, chip.bench.unsafeWrites]).toEqual([true, true, 0]);
  });

  it('closes no path while it switches the part without CRC', () => {
    build({}, { part: 'BQ76952' });
    request(false, false);
    ticks(30);
    expect([pack.samples > 0, world.history]).toEqual([true, []]);
  });

  it('S42: refuses another chip', () => {
    bus.lieAfter = '3e 01'; // DEVICE_NUMBER
    bus.lies = { 0x40: [0x94, 0x76], 0x60: [~(0x01 + 0x94 + 0x76) & 255] };
    ticks(20);
    expect([pack.samples, world.history, afe.failures]).toEqual([0, [], 0]); // it answers well, it is another one
    expect(pack.afeProblem).toBe(AfeProblem.Identity);
    bus.lies = {};
    startUp();
    expect(pack.afeProblem).toBe(AfeProblem.None);
  });
});

describe('restart of the controller under load', () => {
  beforeEach(() => {
    startUp();
    ticks(8);
    load(-60000);
    ticks(4);
    world.history.length = 0;
  });

  it('does not drop the load, and measures again within 0.75 s', () => {
    restartController();
    expect(startUp()).toBeLessThanOrEqual(3);
    ticks(8);
    expect(world.history).toEqual([]);
    expect([pack.dsgFetOn, pack.chgFetOn, pack.afeResets]).toEqual([true, true, 0]);
    expect(pack.currentMa).toBeLessThan(-59000);
  });

  it('does not drop it either when the first transfers fail', () => {
    restartController();
    wire.faults.refuse = 5;
    startUp();
    expect(world.history).toEqual([]);
  });

  it('does not drop it because of a trip that is long over', () => {
    load(-160000);
    pause(105000);
    load(0);
    ticks(30);
    expect([world.dsg, pack.afeTrips]).toEqual([true, 0]);
    load(-60000);
    ticks(4);
    world.history.length = 0;
    restartController();
    startUp();
    expect(world.history).toEqual([]);
  });

  it('configures anew when one register is not as it must be', () => {
    writeMemory(0x9287, 1);
    restartController();
    startUp();
    expect(dataMemory(0x9287, 1)).toBe(21);
    expect(world.history[0]).toBe('--');
  });

  it('configures anew when the chip has been reset meanwhile', () => {
    resetChip();
    pause(20000);
    restartController();
    startUp();
    for (const [address, bytes, value] of REGISTERS)
      expect(dataMemory(address, bytes), address.toString(16)).toBe(value < 0 ? value + 256 ** bytes : value);
  });

  it('finishes a configuration that was cut off in the middle', () => {
    resetChip();
    restartController();
    ticks(3);
    restartController();
    startUp();
    ticks(6);
    expect(dataMemory(0x9338, 1)).toBe(75);
    expect([world.chg, world.dsg]).toEqual([true, true]);
  });

  it('S12, S14: a path that BOTHOFF holds open stays open until the firmware decides', () => {
    world.step(() => (world.bothOff = true));
    chip.pinsChanged();
    restartController();
    request(false, false);
    tick();
    world.history.length = 0;
    world.step(() => (world.bothOff = false)); // the new program does not know why it was high
    chip.pinsChanged();
    while (pack.samples === 0) {
      tick();
      expect([world.chg, world.dsg]).toEqual([false, false]);
    }
    ticks(8);
    expect(world.history).toEqual([]);
  });

  it.each([
    ['charge', 3810, [false, true]],
    ['discharge', 2400, [true, false]],
  ] as const)(
    'S12, S14: a %s path that the chip has opened does not close before there is a sample',
    (_name, mv, open) => {
      load(0);
      world.step(() => (world.cells[3] = mv));
      ticks(8);
      expect([world.chg, world.dsg]).toEqual(open);
      world.step(() => (world.cells[3] = 3300)); // the chip recovers by itself, while the new program reads registers
      pause(2800000);
      expect([world.chg, world.dsg]).toEqual(open);
      restartController();
      request(open[0], open[1]);
      world.history.length = 0;
      ticks(40);
      expect([world.chg, world.dsg]).toEqual(open);
      expect(world.history).toEqual([]);
    },
  );

  it.each([0, 1])(
    'keeps both paths open after a host watchdog trip until there is a sample, %i reads damaged',
    (damaged) => {
      pause(15e6);
      expect([world.chg, world.dsg]).toEqual([false, false]);
      world.history.length = 0;
      restartController();
      bus.damaged = damaged; // the trip ends with it nevertheless
      request(false, false);
      tick();
      expect([world.chg, world.dsg]).toEqual([false, false]);
      ticks(20);
      expect(pack.samples).toBeGreaterThan(0);
      expect([world.chg, world.dsg]).toEqual([false, false]);
      expect(world.history.join(), 'the discharge path stays open').not.toContain('D');
      expect(world.history.length, 'the charge path for the first transfers at most').toBeLessThanOrEqual(2);
    },
  );
});

describe('AFE reset while running', () => {
  it('S11, S14: no value of the reset chip counts; it is configured again within 2 s and counted', () => {
    startUp();
    ticks(8);
    load(-20000);
    ticks(4);
    resetChip();
    const currents: number[] = [];
    let missed = 0;
    do {
      tick();
      missed++;
      currents.push(pack.currentMa);
    } while (!pack.sampleOk && missed < 20);
    expect(missed).toBeLessThanOrEqual(8);
    expect(missed).toBeGreaterThan(3);
    expect(pack.afeResets).toBe(1);
    currents.slice(0, -1).forEach((ma) => expect(ma).toBeLessThan(-19000)); // the old value stays
    ticks(8);
    expect(dataMemory(0x9287, 1)).toBe(21);
    expect([world.dsg, pack.afeResets]).toEqual([true, 1]);
  });

  it.each([0.5, 3, 5, 9, 12, 15, 17])('no value counts when the reset comes %d ms after the begin of a tick', (ms) => {
    startUp();
    ticks(8);
    load(-20000);
    ticks(4);
    world.cells[0] = 3100;
    clock.at((Math.floor(clock.nowUs / 250000) + 1) * 250000 + ms * 1000, () => resetChip());
    tick();
    const values = [pack.cellMv[0], Math.round(pack.currentMa / 1000), pack.tempValid];
    // all of the chip before the reset, or none
    expect(values).toEqual(pack.sampleOk ? [3100, -20, 63] : [3300, -20, 63]);
    tick();
    expect([pack.sampleOk, pack.afeResets]).toEqual([false, 1]);
    startUp();
    ticks(8);
    expect([pack.cellMv[0], world.dsg]).toEqual([3100, true]);
  });

  it('S12: paths that were closed close again with the first sample, not later', () => {
    startUp();
    ticks(8);
    resetChip();
    ticks(1);
    expect([world.chg, world.dsg]).toEqual([false, false]);
    startUp();
    expect(world.chg).toBe(true);
  });

  it('a chip that forgets even its CRC mode is found again', () => {
    build({}, { part: 'BQ76952' });
    startUp();
    ticks(8);
    resetChip();
    ticks(2);
    expect(pack.sampleOk).toBe(false);
    startUp();
    ticks(8);
    expect([world.chg, world.dsg, pack.afeResets]).toEqual([true, true, 1]);
  });

  it('a chip that stands in CONFIG_UPDATE is brought back', () => {
    startUp();
    ticks(8);
    frame(wire, SUBCOMMAND, [0x90, 0x00]);
    ticks(16);
    expect([pack.sampleOk, world.chg, world.dsg, pack.afeResets]).toEqual([true, true, true, 0]);
  });

  it('is seen again after the second reset', () => {
    startUp();
    resetChip();
    pause(10000);
    startUp();
    resetChip();
    pause(10000);
    ticks(1);
    startUp();
    expect(pack.afeResets).toBe(2);
  });

  it('a register that changes by itself is found within a minute and repaired', () => {
    startUp();
    writeMemory(0x9278, 110);
    let found = 0;
    for (let i = 0; i < 260 && found === 0; i++) {
      tick();
      if (!pack.sampleOk) found = i;
    }
    expect(found).toBeGreaterThan(0);
    startUp();
    expect(dataMemory(0x9278, 1)).toBe(75);
    expect(pack.afeResets).toBe(0);
  });
});
