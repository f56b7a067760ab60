import { readFileSync } from 'node:fs';
import { rollup } from 'rollup';
import { parseAst } from 'rollup/parseAst';
import { minify } from 'terser';
import { describe, expect, it } from 'vitest';
import { engineGate, gate } from '../../build/engine-gate.mjs';
import { terserOptions } from '../../build/terser-options.mjs';

function rulesOf(source: string): string[] {
  return gate(parseAst(source), source).map((finding) => finding.rule);
}

/** Rule, what the engine rejects or runs differently, the same thing as firmware may write it. */
const samples: Array<[rule: string, rejected: string, accepted: string]> = [
  ['default-value', 'function f(a = 1) {}', 'function f(a) { if (a === undefined) a = 1; }'],
  ['rest', 'function f(...a) {}', 'function f(a) {}'],
  ['spread', 'g(...a);', 'g.apply(null, a);'],
  ['destructuring', 'const { a } = b;', 'const a = b.a;'],
  ['destructuring', 'function f([a, b]) {}', 'function f(ab) {}'],
  ['generator', 'function* f() {}', 'function f() {}'],
  ['generator', 'const o = { *f() { yield 1; } };', 'const o = { f() { return 1; } };'],
  ['async', 'async function f() {}', 'function f() {}'],
  ['async', 'async function f() { for await (const a of b) g(a); }', 'function f() { for (const a of b) g(a); }'],
  ['optional-chaining', 'a?.b;', 'a && a.b;'],
  ['optional-chaining', 'a?.();', 'a();'],
  ['private-name', 'class A { #b() {} }', 'class A { b() {} }'],
  ['label', 'a: for (;;) break a;', 'for (;;) break;'],
  ['meta-property', 'function F() { return new.target; }', 'function F() { return F; }'],
  ['dynamic-import', 'import("a");', 'a();'],
  ['module-syntax', 'import a from "a"; a();', 'a();'],
  ['module-syntax', 'const a = 1; export { a };', 'const a = 1;'],
  ['module-syntax', 'export default 1;', '1;'],
  ['static-block', 'class A { static { b(); } }', 'class A { b() {} }'],
  ['class-field', 'class A { b; }', 'class A { constructor() { this.b = 0; } }'],
  ['class-field', 'class A { b = 1; }', 'class A { constructor() { this.b = 1; } }'],
  ['tagged-template', 'a`b`;', 'a(`b`);'],
  ['debugger', 'debugger;', ';'],
  ['bigint', 'const a = 1n;', 'const a = 1;'],
  ['regex', 'const a = /a(?=b)/;', 'const a = /ab/;'],
  ['regex', 'const a = /a{2}/;', 'const a = /aa/;'],
  ['regex', 'const a = /a+?b/;', 'const a = /[^b]+b/;'],
  ['line-continuation', 'const a = "b\\\nc";', 'const a = "b" + "c";'],
  ['wide-character', 'const a = "\\u03a9";', 'const a = "\\xb0";'],
  ['wide-character', 'const a = `\\u03a9`;', 'const a = `\\xb0`;'],
  ['missing-static', 'const a = Object.freeze(b);', 'const a = Object.keys(b);'],
  ['missing-static', 'const a = Math.trunc(b);', 'const a = b | 0;'],
  ['missing-static', 'const a = Uint8Array.from(b);', 'const a = new Uint8Array(b);'],
  ['missing-method', 'const a = b.at(-1);', 'const a = b.at + b[0];'],
  ['missing-method', 'for (const a of b.entries()) c(a);', 'for (const a of Object.entries(b)) c(a);'],
  ['split-limit', 'const a = b.split(",", 1);', 'const a = b.split(",");'],
  ['extends-expression', 'class A extends b.C {}', 'const C = b.C; class A extends C {}'],
  ['extends-builtin', 'class A extends Error {}', 'class B {} class A extends B {}'],
  ['named-class-expression', 'const a = class B {};', 'const a = class {};'],
  ['skipped-class', 'const a = b ? class {} : null;', 'const a = b ? c : null;'],
  ['skipped-class', 'const a = () => class {};', 'const a = () => { return class {}; };'],
  ['computed-key', 'const a = { [b]: 1 };', 'const a = {}; a[b] = 1;'],
  ['computed-key', 'class A { [b]() {} }', 'class A { b() {} }'],
  ['method-name', 'class A { delete() {} }', 'class A { remove() {} }'],
  ['method-name', 'const a = { of() {} };', 'const a = { of: 1, from() {} };'],
  ['static-getter', 'class A { static get b() { return 1; } }', 'class A { static b() { return 1; } }'],
  ['exponent', 'const a = b ** 2;', 'const a = b * b;'],
  ['exponent', 'let a = 2; a **= 2;', 'let a = 2; a *= a;'],
  ['logical-assignment', 'let a = b; a ??= 1;', 'let a = b; a = a ?? 1;'],
  ['logical-assignment', 'let a = b; a ||= 1;', 'let a = b; a |= 1;'],
  ['length-assignment', 'a.length = 0;', 'let b = a.length; b = 0;'],
  [
    'default-not-last',
    'switch (a) { default: b(); break; case 1: c(); }',
    'switch (a) { case 1: c(); break; default: b(); }',
  ],
  ['arrow-property', 'const a = { b: c => c };', 'const a = { b: (c) => c, d: () => 1, e(f) { return f; } };'],
  ['missing-global', 'const a = new Map();', 'const a = { Map: 1 }.Map;'],
  ['missing-global', 'globalThis.a = 1;', 'const a = 1;'],
  ['keyword', 'const of = 1;', 'const off = 1;'],
  ['function-in-loop', 'for (const a of b) c(() => a);', 'b.forEach((a) => { c(a); });'],
  ['function-in-loop', 'while (a()) { b(function () {}); }', 'function d() {} while (a()) { b(d); }'],
  ['function-in-loop', 'do { function b() {} } while (a);', 'function b() {} do b(); while (a);'],
  ['function-in-loop', 'for (let i = 0; g(() => i); i++);', 'for (let i = g(() => 1); i < 9; i++);'],
  ['arguments-in-arrow', 'const a = () => arguments[0];', 'function a() { return arguments[0]; }'],
  ['function-before-declaration', 'f(); function f() {}', 'function f() {} f();'],
  ['function-before-declaration', 'function g() { f(); function f() {} }', 'function g() { function f() {} f(); }'],
  ['function-before-declaration', 'const t = [f]; function f() {}', 'function g() { return f(); } function f() {}'],
  ['variable-before-declaration', 'function g(s) { i = s; var i; }', 'function g(s) { var i = s; return i; }'],
  ['variable-before-declaration', 'h(a); let a = 1;', 'const b = function () { return a; }; let a = 1;'],
  ['variable-before-declaration', 'new A(); class A {}', 'class A {} new A();'],
  ['variable-before-declaration', 'function g(a) { a = i; var i = 1; }', 'function g(a) { a = 1; var a; }'],
  ['conditional-var', 'if (a) { var i = 1; } else { i = 2; }', 'var i; if (a) { i = 1; } else { i = 2; }'],
  ['conditional-var', 'for (; a(); ) var i = 1; b(i);', 'for (var i = 0; i < 9; i++); b(i);'],
  ['conditional-var', 'switch (a) { case 1: var i = 1; break; case 2: b(i); }', 'if (a) { var i = 1; if (b) c(i); }'],
  [
    'load-order',
    'function a() { return b(); } const t = a(); function b() {}',
    'function a() { return b(); } function b() {} const t = a();',
  ],
  ['undeclared', 'a = 1;', 'let a; a = 1;'],
  ['undeclared', 'for (i in a) b();', 'for (const i in a) b();'],
  ['undeclared', 'function f() { n++; }', 'let n = 0; function f() { n++; }'],
  ['non-ascii', 'const a = "\u00b0";', 'const a = "\\xb0";'],
];

