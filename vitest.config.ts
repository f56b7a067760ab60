import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/engine/**'],
    reporters: ['default', './test/support/matrix-reporter.ts', './test/support/plain-reporter.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text', 'html', 'json-summary'] },
  },
});
