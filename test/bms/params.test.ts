import '../../src/hal-mock/natives';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyParams, createGuard } from '../../src/bms/guard';
import { defaultParams, firstBadParam, P, paramLabel, ParamColumn, paramTable, Unit } from '../../src/bms/params';

const table = paramTable();
const column = (parameter: number, which: number): number => table[parameter * ParamColumn.Count + which]!;
const all = Array.from({ length: P.Count }, (_, i) => i);

/** Every default typed in again: source, parameter, value, unit. */
// prettier-ignore
const LAW: [string, P, number, Unit][] = [
  ['S3 cell over-voltage alarm', P.CellOvAlarm, 3600, Unit.Mv],
  ['S3 cell over-voltage protection', P.CellOvp, 3700, Unit.Mv],
  ['S3 cell over-voltage release', P.CellOvRelease, 3380, Unit.Mv],
  ['S3 cell over-voltage delay', P.CellOvDelay, 1000, Unit.Ms],
  ['S3 pack over-voltage alarm', P.PackOvAlarm, 57_600, Unit.Mv],
  ['S3 pack over-voltage protection', P.PackOvp, 59_200, Unit.Mv],
  ['S3 pack over-voltage release', P.PackOvRelease, 54_080, Unit.Mv],
  ['S3 pack over-voltage delay', P.PackOvDelay, 1000, Unit.Ms],
  ['S6 cell warning', P.CellUvAlarm, 2800, Unit.Mv],
  ['S6 cell cut-off', P.CellUvp, 2500, Unit.Mv],
  ['S6 cell reconnect', P.CellUvRelease, 2900, Unit.Mv],
  ['S6 cell cut-off delay', P.CellUvDelay, 1000, Unit.Ms],
  ['S6 pack warning', P.PackUvAlarm, 44_800, Unit.Mv],
  ['S6 pack cut-off', P.PackUvp, 40_000, Unit.Mv],
  ['S6 pack reconnect', P.PackUvRelease, 46_400, Unit.Mv],
  ['S6 pack cut-off delay', P.PackUvDelay, 1000, Unit.Ms],
  ['S2 charge alarm', P.ChgOcAlarm, 104_000, Unit.Ma],
  ['S2 charge protection', P.ChgOcp, 110_000, Unit.Ma],
  ['S2 charge protection delay', P.ChgOcDelay, 1000, Unit.Ms],
  ['S5 discharge warning', P.DsgOcAlarm, 125_000, Unit.Ma],
  ['S5 discharge cut-off', P.DsgOcp, 130_000, Unit.Ma],
  ['S5 discharge cut-off delay', P.DsgOcDelay, 1000, Unit.Ms],
  ['S2, S5 release time', P.OcReleaseMs, 60_000, Unit.Ms],
  ['S2, S5 release current', P.OcOppositeMa, 1000, Unit.Ma],
  ['S2, S5, S7 trips to lock', P.TripLock, 10, Unit.Number],
  ['S9 charge alarm, hot', P.ChgOtAlarm, 450, Unit.DeciC],
  ['S9 charge protection, hot', P.ChgOtp, 550, Unit.DeciC],
  ['S9 charge release, hot', P.ChgOtRelease, 500, Unit.DeciC],
  ['S9 charge alarm, cold', P.ChgUtAlarm, 0, Unit.DeciC],
  ['S9 charge protection, cold', P.ChgUtp, -50, Unit.DeciC],
  ['S9 charge release, cold', P.ChgUtRelease, 0, Unit.DeciC],
  ['S9 discharge alarm, hot', P.DsgOtAlarm, 560, Unit.DeciC],
  ['S9 discharge protection, hot', P.DsgOtp, 600, Unit.DeciC],
  ['S9 discharge release, hot', P.DsgOtRelease, 550, Unit.DeciC],
  ['S9 discharge alarm, cold', P.DsgUtAlarm, -150, Unit.DeciC],
  ['S9 discharge protection, cold', P.DsgUtp, -200, Unit.DeciC],
  ['S9 discharge release, cold', P.DsgUtRelease, -150, Unit.DeciC],
  ['S9 hard cut-off', P.HotCutOff, 650, Unit.DeciC],
  ['S9 hard cut-off release', P.HotRelease, 600, Unit.DeciC],
  ['S9 MOSFET alarm', P.MosOtAlarm, 900, Unit.DeciC],
  ['S9 MOSFET protection', P.MosOtp, 1100, Unit.DeciC],
  ['S9 MOSFET release', P.MosOtRelease, 850, Unit.DeciC],
  ['S9 ambient alarm', P.EnvUtAlarm, -200, Unit.DeciC],
  ['S9 ambient protection', P.EnvUtp, -250, Unit.DeciC],
  ['S9 ambient release', P.EnvUtRelease, -200, Unit.DeciC],
  ['assumption: ambient hot alarm', P.EnvOtAlarm, 600, Unit.DeciC],
  ['assumption: temperature delay', P.TempDelay, 2000, Unit.Ms],
  ['pace.md 2: cell failure', P.SpreadMv, 1000, Unit.Mv],
  ['pace.md 2: low SOC', P.LowSoc, 50, Unit.Permille],
  ['pace.md 2: full voltage', P.FullMv, 56_000, Unit.Mv],
  ['pace.md 2: full current', P.FullMa, 2000, Unit.Ma],
  ['assumption: alarm delay', P.AlarmDelay, 1000, Unit.Ms],
  ['S4 balancing', P.BalanceMv, 3400, Unit.Mv],
  ['S4 balancing starts', P.BalanceStartMv, 30, Unit.Mv],
  ['S4 balancing stops', P.BalanceStopMv, 20, Unit.Mv],
  ['assumption: own draw', P.StandbyMa, 40, Unit.Ma],
  ['S2 second stage', P.ChgOc2, 150_000, Unit.Ma],
  ['S2 second stage delay', P.ChgOc2Delay, 100, Unit.Ms],
  ['S5 second stage', P.DsgOc2, 150_000, Unit.Ma],
  ['S5 second stage delay', P.DsgOc2Delay, 100, Unit.Ms],
  ['S7 short circuit', P.ScpDelay, 300, Unit.Us],
  ['S28 sleep voltage', P.SleepMv, 3100, Unit.Mv],
  ['S28 sleep delay', P.SleepDelay, 5, Unit.Minutes],
  ['S3 over-voltage released by voltage alone', P.OvReleaseSoc, 0, Unit.Permille],
  ['S1 capacity', P.DesignMah, 100_000, Unit.Mah],
  ['pace.md 2: limiter', P.LimiterStart, 100_000, Unit.Ma],
  ['pace.md 2: limiter off', P.LimiterOn, 0, Unit.Switch],
  ['S23 buzzer off', P.BuzzerOn, 0, Unit.Switch],
  ['S24 LEDs on', P.LedsOn, 1, Unit.Switch],
  ['algorithms.md 4.4: balancing by charge off', P.BalanceBudget, 0, Unit.Switch],
  ['S10 no breaker contact', P.BreakerContact, 0, Unit.Switch],
];

