/** The minified bundle itself, in a bare context, against the simulated board: it must do what the TypeScript does. */
import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { SimBoard } from '../../src/hal-mock/board';
import { engineGlobals } from '../../src/hal-mock/engine-globals';
import { firstDifference } from '../../tools/engine/compare';
import { bareContext } from '../../tools/engine/programs';
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

  // each slip is planted into the readable bundle, which is equal to the minified one as shown above
  it.each([
    [
      'a LED pattern one tick too long',
      /step % 16 === 0/,
      'step % 17 === 0',
      'power-up at rest',
      /^tick \d+ .*\n  leds: /,
    ],
    [
      'a limit 2 °C too high',
      /^\s*550,/m,
      '570,',
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
    [
      'BOTHOFF that never rises',
      /bothOff\.write\(pack\.faults !== 0\)/,
      'bothOff.write(false)',
      'AFE unplugged for four',
      /bothOff: expected "1", got "0"/,
    ],
  ])('shows where %s makes a difference', (_slip, found, planted, name, told) => {
    const text = source(READABLE);
    expect(text).toMatch(found);
    const [scenario] = SCENARIOS.filter((one) => one.name.startsWith(name));
    const actual = runScenario(bareContext(text.replace(found, planted), 'slip'), scenario!);
    expect(firstDifference(shown.get(scenario!)!.trace, actual)).toMatch(told);
  });

  it('stops when a pin leads nowhere instead of running blind', () => {
    const globals = engineGlobals(new SimBoard());
    const blind = source(MINIFIED).replace(/scl:\s*B8/, 'scl:A1');
    expect(() => runInContext(blind, createContext(globals))).toThrow('no bus on these pins');
  });
});
