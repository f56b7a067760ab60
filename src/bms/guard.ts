/** State of all rules: bits, timers, causes. What every protection does with it when it changes. */
import { limitRules, Q } from './limits';
import { firstBadParam } from './params';
import { Rule } from './rules';

/** Times are kept in 10 ms, so that they fit a typed array, and start over after 124 days. */
export const CS_WRAP = 1073741824;
/** So many AFE resets are remembered: one more within an hour is a fault (hardware.md 9, row 6). */
export const RESETS = 3;

/** `value`, `index` and `sinceCs` are those of the moment of a rule's last change: its cause. Rows by `Rule`. */
export interface Guard {
  nowMs: number;
  nowCs: number;
  /** Nothing is known yet, or no more: the next good sample counts at once. */
  blind: boolean;
  /** The temperatures of that sample have been judged ahead. */
  prepared: boolean;
  /** This sample is judged without delays: no path may close first and open two seconds later. */
  arming: boolean;
  /** This sample releases nothing: it is old, or the first one, which must not bring a release forward (S14). */
  hold: boolean;
  /** Alarm, protection, fault and notice bits. */
  bits: Uint16Array;
  /** Since when the condition for a change has held, -1 = it does not hold; and how long it has to. */
  pendingCs: Int32Array;
  delayCs: Uint16Array;
  sinceCs: Int32Array;
  value: Int32Array;
  /** Cell 0..15, sensor 0..5, or -1. */
  index: Int8Array;
  /** Trips since the last release from outside, by `Trips`. */
  trips: Uint8Array;
  /** The table of `limits.ts`, and the parameters that it names. */
  rules: Uint8Array;
  params: Int32Array;
  /** By `Q`: the values that are judged, whose they are, and the band in which no rule of theirs changes. */
  now: Int32Array;
  at: Int8Array;
  low: Int32Array;
  high: Int32Array;
  /** Bits of `Group`: nothing is pending, and nothing but the bands decides. Set to 0 when a parameter changes. */
  settled: number;
  /** Bit n: a part of quantity n is missing or may not be true, so nothing is released by the rest (S14). */
  partial: number;
  /** AFE trips and valid sensors at the last step. */
  afeTrips: number;
  tempValid: number;

  // bms/diagnose
  /** When the rare rules are looked at next, and how often they have been. */
  lookMs: number;
  looks: number;
  /** The path that is reported on and does not lead, a bit of HostOff, or 0; since when that is so. */
  apart: number;
  apartMs: number;
  /** So much has been taken out that over-voltage is released at its alarm level (P.OvReleaseSoc). */
  early: boolean;
  /** AFE resets that have been counted, and when the last three of them were. */
  afeResets: number;
  resetCs: Int32Array;
}

/** Index of a trip counter (S2, S5, S7): at the limit the protection locks. */
export const enum Trips {
  ChgOc,
  DsgOc,
  ShortCircuit,
}

export function createGuard(): Guard {
  return {
    nowMs: 0,
    nowCs: 0,
    blind: true,
    prepared: false,
    arming: false,
    hold: false,
    bits: new Uint16Array(4),
    pendingCs: new Int32Array(Rule.Count).fill(-1),
    delayCs: new Uint16Array(Rule.Count),
    sinceCs: new Int32Array(Rule.Count),
    value: new Int32Array(Rule.Count),
    index: new Int8Array(Rule.Count).fill(-1),
    trips: new Uint8Array(3),
    rules: limitRules(),
    params: new Int32Array(0),
    now: new Int32Array(Q.Count),
    at: new Int8Array(Q.Count).fill(-1),
    low: new Int32Array(Q.Count),
    high: new Int32Array(Q.Count),
    settled: 0,
    partial: 0,
    afeTrips: 0,
    tempValid: 0,
    lookMs: 0,
    looks: 1,
    apart: 0,
    apartMs: 0,
    early: false,
    afeResets: 0,
    resetCs: new Int32Array(RESETS),
  };
}

/** True while the rule is set. */
export function isActive(g: Readonly<Guard>, rule: number): boolean {
  return (g.bits[rule >> 4] & (1 << (rule & 15))) !== 0;
}

/** ms from a time in the tables to now. */
export function elapsedMs(g: Readonly<Guard>, cs: number): number {
  return ((g.nowCs - cs + CS_WRAP) % CS_WRAP) * 10;
}

/** The condition for a change of this rule holds: it changes when it has held for `delayMs`. True when it did. */
export function move(g: Guard, rule: number, delayMs: number, value: number, index: number): boolean {
  const active = isActive(g, rule);
  if (active && g.hold) {
    g.pendingCs[rule] = -1;
    return false;
  }
  if (g.pendingCs[rule] < 0) g.pendingCs[rule] = g.nowCs;
  g.delayCs[rule] = delayMs / 10;
  if (elapsedMs(g, g.pendingCs[rule]) < delayMs && (!g.arming || active)) return false;
  g.pendingCs[rule] = -1;
  g.sinceCs[rule] = g.nowCs;
  g.value[rule] = value;
  g.index[rule] = index;
  g.bits[rule >> 4] ^= 1 << (rule & 15);
  return true;
}

/** As `move` while `change` holds; else what was pending is forgotten. */
export function follow(
  g: Guard,
  rule: number,
  change: boolean,
  delayMs: number,
  value: number,
  index: number,
): boolean {
  if (change) return move(g, rule, delayMs, value, index);
  g.pendingCs[rule] = -1;
  return false;
}

/** The rule is to stand as long as `bad` holds: it follows after `delayMs`, in either direction. */
export function match(g: Guard, rule: number, bad: boolean, delayMs: number, value: number, index: number): void {
  follow(g, rule, isActive(g, rule) !== bad, delayMs, value, index);
}

/**
 * Takes over a whole set of parameters, or none of it: the answer is the first parameter that is out of range or
 * contradicts another one, -1 when the set is in force.
 */
export function applyParams(g: Guard, params: Int32Array, proposal: Int32Array): number {
  const bad = firstBadParam(proposal);
  if (bad >= 0) return bad;
  params.set(proposal);
  g.settled = 0;
  return -1;
}

/** When a rule last changed, ms since start. */
export function sinceMs(g: Readonly<Guard>, rule: number): number {
  return g.nowMs - elapsedMs(g, g.sinceCs[rule]);
}
