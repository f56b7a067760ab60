/** Figures of the target as rows of one table. */
import { BUDGETS } from './budgets';
import type { Piece } from './count';
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

const sum = (pieces: readonly Piece[]): number => pieces.reduce((total, piece) => total + piece.instructions, 0);
const worst = (pieces: readonly Piece[]): number => Math.max(...pieces.map((piece) => piece.instructions));
const byCost = (ticks: readonly Tick[]): Tick[] => [...ticks].sort((a, b) => sum(a) - sum(b));

/** Steady ticks have three slices; one in four does the work of the second as well. */
function steadyRows({ name, ticks }: Window): Row[] {
  const sorted = byCost(ticks.filter((tick) => tick.length === 3));
  const [sample, control, present] = sorted[sorted.length >> 2]!;
  const second = sorted.at(-1)!;
  return [
    instructionRow(`${name}: sample`, sample!.instructions),
    instructionRow(`${name}: control`, control!.instructions),
    instructionRow(`${name}: sample to actuate`, sum([sample!, control!]), BUDGETS.control),
    instructionRow(`${name}: present`, present!.instructions),
    instructionRow(`${name}: the tick of the second, sample to actuate`, sum(second.slice(0, 2))),
  ];
}

function portRows({ name, port }: Window): Row[] {
  const events = port.filter((piece) => piece.kind === 'data').sort((a, b) => a.instructions - b.instructions);
  return [
    instructionRow(`${name}: usual data event`, events[events.length >> 1]!.instructions),
    instructionRow(`${name}: worst piece`, worst(port), BUDGETS.slice),
    instructionRow(`${name}: all ${port.length} pieces`, sum(port)),
  ];
}

function eventRows({ name, ticks }: Window): Row[] {
  return [
    instructionRow(`${name}: worst tick`, Math.max(...ticks.map(sum))),
    instructionRow(`${name}: worst slice`, Math.max(...ticks.map(worst)), BUDGETS.slice),
  ];
}

/** The longest piece of all, with what it did on the buses, so that it can be found. */
function worstRow(windows: readonly Window[]): Row {
  const all = windows.flatMap(({ name, ticks, port }) => [
    ...ticks.flatMap((tick, t) => tick.map((piece, i) => ({ at: `${name}, tick ${t}, slice ${i}`, piece }))),
    ...port.map((piece) => ({ at: name, piece })),
  ]);
  const { at, piece } = all.reduce((a, b) => (b.piece.instructions > a.piece.instructions ? b : a));
  const what = `worst slice of all: ${at}, ${piece.reads} reads and ${piece.writes} writes`;
  return instructionRow(what, piece.instructions, BUDGETS.slice);
}

export function workRows({ start, windows }: Work): Row[] {
  const rows = windows.flatMap((window) => {
    if (window.port.some((piece) => piece.kind === 'data')) return portRows(window);
    return window.name === 'at rest' || window.name === 'charge 20 A' ? steadyRows(window) : eventRows(window);
  });
  return [instructionRow('start: top level of the bundle', start), ...rows, worstRow(windows)];
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
