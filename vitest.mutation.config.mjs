/** Tests under mutation: a run is started for every mutant, so no reporter, no rig and nothing that needs seconds. */
import { defineConfig } from 'vitest/config';

/** Properties run thousands of steps; what they prove, the tests that are left must show too. */
const TOO_SLOW = ['bands', 'stricter', 'estimate', 'estimate-learning'].map((name) => `test/bms/${name}.test.ts`);

export default defineConfig({
  test: { include: ['test/bms/**/*.test.ts'], exclude: TOO_SLOW, reporters: [] },
});
