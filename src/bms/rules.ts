/**
 * Names of everything that can be wrong with the pack. `Rule` numbers the rows of causes, explanations and the event
 * log; `Alarm`, `Protection`, `Fault` and `Notice` are the same rules as bits of the pack's four words. Append only.
 */

/** Row of a rule; `row >> 4` is its word (alarms, protections, faults, notices), `row & 15` its bit. */
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
  /** The terminal stands above what a charger may have (pace.md 1.7, "charger OV"; hardware.md 9, row 40). */
  ChargerOv,

  AfeLost = 32,
  Implausible,
  CellFault,
  NtcFault,
  ChgFet,
  DsgFet,
  /** The program has crashed again and again; it opens both paths until it has proved itself. */
  Crash,
  /** A cell's sense wire is open: two neighbours leave the others in opposite directions (hardware.md 9, rows 11 to 13). */
  SenseWire,
  /** The AFE answers, but its measurements stand still. */
  AfeFrozen,
  /** The shunt's reading is at its end, or there is current while both paths are open. */
  Shunt,
  /** The AFE has reset again and again. */
  AfeResets,
  /** Self-test (S42): another chip than expected, or a configuration that does not read back. */
  AfeConfig,

  /** The memory is missing, blank or damaged; the cause's value: bits of Problem. */
  Memory = 48,
  /** The AFE's measurements have not moved for a while. */
  AfeSlow,
  /** A cell's sensor follows the surroundings instead of its cell. */
  LooseNtc,
  /** Three months without a full charge (S41). */
  FullDue,
  /** A key has been pressed for too long (S20); the cause's index: which. */
  StuckKey,
  /** The clock chip has lost the time. */
  ClockLost,

  Count = 54,
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
  ChargerOv = 1 << (Rule.ChargerOv & 15),
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
  SenseWire = 1 << (Rule.SenseWire & 15),
  AfeFrozen = 1 << (Rule.AfeFrozen & 15),
  Shunt = 1 << (Rule.Shunt & 15),
  AfeResets = 1 << (Rule.AfeResets & 15),
  AfeConfig = 1 << (Rule.AfeConfig & 15),
}

/** Faults that outlive a restart and that only `clearLocks` ends: what is broken may look well while no current flows. */
export const LATCHED = Fault.ChgFet | Fault.DsgFet | Fault.Shunt | Fault.AfeResets;

/** Bits of `Pack.notices`: something needs attention, no limit of the cells is near; nothing opens. */
export const enum Notice {
  Memory = 1 << (Rule.Memory & 15),
  AfeSlow = 1 << (Rule.AfeSlow & 15),
  LooseNtc = 1 << (Rule.LooseNtc & 15),
  FullDue = 1 << (Rule.FullDue & 15),
  StuckKey = 1 << (Rule.StuckKey & 15),
  ClockLost = 1 << (Rule.ClockLost & 15),
}
