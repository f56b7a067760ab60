/** Figures of the target as rows of one table. */
import { BUDGETS } from './budgets';
import type { Day, Tick, Window, Work } from './measure';

export interface Row {
  what: string;
  value: number;
  unit: string;
  /** Most that is allowed; undefined = told only. */
  budget?: number;
  note?: string;
}

/** At 168 MHz with 1.35 (optimistic) and with 2 cycles an instruction (cautious). */
function times(instructions: number): string {
  const ms = (cycles: number): string => ((instructions * cycles) / 168e3).toFixed(1);
  return `${ms(1.35)} to ${ms(2)} ms`;
}

const instructionRow = (what: string, value: number, budget?: number): Row => ({
  what,
  value: Math.round(value),
  unit: 'instr',
  ...(budget === undefined ? {} : { budget }),
  note: times(value),
});

export const controlOf = (tick: Tick): number => tick.sample + tick.control;
const all = (tick: Tick): number => controlOf(tick) + tick.present;
const most = (values: readonly number[]): number => Math.max(...values);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Steady ticks: most have no second's work, each fourth has. */
function steadyRows({ name, ticks }: Window): Row[] {
  const usual = [...ticks].sort((a, b) => all(a) - all(b))[ticks.length >> 2]!;
  const second = [...ticks].sort((a, b) => all(b) - all(a))[0]!;
  return [
    instructionRow(`${name}: sample`, usual.sample),
    instructionRow(`${name}: control`, usual.control),
    instructionRow(`${name}: sample to actuate`, controlOf(usual), BUDGETS.control),
    instructionRow(`${name}: present`, usual.present),
    instructionRow(`${name}: the tick of the second, sample to actuate`, controlOf(second)),
  ];
}

export function workRows({ start, windows }: Work): Row[] {
  const rows = [instructionRow('start: top level of the bundle', start)];
  for (const window of windows) {
    const { name, ticks, data } = window;
    if (name === 'at rest' || name === 'charge 20 A') rows.push(...steadyRows(window));
    else if (data.length > 0) {
      rows.push(instructionRow(`${name}: worst piece of work`, most(data), BUDGETS.slice));
      rows.push(instructionRow(`${name}: a usual data event`, median(data)));
      rows.push(instructionRow(`${name}: all of it, ${data.length} pieces`, sum(data)));
    } else rows.push(instructionRow(`${name}: worst tick, sample to actuate`, most(ticks.map(controlOf))));
  }
  const slices = windows.flatMap(({ name, ticks, data }) => [
    ...ticks.flatMap((t, i) =>
      (['sample', 'control', 'present'] as const).map((slice) => ({ at: `${name}, tick ${i}, ${slice}`, n: t[slice] })),
    ),
    ...data.map((n) => ({ at: `${name}, data event`, n })),
  ]);
  const worst = slices.reduce((a, b) => (b.n > a.n ? b : a));
  rows.push(instructionRow(`worst slice (${worst.at})`, worst.n, BUDGETS.slice));
  return rows;
}

export function dayRows(day: Day, peak: number): Row[] {
  const { rigVars, startVars, hourVars, total, blockBytes, slopePerHour, realMinutes } = day;
  const note = `of ${total} with ${blockBytes} bytes`;
  const vars = (what: string, value: number, extra: Partial<Row> = {}): Row => ({
    what,
    value,
    unit: 'vars',
    ...extra,
  });
  const last = hourVars.at(-1) ?? startVars;
  const steady = hourVars.slice(1);
  const grown = steady.length > 1 ? steady.at(-1)! - steady[0]! : 0;
  return [
    vars('rig itself, left out below', rigVars),
    vars('after start, code in flash', startVars - rigVars, { budget: BUDGETS.startVars, note }),
    vars(`after ${hourVars.length} h`, last - rigVars, {
      note: `${total - last} free, ${realMinutes.toFixed(1)} min real`,
    }),
    vars('growth from hour 2 to the last', grown, {
      budget: BUDGETS.growthVars,
      note: `${slopePerHour.toFixed(2)} an hour`,
    }),
    vars('most at a question of start, tick, answer, fault', peak - rigVars, { note }),
  ];
}

const spaced = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ' ');

export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => {
    const budget = row.budget === undefined ? '' : spaced(Math.round(row.budget));
    return [row.what, `${spaced(row.value)} ${row.unit}`, budget, row.note ?? ''];
  });
  const head = ['what', 'measured', 'budget', ''];
  const widths = head.map((_, i) => Math.max(...[head, ...cells].map((line) => line[i]!.length)));
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, i) => (i === 1 || i === 2 ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [head, ...cells].map(line).join('\n') + '\n';
}

/** Rows beyond their budget. */
export function over(rows: readonly Row[]): string[] {
  const beyond = rows.filter((row) => row.budget !== undefined && row.value > row.budget);
  return beyond.map((row) => `${row.what}: ${spaced(row.value)} of ${spaced(Math.round(row.budget!))} ${row.unit}`);
}
