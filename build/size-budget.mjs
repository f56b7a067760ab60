/** Rollup plugin: bytes and words of what a board gets. A budget is raised in the commit that needs it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Words of `words` that occur in `code`, in that order. */
export function forbiddenWords(code, words) {
  return words.filter((word) => {
    const at = word.replace(/[^\w]/g, '\\$&');
    return new RegExp(`(?<![\\w$])${at}(?![\\w$])`).test(code);
  });
}

/** What is wrong with a minified file, as one sentence each. `budget` in bytes. */
export function budgetErrors(board, code, budget, words) {
  const errors = [];
  const bytes = Buffer.byteLength(code);
  if (budget === undefined) errors.push(`${board} has no budget: give it one in build/budgets.json`);
  else if (bytes > budget) errors.push(`${board} has ${bytes} bytes minified, ${bytes - budget} over its ${budget}`);
  for (const word of forbiddenWords(code, words)) errors.push(`${board} contains the forbidden word "${word}"`);
  return errors;
}

function readSizes(file, boards) {
  let sizes = {};
  try {
    sizes = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // first build
  }
  return Object.fromEntries(Object.entries(sizes).filter(([board]) => boards.includes(board)));
}

/** Checks both files of one board and notes their sizes in `file`; `boards` are all that exist, others are dropped. */
export function sizeBudget({ board, boards, budgets, file }) {
  const codes = {};
  return {
    name: 'size-budget',
    generateBundle(options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        const minified = chunk.fileName.endsWith('.min.js');
        codes[minified ? 'min' : 'js'] = chunk.code;
        if (!minified) continue;
        const errors = budgetErrors(board, chunk.code, budgets.minBytes[board], budgets.forbiddenWords);
        if (errors.length > 0) this.error(errors.join('\n'));
      }
    },
    writeBundle() {
      if (codes.js === undefined || codes.min === undefined) return;
      const sizes = readSizes(file, boards);
      sizes[board] = {
        js: Buffer.byteLength(codes.js),
        min: Buffer.byteLength(codes.min),
        gzip: gzipSync(codes.min, { level: 9 }).length,
        budget: budgets.minBytes[board],
      };
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify(sizes, null, 2) + '\n');
    },
  };
}
