import { defineConfig } from 'vitest/config';

/** The bundle in other engines than Node: see docs/budgets.md. `--dir test/engine/target` measures instead. */
export default defineConfig({
  test: {
    dir: 'test/engine',
    include: ['*.test.ts'],
    reporters: ['default', './test/support/plain-reporter.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
