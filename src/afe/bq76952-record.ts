/** What the driver of a BQ76952 remembers, and where it is between power-up and its regular work. */
import { CELLS, SENSORS } from '../bms/pack';
import { I2cBus } from '../hal/bus';
import { configTable } from './bq76952-config';
import { Block, createBlock, createLink, Link, WINDOW } from './bq76952-link';

/** Blocks of every tick: their first registers, and one byte. */
export const SAFETY = 0x02; // alert A, status A, alert B, status B, alert C, status C .. Battery Status
const CELL_1 = 0x14; // 16 x int16, mV; stack, PACK, LD in 10 mV, CC2 current in 10 mA
const ALARM_STATUS = 0x62; // latched; not latched; mask; ten temperatures in 0.1 K; .. FET Status
export const FET_STATUS = 0x7f - ALARM_STATUS;
/** Bytes of an answer that are read: echo and the first three numbers. */
const ANSWER = 14;

/** Bits of FET Status. */
export const enum Fet {
  Chg = 1,
  Dsg = 4,
  Pdsg = 8,
  All = 15,
}

/** Where the driver is. */
export const enum Stage {
  /** Nobody has answered yet, or not for three ticks. */
  Probe,
  /** Registers are written; the chip keeps its FETs off. */
  Configure,
  /** Registers are compared, after writing them or after a restart of the controller (then the load stays on). */
  Verify,
  /** The FET drivers are enabled and the signature is read. */
  Check,
  /** The chip makes its first scan. */
  Start,
  Run,
}

export interface Bq76952 {
  link: Link;
  shuntMicroOhm: number;
  /** What the registers are made from: the pack's parameters and the calibration; `reconfigure` after a change. */
  params: Int32Array;
  offsetMa: number;
  gainPpm: number;
  stage: Stage;
  /** Registers and values while they are written or compared, else empty; index of the next one. */
  table: Int32Array;
  row: number;
  /** How often all registers have been written since the chip ran last. */
  rounds: number;
  /** Failed ticks in a row; above 0: the bus has failed in this tick. */
  failures: number;
  /** What each tick reads: safety and battery status, cells and current, alarms with temperatures and FET status. */
  safety: Block;
  cells: Block;
  alarms: Block;
  /** The sixteen cells in `cells`; a negative one reads as a large one. */
  cellMv: Uint16Array;
  /** Echo and data of the question of a tick. */
  answer: Block;
  /** Ticks since start modulo a minute: what is asked besides. */
  turn: number;
  /** Of the configuration when it was verified. */
  signature: number;
  /** The charge counter's seconds as last read, -1 = not yet. */
  seconds: number;
  /** When the measurements moved last; sum of the cells, and the current when it changed last. */
  freshMs: number;
  heldMv: number;
  heldMa: number;
  /** Last FET_CONTROL, -1 = none yet, and its age in ticks. */
  fetMask: number;
  fetAge: number;
  /** The same of CB_ACTIVE_CELLS. */
  bleedMask: number;
  bleedAge: number;
  /** Load detection: above 0 the source may be on, below 0 it rests; the terminals were free in the last turn. */
  loadTurn: number;
  loadFree: boolean;
  /** By `Sensor`: word in `alarms`; that word; the word that was last accepted, 0 = look again; jumps in a row. */
  pins: Uint8Array;
  raw: Int16Array;
  known: Int16Array;
  jumps: Uint8Array;
}

/** `free` tells whether the bus is idle and tries to clear it when not. `params` are looked at when registers are written. */
export function createBq76952(bus: I2cBus, free: () => boolean, shuntMicroOhm: number, params: Int32Array): Bq76952 {
  const link = createLink(bus, free);
  const cells = createBlock(link, CELL_1, 40);
  return {
    link: link,
    shuntMicroOhm: shuntMicroOhm,
    params: params,
    offsetMa: 0,
    gainPpm: 1000000,
    stage: Stage.Probe,
    table: new Int32Array(0),
    row: 0,
    rounds: 0,
    failures: 0,
    safety: createBlock(link, SAFETY, 18),
    cells: cells,
    alarms: createBlock(link, ALARM_STATUS, 30),
    cellMv: new Uint16Array(cells.data.buffer, 0, CELLS),
    answer: createBlock(link, WINDOW, ANSWER),
    turn: 0,
    signature: 0,
    seconds: -1,
    freshMs: 0,
    heldMv: 0,
    heldMa: 0,
    fetMask: -1,
    fetAge: 0,
    bleedMask: -1,
    bleedAge: 0,
    loadTurn: 0,
    loadFree: false,
    pins: new Uint8Array([7, 9, 10, 11, 12, 4]), // TS1, TS3, HDQ, DCHG, DDSG, CFETOFF
    raw: new Int16Array(SENSORS),
    known: new Int16Array(SENSORS),
    jumps: new Uint8Array(SENSORS),
  };
}

/** True while registers are written or compared, which takes many steps: the next one need not wait for the next tick. */
export function isStarting(afe: Readonly<Bq76952>): boolean {
  return afe.stage > Stage.Probe && afe.stage < Stage.Start && afe.failures === 0;
}

/** The next stage, from its beginning. */
export function enter(afe: Bq76952, stage: Stage): void {
  afe.stage = stage;
  afe.row = 0;
  if (stage === Stage.Run) afe.table = new Int32Array(0);
  else if (stage > Stage.Probe && afe.table.length === 0)
    afe.table = configTable(afe.shuntMicroOhm, afe.params, afe.offsetMa, afe.gainPpm);
}

/**
 * After parameters or calibration have changed: compares the registers with what they have to be now, and writes them
 * if one differs, with both paths open meanwhile. There is no sample before it is done.
 */
export function reconfigure(afe: Bq76952): void {
  afe.table = new Int32Array(0);
  if (afe.stage > Stage.Probe) enter(afe, Stage.Verify);
}
