/** A bar on a terminal, every tenth part as a line elsewhere. */
import type { Sink } from '../output';

const WIDTH = 32;

export class Progress {
  private tenth = -1;
  private open = false;

  constructor(
    private readonly out: Sink,
    private readonly isTty = out.isTTY === true,
  ) {}

  /** A stage is over when `done` has reached `total`. */
  show(stage: string, done: number, total: number): void {
    const part = total === 0 ? 1 : done / total;
    if (this.isTty) {
      const full = Math.round(part * WIDTH);
      const bar = '#'.repeat(full) + '.'.repeat(WIDTH - full);
      this.out.write(`\r\x1b[K${stage.padEnd(8)} [${bar}] ${Math.floor(part * 100)} % ${done}/${total}`);
      this.open = true;
      return;
    }
    const tenth = Math.floor(part * 10);
    if (stage === 'write' && tenth > this.tenth && tenth % 2 === 0)
      this.out.write(`write ${tenth * 10} % of ${total} bytes\n`);
    this.tenth = stage === 'write' ? tenth : -1;
  }

  /** A whole line between two pictures of the bar. */
  note(line: string): void {
    this.out.write(`${this.open ? '\r\x1b[K' : ''}${line}\n`);
    this.open = false;
  }

  close(): void {
    if (this.open) this.out.write('\n');
    this.open = false;
  }
}
