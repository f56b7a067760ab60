/** The minified bundle itself, in a bare context, against the simulated board: it must do what the TypeScript does. */
import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { SimBoard } from '../../src/hal-mock/board';
import { engineGlobals } from '../../src/hal-mock/engine-globals';
import { VirtualPack } from '../../tools/virtual-pack';
import { request } from '../support/pace-request';

const OPTIONS = { seed: 7, soc: 0.6, ambientCelsius: 20 };
const ADDRESS = 1;

/** What happens to the pack: at which tick, what. Every protection level, both directions, faults, a lost AFE. */
const SCENARIO: Record<number, (board: SimBoard) => void> = {
  30: ({ plant }) => plant.connectCharger({ amps: 20, volts: 57.6 }),
  60: ({ plant }) => plant.holdTemperature(1, 56),
  90: ({ plant }) => plant.holdTemperature(1, 40),
  120: ({ plant }) => plant.disconnectCharger(),
  130: ({ plant }) => plant.setLoad({ amps: 131 }),
  160: ({ plant }) => plant.setLoad({ amps: 40 }),
  200: ({ plant }) => plant.holdTemperature(3, -21),
  230: ({ plant }) => plant.holdTemperature(3, 20),
  250: ({ afeBus }) => (afeBus.faults.unplugged = true),
  256: ({ afeBus }) => (afeBus.faults.unplugged = false),
  300: ({ plant }) => plant.faultNtc(0, 'open'),
  330: ({ plant }) => plant.faultNtc(0, null),
  350: ({ afe }) => afe.powerOnReset(),
  400: ({ plant }) => plant.setLoad({ amps: 115 }),
  520: ({ plant }) => plant.shortCircuit(),
  540: ({ plant }) => plant.clearShort(),
  560: ({ plant }) => plant.connectCharger({ amps: 10, volts: 57 }),
};
const TICKS = 900;

/** Runs the scenario and writes down what can be seen from outside after every tick, and every byte on both wires. */
function trace(board: SimBoard): string[] {
  const lines: string[] = [];
  let sent = '';
  let wire = 0;
  board.rs232.onSent = (data) => (sent += data);
  board.afeBus.faults.disturb = (byte) => {
    wire = (Math.imul(wire, 31) + byte) | 0;
    return byte;
  };
  for (let tick = 0; tick < TICKS; tick++) {
    SCENARIO[tick]?.(board);
    if (tick % 8 === 0) board.rs232.receive(request(ADDRESS, tick % 16 ? '42' : '44', '01'));
    board.run(250);
    const { chg, dsg } = board.plant.truth().fets;
    const pins = `${board.ledBits.toString(2)} ${Number(board.bothOff.read())}`;
    lines.push(`${tick} ${Number(chg)}${Number(dsg)} ${pins} ${wire.toString(16)} ${JSON.stringify(sent)}`);
    sent = '';
  }
  expect(board.cpu.errors).toEqual([]);
  return lines;
}

function traceOfTypescript(): string[] {
  return trace(new VirtualPack({ ...OPTIONS, address: ADDRESS }).board);
}

function traceOfBundle(file: string): string[] {
  const board = new SimBoard({ plant: OPTIONS, address: ADDRESS });
  runInContext(readFileSync(file, 'utf8'), createContext(engineGlobals(board)), { filename: file });
  return trace(board);
}

describe('the artefact', () => {
  const expected = traceOfTypescript();

  it('has a scenario that shows both paths in all four states, faults and answers', () => {
    const states = new Set(expected.map((line) => line.split(' ')[1]));
    expect([...states].sort()).toEqual(['00', '01', '10', '11']);
    expect(expected.filter((line) => line.includes('~25014600')).length).toBeGreaterThan(100);
  });

  it.each(['dist/stm32f4discovery.js', 'dist/stm32f4discovery.min.js'])(
    '%s gives the same states, FETs, LEDs and bytes on both wires as the TypeScript, tick by tick',
    (file) => {
      const actual = traceOfBundle(file);
      const first = actual.findIndex((line, i) => line !== expected[i]);
      expect(first < 0 ? '' : `${actual[first]}\n${expected[first]}`).toBe('');
      expect(actual).toHaveLength(expected.length);
    },
  );

  it('stops when a pin leads nowhere instead of running blind', () => {
    const globals = engineGlobals(new SimBoard());
    const source = readFileSync('dist/stm32f4discovery.min.js', 'utf8').replace(/scl:\s*B8/, 'scl:A1');
    expect(() => runInContext(source, createContext(globals))).toThrow('no bus on these pins');
  });
});
