/**
 * Charge-budget balancing (option `BalanceBudget`, algorithms.md 4.4, ADR 15): the order in which cells pass a steep part
 * of their curve under a steady charge current says how much charge each holds too much. That budget is bled at any
 * state of charge above a floor, long after the voltages have become equal again.
 */
import { CELL_MOHM } from './estimate';
import { highest } from '../hal/native';
import { CELLS, Pack } from './pack';
import { P } from './params';
import { Protection } from './rules';

const ALL_CELLS = 65535;
/** Without its resistance a charged cell rises here by 1 mV for some 0.01 % of charge (algorithms.md 4.1, 4.4). */
const CROSS_MV = 3420;
/** A cell that falls so far below the mark again has not crossed it: a loose wire, a jump of the reading. */
const FALL_MV = 10;
/** A look needs a charge current of 0.05 C that stays within an eighth of its first value: another current bends all curves. */
const LOOK_C = 20;
const STEADY_PART = 8;
/** Until the fast part of the polarisation has settled (20 s, algorithms.md 4.9), s. */
const SETTLE_S = 60;
/** Shares of the design capacity, permille: what a look may be wrong by, which is left; and what is believed at once. */
const DOUBT_PERMILLE = 1;
const MOST_PERMILLE = 10;
/** Budgets end at this SOC (1/5), or 7 days after their look; they rest above this discharge current (1/5 C). */
const FLOOR_PART = 5;
const LOAD_C = 5;
const STALE_S = 604800;
/** Two filter resistors of 20 ohm and the switch of the AFE (hardware.md 2.6); the AFE ends a bleed after 20 s. */
const BLEED_OHM = 65;
const EXPIRY_S = 20;

/** Worth storing: `mas` and `ageS`; `cells` follows from `mas`. The rest is one look at one charge. */
export interface Budget {
  /** What each cell is to lose, mA s. */
  mas: Int32Array;
  /** Cells that have something to lose, bit 0 = cell 1. */
  cells: number;
  /** Since the look that they come from, s of the AFE. */
  ageS: number;
  /** AFE seconds at the last step; -1 = none yet. */
  countedSeconds: number;
  /** The current that has to stay, and for how many calls it has. */
  steadyMa: number;
  steadyS: number;
  /** `Pack.chargedMas` when the look began, and the charge since then at which each cell crossed, mA s. */
  startMas: number;
  crossedMas: Int32Array;
  /** Cells above the mark: in the last second; for two seconds, so that `crossedMas` counts; when the look began. */
  above: number;
  crossed: number;
  late: number;
}

export function createBudget(): Budget {
  return {
    mas: new Int32Array(CELLS),
    cells: 0,
    ageS: 0,
    countedSeconds: -1,
    steadyMa: 0,
    steadyS: 0,
    startMas: 0,
    crossedMas: new Int32Array(CELLS),
    above: 0,
    crossed: 0,
    late: 0,
  };
}

/** What the mask of the last call has taken, by the AFE's own seconds; they may be late, but a call is a second at least. */
function spend(b: Budget, pack: Readonly<Pack>): void {
  const passedS = b.countedSeconds < 0 ? 1 : Math.max(pack.countedSeconds - b.countedSeconds, 1);
  b.countedSeconds = pack.countedSeconds;
  if (b.cells === 0) return;
  b.ageS += passedS;
  const bled = pack.bleedMask & b.cells;
  const bledS = Math.min(passedS, EXPIRY_S);
  for (let i = 0; bled >> i !== 0; i++)
    if (((bled >> i) & 1) !== 0) {
      b.mas[i] -= (pack.cellMv[i] * bledS) / BLEED_OHM;
      if (b.mas[i] <= 0) {
        b.mas[i] = 0;
        b.cells &= ~(1 << i);
      }
    }
}

/**
 * The look is over. A cell holds at least what flowed between its crossing and the last one (or the end, if some never
 * crossed) too much; exactly that when it was seen to cross and all others did.
 */
