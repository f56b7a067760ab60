/** A random life under observation: `cellkeeper sim --scenario random`. */
import { getHeapCodeStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { holdingRule, ruleName } from '../src/bms/explain';
import { isActive } from '../src/bms/guard';
import { Rule } from '../src/bms/rules';
import type { PlantOptions } from '../src/hal-mock/plant/plant';
import { seededRandom } from '../src/hal-mock/random';
import { wallClock } from './day';
import { Invariants, violationText } from './invariants';
import type { Violation } from './invariants-base';
import type { SocStats } from './invariants-soc';
import { RandomLife } from './random-life';
import type { VirtualPack } from './virtual-pack';

/** The observer looks once a tick, in a phase of its own. */
const LOOK_US = 250000;
const FIRST_LOOK_US = 111000;
const DAY_MS = 86400000;
/** A month of ordinary running adds some 0.3 MB of feedback and optimiser's data that are not counted as code. */
const HEAP_GROWTH = 1 << 20;
/** Reasons for an open path beside the rules. */
const ASLEEP = -1;
const CLOSING = -2;
/** So many violations are enough to look into. */
export const MOST_VIOLATIONS = 20;

export interface SoakSummary {
  virtualHours: number;
  /** Happenings, regimes and service by name. */
  events: Record<string, number>;
  eventTotal: number;
  /** How often each rule of the firmware was set. */
  rules: Record<string, number>;
  violations: string[];
  soc: SocStats;
  /** Times SOC showed 100 % and 0 %, and throughput of the real pack. */
  fulls: number;
  empties: number;
  chargedAh: number;
  dischargedAh: number;
  /** Net charge counted by the firmware over what really flowed, all windows together. */
  countedAh: number;
  realAh: number;
  /** Shares of the time in which each path was closed and the BMS asleep. */
  chgClosed: number;
  dsgClosed: number;
  asleep: number;
  /** What held the charge and the discharge path open, shares of the time. */
  chgOpen: Record<string, number>;
  dsgOpen: Record<string, number>;
  afeResets: number;
  starts: number;
  exceptions: number;
  /** Data in the heap after a collection at the start of day 2 and at the end, bytes; null = not that long. */
  heapDay2: number | null;
  heapEnd: number | null;
}

/** Errors of this pack's shunt: a calibration of 0.5 %, an offset of 60 mA. */
export function soakPlant(seed: number): Partial<PlantOptions> {
  const random = seededRandom(seed * 31 + 5);
  return { shuntGainError: 0.01 * (random() - 0.5), shuntOffsetUv: 30 * (random() - 0.5) };
}

/** The process's data after a full collection, bytes: what the compiler keeps grows for days, towards an end. */
function collectedHeap(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const code = getHeapCodeStatistics();
  return process.memoryUsage().heapUsed - code.code_and_metadata_size - code.bytecode_and_metadata_size;
}

/** Counts by name in order, over `all`. */
function sorted(counts: ReadonlyMap<string, number>, all: number): Record<string, number> {
  const rows = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(rows.map(([name, count]) => [name, count / all]));
}

/** The same for counts by rule. */
function named(counts: ReadonlyMap<number, number>, all: number): Record<string, number> {
  const name = (rule: number): string => (rule >= 0 ? ruleName(rule) : rule === ASLEEP ? 'asleep' : 'closing');
  return sorted(new Map([...counts].map(([rule, count]) => [name(rule), count])), all);
}

export class Soak {
  readonly life: RandomLife;
  readonly violations: Violation[] = [];
  private readonly invariants: Invariants;
  private lookUs = FIRST_LOOK_US;
  private readonly rules = new Map<number, number>();
  private readonly active = new Set<number>();
  private readonly looks = { chg: 0, dsg: 0, asleep: 0, all: 0 };
  private readonly held = [new Map<number, number>(), new Map<number, number>()] as const;
  private atEnd = 0;
  private fulls = 0;
  private empties = 0;
  private afeResets = 0;
  private starts = 1;
  private firmware;
  private heapDay2: number | null = null;
  private heapEnd: number | null = null;

  constructor(
    private readonly pack: VirtualPack,
    private readonly options: { seed: number; rate?: number; heapFromMs?: number },
    private readonly onLine: (line: string) => void,
  ) {
    const say = (text: string): void => onLine(`${wallClock(pack.board.time.nowUs / 1000)}  ${text}`);
    this.life = new RandomLife(pack, { seed: options.seed, rate: options.rate ?? 1 }, say);
    this.invariants = new Invariants(pack, this.life.injected);
    this.firmware = pack.firmware;
  }

  get failed(): boolean {
    return this.violations.length >= MOST_VIOLATIONS;
  }

  get eventTotal(): number {
    let total = 0;
    for (const count of this.life.counts.values()) total += count;
    return total;
  }

  /** Lets virtual time pass until `us`; life acts between two slices of the program, the observer looks each tick. */
  runTo(us: number): void {
    const { cpu, time } = this.pack.board;
    while (time.nowUs < us && !this.failed) {
      cpu.run(Math.min(us, this.life.dueUs, this.lookUs));
      if (time.nowUs >= this.life.dueUs) this.life.act();
      if (time.nowUs < this.lookUs) continue;
      while (this.lookUs <= time.nowUs) this.lookUs += LOOK_US;
      this.look();
    }
  }

  private look(): void {
    for (const violation of this.invariants.check()) this.report(violation);
    const { firmware, nowMs } = this.pack;
    const { pack, guard } = firmware;
    if (firmware !== this.firmware) {
      this.starts++;
      this.active.clear();
      this.afeResets += this.firmware.pack.afeResets;
      this.firmware = firmware;
    }
    for (let rule = 0; rule < Rule.Count; rule++) {
      const now = isActive(guard, rule);
      if (now && !this.active.has(rule)) this.rules.set(rule, (this.rules.get(rule) ?? 0) + 1);
      if (now) this.active.add(rule);
      else this.active.delete(rule);
    }
    const end = pack.samples === 0 ? 0 : pack.remainingMas >= pack.fullMas ? 1 : pack.remainingMas <= 0 ? -1 : 0;
    if (end === 1 && this.atEnd !== 1) this.fulls++;
    if (end === -1 && this.atEnd !== -1) this.empties++;
    this.atEnd = end;
    this.looks.all++;
    if (pack.chgFetOn) this.looks.chg++;
    else this.noteOpen(true);
    if (pack.dsgFetOn) this.looks.dsg++;
    else this.noteOpen(false);
    if (firmware.power.asleep) this.looks.asleep++;
    if (this.heapDay2 === null && nowMs >= (this.options.heapFromMs ?? DAY_MS)) this.heapDay2 = collectedHeap();
  }

  private noteOpen(charge: boolean): void {
    const { guard, power } = this.pack.firmware;
    const rule = holdingRule(guard, charge);
    const why = rule >= 0 ? rule : power.asleep ? ASLEEP : CLOSING;
    const held = this.held[charge ? 0 : 1];
    held.set(why, (held.get(why) ?? 0) + 1);
  }

  private report(violation: Violation): void {
    this.violations.push(violation);
    this.onLine(violationText(violation));
  }

  /** After the last look: has the heap grown? */
  end(): void {
    if (this.heapDay2 === null) return;
    this.heapEnd = collectedHeap();
    const growth = this.heapEnd - this.heapDay2;
    if (growth <= HEAP_GROWTH) return;
    const text = `the heap has grown by ${(growth / 1024).toFixed(0)} kB since the start of day 2`;
    this.report({ atMs: this.pack.nowMs, text });
  }

  summary(): SoakSummary {
    const { pack, life, invariants, looks } = this;
    const truth = pack.board.plant.truth();
    const all = looks.all || 1;
    return {
      virtualHours: pack.nowMs / 3600000,
      events: sorted(life.counts, 1),
      eventTotal: this.eventTotal,
      rules: named(this.rules, 1),
      violations: this.violations.map(violationText),
      soc: invariants.soc.stats,
      fulls: this.fulls,
      empties: this.empties,
      chargedAh: truth.chargedMas / 3.6e6,
      dischargedAh: truth.dischargedMas / 3.6e6,
      countedAh: invariants.counts.countedMas / 3.6e6,
      realAh: invariants.counts.realMas / 3.6e6,
      chgClosed: looks.chg / all,
      dsgClosed: looks.dsg / all,
      asleep: looks.asleep / all,
      chgOpen: named(this.held[0], all),
      dsgOpen: named(this.held[1], all),
      afeResets: this.afeResets + pack.firmware.pack.afeResets,
      starts: this.starts,
      exceptions: pack.board.cpu.errors.length,
      heapDay2: this.heapDay2,
      heapEnd: this.heapEnd,
    };
  }
}
