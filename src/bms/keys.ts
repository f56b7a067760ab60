/** Power key and RST key (S20): debounced levels and time in, wishes out. Each press acts at most once. */

/** Power key: off when held so long (assumption); RST: held (S20), then all LEDs light for so long (pace.md 3.4). */
const OFF_HOLD_MS = 1000;
const RESET_HOLD_MS = 10000;
const ALL_LEDS_MS = 1500;
/** A key held longer is stuck (hardware.md 9, row 33). */
const STUCK_MS = 30000;

/** Rows of the arrays; `1 << Key` is its bit in `stuck`. */
export const enum Key {
  Power,
  Rst,
}

/** What a press asks for. */
export const enum Wish {
  None,
  Wake,
  Off,
}

export interface Keys {
  /** By `Key`: since when it is pressed (-1 = not), and whether this press has acted. One held at the start has. */
  pressedMs: Float64Array;
  spent: Uint8Array;
  /** Neither key was pressed at the last step. */
  idle: boolean;
  stuck: number;
  /** RST was held: all LEDs on, then a restart is due. */
  allLeds: boolean;
  allLedsMs: number;
  restart: boolean;
}

export function createKeys(): Keys {
  return {
    pressedMs: new Float64Array(2).fill(-1),
    spent: new Uint8Array(2).fill(1),
    idle: false,
    stuck: 0,
    allLeds: false,
    allLedsMs: 0,
    restart: false,
  };
}

/** True when the key was down at the last step. */
export function isPressed(keys: Readonly<Keys>, key: Key): boolean {
  return keys.pressedMs[key] >= 0;
}

/** Follows one key. Returns ms for which a press that has not acted lasts, -1 without one. */
function follow(keys: Keys, key: Key, pressed: boolean, nowMs: number): number {
  if (!pressed) {
    keys.pressedMs[key] = -1;
    keys.spent[key] = 0;
    keys.stuck &= ~(1 << key);
    return -1;
  }
  if (keys.pressedMs[key] < 0) keys.pressedMs[key] = nowMs;
  const heldMs = nowMs - keys.pressedMs[key];
  if (heldMs > STUCK_MS) keys.stuck |= 1 << key;
  return keys.spent[key] !== 0 ? -1 : heldMs;
}

/** One step. In the dark any key wakes and does no more; else RST restarts after its hold, the Power key switches off. */
export function stepKeys(keys: Keys, powerKey: boolean, rstKey: boolean, dark: boolean, nowMs: number): Wish {
  if (keys.idle && !powerKey && !rstKey && !keys.allLeds) return Wish.None;
  keys.idle = !powerKey && !rstKey;
  const powerMs = follow(keys, Key.Power, powerKey, nowMs);
  const rstMs = follow(keys, Key.Rst, rstKey, nowMs);
  if (dark && (powerMs >= 0 || rstMs >= 0)) {
    if (powerMs >= 0) keys.spent[Key.Power] = 1;
    if (rstMs >= 0) keys.spent[Key.Rst] = 1;
    return Wish.Wake;
  }
  if (rstMs >= RESET_HOLD_MS) {
    keys.spent[Key.Rst] = 1;
    keys.allLeds = true;
    keys.allLedsMs = nowMs;
  }
  if (keys.allLeds && nowMs - keys.allLedsMs >= ALL_LEDS_MS) {
    keys.allLeds = false;
    keys.restart = true;
  }
  if (powerMs < OFF_HOLD_MS) return Wish.None;
  keys.spent[Key.Power] = 1;
  return Wish.Off;
}
