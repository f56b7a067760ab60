/** What every Espruino board gives the firmware: time, later calls, watchdog, health, and a word for the flasher. */
import { tick, TICK_MS } from '../../src/app/firmware';
import { Firmware } from '../../src/app/record';
import { Clock, EngineError, Health, Later, Watchdog } from '../../src/hal/system';

/** Seconds. Longer than any blocking call of the engine (a flash erase: 2 s), shorter than the AFE's host watchdog. */
const WATCHDOG_S = 7;

export interface EnginePorts {
  clock: Clock;
  later: Later;
  watchdog: Watchdog;
  health: Health;
}

/** Starts the watchdog; from here on only complete ticks keep the controller from a reset. */
export function enginePorts(): EnginePorts {
  const startMs = getTime() * 1000;
  E.enableWatchdog(WATCHDOG_S, false);
  return {
    clock: function () {
      return Math.round(getTime() * 1000 - startMs);
    },
    later: setTimeout,
    watchdog: {
      kick: function () {
        E.kickWatchdog();
      },
    },
    health: {
      freeBlocks: function () {
        return process.memory(false).free;
      },
      takeErrors: function () {
        const flags = E.getErrorFlags().join();
        let bits = 0;
        if (flags === '') return bits;
        if (flags.indexOf('FULL') >= 0 || flags.indexOf('OVERFLOW') >= 0) bits |= EngineError.InputLost;
        if (flags.indexOf('MEMORY') >= 0) bits |= EngineError.Memory;
        return bits === 0 ? EngineError.Other : bits;
      },
    },
  };
}

/** Runs the firmware from now on. `bmsStatus()` at the prompt: charge path, discharge path (1 = closed), current in mA. */
export function run(firmware: Firmware): void {
  const pack = firmware.pack;
  global.bmsStatus = function () {
    return [+pack.chgFetOn, +pack.dsgFetOn, pack.currentMa].join();
  };
  setInterval(function () {
    tick(firmware);
  }, TICK_MS);
}
