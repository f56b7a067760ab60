/**
 * Error of the state of charge over a simulated winter (S13), beside what plain counting gives. Prints a table, writes
 * `dist/bench-soc.json` and the plot of docs/estimation.md. What is simulated: docs/estimation.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { FullPack } from './soc-board';
import { FastPack, type BenchPack, type Errors, type PackOptions } from './soc-pack';
import { socPlot, type Point } from './soc-plot';
import { DAY_S, Winter, type Demand } from './soc-winter';

const FILE = 'dist/bench-soc.json';
const PLOT = 'docs/img/soc.svg';
/** DAYS=10 and CHECK_DAYS=0 make a quick look. */
const DAYS = Number(process.env['DAYS'] ?? 90);
const CHECK_DAYS = Number(process.env['CHECK_DAYS'] ?? 4);
const PLOTTED = 2;

interface Case {
  seed: number;
  offsetMa: number;
  capacityMah: number;
  /** The inverter leaves the house to the grid below this shown SOC, and comes back 10 % higher. */
  reserve: number;
}
const CASES: readonly Case[] = [
  { seed: 1, offsetMa: 100, capacityMah: 100000, reserve: 0.1 },
  { seed: 2, offsetMa: -100, capacityMah: 103000, reserve: 0.2 },
  { seed: 3, offsetMa: 100, capacityMah: 97000, reserve: 0.3 },
];

const ERRORS: Errors = {
  offsetMa: 100,
  offsetMaPer10K: 10,
  gain: 0.002,
  cellNoiseMv: 1,
  cellErrorMv: 1.5,
  currentNoiseMa: 50,
  temperatureNoiseC: 0.3,
  standbyMa: 44,
};
/** What the inverter draws while the grid feeds the house. */
const RESTING_W = 12;

/** Two simple counters on the same values: one counts from the true beginning, one is also put right at full and empty. */
class Counters {
  plain: number;
  ends: number;
  private before = 0;
  private fullS = 0;
  constructor(start: number) {
    this.plain = this.ends = start * 360e6;
  }
  minute({ pack }: BenchPack): void {
    const moved = pack.countedMas - this.before;
    this.before = pack.countedMas;
    const mas = moved > 0 ? moved * 0.995 : moved;
    const put = (value: number): number => Math.max(0, Math.min(360e6, value + mas));
    this.plain = put(this.plain);
    this.ends = put(this.ends);
    this.fullS = pack.sumMv >= 56000 && pack.currentMa >= 0 && pack.currentMa <= 2000 ? this.fullS + 60 : 0;
    if (this.fullS >= 60) this.ends = 360e6;
    if (pack.minMv < 2500) this.ends = 0;
  }
}

class Score {
  private sum = 0;
  private n = 0;
  max = 0;
  add(error: number): void {
    this.sum += error * error;
    this.n++;
    this.max = Math.max(this.max, Math.abs(error));
  }
  get rms(): number {
    return Math.sqrt(this.sum / Math.max(1, this.n));
  }
  get json(): { rms: number; max: number } {
    return { rms: round(this.rms), max: round(this.max) };
  }
}
const round = (x: number): number => Math.round(x * 100) / 100;

/** The house with its reserve: below it the battery rests. */
function withReserve(demand: Demand, resting: boolean): Demand {
  return resting ? { ...demand, loadWatts: RESTING_W } : demand;
}

interface Row {
  seed: number;
  shown: { rms: number; max: number };
  firstCycle: { rms: number; max: number; days: number };
  plain: { rms: number; max: number };
  withEnds: { rms: number; max: number };
  [more: string]: unknown;
}

