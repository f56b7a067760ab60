/** The RS232 port with the PACE protocol: bytes in, answer out. */
import { Pack } from '../../bms/pack';
import { PaceIdentity, respond } from './commands';
import { createFramer, feed, Framer, nextFrame } from './framer';
import { Layout } from './telemetry';

/** Time of one character, 10 bits at 9600 baud. */
const CHAR_MS = 10 / 9.6;
/** The engine's transmit queue (256 characters) less the longest answer of one pack (168). */
const ROOM_CHARS = 256 - 168;

export interface PacePort extends PaceIdentity {
  framer: Framer;
  /** Time of one character on the line, ms. */
  charMs: number;
  /** When the last answer has left the port. */
  lineFreeMs: number;
}

export function createPacePort(): PacePort {
  return {
    layout: Layout.Auto,
    version: 'CELLKEEPER-0.1.0',
    bmsSerial: 'CELLKEEPER',
    packSerial: '',
    framer: createFramer(),
    charMs: CHAR_MS,
    lineFreeMs: 0,
  };
}

/**
 * Takes what has arrived and returns the answers to send, or ''. A request that comes while earlier answers still fill
 * the transmit queue is dropped: writing would block the control tick, and no host asks again before it has its answer.
 */
export function onData(pace: PacePort, pack: Readonly<Pack>, params: Int32Array, data: string, nowMs: number): string {
  let out = '';
  feed(pace.framer, data, nowMs);
  let frame = nextFrame(pace.framer);
  while (frame !== '') {
    let answer = '';
    if (pace.lineFreeMs - nowMs <= ROOM_CHARS * pace.charMs) answer = respond(pace, pack, params, frame);
    if (answer.slice(7, 9) !== '00') pace.framer.badFrames++;
    pace.lineFreeMs = Math.max(pace.lineFreeMs, nowMs) + answer.length * pace.charMs;
    out += answer;
    frame = nextFrame(pace.framer);
  }
  return out;
}
