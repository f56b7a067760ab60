import type { Pack } from '../../../src/bms/pack';
import { feed } from '../../../src/comms/pace/framer';
import { nextPiece, type PacePort } from '../../../src/comms/pace/port';

/** Gives the port what arrives and takes all that it then has to say, as on a line that is always free. */
export function onData(pace: PacePort, pack: Pack, params: Int32Array, data: string, nowMs: number): string {
  if (!feed(pace.framer, data, nowMs)) return '';
  let out = '';
  for (let piece = nextPiece(pace, pack, params); piece !== ''; piece = nextPiece(pace, pack, params)) {
    if (piece.length > 66) throw new Error(`a piece of ${piece.length} characters`);
    out += piece;
  }
  return out;
}
