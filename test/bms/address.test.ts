/** S21: which address counts. The switches as the board reads them: closed = 1, switch 1 = lowest bit. */
import { describe, expect, it } from 'vitest';
import { createAddress, stepAddress, type Address } from '../../src/bms/address';

const TICK = 250;

function watch(a: Address, raw: (nowMs: number) => number, fromMs: number, toMs: number): number[] {
  const changes: number[] = [];
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += TICK) if (stepAddress(a, raw(nowMs), nowMs)) changes.push(nowMs);
  return changes;
}

describe('S21 address', () => {
  it('is what the switches show at start', () => {
    for (let raw = 0; raw < 16; raw++) expect(createAddress(raw).value).toBe(raw);
  });

  it('changes when another one has been stable for 2 s, once, and not a tick before', () => {
    for (let raw = 0; raw < 16; raw++) {
      const a = createAddress(5);
      expect([raw, watch(a, () => raw, 10_000, 60_000)]).toEqual([raw, raw === 5 ? [] : [12_000]]);
      expect(a.value).toBe(raw);
    }
  });

  it('looked at once a second it takes 2 s, too', () => {
    const a = createAddress(1);
    for (const nowMs of [1000, 2000]) expect(stepAddress(a, 2, nowMs)).toBe(false);
    expect(stepAddress(a, 2, 3000)).toBe(true);
  });

  it('stays while somebody plays with the switches', () => {
    const a = createAddress(1);
    expect(watch(a, (nowMs) => (nowMs % 2000 === 0 ? 1 : 3), 0, 60_000)).toEqual([]);
    expect(watch(a, (nowMs) => 2 + (Math.floor(nowMs / 1750) % 4), 60_000, 120_000)).toEqual([]);
    expect(a.value).toBe(1);
  });

  it('stays while the switches cannot be read, and the wait begins anew (S14)', () => {
    const a = createAddress(9);
    expect(watch(a, () => -1, 0, 60_000)).toEqual([]);
    expect(watch(a, (nowMs) => (nowMs === 61_000 ? -1 : 3), 60_000, 70_000)).toEqual([63_250]);
  });

  it('is that of a pack alone until the switches can be read', () => {
    const a = createAddress(-1);
    expect(a.value).toBe(0);
    expect(watch(a, () => 7, 0, 5000)).toEqual([2000]);
  });
});
