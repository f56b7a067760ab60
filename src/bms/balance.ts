/**
 * Balancing (S4): which cells the AFE bleeds. Once a second; the AFE ends it by itself when the mask is not repeated
 * for 20 s, and pauses the bleed while it measures.
 */
import { highest, lowest } from '../hal/native';
import { IDLE_MA } from './fets';
import { Pack } from './pack';
import { P } from './params';
import { Protection } from './rules';

/** Neighbours share a filter resistor, so odd and even cells take turns of this length. */
const TURN_S = 8;
const EVEN = 0x5555;
const ODD = 0xaaaa;
/** Cells are bled between these temperatures only (S4). */
const MIN_DECI_C = 0;
const MAX_DECI_C = 500;
const CELL_SENSORS = 15;
/** Over-charge is when balancing is needed most; any other protection stops it. */
const HARMLESS = Protection.CellOvp | Protection.PackOvp;

export interface Balancer {
  /** Cells that have too much: bit 0 = cell 1. */
  wanted: number;
  seconds: number;
}

export function createBalancer(): Balancer {
  return { wanted: 0, seconds: 0 };
}

/** No fault, no protection but over-charge, T1..T4 known and between 0 and 50 degrees, the pack not discharging. */
function allowed(pack: Readonly<Pack>): boolean {
  return (
    pack.sampleOk &&
    pack.faults === 0 &&
    (pack.protections & ~HARMLESS) === 0 &&
    (pack.tempValid & CELL_SENSORS) === CELL_SENSORS &&
    pack.currentMa >= -IDLE_MA &&
    lowest(pack.cellDeciC) >= MIN_DECI_C &&
    highest(pack.cellDeciC) <= MAX_DECI_C
  );
}

/** Call once a second. Returns the cells to bleed now, never two neighbours; leaves it in `pack.bleedMask` too. */
export function balance(b: Balancer, pack: Pack, p: Int32Array): number {
  b.seconds++;
  const keep = pack.minMv + p[P.BalanceStopMv];
  const floor = p[P.BalanceMv];
  if (!allowed(pack) || pack.maxMv <= floor || pack.maxMv < keep) {
    b.wanted = 0;
    pack.bleedMask = 0;
    return 0;
  }
  const start = pack.minMv + p[P.BalanceStartMv];
  let wanted = 0;
  let bit = 1;
  for (const mv of pack.cellMv) {
    if (mv > floor && (mv > start || (mv >= keep && (b.wanted & bit) !== 0))) wanted |= bit;
    bit <<= 1;
  }
  b.wanted = wanted;
  const turn = b.seconds % (2 * TURN_S) < TURN_S ? EVEN : ODD;
  pack.bleedMask = (wanted & turn) !== 0 ? wanted & turn : wanted & ~turn;
  return pack.bleedMask;
}
