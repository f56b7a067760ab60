/** `npm run bench`: how fast one pack with its firmware runs. Prints a table and writes `dist/bench.json`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { arch, cpus } from 'node:os';
import { VirtualPack } from './virtual-pack';

const REPETITIONS = 5;
/** Virtual time of one repetition: long enough for half a second of computing at 2000 x. */
const RUN_MS = 1200 * 1000;
/** Until MOSFETs are closed, currents steady and the engine has compiled what is hot. */
const WARM_UP_MS = 300 * 1000;
/** Real time passes in stretches of the virtual one, as in `cellkeeper sim`. */
const STRETCH_MS = 1000;
const FILE = 'dist/bench.json';

interface Case {
  name: string;
  soc: number;
  prepare(pack: VirtualPack): void;
}

const CASES: readonly Case[] = [
  { name: 'idle', soc: 0.5, prepare: () => {} },
  {
    name: 'charge 20 A',
    soc: 0.3,
    prepare: (pack) => pack.board.plant.connectCharger({ amps: 20, volts: 57.6 }),
  },
  {
    name: 'inverter 1500 W',
    soc: 0.7,
    prepare: (pack) => pack.board.plant.connectInverter({ watts: 1500 }),
  },
];

function pass(pack: VirtualPack, ms: number): void {
  for (let left = ms; left > 0; left -= STRETCH_MS) pack.run(Math.min(left, STRETCH_MS));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

/** Times real time, one number a repetition. */
function measure(test: Case): number[] {
  const pack = new VirtualPack({ seed: 1, soc: test.soc });
  test.prepare(pack);
  pass(pack, WARM_UP_MS);
  const speeds: number[] = [];
  for (let i = 0; i < REPETITIONS; i++) {
    const startMs = performance.now();
    pass(pack, RUN_MS);
    speeds.push(RUN_MS / (performance.now() - startMs));
  }
  return speeds;
}

const rows = CASES.map((test) => {
  const speeds = measure(test);
  return { name: test.name, median: median(speeds), min: Math.min(...speeds), max: Math.max(...speeds) };
});
const cell = (value: number): string => value.toFixed(0).padStart(9);
process.stdout.write('one pack, x real time    median      min      max\n');
for (const row of rows)
  process.stdout.write(row.name.padEnd(22) + cell(row.median) + cell(row.min) + cell(row.max) + '\n');
const result = {
  /** The slowest of the steady states. */
  sim1_x_realtime: Math.round(Math.min(...rows.map((row) => row.median))),
  cases: rows,
  repetitions: REPETITIONS,
  virtualSeconds: RUN_MS / 1000,
  node: process.version,
  cpu: cpus()[0]?.model ?? arch(),
};
mkdirSync('dist', { recursive: true });
writeFileSync(FILE, JSON.stringify(result, null, 2) + '\n');
process.stdout.write(`sim1_x_realtime ${result.sim1_x_realtime}, written to ${FILE}\n`);
