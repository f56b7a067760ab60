/** Off the board: functions of the same meaning as the engine natives that `src/hal/native.ts` names. Import for its effect. */
/** Polynomial of IEEE 802.3, least significant bit first. */
const CRC_TABLE = new Int32Array(256).map((_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

export const natives = {
  sum(values: ArrayLike<number> | string): number {
    let total = 0;
    for (let i = 0; i < values.length; i++) total += typeof values === 'string' ? values.charCodeAt(i) : values[i]!;
    return total;
  },
  mapInPlace(from: ArrayLike<number>, to: { [index: number]: number; length: number }, map: ArrayLike<number>): void {
    const length = Math.min(from.length, to.length);
    for (let i = 0; i < length; i++) to[i] = map[from[i]!] ?? 0;
  },
  toString(bytes: ArrayLike<number>): string {
    return String.fromCharCode.apply(null, bytes as number[]);
  },
  CRC32(bytes: ArrayLike<number>): number {
    let crc = -1;
    for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ bytes[i]!) & 255]!;
    return ~crc >>> 0;
  },
};

Object.assign(globalThis, { E: natives });
