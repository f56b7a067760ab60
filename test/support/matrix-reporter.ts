/** Writes docs/requirements-matrix.md and the measured lines of docs/fmea.md, at the end of a complete run only. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import * as prettier from 'prettier';
import type { Reporter, TestCase, TestModule, TestRunEndReason, Vitest } from 'vitest/node';
import { idsIn, matrix, untested, type Evidence } from '../../tools/matrix';
import { fillFmea, untestedRows } from '../../tools/matrix-fmea';

const MATRIX = 'docs/requirements-matrix.md';
const FMEA = 'docs/fmea.md';

function slashes(path: string): string {
  return path.replaceAll('\\', '/');
}

/** The test's own name, with those of its groups when they carry requirements. */
function nameOf(test: TestCase): string {
  return idsIn(test.fullName).length > idsIn(test.name).length ? test.fullName : test.name;
}

/** What has passed, as the documents see it. */
export function evidenceOf(modules: ReadonlyArray<TestModule>, root: string): Evidence[] {
  return modules.flatMap((module) => {
    const file = slashes(relative(root, module.moduleId));
    const passed = [...module.children.allTests()].filter((test) => test.result().state === 'passed');
    return passed.map((test) => ({ file, name: nameOf(test), reactions: test.meta().reactions ?? [] }));
  });
}

/** Every test file of the suite, from the root; those that need an engine are another suite. */
function suite(root: string): string[] {
  const files = readdirSync(resolve(root, 'test'), { recursive: true, encoding: 'utf8' });
  const tests = files.map((file) => `test/${slashes(file)}`).filter((file) => file.endsWith('.test.ts'));
  return tests.filter((file) => !file.startsWith('test/engine/'));
}

/** True when nothing has kept a test of the suite from running: no choice of files, no filter on names, no `only`. */
export function isComplete(vitest: Vitest, modules: ReadonlyArray<TestModule>): boolean {
  const { root, testNamePattern } = vitest.config;
  if (testNamePattern !== undefined) return false;
  const ran = new Set(modules.map(({ moduleId }) => slashes(relative(root, moduleId))));
  if (!suite(root).every((file) => ran.has(file))) return false;
  return modules.every((module) => ![...module.children.allTests()].some((test) => test.options.mode === 'only'));
}

/** Writes only what has changed, in the form that `npm run format` wants. */
async function update(path: string, text: string): Promise<void> {
  const options = await prettier.resolveConfig(path);
  const pretty = await prettier.format(text, { ...options, parser: 'markdown' });
  if (!existsSync(path) || readFileSync(path, 'utf8') !== pretty) writeFileSync(path, pretty);
}

export default class MatrixReporter implements Reporter {
  private vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.vitest = vitest;
  }

  /** A run in which anything failed leaves the documents alone. */
  async onTestRunEnd(
    modules: ReadonlyArray<TestModule>,
    errors: ReadonlyArray<unknown>,
    reason: TestRunEndReason,
  ): Promise<void> {
    const { vitest } = this;
    if (vitest === undefined || reason !== 'passed' || errors.length > 0) return;
    if (!isComplete(vitest, modules)) return;
    const { root } = vitest.config;
    const evidence = evidenceOf(modules, root);
    const fmea = resolve(root, FMEA);
    const text = existsSync(fmea) ? readFileSync(fmea, 'utf8') : '';
    const missing = [...untested(evidence), ...untestedRows(text, evidence).map((row) => `${FMEA} ${row}`)];
    await update(resolve(root, MATRIX), matrix(evidence));
    if (text !== '') await update(fmea, fillFmea(text, evidence));
    if (missing.length === 0) return;
    process.stdout.write(`No test for: ${missing.join(', ')}\n`);
    process.exitCode = 1;
  }
}
