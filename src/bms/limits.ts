/** Rules that compare one value with one limit (S2-S6, S9): the table, one line a rule. */
import { P } from './params';
import { Rule } from './rules';

/** What is compared. Currents count in their own direction; Hottest is the hottest of T1..T4 and T6. */
export const enum Q {
  MaxMv,
  MinMv,
  SpreadMv,
  SumMv,
  ChgMa,
  DsgMa,
  Hot,
  Cold,
  Mosfet,
  Ambient,
  Hottest,
  Soc,
  Count,
}

/** Columns of the table. */
export const enum Col {
  Rule,
  Quantity,
  /** 0: must not fall below the limit; 1: must not rise above it; 2: as 1, and released at its release already. Else strict. */
  Up,
  Limit,
  Release,
  /** The release lies this far on the good side of the parameter in column Release, in `HYSTERESIS_UNIT`. */
  Hysteresis,
  Delay,
  Count,
}

/** 10 mV, 10 mA, 1 degree, 1 %: the numbers of the table fit a byte. */
export const HYSTERESIS_UNIT = 10;

/** Rows of a group, and the first row after them, in table cells. */
export const enum Rows {
  Voltage = 0,
  Current = 9 * Col.Count,
  Temperature = 11 * Col.Count,
  Soc = 25 * Col.Count,
  End = 26 * Col.Count,
}

/**
 * The rules. Alarms clear some way inside their limit, so that the AFE's noise does not make them flicker: 20 mV a cell,
 * 320 mV, 2 A, 1 degree, 1 % (assumption). HotCutOff: "at or below 60".
 */
// prettier-ignore
export function limitRules(): Uint8Array {
  return new Uint8Array([
    Rule.CellOv,    Q.MaxMv,    1, P.CellOvAlarm, P.CellOvAlarm,     2, P.AlarmDelay,
    Rule.CellOvp,   Q.MaxMv,    1, P.CellOvp,     P.CellOvRelease,   0, P.CellOvDelay,
    Rule.PackOv,    Q.SumMv,    1, P.PackOvAlarm, P.PackOvAlarm,    32, P.AlarmDelay,
    Rule.PackOvp,   Q.SumMv,    1, P.PackOvp,     P.PackOvRelease,   0, P.PackOvDelay,
    Rule.PackUv,    Q.SumMv,    0, P.PackUvAlarm, P.PackUvAlarm,    32, P.AlarmDelay,
    Rule.PackUvp,   Q.SumMv,    0, P.PackUvp,     P.PackUvRelease,   0, P.PackUvDelay,
    Rule.CellUv,    Q.MinMv,    0, P.CellUvAlarm, P.CellUvAlarm,     2, P.AlarmDelay,
    Rule.CellUvp,   Q.MinMv,    0, P.CellUvp,     P.CellUvRelease,   0, P.CellUvDelay,
    Rule.CellFault, Q.SpreadMv, 1, P.SpreadMv,    P.SpreadMv,        0, P.TempDelay,

    Rule.ChgOc,     Q.ChgMa,    1, P.ChgOcAlarm,  P.ChgOcAlarm,    200, P.AlarmDelay,
    Rule.DsgOc,     Q.DsgMa,    1, P.DsgOcAlarm,  P.DsgOcAlarm,    200, P.AlarmDelay,

    Rule.ChgOt,     Q.Hot,      1, P.ChgOtAlarm,  P.ChgOtAlarm,      1, P.TempDelay,
    Rule.ChgOtp,    Q.Hot,      1, P.ChgOtp,      P.ChgOtRelease,    0, P.TempDelay,
    Rule.DsgOt,     Q.Hot,      1, P.DsgOtAlarm,  P.DsgOtAlarm,      1, P.TempDelay,
    Rule.DsgOtp,    Q.Hot,      1, P.DsgOtp,      P.DsgOtRelease,    0, P.TempDelay,
    Rule.ChgUt,     Q.Cold,     0, P.ChgUtAlarm,  P.ChgUtAlarm,      1, P.TempDelay,
    Rule.ChgUtp,    Q.Cold,     0, P.ChgUtp,      P.ChgUtRelease,    0, P.TempDelay,
    Rule.DsgUt,     Q.Cold,     0, P.DsgUtAlarm,  P.DsgUtAlarm,      1, P.TempDelay,
    Rule.DsgUtp,    Q.Cold,     0, P.DsgUtp,      P.DsgUtRelease,    0, P.TempDelay,
    Rule.HotCutOff, Q.Hottest,  2, P.HotCutOff,   P.HotRelease,      0, P.TempDelay,
    Rule.MosOt,     Q.Mosfet,   1, P.MosOtAlarm,  P.MosOtAlarm,      1, P.TempDelay,
    Rule.MosOtp,    Q.Mosfet,   1, P.MosOtp,      P.MosOtRelease,    0, P.TempDelay,
    Rule.EnvOt,     Q.Ambient,  1, P.EnvOtAlarm,  P.EnvOtAlarm,      1, P.TempDelay,
    Rule.EnvUt,     Q.Ambient,  0, P.EnvUtAlarm,  P.EnvUtAlarm,      1, P.TempDelay,
    Rule.EnvUtp,    Q.Ambient,  0, P.EnvUtp,      P.EnvUtRelease,    0, P.TempDelay,

    Rule.LowSoc,    Q.Soc,      0, P.LowSoc,      P.LowSoc,          1, P.AlarmDelay,
  ]);
}

/** Where the row of a rule begins, or -1 when it is not in the table. */
export function rowOf(rules: Uint8Array, rule: number): number {
  for (let i = 0; i < Rows.End; i += Col.Count) if (rules[i] === rule) return i;
  return -1;
}
