/** Address of the pack on its ports, from the DIP switches (S21): a change counts when it has stood for two seconds. */

const STABLE_MS = 2000;

export interface Address {
  /** The address in force, 0..15. */
  value: number;
  /** What the switches have shown since when. */
  seen: number;
  seenMs: number;
}

/** `raw`: the switches at start, negative when they cannot be read: stand-alone until they can. */
export function createAddress(raw: number): Address {
  return { value: Math.max(raw, 0), seen: raw, seenMs: 0 };
}

/** One look at the switches; a negative `raw` says nothing. True when another address is in force from now on. */
export function stepAddress(a: Address, raw: number, nowMs: number): boolean {
  if (raw !== a.seen) {
    a.seen = raw;
    a.seenMs = nowMs;
  }
  if (raw === a.value || raw < 0 || nowMs - a.seenMs < STABLE_MS) return false;
  a.value = raw;
  return true;
}
