/** The interpreter's time: one callback at a time, on virtual time, as Espruino runs them. */
import type { VirtualClock } from './clock';

interface Timer {
  id: number;
  dueUs: number;
  periodUs: number;
  action: () => void;
}

export class SimCpu {
  /** Exceptions out of callbacks. As on the engine the timer lives on; a test that expects none looks here. */
  readonly errors: unknown[] = [];
  /** The program's own handler of such exceptions, gone with a reset. */
  onUncaught: ((error: unknown) => void) | undefined;
  private timers: Timer[] = [];
  private jobs: (() => void)[] = [];
  private stopped = false;
  /** Counts resets and clearings: what was planned before one never runs. */
  private era = 0;
  private nextId = 1;

  constructor(readonly clock: VirtualClock) {}

  /** Repeats without drift; rounds missed while the CPU was busy or blocked follow back to back. */
  setInterval(action: () => void, ms: number): number {
    const id = this.nextId++;
    this.timers.push({ id, dueUs: this.clock.nowUs + ms * 1000, periodUs: ms * 1000, action });
    return id;
  }

  clearInterval(id: number): void {
    this.timers = this.timers.filter((timer) => timer.id !== id);
  }

  /** Ends every interval and every `later`. What arrives from outside still finds its handlers. */
  clearTimers(): void {
    this.era++;
    this.timers = [];
  }

  /** Once, after at least `ms`, when the CPU is free. */
  later(action: () => void, ms: number): void {
    const { era } = this;
    const job = (): void => {
      if (era === this.era) action();
    };
    if (ms <= 0) this.post(job);
    else this.clock.at(this.clock.nowUs + ms * 1000, () => this.post(job));
  }

  /** Something happened outside (a byte, an edge): `job` runs as soon as the CPU is free. */
  post(job: () => void): void {
    this.jobs.push(job);
  }

  /** Stops the program: time, chips and physics go on without it. */
  halt(): void {
    this.stopped = true;
  }

  /** The program goes on; what it missed is lost, as after a debugger's stop with its timers stopped. */
  resume(): void {
    this.stopped = false;
    for (const timer of this.timers) {
      const missed = Math.ceil((this.clock.nowUs - timer.dueUs) / timer.periodUs);
      if (missed > 0) timer.dueUs += missed * timer.periodUs;
    }
  }

  /** Controller reset: timers and waiting jobs are gone. */
  reset(): void {
    this.clearTimers();
    this.jobs = [];
    this.stopped = false;
    this.onUncaught = undefined;
  }

  /** The program waits in a blocking call. */
  wait(us: number): void {
    this.clock.advanceTo(this.clock.nowUs + us);
  }

  /** Lets virtual time pass until `untilUs`; a blocking call at the end may overshoot it. */
  run(untilUs: number): void {
    const clock = this.clock;
    for (;;) {
      if (!this.stopped) {
        const job = this.jobs.shift();
        if (job !== undefined) {
          this.call(job);
          continue;
        }
        const timer = this.firstTimer();
        if (timer !== undefined && timer.dueUs <= clock.nowUs) {
          timer.dueUs += timer.periodUs;
          this.call(timer.action);
          continue;
        }
        const nextUs = Math.min(clock.nextUs, timer?.dueUs ?? Infinity);
        if (nextUs > untilUs) break;
        clock.advanceTo(nextUs);
      } else {
        this.jobs.length = 0;
        if (clock.nextUs > untilUs) break;
        clock.advanceTo(clock.nextUs);
      }
    }
    clock.advanceTo(untilUs);
  }

  private firstTimer(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.timers) if (first === undefined || timer.dueUs < first.dueUs) first = timer;
    return first;
  }

  private call(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.errors.push(error);
      this.onUncaught?.(error);
    }
  }
}
