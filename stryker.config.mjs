/**
 * Mutation testing of protections and MOSFET logic: `npm run mutate`, on demand. What it finds is judged in docs/mutation.md.
 * Everything it writes lies under reports/, which every other tool ignores.
 */
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.mjs' },
  // estimates are judged by their benchmark (npm run bench:soc), not by their lines
  mutate: ['src/bms/*.ts', '!src/bms/estimate*.ts', '!src/bms/ocv.ts'],
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
