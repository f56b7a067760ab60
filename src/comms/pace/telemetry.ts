/** One pack's part of the answers to 42 (analog) and 44 (warning) in the layouts of pace.md 1.6 and 1.7. */
import { IDLE_MA } from '../../bms/fets';
import { Pack, Sensor } from '../../bms/pack';
import { P } from '../../bms/params';
import { Alarm, Fault, Protection } from '../../bms/rules';
import { highest, lowest } from '../../hal/native';
import { i16, u16, u32, u8 } from './codec';

/** Which fields follow the common ones. V1, V2: older and newer Jakiper firmware; V3: EASUN, Gobel and the later document. */
export const enum Layout {
  /** What all known clients read: V3 for one pack, V2 when several are concatenated (pace.md 6). */
  Auto,
  V1,
  V2,
  V3,
}

/** 0 degrees Celsius in 0.1 K as PACE counts it. */
const ZERO_DECI_K = 2730;
/** What an invalid sensor reads: -40 degrees Celsius (S8). */
const INVALID_TEMP = '091a';
/** mA s in the unit of the capacities, 10 mAh. */
const MAS_PER_10MAH = 36000;
const MAS_PER_AH = 3600000;
/** Alarms that mark a cell or a sensor, and the state bytes without one. */
const STATE_ALARMS =
  Alarm.CellOv |
  Alarm.CellUv |
  Alarm.ChgOt |
  Alarm.DsgOt |
  Alarm.ChgUt |
  Alarm.DsgUt |
  Alarm.MosOt |
  Alarm.EnvOt |
  Alarm.EnvUt;
const NOTHING_MARKED = '100000000000000000000000000000000006000000000000';
/** What a locked pack tells instead of its cells, of the values after them, and of v3's tail (S36). */
const LOCKED_CELLS = '100000000000000000000000000000000000000000000000000000000000000000';
const LOCKED_VALUES = '06091a091a091a091a091a091a000000000000';
const LOCKED_TAIL = '0000000000000000000000000000';
/** Faults without a bit of their own: no value can be relied on. */
const SAMPLING =
  Fault.AfeLost | Fault.Implausible | Fault.Crash | Fault.AfeFrozen | Fault.Shunt | Fault.AfeResets | Fault.AfeConfig;
/** Highest and lowest value of a state that is not to be marked. */
const NEVER_ABOVE = 32767;
const NEVER_BELOW = -32768;

/** The layout of an answer with `packs` packs. */
export function layoutFor(setting: Layout, packs: number): Layout {
  let layout = setting;
  if (layout === Layout.Auto) layout = packs > 1 ? Layout.V2 : Layout.V3;
  return layout;
}

/** Part of a whole in percent, rounded down as Jakiper packs do, 0..100. */
function percent(part: number, whole: number): number {
  return whole > 0 ? Math.min(Math.floor((part * 100) / whole), 100) : 0;
}

/** LENGTH of the answer about one pack: 122, 124 and 150 characters for 42, 76 and 78 for 44. `layout` is not Auto. */
export function analogLength(layout: Layout): string {
  return layout === Layout.V1 ? 'F07A' : layout === Layout.V2 ? 'D07C' : '1096';
}
export function warningLength(layout: Layout): string {
  return layout === Layout.V1 ? '004C' : 'E04E';
}

/** 42, first part: the cells. All of them are of one sample. */
export function analogCells(pack: Readonly<Pack>): string {
  if (pack.locked) return LOCKED_CELLS;
  let out = '10';
  // from 256 to 4095 mV three digits and a zero: cutting one off costs as much as the digits themselves
  if (lowest(pack.cellMv) > 255 && highest(pack.cellMv) < 4096)
    for (const mv of pack.cellMv) out += '0' + mv.toString(16);
  else for (const mv of pack.cellMv) out += u16(mv);
  return out;
}

/** 42, second part: temperatures, current, voltage, capacities. */
export function analogValues(pack: Readonly<Pack>, layout: Layout): string {
  const items = layout === Layout.V1 ? '03' : layout === Layout.V2 ? '02' : '09';
  if (pack.locked) return LOCKED_VALUES + items + '000000000000';
  const valid = pack.tempValid;
  let bit = 1;
  let out = '06';
  for (const deci of pack.tempDeciC) {
    out += (valid & bit) === 0 ? INVALID_TEMP : (((ZERO_DECI_K + deci) & 65535) | 65536).toString(16).slice(1);
    bit <<= 1;
  }
  return (
    out +
    i16(pack.currentMa / 10) +
    u16(pack.sumMv) +
    u16(pack.remainingMas / MAS_PER_10MAH) +
    items +
    u16(pack.fullMas / MAS_PER_10MAH) +
    u16(pack.cycles) +
    u16(pack.designMas / MAS_PER_10MAH)
  );
}

