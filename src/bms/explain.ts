/** Explanations: which rule holds a path open, against which limit, and what releases it. Read by panels and ports. */
import { Guard, isActive, Trips } from './guard';
import { Col, ruleColumn } from './limits';
import { P } from './params';
import { OPENS_CHG, OPENS_DSG } from './protect';
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
  /** Ten minutes without another one. */
  Minutes,
}

/** The rule that holds a path open: faults first, then protections in their order; -1 when none does. */
export function holdingRule(g: Readonly<Guard>, charge: boolean): number {
  for (let rule = Rule.AfeLost; rule < Rule.Memory; rule++) if (isActive(g, rule)) return rule;
  const mask = charge ? OPENS_CHG : OPENS_DSG;
  for (let rule = Rule.CellOvp; rule < Rule.AfeLost; rule++)
    if (isActive(g, rule) && (mask & (1 << (rule & 15))) !== 0) return rule;
  return -1;
}

/** Short name of a rule in the field's letters. */
export function ruleName(rule: number): string {
  const names =
    'Cell OV,Cell UV,Pack OV,Pack UV,Charge OC,Discharge OC,Charge OT,Discharge OT,Charge UT,Discharge UT,MOS OT,' +
    'Ambient OT,Ambient UT,Low SOC,Sensor T5/T6,Breaker,Cell OVP,Cell UVP,Pack OVP,Pack UVP,Charge OCP,Discharge OCP,SCP,' +
    'Charge OTP,Discharge OTP,Charge UTP,Discharge UTP,MOS OTP,Ambient UTP,Hot cut-off,AFE trip,Charger OV,AFE lost,' +
    'Implausible,Cell spread,Cell NTC,Charge MOSFET,Discharge MOSFET,Program crashes,Sense wire,AFE frozen,Shunt,' +
    'AFE resets,AFE config,,,,,Memory,AFE slow,Loose NTC,Full charge due,Stuck key,Clock lost';
  return names.split(',')[rule];
}

/** Parameter with the limit that a rule compares with, or -1 (the chip decides, or there is no number). */
export function limitOf(g: Readonly<Guard>, rule: number): number {
  if (rule === Rule.ChgOcp) return P.ChgOcp;
  return rule === Rule.DsgOcp ? P.DsgOcp : ruleColumn(g.rules, rule, Col.Limit);
}

/** Parameter with the value at which a protection is released, or -1 when no value does it. */
export function releaseLimitOf(g: Readonly<Guard>, rule: number): number {
  return ruleColumn(g.rules, rule, Col.Release);
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
    case Rule.Crash: return Release.Minutes;
    default: return releaseLimitOf(g, rule) < 0 ? Release.Cause : Release.Value;
  }
}
