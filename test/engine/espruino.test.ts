/** The bundle in Espruino for Linux: it does what the TypeScript does. Needs ESPRUINO=<binary>. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { espruino } from '../../tools/engine/bridge';
import { firstDifference } from '../../tools/engine/compare';
import { typeScript } from '../../tools/engine/programs';
import { runScenario } from '../../tools/engine/run';
import { SCENARIOS } from '../../tools/engine/scenarios';

const BINARY = process.env['ESPRUINO'] ?? '';
const BUNDLE = new URL('../../dist/stm32f4discovery.min.js', import.meta.url);
const SKIPPED = 'skipped: set ESPRUINO=<binary of Espruino for Linux>';

describe('the bundle in Espruino for Linux', () => {
  if (BINARY === '') {
    process.stdout.write(`${SKIPPED}\n`);
    it.skip(SKIPPED, () => {});
    return;
  }
  const bundle = readFileSync(BUNDLE, 'latin1');

  it.each(SCENARIOS)('does the same as the TypeScript: $name', (scenario) => {
    const expected = runScenario(typeScript, scenario);
    const actual = runScenario(espruino({ binary: BINARY, bundle }), scenario);
    expect(firstDifference(expected, actual)).toBe('');
  });
});
