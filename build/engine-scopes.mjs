/**
 * Names and the order in which an interpreter without hoisting meets them. Espruino knows a function or a `var` only
 * after it has run over the line; before that the name means an outer variable, or nothing.
 */

const FUNCTION = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/;

/** Children of a node as [child, key] pairs in source order. */
export function children(node) {
  const found = [];
  for (const key of Object.keys(node)) {
    const value = node[key];
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child && typeof child.type === 'string') found.push([child, key]);
    }
  }
  return found;
}

export function isFunction(node) {
  return FUNCTION.test(node.type);
}

/** Whether an identifier under `key` of `parent` names a property, not a variable. */
export function isPropertyName(parent, key) {
  if (parent.type === 'MemberExpression') return key === 'property' && !parent.computed;
  if (/^(Property|MethodDefinition|PropertyDefinition)$/.test(parent.type)) return key === 'key' && !parent.computed;
  return /^(LabeledStatement|BreakStatement|ContinueStatement|MetaProperty)$/.test(parent.type);
}

/** Parts of a statement that may run not at all, so that a `var` in them may never be met. */
function isBranch(parent, key) {
  switch (parent.type) {
    case 'IfStatement':
      return key === 'consequent' || key === 'alternate';
    case 'ForStatement':
      return key === 'body' || key === 'update';
    case 'ForInStatement':
    case 'ForOfStatement':
    case 'WhileStatement':
      return key === 'body';
    case 'SwitchStatement':
      return key === 'cases';
    case 'TryStatement':
      return key === 'block' || key === 'handler';
    default:
      return false;
  }
}

function patternNames(pattern) {
  if (!pattern) return [];
  if (pattern.type === 'Identifier') return [pattern];
  const inner = pattern.properties ?? pattern.elements ?? [pattern.value ?? pattern.left ?? pattern.argument];
  return inner.flatMap((part) => patternNames(part?.type === 'Property' ? part.value : part));
}

function newScope(parent, owner) {
  const scope = { parent, owner: null, names: new Map() };
  scope.owner = owner ?? scope; // the scope of the function (or program) around
  return scope;
}

function declare(scope, name, kind, pos, branches) {
  const known = scope.names.get(name);
  if (known === undefined) scope.names.set(name, { name, kind, places: [{ pos, branches }] });
  else if (known.kind !== 'param') known.places.push({ pos, branches });
}

function find(scope, name) {
  for (let at = scope; at !== null; at = at.parent) {
    const binding = at.names.get(name);
    if (binding !== undefined) return { binding, scope: at };
  }
  return null;
}

/** All references of a program, each with the scope it stands in. */
function collect(program) {
  const root = newScope(null, null);
  const references = [];

  function declareParams(node, scope) {
    for (const param of node.params) {
      for (const id of patternNames(param)) declare(scope, id.name, 'param', -1, []);
    }
  }

  /** `at`: scope, branches since the function began, top-level function around. */
  function walk(node, parent, key, at) {
    let { scope, branches, topFunction } = at;
    if (isBranch(parent, key)) branches = [...branches, node];
    if (isFunction(node)) {
      if (node.type === 'FunctionDeclaration' && node.id) {
        declare(scope, node.id.name, 'function', node.start, branches);
        if (scope === root) topFunction = scope.names.get(node.id.name);
      }
      scope = newScope(scope, null);
      if (node.type === 'FunctionExpression' && node.id) declare(scope, node.id.name, 'param', -1, []);
      declareParams(node, scope);
      branches = [];
    } else if (/^(BlockStatement|For(In|Of)?Statement|SwitchStatement|CatchClause|ClassExpression)$/.test(node.type)) {
      if (!isFunction(parent)) scope = newScope(scope, scope.owner);
      if (node.type === 'ClassExpression' && node.id) declare(scope, node.id.name, 'param', -1, []);
      for (const id of node.type === 'CatchClause' ? patternNames(node.param) : []) {
        declare(scope, id.name, 'param', -1, []);
      }
    } else if (node.type === 'ClassDeclaration' && node.id) {
      declare(scope, node.id.name, 'class', node.start, branches);
    } else if (node.type === 'VariableDeclaration') {
      const home = node.kind === 'var' ? scope.owner : scope;
      for (const declarator of node.declarations) {
        for (const id of patternNames(declarator.id)) declare(home, id.name, node.kind, id.start, branches);
      }
    } else if (node.type === 'Identifier' && key !== 'id' && !isPropertyName(parent, key)) {
      const isCall = (parent.type === 'CallExpression' || parent.type === 'NewExpression') && key === 'callee';
      const isWrite =
        (key === 'left' && /^(AssignmentExpression|For(In|Of)Statement)$/.test(parent.type)) ||
        parent.type === 'UpdateExpression';
      references.push({ name: node.name, pos: node.start, scope, branches, topFunction, isCall, isWrite });
    }
    for (const [child, childKey] of children(node)) walk(child, node, childKey, { scope, branches, topFunction });
  }

  for (const [child, key] of children(program)) {
    walk(child, program, key, { scope: root, branches: [], topFunction: null });
  }
  return { root, references };
}

/** Bindings that a call of the top-level function `start` may need, through all top-level functions it names. */
function needed(start, needs) {
  const found = new Set([start]);
  for (const binding of found) for (const next of needs.get(binding) ?? []) found.add(next);
  return found;
}

/** Names used before the engine knows them, as {rule, pos, name, detail}. */
export function orderFindings(program) {
  const { root, references } = collect(program);
  const findings = [];
  const needs = new Map();
  const topCalls = [];

  for (const ref of references) {
    const hit = find(ref.scope, ref.name);
    if (hit === null) {
      if (ref.isWrite) findings.push({ rule: 'undeclared', pos: ref.pos, name: ref.name, detail: '' });
      continue;
    }
    const { binding, scope } = hit;
    if (scope === root && ref.topFunction !== null) {
      if (!needs.has(ref.topFunction)) needs.set(ref.topFunction, new Set());
      needs.get(ref.topFunction).add(binding);
    }
    if (scope.owner !== ref.scope.owner || binding.kind === 'param') continue;
    if (ref.isCall && scope === root && binding.kind === 'function') topCalls.push({ ref, binding });
    const before = binding.places.filter((place) => place.pos <= ref.pos);
    if (before.length === 0) {
      const rule = binding.kind === 'function' ? 'function-before-declaration' : 'variable-before-declaration';
      findings.push({ rule, pos: ref.pos, name: ref.name, detail: binding.kind });
    } else if (binding.kind === 'var') {
      const met = before.some((place) => place.branches.every((branch, depth) => branch === ref.branches[depth]));
      if (!met) findings.push({ rule: 'conditional-var', pos: ref.pos, name: ref.name, detail: '' });
    }
  }

  for (const { ref, binding } of topCalls) {
    for (const need of needed(binding, needs)) {
      if (need !== binding && need.places.every((place) => place.pos > ref.pos)) {
        findings.push({ rule: 'load-order', pos: ref.pos, name: ref.name, detail: need.name });
      }
    }
  }
  return findings;
}
