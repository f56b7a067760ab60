/**
 * A random life of the pack, the same for the same seed: hours of charging, discharging and rest, a year's weather in a
 * month, and the happenings of `random-life-happenings.ts` at random moments. What is done is told line by line.
 */
import { releaseOf, Release, ruleName } from '../src/bms/explain';
import { isActive, sinceMs } from '../src/bms/guard';
import { Rule } from '../src/bms/rules';
import type { Load } from '../src/hal-mock/plant/plant';
import { seededRandom, type Random } from '../src/hal-mock/random';
import { DAY_S, secondOfDay } from './day';
import { HAPPENINGS, holdResetKey, type Happening } from './random-life-happenings';
import { chargerText, loadText, Outlets } from './random-life-outlets';
import { durationText, pick, range, spread, nothingInjected, type Stage } from './random-life-stage';
import type { VirtualPack } from './virtual-pack';

export interface LifeOptions {
  seed: number;
  /** Factor on the rates of all happenings: a short test wants more of them. */
  rate: number;
}

const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;
const DAY_MS = DAY_S * SECOND_MS;
const CHORES_MS = 10 * SECOND_MS;
/** Weather, °C: mean, swing of the year (which lasts a month here), swing of the day, and what the pack is made for. */
const MEAN_C = 15;
const YEAR_C = 24;
const DAY_C = 7;
const COLDEST_C = -25;
const HOTTEST_C = 55;
const YEAR_MS = 30 * DAY_MS;
const WEATHER_MS = 300 * SECOND_MS;
/** Somebody looks after a pack that says so: a restart after repair, a charger after a short circuit. */
const SERVICE_MS = 20 * 60 * SECOND_MS;
/** The RST key restarts after 10 s (S20). */
const RESET_HOLD_MS = 11000;
const USABLE_AH = 100;

interface Due {
  us: number;
  id: number;
  action: () => void;
}

export class RandomLife implements Stage {
  readonly random: Random;
  readonly outlets: Outlets;
  readonly injected = nothingInjected();
  /** How often each happening came, by name; regimes and service under their own names. */
  readonly counts = new Map<string, number>();
  private readonly queue: Due[] = [];
  private nextId = 0;
  private readonly busyUntilMs = new Map<string, number>();
  /** A spell of unusual weather. */
  private spellC = 0;
  private spellUntilMs: number;
  private regime = 0;
  private error: unknown = null;

  constructor(
    readonly pack: VirtualPack,
    private readonly options: Readonly<LifeOptions>,
    private readonly onLine: (line: string) => void,
  ) {
    this.random = seededRandom(options.seed * 7919 + 17);
    this.outlets = new Outlets(pack.board.plant);
    this.spellUntilMs = spread(this.random, 0.2, 8) * DAY_MS;
    for (const happening of HAPPENINGS) this.expect(happening);
    this.chores();
    this.weather();
    this.live();
  }

  /** When something is to be done between two slices of the program, µs. */
  get dueUs(): number {
    return this.queue.length > 0 ? this.queue[0]!.us : Infinity;
  }

  /** Does what is due. */
  act(): void {
    const { time } = this.pack.board;
    while (this.dueUs <= time.nowUs) this.queue.shift()!.action();
    if (this.error !== null) throw this.error;
  }

  readonly after = (ms: number, action: () => void): void => {
    const { time } = this.pack.board;
    time.at(time.nowUs + ms * 1000, () => {
      try {
        action();
      } catch (error) {
        this.error ??= error; // not to the driver whose transfer this may be
      }
    });
  };

  readonly between = (ms: number, action: () => void): void => {
    const due = { us: this.pack.board.time.nowUs + ms * 1000, id: this.nextId++, action };
    let at = this.queue.length;
    while (at > 0 && this.queue[at - 1]!.us > due.us) at--;
    this.queue.splice(at, 0, due);
  };

  readonly say = (text: string): void => this.onLine(text);

  private tell(name: string, text: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    this.say(`${name}: ${text}`);
  }

  /** The next time of a happening: at any moment as likely as at any other. */
  private expect(happening: Happening): void {
    const ms = (-Math.log(1 - this.random()) * DAY_MS) / (happening.perDay * this.options.rate);
    const come = (): void => {
      this.come(happening);
      this.expect(happening);
    };
    if (happening.anywhere) this.after(ms, come);
    else this.between(ms, come);
  }

  private come(happening: Happening): void {
    const { nowMs } = this.pack;
    if ((this.busyUntilMs.get(happening.group) ?? 0) > nowMs) return;
    const began = happening.start(this);
    if (began === null) return;
    this.busyUntilMs.set(happening.group, nowMs + began[1]);
    const { injected } = this;
    if (['afe', 'bus', 'program'].includes(happening.group))
      injected.disturbedUntilMs = Math.max(injected.disturbedUntilMs, nowMs + began[1]);
    this.tell(happening.name, began[0]);
  }

  // ordinary life

  private get soc(): number {
    const { soc } = this.pack.board.plant.truth();
    return soc.reduce((sum, one) => sum + one, 0) / soc.length;
  }

