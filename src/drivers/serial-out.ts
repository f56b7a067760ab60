/** The sending side of a serial port: text leaves in pieces, so that no write ever waits for the line (engine.md 5). */
import { SerialPort } from '../hal/serial';
import { Clock, Later } from '../hal/system';

/** Share of one port in the engine's transmit queue of 256 characters, which four ports have in common. */
const SHARE_CHARS = 64;
/** Characters of one write; the next follows when there is room for as many, while the other half is still leaving. */
const WRITE_CHARS = 32;
/** The clock counts whole milliseconds: the line is taken to be busy for this much longer. */
const CLOCK_MS = 1;
/** Bits of a character: start, eight, stop. */
const CHAR_BITS = 10;

/** Gives what comes next, '' when there is nothing more to say. Called in a slice of its own. */
export type TextSource = () => string;

export interface SerialOut {
  port: SerialPort;
  clock: Clock;
  later: Later;
  source: TextSource;
  /** Time of one character on the line. */
  charMs: number;
  /** The next write may follow this much before the line is free. */
  leadMs: number;
  /** Built, not yet written. */
  text: string;
  /** When all that was written has left the port. */
  freeMs: number;
  /** When there is room for the next write. */
  roomMs: number;
  /** A step is due: it sends what the source has, also what comes up until then. */
  busy: boolean;
  /** The next slice, ready for `later`. */
  step: () => void;
}

/** One slice: has the next piece built if there is none, writes as much of it as one write may be. */
function step(out: SerialOut): void {
  const nowMs = out.clock();
  out.busy = true;
  if (nowMs < out.roomMs) {
    out.later(out.step, out.roomMs - nowMs);
    return;
  }
  let text = out.text;
  if (text === '') text = out.source();
  if (text === '') {
    out.busy = false;
    return;
  }
  const piece = text.slice(0, WRITE_CHARS);
  out.text = text.slice(WRITE_CHARS);
  out.port.write(piece);
  if (out.freeMs < nowMs) out.freeMs = nowMs;
  out.freeMs += piece.length * out.charMs;
  out.roomMs = Math.ceil(out.freeMs - out.leadMs);
  out.later(out.step, out.roomMs > nowMs ? out.roomMs - nowMs : 0);
}

/** Nothing is sent before `start`. */
export function createSerialOut(
  port: SerialPort,
  clock: Clock,
  later: Later,
  baud: number,
  source: TextSource,
): SerialOut {
  const charMs = (CHAR_BITS * 1000) / baud;
  const out: SerialOut = {
    port: port,
    clock: clock,
    later: later,
    source: source,
    charMs: charMs,
    leadMs: (SHARE_CHARS - WRITE_CHARS) * charMs - CLOCK_MS,
    text: '',
    freeMs: 0,
    roomMs: 0,
    busy: false,
    step: function () {
      step(out);
    },
  };
  return out;
}

/** The source has something to say: its first piece is built and written now if the line has room for it. */
export function start(out: SerialOut): void {
  if (!out.busy) step(out);
}
