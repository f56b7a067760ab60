/**
 * The engine gate: what Espruino 2v29 rejects or, worse, runs with another result, found in the finished file.
 * Neither Node nor TypeScript sees these, and a minifier may add them, so the gate reads what goes to the board.
 */
import { children, isFunction, isPropertyName, orderFindings } from './engine-scopes.mjs';

const words = (text) => new Set(text.split(' '));

/** Node types that are wrong wherever they stand: rule and sentence. */
const NEVER = {
  AssignmentPattern: ['default-value', 'a default value is a syntax error'],
  RestElement: ['rest', 'a rest parameter is a syntax error'],
  SpreadElement: ['spread', 'spread is a syntax error'],
  ObjectPattern: ['destructuring', 'destructuring is a syntax error'],
  ArrayPattern: ['destructuring', 'destructuring is a syntax error'],
  YieldExpression: ['generator', 'generators are a syntax error'],
  AwaitExpression: ['async', 'await is a syntax error'],
  ChainExpression: ['optional-chaining', '?. is a syntax error'],
  PrivateIdentifier: ['private-name', '#names are a syntax error'],
  LabeledStatement: ['label', 'labels are a syntax error'],
  MetaProperty: ['meta-property', 'new.target and import.meta are syntax errors'],
  ImportExpression: ['dynamic-import', 'import() is a syntax error'],
  ImportDeclaration: ['module-syntax', 'an import statement is left in a script'],
  ExportNamedDeclaration: ['module-syntax', 'an export statement is left in a script'],
  ExportDefaultDeclaration: ['module-syntax', 'an export statement is left in a script'],
  ExportAllDeclaration: ['module-syntax', 'an export statement is left in a script'],
  WithStatement: ['with', 'with is a syntax error'],
  StaticBlock: ['static-block', 'static blocks are a syntax error'],
  PropertyDefinition: ['class-field', 'class fields are evaluated once, on the prototype, or are a syntax error'],
  TaggedTemplateExpression: ['tagged-template', 'tagged templates are a syntax error'],
  DebuggerStatement: ['debugger', 'debugger halts the board until somebody types'],
};

const ORDER = {
  'function-before-declaration': (name) => `${name}() is used above its line, and the engine does not hoist functions`,
  'variable-before-declaration': (name, kind) => `${name} is used before its ${kind}, so an outer ${name} is meant`,
  'conditional-var': (name) => `the var of ${name} may not have been met, then an outer ${name} is written`,
  'load-order': (name, need) => `${name}() runs while the file loads and needs ${need}, which stands further down`,
  undeclared: (name) => `${name} is declared nowhere: the assignment makes a global`,
};

const NO_GLOBAL = words(
  'Map Set WeakMap WeakSet WeakRef Symbol Proxy Reflect RangeError URIError EvalError Intl BigInt queueMicrotask structuredClone globalThis',
);
const TYPED =
  'Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array Float32Array Float64Array Uint8ClampedArray';