/** What has to stay below what: release inside protect, alarm before protect, UV < balance < OV, full < OV; what must give way to see it. */
// prettier-ignore
const ORDER: [P, P, ...[P, number][]][] = [
  [P.CellOvAlarm, P.CellOvp], [P.CellOvRelease, P.CellOvp], [P.PackOvAlarm, P.PackOvp], [P.PackOvRelease, P.PackOvp],
  [P.CellUvp, P.CellUvAlarm], [P.CellUvp, P.CellUvRelease], [P.PackUvp, P.PackUvAlarm], [P.PackUvp, P.PackUvRelease],
  [P.CellUvRelease, P.BalanceMv], [P.BalanceMv, P.CellOvAlarm], [P.BalanceStopMv, P.BalanceStartMv],
  [P.CellUvRelease, P.CellOvRelease], [P.PackUvRelease, P.PackOvRelease],
  [P.ChgOcAlarm, P.ChgOcp], [P.DsgOcAlarm, P.DsgOcp], [P.ChgOcp, P.ChgOc2], [P.DsgOcp, P.DsgOc2],
  [P.ChgOtAlarm, P.ChgOtp], [P.ChgOtRelease, P.ChgOtp], [P.ChgUtp, P.ChgUtAlarm], [P.ChgUtp, P.ChgUtRelease],
  [P.DsgOtAlarm, P.DsgOtp], [P.DsgOtRelease, P.DsgOtp, [P.DsgOtAlarm, 500]], [P.DsgUtp, P.DsgUtAlarm], [P.DsgUtp, P.DsgUtRelease],
  [P.HotRelease, P.HotCutOff], [P.MosOtAlarm, P.MosOtp], [P.MosOtRelease, P.MosOtp, [P.MosOtAlarm, 800]],
  [P.EnvUtp, P.EnvUtAlarm], [P.EnvUtp, P.EnvUtRelease], [P.FullMv, P.PackOvp, [P.PackOvAlarm, 55_000]],
];

