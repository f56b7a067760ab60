/** Why a path is open, in words: the firmware's explanation (`bms/explain`) with units and names. */
import type { Firmware } from '../src/app/firmware';
import { holdingRule, limitOf, Release, releaseLimitOf, releaseOf, ruleName } from '../src/bms/explain';
import { sinceMs } from '../src/bms/guard';
import { Rule } from '../src/bms/rules';

/** The part of the firmware that explanations look at. */
export type Watched = Readonly<Pick<Firmware, 'pack' | 'guard' | 'params' | 'ticks'>>;

/** What holds a path open. Numbers in mV, mA or 0.1 °C as `unit` says. */
export interface Cause {
  rule: string;
  /** `cell 7`, `T2`, or '' when the rule concerns the pack. */
  where: string;
  value: number;
  limit: number | null;
  unit: string;
  /** Virtual ms since start of the firmware. */
  sinceMs: number;
  releasedBy: string;
}

// prettier-ignore
const VOLTAGES: readonly number[] = [
  Rule.CellOv, Rule.CellUv, Rule.PackOv, Rule.PackUv,
  Rule.CellOvp, Rule.CellUvp, Rule.PackOvp, Rule.PackUvp, Rule.CellFault,
];
// prettier-ignore
const CURRENTS: readonly number[] = [
  Rule.ChgOc, Rule.DsgOc, Rule.ChgOcp, Rule.DsgOcp, Rule.Scp, Rule.ChgFet, Rule.DsgFet,
];
/** Rules whose index is a cell; the others with an index mean a sensor. */
const CELL_RULES: readonly number[] = [Rule.CellOv, Rule.CellUv, Rule.CellOvp, Rule.CellUvp, Rule.CellFault];
// prettier-ignore
const TEMPERATURES: readonly number[] = [
  Rule.ChgOt, Rule.DsgOt, Rule.ChgUt, Rule.DsgUt, Rule.MosOt, Rule.EnvOt, Rule.EnvUt,
  Rule.ChgOtp, Rule.DsgOtp, Rule.ChgUtp, Rule.DsgUtp, Rule.MosOtp, Rule.EnvUtp, Rule.HotCutOff,
];
/** Released by rising values; all others by falling ones. */
const RISING: readonly number[] = [Rule.CellUvp, Rule.PackUvp, Rule.ChgUtp, Rule.DsgUtp, Rule.EnvUtp];

function unitOf(rule: number): string {
  if (VOLTAGES.includes(rule)) return 'mV';
  if (CURRENTS.includes(rule)) return 'mA';
  if (TEMPERATURES.includes(rule)) return '0.1 °C';
  return rule === Rule.LowSoc ? 'permille' : '';
}

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
    default:
      return String(value);
  }
}

function whereOf(rule: number, index: number): string {
  if (index < 0) return '';
  return CELL_RULES.includes(rule) ? `cell ${index + 1}` : `T${index + 1}`;
}

function releaseText(fw: Watched, rule: number): string {
  switch (releaseOf(fw.guard, fw.params, rule)) {
    case Release.Value: {
      const limit = quantity(fw.params[releaseLimitOf(fw.guard, rule)]!, unitOf(rule));
      if (rule === Rule.HotCutOff) return `at or below ${limit}`;
      return (RISING.includes(rule) ? 'above ' : 'below ') + limit;
    }
    case Release.TimeOrOpposite:
      return 'after 60 s, or by current the other way';
    case Release.Opposite:
      return 'by current the other way only (locked)';
    case Release.Charger:
      return 'by a charger';
    case Release.Service:
      return 'by a restart after repair';
    case Release.Minutes:
      return 'after ten minutes without another crash';
    default:
      return 'when the cause is gone';
  }
}

/** One rule with what it saw, against what, since when, and what ends it. */
export function causeOf(fw: Watched, rule: number): Cause {
  const limit = limitOf(fw.guard, rule);
  return {
    rule: ruleName(rule),
    where: whereOf(rule, fw.guard.index[rule]!),
    value: fw.guard.value[rule]!,
    limit: limit < 0 ? null : fw.params[limit]!,
    unit: unitOf(rule),
    sinceMs: Math.round(sinceMs(fw.guard, rule)),
    releasedBy: releaseText(fw, rule),
  };
}

/** What holds the charge or the discharge path open, or null when no rule does. */
export function holdingCause(fw: Watched, charge: boolean): Cause | null {
  const rule = holdingRule(fw.guard, charge);
  return rule < 0 ? null : causeOf(fw, rule);
}

/** `Cell OVP, cell 7: 3.702 V against 3.700 V`. */
export function causeText(cause: Readonly<Cause>): string {
  const name = cause.where === '' ? cause.rule : `${cause.rule}, ${cause.where}`;
  if (cause.unit === '') return name;
  const limit = cause.limit === null ? '' : ' against ' + quantity(cause.limit, cause.unit);
  return `${name}: ${quantity(cause.value, cause.unit)}${limit}`;
}
