/** Driver, bus and simulated chip on a small bench, as the driver's tests share it. Import hands out what `build` made last. */
import '../../src/hal-mock/natives';
import { expect } from 'vitest';
import { bleed, createBq76952, isStarting, resume, sample, setFets, type Bq76952 } from '../../src/afe/bq76952';
import { createPack, type Pack } from '../../src/bms/pack';
import { defaultParams } from '../../src/bms/params';
import { linesFree } from '../../src/drivers/i2c-lines';
import type { I2cAddress, I2cBus } from '../../src/hal/bus';
import { VirtualClock } from '../../src/hal-mock/clock';
import { Bq76952Chip, type Bq76952Options } from '../../src/hal-mock/devices/bq76952';
import { type I2cOptions, SimI2c } from '../../src/hal-mock/sim-i2c';
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

export const SUBCOMMAND = 0x3e;
/** Sends a frame with CRCs past the driver, as somebody else on the bus would. */
export function frame(wire: SimI2c, register: number, data: number[]): void {
  const bytes = [register];
  data.forEach((byte, i) => bytes.push(byte, crc8(i === 0 ? [0x10, register, byte] : [byte])));
  wire.writeTo(8, bytes);
}
export function pause(us: number): void {
  clock.advanceTo(clock.nowUs + us);
}
export function dataMemory(address: number, bytes: number): number {
  frame(wire, SUBCOMMAND, [address & 255, address >> 8]);
  pause(1000);
  const raw = wire.readReg(8, 0x40, 2 * bytes);
  let value = 0;
  for (let i = 0; i < bytes; i++) value += raw[2 * i]! * 256 ** i;
  return value;
}
export function writeMemory(address: number, value: number): void {
  const data = [address & 255, address >> 8, value];
  frame(wire, SUBCOMMAND, data);
  frame(wire, 0x60, [~data.reduce((a, b) => a + b) & 255, 5]);
  pause(1000);
}
/** RESET: what a brown-out does, too. */
export function resetChip(): void {
  frame(wire, SUBCOMMAND, [0x12, 0x00]);
}

export let clock: VirtualClock;
export let world: World;
export let wire: SimI2c;
export let chip: Bq76952Chip;
export let bus: Bus;
export let afe: Bq76952;
export let pack: Pack;
export let params: Int32Array;
/** What the firmware asks for in each tick. */
export let want: { chg: boolean; dsg: boolean; bleed: number };

/** A controller that knows nothing yet, on the same chip. */
export function restartController(): void {
  const lines = { scl: wire.scl, sda: wire.sda, setup: () => wire.release() };
  params = defaultParams();
  afe = createBq76952(bus, () => linesFree(lines), 250, params);
  pack = createPack();
}
/** Time of the next tick. */
export function nextTick(): void {
  clock.advanceTo((Math.floor(clock.nowUs / 250000) + 1) * 250000);
}
/** The sample of a tick, nothing else. */
export function measure(): void {
  sample(afe, pack, clock.nowUs / 1000);
}
/** What the firmware asks for from now on. */
export function request(chg: boolean, dsg: boolean): void {
  want.chg = chg;
  want.dsg = dsg;
}
/** One control tick as the firmware makes it: a path is requested from the first good sample on. */
export function tick(): void {
  nextTick();
  const untilUs = clock.nowUs + 150000;
  measure();
  while (isStarting(afe) && clock.nowUs < untilUs) resume(afe, pack, clock.nowUs / 1000);
  setFets(afe, want.chg && pack.samples > 0, want.dsg && pack.samples > 0);
  bleed(afe, want.bleed);
}
export function ticks(count: number): void {
  for (let i = 0; i < count; i++) tick();
}
/** Ticks until the first good sample; fails when there is none within 5 s. */
export function startUp(): number {
  const from = clock.nowUs;
  do tick();
  while (!pack.sampleOk && clock.nowUs - from < 5e6);
  expect(pack.sampleOk).toBe(true);
  return Math.round((clock.nowUs - from) / 250000);
}
export function load(ma: number): void {
  world.step(() => (world.loadMa = ma));
}

export function build(options: Partial<I2cOptions> = {}, part: Bq76952Options = {}): void {
  clock = new VirtualClock();
  world = new World(clock);
  wire = new SimI2c(clock, options);
  chip = new Bq76952Chip(clock, world, part);
  wire.attach(8, chip);
  bus = new Bus(wire);
  want = { chg: true, dsg: true, bleed: 0 };
  restartController();
}
