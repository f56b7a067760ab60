/**
 * Top-level numeric constants become literals. The minifier keeps a variable for a number that is used several times,
 * because that is shorter; on the interpreter it costs two blocks for ever and makes every later name slower to find.
 */
import { parseAst } from 'rollup/parseAst';
import { children, isPropertyName } from './engine-scopes.mjs';

/** The number that an initializer stands for, or null: literals, a minus, and arithmetic of such. */
function valueOf(node) {
  if (node.type === 'Literal') return typeof node.value === 'number' ? node.value : null;
  if (node.type === 'UnaryExpression' && node.operator === '-') {
    const value = valueOf(node.argument);
    return value === null ? null : -value;
  }
  if (node.type !== 'BinaryExpression') return null;
  const [left, right] = [valueOf(node.left), valueOf(node.right)];
  if (left === null || right === null) return null;
  switch (node.operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '|':
      return left | right;
    default:
      return null;
  }
}

/** Calls `visit(identifier, parent, key)` for every identifier that is not a property name. */
function identifiers(node, visit, parent = null, key = '') {
  if (node.type === 'Identifier') return visit(node, parent, key);
  for (const [child, name] of children(node)) if (!isPropertyName(node, name)) identifiers(child, visit, node, name);
}

const BINDS = {
  VariableDeclarator: 'id',
  FunctionDeclaration: 'params',
  FunctionExpression: 'params',
  CatchClause: 'param',
};

/** The script with its numbers in place. A name that is bound a second time anywhere is left alone. */
export function inlineNumbers(code) {
  const program = parseAst(code);
  const numbers = new Map();
  for (const node of program.body) {
    if (node.type !== 'VariableDeclaration' || node.kind !== 'const') continue;
    for (const { id, init } of node.declarations) {
      const value = init === null ? null : valueOf(init);
      if (value !== null && Number.isFinite(value)) numbers.set(id.name, value);
    }
  }
  const bound = new Map();
  identifiers(program, ({ name }, parent, key) => {
    if (BINDS[parent?.type] === key || parent?.shorthand) bound.set(name, (bound.get(name) ?? 0) + 1);
  });
  const uses = [];
  identifiers(program, (node, parent, key) => {
    if (!numbers.has(node.name) || bound.get(node.name) !== 1 || BINDS[parent?.type] === key) return;
    uses.push(node);
  });
  let out = code;
  for (const { start, end, name } of uses.sort((a, b) => b.start - a.start)) {
    const value = numbers.get(name);
    out = out.slice(0, start) + (value < 0 ? `(${value})` : String(value)) + out.slice(end);
  }
  return out;
}
