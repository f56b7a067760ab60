/** What holds a pack back, and what of it got lost: for the properties of S14. */
import { OPENS_CHG, OPENS_DSG } from '../../src/bms/fets';
import type { Guard } from '../../src/bms/guard';
import type { Pack } from '../../src/bms/pack';

const NAMES = [
  'path or permission',
  'protection',
  'fault',
  'lock of charge',
  'lock of discharge',
  'lock of short circuit',
];
/** So many of them are bits, the others count towards a lock. */
const WORDS = 3;

/** Permissions and paths that are shut, protections and faults as bits; trips since the last release from outside. */
export function restraints({ pack, guard }: { pack: Readonly<Pack>; guard: Readonly<Guard> }): number[] {
  const open = [pack.chgAllowed, pack.dsgAllowed, pack.chgOn, pack.dsgOn];
  const shut = open.reduce((bits, on, i) => bits | (on ? 0 : 1 << i), 0);
  return [shut, pack.protections, pack.faults, ...guard.trips];
}

/** Of what was `kept` so far, what good data still keeps stays in `kept`. Names what is missing in `now`, or ''. */
export function loosened(kept: number[], good: readonly number[], now: readonly number[]): string {
  for (let i = 0; i < kept.length; i++) {
    kept[i] = i < WORDS ? kept[i]! & good[i]! : Math.min(kept[i]!, good[i]!);
    const lost = i < WORDS ? kept[i]! & ~now[i]! : Math.max(0, kept[i]! - now[i]!);
    if (lost !== 0) return `${NAMES[i]} ${lost} lost`;
  }
  return '';
}

/** True for each path, charge and discharge, that such protections or faults hold open. */
export function openedBy(protections: number, faults: number): [boolean, boolean] {
  return [faults !== 0 || (protections & OPENS_CHG) !== 0, faults !== 0 || (protections & OPENS_DSG) !== 0];
}
