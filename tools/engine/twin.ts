/**
 * The twin of a virtual pack: everything that a test did to the board is done again to another board that runs the
 * minified bundle, and both must have behaved alike, tick by tick.
 */
import { SimBoard, type BoardOptions } from '../../src/hal-mock/board';
import type { I2cDevice } from '../../src/hal-mock/contracts';
import type { Engine } from './rig';

const AFE_ADDRESS = 0x08;
const WINDOW_US = 250_000;

/** One step on the way to a member of the board, from the outside. */
type Step = string | { call: string; args: readonly unknown[] };
type Deed =
  | { kind: 'call'; path: readonly Step[]; name: string; args: readonly unknown[] }
  | { kind: 'set'; path: readonly Step[]; name: string; value: unknown }
  | { kind: 'restart' }
  | { kind: 'memory'; image: Uint8Array };

/** What does nothing to the board. */
const LOOKS = new Set(['truth', 'clock', 'read', 'toJSON', 'valueOf']);

function fold(hash: number, value: number): number {
  return Math.imul(hash ^ value, 0x01000193) >>> 0;
}

/** What the outside sees of a board, folded into one number a window of 250 ms. */
export class Watcher {
  readonly windows: number[] = [];
  private hash = 0x811c9dc5;
  private until = WINDOW_US;

  constructor(private readonly board: SimBoard) {
    const { afe, plant, rs232 } = board;
    board.afeBus.attach(AFE_ADDRESS, this.tapped(afe));
    const setFets = plant.setFets.bind(plant);
    plant.setFets = (chg, dsg, pchg, pdsg) => {
      this.see(0x100 + (chg ? 1 : 0) + (dsg ? 2 : 0) + (pchg ? 4 : 0) + (pdsg ? 8 : 0));
      setFets(chg, dsg, pchg, pdsg);
    };
    const sent = rs232.onSent.bind(rs232);
    rs232.onSent = (byte) => {
      this.see(0x200 + byte.charCodeAt(0));
      sent(byte);
    };
    const kick = board.watchdog.kick.bind(board.watchdog);
    board.watchdog.kick = () => {
      this.see(0x300 + board.ledBits + (board.bothOff.read() ? 0x80 : 0));
      kick();
    };
  }

  /** The windows so far and the one that is open. */
  get all(): readonly number[] {
    return [...this.windows, this.hash];
  }

  private see(what: number): void {
    const { nowUs } = this.board.time;
    while (nowUs >= this.until) {
      this.windows.push(this.hash);
      this.until += WINDOW_US;
    }
    this.hash = fold(fold(this.hash, what), Math.floor(nowUs) >>> 0);
  }

  private tapped(chip: I2cDevice): I2cDevice {
    const see = (what: number): void => this.see(what);
    return {
      start(read) {
        see(read ? 0x402 : 0x401);
        return chip.start(read);
      },
      write(byte) {
        see(0x500 + byte);
        return chip.write(byte);
      },
      read() {
        const byte = chip.read();
        see(0x600 + byte);
        return byte;
      },
      stop() {
        see(0x400);
        chip.stop();
      },
      stretchUs: () => chip.stretchUs?.() ?? 0,
    };
  }
}

const raw = Symbol('raw');

function unwrap(value: unknown): unknown {
  return (typeof value === 'object' && value !== null && (value as { [raw]?: unknown })[raw]) || value;
}

function isPlain(value: unknown): boolean {
  if (typeof value === 'function') return false;
  if (typeof value !== 'object' || value === null) return true;
  return ArrayBuffer.isView(value) || Object.values(value).every(isPlain);
}

/** What a test does to a board, and reasons why it cannot be done again. */
export class Recording {
  readonly deeds: Deed[] = [];
  readonly watcher: Watcher;
  /** Why the twin cannot follow; '' = it can. */
  obstacle = '';
  private readonly seen = new WeakMap<object, object>();

