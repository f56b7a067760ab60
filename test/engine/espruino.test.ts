/** The bundle in Espruino for Linux: it does what the TypeScript does. Needs ESPRUINO=<binary>. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { espruino, type EspruinoProgram } from '../../tools/engine/bridge';
import { BUDGETS } from '../../tools/engine/budgets';
import { firstDifference } from '../../tools/engine/compare';
import { partsOnly } from '../../tools/engine/measure';
import { bareContext, typeScript } from '../../tools/engine/programs';
import { Rig } from '../../tools/engine/rig';
import { runScenario } from '../../tools/engine/run';
import { SCENARIOS } from '../../tools/engine/scenarios';

const BINARY = process.env['ESPRUINO'] ?? '';
const BUNDLE = new URL('../../dist/stm32f4discovery.min.js', import.meta.url);
const SKIPPED = 'Espruino for Linux skipped: set ESPRUINO=<binary>';

describe('the bundle in Espruino for Linux', () => {
  if (BINARY === '') {
    process.stdout.write(`${SKIPPED}\n`);
    it.skip(SKIPPED, () => {});
    return;
  }
  const bundle = readFileSync(BUNDLE, 'latin1');
  const boot = (program: string): Rig => new Rig(espruino({ binary: BINARY, bundle: program }), { address: 1 });

  it.each(SCENARIOS)('does the same as the TypeScript: $name', (scenario) => {
    const expected = runScenario(typeScript, scenario);
    const actual = runScenario(espruino({ binary: BINARY, bundle }), scenario);
    expect(firstDifference(expected, actual)).toBe('');
  });

  it('fits the variables of the board and needs no more of them with time, with an AFE and without', () => {
    const used = (rig: Rig): number => (rig.program as EspruinoProgram).engine.memory().usage;
    const nothing = boot(partsOnly(bundle));
    const ofRig = used(nothing);
    nothing.close();
    const rig = boot(bundle);
    expect(used(rig) - ofRig).toBeLessThan(BUDGETS.startVars);
    const after = (ticks: number): number => {
      rig.pass(ticks);
      return used(rig);
    };
    const [at100, at200] = [after(100), after(100)];
    rig.board.afeBus.faults.unplugged = true; // an error a transfer
    const [deaf100, deaf200] = [after(100), after(100)];
    rig.close();
    // a number that outgrows its slot takes one more; a leak would be one or more a tick
    expect(at200 - at100).toBeLessThan(10);
    expect(deaf200 - deaf100).toBeLessThan(10);
  });

  it('tells of an exception in the bundle and of a process that is silent', () => {
    const throwing = boot('setInterval(function () { nobody.knows(); }, 250)');
    expect(() => throwing.ticks(1)).toThrow(/in the engine: ReferenceError: "nobody"/);
    throwing.close();
    const options = { binary: BINARY, bundle: 'setInterval(function () { while (1); }, 250)', patienceMs: 1500 };
    const hanging = new Rig(espruino(options), { address: 1 });
    expect(() => hanging.ticks(1)).toThrow(/silent/);
    hanging.close();
  });

  it('finds what no engine in Node can see: a function that is used above its declaration', () => {
    const early = 'late(); function late() {}';
    expect(() => new Rig(bareContext(early, 'early')).close()).not.toThrow();
    expect(() => boot(early)).toThrow(/does not start.*ReferenceError: "late" is not defined/s);
  });
});
