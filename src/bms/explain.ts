/** Explanations: which rule holds a path open, against which limit, and what releases it. Read by panels and ports. */
import { Guard, isActive, OPENS_CHG, OPENS_DSG, Trips } from './protect';
import { P } from './params';
import { Rule } from './rules';

/** What ends a protection or fault. */
export const enum Release {
  /** The value comes back past `releaseLimit`. */
  Value,
  /** A minute passes, or current flows the other way. */
  TimeOrOpposite,
  /** Locked after ten trips: current the other way. */
  Opposite,
  /** A charger is connected. */
  Charger,
  /** The cause disappears. */
  Cause,
  /** Service: the system is restarted after repair. */
  Service,
}

/** The rule that holds a path open: faults first, then protections in their order; -1 when none does. */
export function holdingRule(g: Readonly<Guard>, charge: boolean): number {
  for (let rule = Rule.AfeLost; rule < Rule.Count; rule++) if (isActive(g, rule)) return rule;
  const mask = charge ? OPENS_CHG : OPENS_DSG;
  for (let rule = Rule.CellOvp; rule < Rule.AfeLost; rule++)
    if (isActive(g, rule) && (mask & (1 << (rule & 15))) !== 0) return rule;
  return -1;
}

/** Short name of a rule in the field's letters. */
export function ruleName(rule: number): string {
  const names =
    'Cell OV,Cell UV,Pack OV,Pack UV,Charge OC,Discharge OC,Charge OT,Discharge OT,Charge UT,Discharge UT,MOS OT,' +
    'Ambient OT,Ambient UT,Low SOC,Sensor T5/T6,,Cell OVP,Cell UVP,Pack OVP,Pack UVP,Charge OCP,Discharge OCP,SCP,' +
    'Charge OTP,Discharge OTP,Charge UTP,Discharge UTP,MOS OTP,Ambient UTP,Hot cut-off,AFE trip,,AFE lost,Implausible,' +
    'Cell spread,Cell NTC,Charge MOSFET,Discharge MOSFET';
  return names.split(',')[rule];
}

/** Parameter with the limit that a protection compares with, or -1 (the chip decides, or there is no number). */
// prettier-ignore
export function limitOf(rule: number): number {
  switch (rule) {
    case Rule.CellOvp: return P.CellOvp;
    case Rule.CellUvp: return P.CellUvp;
    case Rule.PackOvp: return P.PackOvp;
    case Rule.PackUvp: return P.PackUvp;
    case Rule.ChgOcp: return P.ChgOcp;
    case Rule.DsgOcp: return P.DsgOcp;
    case Rule.ChgOtp: return P.ChgOtp;
    case Rule.DsgOtp: return P.DsgOtp;
    case Rule.ChgUtp: return P.ChgUtp;
    case Rule.DsgUtp: return P.DsgUtp;
    case Rule.MosOtp: return P.MosOtp;
    case Rule.EnvUtp: return P.EnvUtp;
    case Rule.HotCutOff: return P.HotCutOff;
    case Rule.CellFault: return P.SpreadMv;
    default: return -1;
  }
}

/** Parameter with the value at which a protection is released, or -1 when no value does it. */
// prettier-ignore
export function releaseLimitOf(rule: number): number {
  switch (rule) {
    case Rule.CellOvp: return P.CellOvRelease;
    case Rule.CellUvp: return P.CellUvRelease;
    case Rule.PackOvp: return P.PackOvRelease;
    case Rule.PackUvp: return P.PackUvRelease;
    case Rule.ChgOtp: return P.ChgOtRelease;
    case Rule.DsgOtp: return P.DsgOtRelease;
    case Rule.ChgUtp: return P.ChgUtRelease;
    case Rule.DsgUtp: return P.DsgUtRelease;
    case Rule.MosOtp: return P.MosOtRelease;
    case Rule.EnvUtp: return P.EnvUtRelease;
    case Rule.HotCutOff: return P.HotRelease;
    case Rule.CellFault: return P.SpreadMv;
    default: return -1;
  }
}

/** What releases a rule that is active now. */
// prettier-ignore
export function releaseOf(g: Readonly<Guard>, params: Int32Array, rule: number): Release {
  switch (rule) {
    case Rule.ChgOcp: return g.trips[Trips.ChgOc] >= params[P.TripLock] ? Release.Opposite : Release.TimeOrOpposite;
    case Rule.DsgOcp: return g.trips[Trips.DsgOc] >= params[P.TripLock] ? Release.Opposite : Release.TimeOrOpposite;
    case Rule.Scp: return Release.Charger;
    case Rule.ChgFet:
    case Rule.DsgFet: return Release.Service;
    default: return releaseLimitOf(rule) < 0 ? Release.Cause : Release.Value;
  }
}
