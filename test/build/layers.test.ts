import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { rollup } from 'rollup';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { firmwareWall, wallReason } from '../../build/firmware-wall.mjs';

/** The arrows of docs/architecture.md, typed in again: build/layers.json must say the same. */
const ARROWS: Record<string, string[]> = {
  board: ['app', 'comms', 'ui', 'afe', 'drivers', 'store', 'bms', 'hal'],
  app: ['comms', 'ui', 'afe', 'drivers', 'store', 'bms', 'hal'],
  comms: ['bms', 'hal'],
  ui: ['bms', 'hal'],
  afe: ['bms', 'hal'],
  drivers: ['hal'],
  store: ['bms', 'hal'],
  bms: ['hal'],
  hal: [],
  'hal-mock': ['hal'],
};

interface Import {
  from: string;
  /** Path inside the project without an ending, or the name of a package or of a part of Node. */
  to: string;
  typeOnly: boolean;
}

function layerOf(path: string): string {
  const [top, next] = path.split('/');
  return top === 'src' ? next! : top!;
}

/** Every import, re-export, `import()` and `import type` of a file, as paths inside the project. */
function importsOf(from: string, text: string): Import[] {
  const file = ts.createSourceFile(from, text, ts.ScriptTarget.Latest, false);
  const found: Import[] = [];
  const add = (source: string, typeOnly: boolean): void => {
    const to = source.startsWith('.') ? posix.join(posix.dirname(from), source) : source;
    found.push({ from, to, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add((node.moduleSpecifier as ts.StringLiteral).text, node.importClause?.isTypeOnly === true);
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
      add((node.moduleSpecifier as ts.StringLiteral).text, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add((node.argument.literal as ts.StringLiteral).text, true);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add((node.arguments[0] as ts.StringLiteral).text, false);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function brokenArrow({ from, to, typeOnly }: Import): string | null {
  const layer = layerOf(from);
  const allowed = ARROWS[layer];
  if (allowed === undefined) return `${from}: no arrow for the folder ${layer}`;
  if (isBuiltin(to) || !/^(src|board|tools|test|build|bin|dist)\//.test(to)) return `${from} imports ${to}`;
  const target = layerOf(to);
  if (target !== layer && !allowed.includes(target)) return `${from} imports ${to}: ${layer} may not see ${target}`;
  const [board, other] = [from.split('/')[1], to.split('/')[1]];
  if (layer === 'board' && target === 'board' && other !== board && other !== 'common') {
    return `${from} imports another board`;
  }
  if (layer === 'hal-mock' && target === 'hal' && !typeOnly) return `${from} takes more than types from ${to}`;
  return null;
}

const paths = ['src', 'board']
  .flatMap((top) => readdirSync(top, { recursive: true, encoding: 'utf8' }).map((name) => posix.join(top, name)))
  .filter((path) => path.endsWith('.ts'));
const imports = paths.flatMap((path) => importsOf(path, readFileSync(path, 'utf8')));

describe('the arrows of docs/architecture.md', () => {
  it('hold for every import of every file in src and board', () => {
    expect(paths.length).toBeGreaterThan(20);
    expect(imports.map(brokenArrow).filter((reason) => reason !== null)).toEqual([]);
  });

  it('name every folder of src', () => {
    const folders = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map((entry) => entry.name).filter((name) => ARROWS[name] === undefined)).toEqual([]);
  });

  it('are the ones that ESLint and dependency-cruiser read', () => {
    expect(JSON.parse(readFileSync('build/layers.json', 'utf8'))).toEqual(ARROWS);
  });

  it.each([
    ['src/bms/a.ts', "import { tick } from '../app/firmware';"],
    ['src/ui/a.ts', "import { onData } from '../comms/pace/port';"],
    ['src/comms/pace/a.ts', "export { ledBits } from '../../ui/leds';"],
    ['src/hal/a.ts', "import type { Pack } from '../bms/pack';"],
    ['src/app/a.ts', "import { SimClock } from '../hal-mock/clock';"],
    ['src/app/a.ts', "let a: import('../hal-mock/clock').VirtualClock;"],
    ['src/app/a.ts', "import fs from 'node:fs';"],
    ['src/app/a.ts', "const a = import('commander');"],
    ['src/hal-mock/a.ts', "import { sum } from '../hal/native';"],
    ['src/hal-mock/a.ts', "import { sample } from '../afe/bq76952';"],
    ['src/hal-mock/a.ts', "import { run } from '../../tools/cli';"],
    ['board/a/main.ts', "import { PINS } from '../b/pins';"],
    ['src/unknown/a.ts', "import { Pack } from '../bms/pack';"],
  ])('are broken by %s with %s', (path, text) => {
    expect(importsOf(path, text).map(brokenArrow)).toEqual([expect.any(String)]);
  });

  it.each([
    ['src/bms/a.ts', "import { sum } from '../hal/native';"],
    ['src/bms/a.ts', "import { Pack } from './pack';"],
    ['src/hal-mock/devices/a.ts', "import type { I2cBus } from '../../hal/bus';"],
    ['board/a/main.ts', "import { PINS } from './pins';"],
  ])('allow %s with %s', (path, text) => {
    expect(importsOf(path, text).map(brokenArrow)).toEqual([null]);
  });
});

describe('the firmware wall', () => {
  const from = 'src/app/firmware.ts';

  it.each([
    ['node:fs', null, /firmware has no Node/],
    ['fs', null, /firmware has no Node/],
    ['../hal-mock/clock', 'src/hal-mock/clock.ts', /never imports hal-mock/],
    ['../../tools/cli', 'tools/cli.ts', /never imports/],
    ['../../test/support/x', 'test/support/x.ts', /never imports/],
    ['commander', 'node_modules/commander/index.js', /never imports/],
    ['unknown', null, /a board loads no packages/],
    ['./missing', null, /does not exist/],
  ])('refuses %s', (source, resolved, reason) => {
    expect(wallReason(source, from, resolved)).toMatch(reason);
  });

  it('lets firmware import firmware', () => {
    expect(wallReason('../bms/pack', from, 'src/bms/pack.ts')).toBeNull();
    expect(wallReason('../../src/app/firmware', 'board/x/main.ts', 'src/app/firmware.ts')).toBeNull();
  });

  /** Bundles files that exist only here, below a root that exists nowhere. */
  async function bundle(files: Record<string, string>): Promise<string> {
    const inMemory = {
      name: 'in-memory',
      resolveId: (id: string, importer?: string) => {
        const path = id.startsWith('.') ? posix.join(posix.dirname(importer!), id) + '.ts' : id;
        return files[path] === undefined ? null : path;
      },
      load: (id: string) => files[id] ?? null,
    };
    const built = await rollup({
      input: '/p/board/x/main.ts',
      plugins: [firmwareWall('/p'), inMemory],
      onwarn: () => {},
    });
    return (await built.generate({ format: 'es' })).output[0].code;
  }

  it('stops a build at a mock that is reached through another file, and names both', async () => {
    const files = {
      '/p/board/x/main.ts': "import { a } from '../../src/app/a'; print(a);",
      '/p/src/app/a.ts': "export { a } from '../hal-mock/a';",
      '/p/src/hal-mock/a.ts': 'export const a = 1;',
    };
    await expect(bundle(files)).rejects.toThrow(/src\/app\/a\.ts imports src\/hal-mock\/a\.ts/);
  });

  it('stops a build at Node and at packages', async () => {
    const main = (source: string) => ({ '/p/board/x/main.ts': `import a from '${source}'; print(a);` });
    await expect(bundle(main('node:fs'))).rejects.toThrow(/board\/x\/main\.ts imports node:fs: firmware has no Node/);
    await expect(bundle(main('left-pad'))).rejects.toThrow(/the package left-pad/);
  });

  it('lets a build of firmware through', async () => {
    const files = {
      '/p/board/x/main.ts': "import { a } from '../../src/app/a'; print(a);",
      '/p/src/app/a.ts': 'export const a = 42;',
    };
    await expect(bundle(files)).resolves.toContain('42');
  });
});
