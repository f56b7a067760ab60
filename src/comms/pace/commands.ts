/** What a PACE request on RS232 is answered with: the checks of pace.md 1.5 in their order, then the command. */
import { Pack } from '../../bms/pack';
import { checksumField, encode, isHex, lengthField, textHex, u8 } from './codec';
import { analogBlock, Layout, layoutFor, warningBlock } from './telemetry';

/** VER, ADR, CID1, CID2, LENGTH, CHKSUM. */
const SHORTEST = 16;
/** COMMAND of 42 and 44 for the pack at DIP address 1, which every lone pack answers, and for all packs. */
const FIRST_PACK = 1;
const ALL_PACKS = 255;

/** What the port says about the pack, and how. */
export interface PaceIdentity {
  layout: Layout;
  /** C1, at most 19 characters. */
  version: string;
  /** C2, at most 20 characters each. */
  bmsSerial: string;
  packSerial: string;
}

/** What the host's decoder sees as damaged: return code up to CHKSUM, '00' when the frame is whole. */
function damage(frame: string): string {
  const infoEnd = frame.length - 4;
  // A wrong LCHKSUM and a wrong LENID are both 03, so the whole field can be compared with the only right one.
  if (frame.slice(8, 12).toUpperCase() !== lengthField(infoEnd - 12)) return '03';
  return frame.slice(infoEnd).toUpperCase() === checksumField(frame.slice(0, infoEnd)) ? '00' : '02';
}

/** True when VER to LENGTH and CHKSUM are hex digits; anything else is noise between a `~` and a carriage return. */
function hasForm(frame: string): boolean {
  return (
    frame.length >= SHORTEST &&
    isHex(frame.slice(0, 6)) &&
    isHex(frame.slice(6, 12)) &&
    isHex(frame.slice(frame.length - 4))
  );
}

/** INFOFLAG and COMMAND, or the number of packs, of an answer about this pack alone; '' when another pack is meant. */
function header(pack: Readonly<Pack>, info: string): string {
  // Without COMMAND the host takes this byte for a number of packs, if for anything.
  if (info === '') return '0001';
  const command = parseInt(info, 16);
  if (command === ALL_PACKS) return '0001';
  return command === 0 || command === FIRST_PACK || command === pack.address ? '00' + u8(command) : '';
}

/** The answer to a frame without `~` and carriage return; '' when it has not even the form of one. */
export function respond(pace: Readonly<PaceIdentity>, pack: Readonly<Pack>, params: Int32Array, frame: string): string {
  if (!hasForm(frame)) return '';
  const asked = frame.slice(0, 2);
  const known = asked === '25' || asked === '20';
  const ver = known ? asked : '25';
  const address = pack.address; // RS232 has one pack at its end: the request's ADR is not looked at (pace.md 1.3)
  const damaged = damage(frame);
  if (damaged !== '00') return encode(ver, address, damaged, '');
  if (!known) return encode(ver, address, '01', '');
  const cid2 = frame.slice(6, 8).toUpperCase();
  const telemetry = cid2 === '42' || cid2 === '44';
  if (frame.slice(4, 6) !== '46' || (!telemetry && cid2 !== '90' && cid2 !== 'C1' && cid2 !== 'C2'))
    return encode(ver, address, '04', '');
  const info = frame.slice(12, frame.length - 4);
  if (info !== '' && info.length !== 2) return encode(ver, address, '05', '');
  if (cid2 === '90') return encode(ver, address, '00', '01');
  if (cid2 === 'C1') return encode(ver, address, '00', textHex(pace.version, 19) + '00');
  if (cid2 === 'C2') return encode(ver, address, '00', textHex(pace.bmsSerial, 20) + textHex(pace.packSerial, 20));
  const head = info === '' || isHex(info) ? header(pack, info) : '';
  if (head === '') return encode(ver, address, '06', '');
  const layout = layoutFor(pace.layout, 1);
  return encode(
    ver,
    address,
    '00',
    head + (cid2 === '42' ? analogBlock(pack, layout) : warningBlock(pack, params, layout)),
  );
}
