import { defineConfig } from 'vitest/config';

/** The bundle in a real Espruino: needs ESPRUINO=<binary>, see docs/budgets.md. */
export default defineConfig({
  test: {
    include: ['test/engine/*.test.ts'],
    reporters: ['default', './test/support/plain-reporter.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
