/**
 * Property names that the engine or a port object gives: everything that `types/` and `src/hal/` declare. All others are
 * the firmware's own and may be shortened; the bundle is compared with the TypeScript tick by tick.
 */
import { readdirSync, readFileSync } from 'node:fs';

const FOLDERS = ['../types/', '../src/hal/'];
/** Short words that the engine's parser knows: no property gets one of these names. */
const KEYWORDS = ['do', 'if', 'in', 'of', 'for', 'let', 'new', 'try', 'var', 'case', 'else', 'this', 'void', 'with'];

export function engineProperties() {
  const names = new Set(KEYWORDS);
  for (const folder of FOLDERS) {
    const url = new URL(folder, import.meta.url);
    for (const file of readdirSync(url)) {
      const source = readFileSync(new URL(file, url), 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*/g, '');
      for (const [, name] of source.matchAll(/([A-Za-z_]\w*)\s*\??\s*[(:<]/g)) names.add(name);
      for (const [, name] of source.matchAll(/\.\s*([A-Za-z_]\w*)/g)) names.add(name);
    }
  }
  return [...names];
}