  constructor(
    private readonly board: SimBoard,
    private readonly options: Partial<BoardOptions>,
  ) {
    this.watcher = new Watcher(board);
    this.deeds.push({ kind: 'memory', image: board.fram.memory.slice() });
  }

  restarted(): void {
    this.deeds.push({ kind: 'restart' });
  }

  /** The board as a test gets it. */
  get outside(): SimBoard {
    return this.wrap(this.board, []);
  }

  /** The firmware as a test gets it: what is changed inside, the twin cannot know. */
  inside<T extends object>(target: T): T {
    return this.proxy(target, {
      get: (from, name) => this.read(from, name, (value) => this.inside(value)),
      set: (to, name, value) => {
        this.obstacle ||= `${String(name)} of the firmware is set`;
        return Reflect.set(to, name, unwrap(value), to);
      },
    });
  }

  /** Does it all again with another engine; returns what its outside saw. */
  replay(engine: Engine): readonly number[] {
    const board = new SimBoard(this.options);
    const watcher = new Watcher(board);
    const [first, ...rest] = this.deeds;
    if (first?.kind === 'memory') board.fram.memory.set(first.image);
    let program = engine.boot(board, this.options.address ?? 0, board.afe);
    board.boot = () => {
      program = engine.boot(board, this.options.address ?? 0, board.afe);
    };
    for (const deed of rest) {
      if (deed.kind === 'restart') {
        board.resetController();
        board.boot();
      } else if (deed.kind !== 'memory') this.redo(board, deed);
    }
    program.kill();
    return watcher.all;
  }

  private redo(board: SimBoard, deed: Extract<Deed, { kind: 'call' | 'set' }>): void {
    let target = board as unknown as Record<string, unknown>;
    for (const step of deed.path) {
      const next =
        typeof step === 'string'
          ? target[step]
          : (target[step.call] as (...args: unknown[]) => unknown).apply(target, [...step.args]);
      target = next as Record<string, unknown>;
    }
    if (deed.kind === 'set') target[deed.name] = deed.value;
    else (target[deed.name] as (...args: unknown[]) => unknown).apply(target, [...deed.args]);
  }

  private wrap<T extends object>(target: T, path: readonly Step[]): T {
    return this.proxy(target, {
      get: (from, name) => {
        const value: unknown = Reflect.get(from, name, from);
        if (typeof value === 'function' && typeof name === 'string')
          return this.caller(from, path, name, value as (...args: unknown[]) => unknown);
        return this.read(from, name, (found) => this.wrap(found, [...path, String(name)]));
      },
      set: (to, name, value) => {
        if (!isPlain(value)) this.obstacle ||= `${String(name)} gets a function`;
        this.deeds.push({ kind: 'set', path, name: String(name), value: unwrap(value) });
        return Reflect.set(to, name, unwrap(value), to);
      },
    });
  }

  private caller(from: object, path: readonly Step[], name: string, value: (...args: unknown[]) => unknown) {
    return (...given: unknown[]): unknown => {
      const args = given.map(unwrap);
      const result = value.apply(from, args);
      if (LOOKS.has(name)) return result;
      if (typeof result === 'object' && result !== null && !Array.isArray(result) && !ArrayBuffer.isView(result))
        return this.wrap(result, [...path, { call: name, args }]);
      if (!args.every(isPlain)) this.obstacle ||= `${name} gets a function`;
      this.deeds.push({ kind: 'call', path, name, args });
      return result;
    };
  }

  private read(from: object, name: string | symbol, wrap: (value: object) => object): unknown {
    if (name === raw) return from;
    const value: unknown = Reflect.get(from, name, from);
    if (typeof value === 'function') return value.bind(from) as unknown;
    return typeof value === 'object' && value !== null ? wrap(value) : value;
  }

  private proxy<T extends object>(target: T, handler: ProxyHandler<T>): T {
    let found = this.seen.get(target);
    if (found === undefined) {
      found = new Proxy(target, handler);
      this.seen.set(target, found);
    }
    return found as T;
  }
}
