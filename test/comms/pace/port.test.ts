import '../../../src/hal-mock/natives';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createPack, type Pack } from '../../../src/bms/pack';
import { defaultParams } from '../../../src/bms/params';
import { createPacePort, type PacePort } from '../../../src/comms/pace/port';
import { decodeFrame, decodeStream, makeRequest, withChecksum } from '../../support/pace-decoder';
import { onData } from './whole-answers';

let pace: PacePort;
let pack: Pack;
let nowMs: number;
const params = defaultParams();

/** What is answered to `data`, which comes after a pause. */
function ask(data: string): string {
  nowMs += 1000;
  return onData(pace, pack, params, data, nowMs);
}
/** RTN of the one answer; '' for silence. An error answer has no INFO. */
function rtn(data: string): string {
  const answers = decodeStream(ask(data));
  expect(answers.length).toBeLessThanOrEqual(1);
  if (answers.length === 0) return '';
  if (answers[0]!.code !== '00') expect(answers[0]!.info.length).toBe(0);
  expect(answers[0]).toMatchObject({ adr: pack.address, cid1: '46' });
  return answers[0]!.code;
}

beforeEach(() => {
  pace = createPacePort();
  pack = createPack();
  pack.address = 3;
  nowMs = 0;
});

describe('S30 checks of a request, the first failure decides', () => {
  const cases: [string, string, string][] = [
    ['right', makeRequest('42', '00'), '00'],
    ['wrong LCHKSUM', withChecksum('25034642D00200'), '03'],
    ['LENID longer than INFO', withChecksum('25034642C00400'), '03'],
    ['LENID shorter than INFO', withChecksum('25034642E0020000'), '03'],
    ['wrong CHKSUM', '~25034642E00200FD30\r', '02'],
    ['wrong LCHKSUM and CHKSUM', '~25034642D00200FD30\r', '03'],
    ['version 21', makeRequest('42', '00', '21'), '01'],
    ['version 21 and wrong CHKSUM', '~21034642E002000000\r', '02'],
    ['version 21 and unknown CID1', makeRequest('42', '00', '21', '03', '4A'), '01'],
    ['CID1 4A', makeRequest('42', '00', '25', '03', '4A'), '04'],
    ['CID1 4A and INFO too long', makeRequest('42', '0000', '25', '03', '4A'), '04'],
    ['CID2 4F', makeRequest('4F'), '04'],
    ['CID2 51', makeRequest('51'), '04'],
    ['CID2 92 and INFO too long', makeRequest('92', '000000'), '04'],
    ['two bytes of INFO', makeRequest('42', '0000'), '05'],
    ['half a byte of INFO', makeRequest('44', '0'), '05'],
    ['INFO as long as LENID can tell', makeRequest('42', '0'.repeat(4095)), '05'],
    ['INFO one character longer', '~' + '0'.repeat(4096 + 16) + '\r', ''],
    ['C1 with two bytes of INFO', makeRequest('C1', '0000'), '05'],
    ['COMMAND of another pack', makeRequest('42', '04'), '06'],
    ['COMMAND that is no number', makeRequest('42', 'G0'), '06'],
    ['COMMAND that is half a number', makeRequest('44', '0 '), '06'],
    ['fifteen characters', '~250346900000FDA\r', ''],
    ['sixteen characters', '~2503469000000000\r', '02'],
    ['VER that is no number', withChecksum('2G0346900000'), ''],
    ['ADR that is no number', withChecksum('25-146900000'), ''],
    ['LENGTH that is no number', withChecksum('250346900 00'), ''],
    ['CHKSUM that is no number', '~250346900000FDxx\r', ''],
    ['a modem’s greeting', '~Welcome to the console of this device\r', ''],
  ];
  it.each(cases)('%s', (_name, request, expected) => {
    expect(rtn(request)).toBe(expected);
    expect(pace.framer.badFrames).toBe(expected === '00' ? 0 : 1);
    expect(rtn(makeRequest('42', '00'))).toBe('00');
  });
});