/** 42, third part: what the layouts add after the design capacity. */
export function analogTail(pack: Readonly<Pack>, layout: Layout): string {
  if (layout === Layout.V1) return '';
  if (pack.locked) return layout === Layout.V2 ? '00' : LOCKED_TAIL;
  // from the capacities as they are sent
  const remaining = Math.round(pack.remainingMas / MAS_PER_10MAH);
  const soc = u8(percent(remaining, Math.round(pack.fullMas / MAS_PER_10MAH)));
  if (layout === Layout.V2) return soc;
  return (
    soc +
    u32(pack.chargedMas / MAS_PER_AH) +
    u32(pack.dischargedMas / MAS_PER_AH) +
    u8(percent(pack.fullMas, pack.designMas)) +
    u16(pack.stackMv) +
    i16(pack.currentMa / 10)
  );
}

/** 42: cells, temperatures, current, voltage, capacities of one pack. `layout` is not Auto. */
export function analogBlock(pack: Readonly<Pack>, layout: Layout): string {
  return analogCells(pack) + analogValues(pack, layout) + analogTail(pack, layout);
}

/** State byte of a quantity that has an alarm on either side. */
function state(above: number, below: number): string {
  return above !== 0 ? '02' : below !== 0 ? '01' : '00';
}

/**
 * State bytes of the cells. While an alarm stands, the cells past its limit are marked, the extreme one in any case:
 * an alarm clears only some way inside its limit.
 */
function cellStates(pack: Readonly<Pack>, params: Int32Array): string {
  const alarms = pack.alarms;
  if ((alarms & (Alarm.CellOv | Alarm.CellUv)) === 0) return '00000000000000000000000000000000';
  const over = alarms & Alarm.CellOv ? Math.min(params[P.CellOvAlarm], pack.maxMv - 1) : NEVER_ABOVE;
  const under = alarms & Alarm.CellUv ? Math.max(params[P.CellUvAlarm], pack.minMv + 1) : NEVER_BELOW;
  let out = '';
  for (const mv of pack.cellMv) out += mv > over ? '02' : mv < under ? '01' : '00';
  return out;
}

/** State bytes of T1..T4, marked as the cells are; an invalid sensor is "other fault". */
function cellTempStates(pack: Readonly<Pack>, params: Int32Array): string {
  const alarms = pack.alarms;
  const valid = pack.tempValid;
  if ((valid & 15) === 15 && (alarms & (Alarm.ChgOt | Alarm.DsgOt | Alarm.ChgUt | Alarm.DsgUt)) === 0)
    return '00000000';
  let hottest = NEVER_BELOW;
  let coldest = NEVER_ABOVE;
  for (let i = 0; i < 4; i++)
    if ((valid & (1 << i)) !== 0) {
      hottest = Math.max(hottest, pack.tempDeciC[i]);
      coldest = Math.min(coldest, pack.tempDeciC[i]);
    }
  let over = NEVER_ABOVE;
  let under = NEVER_BELOW;
  if ((alarms & Alarm.DsgOt) !== 0) over = Math.min(params[P.DsgOtAlarm], hottest - 1);
  if ((alarms & Alarm.ChgOt) !== 0) over = Math.min(over, params[P.ChgOtAlarm], hottest - 1);
  if ((alarms & Alarm.DsgUt) !== 0) under = Math.max(params[P.DsgUtAlarm], coldest + 1);
  if ((alarms & Alarm.ChgUt) !== 0) under = Math.max(under, params[P.ChgUtAlarm], coldest + 1);
  let out = '';
  for (let i = 0; i < 4; i++) {
    const deci = pack.tempDeciC[i];
    out += (valid & (1 << i)) === 0 ? 'F0' : deci > over ? '02' : deci < under ? '01' : '00';
  }
  return out;
}

/** State byte of T5 or T6. */
function sensorState(pack: Readonly<Pack>, sensor: number, above: number, below: number): string {
  return (pack.tempValid & (1 << sensor)) === 0 ? 'F0' : state(above, below);
}

/** Protect 2 without "fully charged": temperatures. The hard cut-off is named by its cause: cells, else ambient. */
function protect2(on: number): number {
  let bits = (on >> 7) & 0x1f; // ChgOtp, DsgOtp, ChgUtp, DsgUtp, MosOtp
  if ((on & Protection.EnvUtp) !== 0) bits |= 0x40;
  if ((on & Protection.HotCutOff) !== 0) bits |= (on & Protection.DsgOtp) !== 0 ? 0x03 : 0x20;
  return bits;
}

/** Indication: MOSFETs, direction, charger. */
function indication(pack: Readonly<Pack>): number {
  return (
    (pack.chgFetOn ? 0x02 : 0) |
    (pack.dsgFetOn ? 0x04 : 0) |
    (pack.currentMa < -IDLE_MA ? 0x08 : 0) |
    (pack.terminalMv < 0 && (pack.protections & Protection.ChargerOv) !== 0 ? 0x10 : 0) | // reversed
    (pack.chargerPresent ? 0x20 : 0)
  );
}

