/**
 * Every parameter of the pack: one row each, in the order of `P`, and what is allowed.
 * Units: mV, mA, 0.1 °C, ms, permille and what `Unit` says. Source of the defaults: requirements S2-S9, else pace.md section 2. The ranges end
 * inside the AFE's own limits (ADR 4), which stand behind the firmware's.
 */

/** Index of a parameter. Append only. */
export const enum P {
  CellOvAlarm,
  CellOvp,
  CellOvRelease,
  CellOvDelay,
  PackOvAlarm,
  PackOvp,
  PackOvRelease,
  PackOvDelay,
  CellUvAlarm,
  CellUvp,
  CellUvRelease,
  CellUvDelay,
  PackUvAlarm,
  PackUvp,
  PackUvRelease,
  PackUvDelay,
  ChgOcAlarm,
  ChgOcp,
  ChgOcDelay,
  DsgOcAlarm,
  DsgOcp,
  DsgOcDelay,
  OcReleaseMs,
  OcOppositeMa,
  TripLock,
  ChgOtAlarm,
  ChgOtp,
  ChgOtRelease,
  ChgUtAlarm,
  ChgUtp,
  ChgUtRelease,
  DsgOtAlarm,
  DsgOtp,
  DsgOtRelease,
  DsgUtAlarm,
  DsgUtp,
  DsgUtRelease,
  HotCutOff,
  HotRelease,
  MosOtAlarm,
  MosOtp,
  MosOtRelease,
  EnvUtAlarm,
  EnvUtp,
  EnvUtRelease,
  EnvOtAlarm,
  TempDelay,
  SpreadMv,
  LowSoc,
  FullMv,
  FullMa,
  AlarmDelay,
  BalanceMv,
  BalanceStartMv,
  BalanceStopMv,
  StandbyMa,
  ChgOc2,
  ChgOc2Delay,
  DsgOc2,
  DsgOc2Delay,
  ScpDelay,
  SleepMv,
  SleepDelay,
  OvReleaseSoc,
  DesignMah,
  LimiterStart,
  LimiterOn,
  BuzzerOn,
  LedsOn,
  BalanceBudget,
  BreakerContact,
  Count,
}

/** Unit of a parameter. */
export const enum Unit {
  Mv,
  Ma,
  DeciC,
  Ms,
  Permille,
  Number,
  Us,
  Minutes,
  Mah,
  /** 0 = off, 1 = on. */
  Switch,
}

/** Columns of `paramTable`. A value need not be a multiple of its step: that is how far a key press moves it. */
export const enum ParamColumn {
  Default,
  Min,
  Max,
  Step,
  Unit,
  Count,
}

/** Over-voltage that is not released by voltage alone is released from this SOC down, permille (pace.md 1.8, A5). */
const OV_RELEASE_SOC_MIN = 740;

