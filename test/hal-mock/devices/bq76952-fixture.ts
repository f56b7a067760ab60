/** A chip on a bench for its tests: settable surroundings, and a host that speaks I2C byte by byte with its own CRC. */
import type { AfeSurroundings, AfeThermistor } from '../../../src/hal-mock/contracts';
import { VirtualClock } from '../../../src/hal-mock/clock';
import { Bq76952Chip, type Bq76952Options } from '../../../src/hal-mock/devices/bq76952';

export class FakeSurroundings implements AfeSurroundings {
  cells = new Array<number>(16).fill(3300);
  pack = 52800;
  ld = 0;
  ohm: Partial<Record<AfeThermistor, number>> = {};
  die = 25;
  pins = { CFETOFF: false, DFETOFF: false, TS2: true, RST_SHUT: false };
  gates = [false, false, false, false];
  /** Every gate change: instant and gates. */
  gateLog: [number, string][] = [];
  bleed = 0;
  loadDetect = false;
  wireChecks = 0;
  alert = false;
  /** Called inside a gate change, as a pack model that follows at once. */
  follow: () => void = () => undefined;
  private uv = 0;
  private uvUs = 0;
  private sinceUs = 0;
  private listener: () => void = () => undefined;

  constructor(private readonly clock: VirtualClock) {}

  /** A step of the shunt voltage, µV, announced. */
  set shunt(uv: number) {
    this.drift(uv);
    this.listener();
  }
  /** The same unannounced. */
  drift(uv: number): void {
    this.uvUs += this.uv * (this.clock.nowUs - this.sinceUs);
    this.sinceUs = this.clock.nowUs;
    this.uv = uv;
  }
  /** A step of one cell, mV, announced. */
  cell(index: number, mv: number): void {
    this.cells[index] = mv;
    this.listener();
  }
  cellMv(index: number): number {
    return this.cells[index]!;
  }
  stackMv(): number {
    return this.cells.reduce((a, b) => a + b, 0);
  }
  packPinMv(): number {
    return this.pack;
  }
  ldPinMv(): number {
    return this.ld;
  }
  shuntUv(): number {
    return this.uv;
  }
  shuntUvSeconds(): number {
    return (this.uvUs + this.uv * (this.clock.nowUs - this.sinceUs)) / 1e6;
  }
  ntcOhm(pin: AfeThermistor): number {
    return this.ohm[pin] ?? 10000;
  }
  dieCelsius(): number {
    return this.die;
  }
  pinLevel(pin: 'CFETOFF' | 'DFETOFF' | 'TS2' | 'RST_SHUT'): boolean {
    return this.pins[pin];
  }
  setFets(chg: boolean, dsg: boolean, pchg: boolean, pdsg: boolean): void {
    this.gates = [chg, dsg, pchg, pdsg];
    const names = [chg && 'CHG', dsg && 'DSG', pchg && 'PCHG', pdsg && 'PDSG'].filter(Boolean).join(' ');
    this.gateLog.push([this.clock.nowUs, names]);
    this.follow();
  }
  setBleed(mask: number): void {
    this.bleed = mask;
  }
  setLoadDetect(on: boolean): void {
    this.loadDetect = on;
  }
  openWireCheck(): void {
    this.wireChecks++;
  }
  setAlert(level: boolean): void {
    this.alert = level;
  }
  onStep(listener: () => void): void {
    this.listener = listener;
  }
}

/** SMBus PEC, bit by bit: independent of the chip's table. */
export function crc8(bytes: readonly number[]): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) & 0xff) ^ (crc & 0x80 ? 0x07 : 0);
  }
  return crc;
}

export function hex(text: string): number[] {
  return text.split(' ').map((byte) => parseInt(byte, 16));
}

/** Signed 32 bits of an answer. */
export function dword(data: readonly number[], at: number): number {
  return new DataView(Uint8Array.from(data).buffer).getInt32(at, true);
}

