/** Off the board: functions of the same meaning as the engine natives that `src/hal/native.ts` names. Import for its effect. */
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
};

Object.assign(globalThis, { E: natives });
