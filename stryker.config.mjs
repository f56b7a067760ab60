/**
 * Mutation testing of protections and MOSFET logic: `npm run mutate`, on demand. What it finds is judged in docs/mutation.md.
 * Everything it writes lies under reports/, which every other tool ignores.
 */

/** Properties and closed loops run thousands of steps for each mutant; what they prove, the tests named here must show. */
const TOO_SLOW = ['bands', 'stricter', 'estimate', 'estimate-learning'];

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: 'vitest',
  mutate: ['guard', 'limits', 'protect', 'fets', 'params', 'explain', 'balance', 'breaker', 'sleep'].map(
    (name) => `src/bms/${name}.ts`,
  ),
  testFiles: ['test/bms/**/*.test.ts', ...TOO_SLOW.map((name) => `!test/bms/${name}.test.ts`)],
  coverageAnalysis: 'perTest',
  concurrency: 2,
  incremental: true,
  incrementalFile: 'reports/mutation/incremental.json',
  tempDirName: 'reports/stryker-tmp',
  ignorePatterns: ['/dist', '/coverage', '/docs', '/reports'],
  reporters: ['clear-text', 'json', 'html'],
  clearTextReporter: { allowColor: false, reportTests: false },
  jsonReporter: { fileName: 'reports/mutation/mutation.json' },
  htmlReporter: { fileName: 'reports/mutation/mutation.html' },
  thresholds: { high: 95, low: 90, break: 90 },
};
