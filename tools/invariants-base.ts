/** What the rules of `invariants.ts` have in common. */
import type { Firmware } from '../src/app/record';
import type { Truth } from '../src/hal-mock/plant/plant';
import type { Injected } from './random-life-stage';

/** One look at the pack. */
export interface Moment {
  nowMs: number;
  /** Since the last look. */
  dtMs: number;
  truth: Truth;
  firmware: Readonly<Firmware>;
  /** The controller has started anew since the last look. */
  restarted: boolean;
  /** Since the last start, the last tick that ran to its end, the last good sample (of this or an earlier start). */
  bootAgeMs: number;
  tickAgeMs: number;
  sampleAgeMs: number;
  /** Since the last kick of the watchdog, and exceptions out of callbacks so far. */
  kickAgeMs: number;
  exceptions: readonly unknown[];
  injected: Readonly<Injected>;
}

export interface Invariant {
  /** What is wrong now and was not reported at the last look. */
  check(moment: Readonly<Moment>): string[];
}

export interface Violation {
  atMs: number;
  text: string;
}

/** A condition that may hold for a while, but not longer. */
export class Lasting {
  ms = 0;
  private told = false;

  /** True once, when the condition has held for more than `allowedMs`. */
  exceeded(condition: boolean, dtMs: number, allowedMs: number): boolean {
    if (!condition) {
      this.reset();
      return false;
    }
    this.ms += dtMs;
    if (this.told || this.ms <= allowedMs) return false;
    this.told = true;
    return true;
  }

  reset(): void {
    this.ms = 0;
    this.told = false;
  }
}