describe('parameters', () => {
  it.each(LAW)('%s: default and unit', (_name, parameter, value, unit) => {
    expect([defaultParams()[parameter], column(parameter, ParamColumn.Unit)]).toEqual([value, unit]);
  });
  it('are all in that list, once', () => {
    expect(LAW.map(([, parameter]) => parameter)).toEqual(all);
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

  it.each(ORDER)(
    'S2-S9 parameter %d as high as %d is refused, and a refused set changes nothing',
    (lower, upper, ...also) => {
      const guard = createGuard();
      guard.settled = 31;
      const params = defaultParams();
      const proposal = defaultParams();
      proposal[P.LowSoc] = 100;
      const fits = (parameter: P, value: number): boolean =>
        value >= column(parameter, ParamColumn.Min) && value <= column(parameter, ParamColumn.Max);
      for (const [parameter, value] of also) proposal[parameter] = value;
      if (fits(upper, proposal[lower]!)) proposal[upper] = proposal[lower]!;
      else if (fits(lower, proposal[upper]!)) proposal[lower] = proposal[upper]!;
      else proposal[lower] = proposal[upper] = column(upper, ParamColumn.Min);
      expect([fits(lower, proposal[lower]!), fits(upper, proposal[upper]!)]).toEqual([true, true]);
      expect(applyParams(guard, params, proposal)).toBe(lower);
      expect([[...params], guard.settled]).toEqual([[...defaultParams()], 31]);
    },
  );

  it.each(all)('parameter %d outside its range is refused', (parameter) => {
    const proposal = defaultParams();
    proposal[parameter] = column(parameter, ParamColumn.Min) - 1;
    expect(firstBadParam(proposal)).toBe(parameter);
    proposal[parameter] = column(parameter, ParamColumn.Max) + 1;
    expect(firstBadParam(proposal)).toBe(parameter);
  });

  it('the ends of a range belong to it', () => {
    const proposal = defaultParams();
    for (const value of [0, 300]) {
      proposal[P.LowSoc] = value;
      expect(firstBadParam(proposal)).toBe(-1);
    }
  });

  it('S3 over-voltage is released by charge from 74 % to 97 %, or not at all', () => {
    const proposal = defaultParams();
    const verdicts = [0, 1, 739, 740, 970, 971].map((value) => {
      proposal[P.OvReleaseSoc] = value;
      return firstBadParam(proposal);
    });
    expect(verdicts).toEqual([-1, P.OvReleaseSoc, P.OvReleaseSoc, -1, -1, P.OvReleaseSoc]);
  });

  // hardware.md 2.7 as ADR 4 applies it: the firmware's limits stay inside
  it.each([
    ['cell over-voltage, 3.795 V', P.CellOvp, ParamColumn.Max, 3794],
    ['cell under-voltage, 2.429 V', P.CellUvp, ParamColumn.Min, 2430],
    ['charge current, stage 2 at its least of 16 A', P.ChgOc2, ParamColumn.Min, 16_000],
    ['discharge current, 132 A', P.DsgOcp, ParamColumn.Max, 131_999],
    ['discharge current, 2 s', P.DsgOcDelay, ParamColumn.Max, 1999],
    ['hot cells while charging, 67 °C', P.ChgOtp, ParamColumn.Max, 669],
    ['hot cells, 67 °C', P.HotCutOff, ParamColumn.Max, 669],
    ['cold cells while charging, -8 °C', P.ChgUtp, ParamColumn.Min, -79],
    ['cold cells, -23 °C', P.DsgUtp, ParamColumn.Min, -229],
    ['MOSFET, 115 °C', P.MosOtp, ParamColumn.Max, 1149],
    ['the AFE’s own temperature, -28 °C', P.EnvUtp, ParamColumn.Min, -279],
    ['temperature delay, 5 s', P.TempDelay, ParamColumn.Max, 4999],
  ])('S2-S9 end inside the AFE’s: %s', (_name, parameter, which, bound) => {
    if (which === ParamColumn.Min) expect(column(parameter, which)).toBeGreaterThanOrEqual(bound);
    else expect(column(parameter, which)).toBeLessThanOrEqual(bound);
  });

  it('takes over a set that fits together, though its single steps would not', () => {
    const guard = createGuard();
    guard.settled = 31;
    const params = defaultParams();
    const proposal = defaultParams();
    proposal[P.CellOvp] = 3500;
    proposal[P.CellOvAlarm] = 3450;
    expect(applyParams(guard, params, proposal)).toBe(-1);
    expect([params[P.CellOvp], params[P.CellOvAlarm]]).toEqual([3500, 3450]);
    expect(guard.settled).toBe(0); // every band is computed anew
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