describe('S30 version', () => {
  it('20 and 25 are answered with the same; in errors an unknown one becomes 25', () => {
    expect(decodeFrame(ask(makeRequest('C1', '', '20')))).toMatchObject({ ver: '20', code: '00' });
    expect(decodeFrame(ask(makeRequest('C1', '', '25')))).toMatchObject({ ver: '25', code: '00' });
    expect(decodeFrame(ask(makeRequest('4F', '', '20')))).toMatchObject({ ver: '20', code: '04' });
    expect(decodeFrame(ask(makeRequest('C1', '', '28')))).toMatchObject({ ver: '25', code: '01' });
  });
});

describe('S21 S30 address', () => {
  it('of the request does not matter on RS232; the answer carries the pack’s own', () => {
    for (const adr of ['00', '01', '03', '0F', 'FF'])
      expect(decodeFrame(ask(makeRequest('90', '', '25', adr)))).toMatchObject({ adr: 3, code: '00' });
    pack.address = 0;
    expect(decodeFrame(ask(makeRequest('90', '', '25', '01')))).toMatchObject({ adr: 0, code: '00' });
  });

  // DIP address, COMMAND, second byte of INFO in the answer ('' for RTN 06)
  const commands: [number, string, string][] = [
    [0, '00', '00'],
    [0, '01', '01'],
    [0, 'FF', '01'],
    [0, '', '01'],
    [0, '02', ''],
    [0, 'FE', ''],
    [1, '01', '01'],
    [1, '02', ''],
    [3, '00', '00'],
    [3, '01', '01'],
    [3, '03', '03'],
    [3, 'ff', '01'],
    [3, '', '01'],
    [3, '04', ''],
    [15, '0f', '0f'],
  ];
  it.each(commands)('DIP %i answers COMMAND %j with %j', (address, command, second) => {
    pack.address = address;
    for (const cid2 of ['42', '44']) {
      const answer = decodeFrame(ask(makeRequest(cid2, command)));
      expect([answer.code, answer.info.toString('hex', 0, 2)]).toEqual(
        second === '' ? ['06', ''] : ['00', `00${second}`],
      );
    }
  });
});

describe('S30 what the pack tells of itself', () => {
  it('is one pack, the version of this program and twice twenty characters of serial number', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    expect([...decodeFrame(ask(makeRequest('90'))).info]).toEqual([1]);
    const told = decodeFrame(ask(makeRequest('C1'))).info.toString('latin1');
    expect(told).toBe(`CELLKEEPER-${version}`.padEnd(19) + '\0');
    pace.packSerial = 'A serial that is too long';
    expect(decodeFrame(ask(makeRequest('C2'))).info.toString('latin1')).toBe(
      'CELLKEEPER          A serial that is too',
    );
  });
  it('is given to lower-case requests as well', () => {
    const answer = ask(withChecksum('250346c10000'));
    expect(decodeFrame(answer).code).toBe('00');
    expect(ask(makeRequest('C1'))).toBe(answer);
    const request = withChecksum('250346c1e002ff');
    expect(ask(request.toLowerCase())).toBe(answer);
  });
  it('takes 168 characters at most', () => {
    pack.cellMv.fill(3700);
    expect(Math.max(...['42', '44', 'C1', 'C2'].map((cid2) => ask(makeRequest(cid2)).length))).toBe(168);
  });
});

describe('S30 several requests at once', () => {
  it('are answered in their order', () => {
    const answers = decodeStream(ask(makeRequest('90') + makeRequest('4F') + makeRequest('C1')));
    expect(answers.map((answer) => [answer.code, answer.info.length])).toEqual([
      ['00', 1],
      ['04', 0],
      ['00', 20],
    ]);
  });
});

/** Cuts `text` into pieces whose lengths come from `cuts`, over and over. */
function pieces(text: string, cuts: number[]): string[] {
  const out: string[] = [];
  for (let at = 0, i = 0; at < text.length; i++) {
    const length = cuts[i % cuts.length]!;
    out.push(text.slice(at, at + length));
    at += length;
  }
  return out;
}

