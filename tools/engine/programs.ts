/** The two engines that need nothing but Node: the TypeScript itself, and the bundle in a bare context. */
import { createContext, Script } from 'node:vm';
import { createFirmware, tick, TICK_MS } from '../../src/app/firmware';
import type { Firmware } from '../../src/app/record';
import { engineGlobals } from '../../src/hal-mock/engine-globals';
import '../../src/hal-mock/natives';
import { boardPorts, CAUSES, SHUNT_MICRO_OHM } from '../virtual-pack';
import { wholeUs, type Engine, type Program } from './rig';

export interface TypeScriptProgram extends Program {
  readonly firmware: Firmware;
}

/** The sources, on the same arithmetic of time as on the reference board, to the last bit. */
export const typeScript = {
  name: 'TypeScript',
  boot(board): TypeScriptProgram {
    const firmware = createFirmware(boardPorts(board), {
      shuntMicroOhm: SHUNT_MICRO_OHM,
      cause: CAUSES[board.lastReset],
    });
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