/** One winter. */
function run(test: Case, bank: BenchPack, days: number, points: Point[] | null): Row {
  const winter = new Winter(test.seed, days);
  const counters = new Counters(bank.trueSoc());
  const [later, first, plain, ends] = [new Score(), new Score(), new Score(), new Score()];
  let resting = false;
  let firstDays = -1;
  let longest = 0;
  let worstDay = 0;
  let fulls = 0;
  let lows = 0;
  let wasFull = false;
  let low = 1;
  for (let minute = 0; minute < days * 1440; minute++) {
    const { pack } = bank;
    const shown = pack.fullMas > 0 ? pack.remainingMas / pack.fullMas : 0;
    const wasResting = resting;
    resting = minute > 5 && shown < test.reserve + (resting ? 0.1 : 0);
    if (resting && !wasResting) lows++;
    bank.minute(withReserve(winter.at(minute * 60), resting));
    counters.minute(bank);
    const truth = 100 * bank.trueSoc();
    const error = (100 * pack.remainingMas) / pack.fullMas - truth;
    low = Math.min(low, truth / 100);
    if (pack.sinceFullS < 60 && !wasFull) fulls++;
    wasFull = pack.sinceFullS < (wasFull ? 3600 : 60); // one stay at the top, whatever the clouds do
    longest = Math.max(longest, pack.sinceFullS);
    const inFirst = pack.dischargedMas < pack.designMas;
    if (!inFirst && firstDays < 0) firstDays = minute / 1440;
    if (inFirst) first.add(error);
    else {
      if (Math.abs(error) > later.max) worstDay = minute / 1440;
      later.add(error);
      plain.add(counters.plain / 3.6e6 - truth);
      ends.add(counters.ends / 3.6e6 - truth);
    }
    if (points && minute % 60 === 0)
      points.push({ day: minute / 1440, truth, shown: truth + error, plain: counters.plain / 3.6e6 });
    if (minute % 14400 === 14399) process.stdout.write(`seed ${test.seed}: day ${(minute + 1) / 1440} of ${days}\n`);
  }
  return {
    seed: test.seed,
    shown: later.json,
    worstDay: round(worstDay),
    firstCycle: { ...first.json, days: round(firstDays) },
    plain: plain.json,
    withEnds: ends.json,
    fulls,
    reserves: lows,
    lowestSoc: round(100 * low),
    longestWithoutFullDays: round(longest / DAY_S),
    offsetMa: round(bank.offsetMa),
    fccMah: Math.round(bank.pack.fullMas / 3600),
    cycles: round(bank.pack.dischargedMas / bank.pack.designMas),
  };
}

/** Both ways of simulating the same days: what the short way leaves out must not matter. */
function spotCheck(test: Case, days: number): { seed: number; days: number; board: Row; fast: Row } {
  const options = optionsOf(test);
  return {
    seed: test.seed,
    days,
    board: run(test, new FullPack(options), days, null),
    fast: run(test, new FastPack(options), days, null),
  };
}

function optionsOf(test: Case): PackOptions {
  return {
    seed: test.seed,
    soc: 0.6,
    capacityMah: test.capacityMah,
    ambientCelsius: 12,
    errors: { ...ERRORS, offsetMa: test.offsetMa },
  };
}

function print(name: string, row: Row): void {
  const pair = (score: { rms: number; max: number }): string =>
    `${score.rms.toFixed(2).padStart(9)}${score.max.toFixed(2).padStart(7)}`;
  process.stdout.write(
    name.padEnd(22) + pair(row.shown) + pair(row.firstCycle) + pair(row.plain) + pair(row.withEnds) + '\n',
  );
}

const points: Point[] = [];
const winters = CASES.map((test, i) => run(test, new FastPack(optionsOf(test)), DAYS, i === PLOTTED ? points : null));
const check = CHECK_DAYS > 0 ? spotCheck(CASES[0]!, CHECK_DAYS) : null;

process.stdout.write('SOC error, % of capacity    rms    max  1st: rms   max  plain:rms  max  ends: rms  max\n');
for (const row of winters) print(`seed ${row.seed}, ${DAYS} days`, row);
if (check !== null) {
  print(`board, ${CHECK_DAYS} days`, check.board);
  print(`the same, short way`, check.fast);
}
const passed = winters.every((row) => row.shown.rms <= 3 && row.shown.max <= 8);
mkdirSync('dist', { recursive: true });
writeFileSync(FILE, JSON.stringify({ days: DAYS, limits: { rms: 3, max: 8 }, passed, winters, check }, null, 2) + '\n');
if (DAYS >= 90) writeFileSync(PLOT, socPlot(points));
process.stdout.write(`${passed ? 'within' : 'NOT within'} 3 % rms and 8 % max, written to ${FILE}\n`);
process.exitCode = passed ? 0 : 1;
