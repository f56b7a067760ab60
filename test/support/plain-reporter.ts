import type { Reporter, TestModule } from 'vitest/node';

/** Numbers of a run; what kept a file or the run from testing counts as failed. */
export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

/** Counts tests, not files. A file that fails without a failed test in it (it did not load) counts once. */
export function countTests(modules: ReadonlyArray<TestModule>, strayErrors: number): Totals {
  const totals: Totals = { passed: 0, failed: strayErrors, skipped: 0 };
  for (const module of modules) {
    let failedHere = 0;
    for (const test of module.children.allTests()) {
      const state = test.result().state;
      if (state === 'passed') totals.passed++;
      else if (state === 'failed') failedHere++;
      else totals.skipped++;
    }
    totals.failed += failedHere === 0 && module.state() === 'failed' ? 1 : failedHere;
  }
  return totals;
}

/** Closes a run with one line that a script can read: `N passed, N failed, N skipped`. */
export default class PlainReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, errors: ReadonlyArray<unknown>): void {
    const { passed, failed, skipped } = countTests(modules, errors.length);
    process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }
}
