/** The last things that happened to the program itself, in a ring that never grows. Later written to the event log. */

export const enum EventKind {
  /** Started; value: `ResetCause`. */
  Start,
  /** Started after an exception; value: how many in a row. */
  Crash,
  /** A tick began late; value: ms. */
  Overrun,
  /** Free memory fell below the reserve; value: free blocks. */
  LowMemory,
  /** The engine has lost input or memory; value: bits of `EngineError`. */
  EngineError,
  /** The DIP switches have been set to another address; value: it. */
  Address,
  /** The AFE's bus needed repeats in the last hour; value: how many. */
  BusErrors,
}

/** How many of them are kept. */
export const EVENTS = 8;

export interface Events {
  /** Events since start; the newest is at `(count - 1) % EVENTS`. */
  count: number;
  kind: Uint8Array;
  /** Seconds since start. */
  atS: Uint32Array;
  value: Int32Array;
}

export function createEvents(): Events {
  return { count: 0, kind: new Uint8Array(EVENTS), atS: new Uint32Array(EVENTS), value: new Int32Array(EVENTS) };
}

/** Notes an event over the oldest one. */
export function note(events: Events, kind: EventKind, value: number, nowMs: number): void {
  const at = events.count++ % EVENTS;
  events.kind[at] = kind;
  events.atS[at] = nowMs / 1000;
  events.value[at] = value;
}
