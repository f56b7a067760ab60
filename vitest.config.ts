import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'parts', include: ['test/**/*.test.ts'], exclude: ['test/engine/**', 'test/app/**'] },
      },
      // what these do to a pack, a twin that runs the bundle must follow
      {
        extends: true,
        test: { name: 'loop', include: ['test/app/**/*.test.ts'], setupFiles: ['test/support/twin-setup.ts'] },
      },
    ],
    reporters: ['default', './test/support/matrix-reporter.ts', './test/support/plain-reporter.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text', 'html', 'json-summary'] },
  },
});
