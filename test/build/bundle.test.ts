import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rollup } from 'rollup';
import { parseAst } from 'rollup/parseAst';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gate } from '../../build/engine-gate.mjs';
import { type Budgets, budgetErrors, forbiddenWords, sizeBudget } from '../../build/size-budget.mjs';

const boards = readdirSync('board').filter((name) => existsSync(`board/${name}/main.ts`));
const budgets = JSON.parse(readFileSync('build/budgets.json', 'utf8')) as Budgets;
const minified = (board: string): string => readFileSync(`dist/${board}.min.js`, 'utf8');

describe.each(boards)('the bundle of %s (npm run build)', (board) => {
  it('fits its budget, which has at most a quarter to spare', () => {
    const budget = budgets.minBytes[board]!;
    const bytes = Buffer.byteLength(minified(board));
    expect(bytes).toBeLessThanOrEqual(budget);
    expect(bytes).toBeGreaterThan(budget * 0.75);
  });

  it('contains no word of Node, of modules or of the simulation', () => {
    expect(budgets.forbiddenWords.length).toBeGreaterThan(10);
    expect(forbiddenWords(minified(board), budgets.forbiddenWords)).toEqual([]);
  });

  it('passes the engine gate in both forms', () => {
    const readable = readFileSync(`dist/${board}.js`, 'utf8');
    expect(gate(parseAst(minified(board)), minified(board))).toEqual([]);
    expect(gate(parseAst(readable), readable).filter((finding) => finding.rule !== 'non-ascii')).toEqual([]);
  });

  it('is one line of plain text that an uploader can quote: no back-tick, no comment', () => {
    expect(minified(board).trim()).not.toMatch(/[\n`]|\/\*|\/\//);
  });

  it('has its const enums folded to numbers', () => {
    expect(minified(board)).not.toMatch(/\]="[A-Z][a-zA-Z]*"/);
  });

  it('has its sizes in dist/sizes.json', () => {
    const sizes = JSON.parse(readFileSync('dist/sizes.json', 'utf8')) as Record<string, unknown>;
    expect(sizes[board]).toEqual({
      js: readFileSync(`dist/${board}.js`).length,
      min: readFileSync(`dist/${board}.min.js`).length,
      gzip: gzipSync(minified(board), { level: 9 }).length,
      budget: budgets.minBytes[board],
    });
  });
});

describe('the size budget', () => {
  it('accepts the last byte of the budget and refuses the next', () => {
    expect(budgetErrors('x', 'a'.repeat(100), 100, [])).toEqual([]);
    expect(budgetErrors('x', 'a'.repeat(101), 100, [])).toEqual(['x has 101 bytes minified, 1 over its 100']);
  });

  it('counts bytes, not characters', () => {
    expect(budgetErrors('x', '\u00b0'.repeat(51), 100, [])).toHaveLength(1);
  });

  it('refuses a board without a budget', () => {
    expect(budgetErrors('y', '', undefined, [])).toEqual([expect.stringContaining('build/budgets.json')]);
  });

  it('finds whole words only', () => {
    const words = ['require', 'hal-mock', 'use strict'];
    expect(forbiddenWords('required(a.requires,$require,hal-mocks)', words)).toEqual([]);
    expect(forbiddenWords('"use strict";require("src/hal-mock/a")', words)).toEqual(words);
  });

  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cellkeeper-budget-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function build(board: string, code: string, limit: number): Promise<void> {
    const input = { name: 'input', resolveId: (id: string) => id, load: () => code };
    const small = { minBytes: { [board]: limit }, forbiddenWords: ['process'] };
    const file = join(folder, 'sizes.json');
    const bundle = await rollup({
      input: 'x',
      plugins: [input, sizeBudget({ board, boards: ['a', 'b'], budgets: small, file })],
    });
    await Promise.all(['.js', '.min.js'].map((end) => bundle.write({ format: 'es', file: join(folder, board + end) })));
  }

  it('writes the sizes of all boards into one file', async () => {
    await build('a', 'print(1);', 100);
    await build('b', 'print(22);', 50);
    expect(JSON.parse(readFileSync(join(folder, 'sizes.json'), 'utf8'))).toEqual({
      a: { js: 10, min: 10, gzip: expect.any(Number) as number, budget: 100 },
      b: { js: 11, min: 11, gzip: expect.any(Number) as number, budget: 50 },
    });
  });

  it('stops the build of a file that is too large or says a forbidden word, before it is written', async () => {
    await expect(build('a', 'print(1);', 9)).rejects.toThrow('1 over its 9');
    await expect(build('a', 'process(1);', 100)).rejects.toThrow('forbidden word "process"');
    expect(existsSync(join(folder, 'a.min.js'))).toBe(false);
  });
});
