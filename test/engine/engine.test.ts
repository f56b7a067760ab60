/** The compiled bundle in the real interpreter: does it start, does it fit, and does it do the same? */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { Bench } from './bench';
import type { Espruino, Memory } from './espruino';
import { canCount, instructionsOf, instructionsOfStart } from './instructions';

const BINARY = process.env['ESPRUINO'] ?? '';
const BUNDLE = new URL('../../dist/stm32f4discovery.min.js', import.meta.url);
/** DIP address of the recorded pack F001 of test/vectors/serial-frames.json, and its request 42. */
const ADDRESS = 1;
const REQUEST_42 = '~25014642E00201FD30\r';
/** What a board with 5450 variables of 13 bytes may spend on the firmware; the rest is for its work and for growth. */
const MOST_JSVARS = 3500;

/** 168 MHz, two cycles an instruction (cautious), half of 250 ms. */
const HALF_TICK = (168e6 / 2) * 0.125;

const millions = (count: number): string => `${(count / 1e6).toFixed(2)} million`;
/** On a 168 MHz Cortex-M4 with 1.35 and with 2 cycles an instruction. */
const times = (count: number): string => `${ms(count * 1.35)}..${ms(count * 2)} ms at 168 MHz`;
const ms = (cycles: number): string => (cycles / 168e3).toFixed(1);
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const SKIPPED = 'skipped: set ESPRUINO=<binary of Espruino for Linux>';

describe('the bundle in Espruino', () => {
  if (BINARY === '') {
    say(SKIPPED);
    it.skip(SKIPPED, () => {});
    return;
  }

  let engine: Espruino | undefined;

  afterEach(async () => {
    await engine?.close();
    engine = undefined;
  });

  const bundle = (): string => readFileSync(BUNDLE, 'latin1');

  function boot(bench: Bench, program: string): Espruino {
    engine = bench.runInEngine(BINARY, program);
    return engine;
  }

  /** Start, charge with 20 A, a request on RS232, charger away, then the AFE's plug out for 2 s and back in. */
  function scenario(bench: Bench): void {
    const { board } = bench;
    bench.ticks(20);
    board.plant.connectCharger({ amps: 20, volts: 57.6 });
    bench.ticks(8);
    expect(board.plant.truth()).toMatchObject({ fets: { chg: true, dsg: true } });
    expect(board.plant.truth().currentMa).toBeCloseTo(20000, -2);
    board.rs232.receive(REQUEST_42);
    bench.ticks(4);
    board.plant.disconnectCharger();
    bench.ticks(8);
    board.afeBus.faults.unplugged = true;
    bench.ticks(8);
    expect(board.bothOff.read()).toBe(true);
    board.afeBus.faults.unplugged = false;
    bench.ticks(16);
  }

  it('starts from flash, fits the variables of the board, and needs no more of them after 100 ticks', async () => {
    const alone = boot(new Bench(), '').memory().usage;
    await engine!.close();
    const bench = new Bench({ address: ADDRESS });
    const startMs = performance.now();
    const pack = boot(bench, bundle());
    const bootMs = performance.now() - startMs;
    const used: Memory[] = [pack.memory()];
    const memoryAfter = (ticks: number): number => {
      bench.ticks(ticks);
      return used[used.push(pack.memory()) - 1]!.usage;
    };
    const start = used[0]!.usage;
    const settled = memoryAfter(20);
    const at100 = memoryAfter(80);
    const at200 = memoryAfter(100);
    const kickedMs = bench.board.lastKickUs / 1000;
    bench.board.afeBus.faults.unplugged = true; // an error a transfer
    const deaf100 = memoryAfter(100);
    const deaf200 = memoryAfter(100);
    const { total, blocksize } = used[0]!;
    say(
      `JsVars used ${start} after start, ${settled} after 20 ticks, ${at100} after 100, ${at200} after 200, then without AFE ${deaf100} and ${deaf200}`,
    );
    say(`JsVars free ${used[2]!.free} of ${total} (${blocksize} bytes each); the test bench itself uses ${alone}`);
    say(`start takes ${bootMs.toFixed(0)} ms on this machine`);
    expect(pack.printed).not.toMatch(/Uncaught|OUT OF MEMORY|Interrupted/);
    expect(at100 - alone).toBeLessThan(MOST_JSVARS);
    // a number that outgrows its slot takes one more; a leak would be one or more a tick
    expect(at200 - at100).toBeLessThan(10);
    expect(deaf200 - deaf100).toBeLessThan(10);
    expect(kickedMs).toBeGreaterThan(49_000);
  });

  it('does on the simulated board what the TypeScript does, tick by tick', () => {
    const here = new Bench({ address: ADDRESS });
    here.runTypeScript(ADDRESS);
    scenario(here);
    const there = new Bench({ address: ADDRESS });
    const pack = boot(there, bundle());
    scenario(there);
    expect(pack.printed).not.toMatch(/Uncaught|OUT OF MEMORY|Interrupted/);
    // 20.00 A is in the answer
    expect(here.trace.map((seen) => seen.rs232).join('')).toMatch(/^~25014600[0-9A-F]{80,}07D0[0-9A-F]{40,}\r$/);
    expect(here.trace.at(-1)!.wire).not.toBe('');
    expect(there.trace).toEqual(here.trace);
  });

  it.runIf(canCount())('spends at most half of a tick on the tick', { timeout: 300_000 }, async () => {
    const program = bundle();
    const settle = (bench: Bench): void => bench.ticks(20);
    const oneTick = (bench: Bench): void => bench.ticks(1);
    const answer = (bench: Bench): void => {
      bench.board.rs232.receive(REQUEST_42);
      bench.board.run(100);
    };
    const start = await instructionsOfStart(BINARY, program);
    const tick = await instructionsOf(BINARY, program, settle, oneTick, 20);
    const reply = await instructionsOf(BINARY, program, settle, answer, 1);
    const line = (what: string, count: number): boolean =>
      say(`${what}: ${millions(count)} instructions, ${times(count)}`);
    line('start (top level of the bundle)', start);
    line('tick, paths closed', tick);
    line('RS232 request 42 with its answer', reply);
    expect(tick).toBeLessThan(HALF_TICK);
  });
});
