import '../../src/hal-mock/natives';
import { describe, expect, it } from 'vitest';
import { appliedLimits, configTable } from '../../src/afe/bq76952-config';
import { defaultParams, P, ParamColumn, paramTable } from '../../src/bms/params';
import { REGISTERS } from './registers';

const SHUNT = 250;
const params = defaultParams();
const limits = appliedLimits(SHUNT, params);

function valueOf(register: number, shunt = SHUNT, p = params): number | undefined {
  const table = configTable(shunt, p, 0, 1000000);
  for (let i = 0; i < table.length; i += 2) if ((table[i]! & 0xffff) === register) return table[i + 1];
  return undefined;
}

describe('the AFE table', () => {
  it('is sorted, without doubles or overlaps, and every value fits its register', () => {
    const table = configTable(SHUNT, params, 0, 1000000);
    let end = 0x9180;
    for (let i = 0; i < table.length; i += 2) {
      const address = table[i]! & 0xffff;
      const size = table[i]! >> 16;
      expect(address, address.toString(16)).toBeGreaterThanOrEqual(end);
      expect([1, 2, 4]).toContain(size);
      if (size < 4) expect(table[i + 1]! >= -(2 ** (8 * size - 1)) && table[i + 1]! < 2 ** (8 * size)).toBe(true);
      end = address + size;
    }
    expect(end).toBeLessThanOrEqual(0x9400);
  });

  it.each(REGISTERS)('has register %i of %i bytes = %i', (register, _bytes, value) => {
    expect(valueOf(register)).toBe(value);
  });

  it('has no row that is not in the list above, except the derived capacity gain', () => {
    expect(configTable(SHUNT, params, 0, 1000000).length / 2).toBe(REGISTERS.length + 1);
  });

  it('calibrates current and charge for the shunt', () => {
    const float = (bits: number): number => new Float32Array(new Int32Array([bits]).buffer)[0]!;
    expect(float(valueOf(0x91a8)!)).toBeCloseTo(30.2736, 4);
    expect(valueOf(0x91a8)).toBe(0x41f23055);
    expect(float(valueOf(0x91ac)!)).toBeCloseTo(9029452.9, -1);
    expect(float(valueOf(0x91a8, 1000)!)).toBeCloseTo(7.5684, 5);
  });
});

describe('limits that the chip applies (S2-S9: just outside the firmware, at 0.25 mOhm)', () => {
  it('S2, S5: opens at 150 A after 100 ms, in steps of 8 A and 3.3 ms', () => {
    expect([limits.occMa, limits.occMs, limits.ocd1Ma, limits.ocd1Ms]).toEqual([152000, 99, 152000, 99]);
    expect([limits.ocd2Ma, limits.ocd2Ms]).toEqual([200000, 30]);
  });
  it('S5: opens at 132 A after 2 s when the firmware has not opened at 130 A after 1 s', () => {
    expect([limits.ocd3Ma, limits.ocd3Ms]).toEqual([132000, 2000]);
    expect(limits.ocd3Ma).toBeGreaterThan(params[P.DsgOcp]!);
    expect(limits.ocd3Ms).toBeGreaterThan(params[P.DsgOcDelay]!);
  });
  it('S7: opens at 400 A after 300 us', () => {
    expect([limits.scdMa, limits.scdUs]).toEqual([400000, 300]);
  });
  it('S3, S6: acts later and recovers earlier than the firmware', () => {
    expect([limits.covMv, limits.covReleaseMv, limits.covMs]).toEqual([3795, 3390, 1000]);
    expect([limits.cuvMv, limits.cuvReleaseMv, limits.cuvMs]).toEqual([2429, 2884, 1000]);
    expect(limits.covMv).toBeGreaterThan(params[P.CellOvp]!);
    expect(limits.covReleaseMv).toBeGreaterThan(params[P.CellOvRelease]!);
    expect(limits.cuvMv).toBeLessThan(params[P.CellUvp]!);
    expect(limits.cuvReleaseMv).toBeLessThan(params[P.CellUvRelease]!);
  });
  it.each([
    ['MOSFET hot (T5)', 0x92a0, P.MosOtp, P.MosOtRelease, 1],
    ['cells hot, charge', 0x929a, P.HotCutOff, P.ChgOtRelease, 1],
    ['cells hot, discharge', 0x929d, P.HotCutOff, P.DsgOtRelease, 1],
    ['cells cold, charge', 0x92a6, P.ChgUtp, P.ChgUtRelease, -1],
    ['cells cold, discharge', 0x92a9, P.DsgUtp, P.DsgUtRelease, -1],
    ['board cold', 0x92ac, P.EnvUtp, P.EnvUtRelease, -1],
  ])('S9: %s trips outside and recovers before the firmware', (_name, register, trip, release, sign) => {
    expect(sign * (valueOf(register)! * 10 - params[trip]!)).toBeGreaterThan(0);
    expect(sign * (valueOf(register + 2)! * 10 - params[release]!)).toBeGreaterThan(0);
    expect(valueOf(register + 1)! * 1000).toBeGreaterThan(params[P.TempDelay]!);
  });

  it('stays outside the firmware and inside the registers for every shunt from 0.1 to 1 mOhm', () => {
    for (let shunt = 100; shunt <= 1000; shunt += 10) {
      const applied = appliedLimits(shunt, params);
      expect(valueOf(0x9280, shunt)! >= 2 && valueOf(0x9280, shunt)! <= 62).toBe(true);
      expect(valueOf(0x9282, shunt)! >= 2 && valueOf(0x9284, shunt)! <= 100).toBe(true);
      expect(applied.occMa).toBeGreaterThan(params[P.ChgOcp]!);
      expect(applied.ocd1Ma).toBeGreaterThan(params[P.DsgOcp]!);
      expect(applied.ocd2Ma).toBeGreaterThanOrEqual(applied.ocd1Ma);
      expect(applied.scdMa).toBeLessThanOrEqual(400000);
      expect(applied.scdMa).toBeGreaterThan(applied.ocd2Ma);
    }
  });
  it('takes the lowest step, never none, for a shunt that is too small', () => {
    expect(appliedLimits(10, params).scdMa).toBe(1000000);
    expect([valueOf(0x9280, 10), valueOf(0x9286, 10)]).toEqual([2, 0]);
  });
});

