/** What is remembered over a restart, and when: one kind of write a tick, so that no slice gets long. */
import { Estimator } from '../bms/estimate';
import { Guard } from '../bms/guard';
import { Pack } from '../bms/pack';
import { firstBadParam } from '../bms/params';
import { Rtc } from '../hal/rtc';
import { ResetCause } from '../hal/system';
import { noteRules } from '../store/journal';
import { logEvent, PROGRAM_EVENT } from '../store/log';
import { loadState, saveChanges, saveState } from '../store/state';
import { setClock, Storage } from '../store/storage';
import { loadParams } from '../store/values';
import { Events, EVENTS } from './events';

/** Ticks between two looks at the clock chip: an hour, after which the controller's crystal is 0.4 s off at most. */
const CLOCK_TICKS = 14400;

/** At start: everything that was remembered, into the records that hold their defaults. */
export function recall(
  s: Storage,
  rtc: Rtc | undefined,
  pack: Pack,
  params: Int32Array,
  est: Estimator,
  g: Guard,
  cause: ResetCause,
): void {
  loadState(s, pack, est, g, cause === ResetCause.Watchdog || cause === ResetCause.Crash);
  loadParams(s, params, function (found) {
    return firstBadParam(found) < 0;
  });
  if (rtc !== undefined) setClock(s, rtc.read(), 0);
}

/** Logs the next event of the program itself that has not been logged. */
function noteEvent(s: Storage, events: Readonly<Events>, pack: Readonly<Pack>): void {
  if (s.noted === events.count) return;
  if (events.count - s.noted > EVENTS) s.noted = events.count - EVENTS; // older ones have been overwritten
  const at = s.noted++ % EVENTS;
  logEvent(s, pack, PROGRAM_EVENT + events.kind[at], true, -1, events.value[at], events.atS[at] * 1000);
}

/** Each tick, in its last slice: in turn the state, an event, what else has changed, an event. */
export function keep(
  s: Storage,
  rtc: Rtc | undefined,
  pack: Readonly<Pack>,
  est: Readonly<Estimator>,
  g: Readonly<Guard>,
  events: Readonly<Events>,
  ticks: number,
  nowMs: number,
): void {
  if ((ticks & 1) !== 0) {
    if (!noteRules(s, g, pack)) noteEvent(s, events, pack);
  } else if ((ticks & 2) === 0) saveState(s, pack, est, nowMs, false);
  else {
    if (rtc !== undefined && ticks % CLOCK_TICKS === CLOCK_TICKS - 2) setClock(s, rtc.read(), nowMs);
    saveChanges(s, pack, est, g);
  }
}
