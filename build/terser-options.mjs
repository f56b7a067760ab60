/**
 * Terser as Espruino needs it. Terser's defaults give a bundle that parses and computes wrong results there:
 * the engine hoists neither functions nor `var`. docs/adr/0006-build.md has the reasons one by one.
 */

import { engineProperties } from './engine-properties.mjs';

/** Identifiers that the engine reads as keywords. Terser invents `of` as soon as it runs out of short names. */
const KEYWORDS = ['of', 'let', 'static'];

/** Names of the engine's console: a top-level function must not hide the pins from the person at the prompt. */
function engineNames() {
  const names = ['E', 'LED', 'BTN', 'USB', 'global', 'print', 'dump', 'save', 'load', 'reset', 'trace', 'quit'];
  for (const port of 'ABCDEFGHI') for (let pin = 0; pin < 16; pin++) names.push(port + pin);
  for (let pin = 0; pin < 64; pin++) names.push('D' + pin);
  for (let bus = 1; bus <= 6; bus++) names.push('I2C' + bus, 'SPI' + bus, 'Serial' + bus, 'LED' + bus, 'BTN' + bus);
  return names;
}

/** A fresh object every time: terser writes into the one it is given. */
export function terserOptions() {
  return {
    ecma: 2015,
    toplevel: true,
    compress: {
      ecma: 2015,
      toplevel: true,
      passes: 3,
      inline: 1, // more parks locals of inlined functions as a late `var`, which overwrites an outer variable
      arrows: false, // `({t:q=>q})` is a syntax error in JerryScript
      directives: false, // keeps "ram" and "jit"
      hoist_funs: false, // sources declare before use; the gate looks at the result
      hoist_vars: false,
      reduce_funcs: false, // a function used once would be made anew on every call of its user
      unsafe_math: false,
    },
    mangle: {
      toplevel: true,
      reserved: [...KEYWORDS, ...engineNames()],
      properties: { reserved: engineProperties() },
    },
    format: { ecma: 2015, ascii_only: true, comments: false },
  };
}
