/** What a PACE request on RS232 is answered with (pace.md 1.3-1.8): checks in their order, then the command. */
import { Pack } from '../../bms/pack';
import { checksumField, encode, isHex, lengthField, textHex } from './codec';
import { analogBlock, Layout, layoutFor, warningBlock } from './telemetry';

/** VER, ADR, CID1, CID2, LENGTH, CHKSUM. */
const SHORTEST = 16;
/** Requests go to all packs, or to the first one. */
const ALL_PACKS = 255;
const FIRST_PACK = 1;

/** How the port presents itself. */
export interface PaceIdentity {
  layout: Layout;
  /** C1, at most 19 characters. */
  version: string;
  /** C2, at most 20 characters each. */
  bmsSerial: string;
  packSerial: string;
}

/** The first error in pace.md 1.5's order up to CID2, or '00'. A wrong LCHKSUM and a wrong LENID are both 03. */
function frameError(frame: string, infoEnd: number): string {
  if (frame.slice(8, 12) !== lengthField(infoEnd - 12)) return '03';
  if (frame.slice(infoEnd) !== '') return '02';
  return '00';
}
