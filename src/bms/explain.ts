/**
 * Explanations: why a path is open, or what a rule has seen, against which limit, since when, what comes next and what
 * releases it. One record for display, ports, log and panels; the caller owns it, nothing is allocated.
 */
import { CHARGER_MV, OPENS_CHG, OPENS_DSG } from './fets';
import { CHARGER_NORMAL_MV, FROZEN_MS, isLatched, SLOW_MS, WIRE_MV } from './diagnose';
import { elapsedMs, Guard, isActive, RESETS, sinceMs, Trips } from './guard';
import { Col, HYSTERESIS_UNIT, Q, rowOf } from './limits';
import { HostOff, Pack } from './pack';
import { P, Unit } from './params';
import { Rule } from './rules';

/** Why a path is open although no rule is set; numbers beyond all rules. */
export const enum Cause {
  None = -1,
  /** The host has switched the path off (pace.md 1.9). */
  HostOff = 64,
  /** Anti-theft lock (S36). */
  Locked,
  /** No complete measurement yet, or not any more (S12). */
  NoSample,
  /** The BMS sleeps (S28). */
  Asleep,
}

/** What ends it. */
export const enum Release {
  /** The value comes back past `releaseLimit`. */
  Value,
  /** A minute passes, or current flows the other way. */
  TimeOrOpposite,
  /** Locked: current the other way, RST or the host. */
  Opposite,
  /** Locked: a charger, RST or the host. */
  Charger,
  /** The cause disappears. */
  Cause,
  /** Service: RST or the host, after repair. */
  Service,
  /** Ten minutes without another one. */
  Minutes,
  /** A charger is connected, or the load is removed. */
  ChargerOrLoad,
  /** A command of the host. */
  Host,
  /** A complete measurement. */
  Sample,
  /** Key, charger or traffic. */
  Wake,
}

/** What `index` counts. */
export const enum Where {
  Pack,
  Cell,
  Sensor,
}

/** In the place of a limit, a value or a time that there is not. */
export const NO_NUMBER = -2147483648;

export interface Explanation {
  /** A `Rule` or a `Cause`. */
  cause: number;
  /** It is set. Else its condition holds and its delay runs. */
  active: boolean;
  where: Where;
  /** Cell 0..15, sensor 0..5, or -1. */
  index: number;
  /** Of value and limits. */
  unit: Unit;
  /** At the moment when it changed last; of a rule that is about to be set: now. */
  value: number;
  limit: number;
  release: Release;
  releaseLimit: number;
  /** It is released above its limit. */
  rising: boolean;
  /** When it was set, or when its condition began, ms since start. */
  sinceMs: number;
  /** Until it is set, or released if nothing changes; NO_NUMBER when no time runs. */
  remainingMs: number;
}

export function createExplanation(): Explanation {
  return {
    cause: Cause.None,
    active: false,
    where: Where.Pack,
    index: -1,
    unit: Unit.Number,
    value: NO_NUMBER,
    limit: NO_NUMBER,
    release: Release.Cause,
    releaseLimit: NO_NUMBER,
    rising: false,
    sinceMs: NO_NUMBER,
    remainingMs: NO_NUMBER,
  };
}

/** Short name of a rule or a cause in the field's letters. */
export function ruleName(cause: number): string {
  const names =
    'Cell OV,Cell UV,Pack OV,Pack UV,Charge OC,Discharge OC,Charge OT,Discharge OT,Charge UT,Discharge UT,MOS OT,' +
    'Ambient OT,Ambient UT,Low SOC,Sensor T5/T6,Breaker,Cell OVP,Cell UVP,Pack OVP,Pack UVP,Charge OCP,Discharge OCP,SCP,' +
    'Charge OTP,Discharge OTP,Charge UTP,Discharge UTP,MOS OTP,Ambient UTP,Hot cut-off,AFE trip,Charger OV,AFE lost,' +
    'Implausible,Cell spread,Cell NTC,Charge MOSFET,Discharge MOSFET,Program crashes,Sense wire,AFE frozen,Shunt,' +
    'AFE resets,AFE config,,,,,Memory,AFE slow,Loose NTC,Full charge due,Stuck key,Clock lost,,,,,,,,,,,' +
    'Host off,Locked,No measurement,Asleep';
  return names.split(',')[cause];
}

