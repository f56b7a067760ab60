/** MOSFET decision (S12): what each path may do, what is requested, and which mode follows. */
import { OPENS_BOTH, OPENS_CHG, OPENS_DSG } from './protect';
import { Mode, Pack } from './pack';

/** A current counts as charge or discharge from here on. */
export const IDLE_MA = 500;
/** A path conducting through its body diode closes above the first and opens below the second (algorithms.md 4.3). */
const DIODE_ON_MA = 500;
const DIODE_OFF_MA = 100;
/** A terminal this far above the stack means a source; with both paths open, any voltage above 48 V (pace.md 3.5). */
const SOURCE_DELTA_MV = 500;
const SOURCE_MV = 48000;

/** Leaves `chgOn` and `dsgOn` as the request to the AFE. Without a good sample an open path stays open (S14). */
export function decide(pack: Pack): void {
  const ma = pack.currentMa;
  const open = !pack.chgFetOn && !pack.dsgFetOn;
  pack.chargerPresent =
    pack.sampleOk &&
    (ma > IDLE_MA || pack.terminalMv > pack.stackMv + SOURCE_DELTA_MV || (open && pack.terminalMv > SOURCE_MV));
  const known = pack.samples > 0 && pack.faults === 0;
  pack.chgAllowed = known && (pack.protections & OPENS_CHG) === 0 && (pack.sampleOk || pack.chgAllowed);
  pack.dsgAllowed = known && (pack.protections & OPENS_DSG) === 0 && (pack.sampleOk || pack.dsgAllowed);
  const diode = known && pack.sampleOk && (pack.protections & OPENS_BOTH) === 0;
  const overChg = diode && pack.dsgAllowed && -ma > (pack.chgOn ? DIODE_OFF_MA : DIODE_ON_MA);
  const overDsg = diode && pack.chgAllowed && ma > (pack.dsgOn ? DIODE_OFF_MA : DIODE_ON_MA);
  pack.chgOn = pack.chgAllowed || overChg;
  pack.dsgOn = pack.dsgAllowed || overDsg;
  if (pack.faults !== 0) pack.mode = Mode.Fault;
  else if (ma > IDLE_MA) pack.mode = Mode.Charge;
  else if (ma < -IDLE_MA) pack.mode = Mode.Discharge;
  else pack.mode = Mode.Standby;
}
