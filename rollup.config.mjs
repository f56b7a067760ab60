/**
 * What is built: one script per board for the engine, and the command line for Node.
 * TARGET=firmware or TARGET=host builds one of the two. The reasons for the settings: docs/adr/0006-build.md.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import typescript from '@rollup/plugin-typescript';
import { minify } from 'terser';
import { dropStart } from './build/drop-start.mjs';
import { engineGate } from './build/engine-gate.mjs';
import { firmwareWall } from './build/firmware-wall.mjs';
import { pinNames } from './build/pin-names.mjs';
import { inlineNumbers } from './build/inline-numbers.mjs';
import { sizeBudget } from './build/size-budget.mjs';
import { terserOptions } from './build/terser-options.mjs';

const root = fileURLToPath(new URL('.', import.meta.url));
const readJson = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

/** Type errors are warnings to Rollup; here they stop the build. */
function onwarn(warning, handle) {
  if (warning.plugin === 'typescript') throw new Error(`${warning.message} ${warning.loc?.file ?? ''}`);
  handle(warning);
}

/** The tsconfigs only check; these settings make them emit into Rollup. */
function compile(tsconfig, extra) {
  return typescript({
    tsconfig,
    noEmit: false,
    noEmitOnError: true,
    composite: false,
    declaration: false,
    tsBuildInfoFile: undefined,
    ...extra,
  });
}

/**
 * Built-in names that every method call or native looks up. The engine searches its globals in the order in which they
 * were first named: named first, they are found at once.
 */
const HOT_NAMES = 'String;Object;Number;Math;E;';

const minified = {
  name: 'minified',
  async renderChunk(code) {
    return { code: HOT_NAMES + dropStart((await minify(inlineNumbers(code), terserOptions())).code), map: null };
  },
};

/** Boards are the folders of `board/` that have a `main.ts`. */
export function boards() {
  const folders = readdirSync(new URL('board/', import.meta.url)).sort();
  return folders.filter((name) => existsSync(new URL(`board/${name}/main.ts`, import.meta.url)));
}

/** A board's two files: readable and minified, both seen by wall, gate and budget. */
export function firmware(board) {
  const output = { format: 'es', strict: false, generatedCode: { preset: 'es2015', symbols: false } };
  return {
    input: `board/${board}/main.ts`,
    treeshake: { propertyReadSideEffects: false },
    onwarn,
    plugins: [
      firmwareWall(root),
      compile('tsconfig.firmware.json'),
      pinNames(),
      engineGate(),
      sizeBudget({ board, boards: boards(), budgets: readJson('build/budgets.json'), file: 'dist/sizes.json' }),
    ],
    output: [
      { ...output, file: `dist/${board}.js` },
      { ...output, file: `dist/${board}.min.js`, plugins: [minified] },
    ],
  };
}

/** The command line and the bench; packages and Node stay outside. */
export function host() {
  const { dependencies, optionalDependencies } = readJson('package.json');
  const packages = Object.keys({ ...dependencies, ...optionalDependencies });
  return {
    input: {
      cellkeeper: 'tools/cli.ts',
      bench: 'tools/bench.ts',
      'bench-soc': 'tools/bench-soc.ts',
      'bench-balance': 'tools/bench-balance.ts',
    },
    external: (id) => isBuiltin(id) || packages.some((name) => id === name || id.startsWith(name + '/')),
    onwarn,
    plugins: [compile('build/tsconfig.host.json', { sourceMap: true })],
    output: {
      dir: 'dist',
      format: 'es',
      sourcemap: true,
      entryFileNames: '[name].mjs',
      chunkFileNames: 'shared.mjs',
    },
  };
}

/** The browser flasher lies beside the bundles that it writes: dist/flasher.html. */
export function flasher() {
  const page = readFileSync(new URL('tools/flash/page/index.html', import.meta.url), 'utf8');
  return {
    input: 'tools/flash/page/page.ts',
    onwarn,
    plugins: [
      compile('build/tsconfig.host.json'),
      {
        name: 'page',
        generateBundle() {
          this.emitFile({ type: 'asset', fileName: 'flasher.html', source: page });
        },
      },
    ],
    output: { file: 'dist/flasher.js', format: 'es' },
  };
}

export default () => {
  const target = process.env.TARGET;
  if (target === 'host') return [host(), flasher()];
  if (target === 'firmware') return boards().map(firmware);
  return [...boards().map(firmware), host(), flasher()];
};