/** The rule that holds a path open: faults first, then protections in their order; -1 when none does. */
export function holdingRule(g: Readonly<Guard>, charge: boolean): number {
  for (let rule = Rule.AfeLost; rule < Rule.Memory; rule++) if (isActive(g, rule)) return rule;
  const mask = charge ? OPENS_CHG : OPENS_DSG;
  for (let rule = Rule.CellOvp; rule < Rule.AfeLost; rule++)
    if (isActive(g, rule) && (mask & (1 << (rule & 15))) !== 0) return rule;
  return -1;
}

/** What keeps a path from being closed for its own sake: a `Rule` or a `Cause`; its diode may still close it (S12). */
export function holdingCause(g: Readonly<Guard>, pack: Readonly<Pack>, charge: boolean): number {
  const rule = holdingRule(g, charge);
  if (rule >= Rule.AfeLost) return rule;
  if (pack.locked) return Cause.Locked;
  if (pack.samples === 0) return Cause.NoSample;
  if (rule >= 0) return rule;
  if ((pack.hostOff & (charge ? HostOff.Chg : HostOff.Dsg)) !== 0) return Cause.HostOff;
  if (charge ? pack.chgAllowed : pack.dsgAllowed) return Cause.None;
  return pack.sampleOk ? Cause.Asleep : Cause.NoSample;
}

/** The next rule from `from` on that is set, or that is about to be (`active` false); -1 when there is none. */
export function nextRule(g: Readonly<Guard>, from: number, active: boolean): number {
  for (let rule = from; rule < Rule.Count; rule++)
    if (active ? isActive(g, rule) : g.pendingCs[rule] >= 0 && !isActive(g, rule)) return rule;
  return -1;
}

/** Unit of what a rule looks at. */
function unitOf(quantity: number, rule: number): Unit {
  if (quantity >= 0) {
    if (quantity <= Q.SumMv) return Unit.Mv;
    if (quantity <= Q.DsgMa) return Unit.Ma;
    return quantity === Q.Soc ? Unit.Permille : Unit.DeciC;
  }
  switch (rule) {
    case Rule.ChargerOv:
    case Rule.SenseWire:
      return Unit.Mv;
    case Rule.ChgOcp:
    case Rule.DsgOcp:
    case Rule.Scp:
    case Rule.ChgFet:
    case Rule.DsgFet:
    case Rule.Shunt:
      return Unit.Ma;
    case Rule.LooseNtc:
      return Unit.DeciC;
    case Rule.AfeSlow:
    case Rule.AfeFrozen:
      return Unit.Ms;
    default:
      return Unit.Number;
  }
}

/** What a rule of the table looks at, or the two over-currents: `Q`, else -1. */
function quantityOf(g: Readonly<Guard>, row: number, rule: number): number {
  if (row >= 0) return g.rules[row + Col.Quantity];
  if (rule === Rule.ChgOcp) return Q.ChgMa;
  return rule === Rule.DsgOcp ? Q.DsgMa : -1;
}

/** Limits of the rules that are not in the table. */
function fixedLimit(params: Int32Array, rule: number): number {
  switch (rule) {
    case Rule.ChgOcp:
      return params[P.ChgOcp];
    case Rule.DsgOcp:
      return params[P.DsgOcp];
    case Rule.ChargerOv:
      return CHARGER_MV;
    case Rule.SenseWire:
      return WIRE_MV;
    case Rule.AfeSlow:
      return SLOW_MS;
    case Rule.AfeFrozen:
      return FROZEN_MS;
    case Rule.AfeResets:
      return RESETS;
    default:
      return NO_NUMBER;
  }
}

