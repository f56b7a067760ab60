/** Time of the records (hardware.md 9, row 30) and the reminder of a full charge (S41). */
import { describe, expect, it } from 'vitest';
import { logEvent } from '../../src/store/log';
import { saveChanges, saveState } from '../../src/store/state';
import { fullDueDays, setClock, startClock } from '../../src/store/storage';
import { eventsOf, Memory } from './memory';

const NOW = 800_000_000;
const DAY = 86_400;

/** A pack that was last saved at `lastS` by the clock (-1 = it had none), and `sinceFullS` after its last full charge. */
function stored(lastS: number, sinceFullS: number): Memory {
  const memory = new Memory();
  const { storage, pack, est, guard } = memory.start();
  setClock(storage, lastS, 0);
  pack.sinceFullS = sinceFullS;
  saveState(storage, pack, est, 0, false);
  saveChanges(storage, pack, est, guard);
  return memory;
}

describe('records and the clock', () => {
  it('without a clock carry the start and the seconds since, with one its time, from the moment it is set', () => {
    const { storage, pack } = new Memory().start();
    const note = (nowMs: number): void => logEvent(storage, pack, 0, true, -1, 0, nowMs);
    note(5000);
    setClock(storage, NOW, 10_000);
    note(15_000);
    setClock(storage, -1, 20_000);
    note(25_000);
    expect(eventsOf(storage).map((event) => [event?.boot, event?.timeS])).toEqual([
      [1, 25],
      [-1, NOW + 5],
      [1, 5],
    ]);
  });
});

describe('S41 a full charge is due', () => {
  it('after 90 days of operation, not a second before, and until it has come', () => {
    const { pack } = new Memory().start();
    pack.sinceFullS = 90 * DAY - 1;
    expect(fullDueDays(pack)).toBe(0);
    pack.sinceFullS = 90 * DAY;
    expect(fullDueDays(pack)).toBe(90);
    pack.sinceFullS = 400 * DAY + 5;
    expect(fullDueDays(pack)).toBe(400);
    pack.sinceFullS = 0;
    expect(fullDueDays(pack)).toBe(0);
  });

  it('days in a store room count when the clock knows them', () => {
    const { storage, pack } = stored(NOW, 10 * DAY).start();
    startClock(storage, pack, NOW + 85 * DAY);
    expect([pack.sinceFullS, fullDueDays(pack)]).toEqual([95 * DAY, 95]);
  });

  it.each([
    ['the clock has lost the time', NOW, -1],
    ['there was no clock before', -1, NOW],
    ['the clock stands before the last save', NOW, NOW - 1],
  ])('they do not when %s', (_, lastS, nowS) => {
    const { storage, pack } = stored(lastS, 10 * DAY).start();
    startClock(storage, pack, nowS);
    expect(pack.sinceFullS).toBe(10 * DAY);
    expect(storage.clockS).toBe(nowS);
  });

  it('a new pack counts from its first start', () => {
    const { storage, pack } = new Memory().start();
    startClock(storage, pack, NOW);
    expect(pack.sinceFullS).toBe(0);
  });
});
