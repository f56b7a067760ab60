/** Where two traces part. */
import type { Seen } from './rig';

const FIELDS = ['fets', 'bothOff', 'leds', 'rs232', 'wire'] as const;
/** So much of a long value is shown in front of the first difference and from it on. */
const BEFORE = 30;
const AFTER = 60;

/** The part of `text` around `at`, quoted. */
function around(text: string, at: number): string {
  const from = Math.max(0, at - BEFORE);
  const until = at + AFTER;
  const part = text.slice(from, until);
  return `${from > 0 ? '...' : ''}${JSON.stringify(part)}${until < text.length ? '...' : ''}`;
}

function partsAt(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

/**
 * The first tick at which `actual` is not `expected`, with both values of every field that differs; '' when they are
 * equal. The fields stand in the order in which they matter.
 */
export function firstDifference(expected: readonly Seen[], actual: readonly Seen[]): string {
  const ticks = Math.min(expected.length, actual.length);
  for (let tick = 0; tick < ticks; tick++) {
    const e = expected[tick]!;
    const a = actual[tick]!;
    const fields = FIELDS.filter((field) => e[field] !== a[field]);
    if (fields.length === 0) continue;
    const lines = fields.map((field) => {
      const at = partsAt(e[field], a[field]);
      const where = e[field].length > BEFORE ? ` from character ${at}` : '';
      return `  ${field}${where}: expected ${around(e[field], at)}, got ${around(a[field], at)}`;
    });
    return [`tick ${tick} (${(tick * 0.25).toFixed(2)} s):`, ...lines].join('\n');
  }
  return expected.length === actual.length ? '' : `${actual.length} ticks instead of ${expected.length}`;
}

/** Longest pre-discharge: the discharge path closes so many ticks after the charge path. */
const PRE_DISCHARGE_TICKS = 8;

/** States of the MOSFETs by tick; a pre-discharge between both open and both closed counts as both open. */
export function fetStates(trace: readonly Seen[]): string[] {
  const states = trace.map((seen) => seen.fets);
  for (let from = 1; from < states.length; from++) {
    if (states[from] !== '10' || states[from - 1] !== '00') continue;
    let until = from;
    while (states[until] === '10') until++;
    if (states[until] === '11' && until - from <= PRE_DISCHARGE_TICKS) states.fill('00', from, until);
  }
  return states;
}

/**
 * For a processor that takes time for its work: the first tick at which MOSFETs or BOTHOFF are in a state that
 * `expected` does not have within `slack` ticks; '' when there is none.
 */
export function firstStray(expected: readonly Seen[], actual: readonly Seen[], slack: number): string {
  const columns = {
    fets: [fetStates(expected), fetStates(actual)],
    bothOff: [expected.map((seen) => seen.bothOff), actual.map((seen) => seen.bothOff)],
  };
  for (const [field, [due, got]] of Object.entries(columns)) {
    const at = got!.findIndex(
      (state, tick) => !due!.slice(Math.max(0, tick - slack), tick + slack + 1).includes(state),
    );
    if (at >= 0) return `tick ${at}: ${field} is ${got![at]}, ${due![at] ?? 'nothing'} expected`;
  }
  return '';
}
