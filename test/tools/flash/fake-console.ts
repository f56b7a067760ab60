/** An Espruino console without an engine: its line editor, its Storage with flash that only loses bits, `load()`, timers. */
import { createContext, runInContext, type Context } from 'node:vm';
import { crc32 } from '../../../tools/flash/crc32';
import type { Link } from '../../../tools/flash/link';

const HEADER = 32;

interface File {
  data: Uint8Array;
}

/** The supply failed in the middle of a write. */
class PowerLoss extends Error {}

export class FakeStorage {
  readonly files = new Map<string, File>();
  trash = 0;
  /** Bytes and erasures so far; the power fails at this count. */
  work = 0;
  powerFailsAt = Infinity;
  /** A cell that reads as 0 whatever was written: bundle offset in the named file. */
  brokenCell: { file: string; at: number } | null = null;
  compactions = 0;

  constructor(readonly bytes = 65536) {}

  get used(): number {
    return [...this.files.values()].reduce((sum, file) => sum + HEADER + Math.ceil(file.data.length / 4) * 4, 0);
  }

  getFree(): number {
    return this.bytes - this.used - this.trash;
  }

  getStats(): object {
    return { totalBytes: this.bytes, freeBytes: this.getFree(), trashBytes: this.trash };
  }

  compact(): void {
    this.compactions++;
    this.trash = 0;
  }

  erase(name: string): void {
    const file = this.files.get(name);
    if (file === undefined) return;
    this.spend();
    this.files.delete(name);
    this.trash += HEADER + Math.ceil(file.data.length / 4) * 4;
  }

  list(): string[] {
    return [...this.files.keys()];
  }

  read(name: string, offset = 0, length?: number): string | undefined {
    const file = this.files.get(name);
    if (file === undefined) return undefined;
    const part = file.data.subarray(offset, length === undefined ? undefined : offset + length);
    return Buffer.from(part).toString('latin1');
  }

  write(name: string, text: string, offset = 0, size = 0): boolean {
    if (text.length === 0) throw new Error("Can't create zero length file");
    let file = this.files.get(name);
    if (offset === 0 && this.read(name) === text) return true;
    if (offset === 0) {
      this.erase(name); // before the new one is there: a loss of power between them loses both
      const length = size || text.length;
      if (HEADER + Math.ceil(length / 4) * 4 > this.getFree()) throw new Error('Unable to find or create file');
      this.spend();
      file = { data: new Uint8Array(length).fill(255) };
      this.files.set(name, file);
    }
    if (file === undefined) throw new Error('Unable to find or create file');
    if (offset + text.length > file.data.length) throw new Error('Too much data for file size');
    for (let i = 0; i < text.length; i++)
      if (file.data[offset + i] !== 255) throw new Error('File already written with different data');
    for (let i = 0; i < text.length; i++) {
      this.spend();
      const broken = this.brokenCell?.file === name && this.brokenCell.at === offset + i;
      file.data[offset + i] = broken ? 0 : text.charCodeAt(i);
    }
    return true;
  }

  private spend(): void {
    if (++this.work > this.powerFailsAt) throw new PowerLoss();
  }
}

export interface FakeOptions {
  board?: string;
  version?: string;
  freeVars?: number;
  storageBytes?: number;
}

export class FakeBoard {
  readonly storage: FakeStorage;
  onOutput: (text: string) => void = () => {};
  powered = true;
  starts = 0;
  /** Lines that were run, without the helper's own. */
  lines = 0;
  private context: Context = createContext({});
  private timers: { id: number; action: unknown; ms: number }[] = [];
  private input = '';
  private escape: string | null = null;
  private wantsLoad = false;
  private readonly options: Required<FakeOptions>;

  constructor(options: FakeOptions = {}) {
    this.options = { board: 'STM32F4DISCOVERY', version: '2v29', freeVars: 4000, storageBytes: 65536, ...options };
    this.storage = new FakeStorage(this.options.storageBytes);
    this.start();
  }

  /** Power on: runs what is saved. */
  start(): void {
    this.powered = true;
    this.storage.powerFailsAt = Infinity;
    this.input = '';
    this.escape = null;
    this.load();
  }

  /** A global of the firmware. */
  global(name: string): unknown {
    return (this.context as Record<string, unknown>)[name];
  }

  /** Virtual time goes on: timers up to this many ms run once. */
  after(ms: number): void {
    for (const timer of [...this.timers]) {
      if (timer.ms > ms || !this.timers.includes(timer)) continue;
      this.timers = this.timers.filter((other) => other !== timer);
      this.guarded(() => (typeof timer.action === 'string' ? this.run(timer.action) : (timer.action as () => void)()));
    }
    this.loadIfWanted();
  }

  receive(text: string): void {
    for (const char of text) if (this.powered) this.key(char);
  }

