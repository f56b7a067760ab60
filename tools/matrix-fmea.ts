/** Fills the measured lines of docs/fmea.md. Everything else in that document is written by hand. Pure. */
import { groups, plain, rangeText, sorted, type Evidence, type Measured } from './matrix';

/** Heading of one fault: `### 16. Charge MOSFET welded` or `### A. Two faults at once`. */
const HEADING = /^### (\d+|[A-Z])\. /;
const MEASURED = '- Measured:';
const TESTS = '- Tests:';

/** Label by which a test's name says which fault it is about: `row 16`, `fault C`. */
function label(row: string): RegExp {
  return new RegExp(`\\b(row|rows|fault) ([0-9A-Z]+, )*${row}\\b`);
}

/** Tests that name the row or have measured for it. */
function testsOf(row: string, all: readonly Evidence[]): Evidence[] {
  const named = label(row);
  return all.filter(({ name, reactions }) => named.test(name) || reactions.some((one) => one.row === row));
}

/** `detected after 2.1 s, paths open after 2.1 s`; a path that was open before the cause has no time. */
function timesText(group: readonly Measured[]): string {
  const after = (word: string, times: readonly (number | null)[]): string[] => {
    const text = rangeText(times);
    if (text === '-') return [];
    return [text === 'at once' ? `${word} ${text}` : `${word} after ${text}`];
  };
  const detected = after(
    'detected',
    group.map(({ detectedMs }) => detectedMs),
  );
  const opened = after(
    'paths open',
    group.map(({ openedMs }) => openedMs),
  );
  return [...detected, ...opened].join(', ');
}

function measuredText(row: string, all: readonly Evidence[]): string {
  const parts = groups(all, (one) => one.row === row).map((group) => `${group[0]!.what}: ${timesText(group)}`);
  return parts.length === 0 ? 'nothing to time' : parts.join('; ');
}

/** Test names of one file together: `test/app/faults.test.ts: "...", "..."`. */
function testsText(found: readonly Evidence[]): string {
  if (found.length === 0) return 'none';
  const files = [...new Set(found.map(({ file }) => file))];
  return files
    .map((file) => {
      const names = found.filter((one) => one.file === file).map(({ name }) => `"${plain(name)}"`);
      return `\`${file}\`: ${names.join(', ')}`;
    })
    .join('; ');
}

/** Rows that the document has a heading for. */
export function fmeaRows(text: string): string[] {
  return text.split('\n').flatMap((line) => HEADING.exec(line)?.[1] ?? []);
}

/** Rows of the document that no test stands behind. */
export function untestedRows(text: string, evidence: readonly Evidence[]): string[] {
  return fmeaRows(text).filter((row) => testsOf(row, evidence).length === 0);
}

/** The document with its lines "Measured" and "Tests" as this run found them. */
export function fillFmea(text: string, evidence: readonly Evidence[]): string {
  const all = sorted(evidence);
  let row = '';
  const filled = text.split('\n').map((line) => {
    row = HEADING.exec(line)?.[1] ?? row;
    if (line.startsWith(MEASURED)) return `${MEASURED} ${measuredText(row, all)}`;
    if (line.startsWith(TESTS)) return `${TESTS} ${testsText(testsOf(row, all))}`;
    return line;
  });
  return filled.join('\n');
}