function conclude(b: Budget, pack: Readonly<Pack>): void {
  const complete = b.crossed === ALL_CELLS;
  const endMas = complete ? highest(b.crossedMas) : pack.chargedMas - b.startMas;
  const permille = pack.designMas / 1000;
  b.cells = 0;
  b.ageS = 0;
  for (let i = 0, bit = 1; i < CELLS; i++, bit <<= 1) {
    if ((b.crossed & bit) !== 0) {
      const mas = Math.min(Math.max(endMas - b.crossedMas[i] - DOUBT_PERMILLE * permille, 0), MOST_PERMILLE * permille);
      if (mas > b.mas[i] || (complete && (b.late & bit) === 0)) b.mas[i] = mas;
    }
    if (b.mas[i] > 0) b.cells |= bit;
  }
}

/** One second of a look at the charge. */
function look(b: Budget, pack: Readonly<Pack>): void {
  const ma = pack.currentMa;
  const steady = ma * LOOK_C * 3600 >= pack.designMas && Math.abs(ma - b.steadyMa) * STEADY_PART <= b.steadyMa;
  if (!steady) {
    if (b.steadyS >= SETTLE_S && b.crossed !== 0 && b.crossed !== ALL_CELLS) conclude(b, pack);
    b.steadyMa = ma;
    b.steadyS = 0;
    return;
  }
  b.steadyS++;
  if (b.steadyS < SETTLE_S) return;
  const begins = b.steadyS === SETTLE_S;
  if (begins) {
    b.startMas = pack.chargedMas;
    b.above = 0;
    b.crossed = 0;
    b.late = 0;
  }
  if (b.crossed === ALL_CELLS) return;
  const markMv = CROSS_MV + (ma * CELL_MOHM) / 1000;
  if (b.crossed === 0 && pack.maxMv < markMv) {
    b.above = 0;
    return;
  }
  const mas = pack.chargedMas - b.startMas;
  let above = 0;
  for (let i = 0, bit = 1; i < CELLS; i++, bit <<= 1) {
    const mv = pack.cellMv[i];
    if (mv >= markMv) {
      above |= bit;
      if ((b.above & ~b.crossed & bit) !== 0) {
        b.crossed |= bit;
        b.crossedMas[i] = mas;
      }
    } else if ((b.crossed & bit) !== 0 && mv < markMv - FALL_MV) {
      b.steadyS = 0;
      return;
    }
  }
  b.above = above;
  if (begins) b.late = above;
  if (b.crossed === ALL_CELLS && b.late !== ALL_CELLS) conclude(b, pack);
}

/** True when the budgets may no longer be believed: old, contradicted by a fault, or the pack nears its empty end. */
function outdated(b: Readonly<Budget>, pack: Readonly<Pack>, p: Int32Array): boolean {
  return (
    b.ageS > STALE_S ||
    pack.faults !== 0 ||
    (pack.protections & (Protection.CellUvp | Protection.PackUvp)) !== 0 ||
    pack.minMv < p[P.SleepMv] ||
    pack.remainingMas * FLOOR_PART < pack.fullMas
  );
}

/** Call once a second, with the mask of the last call still in the pack. Returns the cells with a budget to bleed now. */
export function owing(b: Budget, pack: Readonly<Pack>, p: Int32Array, allowed: boolean): number {
  spend(b, pack);
  if (allowed) look(b, pack);
  else b.steadyS = 0;
  if (b.cells === 0) return 0;
  if (outdated(b, pack, p)) {
    b.mas.fill(0);
    b.cells = 0;
  } else if (pack.maxMv - pack.minMv > p[P.BalanceStartMv]) {
    // the lowest by far does not hold too much, whatever a look has said
    b.mas[pack.minCell] = 0;
    b.cells &= ~(1 << pack.minCell);
  }
  return allowed && pack.currentMa * LOAD_C * 3600 >= -pack.designMas ? b.cells : 0;
}
