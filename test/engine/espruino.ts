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
import { preludeFor, REPLY, REQUEST } from './prelude';

const FLASH_BYTES = 256 * 1024;

/** Answers a question of the bundle, e.g. `readReg`; an exception arrives in the bundle as one. */
type Answer = (name: string, args: never[]) => unknown;

interface EspruinoOptions {
  binary: string;
  bundle: string;
  answer: Answer;
  /** Virtual time, µs. */
  nowUs: () => number;
  /** Command in front of the binary, e.g. an instruction counter. */
  under?: string[];
  /** Longest silence of the process, real ms. */
  patienceMs?: number;
}

/** What the bundle asked of the board, and how often it was called from outside to do so. */
interface Work {
  questions: [name: string, args: unknown][];
  commands: number;
}

export interface Memory {
  usage: number;
  free: number;
  total: number;
  blocksize: number;
}

/** Storage image: per file a header of 32 bytes (size, little endian; name), then data padded to 4. */
function flashImage(files: Record<string, string>): Buffer {
  const image = Buffer.alloc(FLASH_BYTES, 0xff);
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

const nap = new Int32Array(new SharedArrayBuffer(4));

export class Espruino {
  /** Questions asked and commands given since this was last emptied. */
  done: Work = { questions: [], commands: 0 };
  private readonly folder = mkdtempSync(join(tmpdir(), 'engine-'));
  private readonly child: ChildProcess;
  private readonly request: number;
  private readonly reply: number;
  private buffer = '';

  /** Boots; returns when the bundle has run to its end. */
  constructor(private readonly options: EspruinoOptions) {
    const { binary, bundle, under = [] } = options;
    const at = (name: string): string => join(this.folder, name);
    writeFileSync(at('espruino.flash'), flashImage({ '.boot0': preludeFor(bundle), '.bootcde': bundle }));
    execFileSync('mkfifo', [at(REQUEST), at(REPLY)]);
    this.request = openSync(at(REQUEST), constants.O_RDONLY | constants.O_NONBLOCK);
    this.reply = openSync(at(REPLY), constants.O_RDWR);
    const console = openSync(at('console'), 'w');
    // the engine ends when its input ends, so the input is a pipe that stays open
    const [command, ...args] = [...under, binary];
    this.child = spawn(command!, args, { cwd: this.folder, stdio: ['pipe', console, console] });
    closeSync(console);
    process.once('exit', this.kill);
    this.serve();
  }

  /** Runs one expression in the engine, answering questions on the way. Its value, as JSON can carry it. */
  run(expression: string): unknown {
    this.done.commands++;
    this.send({ run: expression });
    return this.serve();
  }

  memory(): Memory {
    return this.run('process.memory()') as Memory;
  }

  /** What the engine has printed. */
  get printed(): string {
    return readFileSync(join(this.folder, 'console'), 'latin1').replace(/\r|\x1b\[J/g, '');
  }

  /** Ends the process in good order and removes its folder. Everything that was printed. */
  async close(): Promise<string> {
    const ended = this.child.exitCode === null ? once(this.child, 'exit') : Promise.resolve();
    this.send({ run: 'quit()' });
    const killer = setTimeout(this.kill, 5000);
    await ended;
    clearTimeout(killer);
    process.off('exit', this.kill);
    closeSync(this.request);
    closeSync(this.reply);
    const printed = this.printed;
    rmSync(this.folder, { recursive: true, force: true });
    return printed;
  }

  private readonly kill = (): void => void this.child.kill('SIGKILL');

  private serve(): unknown {
    for (;;) {
      const message = JSON.parse(this.line()) as { ask?: string; args: never[]; done?: unknown; error?: string };
      if (message.error !== undefined) throw new Error(`in the engine: ${message.error}`);
      if (message.ask === undefined) return message.done;
      this.done.questions.push([message.ask, message.args]);
      try {
        this.send({ value: this.options.answer(message.ask, message.args) });
      } catch (error) {
        this.send({ error: String(error) });
      }
    }
  }

  private send(message: object): void {
    const text = JSON.stringify({ us: this.options.nowUs(), ...message });
    writeSync(this.reply, Buffer.from(text.length.toString(16).padStart(6, '0') + text, 'latin1'));
  }

  private line(): string {
    const chunk = Buffer.alloc(4096);
    const untilMs = Date.now() + (this.options.patienceMs ?? 20000);
    for (let rounds = 0; ; rounds++) {
      const end = this.buffer.indexOf('\n');
      if (end >= 0) {
        const line = this.buffer.slice(0, end);
        this.buffer = this.buffer.slice(end + 1);
        return line;
      }
      const count = this.poll(chunk);
      this.buffer += chunk.toString('latin1', 0, count);
      if (count > 0) continue;
      if (Date.now() > untilMs) {
        this.kill();
        throw new Error(`the engine is silent; it has printed:\n${this.printed}`);
      }
      if (rounds > 20) Atomics.wait(nap, 0, 0, 0.05);
    }
  }

  /** Bytes read; 0 while there are none or the engine has not opened its end yet. */
  private poll(chunk: Buffer): number {
    try {
      return readSync(this.request, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
      throw error;
    }
  }
}
