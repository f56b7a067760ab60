/** What a host or the menu changes: all of it or nothing, in force at once and stored. */
import { applyParams, Guard } from '../bms/guard';
import { Pack } from '../bms/pack';
import { defaultParams, P } from '../bms/params';
import { PARAMS_AT } from './layout';
import { logEvent, StoreEvent } from './log';
import { Storage } from './storage';
import { saveValues } from './values';

/**
 * What became of a change; 0 or more is the parameter that was refused, and nothing has changed. A change that the
 * memory has not kept is in force and an alarm (`Rule.Memory`): the host meant it, and it is within every limit.
 */
export const enum Changed {
  Done = -1,
  Unsaved = -2,
  /** The same two, and registers of the AFE must follow. */
  DoneAfe = -3,
  UnsavedAfe = -4,
}

const MAS_PER_MAH = 3600;

/** Puts all parameters of `proposal` in force. The log hears of each one that has changed, in one of the next ticks. */
export function changeParams(s: Storage, g: Guard, pack: Pack, params: Int32Array, proposal: Int32Array): number {
  const before = new Int32Array(params);
  const bad = applyParams(g, params, proposal);
  if (bad >= 0) return bad;
  pack.designMas = params[P.DesignMah] * MAS_PER_MAH;
  if (s.before === null) s.before = before;
  const saved = saveValues(s, PARAMS_AT, params);
  for (let i = P.ChgOc2; i <= P.ScpDelay; i++)
    if (before[i] !== params[i]) return saved ? Changed.DoneAfe : Changed.UnsavedAfe;
  return saved ? Changed.Done : Changed.Unsaved;
}

/** Factory values for all parameters: one event. */
export function restoreDefaults(s: Storage, g: Guard, pack: Pack, params: Int32Array): number {
  const factory = defaultParams();
  let others = 0;
  for (let i = 0; i < P.Count; i++) if (params[i] !== factory[i]) others++;
  const answer = changeParams(s, g, pack, params, factory);
  s.before = null;
  logEvent(s, pack, StoreEvent.Defaults, true, -1, others, g.nowMs);
  return answer;
}
