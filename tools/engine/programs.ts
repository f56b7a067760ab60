/** The two engines that need nothing but Node: the TypeScript itself, and the bundle in a bare context. */
import { createContext, Script } from 'node:vm';
import { createFirmware, tick, TICK_MS, type Firmware } from '../../src/app/firmware';
import { createFram } from '../../src/drivers/fm24w256';
import { engineGlobals } from '../../src/hal-mock/engine-globals';
import '../../src/hal-mock/natives';
import { wholeUs, type Engine, type Program } from './rig';

const SHUNT_MICRO_OHM = 250;

export interface TypeScriptProgram extends Program {
  readonly firmware: Firmware;
}

/** The sources, on the same arithmetic of time as on the reference board, to the last bit. */
export const typeScript = {
  name: 'TypeScript',
  boot(board, address): TypeScriptProgram {
    const now = (): number => (wholeUs(board) / 1000000) * 1000;
    const startMs = now();
    const { later, watchdog, health, afeBus, afeLines, bothOff, leds, rs232 } = board;
    const clock = (): number => Math.round(now() - startMs);
    const store = createFram(board.memoryBus);
    const ports = { clock, later, watchdog, health, afeBus, afeLines, bothOff, leds, rs232, store };
    const firmware = createFirmware(ports, { shuntMicroOhm: SHUNT_MICRO_OHM, address });
    board.cpu.setInterval(() => tick(firmware), TICK_MS);
    return { firmware, kill: () => board.cpu.reset() };
  },
} satisfies Engine;

type Globals = Record<string, unknown>;

/** A bundle in a context that has the engine's globals and nothing of Node. `tamper` plants an error for tests. */
export function bareContext(bundle: string, name: string, tamper: (globals: Globals) => void = () => {}): Engine {
  const script = new Script(bundle, { filename: name });
  return {
    name,
    boot(board) {
      const globals: Globals = { ...engineGlobals(board), getTime: () => wholeUs(board) / 1000000 };
      tamper(globals);
      script.runInContext(createContext(globals));
      return { kill: () => board.cpu.reset() };
    },
  };
}
