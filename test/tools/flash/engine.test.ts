/** Flashing the real interpreter over TCP: set ESPRUINO to a binary of Espruino for Linux. */
import { existsSync, readFileSync, writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BoardConsole } from '../../../tools/flash/board-console';
import { flash as flashCommand } from '../../../tools/flash/command';
import { openLink } from '../../../tools/flash/node-links';
import { Flasher, type FlashOptions } from '../../../tools/flash/protocol';
import { sink } from '../sink';
import { EngineBridge } from './engine-bridge';

const BINARY = process.env['ESPRUINO'] ?? '';
const BUNDLE = new URL('../../../dist/stm32f4discovery.min.js', import.meta.url);
const SKIPPED = 'skipped: set ESPRUINO=<binary of Espruino for Linux>';
/** 40 functions of code, so that it takes a good number of chunks. */
const functions = Array.from(
  { length: 40 },
  (_, i) => `function f${i}(a,b){return a*${i}+b-"${'x'.repeat(60)}".length}`,
);
const bundle = (name: string): string =>
  `${functions.join('')}var firmware="${name}",ticks=0;setInterval(function(){ticks++},50);` +
  `function bmsStatus(){return "1,1,"+f1(60,0)}\n`;

describe('flashing Espruino for Linux over TCP', () => {
  if (BINARY === '') {
    process.stdout.write(`flashing a real engine ${SKIPPED}\n`);
    it.skip(SKIPPED, () => {});
    return;
  }

  let engine: EngineBridge;

  beforeEach(async () => {
    engine = await EngineBridge.start(BINARY);
  });

  afterEach(() => engine.close());

  const open = async (): Promise<BoardConsole> =>
    new BoardConsole(await openLink({ kind: 'tcp', host: '127.0.0.1', port: engine.port }));

  async function flash(text: string, options: Partial<FlashOptions> = {}): Promise<string> {
    const board = await open();
    board.patienceMs = 700;
    const quick = { pollMs: 100, bootMs: 4000, settleMs: 300 };
    const settings = { board: 'stm32f4discovery', bundle: text, simulation: true, ...quick, ...options };
    try {
      return JSON.stringify(await new Flasher(board, settings).run());
    } catch (error) {
      return (error as Error).message;
    } finally {
      if (!board.isLost) board.close();
    }
  }

  async function value(source: string): Promise<unknown> {
    const board = await open();
    expect(await board.attach()).toBe(true);
    const answer = await board.ask<unknown>(source);
    board.close();
    return answer;
  }

  const firmware = (): Promise<unknown> => value('typeof firmware=="undefined"?null:firmware');

  it('brings up an empty engine, then the next bundle, and both live through a loss of power', async () => {
    expect(await flash(bundle('one'))).toMatch(/"changed":true/);
    expect(await firmware()).toBe('one');
    await engine.powerCycle();
    expect(await firmware()).toBe('one');
    expect(await flash(bundle('two'))).toMatch(/"changed":true/);
    await engine.powerCycle();
    expect(await value('[firmware,ckBoot.k,ckBoot.t,typeof ckX]')).toEqual(['two', 'b', 0, 'function']);
    expect(await value('ticks>0')).toBe(true); // it runs
    expect(await flash(bundle('two'))).toMatch(/"changed":false/);
  });

  it('takes over a bundle that was pasted into .bootcde, and keeps it when the new one fails', async () => {
    await value(
      `require("Storage").write(".bootcde",${JSON.stringify(`var firmware="pasted";function bmsStatus(){return "0,0,0"}`)})`,
    );
    await engine.powerCycle();
    expect(await flash('var firmware="bad";nowhere()')).toMatch(/stopped with an error.*the old bundle runs again/);
    expect(await firmware()).toBe('pasted');
    await engine.powerCycle();
    expect(await firmware()).toBe('pasted');
    expect(await flash(bundle('good'))).toMatch(/"changed":true/);
    expect(await firmware()).toBe('good');
  });

  it('returns to the old bundle when the new one uses up the memory of the engine', { timeout: 180_000 }, async () => {
    await flash(bundle('old'));
    const hungry =
      'var firmware="hungry",a=[];function bmsStatus(){return "0,0,0"}for(var i=0;i<100000;i++)a.push({n:i,m:[i]})';
    expect(await flash(hungry)).toMatch(/the old bundle runs again/);
    expect(await firmware()).toBe('old');
  });

  it('refuses while current flows, and a wrong board', async () => {
    await flash(bundle('old').replace('f1(60,0)', '5000'));
    expect(await flash(bundle('new'))).toMatch(/5\.0 A flow/);
    expect(await flash(bundle('new'), { simulation: false })).toMatch(/Espruino for Linux \(LINUX/);
    expect(await firmware()).toBe('old');
  });

  it('boots the old bundle after a cable cut anywhere', { timeout: 300_000 }, async () => {
    await flash(bundle('old'));
    for (const cut of [40, 500, 1500, 2500, 5000, 7300, 7500]) {
      engine.cutAfter = cut;
      const message = await flash(bundle(`new${cut}`));
      engine.cutAfter = Infinity;
      expect([cut, message]).toEqual([cut, expect.stringMatching(/connection is gone/) as unknown]);
      await engine.powerCycle();
      expect([cut, await firmware()]).toEqual([cut, 'old']);
    }
    expect(await flash(bundle('new'))).toMatch(/"changed":true/);
  });

  it.runIf(existsSync(BUNDLE))('writes the real bundle through the command', async () => {
    // the board's pins and ports that Espruino for Linux lacks
    const stub = readFileSync(BUNDLE, 'latin1').match(/\b[A-E](?:\d|1[0-5])\b/g) ?? [];
    const pins = [...new Set(stub)].map((name) => `if(typeof ${name}=="undefined")global.${name}=P;`).join('');
    const boot0 =
      'var P={read:function(){return 1},write:function(){},set:function(){},reset:function(){},mode:function(){}};' +
      `${pins}var I2C=function(){};I2C.prototype={setup:function(){},writeTo:function(){throw new Error("no AFE")},` +
      'readFrom:function(){throw new Error("no AFE")},readReg:function(){throw new Error("no AFE")}};' +
      'var Serial3={setup:function(){},on:function(){},write:function(){}};' +
      'var digitalWrite=function(){},digitalRead=function(){return 15},pinMode=function(){};E.kickWatchdog=function(){};' +
      'var peek32=function(){return 0},poke32=function(){};'; // the native ones touch this process's memory
    await value(`require("Storage").write(".boot0",atob("${btoa(boot0)}"))`);
    await engine.powerCycle();
    const file = join(mkdtempSync(join(tmpdir(), 'flash-')), 'firmware.js');
    writeFileSync(file, readFileSync(BUNDLE, 'latin1')); // its own bmsStatus() answers the flasher
    const io = { stdout: sink(), stderr: sink() };
    const port = { kind: 'tcp', host: '127.0.0.1', port: engine.port } as const;
    const startMs = performance.now();
    const options = { board: 'stm32f4discovery', port, file, dryRun: false, force: false };
    await flashCommand(options, new URL('.', BUNDLE), io, new AbortController().signal);
    process.stdout.write(`${io.stderr.text}in ${((performance.now() - startMs) / 1000).toFixed(1)} s\n`);
    expect(io.stderr.text).toMatch(/write 100 %[\s\S]*started, and kept/);
    expect(io.stdout.text).toBe('');
    const [up, free] = (await value('[ckBoot.up,process.memory().free]')) as [number, number];
    process.stdout.write(`${free} variables free with the bundle running\n`);
    expect(up).toBe(1);
    expect(free).toBeGreaterThan(1000);
  });
});