describe('limits that the user may move (S2, S5, S7)', () => {
  const table = paramTable();
  const changed = (parameter: P, value: number): Int32Array => {
    const values = defaultParams();
    values[parameter] = value;
    return values;
  };
  const steps = (parameter: P): number[] => {
    const [, min, max, step] = table.slice(parameter * ParamColumn.Count) as unknown as number[];
    return Array.from({ length: Math.floor((max! - min!) / step!) + 1 }, (_, i) => min! + i * step!);
  };

  it.each([
    ['charge current', P.ChgOc2, 'occMa', 4000],
    ['discharge current', P.DsgOc2, 'ocd1Ma', 4000],
  ] as const)('%s is applied to the next step of 8 A over its whole range', (_name, parameter, applied, within) => {
    for (const ma of steps(parameter))
      expect(Math.abs(appliedLimits(SHUNT, changed(parameter, ma))[applied] - ma)).toBeLessThanOrEqual(within);
  });
  it.each([
    ['charge', P.ChgOc2Delay, 'occMs'],
    ['discharge', P.DsgOc2Delay, 'ocd1Ms'],
  ] as const)('%s delay is applied to the next step of 3.3 ms', (_name, parameter, applied) => {
    for (const ms of steps(parameter))
      expect(Math.abs(appliedLimits(SHUNT, changed(parameter, ms))[applied] - ms)).toBeLessThanOrEqual(2);
  });
  it('S7: the short-circuit delay is never longer than asked, and at most 15 us shorter', () => {
    for (const us of steps(P.ScpDelay)) {
      const { scdUs } = appliedLimits(SHUNT, changed(P.ScpDelay, us));
      expect(us - scdUs >= 0 && us - scdUs < 15).toBe(true);
    }
  });
  it('every one of them stays inside its register', () => {
    for (const parameter of [P.ChgOc2, P.DsgOc2, P.ChgOc2Delay, P.DsgOc2Delay, P.ScpDelay])
      for (const value of steps(parameter))
        for (const [register, most] of [
          [0x9280, 62],
          [0x9281, 127],
          [0x9282, 100],
          [0x9283, 127],
          [0x9287, 31],
        ] as const) {
          const code = valueOf(register, SHUNT, changed(parameter, value))!;
          expect(Number.isInteger(code) && code >= 1 && code <= most).toBe(true);
        }
  });
});

describe('calibration of the current', () => {
  const float = (bits: number): number => new Float32Array(new Int32Array([bits]).buffer)[0]!;
  const at = (register: number, offsetMa: number, gainPpm: number): number => {
    const values = configTable(SHUNT, params, offsetMa, gainPpm);
    return values[values.findIndex((key, i) => i % 2 === 0 && (key & 0xffff) === register) + 1]!;
  };

  it('moves both gains by the same factor', () => {
    expect(float(at(0x91a8, 0, 1010000))).toBeCloseTo(30.2736 * 1.01, 4);
    expect(float(at(0x91ac, 0, 1010000)) / float(at(0x91ac, 0, 1000000))).toBeCloseTo(1.01, 6);
  });
  it('puts an offset into 64ths of a count, 0.47 mA each', () => {
    expect([at(0x91c8, 0, 1000000), at(0x91c8, 473, 1000000), at(0x91c8, -473, 1000000)]).toEqual([0, 1000, -1000]);
    expect(at(0x91c8, 473, 900000)).toBe(1000); // before the gain
  });
  it('has room for 2 A at every shunt up to 1 mOhm', () => {
    const values = configTable(1000, params, 2000, 1000000);
    expect(values[values.indexOf(0x291c8) + 1]).toBeLessThan(32768);
  });
});
