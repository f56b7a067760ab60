import '../../src/hal-mock/natives';
import { beforeEach, describe, expect, it } from 'vitest';
import { createBq76952, isStarting, resume, sample, setFets, type Bq76952 } from '../../src/afe/bq76952';
import { AfeTrip, createPack, type Pack, Sensor } from '../../src/bms/pack';
import { linesFree } from '../../src/drivers/i2c-lines';
import type { I2cAddress, I2cBus } from '../../src/hal/bus';
import { VirtualClock } from '../../src/hal-mock/clock';
import { Bq76952Chip, type Bq76952Options } from '../../src/hal-mock/devices/bq76952';
import { type I2cOptions, SimI2c } from '../../src/hal-mock/sim-i2c';
import { REGISTERS } from './registers';
import { World } from './world';

function crc8(bytes: number[]): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 128 ? ((crc << 1) ^ 7) & 255 : crc << 1;
  }
  return crc;
}

/** The bus between driver and chip, with a chip's lies: values of its own under a correct CRC. */
class Bus implements I2cBus {
  /** Data bytes by register that replace what the chip says. */
  lies: Record<number, number[]> = {};
  /** Lies only while the last frame to the chip begins so. */
  lieAfter = '';
  /** This many of the next reads arrive with a flipped bit. */
  damaged = 0;
  /** Frames that begin so never reach the chip. */
  dropped = '-';
  /** Frames to the chip, hex. */
  readonly sent: string[] = [];
  constructor(readonly wire: SimI2c) {}

  writeTo(address: I2cAddress, data: ArrayLike<number> | number): void {
    const hex = typeof data === 'number' ? '' : Array.from(data, (b) => b.toString(16).padStart(2, '0')).join(' ');
    this.sent.push(hex);
    if (hex.startsWith(this.dropped)) return;
    this.wire.writeTo(address, data);
  }
  readFrom(address: I2cAddress, quantity: number): Uint8Array {
    return this.wire.readFrom(address, quantity);
  }
  readReg(address: number, register: number, quantity: number): Uint8Array {
    const raw = this.wire.readReg(address, register, quantity);
    const lying = this.lieAfter === '' || (this.sent[this.sent.length - 1] ?? '').startsWith(this.lieAfter);
    for (const key of lying ? Object.keys(this.lies) : []) {
      const first = Number(key);
      this.lies[first]!.forEach((byte, i) => {
        const at = first + i - register;
        if (at < 0 || at >= quantity / 2) return;
        raw[2 * at] = byte;
        raw[2 * at + 1] = crc8(at === 0 ? [0x10, register, 0x11, byte] : [byte]);
      });
    }
    if (this.damaged > 0 && this.damaged-- > 0) raw[0]! ^= 0x10;
    return raw;
  }
}

const SUBCOMMAND = 0x3e;
/** Sends a frame with CRCs past the driver, as somebody else on the bus would. */
function frame(wire: SimI2c, register: number, data: number[]): void {
  const bytes = [register];
  data.forEach((byte, i) => bytes.push(byte, crc8(i === 0 ? [0x10, register, byte] : [byte])));
  wire.writeTo(8, bytes);
}
function pause(us: number): void {
  clock.advanceTo(clock.nowUs + us);
}
function dataMemory(address: number, bytes: number): number {
  frame(wire, SUBCOMMAND, [address & 255, address >> 8]);
  pause(1000);
  const raw = wire.readReg(8, 0x40, 2 * bytes);
  let value = 0;
  for (let i = 0; i < bytes; i++) value += raw[2 * i]! * 256 ** i;
  return value;
}
function writeMemory(address: number, value: number): void {
  const data = [address & 255, address >> 8, value];
  frame(wire, SUBCOMMAND, data);
  frame(wire, 0x60, [~data.reduce((a, b) => a + b) & 255, 5]);
  pause(1000);
}
/** RESET: what a brown-out does, too. */
function resetChip(): void {
  frame(wire, SUBCOMMAND, [0x12, 0x00]);
}

let clock: VirtualClock;
let world: World;
let wire: SimI2c;
let chip: Bq76952Chip;
let bus: Bus;
let afe: Bq76952;
let pack: Pack;
let want: { chg: boolean; dsg: boolean };

/** A controller that knows nothing yet, on the same chip. */
function restartController(): void {
  afe = createBq76952(bus, () => linesFree({ scl: wire.scl, sda: wire.sda, setup: () => wire.release() }), 250);
  pack = createPack();
}
/** One control tick as the firmware makes it: a path is requested from the first good sample on. */
function tick(): void {
  clock.advanceTo((Math.floor(clock.nowUs / 250000) + 1) * 250000);
  const untilUs = clock.nowUs + 150000;
  sample(afe, pack);
  while (isStarting(afe) && clock.nowUs < untilUs) resume(afe, pack);
  setFets(afe, want.chg && pack.samples > 0, want.dsg && pack.samples > 0);
}
function ticks(count: number): void {
  for (let i = 0; i < count; i++) tick();
}
/** Ticks until the first good sample; fails when there is none within 5 s. */
function startUp(): number {
  const from = clock.nowUs;
  do tick();
  while (!pack.sampleOk && clock.nowUs - from < 5e6);
  expect(pack.sampleOk).toBe(true);
  return Math.round((clock.nowUs - from) / 250000);
}
function load(ma: number): void {
  world.step(() => (world.loadMa = ma));
}

