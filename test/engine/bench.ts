/** One simulated board and a program on it: the TypeScript in this process, or the bundle in the engine. */
import { createFirmware, tick, TICK_MS, type Firmware } from '../../src/app/firmware';
import { SimBoard, type BoardOptions } from '../../src/hal-mock/board';
import type { I2cDevice } from '../../src/hal-mock/contracts';
import { engineGlobals } from '../../src/hal-mock/engine-globals';
import '../../src/hal-mock/natives';
import { Espruino } from './espruino';

const AFE_ADDRESS = 0x08;
const SHUNT_MICRO_OHM = 250;

interface Pin {
  read(): boolean;
  write(value: number): void;
}
interface Bus {
  setup(options: object): void;
  writeTo(to: unknown, data: unknown): void;
  readFrom(from: unknown, quantity: number): Uint8Array;
  readReg(address: number, register: number, quantity: number): Uint8Array;
}
/** The part of `engineGlobals` that the questions of the prelude need. */
interface Globals {
  I2C: new () => Bus;
  Serial3: {
    setup(baud: number, options: object): void;
    on(event: 'data', handler: (data: string) => void): void;
    write(data: string): void;
  };
  E: { kickWatchdog(): void };
  digitalWrite(pin: unknown, value: number): void;
  digitalRead(pin: unknown): number;
  setInterval(action: () => void, ms: number): number;
  [pin: string]: unknown;
}

/** Notes every byte on the wire of one chip: Sw and Sr for a start to write or read, bytes in hex, P. */
class Tapped implements I2cDevice {
  log: string[] = [];
  constructor(private readonly chip: I2cDevice) {}
  start(read: boolean): boolean {
    this.log.push(read ? 'Sr' : 'Sw');
    return this.chip.start(read);
  }
  write(byte: number): boolean {
    this.log.push(byte.toString(16));
    return this.chip.write(byte);
  }
  read(): number {
    const byte = this.chip.read();
    this.log.push(byte.toString(16));
    return byte;
  }
  stop(): void {
    this.log.push('P');
    this.chip.stop();
  }
  stretchUs(): number {
    return this.chip.stretchUs?.() ?? 0;
  }
}

/** What the outside world has seen during one tick. */
export interface Seen {
  atMs: number;
  /** RUN, ALM, SOC1..4, ON/OFF. */
  leds: string;
  bothOff: boolean;
  wire: string;
  rs232: string;
}

export class Bench {
  readonly board: SimBoard;
  readonly trace: Seen[] = [];
  private readonly tapped: Tapped;
  private sent = '';

  constructor(options: Partial<BoardOptions> = {}) {
    this.board = new SimBoard(options);
    this.tapped = new Tapped(this.board.afe);
    this.board.afeBus.attach(AFE_ADDRESS, this.tapped);
    this.board.rs232.onSent = (byte) => {
      this.sent += byte;
    };
  }

  /** Lets so many ticks pass and notes what each of them did. */
  ticks(count: number): void {
    for (let i = 0; i < count; i++) {
      this.board.run(TICK_MS);
      this.trace.push({
        atMs: Math.floor(this.board.time.nowUs / 1000),
        leds: this.board.ledBits.toString(2).padStart(7, '0'),
        bothOff: this.board.bothOff.read(),
        wire: this.tapped.log.join(' '),
        rs232: this.sent,
      });
      this.tapped.log = [];
      this.sent = '';
      const [error] = this.board.cpu.errors;
      if (error !== undefined) throw error;
    }
  }

  runTypeScript(address: number): Firmware {
    const { board } = this;
    // the same arithmetic as on the reference board, to the last bit
    const clock = (): number => Math.round((this.nowUs() / 1000000) * 1000);
    const { later, watchdog, health, afeBus, afeLines, bothOff, leds, rs232 } = board;
    const ports = { clock, later, watchdog, health, afeBus, afeLines, bothOff, leds, rs232 };
    const firmware = createFirmware(ports, { shuntMicroOhm: SHUNT_MICRO_OHM, address });
    board.cpu.setInterval(() => tick(firmware), TICK_MS);
    return firmware;
  }

  /** Boots the bundle in Espruino; its questions are answered by the globals of the simulated board. */
  runInEngine(binary: string, bundle: string, under: string[] = []): Espruino {
    const g = engineGlobals(this.board) as Globals;
    const answers = this.answers(g, (expression) => engine.run(expression));
    const engine: Espruino = new Espruino({
      binary,
      bundle,
      under,
      nowUs: () => this.nowUs(),
      answer: (name, args) => answers[name]!(...args),
    });
    g.Serial3.on('data', (data) => {
      engine.run(`bench.data.forEach(function (f) { f(${JSON.stringify(data)}); })`);
    });
    return engine;
  }

  /** Whole µs: the engine reads fractions of numbers only approximately. */
  private nowUs(): number {
    return Math.floor(this.board.time.nowUs);
  }

  private answers(g: Globals, run: (expression: string) => unknown): Record<string, (...args: never[]) => unknown> {
    const buses: Bus[] = [];
    const pin = (name: string): Pin => g[name] as Pin;
    const pins = (names: string | string[]): unknown => (Array.isArray(names) ? names.map(pin) : pin(names));
    return {
      write: (name: string, value: number) => pin(name).write(value),
      read: (name: string) => pin(name).read(),
      kick: () => g.E.kickWatchdog(),
      digitalWrite: (names: string | string[], value: number) => g.digitalWrite(pins(names), value),
      digitalRead: (names: string | string[]) => g.digitalRead(pins(names)),
      bus: (scl: string, sda: string) => {
        const bus = new g.I2C();
        bus.setup({ scl: g[scl], sda: g[sda] });
        return buses.push(bus) - 1;
      },
      writeTo: (bus: number, to: unknown, data: unknown) => buses[bus]!.writeTo(to, data),
      readFrom: (bus: number, from: unknown, n: number) => [...buses[bus]!.readFrom(from, n)],
      readReg: (bus: number, at: number, register: number, n: number) => [...buses[bus]!.readReg(at, register, n)],
      port: (baud: number, tx: string, rx: string) => g.Serial3.setup(baud, { tx: g[tx], rx: g[rx] }),
      send: (data: string) => g.Serial3.write(data),
      later: (index: number, ms: number) => {
        this.board.later(() => run(`bench.once(${index})`), ms);
      },
      every: (index: number, ms: number) => {
        g.setInterval(() => run(`bench.timers[${index}]()`), ms);
      },
    };
  }
}
