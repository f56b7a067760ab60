/**
 * Kill the interpreter: the program stops at any instant, between two bytes of a transfer if need be, while the world
 * goes on. What the AFE does by itself has to be enough until the watchdog starts the program anew, or for ever.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Protection } from '../../src/bms/rules';
import type { SimBoard } from '../../src/hal-mock/board';
import type { SimI2c } from '../../src/hal-mock/sim-i2c';
import { VirtualPack } from '../../tools/virtual-pack';
import { loosened, restraints } from '../support/restraints';

const CALLS = ['writeTo', 'readFrom', 'readReg'] as const;

class Killed extends Error {}

/** From `atUs` on the program does nothing any more: no byte, no level. Returns what brings the controller back. */
function kill(board: SimBoard, atUs: number): () => void {
  const buses: SimI2c[] = [board.afeBus, board.memoryBus];
  const follow = board.bothOff.onChange;
  const die = (): never => {
    throw new Killed();
  };
  board.time.at(atUs, () => {
    board.cpu.halt();
    for (const bus of buses) for (const call of CALLS) bus[call] = die;
    board.bothOff.onChange = () => {};
    die();
  });
  return () => {
    for (const bus of buses) for (const call of CALLS) delete (bus as Partial<SimI2c>)[call];
    board.bothOff.onChange = follow;
    follow(board.bothOff.read());
    board.restart('watchdog');
  };
}

/** Lets time pass until `ms`, over the death of the program. */
function runTo(pack: VirtualPack, ms: number): void {
  while (pack.nowMs < ms)
    try {
      pack.run(ms - pack.nowMs);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
}
