import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { dropStart, startFunctions } from '../../build/drop-start.mjs';

describe('functions that only the start needs', () => {
  it.each<[string, string, string[]]>([
    ['one that the top level calls', 'function a(){return 1}const b=a();', ['a']],
    ['one that such a function calls', 'function a(){return 1}function b(){return a()}const c=b();', ['b', 'a']],
    ['one that is called inside a function that is called on the spot', 'function a(){}(function(){a()})();', ['a']],
    ['not one that a callback calls', 'function a(){}setInterval(function(){a()},1);', []],
    ['not one that is handed over', 'function a(){}setInterval(a,1);', []],
    ['not one that is kept in a record', 'function a(){}const b={c:a};', []],
    ['not one that both call', 'function a(){}a();setInterval(function(){a()},1);', []],
    ['not one that a kept one calls', 'function a(){}function b(){a()}a();later(b);', []],
    [
      'not one whose result is a closure over another',
      'function a(){}function b(){return function(){a()}}const c=b();a();',
      ['b'],
    ],
    ['not one that is a default of nothing but a name', 'const o={a:1};o.a;function a(){}later(o);', []],
  ])('%s', (_name, code, expected) => {
    expect(startFunctions(code).sort()).toEqual([...expected].sort());
  });

  it('are dropped by a last statement, and nothing else changes', () => {
    const code = 'function a(){return 2}const b=a();global.answer=function(){return b+1};\n';
    expect(dropStart(code)).toBe(
      'function a(){return 2}const b=a();global.answer=function(){return b+1};try{delete global.a}catch(n){}\n',
    );
    const context = createContext({ global: {} });
    expect(runInContext(`${dropStart(code)}global.answer()`, context)).toBe(3);
    expect(dropStart('later(1);')).toBe('later(1);');
  });
});
