/**
 * The one place that names Espruino's `E`: natives that do in one call what a loop would do 10 to 80 times slower.
 * Off the board `hal-mock/natives.ts` installs the same functions, so that every engine runs one code path.
 */
declare const E: {
  sum(values: ArrayLike<number> | string): number;
  mapInPlace(from: ArrayLike<number>, to: ArrayLike<number>, map: ArrayLike<number>): void;
  toString(bytes: ArrayLike<number>): string;
  CRC32(bytes: ArrayLike<number>): number;
};

/** Sum of all elements; of a string, the sum of its character codes. */
export function sum(values: ArrayLike<number> | string): number {
  return E.sum(values);
}

/** to[i] = map[from[i]] for every element. */
export function mapInto(from: ArrayLike<number>, to: ArrayLike<number>, map: ArrayLike<number>): void {
  E.mapInPlace(from, to, map);
}

/** The bytes as a string of characters 0..255. */
export function text(bytes: Uint8Array): string {
  return E.toString(bytes);
}

/** CRC-32 (IEEE 802.3) of all bytes, 0..2^32 - 1. */
export function crc32(bytes: Uint8Array): number {
  return E.CRC32(bytes);
}

/** Largest element. */
export function highest(values: ArrayLike<number>): number {
  return Math.max.apply(null, values as number[]);
}

/** Smallest element. */
export function lowest(values: ArrayLike<number>): number {
  return Math.min.apply(null, values as number[]);
}
