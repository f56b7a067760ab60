/** The minified bundle itself, in a bare context, against the simulated board: it must do what the TypeScript does. */
import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { SimBoard } from '../../src/hal-mock/board';
import { engineGlobals } from '../../src/hal-mock/engine-globals';
import { firstDifference } from '../../tools/engine/compare';
import { bareContext } from '../../tools/engine/programs';
import type { Engine } from '../../tools/engine/rig';
import { runScenario } from '../../tools/engine/run';
import { SCENARIOS } from '../../tools/engine/scenarios';
import { missing, show } from '../../tools/engine/shown';

const READABLE = 'dist/stm32f4discovery.js';
const MINIFIED = 'dist/stm32f4discovery.min.js';
const source = (file: string): string => readFileSync(file, 'utf8');

/** The rows of S24's table that have LEDs lit, typed in from the requirement. */
const LED_ROWS = [
  'charge, alarm',
  'charge, normal',
  'charge, over-charge protection',
  'charge, temperature / over-current protection',
  'discharge, alarm',
  'discharge, normal',
  'discharge, over-discharge protection',
  'discharge, temperature / over-current / short-circuit protection',
  'fault',
  'standby, alarm',
  'standby, normal',
];
/** All bits of `Protection`, and of `Fault` from the AFE to the discharge MOSFET. */
const ALL_PROTECTIONS = 0x7fff;
const ALL_FAULTS = 0x3f;

describe('the artefact', () => {
  const shown = new Map(SCENARIOS.map((scenario) => [scenario, show(scenario)]));

  it('has scenarios for every protection, every fault and every row of the LED table', () => {
    const all = (bits: 'protections' | 'faults'): number =>
      SCENARIOS.reduce((sum, scenario) => sum | (scenario[bits] ?? 0), 0);
    expect(all('protections')).toBe(ALL_PROTECTIONS);
    expect(all('faults')).toBe(ALL_FAULTS);
    const rows = SCENARIOS.flatMap((scenario) => (scenario.leds ?? []).map((led) => led.row));
    expect([...new Set(rows)].sort()).toEqual(LED_ROWS);
  });

  describe.each(SCENARIOS)('$name', (scenario) => {
    it('shows in the TypeScript what it is there for', () => {
      expect(missing(scenario, shown.get(scenario)!)).toEqual([]);
    });

    it.each([READABLE, MINIFIED])('%s does the same, tick by tick, pin by pin, byte by byte', (file) => {
      const actual = runScenario(bareContext(source(file), file), scenario);
      expect(firstDifference(shown.get(scenario)!.trace, actual)).toBe('');
    });
  });

  describe('shows the first tick and both values of', () => {
    const differenceOf = (name: string, engine: Engine): string => {
      const [scenario] = SCENARIOS.filter((one) => one.name.startsWith(name));
      return firstDifference(shown.get(scenario!)!.trace, runScenario(engine, scenario!));
    };

    // planted into the readable bundle, which is equal to the minified one as shown above
    it.each([
      [
        'a rule with the limit of another',
        /1, 26 \/\* P.ChgOtp \*\/, 27/,
        '1, 40, 27',
        'a cell too hot to charge',
        /^tick \d+ .*\n  fets: expected "01", got "11"/,
      ],
      [
        'another version in C1',
        /CELLKEEPER-/,
        'CELLKEEPER+',
        'requests 42',
        /^tick \d+ .*\n  rs232 from character \d+: /,
      ],
    ])('%s', (_slip, found, planted, name, told) => {
      const text = source(READABLE);
      expect(text.match(found)).not.toBeNull();
      expect(differenceOf(name, bareContext(text.replace(found, planted), 'slip'))).toMatch(told);
    });

    it('an LED that is dark for one tick', () => {
      let calls = 0;
      const engine = bareContext(source(MINIFIED), 'slip', (globals) => {
        const write = globals['digitalWrite'] as (pins: unknown, value: number) => void;
        globals['digitalWrite'] = (pins: unknown, value: number) => write(pins, ++calls === 22 ? value & ~1 : value);
      });
      expect(differenceOf('power-up', engine)).toMatch(/^tick \d+ .*\n  leds: expected "\d{6}1", got "\d{6}0"$/);
    });

    it('a BOTHOFF that never rises', () => {
      const engine = bareContext(source(MINIFIED), 'slip', (globals) => {
        globals['C8'] = { write: () => {} };
      });
      expect(differenceOf('AFE unplugged for four', engine)).toMatch(/\n  bothOff: expected "1", got "0"/);
    });
  });

  it('stops when a pin leads nowhere instead of running blind', () => {
    const globals = engineGlobals(new SimBoard());
    const blind = source(MINIFIED).replace(/scl:\s*B8/, 'scl:A1');
    expect(() => runInContext(blind, createContext(globals))).toThrow('no bus on these pins');
  });
});
