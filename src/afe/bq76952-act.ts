/** What a BQ76952 is told to do in every tick: which path may conduct, and which cells are bled (hardware.md 2.4). */
import { writeValue } from './bq76952-link';
import { Bq76952, Fet, FET_STATUS, Stage } from './bq76952-record';

const CB_ACTIVE_CELLS = 0x0083; // bit 0 = cell 1; the chip ends it after 20 s
const FET_CONTROL = 0x0097;
/** FET_CONTROL: bits force off, in another order than FET_STATUS. There is no pre-charge FET, so its bit stays set. */
const PCHG_OFF = 8;
const CHG_OFF = 4;
const DSG_PDSG_OFF = 3;
export const BOTH_OFF = PCHG_OFF | CHG_OFF | DSG_PDSG_OFF;
/** Alarm Raw Status, a word of the alarm block: cells are bled. */
export const PRESENT = 1;
const CB = 0x0004;

/** Commands are repeated after so many ticks: a write that got lost is not reported. */
const REPEAT_TICKS = 4;
const BLEED_TICKS = 20;

/**
 * Permits or forces off each path. Nothing is sent before the first good sample: a load that stays on over a restart of
 * the controller is not dropped by its ignorance. Nothing is sent either in a tick in which the bus has failed: it could
 * block once more, and BOTHOFF needs no bus. Sent on change, while a MOSFET is on against the request, and each second.
 */
export function setFets(afe: Bq76952, chg: boolean, dsg: boolean): void {
  if (afe.stage !== Stage.Run || afe.failures > 0) return;
  const mask = PCHG_OFF | (chg ? 0 : CHG_OFF) | (dsg ? 0 : DSG_PDSG_OFF);
  const fets = afe.alarms.data[FET_STATUS];
  const defies = (!chg && (fets & Fet.Chg) !== 0) || (!dsg && (fets & (Fet.Dsg | Fet.Pdsg)) !== 0);
  if (mask === afe.fetMask && !defies && ++afe.fetAge < REPEAT_TICKS) return;
  afe.fetMask = -1;
  try {
    if (!afe.link.free()) return;
    writeValue(afe.link, FET_CONTROL, 1, mask);
    afe.fetMask = mask;
    afe.fetAge = 0;
  } catch (e) {
    // sent again in the next tick
  }
}

/**
 * Bleeds the cells of `mask`, bit 0 = cell 1. Call it each tick: sent on change, repeated long before the chip ends it by
 * itself, and each tick while cells are bled that nobody wants bled. Nothing is sent in a tick in which the bus has
 * failed, as for the MOSFETs; then the chip's own 20 s end it.
 */
export function bleed(afe: Bq76952, mask: number): void {
  if (afe.stage !== Stage.Run || afe.failures > 0) return;
  if (mask === afe.bleedMask) {
    if (mask === 0 ? (afe.alarms.words[PRESENT] & CB) === 0 : ++afe.bleedAge < BLEED_TICKS) return;
  }
  afe.bleedMask = -1;
  try {
    if (!afe.link.free()) return;
    writeValue(afe.link, CB_ACTIVE_CELLS, 2, mask);
    afe.bleedMask = mask;
    afe.bleedAge = 0;
  } catch (e) {
    // sent again in the next tick
  }
}
