/** Lint: types first, then what the engine cannot run (firmware only), then the arrows of docs/architecture.md. */
import { readFileSync } from 'node:fs';
import { defineConfig, globalIgnores } from 'eslint/config';
import esX from 'eslint-plugin-es-x';
import tseslint from 'typescript-eslint';

const layers = JSON.parse(readFileSync(new URL('build/layers.json', import.meta.url), 'utf8'));

/** Syntax that reaches the bundle as it is written and that Espruino rejects or runs differently. */
const ENGINE_LACKS = [
  'no-default-parameters',
  'no-rest-parameters',
  'no-spread-elements',
  'no-rest-spread-properties',
  'no-destructuring',
  'no-generators',
  'no-async-functions',
  'no-async-iteration',
  'no-computed-properties',
  'no-new-target',
  'no-bigint',
  'no-dynamic-import',
  'no-import-meta',
  'no-class-private-fields',
  'no-class-private-methods',
  'no-class-static-block',
  'no-private-in',
  'no-subclassing-builtins',
  'no-exponential-operators',
  'no-logical-assignment-operators',
  'no-map',
  'no-set',
  'no-weak-map',
  'no-weak-set',
  'no-proxy',
  'no-reflect',
  'no-symbol',
  'no-array-from',
  'no-math-trunc',
  'no-math-imul',
  'no-object-freeze',
];

/** Style of the board: docs/adr/0001. */
const FIRMWARE_SYNTAX = [
  { selector: 'ClassDeclaration, ClassExpression', message: 'Functions over records: no classes in firmware.' },
  { selector: 'ThisExpression', message: 'Functions over records: no this in firmware.' },
  { selector: 'TSEnumDeclaration[const=false]', message: 'A const enum folds to nothing, an enum does not.' },
  { selector: 'TemplateLiteral', message: 'Join with +: an uploader must be able to quote the bundle.' },
  { selector: 'Program > VariableDeclaration[kind="let"]', message: 'State lives in records: several packs share us.' },
  {
    selector: 'Program > ExportNamedDeclaration > VariableDeclaration[kind="let"]',
    message: 'State lives in records: several packs share us.',
  },
  {
    selector:
      ':matches(ForStatement, ForInStatement, ForOfStatement, WhileStatement, DoWhileStatement) :matches(FunctionDeclaration, FunctionExpression, ArrowFunctionExpression)',
    message: 'A function made in a loop shares the loop variable of all rounds.',
  },
  { selector: 'MemberExpression[object.name="Date"][property.name="now"]', message: 'Time is an argument.' },
];

/** Imports between folders of `src/` that the arrows do not allow, as a rule's options. */
function forbidden(layer) {
  const others = Object.keys(layers).filter((name) => name !== layer && !layers[layer].includes(name));
  const patterns = others.map((name) => ({
    regex: `^(\\.\\./)+(src/)?${name}/`,
    message: `${layer} may import only ${[layer, ...layers[layer]].join(', ')} (docs/architecture.md).`,
  }));
  return [
    ...patterns,
    {
      regex: '^(\\.\\./)+(tools|test|build|dist)/',
      message: 'Tools and tests look at the firmware, never the reverse.',
    },
    { regex: '^[^.]', message: 'Firmware and simulated hardware import neither packages nor Node.' },
  ];
}

const layerRules = Object.keys(layers).map((layer) => ({
  files: [layer === 'board' ? 'board/**/*.ts' : `src/${layer}/**/*.ts`],
  rules: { 'no-restricted-imports': ['error', { patterns: forbidden(layer) }] },
}));

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', 'reports/', 'node_modules/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { project: ['tsconfig.firmware.json', 'tsconfig.json'] } },
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-labels': 'error',
      'no-eval': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['src/**/*.ts', 'board/**/*.ts'],
    ignores: ['src/hal-mock/**'],
    plugins: { 'es-x': esX },
    rules: {
      ...Object.fromEntries(ENGINE_LACKS.map((name) => [`es-x/${name}`, 'error'])),
      'no-restricted-syntax': ['error', ...FIRMWARE_SYNTAX],
      '@typescript-eslint/no-use-before-define': [
        'error',
        { functions: true, classes: true, variables: true, typedefs: false, ignoreTypeReferences: true },
      ],
    },
  },
  ...layerRules,
);
