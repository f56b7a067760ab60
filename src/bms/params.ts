/**
 * Every limit of the pack: one row a parameter, in the order of `P`.
 * Units: mV, mA, 0.1 °C, ms, permille. Source: requirements S2-S9, else pace.md section 2.
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
  Count,
}

/** Factory values. */
// prettier-ignore
export function defaultParams(): Int32Array {
  return new Int32Array([
      3600, // CellOvAlarm    S3
      3700, // CellOvp        S3, above
      3380, // CellOvRelease  S3, every cell below
      1000, // CellOvDelay    S3
     57600, // PackOvAlarm    S3
     59200, // PackOvp        S3, above
     54080, // PackOvRelease  S3, below
      1000, // PackOvDelay    S3
      2800, // CellUvAlarm    S6
      2500, // CellUvp        S6, below
      2900, // CellUvRelease  S6, every cell above
      1000, // CellUvDelay    S6
     44800, // PackUvAlarm    S6
     40000, // PackUvp        S6, below
     46400, // PackUvRelease  S6, above
      1000, // PackUvDelay    S6
    104000, // ChgOcAlarm     S2
    110000, // ChgOcp         S2
      1000, // ChgOcDelay     S2
    125000, // DsgOcAlarm     S5
    130000, // DsgOcp         S5
      1000, // DsgOcDelay     S5
     60000, // OcReleaseMs    S2, S5
      1000, // OcOppositeMa   S2, S5
        10, // TripLock       S2, S5, S7
       450, // ChgOtAlarm     S9
       550, // ChgOtp         S9
       500, // ChgOtRelease   S9
         0, // ChgUtAlarm     S9
       -50, // ChgUtp         S9
         0, // ChgUtRelease   S9
       560, // DsgOtAlarm     S9
       600, // DsgOtp         S9
       550, // DsgOtRelease   S9
      -150, // DsgUtAlarm     S9
      -200, // DsgUtp         S9
      -150, // DsgUtRelease   S9
       650, // HotCutOff      S9, any of T1-T4, T6 above
       600, // HotRelease     S9, at or below
       900, // MosOtAlarm     S9
      1100, // MosOtp         S9
       850, // MosOtRelease   S9
      -200, // EnvUtAlarm     S9
      -250, // EnvUtp         S9
      -200, // EnvUtRelease   S9
       600, // EnvOtAlarm     assumption: as the release of the hard cut-off
      2000, // TempDelay      assumption: the AFE's own limits wait 5 s
      1000, // SpreadMv       pace.md section 2, cell failure
        50, // LowSoc         permille, pace.md section 2
     56000, // FullMv         pace.md section 2
      2000, // FullMa         pace.md section 2
      1000, // AlarmDelay     assumption
  ]);
}
