/**
 * What a pack can have beyond the control loop: memory over restarts, sleep, a watch over the breaker. A composition that
 * wants it calls `addCare`; one that does not has none of its code (ADR 14).
 */
import { Breaker, createBreaker, watchBreaker } from '../bms/breaker';
import { isActive, move } from '../bms/guard';
import { Rule } from '../bms/rules';
import {
  createPower,
  createPowerInputs,
  isDozing,
  Power,
  PowerInputs,
  PowerState,
  rest,
  stepPower,
} from '../bms/sleep';
import { InPin } from '../hal/pin';
import { Rtc } from '../hal/rtc';
import { Store } from '../hal/store';
import { PowerLevel, ResetCause, SavePower } from '../hal/system';
import { saveState } from '../store/state';
import { createStorage, Storage } from '../store/storage';
import { EventKind } from './events';
import { Firmware } from './firmware';
import { keep, recall } from './keep';

const ALL_LEDS = 127;

/** What is fitted; all of it may be missing. */
export interface CarePorts {
  store?: Store;
  rtc?: Rtc;
  /** Auxiliary contact of the breaker, to ground while it is closed. */
  breakerContact?: InPin;
  savePower?: SavePower;
}

export interface Care {
  ports: CarePorts;
  /** What is remembered over a restart. */
  storage: Storage;
  breaker: Breaker;
  power: Power;
  powerInputs: PowerInputs;
}

/** Power state and breaker. What they want of the paths is done in the next tick. */
function watchPower(care: Care, fw: Firmware): void {
  const power = care.power;
  const breaker = care.breaker;
  const before = power.state;
  stepPower(power, fw.pack, care.powerInputs, fw.nowMs);
  if (power.state !== before && power.asleep) saveState(care.storage, fw.pack, fw.estimator, fw.nowMs, true);
  if (power.state !== before && care.ports.savePower !== undefined)
    care.ports.savePower(
      !power.asleep ? PowerLevel.Full : power.state === PowerState.Deep ? PowerLevel.Off : PowerLevel.Doze,
    );
  watchBreaker(breaker, fw.pack, fw.nowMs);
  if ((breaker.alarms !== 0) !== isActive(fw.guard, Rule.Breaker)) move(fw.guard, Rule.Breaker, 0, breaker.alarms, -1);
}

/** Recalls what was stored and hooks into the tick. Call it before the first tick. */
export function addCare(fw: Firmware, ports: CarePorts, cause: ResetCause): Care {
  const care: Care = {
    ports: ports,
    storage: createStorage(ports.store === undefined ? null : ports.store),
    breaker: createBreaker(ports.breakerContact === undefined ? null : ports.breakerContact),
    power: createPower(),
    powerInputs: createPowerInputs(),
  };
  const why = fw.events.kind[0] === EventKind.Crash ? ResetCause.Crash : cause;
  recall(care.storage, ports.rtc, fw.pack, fw.params, fw.estimator, fw.guard, why);
  fw.extras = {
    isDozing: function (nowMs) {
      return isDozing(care.power, care.powerInputs, nowMs);
    },
    restrict: function () {
      rest(care.power, fw.pack);
    },
    present: function (leds) {
      watchPower(care, fw);
      keep(care.storage, ports.rtc, fw.pack, fw.estimator, fw.guard, fw.events, fw.ticks, fw.nowMs);
      if (care.power.keys.allLeds) return ALL_LEDS;
      return care.power.dark ? 0 : leds;
    },
    heard: function () {
      care.powerInputs.rs232 = true;
    },
  };
  return care;
}