  /** The next hours. A full pack is more often discharged, an empty one charged. */
  private live(): void {
    const { random, outlets, soc } = this;
    outlets.charger = null;
    outlets.load = null;
    outlets.watts = 0;
    const charges = soc < 0.15 ? 0.8 : soc > 0.85 ? 0.1 : 0.4;
    const chance = random();
    if (chance < 0.15) this.goOn(this.restHours());
    else if (chance < 0.15 + 0.85 * charges) this.goOn(this.chargeHours(soc));
    else this.goOn(this.dischargeHours(soc));
  }

  /** What is wanted now lasts so long, if nobody wants something else before. */
  private goOn(hours: number): void {
    const regime = ++this.regime;
    this.outlets.apply();
    this.after(hours * HOUR_MS, () => {
      if (regime === this.regime) this.live();
    });
  }

  private restHours(): number {
    const hours = spread(this.random, 0.5, 20);
    this.tell('rest', `nothing connected but an idle inverter, ${durationText(hours * HOUR_MS)}`);
    return hours;
  }

  private chargeHours(soc: number): number {
    const { random, outlets } = this;
    const amps = pick(random, [5, 10, 20, 20, 20, 30, 50, 80, 100]);
    const volts = pick(random, [54, 55.2, 56, 56.8, 57.6, 57.6, 58.4, 60, 62]);
    outlets.charger = { amps, volts };
    const hours = limited((((1.05 - soc) * USABLE_AH) / amps) * range(random, 0.4, 1.5), 0.3, 16);
    const sun = random() < 0.3;
    if (sun) outlets.watts = Math.round(range(random, 50, amps * 30));
    const besides = sun ? `, ${outlets.watts} W drawn beside` : '';
    this.tell('charge', `${chargerText(outlets.charger)}${besides}, ${durationText(hours * HOUR_MS)}`);
    return hours;
  }

  private dischargeHours(soc: number): number {
    const { random, outlets } = this;
    const watts = Math.round(spread(random, 100, 4500));
    const hours = limited(((Math.max(soc, 0.1) * USABLE_AH * 51) / watts) * range(random, 0.3, 1.4), 0.3, 16);
    if (random() < 0.6) {
      outlets.watts = watts;
      outlets.careful = random() < 0.6;
      const kind = outlets.careful ? 'inverter with low-battery cut-off' : 'inverter';
      this.tell('discharge', `${kind} ${watts} W, ${durationText(hours * HOUR_MS)}`);
    } else {
      const load: Load = pick(random, [{ amps: watts / 51 }, { watts }, { ohms: 2601 / watts }]);
      outlets.load = load;
      this.tell('discharge', `load ${loadText(load)}, ${durationText(hours * HOUR_MS)}`);
    }
    return hours;
  }

  /** What is looked after every few seconds. */
  private chores(): void {
    this.outlets.supervise();
    this.serve();
    this.between(CHORES_MS, () => this.chores());
  }

  /** What the pack asks for in its explanations and does not get by itself. */
  private serve(): void {
    const { firmware, board, nowMs } = this.pack;
    const { guard, params } = firmware;
    if (this.injected.halted || (this.busyUntilMs.get('service') ?? 0) > nowMs) return;
    for (let rule = Rule.CellOvp; rule < Rule.Memory; rule++) {
      if (!isActive(guard, rule) || guard.nowMs - sinceMs(guard, rule) < SERVICE_MS) continue;
      if (releaseOf(guard, params, rule) === Release.Service) {
        this.tell('service', `${ruleName(rule)}: RST key`);
        holdResetKey(this, RESET_HOLD_MS);
      } else if (rule === Rule.Scp && this.outlets.charger === null) {
        this.tell('service', `${ruleName(rule)}: a charger is connected`);
        this.goOn(this.chargeHours(this.soc));
      } else continue;
      this.busyUntilMs.set('service', nowMs + SERVICE_MS);
      return;
    }
    if (board.plant.truth().breaker === 'tripped') {
      this.tell('service', 'the breaker is closed again');
      board.plant.closeBreaker();
    }
  }

  private weather(): void {
    const { random } = this;
    const nowMs = this.pack.board.time.nowUs / 1000;
    if (nowMs >= this.spellUntilMs) {
      this.spellC = this.spellC !== 0 ? 0 : range(random, -25, 25);
      const hours = this.spellC !== 0 ? spread(random, 4, 24) : spread(random, 24, 200);
      this.spellUntilMs = nowMs + hours * HOUR_MS;
      if (this.spellC !== 0)
        this.tell('weather', `${this.spellC.toFixed(0)} K off for ${durationText(hours * HOUR_MS)}`);
    }
    this.pack.board.plant.setAmbient(ambientAt(this.options.seed, nowMs, this.spellC));
    this.after(WEATHER_MS, () => this.weather());
  }

  get chargerText(): string {
    return this.outlets.chargerText;
  }

  get loadText(): string {
    return this.outlets.loadText;
  }
}

function limited(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** Coldest at four in the night and once a month; the seed says in which season it begins. `offC`: a spell. */
export function ambientAt(seed: number, ms: number, offC: number): number {
  const year = Math.sin(2 * Math.PI * (ms / YEAR_MS + (seed % 8) / 8));
  const day = Math.sin((2 * Math.PI * (secondOfDay(ms) - 10 * 3600)) / DAY_S);
  return limited(MEAN_C + YEAR_C * year + DAY_C * day + offC, COLDEST_C, HOTTEST_C);
}
