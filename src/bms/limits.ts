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
  /** 1: must not rise above the limit, -1: must not fall below it. Strict, as the manual writes it. */
  Direction,
  Limit,
  Release,
  /** The release lies this far on the good side of the parameter in column Release. */
  Hysteresis,
  Delay,
  Count,
}

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
 * 320 mV, 2 A, 1 degree, 1 % (assumption). HotCutOff: "at or below 60", hence the -1.
 */
// prettier-ignore
export function limitRules(): Int16Array {
  return new Int16Array([
    Rule.CellOv,    Q.MaxMv,    1,  P.CellOvAlarm, P.CellOvAlarm,   20, P.AlarmDelay,
    Rule.CellOvp,   Q.MaxMv,    1,  P.CellOvp,     P.CellOvRelease,  0, P.CellOvDelay,
    Rule.PackOv,    Q.SumMv,    1,  P.PackOvAlarm, P.PackOvAlarm,  320, P.AlarmDelay,
    Rule.PackOvp,   Q.SumMv,    1,  P.PackOvp,     P.PackOvRelease,  0, P.PackOvDelay,
    Rule.CellUv,    Q.MinMv,    -1, P.CellUvAlarm, P.CellUvAlarm,   20, P.AlarmDelay,
    Rule.CellUvp,   Q.MinMv,    -1, P.CellUvp,     P.CellUvRelease,  0, P.CellUvDelay,
    Rule.PackUv,    Q.SumMv,    -1, P.PackUvAlarm, P.PackUvAlarm,  320, P.AlarmDelay,
    Rule.PackUvp,   Q.SumMv,    -1, P.PackUvp,     P.PackUvRelease,  0, P.PackUvDelay,
    Rule.CellFault, Q.SpreadMv, 1,  P.SpreadMv,    P.SpreadMv,       0, P.TempDelay,

    Rule.ChgOc,     Q.ChgMa,    1,  P.ChgOcAlarm,  P.ChgOcAlarm,  2000, P.AlarmDelay,
    Rule.DsgOc,     Q.DsgMa,    1,  P.DsgOcAlarm,  P.DsgOcAlarm,  2000, P.AlarmDelay,

    Rule.ChgOt,     Q.Hot,      1,  P.ChgOtAlarm,  P.ChgOtAlarm,    10, P.TempDelay,
    Rule.ChgOtp,    Q.Hot,      1,  P.ChgOtp,      P.ChgOtRelease,   0, P.TempDelay,
    Rule.DsgOt,     Q.Hot,      1,  P.DsgOtAlarm,  P.DsgOtAlarm,    10, P.TempDelay,
    Rule.DsgOtp,    Q.Hot,      1,  P.DsgOtp,      P.DsgOtRelease,   0, P.TempDelay,
    Rule.ChgUt,     Q.Cold,     -1, P.ChgUtAlarm,  P.ChgUtAlarm,    10, P.TempDelay,
    Rule.ChgUtp,    Q.Cold,     -1, P.ChgUtp,      P.ChgUtRelease,   0, P.TempDelay,
    Rule.DsgUt,     Q.Cold,     -1, P.DsgUtAlarm,  P.DsgUtAlarm,    10, P.TempDelay,
    Rule.DsgUtp,    Q.Cold,     -1, P.DsgUtp,      P.DsgUtRelease,   0, P.TempDelay,
    Rule.HotCutOff, Q.Hottest,  1,  P.HotCutOff,   P.HotRelease,    -1, P.TempDelay,
    Rule.MosOt,     Q.Mosfet,   1,  P.MosOtAlarm,  P.MosOtAlarm,    10, P.TempDelay,
    Rule.MosOtp,    Q.Mosfet,   1,  P.MosOtp,      P.MosOtRelease,   0, P.TempDelay,
    Rule.EnvOt,     Q.Ambient,  1,  P.EnvOtAlarm,  P.EnvOtAlarm,    10, P.TempDelay,
    Rule.EnvUt,     Q.Ambient,  -1, P.EnvUtAlarm,  P.EnvUtAlarm,    10, P.TempDelay,
    Rule.EnvUtp,    Q.Ambient,  -1, P.EnvUtp,      P.EnvUtRelease,   0, P.TempDelay,

    Rule.LowSoc,    Q.Soc,      -1, P.LowSoc,      P.LowSoc,        10, P.AlarmDelay,
  ]);
}

/** A column of the row of one rule, or -1 when the rule is not in the table. */
export function ruleColumn(rules: Int16Array, rule: number, column: Col): number {
  for (let i = 0; i < Rows.End; i += Col.Count) if (rules[i] === rule) return rules[i + column];
  return -1;
}
