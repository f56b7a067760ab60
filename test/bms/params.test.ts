import '../../src/hal-mock/natives';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyParams, createGuard } from '../../src/bms/guard';
import { defaultParams, firstBadParam, P, paramLabel, ParamColumn, paramTable } from '../../src/bms/params';

const table = paramTable();
const column = (parameter: number, which: number): number => table[parameter * ParamColumn.Count + which]!;
const all = Array.from({ length: P.Count }, (_, i) => i);

/** Requirements typed in again: parameter, value. */
const LAW: [string, number, number][] = [
  ['S3 cell over-voltage alarm', P.CellOvAlarm, 3600],
  ['S3 cell over-voltage protection', P.CellOvp, 3700],
  ['S3 cell over-voltage release', P.CellOvRelease, 3380],
  ['S3 pack over-voltage alarm', P.PackOvAlarm, 57_600],
  ['S3 pack over-voltage protection', P.PackOvp, 59_200],
  ['S3 pack over-voltage release', P.PackOvRelease, 54_080],
  ['S4 balancing', P.BalanceMv, 3400],
  ['S4 balancing starts', P.BalanceStartMv, 30],
  ['S4 balancing stops', P.BalanceStopMv, 20],
  ['S5 discharge warning', P.DsgOcAlarm, 125_000],
  ['S5 discharge cut-off', P.DsgOcp, 130_000],
  ['S5 discharge cut-off delay', P.DsgOcDelay, 1000],
  ['S2 charge alarm', P.ChgOcAlarm, 104_000],
  ['S2 charge protection', P.ChgOcp, 110_000],
  ['S2, S5 release time', P.OcReleaseMs, 60_000],
  ['S2, S5 release current', P.OcOppositeMa, 1000],
  ['S2, S5, S7 trips to lock', P.TripLock, 10],
  ['S6 pack warning', P.PackUvAlarm, 44_800],
  ['S6 pack cut-off', P.PackUvp, 40_000],
  ['S6 pack reconnect', P.PackUvRelease, 46_400],
  ['S6 cell cut-off', P.CellUvp, 2500],
  ['S6 cell reconnect', P.CellUvRelease, 2900],
  ['S9 charge protection, hot', P.ChgOtp, 550],
  ['S9 charge protection, cold', P.ChgUtp, -50],
  ['S9 charge alarm, hot', P.ChgOtAlarm, 450],
  ['S9 charge alarm, cold', P.ChgUtAlarm, 0],
  ['S9 discharge protection, hot', P.DsgOtp, 600],
  ['S9 discharge protection, cold', P.DsgUtp, -200],
  ['S9 hard cut-off', P.HotCutOff, 650],
  ['S9 hard cut-off release', P.HotRelease, 600],
  ['S9 MOSFET protection', P.MosOtp, 1100],
  ['S9 ambient protection', P.EnvUtp, -250],
];

describe('parameters', () => {
  it.each(LAW)('%s has the value of the manual', (_name, parameter, value) => {
    expect(defaultParams()[parameter]).toBe(value);
  });

  it('has a row with a default inside its range, a step and a label of its own for each', () => {
    expect(table).toHaveLength(P.Count * ParamColumn.Count);
    for (const i of all) {
      expect(column(i, ParamColumn.Default)).toBeGreaterThanOrEqual(column(i, ParamColumn.Min));
      expect(column(i, ParamColumn.Default)).toBeLessThanOrEqual(column(i, ParamColumn.Max));
      expect(column(i, ParamColumn.Step)).toBeGreaterThan(0);
      expect(paramLabel(i).length).toBeGreaterThan(3);
      expect(paramLabel(i).length).toBeLessThanOrEqual(21);
    }
    expect(new Set(all.map(paramLabel)).size).toBe(P.Count);
    expect(paramLabel(P.Count)).toBeUndefined();
    expect(firstBadParam(defaultParams())).toBe(-1);
  });

  it.each([
    ['a release above its protection', P.CellOvRelease, 3700],
    ['an alarm at its protection', P.CellOvAlarm, 3700],
    ['a cold alarm below its protection', P.ChgUtp, 0],
    ['balancing above the over-voltage alarm', P.BalanceMv, 3600],
    ['a limit outside of the AFE', P.DsgOcp, 132_000],
    ['a delay longer than the AFE waits', P.DsgOcDelay, 2000],
    ['a cut-off above 65 °C', P.HotCutOff, 660],
  ])('refuses %s, and a refused set changes nothing', (_name, parameter, value) => {
    const guard = createGuard();
    const params = defaultParams();
    const proposal = defaultParams();
    proposal[P.LowSoc] = 100;
    proposal[parameter] = value;
    expect(applyParams(guard, params, proposal)).toBeGreaterThanOrEqual(0);
    expect([...params]).toEqual([...defaultParams()]);
  });

  it('takes over a set that fits together, though its single steps would not', () => {
    const params = defaultParams();
    const proposal = defaultParams();
    proposal[P.CellOvp] = 3500;
    proposal[P.CellOvAlarm] = 3450;
    expect(applyParams(createGuard(), params, proposal)).toBe(-1);
    expect([params[P.CellOvp], params[P.CellOvAlarm]]).toEqual([3500, 3450]);
  });

  it('never lets a set through in which a protection could release where it trips', () => {
    fc.assert(
      fc.property(fc.nat(P.Count - 1), fc.integer({ min: -1000, max: 150_000 }), (parameter, value) => {
        const params = defaultParams();
        const proposal = defaultParams();
        proposal[parameter] = value;
        applyParams(createGuard(), params, proposal);
        expect(params[P.CellOvRelease]).toBeLessThan(params[P.CellOvp]!);
        expect(params[P.CellUvRelease]).toBeGreaterThan(params[P.CellUvp]!);
        expect(params[P.HotRelease]).toBeLessThan(params[P.HotCutOff]!);
        expect(params[P.ChgUtRelease]).toBeGreaterThan(params[P.ChgUtp]!);
      }),
      { numRuns: 2000 },
    );
  });
});