/** Reference configuration of hardware.md 2.7 as far as the tests need it; 0.25 mΩ. */
const REFERENCE: [number, ...number[]][] = [
  [0x9234, 0x82, 0x28], // SLEEP off
  [0x9303, 0x06],
  [0x91a8, ...hex('55 30 F2 41')],
  [0x9273, 0xf4, 0x01], // body diode 500 mA
  [0x9261, 0xfc, 0xf7, 0xc2],
  [0x9275, 48, 0x2d, 0x01],
  [0x9278, 75, 0x2d, 0x01, 9, 8],
  [0x9280, 15, 127, 20, 127, 25, 28, 5, 21],
  [0x928a, 0x70, 0xcc, 2], // OCD3 -132 A, 2 s
  [0x9294, 60, 3],
  [0x92b2, 10, 0],
  [0x92fc, 0x2a],
];

export class Host {
  crc: boolean;
  constructor(
    readonly chip: Bq76952Chip,
    readonly clock: VirtualClock,
    crc: boolean,
  ) {
    this.crc = crc;
  }

  wait(ms: number): void {
    this.clock.advanceTo(Math.round(this.clock.nowUs + ms * 1000));
  }

  /** Bytes after the address exactly as given; the acknowledge of each, the address first. */
  raw(bytes: readonly number[]): boolean[] {
    const acks = [this.chip.start(false)];
    for (const byte of bytes) acks.push(this.chip.write(byte));
    this.chip.stop();
    return acks;
  }

  write(register: number, data: readonly number[]): boolean {
    const bytes = [register];
    data.forEach((byte, i) => {
      bytes.push(byte);
      if (this.crc) bytes.push(i === 0 ? crc8([0x10, register, byte]) : crc8([byte]));
    });
    return this.raw(bytes).every(Boolean);
  }

  /** What is on the wire after the read address: data and CRC bytes. */
  rawRead(register: number, count: number): number[] {
    this.chip.start(false);
    this.chip.write(register);
    this.chip.start(true);
    const bytes = Array.from({ length: count }, () => this.chip.read());
    this.chip.stop();
    return bytes;
  }

  read(register: number, count: number): number[] {
    if (!this.crc) return this.rawRead(register, count);
    const bytes = this.rawRead(register, 2 * count);
    const data: number[] = [];
    for (let i = 0; i < count; i++) {
      const byte = bytes[2 * i]!;
      const covered = i === 0 ? [0x10, register, 0x11, byte] : [byte];
      if (crc8(covered) !== bytes[2 * i + 1]) throw new Error('crc at byte ' + i);
      data.push(byte);
    }
    return data;
  }

  word(register: number): number {
    const [low, high] = this.read(register, 2);
    return low! | (high! << 8);
  }
  signed(register: number): number {
    return (this.word(register) << 16) >> 16;
  }

  command(code: number): void {
    this.write(0x3e, [code & 255, code >> 8]);
  }

  /** Polls the echo, checks checksum and length, answers the data. */
  fetch(code: number): number[] {
    this.command(code);
    for (let i = 0; this.word(0x3e) !== code; i++) {
      if (i > 100) throw new Error('no echo');
      this.wait(0.1);
    }
    const [checksum, length] = this.read(0x60, 2);
    const data = this.read(0x40, length! - 4);
    if (sum(code, data) !== checksum) throw new Error('checksum');
    return data;
  }

  store(code: number, data: readonly number[]): void {
    this.write(0x3e, [code & 255, code >> 8, ...data]);
    this.write(0x60, [sum(code, data), data.length + 4]);
  }

  /** The reference configuration and what a test wants otherwise, with the FET drivers enabled. */
  prepare(...more: [number, ...number[]][]): void {
    this.configure([...REFERENCE, ...more]);
    this.command(0x0022);
    this.wait(300);
  }

  /** CONFIG_UPDATE with these bytes. */
  configure(settings: readonly (readonly [number, ...number[]])[]): void {
    this.command(0x0090);
    this.wait(2.5);
    for (const [address, ...data] of settings) this.store(address, data);
    this.command(0x0092);
    this.wait(1.5);
  }
}

export function sum(code: number, data: readonly number[]): number {
  return ~[code & 255, code >> 8, ...data].reduce((a, b) => a + b, 0) & 255;
}

export function bench(options: Bq76952Options = {}): {
  clock: VirtualClock;
  world: FakeSurroundings;
  chip: Bq76952Chip;
  host: Host;
} {
  const clock = new VirtualClock();
  const world = new FakeSurroundings(clock);
  const chip = new Bq76952Chip(clock, world, options);
  const host = new Host(chip, clock, options.part !== 'BQ76952');
  host.wait(5);
  return { clock, world, chip, host };
}
