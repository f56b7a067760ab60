/** Rules that compare one value with one limit: judged in groups, each of which rests inside a band (ADR 10). */
import { Guard, isActive, move } from './guard';
import { Col, HYSTERESIS_UNIT, Q } from './limits';
import { AfeTrip } from './pack';
import { P } from './params';
import { Rule } from './rules';

/** Rules that are judged together: bits of `Guard.settled`. */
export const enum Group {
  Voltage = 1,
  Current = 2,
  Temperature = 4,
  Switch = 8,
  Soc = 16,
}

/** In the place of a cell or sensor: there is no value, its rules rest. */
export const ABSENT = -2;
/** No value is beyond. */
export const LIMITLESS = 2147483647;

/** One value for the rows of its quantity. */
export function put(g: Guard, q: Q, value: number, at: number): void {
  g.now[q] = value;
  g.at[q] = at;
}

/**
 * Where a set rule ends in special states: nowhere while a part of its value is missing, or while the AFE still reports
 * the trip that belongs to it, for it would be set again at once; over-voltage at its alarm level when enough has been
 * taken out of the pack.
 */
function specialBound(g: Readonly<Guard>, rule: number, q: number, up: boolean, bound: number): number {
  const trips = g.afeTrips;
  if (
    (g.partial & (1 << q)) !== 0 ||
    (rule === Rule.CellOvp && (trips & AfeTrip.CellOv) !== 0) ||
    (rule === Rule.CellUvp && (trips & AfeTrip.CellUv) !== 0) ||
    (rule === Rule.ChgOtp && (trips & AfeTrip.ChgHot) !== 0) ||
    (rule === Rule.ChgUtp && (trips & AfeTrip.ChgCold) !== 0)
  )
    return up ? -LIMITLESS : LIMITLESS;
  if (!g.early || (rule !== Rule.CellOvp && rule !== Rule.PackOvp)) return bound;
  return Math.max(bound, g.params[rule === Rule.CellOvp ? P.CellOvAlarm : P.PackOvAlarm]);
}

/** Sets a protection of quantity `q` at once when the AFE reports its trip. Before its group is judged. */
export function setByChip(g: Guard, trips: number, trip: AfeTrip, rule: number, q: Q): void {
  if ((trips & trip) !== 0 && !isActive(g, rule)) move(g, rule, 0, g.now[q], Math.max(g.at[q], -1));
}

/**
 * Judges rows `from`..`to` on `g.now` and leaves the bands; rows whose value is still inside its band are passed over.
 * A quantity of which a rule is about to change, or has changed, gets a band that no value is in.
 */
export function judge(g: Guard, group: Group, from: number, to: number): void {
  const rules = g.rules;
  const p = g.params;
  const low = g.low;
  const high = g.high;
  const all = (g.settled & group) === 0;
  const special = g.early || g.partial !== 0 || g.afeTrips !== 0;
  g.settled |= group;
  let last = -1; // rows of one quantity stand together
  let rests = false;
  for (let i = from; i < to; i += Col.Count) {
    const q = rules[i + Col.Quantity];
    const now = g.now[q];
    const absent = g.at[q] === ABSENT;
    if (q !== last) {
      last = q;
      rests = !all && !absent && now >= low[q] && now <= high[q];
      if (!rests) {
        low[q] = -LIMITLESS;
        high[q] = LIMITLESS;
      }
    }
    if (rests) continue;
    const rule = rules[i];
    const up = rules[i + Col.Up] !== 0;
    const active = isActive(g, rule);
    let bound = p[rules[i + (active ? Col.Release : Col.Limit)]];
    if (active) {
      const inside = rules[i + Col.Up] === 2 ? -1 : rules[i + Col.Hysteresis] * HYSTERESIS_UNIT;
      bound += up ? -inside : inside;
      if (special) bound = specialBound(g, rule, q, up, bound);
    }
    if (!absent && (active === up ? now < bound : now > bound)) {
      low[q] = LIMITLESS;
      move(g, rule, p[rules[i + Col.Delay]], now, g.at[q]);
    } else {
      g.pendingCs[rule] = -1;
      if (active !== up) {
        if (bound < high[q]) high[q] = bound;
      } else if (bound > low[q]) low[q] = bound;
    }
  }
}
