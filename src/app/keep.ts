/** What is remembered over a restart, and when: one kind of write a tick, so that no slice gets long. */
import { ResetCause } from '../hal/system';
import { noteRules } from '../store/journal';
import { logEvent, PROGRAM_EVENT } from '../store/log';
import { loadState, saveChanges, saveState } from '../store/state';
import { setClock, startClock } from '../store/storage';
import { Calibration, loadCalibration } from '../store/values';
import { EVENTS } from './events';
import { Firmware } from './record';

/** Ticks between two looks at the clock chip: an hour, after which the controller's crystal is 0.4 s off at most. */
const CLOCK_TICKS = 14400;

/** At start: everything that was remembered, into the records that hold their defaults. */
export function recall(fw: Firmware, cause: ResetCause): void {
  const s = fw.storage;
  const rtc = fw.ports.rtc;
  const warm = cause === ResetCause.Watchdog || cause === ResetCause.Crash;
  loadState(s, fw.pack, fw.params, fw.estimator, fw.guard, warm);
  const calibration = loadCalibration(s);
  fw.afe.offsetMa = calibration[Calibration.OffsetMa];
  fw.afe.gainPpm = calibration[Calibration.GainPpm];
  if (rtc !== undefined) startClock(s, fw.pack, rtc.read());
}

/** Logs the next event of the program itself that has not been logged. */
function noteEvent(fw: Firmware): void {
  const s = fw.storage;
  const events = fw.events;
  if (s.noted === events.count) return;
  if (events.count - s.noted > EVENTS) s.noted = events.count - EVENTS; // older ones have been overwritten
  const at = s.noted++ % EVENTS;
  logEvent(s, fw.pack, PROGRAM_EVENT + events.kind[at], true, -1, events.value[at], events.atS[at] * 1000);
}

/** Each tick, in its last slice: in turn the state, an event, what else has changed, an event. */
export function keep(fw: Firmware): void {
  const s = fw.storage;
  const ticks = fw.ticks;
  if ((ticks & 1) !== 0) {
    if (!noteRules(s, fw.guard, fw.pack)) noteEvent(fw);
  } else if ((ticks & 2) === 0) saveState(s, fw.pack, fw.estimator, fw.nowMs, false);
  else {
    const rtc = fw.ports.rtc;
    if (rtc !== undefined && ticks % CLOCK_TICKS === CLOCK_TICKS - 2) setClock(s, rtc.read(), fw.nowMs);
    saveChanges(s, fw.pack, fw.estimator, fw.guard);
  }
}
