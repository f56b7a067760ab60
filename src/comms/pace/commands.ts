/**
 * What a PACE request on RS232 is answered with: the checks of pace.md 1.5 in their order, then the command. An answer
 * is built piece by piece, so that no piece keeps the control tick waiting; its length is known before its content.
 */
import { Pack } from '../../bms/pack';
import { sum } from '../../hal/native';
import { checksumField, encode, endOf, isHex, lengthField, textHex, u8 } from './codec';
import {
  analogCells,
  analogLength,
  analogTail,
  analogValues,
  Layout,
  layoutFor,
  warningBits,
  warningLength,
  warningStates,
} from './telemetry';

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

/** The piece of an answer that comes next; the parts of one answer stand in their order. */
export const enum Part {
  None,
  AnalogCells,
  AnalogValues,
  AnalogTail,
  WarningStates,
  WarningBits,
  BmsSerial,
  PackSerial,
  Version,
}

/** An answer under way. */
export interface Answer {
  part: Part;
  layout: Layout;
  /** Sum of the characters from VER to the last piece. */
  total: number;
  /** The request was answered with an error or with silence. */
  refused: boolean;
}

export function createAnswer(): Answer {
  return { part: Part.None, layout: Layout.V3, total: 0, refused: false };
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

/** CID1 and CID2 of the commands whose answer is a constant: number of packs, version, serial numbers. */
function isSimple(command: string): boolean {
  return command === '4690' || command === '46C1' || command === '46C2';
}

/**
 * Return code of the checks up to the length of INFO, in their order. What has passed is hex, too, but for ADR, which no
 * check looks at. The usual request is compared as it stands; lower case takes the longer way.
 */
function verdict(frame: string, infoEnd: number): string {
  // A wrong LCHKSUM and a wrong LENID are both 03, so the whole field can be compared with the only right one.
  const length = frame.slice(8, 12);
  if ((infoEnd !== 14 || length !== 'E002') && length.toUpperCase() !== lengthField(infoEnd - 12)) return '03';
  const sent = frame.slice(infoEnd);
  const right = checksumField(frame.slice(0, infoEnd));
  if (sent !== right && sent.toUpperCase() !== right) return '02';
  const ver = frame.slice(0, 2);
  if (ver !== '25' && ver !== '20') return '01';
  const command = frame.slice(4, 8);
  if (command !== '4642' && command !== '4644' && !isSimple(command.toUpperCase())) return '04';
  return infoEnd === 14 || infoEnd === 12 ? '00' : '05';
}

/** INFOFLAG and COMMAND, or the number of packs, of an answer about this pack alone; '' when another pack is meant. */
function header(pack: Readonly<Pack>, info: string): string {
  // Without COMMAND the host takes this byte for a number of packs, if for anything.
  if (info === '01' || info === '') return '0001';
  if (!isHex(info)) return '';
  const command = parseInt(info, 16);
  if (command === ALL_PACKS) return '0001';
  return command === 0 || command === FIRST_PACK || command === pack.address ? '00' + u8(command) : '';
}

/** First part and LENGTH of an answer to 42 or 44. */
function openInfo(answer: Answer, analog: boolean): string {
  const layout = answer.layout;
  if (analog) {
    answer.part = Part.AnalogCells;
    return analogLength(layout);
  }
  answer.part = Part.WarningStates;
  return warningLength(layout);
}

/** A complete answer in one piece. */
function whole(answer: Answer, ver: string, address: number, rtn: string, info: string): string {
  answer.refused = rtn !== '00';
  return encode(ver, address, rtn, info);
}

/**
 * The first piece of the answer to a frame without `~` and carriage return: all of a short answer, '' when the frame has
 * not even the form of one. `answer` then knows what is to follow.
 */
export function firstPiece(answer: Answer, pace: Readonly<PaceIdentity>, pack: Readonly<Pack>, frame: string): string {
  const infoEnd = frame.length - 4;
  const rtn = verdict(frame, infoEnd);
  answer.part = Part.None;
  answer.refused = true;
  if (rtn === '00' ? !isHex(frame.slice(2, 4)) : !hasForm(frame)) return '';
  const ver = frame.slice(0, 2) === '20' ? '20' : '25';
  const address = pack.address; // RS232 has one pack at its end: the request's ADR is not looked at (pace.md 1.3)
  if (rtn !== '00') return whole(answer, ver, address, rtn, '');
  const cid2 = frame.slice(6, 8).toUpperCase();
  if (cid2 === '90') return whole(answer, ver, address, '00', '01');
  let length = '6028'; // LENGTH: the version has 20 characters
  let head = '';
  answer.part = Part.Version;
  if (cid2 === 'C2') {
    length = 'B050';
    answer.part = Part.BmsSerial;
  } else if (cid2 !== 'C1') {
    const info = frame.slice(12, infoEnd);
    head = header(pack, info);
    answer.layout = layoutFor(pace.layout, 1);
    length = openInfo(answer, cid2 === '42');
    if (head === '') answer.part = Part.None;
    if (head === '') return whole(answer, ver, address, '06', '');
  }
  const body = (ver + u8(address) + '4600' + length + head).toUpperCase();
  answer.refused = false;
  answer.total = sum(body);
  return '~' + body;
}

/** One part of INFO; sets the part that follows it. */
function build(
  answer: Answer,
  part: Part,
  pace: Readonly<PaceIdentity>,
  pack: Readonly<Pack>,
  params: Int32Array,
): string {
  answer.part = Part.None;
  if (part === Part.AnalogTail) return analogTail(pack, answer.layout);
  if (part === Part.WarningBits) return warningBits(pack, params, answer.layout);
  if (part === Part.Version) return textHex(pace.version, 19) + '00';
  if (part === Part.PackSerial) return textHex(pace.packSerial, 20);
  answer.part = part + 1;
  if (part === Part.AnalogCells) return analogCells(pack);
  if (part === Part.AnalogValues) return analogValues(pack, answer.layout);
  return part === Part.WarningStates ? warningStates(pack, params) : textHex(pace.bmsSerial, 20);
}

/** The next piece, at most 66 characters, CHKSUM and carriage return with the last one; '' after that. */
export function furtherPiece(
  answer: Answer,
  pace: Readonly<PaceIdentity>,
  pack: Readonly<Pack>,
  params: Int32Array,
): string {
  const part = answer.part;
  if (part === Part.None) return '';
  const piece = build(answer, part, pace, pack, params).toUpperCase();
  answer.total += sum(piece);
  return answer.part === Part.None ? piece + endOf(answer.total) : piece;
}

/** The whole answer at once: the same pieces, one after the other. */
export function respond(pace: Readonly<PaceIdentity>, pack: Readonly<Pack>, params: Int32Array, frame: string): string {
  const answer = createAnswer();
  let out = firstPiece(answer, pace, pack, frame);
  while (answer.part !== Part.None) out += furtherPiece(answer, pace, pack, params);
  return out;
}
