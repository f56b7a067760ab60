/** A program that throws, on the simulated board: the minified bundles in a bare context. */
import { readFileSync } from 'node:fs';
import { createContext, Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { SimBoard } from '../../src/hal-mock/board';
import { engineGlobals, picoGlobals, PicoParts } from '../../src/hal-mock/engine-globals';

const LOAD_A = 30;
const OPTIONS = { plant: { seed: 3, soc: 0.6, ambientCelsius: 20 } };
/** The record of crashes, as the memory holds it: magic, count, unreported, length, 48 characters. */
const RECORD = 32768 - 128;

/** A board with a bundle that is loaded again after each reset, as saved code is. */
class Bench {
  readonly board = new SimBoard(OPTIONS);
  starts = 0;
  status: () => string = () => '';
  private readonly makeGlobals: () => Record<string, unknown>;

  constructor(bundle: string, pico = false) {
    const script = new Script(readFileSync(bundle, 'utf8'), { filename: bundle });
    const parts = pico ? new PicoParts(this.board) : undefined;
    this.makeGlobals = () => (parts ? picoGlobals(this.board, parts) : engineGlobals(this.board));
    this.board.boot = () => {
      const globals = this.makeGlobals();
      this.starts++;
      script.runInContext(createContext(globals));
      this.status = () => (globals['bmsStatus'] as () => string)();
    };
    this.board.cpu.post(() => this.board.boot());
    this.board.run(5000);
  }

  /** Makes the next kick of the watchdog, the last call of a tick, throw. */
  throwOnce(what: unknown = new Error('injected')): void {
    const { watchdog } = this.board;
    const kick = watchdog.kick;
    watchdog.kick = () => {
      watchdog.kick = kick;
      throw what;
    };
  }

  /** The same at every tick; returns what ends it. */
  throwAlways(): () => void {
    const { watchdog } = this.board;
    const kick = watchdog.kick;
    watchdog.kick = () => {
      throw new Error('always');
    };
    return () => (watchdog.kick = kick);
  }

  get fets(): [chg: boolean, dsg: boolean] {
    const { chg, dsg } = this.board.plant.truth().fets;
    return [chg, dsg];
  }

  get record(): { count: number; isNew: number; text: string } {
    const bytes = this.board.fram.memory.subarray(RECORD, RECORD + 52);
    return { count: bytes[1]!, isNew: bytes[2]!, text: String.fromCharCode(...bytes.subarray(4, 4 + bytes[3]!)) };
  }

  /** Current into the load, sampled often: its smallest value in so many ms, mA. */
  leastLoad(ms: number): number {
    let least = Infinity;
    for (let at = 0; at < ms; at += 10) {
      this.board.run(10);
      least = Math.min(least, -this.board.plant.truth().currentMa);
    }
    return least;
  }
}

describe.each([
  ['stm32f4discovery', false],
  ['pico', true],
  ['pico2', true],
])('the bundle of %s', (name, pico) => {
  const file = `dist/${name}.min.js`;

  it('writes down an exception out of a tick and restarts; the load is never dropped', () => {
    const bench = new Bench(file, pico);
    bench.board.plant.setLoad({ amps: LOAD_A });
    bench.board.run(3000);
    expect(bench.status()).toMatch(/^1,1,-29\d\d\d$|^1,1,-30\d\d\d$/);
    bench.throwOnce();
    expect(bench.leastLoad(8000)).toBeGreaterThan(LOAD_A * 900);
    expect(bench.starts).toBe(2);
    expect(bench.record).toEqual({ count: 1, isNew: 0, text: 'Error: injected' });
    expect(bench.status()).toMatch(/^1,1,-/);
  });

  it('opens both paths after the third crash in a row, and keeps them open after that restart', () => {
    const bench = new Bench(file, pico);
    bench.board.plant.setLoad({ amps: LOAD_A });
    bench.board.run(3000);
    for (let crash = 1; crash <= 2; crash++) {
      bench.throwOnce();
      expect(bench.leastLoad(8000)).toBeGreaterThan(LOAD_A * 900);
    }
    bench.throwOnce();
    bench.board.run(400);
    expect(bench.fets).toEqual([false, false]);
    expect(bench.starts).toBe(3);
    bench.board.run(20000);
    expect(bench.starts).toBe(4);
    expect(bench.record.count).toBe(3);
    expect(bench.fets).toEqual([false, false]);
    expect(bench.status()).toMatch(/^0,0,/);
  });

  it('leaves the prompt alone for 5 s between restarts when it crashes for ever, with both paths open', () => {
    const bench = new Bench(file, pico);
    const heal = bench.throwAlways();
    bench.board.run(5000);
    expect(bench.record.count).toBe(3);
    const { starts } = bench;
    bench.board.run(57500); // a round is 5 s of silence, 0.5 s to load, 0.25 s to the first tick
    expect(bench.starts - starts).toBe(10);
    expect(bench.fets).toEqual([false, false]);
    heal();
    bench.board.run(15000);
    expect(bench.fets).toEqual([false, false]);
  });

  it('closes the paths again after ten clean minutes', () => {
    const bench = new Bench(file, pico);
    const heal = bench.throwAlways();
    bench.board.run(5000);
    heal();
    bench.board.run(60_000);
    expect(bench.fets).toEqual([false, false]);
    bench.board.run(5000);
    expect(bench.record.count).toBe(0);
    bench.board.run(9 * 60_000 - 5000);
    expect(bench.fets).toEqual([false, false]);
    bench.board.run(15_000);
    expect(bench.fets).toEqual([true, true]);
  });

  it('forgets the crashes after a clean minute: two before and two after open nothing', () => {
    const bench = new Bench(file, pico);
    bench.board.plant.setLoad({ amps: LOAD_A });
    for (let crash = 0; crash < 4; crash++) {
      if (crash === 2) bench.board.run(62_000);
      bench.throwOnce();
      bench.board.run(5000);
    }
    expect(bench.starts).toBe(5);
    expect(bench.record.count).toBe(2);
    expect(bench.fets).toEqual([true, true]);
  });

  it('restarts without a memory, and never opens the paths for what it cannot remember', () => {
    const bench = new Bench(file, pico);
    bench.board.memoryBus.faults.unplugged = true;
    bench.board.plant.setLoad({ amps: LOAD_A });
    bench.board.run(3000);
    for (let crash = 0; crash < 4; crash++) {
      bench.throwOnce();
      expect(bench.leastLoad(5000)).toBeGreaterThan(LOAD_A * 900);
    }
    expect(bench.starts).toBe(5);
  });

  it('takes a memory that holds something else for an empty one', () => {
    const bench = new Bench(file, pico);
    bench.throwOnce();
    bench.board.run(3000);
    bench.board.fram.memory[RECORD + 1] = 9; // the sum no longer fits
    bench.board.restart('software');
    bench.board.run(5000);
    expect(bench.fets).toEqual([true, true]);
    bench.throwOnce('a text that is longer than what the record has room for: 48 characters');
    bench.board.run(3000);
    expect(bench.record).toMatchObject({ count: 1, text: 'a text that is longer than what the record has r' });
  });
});
