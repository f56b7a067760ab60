/**
 * The Pico's bundle in the interpreter's own firmware image, on an emulated RP2040. Needs ESPRUINO_RP2040=<image.bin>
 * and ESPRUINO_RP2040_BOOTROM=<boot ROM, 16 KB>. RP2040_ONLY=<part of a name> picks scenarios; all take half an hour.
 */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { firstStray } from '../../tools/engine/compare';
import { emulatedPico, picoContext } from '../../tools/engine/pico';
import { runScenario } from '../../tools/engine/run';
import { SCENARIOS } from '../../tools/engine/scenarios';
import { missing, show } from '../../tools/engine/shown';

const IMAGE = process.env['ESPRUINO_RP2040'] ?? '';
const BOOTROM = process.env['ESPRUINO_RP2040_BOOTROM'] ?? '';
const ONLY = process.env['RP2040_ONLY'] ?? '';
const BUNDLE = 'dist/pico.min.js';
const SKIPPED = 'RP2040 skipped: set ESPRUINO_RP2040=<image.bin> and ESPRUINO_RP2040_BOOTROM=<file>';
/** The slowest tick, the one that configures the AFE, takes more than a second on this chip. */
const SLACK_TICKS = 8;

describe('the bundle on an emulated RP2040', () => {
  if (IMAGE === '' || BOOTROM === '' || !existsSync(BUNDLE)) {
    process.stdout.write(`${SKIPPED}\n`);
    it.skip(SKIPPED, () => {});
    return;
  }
  const bundle = readFileSync(BUNDLE, 'latin1');
  const chip = emulatedPico({ image: readFileSync(IMAGE), bootrom: readFileSync(BOOTROM) }, bundle);

  it.each(SCENARIOS.filter(({ name }) => name.includes(ONLY)))(
    'shows what the TypeScript shows, at its own pace: $name',
    { timeout: 15 * 60_000 },
    (scenario) => {
      const expected = runScenario(picoContext(bundle), scenario);
      const trace = runScenario(chip, scenario);
      expect(firstStray(expected, trace, SLACK_TICKS)).toBe('');
      const lacks = missing(scenario, { ...show(scenario), trace });
      expect(lacks.filter((lack) => !scenario.cutsAnswers || !lack.startsWith('answers'))).toEqual([]);
    },
  );
});
