/**
 * How far balancing brings unequal cells together in a month of solar days (S4): without it, by the rule of S4, and with
 * the charge budget beside it. Prints a table, writes `dist/bench-balance.json` and the plot of docs/balancing.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Protection } from '../src/bms/rules';
import { seededRandom, type Random } from '../src/hal-mock/random';
import { balancePlot, type Course } from './balance-plot';
import { dayDemand } from './day';
import { FastPack, type Balancing, type Errors } from './soc-pack';
import { DAY_S, type Demand } from './soc-winter';

const FILE = 'dist/bench-balance.json';
const PLOT = 'docs/img/balance.svg';
/** DAYS=5 makes a quick look. */
const DAYS = Number(process.env['DAYS'] ?? 30);
const WAYS: readonly Balancing[] = ['none', 'rule', 'budget'];

interface Case {
  seed: number;
  /** Cells that hold more than their seeded share at the start, counted from 1, and how much more, mAh. */
  excess: readonly (readonly [cell: number, mah: number])[];
  /** Sunny days of ten; on the others the sun changes each minute. */
  sunny: number;
}
// prettier-ignore
const CASES: readonly Case[] = [
  { seed: 1, excess: [[7, 500]],                      sunny: 10 },
  { seed: 2, excess: [[7, 500]],                      sunny: 5 },
  { seed: 3, excess: [[3, 500], [4, 500], [12, 500]], sunny: 2 },
];

const PLOTTED = CASES[2];

const ERRORS: Errors = {
  offsetMa: 50,
  offsetMaPer10K: 10,
  gain: 0.002,
  cellNoiseMv: 1,
  cellErrorMv: 1.5,
  currentNoiseMa: 50,
  temperatureNoiseC: 0.3,
  standbyMa: 44,
};
/** The month begins at midnight behind a sunny day: unequal at the top, which is what balancing can even out. */
const START_SOC = 0.97;
const ROOM_C = 20;
/** The charger holds the recommended voltage (S2) until the current is small, then a lower one until the next day: assumption. */
const ABSORB_V = 57.6;
const FLOAT_V = 54;
const FULL_MV = 57400;
const TAIL_MA = 2000;

/** Charger and household of `day.ts` under a sky. */
class SolarDays {
  private readonly random: Random;
  private sun = 1;
  private cloudy = false;
  private full = false;

  constructor(
    private readonly test: Case,
    private readonly bank: FastPack,
  ) {
    this.random = seededRandom(test.seed * 7919);
  }

  /** To be asked minute by minute, in order. */
  at(second: number): Demand {
    const { pack } = this.bank;
    if (second % DAY_S === 0) {
      this.cloudy = 10 * this.random() >= this.test.sunny;
      this.sun = this.cloudy ? 0.6 + 0.4 * this.random() : 1 + 0.2 * this.random();
      this.full = false;
    }
    if (pack.sumMv >= FULL_MV && pack.currentMa <= TAIL_MA) this.full = true;
    const clouds = this.cloudy ? 0.75 + 0.5 * this.random() : 1;
    const { chargerAmps, loadWatts } = dayDemand(second % DAY_S);
    return {
      chargerAmps: chargerAmps * this.sun * clouds,
      chargerVolts: this.full ? FLOAT_V : ABSORB_V,
      loadWatts,
      ambientCelsius: ROOM_C + 3 * Math.cos((2 * Math.PI * (second / 3600 - 15)) / 24),
    };
  }
}

/** How much less fits into the fullest cell than into the emptiest, mAh. */
function spreadMah({ cells }: FastPack): number {
  const room = cells.capacityAs.map((all, k) => all - cells.chargeAs[k]!);
  return (Math.max(...room) - Math.min(...room)) / 3.6;
}

/** What can be taken out between full and empty: the fullest cell ends the charge, the emptiest the discharge; mAh. */
function usableMah({ cells }: FastPack): number {
  const room = cells.capacityAs.map((all, k) => all - cells.chargeAs[k]!);
  return (Math.min(...cells.chargeAs) + Math.min(...room)) / 3.6;
}

