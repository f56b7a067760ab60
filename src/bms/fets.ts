/** MOSFET decision (S12): what each path may do, what is requested, and which mode follows. */
import { HostOff, Mode, Pack } from './pack';
import { Protection } from './rules';

/** Bits that open the charge path and the discharge path. Under-voltage leaves the charge path available (S6). */
export const OPENS_CHG =
  Protection.CellOvp |
  Protection.PackOvp |
  Protection.ChgOcp |
  Protection.Scp |
  Protection.ChgOtp |
  Protection.ChgUtp |
  Protection.MosOtp |
  Protection.EnvUtp |
  Protection.HotCutOff |
  Protection.AfeTrip |
  Protection.ChargerOv;
export const OPENS_DSG =
  Protection.CellUvp |
  Protection.PackUvp |
  Protection.DsgOcp |
  Protection.Scp |
  Protection.DsgOtp |
  Protection.DsgUtp |
  Protection.MosOtp |
  Protection.EnvUtp |
  Protection.HotCutOff |
  Protection.AfeTrip;
/** A current counts as charge or discharge from here on. */
export const IDLE_MA = 500;
/** A path conducting through its body diode closes above the first and opens below the second (algorithms.md 4.3). */
const DIODE_ON_MA = 500;
const DIODE_OFF_MA = 100;
/** The last value of the AFE's current register: the shunt is open, or carries more than the chip can tell. */
export const RAIL_MA = 327670;
/** A terminal this far above the stack means a source; with both paths open, any voltage above 48 V (pace.md 3.5). */
const SOURCE_DELTA_MV = 500;
const SOURCE_MV = 48000;
/** No charger of this pack is above (hardware.md 9, row 40). */
export const CHARGER_MV = 65000;

/**
 * Leaves `chgOn` and `dsgOn` as the request to the AFE. Without a good sample an open path stays open (S14).
 * A path that the host has switched off closes over its conducting diode as one that a protection has opened: what the
 * diode would turn into heat destroys the MOSFET, and current in the forbidden direction still has no way (ADR 2).
 */
export function decide(pack: Pack): void {
  const ma = pack.currentMa;
  const open = !pack.chgFetOn && !pack.dsgFetOn;
  const mv = pack.terminalMv;
  const real = ma < RAIL_MA && ma > -RAIL_MA;
  // what cannot be, as current through open paths, is no charger (S14)
  pack.chargerPresent =
    pack.sampleOk &&
    ((ma > IDLE_MA && real && !open) ||
      (mv <= CHARGER_MV && (mv > pack.stackMv + SOURCE_DELTA_MV || (open && mv > SOURCE_MV))));
  const known = pack.samples > 0 && pack.faults === 0 && !pack.locked;
  const prot = pack.protections;
  const off = pack.hostOff;
  pack.chgAllowed =
    known && (prot & OPENS_CHG) === 0 && (off & HostOff.Chg) === 0 && (pack.sampleOk || pack.chgAllowed);
  pack.dsgAllowed =
    known && (prot & OPENS_DSG) === 0 && (off & HostOff.Dsg) === 0 && (pack.sampleOk || pack.dsgAllowed);
  // current has to come through the other path, which has to be permitted, or it cannot be
  const diode = real && pack.sampleOk;
  const overChg = diode && pack.dsgAllowed && -ma > (pack.chgOn ? DIODE_OFF_MA : DIODE_ON_MA) && pack.dsgFetOn;
  const overDsg = diode && pack.chgAllowed && ma > (pack.dsgOn ? DIODE_OFF_MA : DIODE_ON_MA) && pack.chgFetOn;
  pack.chgOn = pack.chgAllowed || overChg;
  pack.dsgOn = pack.dsgAllowed || overDsg;
  if (pack.faults !== 0) pack.mode = Mode.Fault;
  else if (ma > IDLE_MA) pack.mode = Mode.Charge;
  else if (ma < -IDLE_MA) pack.mode = Mode.Discharge;
  else pack.mode = Mode.Standby;
}

/**
 * A host switches one path on or off (pace.md 1.9). False, and nothing changes, when it is to be switched off while the
 * other one is off, or while current flows that would go on through its body diode.
 */
export function switchPath(pack: Pack, charge: boolean, off: boolean): boolean {
  const bit = charge ? HostOff.Chg : HostOff.Dsg;
  if (!off) pack.hostOff &= ~bit;
  else if ((pack.hostOff & bit) === 0) {
    if (pack.hostOff !== 0 || (charge ? pack.currentMa < -IDLE_MA : pack.currentMa > IDLE_MA)) return false;
    pack.hostOff |= bit;
  }
  return true;
}
