/** No path closed outside its limits for longer than the delay (S2 to S6, S9); closed over its own diode is allowed (S12). */
import { Lasting, type Invariant, type Moment } from './invariants-base';

/**
 * Beyond its delay: sample phase and tick 250 ms each, scan of the AFE 63 ms (cells) or 189 ms, switching and our own
 * rhythm 250 ms. A temperature that jumps needs three samples more.
 */
const ACT_MS = 1000;
const ACT_SENSOR_MS = 1750;
/** A sensor that was open or shorted counts again so long after it has healed. */
const HEAL_MS = 5000;
/** Current that counts as flowing over a diode: the rule of S12 opens below 0.1 A. */
const DIODE_MA = 50;
/** A sample within this time: the firmware can know. */
const SIGHT_MS = 600;

export const CELLS = [0, 1, 2, 3];
export const ANY = [0, 1, 2, 3, 5];
export const MOSFET = [4];
export const AMBIENT = [5];

type Path = 'chg' | 'dsg' | 'both';

/** A quantity at its worst, and where: cell or sensor from 1, 0 = the pack. NaN when nobody can know it. */
export type Worst = (moment: Readonly<Moment>) => readonly [value: number, where: number];

export function cell(sign: 1 | -1): Worst {
  return ({ truth }) => {
    let at = 0;
    truth.cellMv.forEach((mv, i) => {
      if (sign * (mv - truth.cellMv[at]!) > 0) at = i;
    });
    return [truth.cellMv[at]!, at + 1];
  };
}

export function sensor(sensors: readonly number[], sign: 1 | -1): Worst {
  return ({ truth, injected, nowMs }) => {
    let at = -1;
    for (const i of sensors) {
      const broken = (injected.sensors & (1 << i)) !== 0 || nowMs - injected.sensorMs[i]! < HEAL_MS;
      if (!broken && (at < 0 || sign * (truth.celsius[i]! - truth.celsius[at]!) > 0)) at = i;
    }
    return at < 0 ? [NaN, 0] : [truth.celsius[at]!, at + 1];
  };
}

export const stack: Worst = ({ truth }) => [truth.stackMv, 0];
const current: Worst = ({ truth }) => [truth.currentMa, 0];

export interface Limit {
  readonly id: string;
  readonly path: Path;
  readonly what: string;
  readonly worst: Worst;
  /** 1: not above; -1: not below. */
  readonly sign: 1 | -1;
  readonly limit: number;
  readonly tolerance: number;
  readonly delayMs: number;
}

/** Tolerances: AFE 1 mV a cell and 5 mV of bleed drop, 10 mV a stack and rounding, 0.5 % of a current and 100 mA, 1 K. */
// prettier-ignore
export const LIMITS: readonly Limit[] = [
  { id: 'S3', path: 'chg',  what: 'cell, mV',   worst: cell(1),            sign: 1,  limit: 3700,    tolerance: 10,  delayMs: 1000 },
  { id: 'S3', path: 'chg',  what: 'pack, mV',   worst: stack,              sign: 1,  limit: 59200,   tolerance: 60,  delayMs: 1000 },
  { id: 'S2', path: 'chg',  what: 'charge, mA', worst: current,            sign: 1,  limit: 110000,  tolerance: 700, delayMs: 1000 },
  { id: 'S9', path: 'chg',  what: 'cell, degC', worst: sensor(CELLS, 1),   sign: 1,  limit: 55,      tolerance: 1,   delayMs: 2000 },
  { id: 'S9', path: 'chg',  what: 'cell, degC', worst: sensor(CELLS, -1),  sign: -1, limit: -5,      tolerance: 1,   delayMs: 2000 },
  { id: 'S6', path: 'dsg',  what: 'cell, mV',   worst: cell(-1),           sign: -1, limit: 2500,    tolerance: 10,  delayMs: 1000 },
  { id: 'S6', path: 'dsg',  what: 'pack, mV',   worst: stack,              sign: -1, limit: 40000,   tolerance: 60,  delayMs: 1000 },
  { id: 'S5', path: 'dsg',  what: 'load, mA',   worst: current,            sign: -1, limit: -130000, tolerance: 800, delayMs: 1000 },
  { id: 'S9', path: 'dsg',  what: 'cell, degC', worst: sensor(CELLS, 1),   sign: 1,  limit: 60,      tolerance: 1,   delayMs: 2000 },
  { id: 'S9', path: 'dsg',  what: 'cell, degC', worst: sensor(CELLS, -1),  sign: -1, limit: -20,     tolerance: 1,   delayMs: 2000 },
  { id: 'S9', path: 'both', what: 'any, degC',  worst: sensor(ANY, 1),     sign: 1,  limit: 65,      tolerance: 1,   delayMs: 2000 },
  { id: 'S9', path: 'both', what: 'MOSFET, degC',  worst: sensor(MOSFET, 1),   sign: 1,  limit: 110, tolerance: 1.5, delayMs: 2000 },
  { id: 'S9', path: 'both', what: 'ambient, degC', worst: sensor(AMBIENT, -1), sign: -1, limit: -25, tolerance: 1,   delayMs: 2000 },
];

/** True when that path is closed and not only over the current of its own diode (S12). */
function closed({ truth }: Readonly<Moment>, path: Path): boolean {
  const { fets, currentMa } = truth;
  if (path === 'both') return fets.chg || fets.dsg || fets.pdsg;
  return path === 'chg' ? fets.chg && currentMa > -DIODE_MA : (fets.dsg || fets.pdsg) && currentMa < DIODE_MA;
}

function allowedMs({ what, delayMs }: Readonly<Limit>): number {
  return delayMs + (what.endsWith('degC') ? ACT_SENSOR_MS : ACT_MS);
}

export function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

export class LimitRules implements Invariant {
  private readonly lasting = LIMITS.map(() => new Lasting());
  private readonly cold = new Lasting();
  private readonly coldest = sensor(CELLS, -1);

  check(moment: Readonly<Moment>): string[] {
    const texts: string[] = [];
    const { restarted, sampleAgeMs, truth } = moment;
    if (restarted) for (const lasting of [...this.lasting, this.cold]) lasting.reset(); // its delays begin anew
    // while it cannot see its own clock stands still: `ProgramRules` says for how long that may be
    const dtMs = sampleAgeMs <= SIGHT_MS ? moment.dtMs : 0;
    LIMITS.forEach((limit, i) => {
      const [value, where] = limit.worst(moment);
      const outside = limit.sign * (value - limit.limit) > limit.tolerance;
      if (!this.lasting[i]!.exceeded(outside && closed(moment, limit.path), dtMs, allowedMs(limit))) return;
      const paths = limit.path === 'both' ? 'a path' : limit.path === 'chg' ? 'charge path' : 'discharge path';
      texts.push(
        `${limit.id} ${paths} closed for ${number(this.lasting[i]!.ms)} ms, allowed ${allowedMs(limit)} ms: ${limit.what}` +
          `${where > 0 ? ` (${where})` : ''} ${number(value)}, limit ${limit.limit}`,
      );
    });
    const [coldC] = this.coldest(moment);
    if (this.cold.exceeded(truth.currentMa > 300 && coldC < -6, dtMs, 2000 + ACT_SENSOR_MS))
      texts.push(`S9 ${number(truth.currentMa)} mA charge at ${number(coldC)} degC for ${number(this.cold.ms)} ms`);
    return texts;
  }
}