/** Default, lowest and highest value, step, unit. */
// prettier-ignore
export function paramTable(): Int32Array {
  return new Int32Array([
      3600,   3300,   3750,   10, Unit.Mv,        // CellOvAlarm    S3
      3700,   3400,   3750,   10, Unit.Mv,        // CellOvp        S3, above
      3380,   3200,   3700,   10, Unit.Mv,        // CellOvRelease  S3, every cell below
      1000,    500,   5000,  100, Unit.Ms,        // CellOvDelay    S3
     57600,  52800,  60000,  100, Unit.Mv,        // PackOvAlarm    S3
     59200,  54400,  60000,  100, Unit.Mv,        // PackOvp        S3, above
     54080,  51200,  59200,   10, Unit.Mv,        // PackOvRelease  S3, below
      1000,    500,   5000,  100, Unit.Ms,        // PackOvDelay    S3
      2800,   2500,   3200,   10, Unit.Mv,        // CellUvAlarm    S6
      2500,   2450,   3100,   10, Unit.Mv,        // CellUvp        S6, below
      2900,   2500,   3300,   10, Unit.Mv,        // CellUvRelease  S6, every cell above
      1000,    500,   5000,  100, Unit.Ms,        // CellUvDelay    S6
     44800,  40000,  51200,  100, Unit.Mv,        // PackUvAlarm    S6
     40000,  39200,  49600,  100, Unit.Mv,        // PackUvp        S6, below
     46400,  40000,  52800,  100, Unit.Mv,        // PackUvRelease  S6, above
      1000,    500,   5000,  100, Unit.Ms,        // PackUvDelay    S6
    104000,   5000, 120000, 1000, Unit.Ma,        // ChgOcAlarm     S2
    110000,  10000, 120000, 1000, Unit.Ma,        // ChgOcp         S2
      1000,    500,   5000,  100, Unit.Ms,        // ChgOcDelay     S2
    125000,   5000, 130000, 1000, Unit.Ma,        // DsgOcAlarm     S5
    130000,  10000, 131000, 1000, Unit.Ma,        // DsgOcp         S5
      1000,    500,   1500,  100, Unit.Ms,        // DsgOcDelay     S5
     60000,  30000, 300000, 1000, Unit.Ms,        // OcReleaseMs    S2, S5
      1000,    500,  10000,  100, Unit.Ma,        // OcOppositeMa   S2, S5
        10,      1,     20,    1, Unit.Number,    // TripLock       S2, S5, S7
       450,    300,    600,   10, Unit.DeciC,     // ChgOtAlarm     S9
       550,    300,    600,   10, Unit.DeciC,     // ChgOtp         S9
       500,    250,    580,   10, Unit.DeciC,     // ChgOtRelease   S9
         0,    -50,    200,   10, Unit.DeciC,     // ChgUtAlarm     S9
       -50,    -50,    150,   10, Unit.DeciC,     // ChgUtp         S9
         0,    -50,    200,   10, Unit.DeciC,     // ChgUtRelease   S9
       560,    300,    640,   10, Unit.DeciC,     // DsgOtAlarm     S9
       600,    300,    650,   10, Unit.DeciC,     // DsgOtp         S9
       550,    250,    630,   10, Unit.DeciC,     // DsgOtRelease   S9
      -150,   -200,    100,   10, Unit.DeciC,     // DsgUtAlarm     S9
      -200,   -200,     50,   10, Unit.DeciC,     // DsgUtp         S9
      -150,   -200,    100,   10, Unit.DeciC,     // DsgUtRelease   S9
       650,    400,    650,   10, Unit.DeciC,     // HotCutOff      S9, any of T1-T4, T6 above
       600,    300,    620,   10, Unit.DeciC,     // HotRelease     S9, at or below
       900,    500,   1050,   10, Unit.DeciC,     // MosOtAlarm     S9
      1100,    600,   1100,   10, Unit.DeciC,     // MosOtp         S9
       850,    400,   1000,   10, Unit.DeciC,     // MosOtRelease   S9
      -200,   -250,    100,   10, Unit.DeciC,     // EnvUtAlarm     S9
      -250,   -250,     50,   10, Unit.DeciC,     // EnvUtp         S9; the AFE itself opens at -28
      -200,   -250,    100,   10, Unit.DeciC,     // EnvUtRelease   S9
       600,    300,    650,   10, Unit.DeciC,     // EnvOtAlarm     assumption: as the release of the hard cut-off
      2000,    500,   4000,  500, Unit.Ms,        // TempDelay      assumption: the AFE's own limits wait 5 s
      1000,    300,   1500,   50, Unit.Mv,        // SpreadMv       pace.md section 2, cell failure
        50,      0,    300,   10, Unit.Permille,  // LowSoc         permille, pace.md section 2
     56000,  54400,  57600,  100, Unit.Mv,        // FullMv         pace.md section 2
      2000,    500,   5000,  100, Unit.Ma,        // FullMa         pace.md section 2
      1000,    250,  10000,  250, Unit.Ms,        // AlarmDelay     assumption
      3400,   3300,   3600,   10, Unit.Mv,        // BalanceMv      S4, above
        30,     10,    200,    5, Unit.Mv,        // BalanceStartMv S4, above the lowest
        20,      5,    150,    5, Unit.Mv,        // BalanceStopMv  S4
        40,      0,    200,    5, Unit.Ma,        // StandbyMa      own draw that the shunt does not see; 40 mA awake: assumption, as in the pack model
    150000,  16000, 150000, 2000, Unit.Ma,        // ChgOc2         S2, second stage, in the AFE
       100,     10,    400,   10, Unit.Ms,        // ChgOc2Delay    S2
    150000,  16000, 150000, 2000, Unit.Ma,        // DsgOc2         S5, second stage, in the AFE
       100,     10,    400,   10, Unit.Ms,        // DsgOc2Delay    S5
       300,    100,    300,   15, Unit.Us,        // ScpDelay       S7, in the AFE
      3100,   2500,   3300,   10, Unit.Mv,        // SleepMv        S28
         5,      1,    120,    1, Unit.Minutes,   // SleepDelay     S28
         0,      0,    970,   10, Unit.Permille,  // OvReleaseSoc   0 = by voltage only (S3); else from 740 on, pace.md 1.8 (A5), 3.6
    100000,  10000, 500000, 1000, Unit.Mah,       // DesignMah      S1
    100000,   5000, 150000, 1000, Unit.Ma,        // LimiterStart   pace.md section 2
         0,      0,      1,    1, Unit.Switch,    // LimiterOn      pace.md section 2
         0,      0,      1,    1, Unit.Switch,    // BuzzerOn       S23
         1,      0,      1,    1, Unit.Switch,    // LedsOn         S24
         0,      0,      1,    1, Unit.Switch,    // BalanceBudget  algorithms.md 4.4
         0,      0,      1,    1, Unit.Switch,    // BreakerContact S10, an auxiliary contact is fitted
  ]);
}

