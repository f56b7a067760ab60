/**
 * The BQ76952's way from power-up to the first sample (hardware.md 2.8): find it, configure it or recognise its
 * configuration, read every register back, wait for its first scan. Registers: hardware.md 2.3 and 2.4.
 */
import { AfeProblem, Pack } from '../bms/pack';
import { ask, command, fetch, Link, read, readWordPlain, refresh, word, writePlain, writeValue } from './bq76952-link';
import { Bq76952, enter, Fet, FET_STATUS, SAFETY, Stage } from './bq76952-record';

const BATTERY_STATUS = 0x12;
/** Its byte of the safety block. */
const STATUS_LOW = BATTERY_STATUS - SAFETY;
const CONTROL_STATUS = 0x00;

const DEVICE_NUMBER = 0x0001;
const STATIC_CFG_SIG = 0x0005;
const FET_ENABLE = 0x0022; // toggles
const MANUFACTURING_STATUS = 0x0057;
const SET_CFGUPDATE = 0x0090;
const EXIT_CFGUPDATE = 0x0092;
const DSG_PDSG_OFF = 0x0093;
const CHG_PCHG_OFF = 0x0094;
const ALL_FETS_OFF = 0x0095;
export const LOAD_DETECT_OFF = 0x009f;
const COMM_TYPE = 0x9239;
const SWAP_COMM_MODE = 0x29bc;

const BQ76952 = 0x7695;
/** Control Status: the load-detect source was on while the LD pin was last measured. */
const LD_ON = 0x0001;
/** Battery Status. */
const CFGUPDATE = 0x0001;
const POR = 0x0008;
const SEC = 0x0300;
/** Alarm Status: Safety Status B or C has been set, the latter also by the host watchdog. */
const SSBC = 0x8000;
const FET_EN = 0x0010;

/** Rows written and blocks of 32 bytes compared in one step of the start: some 3 million instructions. */
const ROWS = 3;
const BLOCKS = 1;
/** So often the registers may be written before a difference is a fault. */
const ROUNDS = 3;

/** The order code without CRC from the factory is switched over, in two ticks: 2 ms pass before it takes registers. */
function joinCrc(link: Link, pack: Pack): void {
  const status = readWordPlain(link, BATTERY_STATUS);
  if (status === 0xffff || (status & SEC) === 0) return;
  if ((status & CFGUPDATE) === 0) return writePlain(link, [0x3e, SET_CFGUPDATE, 0]);
  if (pack.samples > 0) pack.afeResets++;
  writePlain(link, [0x3e, COMM_TYPE & 255, COMM_TYPE >> 8, 0x12]);
  writePlain(link, [0x60, 0x22, 5]);
  writePlain(link, [0x3e, SWAP_COMM_MODE & 255, SWAP_COMM_MODE >> 8]);
}

/**
 * A path that is open stays open until somebody decides anew: the chip may still have the permission of before, which
 * BOTHOFF or a trip overrules for the moment only. A closed one carries a load and is left alone, unless a host watchdog
 * trip may have ended with this very read and closed it. Only sets off bits.
 */
function holdOpen(afe: Bq76952): void {
  const fets = afe.alarms.data[FET_STATUS];
  const link = afe.link;
  if ((afe.alarms.words[0] & SSBC) !== 0 || (fets & Fet.All) === 0) command(link, ALL_FETS_OFF);
  else if ((fets & Fet.Chg) === 0) command(link, CHG_PCHG_OFF);
  else if ((fets & (Fet.Dsg | Fet.Pdsg)) === 0) command(link, DSG_PDSG_OFF);
}

/** Looks for the chip. A host watchdog trip ends with the first transfer, so the latched alarm is what is read first. */
function probe(afe: Bq76952, pack: Pack): void {
  const link = afe.link;
  if (!fetch(link, afe.alarms) && !fetch(link, afe.alarms)) return joinCrc(link, pack);
  holdOpen(afe);
  if (word(ask(link, DEVICE_NUMBER)) === BQ76952) enter(afe, Stage.Verify);
  else pack.afeProblem = AfeProblem.Identity;
}

