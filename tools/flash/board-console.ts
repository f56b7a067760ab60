/**
 * Questions to the interpreter over its console. Both directions carry a CRC and a number: a line that was damaged is not
 * run, one that was repeated is not run twice, and what the firmware prints in between is not taken for an answer.
 */
import { crc32 } from './crc32';
import { FlashError, type Link } from './link';

/** Clears what an earlier session left in the input line, without the interrupt of Ctrl-C; then no echo for this line. */
const FRESH_LINE = '\x1b[2H\x10';
const ANSWER = /ck>(\d+):(\d+):(\d+):/;
const TRIES = 3;
const KEPT_NOISE = 4000;

/** `i` number, `c` CRC, `t` text to run. */
const HELPER =
  'ckX=function(i,c,t){var r;if(E.CRC32(t)!=c)r="!crc";else if(ckX.i===i)r=ckX.r;else{ckX.i=i;ckX.r="!stopped";' +
  'try{r=JSON.stringify(eval(t))}catch(e){r="!"+e}if(r===undefined)r="null";ckX.r=r}' +
  'print("\\nck>"+i+":"+E.CRC32(r)+":"+r.length+":"+r)};';

interface Pending {
  id: number;
  settle: (answer: string | null) => void;
}

export class BoardConsole {
  /** What came beside answers, newest last: the engine's own words about an error. */
  noise = '';
  /** Real ms without an answer before a line is sent again. */
  patienceMs = 1500;
  private text = '';
  private id = 0;
  private pending: Pending | null = null;
  private lost: string | null = null;

  constructor(private readonly link: Link) {
    link.onData = (data) => this.receive(data);
    link.onClose = (reason) => {
      this.lost = reason;
      this.pending?.settle(null);
    };
  }

  get isLost(): boolean {
    return this.lost !== null;
  }

  /** Installs the helper in the engine; false = nothing answers. */
  async attach(tries = TRIES): Promise<boolean> {
    for (let n = 0; n < tries; n++) {
      this.send(HELPER);
      const id = ++this.id;
      // a wrong CRC must be found out before anything else is trusted to the helper
      if ((await this.exchange(id, this.line(id, '1', 0))) !== '!crc') continue;
      if ((await this.exchange(++this.id, this.line(this.id, '"ready"'))) === '"ready"') return true;
    }
    return false;
  }

  /** Value of an expression, run once however often its line had to be sent. `growth` of the patience from try to try. */
  async ask<T>(source: string, growth = 1): Promise<T> {
    const id = ++this.id;
    for (let n = 0; n < TRIES; n++) {
      const answer = await this.exchange(id, this.line(id, source), this.patienceMs * growth ** n);
      if (answer === null || answer === '!crc') continue;
      if (answer === '!stopped') throw new FlashError(`the engine gave up: ${this.lastWords()}`);
      if (answer.startsWith('!')) throw new FlashError(`the engine says: ${answer.slice(1)}`);
      return JSON.parse(answer) as T;
    }
    throw new FlashError(
      `the console does not answer${this.lastWords() === '' ? '' : `; it said: ${this.lastWords()}`}`,
    );
  }

  /** Takes the helper out of the engine. */
  detach(): void {
    if (!this.isLost) this.send('delete global.ckX;');
  }

  close(): void {
    this.link.close();
  }

  private lastWords(): string {
    const lines = this.noise.split(/[\r\n]+/).filter((line) => /uncaught|memory|interrupted|error/i.test(line));
    return lines.slice(-2).join(' / ').trim();
  }

  private line(id: number, source: string, crc = crc32(source)): string {
    return `ckX(${id},${crc},${JSON.stringify(source)})`;
  }

  private send(line: string): void {
    if (this.lost !== null) throw new FlashError(`the connection is gone: ${this.lost}`);
    this.link.write(`${FRESH_LINE}${line}\n`);
  }

  private exchange(id: number, line: string, patienceMs = this.patienceMs): Promise<string | null> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(null), patienceMs);
      const settle = (answer: string | null): void => {
        clearTimeout(timer);
        this.pending = null;
        if (this.lost === null) resolve(answer);
        else reject(new FlashError(`the connection is gone: ${this.lost}`));
      };
      this.pending = { id, settle };
      try {
        this.send(line);
      } catch (error) {
        clearTimeout(timer);
        this.pending = null;
        reject(error as Error);
      }
    });
  }

  private receive(data: string): void {
    this.text += data;
    for (;;) {
      const match = ANSWER.exec(this.text);
      if (match === null) break;
      const start = match.index + match[0].length;
      const end = start + Number(match[3]);
      if (Number(match[3]) > KEPT_NOISE) {
        this.skip(start); // a damaged length
        continue;
      }
      if (this.text.length < end) return;
      const answer = this.text.slice(start, end);
      const whole = crc32(answer) === Number(match[2]) >>> 0;
      this.skip(match.index);
      this.text = this.text.slice((whole ? end : start) - match.index);
      if (whole && this.pending?.id === Number(match[1])) this.pending.settle(answer);
    }
    const last = this.text.lastIndexOf('\n');
    if (last >= 0) this.skip(last);
  }

  private skip(count: number): void {
    this.noise = (this.noise + this.text.slice(0, count)).slice(-KEPT_NOISE);
    this.text = this.text.slice(count);
  }
}