/** Name on the display, at most 21 characters. */
export function paramLabel(parameter: number): string {
  const labels =
    'Cell OV alarm,Cell OVP,Cell OVP release,Cell OVP delay,Pack OV alarm,Pack OVP,' +
    'Pack OVP release,Pack OVP delay,Cell UV alarm,Cell UVP,Cell UVP release,Cell UVP delay,' +
    'Pack UV alarm,Pack UVP,Pack UVP release,Pack UVP delay,Charge OC alarm,Charge OCP,' +
    'Charge OCP delay,Discharge OC alarm,Discharge OCP,Discharge OCP delay,OCP release time,OCP release current,' +
    'OCP/SCP trips to lock,Charge OT alarm,Charge OTP,Charge OTP release,Charge UT alarm,Charge UTP,' +
    'Charge UTP release,Discharge OT alarm,Discharge OTP,Discharge OTP rel.,Discharge UT alarm,Discharge UTP,' +
    'Discharge UTP rel.,Hot cut-off,Hot cut-off release,MOS OT alarm,MOS OTP,MOS OTP release,' +
    'Ambient UT alarm,Ambient UTP,Ambient UTP release,Ambient OT alarm,Temperature delay,Cell spread fault,' +
    'Low SOC alarm,Full voltage,Full current,Alarm delay,Balance from,Balance start,' +
    'Balance stop,Standby draw,Charge OC2,Charge OC2 delay,Discharge OC2,Discharge OC2 delay,SCP delay,' +
    'Sleep voltage,Sleep delay,OVP release SOC,Design capacity,Limiter start,Limiter,Buzzer,LEDs,' +
    'Balance by charge,Breaker contact';
  return labels.split(',')[parameter];
}

/** Factory values. */
export function defaultParams(): Int32Array {
  const table = paramTable();
  const params = new Int32Array(P.Count);
  for (let i = 0; i < P.Count; i++) params[i] = table[i * ParamColumn.Count];
  return params;
}

/** Pairs of which the first must stay below the second: release inside protect, alarm before protect, UV < balance < OV, full < OV. */
// prettier-ignore
function orderedPairs(): Uint8Array {
  return new Uint8Array([
    P.CellOvAlarm, P.CellOvp, P.CellOvRelease, P.CellOvp, P.PackOvAlarm, P.PackOvp, P.PackOvRelease, P.PackOvp,
    P.CellUvp, P.CellUvAlarm, P.CellUvp, P.CellUvRelease, P.PackUvp, P.PackUvAlarm, P.PackUvp, P.PackUvRelease,
    P.CellUvRelease, P.BalanceMv, P.BalanceMv, P.CellOvAlarm, P.BalanceStopMv, P.BalanceStartMv,
    P.CellUvRelease, P.CellOvRelease, P.PackUvRelease, P.PackOvRelease,
    P.ChgOcAlarm, P.ChgOcp, P.DsgOcAlarm, P.DsgOcp, P.ChgOcp, P.ChgOc2, P.DsgOcp, P.DsgOc2,
    P.ChgOtAlarm, P.ChgOtp, P.ChgOtRelease, P.ChgOtp, P.ChgUtp, P.ChgUtAlarm, P.ChgUtp, P.ChgUtRelease,
    P.DsgOtAlarm, P.DsgOtp, P.DsgOtRelease, P.DsgOtp, P.DsgUtp, P.DsgUtAlarm, P.DsgUtp, P.DsgUtRelease,
    P.ChgUtRelease, P.ChgOtRelease, P.DsgUtRelease, P.DsgOtRelease,
    P.HotRelease, P.HotCutOff, P.MosOtAlarm, P.MosOtp, P.MosOtRelease, P.MosOtp,
    P.EnvUtp, P.EnvUtAlarm, P.EnvUtp, P.EnvUtRelease, P.EnvUtAlarm, P.EnvOtAlarm, P.FullMv, P.PackOvp,
  ]);
}

/** The first parameter that is out of range or out of order, or -1 when all can be used together. */
export function firstBadParam(params: Int32Array): number {
  const table = paramTable();
  for (let i = 0; i < P.Count; i++)
    if (
      params[i] < table[i * ParamColumn.Count + ParamColumn.Min] ||
      params[i] > table[i * ParamColumn.Count + ParamColumn.Max]
    )
      return i;
  if (params[P.OvReleaseSoc] > 0 && params[P.OvReleaseSoc] < OV_RELEASE_SOC_MIN) return P.OvReleaseSoc;
  const pairs = orderedPairs();
  for (let i = 0; i < pairs.length; i += 2) if (params[pairs[i]] >= params[pairs[i + 1]]) return pairs[i];
  return -1;
}