interface Row {
  seed: number;
  balancing: Balancing;
  /** At the start and at the end of days 3, 10 and the last, mAh. */
  spreadMah: { start: number; day3: number; day10: number; end: number };
  /** Difference of the cell voltages when the pack was highest: on the first day, and most in the last ten. */
  topMv: { first: number; last: number };
  /** Over-voltage protections of a cell, and the last day with one (0 = none). */
  ovp: { trips: number; lastDay: number };
  movedMah: number;
  usableMah: { start: number; end: number };
}

interface Result {
  row: Row;
  course: Course;
}

/** One month. */
function run(test: Case, balancing: Balancing): Result {
  const bank = new FastPack({
    seed: test.seed,
    soc: START_SOC,
    capacityMah: 100000,
    ambientCelsius: ROOM_C,
    errors: ERRORS,
    balancing,
  });
  for (const [cell, mah] of test.excess) bank.cells.chargeAs[cell - 1]! += 3.6 * mah;
  const days = new SolarDays(test, bank);
  const { pack } = bank;
  const start = usableMah(bank);
  const spread = [spreadMah(bank)];
  const tops: number[] = [];
  const trips: number[] = [];
  let wasOver = false;
  for (let day = 0; day < DAYS; day++) {
    let highestMv = 0;
    let top = 0;
    for (let minute = 0; minute < 1440; minute++) {
      bank.minute(days.at(day * DAY_S + minute * 60));
      const over = (pack.protections & Protection.CellOvp) !== 0;
      if (over && !wasOver) trips.push(day + 1);
      wasOver = over;
      if (pack.sumMv <= highestMv) continue;
      highestMv = pack.sumMv;
      top = pack.maxMv - pack.minMv;
    }
    tops.push(top);
    spread.push(spreadMah(bank));
  }
  const after = (day: number): number => Math.round(spread[Math.min(day, DAYS)]!);
  const row = {
    seed: test.seed,
    balancing,
    spreadMah: { start: after(0), day3: after(3), day10: after(10), end: after(DAYS) },
    topMv: { first: tops[0] ?? 0, last: Math.max(...tops.slice(-10)) },
    ovp: { trips: trips.length, lastDay: trips.at(-1) ?? 0 },
    movedMah: Math.round(bank.cells.bledAs / 3.6),
    usableMah: { start: Math.round(start), end: Math.round(usableMah(bank)) },
  };
  return { row, course: { balancing, spreadMah: spread } };
}

function print({ seed, balancing, spreadMah: s, topMv, ovp, movedMah, usableMah: usable }: Row): void {
  const cells = [s.start, s.day3, s.day10, s.end, topMv.first, topMv.last, ovp.trips, ovp.lastDay, movedMah];
  const text = [...cells, usable.start, usable.end].map((value) => String(value).padStart(8)).join('');
  process.stdout.write(`${`seed ${seed}, ${balancing}`.padEnd(16)}${text}\n`);
}

const JOBS = CASES.flatMap((test) => WAYS.map((balancing) => ({ test, balancing })));

/** One month in a thread of its own. */
function inThread(job: number): Promise<Result> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: job });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** All months, as many at once as there are processors. */
async function runAll(): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < JOBS.length) {
      const job = next++;
      results[job] = await inThread(job);
    }
  };
  await Promise.all(cpus().map(lane));
  return results;
}

async function main(): Promise<void> {
  const results = await runAll();
  process.stdout.write(
    'mAh, mV, trips  spread:0   day 3  day 10     end  top: 1.    last   OVPs: last day   moved usable:0     end\n',
  );
  for (const { row } of results) print(row);
  mkdirSync('dist', { recursive: true });
  writeFileSync(FILE, JSON.stringify({ days: DAYS, rows: results.map(({ row }) => row) }, null, 2) + '\n');
  if (DAYS >= 30)
    writeFileSync(
      PLOT,
      balancePlot(results.filter((_, job) => JOBS[job]?.test === PLOTTED).map(({ course }) => course)),
    );
  process.stdout.write(`written to ${FILE}\n`);
}

if (isMainThread) await main();
else {
  const { test, balancing } = JOBS[workerData as number]!;
  parentPort?.postMessage(run(test, balancing));
}
