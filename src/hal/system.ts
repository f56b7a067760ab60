/** What the controller itself offers: time, watchdog, reason of the last start. */

/** Whole milliseconds since start, rising. */
export type Clock = () => number;

export interface Watchdog {
  /** Restarts the countdown; without it the controller resets. */
  kick(): void;
}

/** Why the controller started. */
export const enum ResetCause {
  Unknown,
  PowerOn,
  Watchdog,
  Software,
  BrownOut,
}