/** Control: buzzer enabled, paths switched off by the host, LEDs disabled, locked. A limiter is not built. */
function control(pack: Readonly<Pack>, params: Int32Array): number {
  return (
    (params[P.BuzzerOn] !== 0 ? 0x01 : 0) |
    (pack.hostOff << 1) |
    (params[P.LedsOn] === 0 ? 0x20 : 0) |
    (pack.locked ? 0x40 : 0)
  );
}

/** Fault: MOSFETs, NTC, cells with their wires, sampling. A trip of the AFE that has no bit of its own counts as the last. */
function fault(pack: Readonly<Pack>): number {
  const faults = pack.faults;
  let bits = (faults >> 4) & 0x03; // ChgFet, DsgFet
  if ((faults & Fault.NtcFault) !== 0) bits |= 0x04;
  if ((faults & (Fault.CellFault | Fault.SenseWire)) !== 0) bits |= 0x10;
  if ((faults & SAMPLING) !== 0 || (pack.protections & Protection.AfeTrip) !== 0) bits |= 0x20;
  return bits;
}

/** Fault 8: total voltage, shunt, breaker, lock. */
function fault8(pack: Readonly<Pack>): number {
  const faults = pack.faults;
  return (
    ((faults & Fault.Implausible) !== 0 ? 0x01 : 0) |
    ((faults & Fault.Shunt) !== 0 ? 0x04 : 0) |
    ((pack.alarms & Alarm.Breaker) !== 0 ? 0x08 : 0) |
    (pack.locked ? 0x40 : 0)
  );
}

/** 44, first part: state bytes of cells and sensors. */
export function warningStates(pack: Readonly<Pack>, params: Int32Array): string {
  const alarms = pack.alarms;
  if (pack.locked) return NOTHING_MARKED; // a locked pack shows no dead sensor either (S36)
  if (pack.tempValid === 63 && (alarms & STATE_ALARMS) === 0) return NOTHING_MARKED;
  return (
    '10' +
    cellStates(pack, params) +
    '06' +
    cellTempStates(pack, params) +
    sensorState(pack, Sensor.Mosfet, alarms & Alarm.MosOt, 0) +
    sensorState(pack, Sensor.Ambient, alarms & Alarm.EnvOt, alarms & Alarm.EnvUt)
  );
}

/**
 * 44, second part: states of the whole pack, status bytes. Alarms and protections 0..6 have PACE's own order. A locked
 * pack still tells its protections and faults.
 */
export function warningBits(pack: Readonly<Pack>, params: Int32Array, layout: Layout): string {
  const alarms = pack.locked ? 0 : pack.alarms;
  const on = pack.protections;
  const bleed = pack.bleedMask;
  const switched = control(pack, params);
  let bits = indication(pack);
  if (pack.fullMas > 0 && pack.remainingMas >= pack.fullMas && !pack.locked) bits |= 0x8000; // fully charged
  if (on !== 0) bits |= ((on & 0x7f) << 16) | ((on & Protection.ChargerOv) << 8) | (protect2(on) << 8);
  let states = '000000'; // charge current, pack voltage, discharge current
  let warnings = '0000'; // warn 1; warn 2: temperatures and low SOC
  if (alarms !== 0) {
    states =
      state(alarms & Alarm.ChgOc, 0) +
      state(alarms & Alarm.PackOv, alarms & Alarm.PackUv) +
      state(alarms & Alarm.DsgOc, 0);
    warnings =
      u8(alarms & 0x3f) +
      u8(
        ((alarms >> 6) & 0x0f) | // ChgOt, DsgOt, ChgUt, DsgUt
          ((alarms >> 7) & 0x30) | // EnvOt, EnvUt
          (alarms & Alarm.MosOt ? 0x40 : 0) |
          (alarms & Alarm.LowSoc ? 0x80 : 0),
      );
  }
  return (
    states +
    (bits | 0x1000000).toString(16).slice(1) + // protect 1, protect 2, indication
    (switched === 0 ? '00' : u8(switched)) +
    (pack.faults === 0 && on === 0 ? '00' : u8(fault(pack))) +
    (bleed === 0 ? '0000' : u8(bleed & 0xff) + u8(bleed >> 8)) +
    warnings +
    (layout === Layout.V1 ? '' : u8(fault8(pack)))
  );
}

/** 44 of one pack: states, then the status bytes. `layout` is not Auto. */
export function warningBlock(pack: Readonly<Pack>, params: Int32Array, layout: Layout): string {
  return warningStates(pack, params) + warningBits(pack, params, layout);
}
