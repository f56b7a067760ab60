/** A process of Espruino for Linux with a fake flash, driven synchronously over two named pipes. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerBytes, preludeFor, REPLY, REQUEST, SIZE_DIGITS, TIME_DIGITS } from './prelude';
import { Watchdog } from './watchdog';

const FLASH_BYTES = 256 * 1024;
const MESSAGE_BYTES = 4096;

/** Answers a question of the bundle: the bytes of the answer. An exception arrives in the bundle as one. */
export type Answer = (question: string) => string;

export interface EspruinoOptions {
  binary: string;
  bundle: string;
  answer: Answer;
  /** Virtual time, µs. */
  nowUs: () => number;
  /** Command in front of the binary, e.g. an instruction counter. */
  under?: string[];
  /** With marks for the counter. */
  marked?: boolean;
  /** Longest silence of the process, real ms. */
  patienceMs?: number;
}

export interface Memory {
  usage: number;
  free: number;
  total: number;
  blocksize: number;
}

/** Storage image: per file a header of 32 bytes (size, little endian; name), then data padded to 4. */
export function flashImage(files: Record<string, string>, bytes = FLASH_BYTES): Buffer {
  const image = Buffer.alloc(bytes, 0xff);
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const data = Buffer.from(text, 'latin1');
    image.writeUInt32LE(data.length, offset);
    image.fill(0, offset + 4, offset + 32);
    image.write(name, offset + 4, 'latin1');
    data.copy(image, offset + 32);
    offset += 32 + Math.ceil(data.length / 4) * 4;
  }
  return image;
}

export class Espruino {
  /** Sees each question first; what it returns, if anything, is the answer instead of the board's. */
  intercept: (question: string) => string | undefined = () => undefined;
  /** After each round of a timer, action of `setTimeout` and data event. */
  onDone: (kind: 'timer' | 'later' | 'data') => void = () => {};
  readonly folder = mkdtempSync(join(tmpdir(), 'engine-'));
  private readonly child: ChildProcess;
  private readonly request: number;
  private readonly reply: number;
  private readonly watchdog: Watchdog;
  private readonly buffer = Buffer.alloc(MESSAGE_BYTES);
  private ended = false;

  /** Boots; returns when the bundle has run to its end. */
  constructor(private readonly options: EspruinoOptions) {
    const { binary, bundle, under = [], marked = false, patienceMs = 20_000 } = options;
    const at = (name: string): string => join(this.folder, name);
    writeFileSync(at('espruino.flash'), flashImage({ '.boot0': preludeFor(bundle, marked), '.bootcde': bundle }));
    execFileSync('mkfifo', [at(REQUEST), at(REPLY)]);
    // opened for both directions a pipe neither blocks here nor ends when the process does; the watchdog sees that
    this.request = openSync(at(REQUEST), constants.O_RDWR);
    this.reply = openSync(at(REPLY), constants.O_RDWR);
    const console = openSync(at('console'), 'w');
    // the engine ends when its input ends, so the input is a pipe that stays open
    const [command, ...args] = [...under, binary];
    this.child = spawn(command!, args, { cwd: this.folder, stdio: ['pipe', console, console] });
    closeSync(console);
    if (this.child.pid === undefined) throw new Error(`cannot start ${command}`);
    this.watchdog = new Watchdog(this.child.pid, at(REQUEST), patienceMs);
    process.once('exit', this.kill);
    this.serve();
  }

  /** Runs one expression in the engine, answering questions on the way. Its value, as JSON can carry it. */
  run(expression: string): unknown {
    return this.text('x', expression);
  }

  /** Round of an interval timer, and an action of `setTimeout`, by its number. */
  timer(index: number): void {
    this.command('t', index, '');
    this.onDone('timer');
  }
  once(index: number): void {
    this.command('o', index, '');
    this.onDone('later');
  }

  /** Characters on the serial port. */
  data(chars: string): void {
    this.text('s', chars);
    this.onDone('data');
  }

  memory(): Memory {
    return this.run('process.memory()') as Memory;
  }

  /** What the engine has printed. */
  get printed(): string {
    return readFileSync(join(this.folder, 'console'), 'latin1').replace(/\r|\x1b\[J/g, '');
  }

  readonly kill = (): void => void this.child.kill('SIGKILL');

  /** Ends the process at once and forgets it. */
  abandon(): void {
    this.kill();
    this.release();
  }

  /** Ends the process in good order and removes its folder. Everything that was printed. */
  async close(): Promise<string> {
    const ended = this.child.exitCode === null ? once(this.child, 'exit') : Promise.resolve();
    if (!this.ended) this.send('x', 6, 'quit()');
    const killer = setTimeout(this.kill, 20_000);
    await ended;
    clearTimeout(killer);
    const printed = this.ended ? '' : this.printed;
    this.release();
    return printed;
  }

  private release(): void {
    if (this.ended) return;
    this.ended = true;
    process.off('exit', this.kill);
    this.watchdog.stop();
    closeSync(this.request);
    closeSync(this.reply);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private text(kind: string, text: string): unknown {
    return this.command(kind, text.length, text);
  }

  private command(kind: string, number: number, text: string): unknown {
    this.send(kind, number, text);
    return this.serve();
  }

  private send(kind: string, number: number, text: string): void {
    const size = String(number).padStart(SIZE_DIGITS, '0');
    writeSync(this.reply, Buffer.from(kind + this.time() + size + text, 'latin1'));
  }

  private serve(): unknown {
    for (;;) {
      const message = this.message();
      const kind = message[0];
      const rest = message.slice(1, -2);
      if (kind === '!') throw new Error(`in the engine: ${rest}`);
      if (kind === '.') return rest === '' || rest === 'undefined' ? undefined : JSON.parse(rest);
      this.respond(message);
    }
  }

  private respond(question: string): void {
    let answer: string;
    try {
      const value = this.intercept(question) ?? this.options.answer(question);
      answer = '=' + this.time() + value;
    } catch (error) {
      const text = String(error);
      const padding = ' '.repeat(answerBytes(question));
      answer = '!' + this.time() + padding + String(text.length).padStart(SIZE_DIGITS, '0') + text;
    }
    writeSync(this.reply, Buffer.from(answer, 'latin1'));
  }

  private time(): string {
    return String(this.options.nowUs()).padStart(TIME_DIGITS, '0');
  }

  /** One message: a write of up to 4 KB arrives whole, and only the end of a command may be longer. */
  private message(): string {
    let text = this.chunk();
    while ((text[0] === '.' || text[0] === '!') && !text.endsWith('\n\n')) text += this.chunk();
    return text;
  }

  private chunk(): string {
    const count = this.watchdog.wait(() => readSync(this.request, this.buffer));
    if (this.buffer[count - 1] === 0x78 && count === 1)
      throw new Error(`the engine is silent; it has printed:\n${this.printed}`);
    return this.buffer.toString('latin1', 0, count);
  }
}
