import { describe, expect, it } from 'vitest';
import { createLogEntry, eventCount, readEvent } from '../../src/store/log';
import { changeParams } from '../../src/store/settings';
import { VirtualPack } from '../../tools/virtual-pack';

const START = 64;
const CELL_OVP = 16;

function restart(pack: VirtualPack): void {
  pack.restart();
  pack.run(3000);
}

describe('what a pack remembers (S29, S40)', () => {
  it('charge, to the last second, over a reset of the controller', () => {
    const pack = new VirtualPack({ soc: 0.4 });
    pack.run(10000);
    pack.firmware.pack.remainingMas = 123456789;
    pack.firmware.estimator.chargeMas = 123456789;
    pack.run(1000);
    const before = pack.firmware;
    restart(pack);
    expect(pack.firmware).not.toBe(before);
    expect(Math.abs(pack.firmware.pack.remainingMas - 123456789)).toBeLessThan(100000);
    expect(pack.care.storage.problems).toBe(0);
  });

  it('changed parameters', () => {
    const pack = new VirtualPack();
    pack.run(1000);
    const { storage, guard, params, pack: state } = pack.firmware;
    const proposal = params.slice();
    proposal[1] = 3690;
    changeParams(storage, guard, state, params, proposal);
    restart(pack);
    expect(pack.firmware.params[1]).toBe(3690);
  });

  it('its start and a protection as events', () => {
    const pack = new VirtualPack();
    pack.run(3000);
    pack.firmware.params[1] = 3000;
    pack.firmware.guard.settled = 0;
    pack.run(6000);
    const entry = createLogEntry();
    const found: [number, boolean][] = [];
    for (let n = 0; n < eventCount(pack.care.storage); n++) {
      readEvent(pack.care.storage, n, entry);
      found.push([entry.what, entry.set]);
    }
    expect(found).toContainEqual([CELL_OVP, true]);
    expect(found).toContainEqual([START, true]);
  });
});