function build(options: Partial<I2cOptions> = {}, part: Bq76952Options = {}): void {
  clock = new VirtualClock();
  world = new World(clock);
  wire = new SimI2c(clock, options);
  chip = new Bq76952Chip(clock, world, part);
  wire.attach(8, chip);
  bus = new Bus(wire);
  want = { chg: true, dsg: true };
  restartController();
}
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
      step(afe, pack);
      longest = Math.max(longest, clock.nowUs - from);
    };
    while (!pack.sampleOk) {
      clock.advanceTo((Math.floor(clock.nowUs / 250000) + 1) * 250000);
      const until = clock.nowUs + 150000;
      timed(sample);
      while (isStarting(afe) && clock.nowUs < until) timed(resume);
      expect(clock.nowUs).toBeLessThan(2.1e6);
    }
    expect(longest).toBeLessThan(30000);
  });

  it('S42: never runs on a configuration that does not read back', () => {
    bus.dropped = '3e 86 16 92'; // SCD Threshold
    ticks(60);
    expect([pack.samples, world.history]).toEqual([0, []]);
    bus.dropped = '-';
    startUp();
    expect(dataMemory(0x9286, 1)).toBe(5);
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
    want = { chg: false, dsg: false };
    ticks(30);
    expect([pack.samples > 0, world.history]).toEqual([true, []]);
  });

  it('refuses another chip', () => {
    bus.lieAfter = '3e 01'; // DEVICE_NUMBER
    bus.lies = { 0x40: [0x94, 0x76], 0x60: [~(0x01 + 0x94 + 0x76) & 255] };
    ticks(20);
    expect([pack.samples, world.history, afe.failures]).toEqual([0, [], 0]); // it answers well, it is another one
  });
});

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
      want = { chg, dsg };
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
    want = { chg: false, dsg: false };
    clock.advanceTo((Math.floor(clock.nowUs / 250000) + 1) * 250000);
    sample(afe, pack);
    wire.faults.refuse = 2; // both halves of the write, and the software master does not notice
    setFets(afe, false, false);
    expect([world.chg, world.dsg]).toEqual([true, true]);
    tick();
    expect([world.chg, world.dsg]).toEqual([false, false]);
  });

  it('close within a second when the command was lost on the way', () => {
    want = { chg: false, dsg: false };
    startUp();
    ticks(4);
    sample(afe, pack);
    wire.faults.refuse = 2;
    setFets(afe, true, true);
    want = { chg: true, dsg: true };
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

  it('keeps both paths open after a host watchdog trip until there is a sample', () => {
    pause(15e6);
    expect([world.chg, world.dsg]).toEqual([false, false]);
    world.history.length = 0;
    restartController();
    want = { chg: false, dsg: false };
    tick();
    expect([world.chg, world.dsg]).toEqual([false, false]);
    ticks(20);
    expect(pack.samples).toBeGreaterThan(0);
    expect([world.chg, world.dsg]).toEqual([false, false]);
    expect(world.history.join(), 'the discharge path stays open').not.toContain('D');
    expect(world.history.length, 'the charge path for the first transfers at most').toBeLessThanOrEqual(2);
  });
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

describe('S14: a bus that cannot be trusted', () => {
  beforeEach(() => {
    startUp();
    ticks(8);
  });

  it('one damaged transfer is repeated within the tick', () => {
    bus.damaged = 1;
    tick();
    expect([pack.sampleOk, pack.missedSamples, afe.link.retries]).toEqual([true, 0, 1]);
  });

  it('two damaged transfers in a row: no sample, old values stay, the next tick is good', () => {
    world.cells[0] = 3000;
    bus.damaged = 2;
    tick();
    expect([pack.sampleOk, pack.missedSamples, pack.cellMv[0]]).toEqual([false, 1, 3300]);
    tick();
    expect([pack.sampleOk, pack.missedSamples, pack.cellMv[0]]).toEqual([true, 0, 3000]);
  });

  it.each([['software'], ['hardware']] as const)(
    'a deaf chip on a %s master: misses are counted, nothing throws',
    (master) => {
      wire.options.master = master;
      wire.faults.unplugged = true;
      ticks(20);
      expect([pack.sampleOk, pack.missedSamples]).toEqual([false, 20]);
      expect(pack.cellMv[5]).toBe(3300);
      wire.faults.unplugged = false;
      startUp();
      expect(pack.missedSamples).toBe(0);
    },
  );

  /** Time that driver and bus keep the program from anything else in one tick, us. */
  function blockedUs(): number {
    clock.advanceTo((Math.floor(clock.nowUs / 250000) + 1) * 250000);
    const from = clock.nowUs;
    sample(afe, pack);
    setFets(afe, want.chg, want.dsg);
    return clock.nowUs - from;
  }

  it('a quiet tick keeps the bus for less than 25 ms', () => {
    for (let i = 0; i < 8; i++) expect(blockedUs()).toBeLessThan(25000);
  });

  it.each([
    [
      'SDA stuck low',
      'software',
      (): void => void (wire.faults.sdaLow = true),
      (): void => void (wire.faults.sdaLow = false),
    ],
    [
      'SCL stuck low',
      'software',
      (): void => void (wire.faults.sclLow = true),
      (): void => void (wire.faults.sclLow = false),
    ],
    [
      'no chip',
      'software',
      (): void => void (wire.faults.unplugged = true),
      (): void => void (wire.faults.unplugged = false),
    ],
    [
      'no chip',
      'hardware',
      (): void => void (wire.faults.unplugged = true),
      (): void => void (wire.faults.unplugged = false),
    ],
  ] as const)(
    '%s on a %s master blocks no tick for longer than 60 ms and is over by itself',
    (_name, master, on, off) => {
      wire.options.master = master;
      on();
      want = { chg: false, dsg: false }; // something to send in each tick
      for (let i = 0; i < 10; i++) {
        expect(blockedUs()).toBeLessThan(60000);
        expect([pack.sampleOk, pack.implausible]).toEqual([false, false]);
      }
      off();
      want = { chg: true, dsg: true };
      startUp();
      ticks(6);
      expect([world.chg, world.dsg, pack.afeResets]).toEqual([true, true, 0]);
    },
  );

  it('nothing at all is sent while a line is stuck', () => {
    const from = wire.transferred;
    wire.faults.sclLow = true;
    ticks(8);
    expect(wire.transferred).toBe(from);
  });

  it('a chip that holds SDA is clocked free before the first transfer: no sample is lost', () => {
    wire.faults.sdaLowForClocks = 7;
    tick();
    expect([pack.sampleOk, wire.faults.sdaLowForClocks, afe.link.retries]).toEqual([true, 0, 0]);
  });

  it('a chip that loses its place in the middle of a block costs this tick, and is freed before the next', () => {
    world.cells[0] = 3000;
    clock.at((Math.floor(clock.nowUs / 250000) + 1) * 250000 + 8000, () => (wire.faults.sdaLowForClocks = 5000));
    expect(blockedUs()).toBeLessThan(60000);
    expect([pack.sampleOk, pack.cellMv[0]]).toEqual([false, 3300]);
    wire.faults.sdaLowForClocks = Math.min(wire.faults.sdaLowForClocks, 9);
    tick();
    expect([pack.sampleOk, pack.cellMv[0]]).toEqual([true, 3000]);
  });

  it('SDA that sticks for good in the middle of a block costs this tick and brings no value', () => {
    world.cells[0] = 3000;
    clock.at((Math.floor(clock.nowUs / 250000) + 1) * 250000 + 8000, (): void => void (wire.faults.sdaLow = true));
    expect(blockedUs()).toBeLessThan(60000);
    expect([pack.sampleOk, pack.cellMv[0]]).toEqual([false, 3300]);
  });

  it('random noise of one byte in 300 loses samples but never brings a wrong one', () => {
    let state = 1;
    wire.faults.disturb = (byte) => {
      state = (state * 1103515245 + 12345) & 0x7fffffff;
      return (state >> 8) % 300 === 0 ? byte ^ (1 << ((state >> 4) & 7)) : byte;
    };
    let good = 0;
    for (let i = 0; i < 400; i++) {
      tick();
      if (pack.sampleOk) {
        good++;
        expect(Array.from(pack.cellMv)).toEqual(new Array(16).fill(3300));
      }
    }
    expect(good).toBeGreaterThan(100);
    expect(good).toBeLessThan(400);
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
    want = { chg: false, dsg: false };
    ticks(4);
    expect([world.chg, world.dsg]).toEqual([false, false]);
  });

  it('temperatures of 0 K are no temperatures', () => {
    bus.lies = { 0x68: zero(20) };
    tick();
    expect([pack.sampleOk, pack.tempValid]).toEqual([true, 0]);
  });

  it('a measurement that stands still is refused after 15 s, and taken again when it moves', () => {
    chip.bench.adcFrozen = true;
    ticks(56);
    expect(pack.sampleOk).toBe(true);
    ticks(12);
    expect(pack.sampleOk).toBe(false);
    chip.bench.adcFrozen = false;
    ticks(8);
    expect(pack.sampleOk).toBe(true);
  });
});

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
    expect(pack.afeTrips).toBe(AfeTrip.Temperature);
  });

  it('S7: the latch of the third short ends when the firmware itself holds both paths open, not before', () => {
    for (let i = 0; i < 3; i++) {
      want = { chg: true, dsg: true };
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
    want = { chg: false, dsg: false };
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
    expect([...seen]).toEqual([AfeTrip.Temperature, 0]);
  });
});
