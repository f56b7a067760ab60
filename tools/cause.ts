/** Explanations in words: those of the firmware (`bms/explain`) with units and names. */
import type { Firmware } from '../src/app/record';
import {
  Cause as State,
  createExplanation,
  explain,
  type Explanation,
  holdingCause as holding,
  nextRule,
  NO_NUMBER,
  Release,
  ruleName,
  Where,
} from '../src/bms/explain';
import { OPENS_CHG, OPENS_DSG } from '../src/bms/fets';
import { Unit } from '../src/bms/params';
import { Rule } from '../src/bms/rules';

/** The part of the firmware that explanations look at. */
export type Watched = Readonly<Pick<Firmware, 'pack' | 'guard' | 'params' | 'ticks'>>;

/** One explanation as plain data. Numbers in mV, mA or 0.1 °C as `unit` says. */
export interface Cause {
  rule: string;
  /** `cell 7`, `T2`, or '' when the rule concerns the pack. */
  where: string;
  /** Null: there is no such number. */
  value: number | null;
  limit: number | null;
  unit: string;
  /** Set; else about to be, in `remainingMs`. */
  active: boolean;
  /** Virtual ms since start of the firmware; null = not known. */
  sinceMs: number | null;
  /** Until it is set, or released if nothing changes; null = no time runs. */
  remainingMs: number | null;
  releasedBy: string;
}

const UNITS: Partial<Record<Unit, string>> = {
  [Unit.Mv]: 'mV',
  [Unit.Ma]: 'mA',
  [Unit.DeciC]: '0.1 °C',
  [Unit.Permille]: 'permille',
  [Unit.Ms]: 'ms',
};

const STATES: Partial<Record<number, string>> = {
  [State.HostOff]: 'switched off by the host',
  [State.Locked]: 'locked against theft',
  [State.NoSample]: 'no complete measurement yet',
  [State.Asleep]: 'the BMS sleeps',
};

const RELEASES: Readonly<Record<Exclude<Release, Release.Value | Release.TimeOrOpposite>, string>> = {
  [Release.Opposite]: 'by opposite current, RST or host (locked)',
  [Release.Charger]: 'by a charger, RST or host (locked)',
  [Release.Cause]: 'when the cause is gone',
  [Release.Service]: 'by RST or host after repair',
  [Release.Minutes]: 'after ten minutes without another crash',
  [Release.ChargerOrLoad]: 'by a charger or load removal',
  [Release.Host]: 'by the host',
  [Release.Sample]: 'with a complete measurement',
  [Release.Wake]: 'by a key, a charger or a host',
};

/** A number of a rule with the unit that people read. */
export function quantity(value: number, unit: string): string {
  switch (unit) {
    case 'mV':
      return (value / 1000).toFixed(3) + ' V';
    case 'mA':
      return (value / 1000).toFixed(1) + ' A';
    case '0.1 °C':
      return (value / 10).toFixed(1) + ' °C';
    case 'permille':
      return (value / 10).toFixed(1) + ' %';
    case 'ms':
      return (value / 1000).toFixed(1) + ' s';
    default:
      return String(value);
  }
}

function known(value: number): number | null {
  return value === NO_NUMBER ? null : Math.round(value);
}

function whereOf(e: Readonly<Explanation>): string {
  if (e.where === Where.Pack) return '';
  return e.where === Where.Cell ? `cell ${e.index + 1}` : `T${e.index + 1}`;
}

function releaseText(e: Readonly<Explanation>): string {
  if (e.release === Release.TimeOrOpposite) {
    const when = e.active ? `in ${(e.remainingMs / 1000).toFixed(1)} s` : 'after a while';
    return `${when}, or by current the other way`;
  }
  if (e.release !== Release.Value) return RELEASES[e.release];
  if (e.cause === Rule.HotCutOff) return `at or below ${quantity(e.releaseLimit - 1, '0.1 °C')}`;
  return (e.rising ? 'above ' : 'below ') + quantity(e.releaseLimit, UNITS[e.unit] ?? '');
}

/** One rule or state with what it saw, against what, since when, what comes next, and what ends it. */
export function causeOf(fw: Watched, cause: number): Cause {
  const e = createExplanation();
  explain(e, fw.guard, fw.pack, fw.params, cause);
  return {
    rule: STATES[cause] ?? ruleName(cause)!,
    where: whereOf(e),
    value: known(e.value),
    limit: known(e.limit),
    unit: UNITS[e.unit] ?? '',
    active: e.active,
    sinceMs: known(e.sinceMs),
    remainingMs: known(e.remainingMs),
    releasedBy: releaseText(e),
  };
}

/** What holds the charge or the discharge path open, or null when nothing does. */
export function holdingCause(fw: Watched, charge: boolean): Cause | null {
  const cause = holding(fw.guard, fw.pack, charge);
  return cause === State.None ? null : causeOf(fw, cause);
}

/** The first rule that is about to open a path, or null. */
export function comingCause(fw: Watched, charge: boolean): Cause | null {
  const mask = charge ? OPENS_CHG : OPENS_DSG;
  for (let rule = nextRule(fw.guard, Rule.CellOvp, false); rule >= 0; rule = nextRule(fw.guard, rule + 1, false))
    if (rule < Rule.Memory && (rule >= Rule.AfeLost || (mask & (1 << (rule & 15))) !== 0)) return causeOf(fw, rule);
  return null;
}

/** `Cell OVP, cell 7: 3.702 V against 3.700 V`. */
export function causeText(cause: Readonly<Cause>): string {
  const name = cause.where === '' ? cause.rule : `${cause.rule}, ${cause.where}`;
  if (cause.unit === '' || cause.value === null) return name;
  const limit = cause.limit === null ? '' : ' against ' + quantity(cause.limit, cause.unit);
  return `${name}: ${quantity(cause.value, cause.unit)}${limit}`;
}
