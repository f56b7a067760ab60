/** What is written to the event log: every change of a rule, one a call, because one costs a fifth of a tick. */
import { Guard, sinceMs } from '../bms/guard';
import { Pack } from '../bms/pack';
import { logEvent } from './log';
import { Storage } from './storage';

/** Logs the lowest rule that has changed since it was logged last. False when there is none. */
export function noteRules(s: Storage, g: Readonly<Guard>, pack: Readonly<Pack>): boolean {
  const bits = g.bits;
  const seen = s.seen;
  if (bits[1] === seen[1] && bits[0] === seen[0] && bits[2] === seen[2] && bits[3] === seen[3]) return false;
  const word = bits[1] !== seen[1] ? 1 : bits[2] !== seen[2] ? 2 : bits[0] !== seen[0] ? 0 : 3; // what opens a path first
  const changed = bits[word] ^ seen[word];
  let rule = word * 16;
  while ((changed & (1 << (rule & 15))) === 0) rule++;
  const bit = 1 << (rule & 15);
  seen[word] ^= bit;
  logEvent(s, pack, rule, (bits[word] & bit) !== 0, g.index[rule], g.value[rule], sinceMs(g, rule));
  return true;
}
