/** The bundle in Espruino for Linux on the simulated board: questions of the prelude become calls of its globals. */
import type { SimBoard } from '../../src/hal-mock/board';
import { engineGlobals } from '../../src/hal-mock/engine-globals';
import { Espruino } from './espruino';
import { readLength } from './prelude';
import { wholeUs, type Engine, type Program } from './rig';

interface Pin {
  read(): boolean;
  write(value: number): void;
}
type I2cAddress = number | { address: number; stop: boolean };
interface Bus {
  setup(options: object): void;
  writeTo(to: I2cAddress, data: ArrayLike<number>): void;
  readFrom(from: I2cAddress, quantity: number): Uint8Array;
  readReg(address: number, register: number, quantity: number): Uint8Array;
}
/** The part of `engineGlobals` that the questions need. */
interface Globals {
  I2C: new () => Bus;
  Serial3: {
    setup(baud: number, options: object): void;
    on(event: 'data', handler: (data: string) => void): void;
    write(data: string): void;
  };
  E: { kickWatchdog(): void; reboot(): void };
  peek32(address: number): number;
  poke32(address: number, value: number): void;
  clearInterval(id?: number): void;
  digitalWrite(pin: unknown, value: number): void;
  digitalRead(pin: unknown): number;
  setInterval(action: () => void, ms: number): number;
  [pin: string]: unknown;
}

/** What the interpreter says when it could not go on. */
const TROUBLE = /Uncaught|OUT OF MEMORY|Interrupted|ERROR/;

export interface EspruinoProgram extends Program {
  readonly engine: Espruino;
}

export interface EspruinoOptions {
  binary: string;
  bundle: string;
  /** Command in front of the binary. */
  under?: string[];
  marked?: boolean;
  patienceMs?: number;
}

function addressOf(question: string): I2cAddress {
  const address = question.charCodeAt(2);
  return question.charCodeAt(3) === 1 ? address : { address, stop: false };
}

/** Answers of the board to the questions of one program. */
function answers(board: SimBoard, engine: () => Espruino): (question: string) => string {
  const g = engineGlobals(board) as Globals;
  const buses: Bus[] = [];
  const pin = (name: string): Pin => g[name] as Pin;
  const split = (question: string): string[] => question.slice(1).split(';');
  const pins = (names: string): unknown => (names.includes(',') ? names.split(',').map(pin) : pin(names));
  const bus = (question: string): Bus => buses[question.charCodeAt(1)]!;
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
  const kinds: Record<string, (question: string) => string | void> = {
    P: (q) => pin(q.slice(2)).write(Number(q[1])),
    p: (q) => String(Number(pin(q.slice(1)).read())),
    K: () => g.E.kickWatchdog(),
    B: (q) => {
      const [index, scl, sda] = split(q);
      const bus = (buses[Number(index)] ??= new g.I2C());
      bus.setup({ scl: g[scl!], sda: g[sda!] });
    },
    W: (q) => bus(q).writeTo(addressOf(q), Buffer.from(q.slice(4), 'latin1')),
    F: (q) => text(bus(q).readFrom(addressOf(q), readLength(q))),
    R: (q) => text(bus(q).readReg(q.charCodeAt(2), q.charCodeAt(3), readLength(q))),
    S: (q) => {
      const [baud, tx, rx] = split(q);
      g.Serial3.setup(Number(baud), { tx: g[tx!], rx: g[rx!] });
      g.Serial3.on('data', (data) => engine().data(data));
    },
    s: (q) => g.Serial3.write(q.slice(1)),
    T: (q) => {
      const [index, ms] = split(q);
      g.setInterval(() => engine().timer(Number(index)), Number(ms));
    },
    O: (q) => {
      const [index, ms] = split(q);
      board.later(() => engine().once(Number(index)), Number(ms));
    },
    C: (q) => g.clearInterval(...(q === 'C' ? [] : [Number(q.slice(1)) + 1])),
    Z: () => g.E.reboot(),
    M: (q) => String(g.peek32(Number(q.slice(1)))).padStart(10, '0'),
    m: (q) => {
      const [address, value] = split(q);
      g.poke32(Number(address), Number(value));
    },
    D: (q) => {
      const [names, value] = split(q);
      g.digitalWrite(pins(names!), Number(value));
    },
    d: (q) => String(g.digitalRead(pins(split(q)[0]!))).padStart(5, '0'),
  };
  return (question) => {
    const answer = kinds[question[0]!];
    if (answer === undefined) throw new Error(`the bridge does not know ${JSON.stringify(question)}`);
    return answer(question) ?? '';
  };
}

/** Espruino for Linux, a process a boot. */
export function espruino(options: EspruinoOptions): Engine & { boot(board: SimBoard): EspruinoProgram } {
  return {
    name: 'Espruino',
    boot(board) {
      const engine: Espruino = new Espruino({
        ...options,
        nowUs: () => wholeUs(board),
        answer: answers(board, () => engine),
      });
      const complaint = (): string => TROUBLE.exec(engine.printed)?.[0] ?? '';
      if (complaint() !== '') throw new Error(`the bundle does not start: ${engine.printed}`);
      let looks = 0;
      return {
        engine,
        kill: () => engine.abandon(),
        // a look at the console now and then: most of what it prints also comes back as an exception
        complaint: () => (looks++ % 100 === 99 ? complaint() : ''),
      };
    },
  };
}
