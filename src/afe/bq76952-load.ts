/**
 * Load detection (S7): while a short circuit holds both paths open, the chip sends some 0.1 mA out of its LD pin (it does
 * so on command also with Active Time 0). Where more than about 20 kOhm hang on the terminals, the pin rises above 4 V.
 */
import { Pack } from '../bms/pack';
import { Protection } from '../bms/rules';
import { command } from './bq76952-link';
import { Bq76952, Fet, FET_STATUS } from './bq76952-record';
import { detectsLoad, LOAD_DETECT_OFF } from './bq76952-start';

const LOAD_DETECT_ON = 0x009e;
/** LD pin, mV: below it without the source, above it with the source = nothing there (TI manual, "Load Detect"). */
const FREE_MV = 4000;
/** Ticks until every LD reading is one with, or without, the source: two scans of 189 ms. */
const SETTLE_TICKS = 2;
/** Ticks from one turn to the next. */
const REST_TICKS = 4;

/**
 * One tick of it, with the LD pin's voltage of this tick. While `loadTurn` is above 0 that voltage is the source's, not
 * the terminal's. A charger or a charged capacitor at the terminals leaves `loadGone` false: nothing can be known then.
 * Two turns in a row have to find the terminals free: a short circuit may be a loose contact.
 */
export function watchLoad(afe: Bq76952, pack: Pack, ldMv: number, bothOff: boolean): void {
  const link = afe.link;
  const turn = afe.loadTurn;
  const open = bothOff && (pack.protections & Protection.Scp) !== 0 && (afe.alarms.data[FET_STATUS] & Fet.All) === 0;
  if (!open) afe.loadFree = pack.loadGone = false;
  if (turn === 0) {
    if (open && ldMv < FREE_MV) {
      command(link, LOAD_DETECT_ON);
      afe.loadTurn = 1;
    } else afe.loadFree = pack.loadGone = false;
    return;
  }
  if (turn === SETTLE_TICKS) {
    const free = open && ldMv > FREE_MV;
    pack.loadGone = free && afe.loadFree;
    afe.loadFree = free;
    command(link, LOAD_DETECT_OFF);
  } else if (turn === 2 * SETTLE_TICKS) {
    if (!detectsLoad(link)) {
      afe.loadTurn = -REST_TICKS;
      return;
    }
    command(link, LOAD_DETECT_OFF); // the last one was lost
    afe.loadTurn = SETTLE_TICKS;
  }
  afe.loadTurn++;
}
