/**
 * Balancing (S4): which cells the AFE bleeds. Once a second; the AFE ends it by itself when the mask is not repeated
 * for 20 s, and pauses the bleed while it measures. ADR 15.
 */
import { highest, lowest } from '../hal/native';
import { Budget, createBudget, owing } from './balance-budget';
import { IDLE_MA } from './fets';
import { CELLS, Pack, Sensor } from './pack';
import { P } from './params';
import { Protection } from './rules';

/** Neighbours share a filter resistor, so odd and even cells take turns of this length. */
const TURN_S = 8;
const EVEN = 0x5555;
const ODD = 0xaaaa;
/** Cells are bled between these temperatures only (S4). */
const MIN_DECI_C = 0;
const MAX_DECI_C = 500;
/** T1..T4 and T5. */
const NEEDED_SENSORS = 31;
/** Above the first fewer cells at once, from the second on none: the AFE shares its board with the MOSFETs (algorithms.md 4.4). */
const WARM_DECI_C = 600;
const HOT_DECI_C = 750;
/** No more than these have no neighbour among them. */
const MOST_CELLS = 8;
/** Over-charge is when balancing is needed most; any other protection stops it. */
const HARMLESS = Protection.CellOvp | Protection.PackOvp;

export interface Balancer {
  /** Cells that are too high: bit 0 = cell 1. */
  wanted: number;
  seconds: number;
  /** Exists while the option is on. */
  budget: Budget | null;
}

export function createBalancer(): Balancer {
  return { wanted: 0, seconds: 0, budget: null };
}

/**
 * No fault, no protection but over-charge, T1..T5 known and the cells between 0 and 50 degrees; not locked, no path
 * switched off by the host, and not asleep, which opens both.
 */
function allowed(pack: Readonly<Pack>): boolean {
  return (
    pack.sampleOk &&
    pack.faults === 0 &&
    (pack.protections & ~HARMLESS) === 0 &&
    pack.hostOff === 0 &&
    !pack.locked &&
    (pack.chgOn || pack.dsgOn) &&
    (pack.tempValid & NEEDED_SENSORS) === NEEDED_SENSORS &&
    lowest(pack.cellDeciC) >= MIN_DECI_C &&
    highest(pack.cellDeciC) <= MAX_DECI_C
  );
}

/** S4 as written. A discharge ends it: its voltages say more about resistances than about charge. */
function tooHigh(b: Readonly<Balancer>, pack: Readonly<Pack>, p: Int32Array): number {
  if (pack.currentMa < -IDLE_MA) return 0;
  const floor = p[P.BalanceMv];
  const keep = pack.minMv + p[P.BalanceStopMv];
  const start = pack.minMv + p[P.BalanceStartMv];
  let wanted = 0;
  let bit = 1;
  for (const mv of pack.cellMv) {
    if (mv > floor && (mv > start || (mv >= keep && (b.wanted & bit) !== 0))) wanted |= bit;
    bit <<= 1;
  }
  return wanted;
}

/** Of `mask` the `most` highest cells. */
function highestOf(mask: number, most: number, pack: Readonly<Pack>): number {
  let chosen = 0;
  for (; most > 0 && mask !== 0; most--) {
    let best = -1;
    for (let i = 0; i < CELLS; i++)
      if (((mask >> i) & 1) !== 0 && (best < 0 || pack.cellMv[i] > pack.cellMv[best])) best = i;
    chosen |= 1 << best;
    mask &= ~(1 << best);
  }
  return chosen;
}

/** Call once a second. Returns the cells to bleed now, never two neighbours; leaves it in `pack.bleedMask` too. */
export function balance(b: Balancer, pack: Pack, p: Int32Array): number {
  b.seconds++;
  const byCharge = p[P.BalanceBudget] !== 0;
  const high = pack.maxMv > p[P.BalanceMv];
  const may = (high || byCharge) && allowed(pack);
  b.wanted = high && may ? tooHigh(b, pack, p) : 0;
  let wanted = b.wanted;
  if (!byCharge) b.budget = null;
  else {
    if (b.budget === null) b.budget = createBudget();
    wanted |= owing(b.budget, pack, p, may);
  }
  let mask = 0;
  if (wanted !== 0) {
    mask = wanted & (b.seconds % (2 * TURN_S) < TURN_S ? EVEN : ODD);
    mask |= wanted & ~((mask << 1) | (mask >> 1)); // the others that are not beside one of these
    const warm = pack.tempDeciC[Sensor.Mosfet] - WARM_DECI_C;
    if (warm > 0) mask = highestOf(mask, MOST_CELLS - (MOST_CELLS * warm) / (HOT_DECI_C - WARM_DECI_C), pack);
  }
  pack.bleedMask = mask;
  return mask;
}
