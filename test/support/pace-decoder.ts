/**
 * A host's view of PACE frames, typed in from pace.md 1.2, 1.6 and 1.7. It shares no code with the firmware and is
 * stricter than any client: everything that is not as described throws.
 */

export interface PaceFrame {
  ver: string;
  adr: number;
  cid1: string;
  /** CID2 of a request, RTN of an answer. */
  code: string;
  info: Buffer;
}

function expectThat(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`not a PACE frame: ${what}`);
}

/** One whole frame with its SOI and EOI. */
export function decodeFrame(raw: string): PaceFrame {
  const parts =
    /^~([0-9A-F]{2})([0-9A-F]{2})([0-9A-F]{2})([0-9A-F]{2})([0-9A-F])([0-9A-F]{3})((?:[0-9A-F]{2})*)([0-9A-F]{4})\r$/.exec(
      raw,
    );
  expectThat(parts !== null, `form of ${JSON.stringify(raw)}`);
  const [, ver, adr, cid1, code, lchksum, lenid, info, chksum] = parts as unknown as string[];
  const nibbles = [...lenid!].reduce((total, digit) => total + Number.parseInt(digit, 16), 0);
  expectThat((nibbles + Number.parseInt(lchksum!, 16)) % 16 === 0, 'LCHKSUM');
  expectThat(Number.parseInt(lenid!, 16) === info!.length, 'LENID');
  const codes = Buffer.from(raw.slice(1, -5), 'latin1').reduce((total, byte) => total + byte, 0);
  expectThat((codes + Number.parseInt(chksum!, 16)) % 0x10000 === 0, 'CHKSUM');
  return { ver: ver!, adr: Number.parseInt(adr!, 16), cid1: cid1!, code: code!, info: Buffer.from(info!, 'hex') };
}

/** Splits what a port sent into whole frames; throws when something else is between them. */
export function decodeStream(sent: string): PaceFrame[] {
  if (sent === '') return [];
  expectThat(sent.endsWith('\r'), 'end of stream');
  return sent
    .slice(0, -1)
    .split('\r')
    .map((frame) => decodeFrame(frame + '\r'));
}

/** A request with right checks. */
export function makeRequest(cid2: string, info = '', ver = '25', adr = '01', cid1 = '46'): string {
  const nibbles = [...info.length.toString(16)].reduce((total, digit) => total + Number.parseInt(digit, 16), 0);
  const length = ((16 - (nibbles % 16)) % 16).toString(16) + info.length.toString(16).padStart(3, '0');
  return withChecksum(`${ver}${adr}${cid1}${cid2}${length.toUpperCase()}${info}`);
}

/** SOI, the text, the CHKSUM that fits it, EOI. */
export function withChecksum(text: string): string {
  const codes = Buffer.from(text, 'latin1').reduce((total, byte) => total + byte, 0);
  return `~${text}${((0x10000 - (codes % 0x10000)) % 0x10000).toString(16).toUpperCase().padStart(4, '0')}\r`;
}

export interface AnalogPack {
  cellsMv: number[];
  tempsDeciC: number[];
  currentMa: number;
  packMv: number;
  remaining10Mah: number;
  userItems: number;
  full10Mah: number;
  cycles: number;
  design10Mah: number;
  /** Bytes after the design capacity: 0 in v1, 1 in v2, 14 in v3. */
  tail: Buffer;
}

/** INFO of an answer to 42 with one pack. */
export function decodeAnalog(info: Buffer): { command: number; pack: AnalogPack } {
  expectThat(info[0] === 0 || info[0] === 1, 'INFOFLAG');
  let at = 2;
  const cells = info[at++]!;
  expectThat(cells > 0 && info.length >= at + 2 * cells, 'cells');
  const cellsMv = Array.from({ length: cells }, (_, i) => info.readUInt16BE(at + 2 * i));
  at += 2 * cells;
  const temps = info[at++]!;
  expectThat(info.length >= at + 2 * temps + 13, 'length');
  const tempsDeciC = Array.from({ length: temps }, (_, i) => info.readUInt16BE(at + 2 * i) - 2730);
  at += 2 * temps;
  const pack: AnalogPack = {
    cellsMv,
    tempsDeciC,
    currentMa: info.readInt16BE(at) * 10,
    packMv: info.readUInt16BE(at + 2),
    remaining10Mah: info.readUInt16BE(at + 4),
    userItems: info[at + 6]!,
    full10Mah: info.readUInt16BE(at + 7),
    cycles: info.readUInt16BE(at + 9),
    design10Mah: info.readUInt16BE(at + 11),
    tail: info.subarray(at + 13),
  };
  expectThat([0, 1, 10, 14, 22].includes(pack.tail.length), 'length of the tail');
  return { command: info[1]!, pack };
}

