/** What the controller itself offers: time, later calls, watchdog, memory, reason of the last start. */

/** Whole milliseconds since start, rising. */
export type Clock = () => number;

/** Calls `action` once, after at least `ms`, when nothing else is running. */
export type Later = (action: () => void, ms: number) => void;

export interface Watchdog {
  /** Restarts the countdown; without it the controller resets. */
  kick(): void;
}

/** The interpreter's own health. */
export interface Health {
  /** Free blocks of the interpreter's memory. */
  freeBlocks(): number;
  /** Errors that the interpreter has noted since the last call (lost input, no memory ..): bits of `EngineError`. */
  takeErrors(): number;
}

/** Bits of `Health.takeErrors`. */
export const enum EngineError {
  /** Received bytes or edges were lost. */
  InputLost = 1,
  /** Memory ran out. */
  Memory = 2,
  /** Anything else that the engine names. */
  Other = 4,
}

/** Why the controller started. */
export const enum ResetCause {
  Unknown,
  PowerOn,
  Watchdog,
  /** The program asked for it after an exception. */
  Crash,
}

/** How much of the board is needed. */
export const enum PowerLevel {
  Full,
  /** A sample now and then: the controller may sleep in between. */
  Doze,
  /** Nothing: a board that can switch itself off does. A charger or the Power key starts it again. */
  Off,
}

/** Told when another level is needed. */
export type SavePower = (level: PowerLevel) => void;
