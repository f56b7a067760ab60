/**
 * `npm run bench:target`: what the bundle costs on the interpreter, as a table and in dist/bench-target.json.
 * ESPRUINO=<binary> is needed, valgrind for the instructions. BENCH_HOURS (24) of virtual time, at most BENCH_MINUTES
 * (15) of real time.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { canCount } from '../../../tools/engine/count';
import { measureDay, measurePeak, measureWork } from '../../../tools/engine/measure';
import { dayRows, over, table, workRows, type Row } from '../../../tools/engine/report';

const BINARY = process.env['ESPRUINO'] ?? '';
const HOURS = Number(process.env['BENCH_HOURS'] ?? 24);
const MINUTES = Number(process.env['BENCH_MINUTES'] ?? 15);
const BUNDLE = 'dist/stm32f4discovery.min.js';
const SIZES = 'dist/sizes.json';
const FILE = 'dist/bench-target.json';
const say = (text: string): boolean => process.stdout.write(text);

const rows: Row[] = [];

function add(more: Row[]): void {
  rows.push(...more);
  say(`\n${table(more)}`);
  expect(over(more)).toEqual([]);
}

describe('what the bundle costs', () => {
  afterAll(() => {
    const result = { rows, espruino: BINARY === '' ? null : 'present', node: process.version };
    writeFileSync(FILE, JSON.stringify(result, null, 2) + '\n');
    say(`\nwritten to ${FILE}\n`);
  });

  it('bytes of each board', () => {
    expect(existsSync(SIZES)).toBe(true);
    const sizes = JSON.parse(readFileSync(SIZES, 'utf8')) as Record<string, { min: number; budget: number }>;
    add(
      Object.entries(sizes).map(([board, { min, budget }]) => ({
        what: `${board}.min.js`,
        value: min,
        unit: 'bytes',
        budget,
      })),
    );
  });

  if (BINARY === '') {
    const skipped = 'variables and instructions skipped: set ESPRUINO=<binary of Espruino for Linux>';
    say(`${skipped}\n`);
    it.skip(skipped, () => {});
    return;
  }
  const bundle = readFileSync(BUNDLE, 'latin1');

  if (canCount())
    it('instructions by piece of work', { timeout: 30 * 60_000 }, () => add(workRows(measureWork(BINARY, bundle))));
  else {
    const skipped = 'instructions skipped: valgrind is not there';
    say(`${skipped}\n`);
    it.skip(skipped, () => {});
  }

  it('variables after start and over a day', { timeout: (MINUTES + 10) * 60_000 }, () => {
    const peak = measurePeak(BINARY, bundle);
    add(dayRows(measureDay(BINARY, bundle, HOURS, MINUTES), peak));
  });
});
