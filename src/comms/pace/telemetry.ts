/** One pack's part of the answers to 42 (analog) and 44 (warning) in the layouts of pace.md 1.6 and 1.7. */
import { IDLE_MA } from '../../bms/fets';
import { Pack, Sensor, SENSORS } from '../../bms/pack';
import { P } from '../../bms/params';
import { Alarm, Fault, Protection } from '../../bms/rules';
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
const INVALID_DECI_C = -400;
/** mA s in the unit of the capacities, 10 mAh. */
const MAS_PER_10MAH = 36000;
const MAS_PER_AH = 3600000;
/** Highest and lowest value of a state that is not to be marked. */
const NEVER_ABOVE = 32767;
const NEVER_BELOW = -32768;

/** The layout of an answer with `packs` packs. */
export function layoutFor(setting: Layout, packs: number): Layout {
  if (setting !== Layout.Auto) return setting;
  return packs > 1 ? Layout.V2 : Layout.V3;
}

/** Part of a whole in percent, rounded down as Jakiper packs do, 0..100. */
function percent(part: number, whole: number): number {
  return whole > 0 ? Math.min(Math.floor((part * 100) / whole), 100) : 0;
}

/** What the layouts add after the design capacity. */
function analogTail(pack: Readonly<Pack>, layout: Layout, socPercent: number): string {
  if (layout === Layout.V1) return '';
  if (layout === Layout.V2) return u8(socPercent);
  return (
    u8(socPercent) +
    u32(pack.chargedMas / MAS_PER_AH) +
    u32(pack.dischargedMas / MAS_PER_AH) +
    u8(percent(pack.fullMas, pack.designMas)) +
    u16(pack.stackMv) +
    i16(pack.currentMa / 10)
  );
}

/** 42: cells, temperatures, current, voltage, capacities. `layout` is not Auto. */
export function analogBlock(pack: Readonly<Pack>, layout: Layout): string {
  const remaining = Math.round(pack.remainingMas / MAS_PER_10MAH);
  const full = Math.round(pack.fullMas / MAS_PER_10MAH);
  let out = '10';
  for (const mv of pack.cellMv) out += u16(mv);
  out += '06';
  for (let i = 0; i < SENSORS; i++)
    out += u16(ZERO_DECI_K + ((pack.tempValid & (1 << i)) !== 0 ? pack.tempDeciC[i] : INVALID_DECI_C));
  return (
    out +
    i16(pack.currentMa / 10) +
    u16(pack.sumMv) +
    u16(remaining) +
    (layout === Layout.V1 ? '03' : layout === Layout.V2 ? '02' : '09') +
    u16(full) +
    u16(pack.cycles) +
    u16(pack.designMas / MAS_PER_10MAH) +
    analogTail(pack, layout, percent(remaining, full))
  );
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

/** Protect 2: temperatures and "fully charged". The hard cut-off is named by its cause: cells, else the ambient sensor. */
function protect2(pack: Readonly<Pack>): number {
  const on = pack.protections;
  let bits = (on >> 7) & 0x1f; // ChgOtp, DsgOtp, ChgUtp, DsgUtp, MosOtp
  if ((on & Protection.EnvUtp) !== 0) bits |= 0x40;
  if ((on & Protection.HotCutOff) !== 0) bits |= (on & Protection.DsgOtp) !== 0 ? 0x03 : 0x20;
  if (pack.fullMas > 0 && pack.remainingMas >= pack.fullMas) bits |= 0x80;
  return bits;
}

/** Indication: MOSFETs, direction, charger. */
function indication(pack: Readonly<Pack>): number {
  return (
    (pack.chgFetOn ? 0x02 : 0) |
    (pack.dsgFetOn ? 0x04 : 0) |
    (pack.currentMa < -IDLE_MA ? 0x08 : 0) |
    (pack.chargerPresent ? 0x20 : 0)
  );
}

/** Fault: MOSFETs, NTC, cells, sampling. A trip of the AFE that has no bit of its own counts as sampling. */
function fault(pack: Readonly<Pack>): number {
  const faults = pack.faults;
  let bits = (faults >> 4) & 0x03; // ChgFet, DsgFet
  if ((faults & Fault.NtcFault) !== 0) bits |= 0x04;
  if ((faults & Fault.CellFault) !== 0) bits |= 0x10;
  if ((faults & (Fault.AfeLost | Fault.Implausible)) !== 0) bits |= 0x20;
  if ((pack.protections & Protection.AfeTrip) !== 0) bits |= 0x20;
  return bits;
}

/** Warn 2: temperatures and low SOC. */
function warn2(alarms: number): number {
  return (
    ((alarms >> 6) & 0x0f) | // ChgOt, DsgOt, ChgUt, DsgUt
    ((alarms >> 7) & 0x30) | // EnvOt, EnvUt
    (alarms & Alarm.MosOt ? 0x40 : 0) |
    (alarms & Alarm.LowSoc ? 0x80 : 0)
  );
}

/** 44: states, then the status bytes. Alarms and protections 0..6 have PACE's own order. `layout` is not Auto. */
export function warningBlock(pack: Readonly<Pack>, params: Int32Array, layout: Layout): string {
  const alarms = pack.alarms;
  return (
    '10' +
    cellStates(pack, params) +
    '06' +
    cellTempStates(pack, params) +
    sensorState(pack, Sensor.Mosfet, alarms & Alarm.MosOt, 0) +
    sensorState(pack, Sensor.Ambient, alarms & Alarm.EnvOt, alarms & Alarm.EnvUt) +
    state(alarms & Alarm.ChgOc, 0) +
    state(alarms & Alarm.PackOv, alarms & Alarm.PackUv) +
    state(alarms & Alarm.DsgOc, 0) +
    u8(pack.protections & 0x7f) +
    u8(protect2(pack)) +
    u8(indication(pack)) +
    '00' + // control: buzzer off, nothing forced off, limiter and LED alarm enabled
    u8(fault(pack)) +
    '0000' + // balancing
    u8(alarms & 0x3f) +
    u8(warn2(alarms)) +
    (layout === Layout.V1 ? '' : '00') // fault 8: its meaning differs, 00 is safe
  );
}
