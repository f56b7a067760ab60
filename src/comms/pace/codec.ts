/** PACE frame fields as text (pace.md 1.2): `~` VER ADR CID1 RTN LENGTH INFO CHKSUM and a carriage return, all in hex. */
import { sum } from '../../hal/native';

/** One byte, two digits; saturates. */
export function u8(value: number): string {
  if (!(value > 0)) return '00';
  if (value > 255) return 'FF';
  return ((value + 256.5) | 0).toString(16).slice(1);
}

/** Two bytes, four digits; rounds and saturates. Native text from a number is four times faster than a digit table. */
export function u16(value: number): string {
  if (!(value > 0)) return '0000';
  if (value > 65535) return 'FFFF';
  return ((value + 65536.5) | 0).toString(16).slice(1);
}

/** Two's complement, four digits; rounds half up and saturates. */
export function i16(value: number): string {
  if (value > 32767) return '7FFF';
  if (value < -32768) return '8000';
  return (((value + 65536.5) & 65535) | 65536).toString(16).slice(1);
}

/** Four bytes, eight digits. Range 0..2^31 - 1. */
export function u32(value: number): string {
  return (value < 65536 ? '0000' : u16(Math.floor(value / 65536))) + u16(value & 65535);
}

/** `text` as hex, cut to `length` characters or padded with spaces. */
export function textHex(text: string, length: number): string {
  const padded = text.slice(0, length).padEnd(length);
  let out = '';
  for (let i = 0; i < length; i++) {
    const code = padded.charCodeAt(i) & 255;
    out += code > 15 ? code.toString(16) : '0' + code.toString(16);
  }
  return out;
}

/** LENGTH: check nibble and number of characters of INFO. Range 0..4095. */
export function lengthField(chars: number): string {
  const nibbles = (chars >> 8) + (chars >> 4) + chars;
  return (((-nibbles & 15) << 12) | chars | 65536).toString(16).slice(1).toUpperCase();
}

/** CHKSUM and carriage return; `total` is the sum of the characters from VER to the end of INFO. */
export function endOf(total: number): string {
  return ((-total & 65535) | 65536).toString(16).slice(1).toUpperCase() + '\r';
}

/** CHKSUM over the characters from VER to the end of INFO. */
export function checksumField(text: string): string {
  return ((-sum(text) & 65535) | 65536).toString(16).slice(1).toUpperCase();
}

/** A complete answer. `ver` and `rtn` are two digits each. */
export function encode(ver: string, address: number, rtn: string, info: string): string {
  const body = (ver + u8(address) + '46' + rtn + lengthField(info.length) + info).toUpperCase();
  return '~' + body + endOf(sum(body));
}

/** True when the text is nothing but hex digits. At most six of them: the number must stay a small integer. */
export function isHex(text: string): boolean {
  const marked = '1' + text.toLowerCase();
  return parseInt(marked, 16).toString(16) === marked;
}
