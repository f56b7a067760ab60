import { describe, expect, it } from 'vitest';
import { idsIn, matrix, rangeText, untested, type Evidence } from '../../tools/matrix';
import { fillFmea, untestedRows } from '../../tools/matrix-fmea';

const measured = {
  id: 'S5',
  what: 'discharge above 130 A',
  detectedMs: 1100,
  openedMs: 1104,
  withinMs: [1000, 1300],
} as const;

function evidence(name: string, file = 'test/a.test.ts', reactions: Evidence['reactions'] = []): Evidence {
  return { file, name, reactions };
}

describe('requirements matrix', () => {
  it('finds every S-id of a name once, and nothing that only looks like one', () => {
    expect(idsIn('S3, S14 a cell of a 16S pack; S3 again; SOC1, S99, RS232, S100')).toEqual(['S3', 'S14']);
  });

  it('names the requirements of what is built that have no test', () => {
    const missing = untested([evidence('S1 x'), evidence('S40 y'), evidence('S25 not built')]);
    expect(missing).toContain('S2');
    expect(missing).not.toContain('S1');
    expect(missing).not.toContain('S40');
    expect(missing).not.toContain('S25');
  });

  it('is the same text for files in any order, with tests in the order of their file', () => {
    const a = [evidence('S5 one', 'test/a.test.ts', [measured]), evidence('S5 two', 'test/a.test.ts')];
    const b = [evidence('S5 three', 'test/b.test.ts')];
    expect(matrix([...b, ...a])).toBe(matrix([...a, ...b]));
    expect(matrix([...a, ...b])).toMatch(/S5 one[^]*S5 two[^]*S5 three/);
    expect(matrix([...a, ...b])).toContain('| S5 | Discharge current | 3 | 2 |');
  });

  it('shows the extremes of what was measured, and leaves the faults to the other document', () => {
    const other = { ...measured, detectedMs: 1200, openedMs: 1250 };
    const fault = { ...measured, row: '16', what: 'welded' };
    const text = matrix([evidence('S5 x', 'test/a.test.ts', [measured, other, fault])]);
    expect(text).toContain(
      '| S5 | discharge above 130 A | 1.00 s .. 1.30 s | 1.10 s .. 1.20 s | 1.10 s .. 1.25 s | 2 |',
    );
    expect(text).not.toContain('welded');
  });

  it('writes times as people read them', () => {
    const texts = [[0.3], [999], [1000, null], [null], [0], [678_500]].map((times) => rangeText(times));
    expect(texts).toEqual(['300 µs', '999 ms', '1.00 s', '-', 'at once', '11.3 min']);
  });

  it('a name cannot break the document', () => {
    expect(matrix([evidence('S1 a|b *c* <d>')])).toContain('- S1 a\\|b \\*c\\* \\<d\\>');
  });
});

describe('failure modes', () => {
  const text = ['### 16. Welded', '', '- Effect: written by hand', '- Measured: old', '- Tests: old'].join('\n');

  it('gets its measured lines from the run and keeps the rest', () => {
    const run = [evidence('S11 row 16: opens both', 'test/f.test.ts', [{ ...measured, row: '16', what: 'welded' }])];
    expect(fillFmea(text, run).split('\n')).toEqual([
      '### 16. Welded',
      '',
      '- Effect: written by hand',
      '- Measured: welded: detected after 1.10 s, paths open after 1.10 s',
      '- Tests: `test/f.test.ts`: "S11 row 16: opens both"',
    ]);
    expect(fillFmea(fillFmea(text, run), run)).toBe(fillFmea(text, run));
  });

  it('says which of its faults no test names: row 1 is not row 16', () => {
    expect(untestedRows(text, [evidence('S11 row 1: x')])).toEqual(['16']);
    expect(untestedRows(text, [evidence('S11 rows 1, 16: x')])).toEqual([]);
  });
});
