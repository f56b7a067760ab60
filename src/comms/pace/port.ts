/** The RS232 port with the PACE protocol: bytes in, answers out in pieces. */
import { Pack } from '../../bms/pack';
import { Answer, createAnswer, firstPiece, furtherPiece, PaceIdentity, Part } from './commands';
import { createFramer, Framer, nextFrame } from './framer';
import { Layout } from './telemetry';

/** Of RS232 (pace.md 1.1). */
export const BAUD = 9600;

export interface PacePort extends PaceIdentity {
  framer: Framer;
  /** The answer under way. */
  answer: Answer;
}

export function createPacePort(): PacePort {
  return {
    layout: Layout.Auto,
    version: 'CELLKEEPER-0.1.0',
    bmsSerial: 'CELLKEEPER',
    packSerial: '',
    framer: createFramer(),
    answer: createAnswer(),
  };
}

/**
 * The next piece to send: of the answer under way, else the first of the answer to the oldest request that waits; ''
 * when there is none. Each call is one slice of at most a few milliseconds.
 */
export function nextPiece(pace: PacePort, pack: Readonly<Pack>, params: Int32Array): string {
  if (pace.answer.part !== Part.None) return furtherPiece(pace.answer, pace, pack, params);
  let frame = nextFrame(pace.framer);
  while (frame !== '') {
    const piece = firstPiece(pace.answer, pace, pack, frame);
    if (pace.answer.refused) pace.framer.badFrames++;
    if (piece !== '') return piece;
    frame = nextFrame(pace.framer);
  }
  return '';
}
