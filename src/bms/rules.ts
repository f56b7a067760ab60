/**
 * Names of everything that can be wrong with the pack. `Rule` numbers the rows of causes, explanations and the event
 * log; `Alarm`, `Protection` and `Fault` are the same rules as bits of the pack's three words. Append only.
 */

/** Row of a rule; `row >> 4` is its word (alarms, protections, faults), `row & 15` its bit. */
export const enum Rule {
  CellOv = 0,
  CellUv,
  PackOv,
  PackUv,
  ChgOc,
  DsgOc,
  ChgOt,
  DsgOt,
  ChgUt,
  DsgUt,
  MosOt,
  EnvOt,
  EnvUt,
  LowSoc,
  Sensor,
  /** Open, tripped, hot, or its contact contradicts the voltages; the cause's value: bits of BreakerAlarm (S10). */
  Breaker,

  CellOvp = 16,
  CellUvp,
  PackOvp,
  PackUvp,
  ChgOcp,
  DsgOcp,
  Scp,
  ChgOtp,
  DsgOtp,
  ChgUtp,
  DsgUtp,
  MosOtp,
  EnvUtp,
  HotCutOff,
  AfeTrip,

  AfeLost = 32,
  Implausible,
  CellFault,
  NtcFault,
  ChgFet,
  DsgFet,
  /** The program has crashed again and again; it opens both paths until it has proved itself. */
  Crash,

  Count = 40,
}

/** Bits of `Pack.alarms`: first level, shown, nothing opens. */
export const enum Alarm {
  CellOv = 1 << (Rule.CellOv & 15),
  CellUv = 1 << (Rule.CellUv & 15),
  PackOv = 1 << (Rule.PackOv & 15),
  PackUv = 1 << (Rule.PackUv & 15),
  ChgOc = 1 << (Rule.ChgOc & 15),
  DsgOc = 1 << (Rule.DsgOc & 15),
  ChgOt = 1 << (Rule.ChgOt & 15),
  DsgOt = 1 << (Rule.DsgOt & 15),
  ChgUt = 1 << (Rule.ChgUt & 15),
  DsgUt = 1 << (Rule.DsgUt & 15),
  MosOt = 1 << (Rule.MosOt & 15),
  EnvOt = 1 << (Rule.EnvOt & 15),
  EnvUt = 1 << (Rule.EnvUt & 15),
  LowSoc = 1 << (Rule.LowSoc & 15),
  /** T5 or T6 is invalid; the cells' own sensors still guard the pack. */
  Sensor = 1 << (Rule.Sensor & 15),
  Breaker = 1 << (Rule.Breaker & 15),
}

/** Bits of `Pack.protections`: second level, a path opens. */
export const enum Protection {
  CellOvp = 1 << (Rule.CellOvp & 15),
  CellUvp = 1 << (Rule.CellUvp & 15),
  PackOvp = 1 << (Rule.PackOvp & 15),
  PackUvp = 1 << (Rule.PackUvp & 15),
  ChgOcp = 1 << (Rule.ChgOcp & 15),
  DsgOcp = 1 << (Rule.DsgOcp & 15),
  Scp = 1 << (Rule.Scp & 15),
  ChgOtp = 1 << (Rule.ChgOtp & 15),
  DsgOtp = 1 << (Rule.DsgOtp & 15),
  ChgUtp = 1 << (Rule.ChgUtp & 15),
  DsgUtp = 1 << (Rule.DsgUtp & 15),
  MosOtp = 1 << (Rule.MosOtp & 15),
  EnvUtp = 1 << (Rule.EnvUtp & 15),
  /** Hard cut-off of both paths: T1..T4 or T6 above 65 °C (S9). */
  HotCutOff = 1 << (Rule.HotCutOff & 15),
  /** The AFE's temperature backstop or host watchdog opened a path by itself. */
  AfeTrip = 1 << (Rule.AfeTrip & 15),
}

/** Bits of `Pack.faults` (S11): both paths open. */
export const enum Fault {
  AfeLost = 1 << (Rule.AfeLost & 15),
  /** Values with valid checksums that cannot be true. */
  Implausible = 1 << (Rule.Implausible & 15),
  CellFault = 1 << (Rule.CellFault & 15),
  NtcFault = 1 << (Rule.NtcFault & 15),
  ChgFet = 1 << (Rule.ChgFet & 15),
  DsgFet = 1 << (Rule.DsgFet & 15),
  /** The program itself; S11 has no name for it. */
  Crash = 1 << (Rule.Crash & 15),
}
