/** What the firmware knows, as plain data: the JSON snapshot and the panel are made from it. */
import { ruleName } from '../src/bms/explain';
import { Mode, SENSORS } from '../src/bms/pack';
import { isActive } from '../src/bms/guard';
import { Rule } from '../src/bms/rules';
import { comingCause, holdingCause, type Cause, type Watched } from './cause';

/** `closed`: conducts. `diode`: closed only because its body diode carries current (S12). */
export type PathState = 'closed' | 'diode' | 'pre-discharge' | 'closing' | 'open';

export interface FirmwareView {
  mode: string;
  sampleOk: boolean;
  cellMv: number[];
  sumMv: number;
  stackMv: number;
  packMv: number;
  terminalMv: number;
  currentMa: number;
  /** T1..T6; null = invalid sensor (S8). */
  tempDeciC: (number | null)[];
  socPermille: number;
  remainingMah: number;
  fullMah: number;
  cycles: number;
  minCell: number;
  maxCell: number;
  chargerPresent: boolean;
  chg: PathState;
  dsg: PathState;
  /** Why a path is open, and what is about to open it. */
  chgCause: Cause | null;
  dsgCause: Cause | null;
  chgComing: Cause | null;
  dsgComing: Cause | null;
  alarms: string[];
  protections: string[];
  faults: string[];
  notices: string[];
  address: number;
  samples: number;
  afeResets: number;
  ticks: number;
}

/** Names of the rules that are set, from `first` to before `end`. */
export function activeRules(fw: Watched, first: number, end: number): string[] {
  const names: string[] = [];
  for (let rule = first; rule < end; rule++) if (isActive(fw.guard, rule)) names.push(ruleName(rule)!);
  return names;
}

/** In the manual's word: `Status: Idle` and so on. */
export function modeName(mode: Mode): string {
  return ['Idle', 'Charge', 'Discharge', 'Fault'][mode]!;
}

function pathState(allowed: boolean, requested: boolean, conducts: boolean, pre: boolean): PathState {
  if (conducts) return allowed ? 'closed' : 'diode';
  if (!requested) return 'open';
  return pre ? 'pre-discharge' : 'closing';
}

function round(value: number): number {
  return Math.round(value);
}

export function firmwareView(fw: Watched): FirmwareView {
  const pack = fw.pack;
  const temps: (number | null)[] = [];
  for (let i = 0; i < SENSORS; i++) temps.push(pack.tempValid & (1 << i) ? pack.tempDeciC[i]! : null);
  return {
    mode: modeName(pack.mode),
    sampleOk: pack.sampleOk,
    cellMv: Array.from(pack.cellMv),
    sumMv: pack.sumMv,
    stackMv: round(pack.stackMv),
    packMv: round(pack.packMv),
    terminalMv: round(pack.terminalMv),
    currentMa: round(pack.currentMa),
    tempDeciC: temps,
    socPermille: round((pack.remainingMas / pack.fullMas) * 1000),
    remainingMah: round(pack.remainingMas / 3600),
    fullMah: round(pack.fullMas / 3600),
    cycles: pack.cycles,
    minCell: pack.minCell,
    maxCell: pack.maxCell,
    chargerPresent: pack.chargerPresent,
    chg: pathState(pack.chgAllowed, pack.chgOn, pack.chgFetOn, false),
    dsg: pathState(pack.dsgAllowed, pack.dsgOn, pack.dsgFetOn, pack.preDischarge),
    chgCause: holdingCause(fw, true),
    dsgCause: holdingCause(fw, false),
    chgComing: comingCause(fw, true),
    dsgComing: comingCause(fw, false),
    alarms: activeRules(fw, Rule.CellOv, Rule.CellOvp),
    protections: activeRules(fw, Rule.CellOvp, Rule.AfeLost),
    faults: activeRules(fw, Rule.AfeLost, Rule.Memory),
    notices: activeRules(fw, Rule.Memory, Rule.Count),
    address: pack.address,
    samples: pack.samples,
    afeResets: pack.afeResets,
    ticks: fw.ticks,
  };
}
