/** What only the Picos have: expander, prompt on USB, the key that leaves it there. */
import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { SimBoard } from '../../src/hal-mock/board';
import { picoGlobals, PicoParts } from '../../src/hal-mock/engine-globals';
import { commission } from '../../tools/commission';
import { VirtualPack } from '../../tools/virtual-pack';
import { request } from '../support/pace-request';

const OPTIONS = { seed: 7, soc: 0.6, ambientCelsius: 20 };

function start(name: string, address: number, keyHeld = false) {
  const board = new SimBoard({ plant: OPTIONS, address });
  commission(board, false);
  const parts = new PicoParts(board);
  if (keyHeld) parts.keyRst.write(0);
  let starts = 0;
  const bench = { board, parts, sent: '', starts: () => starts };
  board.rs232.onSent = (byte) => (bench.sent += byte);
  const source = readFileSync(`dist/${name}.min.js`, 'utf8');
  board.boot = () => {
    starts++;
    runInContext(source, createContext(picoGlobals(board, parts)));
  };
  board.boot();
  return bench;
}

describe.each(['pico', 'pico2'])('%s', (name) => {
  it('shows on expander and pin, second by second, the LEDs of the reference board', () => {
    const { board } = start(name, 0);
    const reference = new VirtualPack({ ...OPTIONS });
    const seen = new Set<number>();
    for (let at = 0; at < 40; at++) {
      board.run(250);
      reference.run(250);
      expect(board.ledBits, `at ${at * 250} ms`).toBe(reference.board.ledBits);
      seen.add(board.ledBits);
      if (at === 20) board.plant.connectCharger({ amps: 20, volts: 57.6 });
      if (at === 20) reference.board.plant.connectCharger({ amps: 20, volts: 57.6 });
    }
    expect(seen.size).toBeGreaterThan(2);
  });

  it.each([1, 2, 4, 8, 15])('answers with the address %d that the switches on the expander say', (address) => {
    const bench = start(name, address);
    bench.board.run(3000);
    bench.board.rs232.receive(request(address, '44', '01'));
    bench.board.run(1000);
    expect(bench.sent).toMatch(new RegExp(`^~250${address.toString(16).toUpperCase()}4600`));
  });

  it('takes USB from the prompt for good', () => {
    expect(start(name, 1).parts.prompt).toBe('nowhere');
  });

  it('leaves USB to the prompt when the key RST is held at the start, and guards the pack all the same', () => {
    const bench = start(name, 1, true);
    bench.board.run(5000);
    expect(bench.parts.prompt).toBe('USB');
    expect(bench.board.plant.truth().fets).toMatchObject({ chg: true, dsg: true });
    bench.board.rs232.receive(request(1, '44', '01'));
    bench.board.run(1000);
    expect(bench.sent).toBe('');
  });

  it('shows an exception to the person at the prompt instead of restarting', () => {
    const bench = start(name, 1, true);
    bench.board.run(5000);
    const { watchdog } = bench.board;
    const kick = watchdog.kick;
    watchdog.kick = () => {
      watchdog.kick = kick;
      throw new Error('injected');
    };
    bench.board.run(3000);
    expect(bench.board.cpu.errors).toHaveLength(1);
    expect(bench.starts()).toBe(1);
    expect(bench.board.time.nowUs - bench.board.lastKickUs).toBeLessThan(300_000);
  });

  it('guards the pack without the expander', () => {
    const board = new SimBoard({ plant: OPTIONS });
    const parts = new PicoParts(board);
    parts.expander.start = () => false;
    runInContext(readFileSync(`dist/${name}.min.js`, 'utf8'), createContext(picoGlobals(board, parts)));
    board.run(5000);
    expect(board.cpu.errors).toEqual([]);
    expect(board.plant.truth().fets).toMatchObject({ chg: true, dsg: true });
  });
});