export interface AnalogTailV3 {
  socPercent: number;
  chargedAh: number;
  dischargedAh: number;
  sohPercent: number;
  voltageMv: number;
  currentMa: number;
}

/** The 14 bytes after the design capacity in v3. */
export function decodeTailV3(tail: Buffer): AnalogTailV3 {
  expectThat(tail.length === 14, 'v3 tail');
  return {
    socPercent: tail[0]!,
    chargedAh: tail.readUInt32BE(1),
    dischargedAh: tail.readUInt32BE(5),
    sohPercent: tail[9]!,
    voltageMv: tail.readUInt16BE(10),
    currentMa: tail.readInt16BE(12) * 10,
  };
}

const PROTECT1 = 'cell OV,cell UV,pack OV,pack UV,charge OC,discharge OC,short circuit,charger OV';
const PROTECT2 = 'charge OT,discharge OT,charge UT,discharge UT,MOS OT,ambient OT,ambient UT,fully charged';
const INDICATION =
  'limiter on,charge FET on,discharge FET on,discharging,charger reversed,charger present,shutdown,heater on';
const FAULT = 'charge MOS,discharge MOS,NTC,comm fault,cell fault,sampling,limiter fault,heater fault';
const WARN1 = 'cell OV,cell UV,pack OV,pack UV,charge OC,discharge OC';
const WARN2 = 'charge OT,discharge OT,charge UT,discharge UT,ambient OT,ambient UT,MOS OT,low SOC';

function names(list: string, bits: number): string[] {
  const all = list.split(',');
  expectThat(bits >> all.length === 0, `unknown bit in ${bits.toString(16)}`);
  return all.filter((_, bit) => bits & (1 << bit));
}

export interface WarningPack {
  cellStates: number[];
  tempStates: number[];
  chargeCurrentState: number;
  voltageState: number;
  dischargeCurrentState: number;
  protect1: string[];
  protect2: string[];
  indication: string[];
  control: number;
  fault: string[];
  /** Bit n: cell n + 1 is being balanced. */
  balance: number;
  warn1: string[];
  warn2: string[];
  /** Status bytes of newer firmware after warn 2. */
  extra: Buffer;
}

/** INFO of an answer to 44 with one pack. */
export function decodeWarning(info: Buffer): { command: number; pack: WarningPack } {
  expectThat(info[0] === 0 || info[0] === 1, 'INFOFLAG');
  const cells = info[2]!;
  const temps = info[3 + cells]!;
  const at = 4 + cells + temps;
  expectThat(cells > 0 && info.length >= at + 12, 'length');
  const states = [...info.subarray(3, 3 + cells), ...info.subarray(4 + cells, at + 3)];
  for (const state of states) expectThat(state <= 2 || (state >= 0x80 && state <= 0xf0), `state ${state}`);
  const pack: WarningPack = {
    cellStates: [...info.subarray(3, 3 + cells)],
    tempStates: [...info.subarray(4 + cells, at)],
    chargeCurrentState: info[at]!,
    voltageState: info[at + 1]!,
    dischargeCurrentState: info[at + 2]!,
    protect1: names(PROTECT1, info[at + 3]!),
    protect2: names(PROTECT2, info[at + 4]!),
    indication: names(INDICATION, info[at + 5]!),
    control: info[at + 6]!,
    fault: names(FAULT, info[at + 7]!),
    balance: info[at + 8]! | (info[at + 9]! << 8),
    warn1: names(WARN1, info[at + 10]!),
    warn2: names(WARN2, info[at + 11]!),
    extra: info.subarray(at + 12),
  };
  expectThat([0, 1, 5].includes(pack.extra.length), 'length of the extra bytes');
  return { command: info[1]!, pack };
}
