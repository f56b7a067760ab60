/** Instructions that the engine executes, counted by valgrind. Those of the board's processor are within a third of them. */
import { spawnSync } from 'node:child_process';
import { Bench } from './bench';
import type { Espruino } from './espruino';
import { pinsOf } from './prelude';

const VALGRIND = 'valgrind';
const COUNTER = [VALGRIND, '--tool=callgrind', '--callgrind-out-file=/dev/null'];
const ADDRESS = 1;

export const canCount = (): boolean => spawnSync(VALGRIND, ['--version']).status === 0;

type Act = (bench: Bench, engine: Espruino) => void;

/** Starts `bundle`, acts, ends: all instructions of that. */
async function total(binary: string, bundle: string, act: Act): Promise<number> {
  const bench = new Bench({ address: ADDRESS });
  const engine = bench.runInEngine(binary, bundle, COUNTER);
  act(bench, engine);
  const found = /Collected : (\d+)/.exec(await engine.close());
  if (found === null) throw new Error('valgrind has printed no count');
  return Number(found[1]);
}

/**
 * Instructions of one `work` after `before`, without what the test bench spends on it: the same number of commands and
 * the same questions, asked by the bench alone, are subtracted.
 */
export async function instructionsOf(
  binary: string,
  bundle: string,
  before: (bench: Bench) => void,
  work: (bench: Bench) => void,
  repeats: number,
): Promise<number> {
  const bench = new Bench({ address: ADDRESS });
  const trial = bench.runInEngine(binary, bundle);
  before(bench);
  trial.done = { questions: [], commands: 0 };
  work(bench);
  const { questions, commands } = trial.done;
  await trial.close();
  const prepare: Act = (b, engine) => {
    before(b);
    engine.run(`bench.todo = ${JSON.stringify(questions)}`);
  };
  const whole = await total(binary, bundle, (b, engine) => {
    prepare(b, engine);
    for (let i = 0; i < repeats; i++) work(b);
  });
  const benchOnly = await total(binary, bundle, (b, engine) => {
    prepare(b, engine);
    for (let i = 0; i < repeats; i++) {
      engine.run('bench.again(bench.todo)');
      for (let k = 1; k < commands; k++) engine.run('bench.again([])');
    }
  });
  return (whole - benchOnly) / repeats;
}

/** Instructions from the first to the last statement of the bundle's top level. */
export async function instructionsOfStart(binary: string, bundle: string): Promise<number> {
  const trial = new Bench({ address: ADDRESS }).runInEngine(binary, bundle);
  const { questions } = trial.done;
  await trial.close();
  const onlyPins = `// ${pinsOf(bundle).join(' ')}`;
  const benchOnly = await total(binary, onlyPins, (_, engine) => {
    engine.run(`bench.again(${JSON.stringify(questions)})`);
  });
  return (await total(binary, bundle, (_, engine) => void engine.run('bench.again([])'))) - benchOnly;
}