const NO_STATIC = new Map([
  ['Object', words('freeze is hasOwn seal isFrozen isSealed preventExtensions')],
  ['Math', words('trunc sign imul clz32 log2 log10 hypot cbrt fround expm1 log1p')],
  [
    'Number',
    words('isFinite isInteger isNaN isSafeInteger MAX_SAFE_INTEGER MIN_SAFE_INTEGER EPSILON parseFloat parseInt'),
  ],
  ['Array', words('from of')],
  ['Promise', words('race allSettled any')],
  ['String', words('raw fromCodePoint')],
  ...TYPED.split(' ').map((name) => [name, words('from of BYTES_PER_ELEMENT')]),
]);
const NO_METHOD = words(
  'flat flatMap findLast findLastIndex reduceRight at copyWithin trimStart trimEnd codePointAt localeCompare matchAll normalize toPrecision toExponential finally entries',
);
const KEYWORDS = words(
  'of static let if in new delete default class return this super typeof function catch finally do else for while switch case throw try var const void with break continue instanceof debugger extends null true false undefined',
);
const BUILTIN_CLASSES = words(
  `Error TypeError SyntaxError ReferenceError Array Object Function Promise Map Set ${TYPED}`,
);
/** Lookaround, named groups, counts, lazy quantifiers, word boundaries. */
const NO_REGEX = /\(\?|\{\d|[+*?]\?|\\b|\\B|\\k/;

function literal(node, add) {
  if (node.bigint) add('bigint', 'BigInt is a syntax error');
  if (node.regex && NO_REGEX.test(node.regex.pattern))
    add('regex', `the engine's regular expressions lack ${node.raw}`);
  if (typeof node.value !== 'string') return;
  if (/\\\r?\n/.test(node.raw)) add('line-continuation', 'a string goes on in the next line');
  if (/[^\0-\xff]/.test(node.value))
    add('wide-character', 'characters above 255 do not fit the strings of STM32 builds');
}

function member(node, parent, key, add) {
  if (node.computed || node.property.type !== 'Identifier') return;
  const name = node.property.name;
  if (NO_STATIC.get(node.object.name)?.has(name)) add('missing-static', `${node.object.name}.${name} does not exist`);
  if (parent.type !== 'CallExpression' || key !== 'callee') return;
  if (NO_METHOD.has(name) && node.object.name !== 'Object') add('missing-method', `.${name}() does not exist`);
  if (name === 'split' && parent.arguments.length > 1) add('split-limit', 'split() ignores its limit');
}

function classLike(node, parent, key, add) {
  const base = node.superClass;
  if (base && base.type !== 'Identifier') add('extends-expression', 'a class may extend a plain name only');
  if (base && BUILTIN_CLASSES.has(base.name)) add('extends-builtin', `extending ${base.name} fails at run time`);
  if (node.type !== 'ClassExpression') return;
  if (node.id) add('named-class-expression', `the inner name ${node.id.name} does not exist`);
  const skipped = /^(ConditionalExpression|LogicalExpression)$/.test(parent.type) || isFunction(parent);
  if (skipped) add('skipped-class', 'a class expression in a part that is skipped is a syntax error');
}

function method(node, parent, add) {
  const isMethod = node.type === 'MethodDefinition' || node.method || (node.kind !== 'init' && node.kind !== undefined);
  if (node.computed && parent.type !== 'ObjectPattern') add('computed-key', 'computed keys are a syntax error');
  if (isMethod && !node.computed && KEYWORDS.has(node.key.name)) add('method-name', `a method named ${node.key.name}`);
  if (node.static && node.kind === 'get') add('static-getter', 'a static getter may give a stale value');
}

/** Everything that one node by itself, with its parent, can be blamed for. */
function inspect(node, parent, key, source, add) {
  const never = NEVER[node.type];
  if (never !== undefined) add(never[0], never[1]);
  if (isFunction(node)) {
    if (node.async) add('async', 'async functions are a syntax error');
    if (node.generator) add('generator', 'generators are a syntax error');
  }
  switch (node.type) {
    case 'Literal':
      return literal(node, add);
    case 'TemplateElement':
      if (/[^\0-\xff]/.test(node.value.cooked ?? '')) add('wide-character', 'characters above 255 do not fit');
      return;
    case 'BinaryExpression':
      if (node.operator === '**') add('exponent', '** is a syntax error');
      return;
    case 'AssignmentExpression':
      if (node.operator === '**=') add('exponent', '**= is a syntax error');
      if (/^(\?\?|\|\||&&)=$/.test(node.operator)) add('logical-assignment', `${node.operator} is a syntax error`);
      if (node.left.type === 'MemberExpression' && !node.left.computed && node.left.property.name === 'length') {
        add('length-assignment', 'writing .length throws');
      }
      return;
    case 'SwitchStatement':
      if (node.cases.slice(0, -1).some((one) => one.test === null)) add('default-not-last', 'default must be last');
      return;
    case 'ForOfStatement':
      if (node.await) add('async', 'for await is a syntax error');
      return;
    case 'Property':
      if (node.value.type === 'ArrowFunctionExpression' && /^[\w$]/.test(source.slice(node.value.start))) {
        add('arrow-property', 'JerryScript does not parse a bare-parameter arrow as a property');
      }
      return method(node, parent, add);
    case 'MethodDefinition':
      return method(node, parent, add);
    case 'ClassDeclaration':
    case 'ClassExpression':
      return classLike(node, parent, key, add);
    case 'MemberExpression':
      return member(node, parent, key, add);
    case 'Identifier':
      if (isPropertyName(parent, key)) return;
      if (NO_GLOBAL.has(node.name)) add('missing-global', `${node.name} does not exist`);
      if (/^(of|static|let)$/.test(node.name)) add('keyword', `${node.name} cannot be a name`);
      return;
  }
}

const LOOP = /^(For(In|Of)?|While|DoWhile)Statement$/;

/** Walks with what the node stands in: the inside of a loop of the same function, and of an arrow. */
function walk(node, parent, key, inside, visit) {
  visit(node, parent, key, inside);
  let { loop, arrow } = inside;
  if (LOOP.test(parent.type) && /^(body|test|update)$/.test(key)) loop = true;
  if (isFunction(node)) {
    loop = false;
    arrow = node.type === 'ArrowFunctionExpression';
  }
  for (const [child, childKey] of children(node)) walk(child, node, childKey, { loop, arrow }, visit);
}

function isInLoop(parent, key, inside) {
  return inside.loop || (LOOP.test(parent.type) && /^(body|test|update)$/.test(key));
}

/** Where an offset is, both counted from 1. */
function position(source, offset) {
  const lines = source.slice(0, offset).split('\n');
  return { line: lines.length, column: lines[lines.length - 1].length + 1 };
}

/** All findings in a finished file, in the order of their place. `ast` is ESTree with `start` offsets. */
export function gate(ast, source) {
  const findings = [];
  const put = (rule, offset, message) => findings.push({ rule, offset, message });

  const strange = /[^\t\n\r -~]/.exec(source);
  if (strange !== null) put('non-ascii', strange.index, 'a byte outside ASCII');
  walk(ast, { type: '' }, '', { loop: false, arrow: false }, (node, parent, key, inside) => {
    const add = (rule, message) => put(rule, node.start, message);
    inspect(node, parent, key, source, add);
    if (isFunction(node) && isInLoop(parent, key, inside)) {
      add('function-in-loop', 'a function made in a loop shares the loop variable of all rounds');
    }
    if (node.type === 'Identifier' && node.name === 'arguments' && inside.arrow && !isPropertyName(parent, key)) {
      add('arguments-in-arrow', "arguments in an arrow are the arrow's own");
    }
  });
  for (const { rule, pos, name, detail } of orderFindings(ast)) put(rule, pos, ORDER[rule](name, detail));

  findings.sort((a, b) => a.offset - b.offset);
  return findings.map(({ rule, offset, message }) => ({ rule, ...position(source, offset), message }));
}

const MOST_SHOWN = 20;

/** Rollup plugin: stops the build when a finished file would not run, or run differently, on the engine. */
export function engineGate() {
  return {
    name: 'engine-gate',
    generateBundle(options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        const isLoaded = chunk.fileName.endsWith('.min.js'); // the readable file keeps its comments, units and all
        const all = gate(this.parse(chunk.code), chunk.code);
        const findings = isLoaded ? all : all.filter((one) => one.rule !== 'non-ascii');
        if (findings.length === 0) continue;
        const lines = findings.slice(0, MOST_SHOWN);
        const text = lines.map((one) => `${chunk.fileName}:${one.line}:${one.column} ${one.rule}: ${one.message}`);
        this.error(`${findings.length} finding(s) for the engine\n${text.join('\n')}`);
      }
    },
  };
}