/** What a rule that is not in the table sees now. */
function valueNow(pack: Readonly<Pack>, rule: number): number {
  switch (rule) {
    case Rule.ChgFet:
    case Rule.DsgFet:
    case Rule.Shunt:
      return pack.currentMa;
    case Rule.ChargerOv:
      return pack.terminalMv;
    case Rule.SenseWire:
      return pack.maxMv - pack.minMv;
    default:
      return NO_NUMBER;
  }
}

/** What releases a rule that is set. */
export function releaseOf(g: Readonly<Guard>, params: Int32Array, rule: number): Release {
  const lock = params[P.TripLock];
  switch (rule) {
    case Rule.ChgOcp:
      return g.trips[Trips.ChgOc] >= lock ? Release.Opposite : Release.TimeOrOpposite;
    case Rule.DsgOcp:
      return g.trips[Trips.DsgOc] >= lock ? Release.Opposite : Release.TimeOrOpposite;
    case Rule.Scp:
      return g.trips[Trips.ShortCircuit] >= lock ? Release.Charger : Release.ChargerOrLoad;
    case Rule.Crash:
      return Release.Minutes;
    case Rule.ChargerOv:
      return Release.Value;
    default:
      if (isLatched(g, rule)) return Release.Service;
      return rowOf(g.rules, rule) < 0 ? Release.Cause : Release.Value;
  }
}

/** A state that is no rule. */
function explainCause(e: Explanation, cause: number): void {
  e.active = true;
  e.where = Where.Pack;
  e.index = -1;
  e.unit = Unit.Number;
  e.value = NO_NUMBER;
  e.limit = NO_NUMBER;
  e.releaseLimit = NO_NUMBER;
  e.rising = false;
  e.sinceMs = NO_NUMBER;
  e.remainingMs = NO_NUMBER;
  e.release = cause === Cause.NoSample ? Release.Sample : cause === Cause.Asleep ? Release.Wake : Release.Host;
}

/** Fills `e` with everything about a rule, set or about to be, or about a `Cause`. */
export function explain(
  e: Explanation,
  g: Readonly<Guard>,
  pack: Readonly<Pack>,
  params: Int32Array,
  cause: number,
): void {
  e.cause = cause;
  if (cause >= Rule.Count) return explainCause(e, cause);
  const row = rowOf(g.rules, cause);
  const q = quantityOf(g, row, cause);
  const active = isActive(g, cause);
  const pendingCs = g.pendingCs[cause];
  const coming = !active && pendingCs >= 0;
  e.active = active;
  e.unit = unitOf(q, cause);
  e.index = !coming ? g.index[cause] : q < 0 ? -1 : g.at[q];
  e.where = e.index < 0 ? Where.Pack : e.unit === Unit.Mv ? Where.Cell : Where.Sensor;
  e.value = !coming ? g.value[cause] : q < 0 ? valueNow(pack, cause) : g.now[q];
  e.limit = row < 0 ? fixedLimit(params, cause) : params[g.rules[row + Col.Limit]];
  e.release = releaseOf(g, params, cause);
  e.releaseLimit = cause === Rule.ChargerOv ? CHARGER_NORMAL_MV : NO_NUMBER;
  e.rising = false;
  if (row >= 0) {
    const inside = g.rules[row + Col.Hysteresis] * HYSTERESIS_UNIT;
    e.rising = g.rules[row + Col.Up] === 0;
    e.releaseLimit = params[g.rules[row + Col.Release]] + (e.rising ? inside : -inside);
    if (g.rules[row + Col.Up] === 2) e.releaseLimit++; // released at the parameter already
  }
  e.sinceMs = coming ? g.nowMs - elapsedMs(g, pendingCs) : sinceMs(g, cause);
  e.remainingMs = NO_NUMBER;
  if (pendingCs >= 0) e.remainingMs = Math.max(g.delayCs[cause] * 10 - elapsedMs(g, pendingCs), 0);
  else if (active && e.release === Release.TimeOrOpposite)
    e.remainingMs = Math.max(params[P.OcReleaseMs] - elapsedMs(g, g.sinceCs[cause]), 0);
}