  private key(char: string): void {
    if (this.escape !== null) {
      this.escape += char;
      if (!/[A-Za-z]/.test(char)) return;
      if (this.escape === '[2H') this.input = '';
      this.escape = null;
    } else if (char === '\x1b') this.escape = '';
    else if (char === '\n' || char === '\r') this.line();
    else if (char >= ' ') this.input += char;
  }

  private line(): void {
    const source = this.input;
    try {
      new Function(source);
    } catch (error) {
      if (/end of input|missing \)|Unexpected token '\}'/.test(String(error)) && !this.balanced(source)) {
        this.input += '\n'; // an open bracket waits for more
        return;
      }
    }
    this.input = '';
    if (source === '') return this.print('>');
    this.lines++;
    this.guarded(() => this.run(source));
    this.print('>');
    this.loadIfWanted();
  }

  private balanced(source: string): boolean {
    return (source.match(/[([{]/g) ?? []).length <= (source.match(/[)\]}]/g) ?? []).length;
  }

  private print(text: string): void {
    if (this.powered) this.onOutput(text);
  }

  private run(source: string): unknown {
    return runInContext(source, this.context);
  }

  private guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (error instanceof PowerLoss) this.powered = false;
      else this.print(`Uncaught ${String(error)}\r\n`);
    }
  }

  private loadIfWanted(): void {
    if (!this.wantsLoad || !this.powered) return;
    this.wantsLoad = false;
    this.load();
  }

  private load(): void {
    this.starts++;
    this.timers = [];
    let nextId = 1;
    const globals: Record<string, unknown> = {
      print: (...args: unknown[]) => this.print(args.join(' ') + '\r\n'),
      load: () => void (this.wantsLoad = true),
      atob: (text: string) => Buffer.from(text, 'base64').toString('latin1'),
      require: () => this.storageFor(),
      process: {
        env: { BOARD: this.options.board, VERSION: this.options.version },
        memory: () => ({ free: this.options.freeVars }),
      },
      E: { CRC32: crc32, enableWatchdog: () => {}, getErrorFlags: () => [] },
      setTimeout: (action: unknown, ms: number) => this.timers.push({ id: nextId, action, ms }) && nextId++,
      clearTimeout: (id: number) => void (this.timers = this.timers.filter((timer) => timer.id !== id)),
    };
    globals['global'] = globals;
    this.context = createContext(globals);
    const boot = this.storage.read('.bootcde');
    if (boot !== undefined) this.guarded(() => this.run(boot));
    this.loadIfWanted();
  }

  /** A loss of power must not be caught by the firmware's own try. */
  private storageFor(): object {
    const { storage } = this;
    const guard =
      <A extends unknown[], R>(call: (...args: A) => R) =>
      (...args: A): R => {
        try {
          return call(...args);
        } catch (error) {
          if (error instanceof PowerLoss) this.powered = false;
          throw error;
        }
      };
    return {
      read: (name: string, offset?: number, length?: number) => storage.read(name, offset, length),
      write: guard(storage.write.bind(storage)),
      erase: guard(storage.erase.bind(storage)),
      compact: guard(storage.compact.bind(storage)),
      getFree: () => storage.getFree(),
      getStats: () => storage.getStats(),
      list: () => storage.list(),
    };
  }
}

/** The cable to a fake board, with its accidents. */
export class FakeLink implements Link {
  onData: (text: string) => void = () => {};
  onClose: (reason: string) => void = () => {};
  sent = 0;
  cut = false;
  /** The cable is pulled after this many characters to the board. */
  cutAfter = Infinity;
  /** The answer's cable only: characters from the board. */
  cutAnswersAfter = Infinity;
  /** Changes a character on its way to the board. */
  damage: (char: string, at: number) => string = (char) => char;
  damageAnswer: (char: string, at: number) => string = (char) => char;
  private received = 0;

  constructor(private readonly board: FakeBoard) {
    board.onOutput = (text) => this.answer(text);
  }

  write(text: string): void {
    for (const char of text) {
      if (this.cut) return;
      if (this.sent >= this.cutAfter) return this.pull();
      this.board.receive(this.damage(char, this.sent++));
      if (!this.board.powered) return this.pull();
    }
  }

  close(): void {
    this.cut = true;
  }

  private answer(text: string): void {
    if (this.cut) return;
    let arrived = '';
    for (const char of text) {
      if (this.received >= this.cutAnswersAfter) {
        this.pull();
        break;
      }
      arrived += this.damageAnswer(char, this.received++);
    }
    setImmediate(() => this.onData(arrived));
  }

  private pull(): void {
    if (this.cut) return;
    this.cut = true;
    setImmediate(() => this.onClose('the cable was pulled'));
  }
}
