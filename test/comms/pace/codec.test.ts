import '../../../src/hal-mock/natives';
import { describe, expect, it } from 'vitest';
import { checksumField, encode, i16, isHex, lengthField, textHex, u16, u32, u8 } from '../../../src/comms/pace/codec';

describe('numbers in frames', () => {
  const cases: [string, (value: number) => string, number, string][] = [
    ['u8', u8, 0, '00'],
    ['u8', u8, 99, '63'],
    ['u8 saturates', u8, 256, 'FF'],
    ['u8 saturates', u8, -1, '00'],
    ['u16', u16, 3271, '0cc7'],
    ['u16 rounds', u16, 0.5, '0001'],
    ['u16 rounds', u16, 65534.5, 'ffff'],
    ['u16 saturates', u16, 65536, 'FFFF'],
    ['u16 saturates', u16, -3, '0000'],
    ['u16 of no number', u16, Number.NaN, '0000'],
    ['i16', i16, -225, 'ff1f'],
    ['i16', i16, -1, 'ffff'],
    ['i16', i16, 0, '0000'],
    ['i16', i16, 32767, '7fff'],
    ['i16 saturates', i16, 40000, '7FFF'],
    ['i16 saturates', i16, -40000, '8000'],
    ['i16 rounds half up', i16, 0.5, '0001'],
    ['i16 rounds half up', i16, -0.5, '0000'],
    ['u32', u32, 0x12345, '00012345'],
    ['u32', u32, 0x7fff8000, '7fff8000'],
  ];
  it.each(cases)('%s', (_name, write, value, text) => {
    expect(write(value)).toBe(text);
  });
});

describe('text fields', () => {
  it('pads with spaces and cuts at the length of the field', () => {
    expect([textHex('AB', 4), textHex('ABCDE', 4), textHex('', 2)]).toEqual(['41422020', '41424344', '2020']);
    expect(textHex('\0\x0f\x10\xff\u1234', 5)).toBe('000f10ff34'); // two digits a character, whatever it is
  });
});

describe('LENGTH', () => {
  // LENID and the LENGTH fields that recorded packs sent with it (F001, F002, F003, F004, F076, F057, F104)
  it.each([
    [0, '0000'],
    [2, 'E002'],
    [0x7a, 'F07A'],
    [0x4c, '004C'],
    [0x28, '6028'],
    [0x50, 'B050'],
    [0x7c, 'D07C'],
    [0x4e, 'E04E'],
    [0xf4, 'D0F4'],
    [0x600, 'A600'],
    [0xfff, '3FFF'],
  ])('of %i characters', (chars, field) => {
    expect(lengthField(chars)).toBe(field);
  });
});

describe('CHKSUM', () => {
  it('is the two’s complement of the sum of the characters, always four digits', () => {
    expect([checksumField('250046000000'), checksumField('25014642E00201'), checksumField('')]).toEqual([
      'FDAF',
      'FD30',
      '0000',
    ]);
    expect(checksumField('F'.repeat(900))).toBe('09E8'); // 65536 - (900 * 70) % 65536 = 2536
  });
});

describe('an answer', () => {
  it('is the recorded one of F015 and F065', () => {
    expect(encode('25', 0, '00', '')).toBe('~250046000000FDAF\r');
    expect(encode('25', 1, '00', '05')).toBe('~25014600E00205FD32\r');
  });
  it('is upper case throughout, checksum included', () => {
    const answer = encode('25', 15, '00', 'abcdef');
    expect(answer).toBe(answer.toUpperCase());
    expect(encode('25', 15, '00', 'ABCDEF')).toBe(answer);
  });
});

describe('hex digits', () => {
  it.each(['', '0', '000000', 'FFFFFF', 'abCD09', '25'])('%j is hex', (text) => {
    expect(isHex(text)).toBe(true);
  });
  it.each(['G', '0G', ' 1', '1 ', '-1', '+1', '0x1', '1.0', '1e+', '~1', 'é'])('%j is not', (text) => {
    expect(isHex(text)).toBe(false);
  });
});
