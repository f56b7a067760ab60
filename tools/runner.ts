/** Couples virtual to real time, or lets it run free, in stretches short enough that sockets and screen are served. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** Stretches end on this grid of virtual time, so that a run is the same at every speed. */
export const GRID_MS = 1000;
/** While somebody talks on a port. */
const TALK_MS = 20;
/** Longest computing before other events of the process get their turn, real time. */
const TURN_MS = 20;
const REST_MS = 10;
/** Real time that is made up for after a stall; more is forgotten. */
const CATCH_UP_MS = 250;
/** The reached speed is measured over this real time. */
const WINDOW_MS = 1000;

export interface Runnable {
  readonly nowMs: number;
  /** Absolute, so that a run in many stretches meets the same instants as one in few. May overshoot a little. */
  runTo(ms: number): void;
}

export interface RunOptions {
  /** Virtual seconds per second, Infinity = as fast as possible. */
  speed: number;
  /** End of the run in virtual time; Infinity = until `signal`. */
  untilMs: number;
  signal: AbortSignal;
  /** True while virtual time must pass in small steps. */
  talking(): boolean;
  /** After each stretch. `onGrid`: virtual time has just passed a multiple of `GRID_MS`. */
  afterStretch(nowMs: number, onGrid: boolean): void;
}

export class Runner {
  /** Virtual seconds per real second, over the last second or so. */
  reached: number;
  private windowRealMs = 0;
  private windowVirtualMs = 0;

  constructor(
    private readonly target: Runnable,
    private readonly options: Readonly<RunOptions>,
  ) {
    this.reached = options.speed === Infinity ? 0 : options.speed;
  }

  async run(): Promise<void> {
    const { speed, signal } = this.options;
    let realMs = performance.now();
    let dueMs = 0;
    this.windowRealMs = realMs;
    this.windowVirtualMs = this.target.nowMs;
    while (!this.finished) {
      const nowMs = performance.now();
      dueMs = speed === Infinity ? Infinity : Math.min(dueMs + (nowMs - realMs) * speed, CATCH_UP_MS * speed);
      realMs = nowMs;
      dueMs = this.turn(dueMs, nowMs + TURN_MS);
      this.measure(performance.now());
      if (dueMs > 0) await nextTurn();
      else await sleep(REST_MS, undefined, { signal }).catch(() => {}); // aborted: the loop ends
    }
  }

  private get finished(): boolean {
    return this.options.signal.aborted || this.target.nowMs >= this.options.untilMs;
  }

  /** Runs what is due until the turn is over; returns what is left. */
  private turn(dueMs: number, endRealMs: number): number {
    const { target, options } = this;
    while (dueMs > 0 && !this.finished && performance.now() < endRealMs) {
      const fromMs = target.nowMs;
      const gridMs = (Math.floor(fromMs / GRID_MS) + 1) * GRID_MS;
      const stretchMs = Math.min(dueMs, options.talking() ? TALK_MS : GRID_MS);
      target.runTo(Math.min(gridMs, options.untilMs, fromMs + stretchMs));
      dueMs -= target.nowMs - fromMs;
      options.afterStretch(target.nowMs, target.nowMs >= gridMs);
    }
    return dueMs;
  }

  private measure(realMs: number): void {
    if (realMs - this.windowRealMs < WINDOW_MS) return;
    this.reached = (this.target.nowMs - this.windowVirtualMs) / (realMs - this.windowRealMs);
    this.windowRealMs = realMs;
    this.windowVirtualMs = this.target.nowMs;
  }
}
