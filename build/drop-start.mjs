/**
 * What only the start needs is dropped after it. A function of a bundle that runs from flash costs the interpreter 4 blocks
 * and one a parameter for as long as its name exists, so the last statement of the bundle deletes the names of those that
 * nothing can call any more.
 */
import { parseAst } from 'rollup/parseAst';
import { children, isFunction, isPropertyName } from './engine-scopes.mjs';

/** Calls `visit(name, late)` for every use of a name; late: inside a function that may run later, or not as a callee. */
function uses(root, visit) {
  const walk = (node, late, callee) => {
    if (node.type === 'Identifier') return visit(node.name, late || !callee);
    const inside = late || (node !== root && isFunction(node) && !callee); // a function that is called on the spot is start
    for (const [child, key] of children(node)) if (!isPropertyName(node, key)) walk(child, inside, key === 'callee');
  };
  walk(root, false, false);
}

/** Names of the top-level functions that are called by the top level only, directly or through one another. */
export function startFunctions(code) {
  const functions = new Map();
  const start = [];
  for (const node of parseAst(code).body)
    if (node.type === 'FunctionDeclaration') functions.set(node.id.name, node);
    else start.push(node);
  const kept = new Set();
  const called = new Set();
  const todo = [];
  const keep = (name) => {
    if (!functions.has(name) || kept.has(name)) return;
    kept.add(name);
    todo.push([functions.get(name).body, true], ...functions.get(name).params.map((param) => [param, true]));
  };
  const call = (name) => {
    if (!functions.has(name) || called.has(name)) return;
    called.add(name);
    todo.push([functions.get(name).body, false]);
  };
  for (const node of start) todo.push([node, false]);
  while (todo.length > 0) {
    const [node, runs] = todo.pop();
    uses(node, (name, late) => (runs || late ? keep(name) : call(name)));
  }
  return [...called].filter((name) => !kept.has(name));
}

/** The bundle with a last statement that drops them. */
export function dropStart(code) {
  const names = startFunctions(code);
  if (names.length === 0) return code;
  const statement = names.map((name) => `delete global.${name}`).join(',');
  return `${code.trimEnd().replace(/;$/, '')};try{${statement}}catch(n){}\n`; // other engines refuse, in strict mode loudly
}