/** Writes the next rows in CONFIG_UPDATE mode, which is entered with the FETs forced off. */
function configure(afe: Bq76952, updating: boolean): void {
  const table = afe.table;
  if (!updating) {
    command(afe.link, ALL_FETS_OFF);
    command(afe.link, SET_CFGUPDATE);
    afe.row = 0;
    return;
  }
  for (let i = 0; i < ROWS && afe.row < table.length; i++) {
    const register = table[afe.row];
    writeValue(afe.link, register & 0xffff, register >> 16, table[afe.row + 1]);
    afe.row += 2;
  }
  if (afe.row < table.length) return;
  afe.rounds++;
  enter(afe, Stage.Verify);
}

/** Compares the rows that one block of data memory covers. */
function blockMatches(afe: Bq76952): boolean {
  const table = afe.table;
  const base = table[afe.row] & 0xffff;
  const data = ask(afe.link, base);
  while (afe.row < table.length) {
    const offset = (table[afe.row] & 0xffff) - base;
    const size = table[afe.row] >> 16;
    if (offset + size > 32) break;
    for (let i = 0; i < size; i++) if (data[offset + i] !== ((table[afe.row + 1] >> (8 * i)) & 255)) return false;
    afe.row += 2;
  }
  return true;
}

/** Reads back. One register that differs starts the configuration; outside CONFIG_UPDATE the FETs are not touched. */
function verify(afe: Bq76952, pack: Pack, updating: boolean): void {
  for (let i = 0; i < BLOCKS && afe.row < afe.table.length; i++)
    if (!blockMatches(afe)) {
      if (afe.rounds >= ROUNDS) pack.afeProblem = AfeProblem.Config;
      return enter(afe, Stage.Configure);
    }
  if (afe.row < afe.table.length) return;
  enter(afe, Stage.Check);
  if (!updating) return;
  command(afe.link, ALL_FETS_OFF);
  command(afe.link, EXIT_CFGUPDATE);
}

/** True when the load-detect source was on while the LD pin was last measured. */
export function detectsLoad(link: Link): boolean {
  return (read(link, CONTROL_STATUS, 2)[0] & LD_ON) !== 0;
}

/**
 * True when the FET drivers are enabled and the terminal shows its own voltage, not that of a source which a controller
 * before us has left on; then the sample decides whether the chip measures already.
 */
function started(afe: Bq76952): boolean {
  const link = afe.link;
  let tries = 0;
  while ((ask(link, MANUFACTURING_STATUS)[0] & FET_EN) === 0) {
    if (++tries > 1) return false;
    command(link, ALL_FETS_OFF);
    command(link, FET_ENABLE); // toggles: looked at before it is sent again
  }
  if (detectsLoad(link)) {
    command(link, LOAD_DETECT_OFF);
    return false;
  }
  afe.signature = word(ask(link, STATIC_CFG_SIG));
  afe.turn = 0;
  afe.seconds = -1;
  afe.fetMask = -1;
  afe.bleedMask = -1;
  afe.loadTurn = 0;
  return true;
}

/**
 * Start-up of one tick, and a watch over resets afterwards. True when the chip may be measured: it runs, or has just
 * started and waits for its first good sample to enter `Stage.Run`.
 */
export function ready(afe: Bq76952, pack: Pack): boolean {
  if (!afe.link.free()) throw new Error('AFE lines');
  if (afe.stage === Stage.Probe) {
    probe(afe, pack);
    return false;
  }
  refresh(afe.link, afe.safety);
  const status = afe.safety.data[STATUS_LOW];
  if (afe.stage === Stage.Run && (status & (CFGUPDATE | POR)) === 0) return true;
  const updating = (status & CFGUPDATE) !== 0;
  if (afe.stage !== Stage.Configure && !updating && (status & POR) !== 0) {
    if (pack.samples > 0) pack.afeResets++;
    enter(afe, Stage.Configure); // a reset chip measures in other units: nothing of this tick counts
    return false;
  }
  if (updating && afe.stage > Stage.Verify) enter(afe, Stage.Verify);
  if (afe.stage === Stage.Configure) configure(afe, updating);
  else if (afe.stage === Stage.Verify) verify(afe, pack, updating);
  else if (afe.stage === Stage.Start) return true;
  else if (started(afe)) enter(afe, Stage.Start);
  return false;
}