describe('the engine gate', () => {
  it.each(samples)('%s: rejects %s', (rule, rejected) => {
    expect(rulesOf(rejected)).toContain(rule);
  });

  it.each(samples)('%s: leaves alone, instead of %s, this: %s', (_rule, _rejected, accepted) => {
    expect(rulesOf(accepted)).toEqual([]);
  });

  it('has a sample for every rule that it knows', () => {
    const text = readFileSync('build/engine-gate.mjs', 'utf8');
    const known = [...text.matchAll(/(?:add\(|put\(|: \[)'([a-z-]+)'|^ {2}'?([a-z-]+)'?: \(name/gm)];
    const rules = new Set(known.map((match) => match[1] ?? match[2]!));
    expect(rules.size).toBeGreaterThan(35);
    // a module cannot contain `with`: the parser itself stops there; await stands in async functions only
    rules.delete('with');
    expect([...rules].filter((rule) => !samples.some((sample) => sample[0] === rule))).toEqual([]);
    expect(samples.filter((sample) => !rules.has(sample[0])).map((sample) => sample[0])).toEqual([]);
  });

  it('tells apart two variables of one name in neighbouring blocks', () => {
    expect(rulesOf('let a = 1; function f(b) { b(a); { let a = 2; b(a); } }')).toEqual([]);
    expect(rulesOf('function a() {} function f() { a(); { const a = 1; f(a); } }')).toEqual([]);
  });

  it('does not take parameters and caught errors for the outer variable', () => {
    expect(rulesOf('function f(g) { g(); } function g() {} try { f(g); } catch (e) { f(e); }')).toEqual([]);
  });

  it('says line and column, counted from one, in the order of the file', () => {
    const source = 'const a = 1;\n  b(a ** 2);\nc(a ** 3);\n';
    const places = gate(parseAst(source), source).map((finding) => [finding.rule, finding.line, finding.column]);
    expect(places).toEqual([
      ['exponent', 2, 5],
      ['exponent', 3, 3],
    ]);
  });

  it('stops a build with file, place and rule', async () => {
    const input = { name: 'input', resolveId: (id: string) => id, load: () => 'f(); function f() {} f.length = 1;' };
    const bundle = await rollup({ input: 'x', plugins: [input, engineGate()], treeshake: false });
    await expect(bundle.generate({ format: 'es', file: 'x.min.js' })).rejects.toThrow(
      /2 finding\(s\)[^]*x\.min\.js:1:1 function-before-declaration[^]*length-assignment/,
    );
  });

  it('lets the readable file keep units in its comments, but not the minified one', async () => {
    const input = { name: 'input', resolveId: (id: string) => id, load: () => 'f(1); /* \u00b0C */ f(2);' };
    const bundle = await rollup({ input: 'x', plugins: [input, engineGate()], onwarn: () => {} });
    await expect(bundle.generate({ format: 'es', file: 'x.js' })).resolves.toBeTruthy();
    await expect(bundle.generate({ format: 'es', file: 'x.min.js' })).rejects.toThrow(/non-ascii/);
  });
});

describe('the minifier options', () => {
  /** Helpers that are used once and take an argument: what inlining turns into a late `var`. */
  const source = `
    function layoutOf(setting) { return setting !== 0 ? setting : 3; }
    function answer(pace) { if (pace.blocked) return 0; const layout = layoutOf(pace.layout); return layout + layout; }
    function hex(value) { const digits = value.toString(16); return digits.length < 2 ? '0' + digits : digits; }
    function block(values) { let text = ''; for (let i = 0; i < values.length; i++) text += hex(values[i]); return text; }
    setInterval(function () { print(answer(first), block(first.values), '\u00b0'); }, 250);
    setInterval(function () { print(answer(second), block(second.values)); }, 500);`;

  it('make code that the gate accepts', async () => {
    const { code } = await minify(source, terserOptions());
    expect(code!.length).toBeLessThan(source.length * 0.75);
    expect(rulesOf(code!)).toEqual([]);
  });

  it("would be refused by the gate with terser's own inlining", async () => {
    const options = terserOptions();
    const { code } = await minify(source, { ...options, compress: { ...(options.compress as object), inline: 3 } });
    expect(rulesOf(code!)).toContain('variable-before-declaration');
  });

  it('never invent a name that the engine reads as a keyword or offers as a pin', async () => {
    const many = Array.from({ length: 4000 }, (_, i) => `function long${i}(a) { return a + ${i}; }`).join('\n');
    const uses = Array.from({ length: 4000 }, (_, i) => `print(long${i}(x), long${i}(y));`).join('\n');
    const { code } = await minify(`${many}\n${uses}`, terserOptions());
    const names = new Set([...code!.matchAll(/function ([\w$]+)/g)].map((match) => match[1]!));
    expect(names.size).toBe(4000);
    expect(['of', 'let', 'static', 'E', 'A1', 'D0', 'D13'].filter((name) => names.has(name))).toEqual([]);
  });

  it('are a fresh object every time, because terser writes into the one it gets', () => {
    expect(terserOptions()).not.toBe(terserOptions());
    expect(terserOptions().compress).not.toBe(terserOptions().compress);
  });
});
