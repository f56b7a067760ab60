/** What follows the control of a tick, in its last slice: breaker, power state, balancing, memory, notices. */
import { stepAddress } from '../bms/address';
import { balance } from '../bms/balance';
import { watchBreaker } from '../bms/breaker';
import { isActive, move } from '../bms/guard';
import { Rule } from '../bms/rules';
import { PowerState, stepPower } from '../bms/sleep';
import { PowerLevel } from '../hal/system';
import { unlatch } from '../store/records';
import { saveState } from '../store/state';
import { fullDueDays } from '../store/storage';
import { EventKind, note } from './events';
import { Firmware } from './record';
import { keep } from './keep';

/** Bits of `Ports.keys`. */
const POWER_KEY = 1;
const RST_KEY = 2;

/** Levels of the keys, before anything else of a tick: they wake a sleeping pack. A tick is longer than a key bounces. */
export function readKeys(fw: Firmware): void {
  const keys = fw.ports.keys();
  fw.powerInputs.powerKey = (keys & POWER_KEY) !== 0;
  fw.powerInputs.rstKey = (keys & RST_KEY) !== 0;
}

/** A rule that somebody else has judged: set while `value` is not 0. */
function tell(fw: Firmware, rule: Rule, value: number): void {
  if ((value !== 0) !== isActive(fw.guard, rule)) move(fw.guard, rule, 0, value, -1);
}

/** Power state (S28). What it wants of the paths is done in the next tick. */
function watchPower(fw: Firmware): void {
  const power = fw.power;
  const before = power.state;
  fw.powerInputs.balancing = fw.pack.bleedMask !== 0;
  stepPower(power, fw.pack, fw.powerInputs, fw.params, fw.nowMs);
  const changed = power.state !== before;
  if ((changed && power.asleep) || power.keys.restart) saveState(fw.storage, fw.pack, fw.estimator, fw.nowMs, true);
  if (power.keys.restart) {
    power.keys.restart = false;
    unlatch(fw.storage, fw.guard, fw.pack);
    fw.ports.restart();
  }
  if (changed && fw.ports.savePower !== undefined)
    fw.ports.savePower(
      !power.asleep ? PowerLevel.Full : power.state === PowerState.Deep ? PowerLevel.Off : PowerLevel.Doze,
    );
}

/** Once a second: the DIP switches, and what only needs attention. */
function watchRest(fw: Firmware): void {
  const s = fw.storage;
  if (stepAddress(fw.address, fw.ports.dip(), fw.nowMs)) {
    fw.pack.address = fw.address.value;
    note(fw.events, EventKind.Address, fw.address.value, fw.nowMs);
  }
  tell(fw, Rule.Memory, s.problems);
  tell(fw, Rule.StuckKey, fw.power.keys.stuck);
  tell(fw, Rule.FullDue, fullDueDays(fw.pack));
  tell(fw, Rule.ClockLost, +(fw.ports.rtc !== undefined && s.clockS < 0));
}

/** All of it, once a tick; what is enough once a second takes turns. */
export function care(fw: Firmware): void {
  watchPower(fw);
  watchBreaker(fw.breaker, fw.pack, fw.params, fw.nowMs);
  tell(fw, Rule.Breaker, fw.breaker.alarms);
  if ((fw.ticks & 3) === 1) balance(fw.balancer, fw.pack, fw.params);
  else if ((fw.ticks & 3) === 3) watchRest(fw);
  keep(fw);
}
