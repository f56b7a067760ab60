/** The twin that follows every closed-loop test: it follows what can be followed, and sees what differs. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bareContext } from '../../../tools/engine/programs';
import { Recording } from '../../../tools/engine/twin';
import { VirtualPack } from '../../../tools/virtual-pack';

const bundle = readFileSync(new URL('../../../dist/stm32f4discovery.min.js', import.meta.url), 'utf8');
const recordings: Recording[] = [];

beforeEach(() => {
  recordings.length = 0;
  VirtualPack.observer = {
    created(board, options) {
      const recording = new Recording(board, options);
      recordings.push(recording);
      return recording;
    },
  };
});
afterEach(() => {
  VirtualPack.observer = null;
});

/** First window of 250 ms in which the twin did something else, -1 = none. */
function parts(tampered: (globals: Record<string, unknown>) => void = () => {}): number {
  const [recording] = recordings;
  const twin = recording!.replay(bareContext(bundle, 'bundle', tampered));
  return recording!.watcher.all.findIndex((hash, i) => hash !== twin[i]);
}

function life(): VirtualPack {
  const pack = new VirtualPack({ soc: 0.9, seed: 7 });
  pack.run(5000);
  pack.board.plant.setLoad({ amps: 131 });
  pack.run(3000);
  pack.board.rs232.receive('~25014642E00201FD30\r');
  pack.board.afeBus.faults.unplugged = true;
  pack.run(2000);
  pack.board.afeBus.faults.unplugged = false;
  pack.restart();
  pack.run(5000);
  return pack;
}

describe('the twin of a virtual pack', () => {
  it('follows loads, requests, faults and restarts', () => {
    const pack = life();
    expect(recordings[0]!.obstacle).toBe('');
    expect(parts()).toBe(-1);
    expect(recordings[0]!.watcher.all.length).toBe(Math.floor(pack.nowMs / 250) + 1);
  });

  it('sees a bundle that computes a sum wrongly', () => {
    life();
    const at = parts((globals) => {
      const { E } = globals as { E: { sum: (values: ArrayLike<number>) => number } };
      const sum = E.sum;
      E.sum = (values) => sum(values) + (values.length === 16 ? 900 : 0);
    });
    expect(at).toBeGreaterThanOrEqual(0);
  });

  it('says what it cannot follow', () => {
    const pack = life();
    pack.firmware.params[0] = 3000;
    expect(recordings[0]!.obstacle).toBe('0 of the firmware is set');
    const other = new VirtualPack();
    other.board.afeBus.faults.disturb = (byte) => byte;
    expect(recordings[1]!.obstacle).toBe('disturb gets a function');
  });
});
