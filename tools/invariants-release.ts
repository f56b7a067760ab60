/** A protection that has gone must have had a reason to go (S2, S3, S5, S6, S7, S9). */
import { isActive } from '../src/bms/guard';
import { Rule } from '../src/bms/rules';
import type { Invariant, Moment } from './invariants-base';
import type { FastCurrents } from './invariants-fast';
import { AMBIENT, ANY, cell, CELLS, MOSFET, number, sensor, stack, type Worst } from './invariants-limits';

interface Return {
  readonly id: string;
  readonly rule: Rule;
  readonly what: string;
  readonly worst: Worst;
  /** 1: released only below; -1: released only above. */
  readonly sign: 1 | -1;
  readonly limit: number;
  readonly tolerance: number;
}

/** Limits typed in from the requirements; tolerances as in `LIMITS`. */
// prettier-ignore
export const RETURNS: readonly Return[] = [
  { id: 'S3', rule: Rule.CellOvp,   what: 'cell, mV',      worst: cell(1),             sign: 1,  limit: 3380,  tolerance: 10 },
  { id: 'S3', rule: Rule.PackOvp,   what: 'pack, mV',      worst: stack,               sign: 1,  limit: 54080, tolerance: 60 },
  { id: 'S6', rule: Rule.CellUvp,   what: 'cell, mV',      worst: cell(-1),            sign: -1, limit: 2900,  tolerance: 10 },
  { id: 'S6', rule: Rule.PackUvp,   what: 'pack, mV',      worst: stack,               sign: -1, limit: 46400, tolerance: 60 },
  { id: 'S9', rule: Rule.ChgOtp,    what: 'cell, degC',    worst: sensor(CELLS, 1),    sign: 1,  limit: 50,    tolerance: 1 },
  { id: 'S9', rule: Rule.ChgUtp,    what: 'cell, degC',    worst: sensor(CELLS, -1),   sign: -1, limit: 0,     tolerance: 1 },
  { id: 'S9', rule: Rule.DsgOtp,    what: 'cell, degC',    worst: sensor(CELLS, 1),    sign: 1,  limit: 55,    tolerance: 1 },
  { id: 'S9', rule: Rule.DsgUtp,    what: 'cell, degC',    worst: sensor(CELLS, -1),   sign: -1, limit: -15,   tolerance: 1 },
  { id: 'S9', rule: Rule.HotCutOff, what: 'any, degC',     worst: sensor(ANY, 1),      sign: 1,  limit: 60,    tolerance: 1 },
  { id: 'S9', rule: Rule.MosOtp,    what: 'MOSFET, degC',  worst: sensor(MOSFET, 1),   sign: 1,  limit: 85,    tolerance: 1.5 },
  { id: 'S9', rule: Rule.EnvUtp,    what: 'ambient, degC', worst: sensor(AMBIENT, -1), sign: -1, limit: -20,   tolerance: 1 },
];

/** Over-current: a minute, or more than 1 A the other way (S2, S5); the tick and our look may shorten the minute. */
const OC_MS = 58000;
/** Evidence is looked for so far back: the release has its own delay and waits for a tick. */
const BACK_MS = 4000;
/** A load is gone below this current (S7). */
const GONE_MA = 500;

export class ReleaseRules implements Invariant {
  private readonly setMs = new Map<number, number>();
  private before: Readonly<Moment> | null = null;

  constructor(private readonly fast: Pick<FastCurrents, 'chargedMs' | 'dischargedMs'>) {}

  check(moment: Readonly<Moment>): string[] {
    if (moment.restarted) this.setMs.clear();
    const texts: string[] = [];
    for (const row of RETURNS) this.value(row, moment, texts);
    this.overCurrent('S2', Rule.ChgOcp, this.fast.dischargedMs, moment, texts);
    this.overCurrent('S5', Rule.DsgOcp, this.fast.chargedMs, moment, texts);
    this.shortCircuit(moment, texts);
    this.before = moment;
    return texts;
  }

  private value(row: Readonly<Return>, moment: Readonly<Moment>, texts: string[]): void {
    if (this.gone(row.rule, moment) < 0) return;
    // the path may have closed and moved the value since: the look before counts as well
    const values = [moment, this.before ?? moment].map((at) => row.worst(at)[0]);
    if (values.every((value) => row.sign * (value - row.limit) > row.tolerance))
      texts.push(`${row.id} released too early: ${row.what} ${number(values[0]!)}, release at ${row.limit}`);
  }

  private overCurrent(id: string, rule: Rule, oppositeMs: number, moment: Readonly<Moment>, texts: string[]): void {
    const ms = this.gone(rule, moment);
    if (ms < 0 || ms >= OC_MS || moment.nowMs - oppositeMs < BACK_MS) return;
    texts.push(`${id} over-current released after ${number(ms)} ms without current the other way`);
  }

  /** By a charger or by removal of the load, never blindly. */
  private shortCircuit(moment: Readonly<Moment>, texts: string[]): void {
    if (this.gone(Rule.Scp, moment) < 0) return;
    const looks = [moment, this.before ?? moment];
    const reason = looks.some(({ truth }) => truth.charger !== null || truth.shortA * 1000 < GONE_MA);
    if (!reason) texts.push(`S7 short circuit released with ${number(moment.truth.shortA)} A in it and no charger`);
  }

  /** For how long a rule had been set that has gone since the last look, ms; else -1. */
  private gone(rule: Rule, { firmware, nowMs }: Readonly<Moment>): number {
    const since = this.setMs.get(rule);
    if (isActive(firmware.guard, rule)) {
      if (since === undefined) this.setMs.set(rule, nowMs);
      return -1;
    }
    this.setMs.delete(rule);
    return since === undefined ? -1 : nowMs - since;
  }
}