describe('S30 bad input', () => {
  const good = makeRequest('42', '00');
  const frameLike = fc
    .array(fc.constantFrom(...'~\r0123456789ABCDEFabcdef46259C10 \0ÿ'), { maxLength: 60 })
    .map((digits) => digits.join(''));
  const anyBytes = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  /** A good request with one character replaced, removed or doubled, or cut off. */
  const spoilt = fc
    .tuple(
      fc.constantFrom(makeRequest('42', '01'), makeRequest('44'), makeRequest('90'), makeRequest('C1', 'FF')),
      fc.nat(25),
      fc.constantFrom('replace', 'remove', 'double', 'cut'),
      fc.integer({ min: 0, max: 255 }),
    )
    .map(([text, where, how, code]) => {
      const at = where % text.length;
      if (how === 'cut') return text.slice(0, at);
      const middle =
        how === 'replace' ? String.fromCharCode(code) : how === 'double' ? text.slice(at, at + 1).repeat(2) : '';
      return text.slice(0, at) + middle + text.slice(at + 1);
    });
  /** Right checks around anything, mostly close to what is known. */
  const wellFormed = fc
    .tuple(
      fc.constantFrom('25', '25', '20', '21', 'A5'),
      fc.constantFrom('00', '03', 'FF'),
      fc.constantFrom('46', '46', '46', '4A'),
      fc.constantFrom('42', '44', '90', 'C1', 'C2', '51', '99', 'FF'),
      fc.uint8Array({ maxLength: 3 }),
    )
    .map(([ver, adr, cid1, cid2, info]) =>
      makeRequest(cid2, Buffer.from(info).toString('hex').toUpperCase(), ver, adr, cid1),
    );
  const noise = fc.array(fc.oneof(frameLike, anyBytes, spoilt, wellFormed), { minLength: 1, maxLength: 4 });

  it('is answered with whole error frames or silence, in any chunks, and never stands in the way of a good request', () => {
    let runs = 0;
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        noise,
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        fc.nat(150),
        (parts, cuts, pauseMs) => {
          runs++;
          pace = createPacePort();
          let sent = '';
          for (const piece of pieces(parts.join(''), cuts)) {
            nowMs += pauseMs;
            sent += onData(pace, pack, params, piece, nowMs);
            expect(pace.framer.text.length).toBeLessThanOrEqual(4112);
          }
          for (const answer of decodeStream(sent)) {
            seen.add(answer.code);
            expect(answer.adr).toBe(3);
            expect(answer.info.length > 0).toBe(answer.code === '00');
          }
          // What is left of the noise is silence or part of the next frame, which its own ~ begins anew.
          const answers = decodeStream(ask(good));
          expect(answers.map((answer) => [answer.code, answer.info.length])).toEqual([['00', 75]]);
        },
      ),
      { numRuns: 12000, seed: 20240601 },
    );
    expect(runs).toBeGreaterThanOrEqual(10000);
    expect([...seen].sort()).toEqual(['00', '01', '02', '03', '04', '05', '06']); // the noise has reached every check
  });

  it('of one wrong character is never taken for the request', () => {
    const bytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
    for (let at = 0; at < good.length; at++)
      for (const byte of bytes) {
        if (byte.toUpperCase() === good[at]) continue;
        for (const answer of decodeStream(ask(good.slice(0, at) + byte + good.slice(at + 1))))
          expect(answer.code).not.toBe('00');
      }
  });

  it('gets the same answers in one piece, byte by byte and in every two pieces', () => {
    const stream = `x\r~25~${makeRequest('90').slice(1)}${withChecksum('250346C1E00200G')}~\r${makeRequest('44', '05')}\n`;
    const whole = ask(stream);
    expect(decodeStream(whole).map((answer) => answer.code)).toEqual(['00', '03', '06']);
    for (let cut = 1; cut < stream.length; cut++) {
      nowMs += 1000;
      const first = onData(pace, pack, params, stream.slice(0, cut), nowMs);
      expect(first + onData(pace, pack, params, stream.slice(cut), nowMs + 100)).toBe(whole);
    }
    nowMs += 1000;
    expect([...stream].map((byte, i) => onData(pace, pack, params, byte, nowMs + i)).join('')).toBe(whole);
  });
});
