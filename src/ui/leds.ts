/** Front LEDs (S24): the table of the manual, one step a tick, synchronous across LEDs. */
import { Mode, Pack } from '../bms/pack';
import { P } from '../bms/params';
import { Notice, Protection } from '../bms/rules';

/** Bits of the LED port: the order of the pins in the board's table, last pin = bit 0. */
export const enum Led {
  OnOff = 1,
  Soc4 = 2,
  Soc3 = 4,
  Soc2 = 8,
  Soc1 = 16,
  Alm = 32,
  Run = 64,
}

/** A charger of the wrong kind is as bad as one with too much current. */
const CURRENT_OR_TEMPERATURE_CHG = Protection.ChgOcp | Protection.ChgOtp | Protection.ChgUtp | Protection.ChargerOv;
const CURRENT_OR_TEMPERATURE_DSG = Protection.DsgOcp | Protection.DsgOtp | Protection.DsgUtp;
const BOTH_DIRECTIONS =
  Protection.Scp | Protection.MosOtp | Protection.EnvUtp | Protection.HotCutOff | Protection.AfeTrip;
const OVER_CHARGE = Protection.CellOvp | Protection.PackOvp;
const OVER_DISCHARGE = Protection.CellUvp | Protection.PackUvp;

/** Worth a line on the display, not a light: a board may have no clock, and a full charge may wait. */
const INFORMATION = Notice.FullDue | Notice.ClockLost;

/** Of `period` ticks of 250 ms the first `on` are lit: Flash1 1 of 16, Flash2 2 of 4, Flash3 2 of 8. */
function flash(step: number, period: number, on: number): boolean {
  return step % period < on;
}

/**
 * RUN and ALM by status and condition; one SOC LED per started quarter, while charging the topmost lit one flashes (S24).
 * A notice shows as an alarm. When the host has disabled the LEDs all of them are dark, in a fault too (ADR 2).
 */
export function ledBits(pack: Readonly<Pack>, params: Int32Array, step: number): number {
  if (params[P.LedsOn] === 0) return 0;
  if (pack.mode === Mode.Fault) return Led.Alm;
  const prot = pack.protections;
  const lit = Math.min(4, Math.ceil((pack.remainingMas * 4) / pack.fullMas));
  let on = Led.OnOff | ((0x1e0 >> lit) & 0x1e);
  if (pack.mode === Mode.Charge && lit > 0 && !flash(step, 4, 2)) on &= ~(32 >> lit);
  if (prot & (BOTH_DIRECTIONS | CURRENT_OR_TEMPERATURE_CHG | CURRENT_OR_TEMPERATURE_DSG)) return on | Led.Alm;
  if (prot & OVER_DISCHARGE && pack.mode !== Mode.Charge) return on;
  if (prot & OVER_CHARGE && pack.chargerPresent) return on | Led.Run;
  const alarm = (pack.alarms | (pack.notices & ~INFORMATION)) !== 0 && flash(step, 8, 2) ? Led.Alm : 0;
  if (pack.mode === Mode.Charge) return on | alarm | Led.Run;
  const run = pack.mode === Mode.Discharge ? flash(step, 8, 2) : flash(step, 16, 1);
  return on | alarm | (run ? Led.Run : 0);
}
