/** What is written to the event log by itself, one thing a call, because one costs a fifth of a tick. */
import { Guard, sinceMs } from '../bms/guard';
import { Pack } from '../bms/pack';
import { P } from '../bms/params';
import { LATCHED } from '../bms/rules';
import { logEvent, StoreEvent } from './log';
import { saveRecords } from './records';
import { Records, Storage } from './storage';

/** Logs a damaged copy that was found at start, or a parameter that has changed: rare. */
function noteOwn(s: Storage, g: Readonly<Guard>, pack: Readonly<Pack>): boolean {
  if (s.torn !== 0) {
    logEvent(s, pack, StoreEvent.Damaged, true, -1, s.torn, g.nowMs);
    s.torn = 0;
    return true;
  }
  const before = s.before;
  if (before === null) return false;
  for (let i = 0; i < P.Count; i++)
    if (before[i] !== g.params[i]) {
      logEvent(s, pack, StoreEvent.Param, false, i, before[i], g.nowMs);
      logEvent(s, pack, StoreEvent.Param, true, i, g.params[i], g.nowMs);
      before[i] = g.params[i];
      return true;
    }
  s.before = null;
  return false;
}

/**
 * Stores a change of what must outlive a restart, else logs the lowest rule that has changed since it was logged last,
 * what opens a path first. False when there is nothing.
 */
export function noteRules(s: Storage, g: Readonly<Guard>, pack: Readonly<Pack>): boolean {
  const bits = g.bits;
  const seen = s.seen;
  if (bits[1] === seen[1] && bits[0] === seen[0] && bits[2] === seen[2] && bits[3] === seen[3])
    return (s.torn !== 0 || s.before !== null) && noteOwn(s, g, pack);
  const latched = bits[1] === s.counts[Records.Protections] && (bits[2] & LATCHED) === s.counts[Records.Faults];
  if (!latched && s.holdOff <= 0 && saveRecords(s, g, pack)) return true;
  const word = bits[1] !== seen[1] ? 1 : bits[2] !== seen[2] ? 2 : bits[0] !== seen[0] ? 0 : 3;
  const changed = bits[word] ^ seen[word];
  let rule = word * 16;
  while ((changed & (1 << (rule & 15))) === 0) rule++;
  const bit = 1 << (rule & 15);
  seen[word] ^= bit;
  logEvent(s, pack, rule, (bits[word] & bit) !== 0, g.index[rule], g.value[rule], sinceMs(g, rule));
  return true;
}
