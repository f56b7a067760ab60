import { describe, expect, it } from 'vitest';
import { inlineNumbers } from '../../build/inline-numbers.mjs';

describe('numbers in the place of constants', () => {
  it.each([
    ['a number', 'const A = 5;f(A, A);', 'const A = 5;f(5, 5);'],
    ['a negative one', 'const A = -5;f(1 - A);', 'const A = -5;f(1 - (-5));'],
    ['arithmetic of numbers', 'const A = 10 / 4;f(A);', 'const A = 10 / 4;f(2.5);'],
    ['not a property of that name', 'const A = 5;f(o.A, { A: 1 });', 'const A = 5;f(o.A, { A: 1 });'],
    [
      'not a name that a function has for itself',
      'const A = 5;function g(A) { return A; }',
      'const A = 5;function g(A) { return A; }',
    ],
    ['not a shorthand property', 'const A = 5;f({ A });', 'const A = 5;f({ A });'],
    ['not a text', "const A = 'x';f(A);", "const A = 'x';f(A);"],
    ['not a variable', 'let A = 5;f(A);', 'let A = 5;f(A);'],
  ])('%s', (_name, before, after) => {
    expect(inlineNumbers(before)).toBe(after);
  });
});
