/** PACE requests as a PC sends them; written from pace.md 1.2, independent of the firmware's codec. */

/** A complete frame, `~` to carriage return. `address`, 0..255; `cid2`, `info` and `version` in hex digits. */
export function request(address: number, cid2: string, info = '', version = '25'): string {
  const nibbles = [info.length >> 8, (info.length >> 4) & 15, info.length & 15];
  const lengthCheck = (16 - (nibbles.reduce((a, b) => a + b) % 16)) % 16;
  const length = lengthCheck.toString(16) + info.length.toString(16).padStart(3, '0');
  const body = `${version}${address.toString(16).padStart(2, '0')}46${cid2}${length}${info}`.toUpperCase();
  const total = [...body].reduce((sum, char) => sum + char.charCodeAt(0), 0);
  return `~${body}${((0x10000 - (total % 0x10000)) % 0x10000).toString(16).toUpperCase().padStart(4, '0')}\r`;
}
