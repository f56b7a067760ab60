/** How far a long run is: one line that stays on a terminal, else a line every tenth of the way. On stderr. */
import type { Sink } from './output';

export interface State {
  nowMs: number;
  /** Virtual seconds per second. */
  speed: number;
  /** What is counted besides; null = nothing. */
  events: number | null;
  violations: number;
}

/** Shorter runs are over before anybody wonders, virtual and real ms. */
const LONG_MS = 3600000;
const PATIENCE_MS = 2000;
const REDRAW_MS = 500;
const TENTHS = 10;
const CLEAR_LINE = '\r\x1b[K';

export class Progress {
  private readonly startRealMs: number;
  private shownRealMs: number;
  private tenths = 0;
  private drawn = false;

  constructor(
    private readonly err: Sink,
    private readonly untilMs: number,
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.startRealMs = this.shownRealMs = clock();
  }

  update(state: Readonly<State>): void {
    if (!(this.untilMs >= LONG_MS && this.untilMs < Infinity)) return;
    if (this.err.isTTY === true) this.redraw(state);
    else this.line(state);
  }

  /** Leaves the terminal's line empty: also before something else is written. */
  clear(): void {
    if (this.drawn) this.err.write(CLEAR_LINE);
    this.drawn = false;
  }

  private redraw(state: Readonly<State>): void {
    const nowMs = this.clock();
    if (nowMs - this.startRealMs < PATIENCE_MS || nowMs - this.shownRealMs < REDRAW_MS) return;
    this.shownRealMs = nowMs;
    this.err.write(CLEAR_LINE + this.text(state));
    this.drawn = true;
  }

  private line(state: Readonly<State>): void {
    const tenths = Math.floor((state.nowMs / this.untilMs) * TENTHS);
    if (tenths <= this.tenths) return;
    this.tenths = tenths;
    this.err.write(this.text(state) + '\n');
  }

  private text({ nowMs, speed, events, violations }: Readonly<State>): string {
    const percent = Math.floor((100 * nowMs) / this.untilMs);
    const days = `${(nowMs / 86400000).toFixed(1)} of ${(this.untilMs / 86400000).toFixed(1)} days`;
    const seen = events === null ? '' : `, ${events} events, ${violations} violations`;
    return `${percent} %: ${days}, ${speed.toFixed(0)} x real time${seen}`;
  }
}
