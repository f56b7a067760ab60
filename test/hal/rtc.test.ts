import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromSeconds, toSeconds } from '../../src/hal/rtc';

const START = Date.UTC(2000, 0, 1);
const SECONDS = Date.UTC(2068, 0, 1) / 1000 - START / 1000;

describe('calendar', () => {
  it('agrees with the calendar of the engine in every second from 2000 to 2067', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: SECONDS - 1 }), (seconds) => {
        const date = new Date(START + seconds * 1000);
        const fields = [
          date.getUTCFullYear() - 2000,
          date.getUTCMonth() + 1,
          date.getUTCDate(),
          date.getUTCHours(),
          date.getUTCMinutes(),
          date.getUTCSeconds(),
        ];
        expect([...fromSeconds(seconds)]).toEqual(fields);
        expect(toSeconds(fields)).toBe(seconds);
      }),
      { numRuns: 2000 },
    );
    for (let day = 0; day < SECONDS / 86400; day++) expect(toSeconds(fromSeconds(day * 86400))).toBe(day * 86400);
  });

  it.each([
    ['month 0', [24, 0, 1, 0, 0, 0]],
    ['month 13', [24, 13, 1, 0, 0, 0]],
    ['day 0', [24, 1, 0, 0, 0, 0]],
    ['29 February of a common year', [25, 2, 29, 0, 0, 0]],
    ['30 February', [24, 2, 30, 0, 0, 0]],
    ['31 April', [24, 4, 31, 0, 0, 0]],
    ['32 December', [24, 12, 32, 0, 0, 0]],
    ['hour 24', [24, 1, 1, 24, 0, 0]],
    ['minute 60', [24, 1, 1, 0, 60, 0]],
    ['second 60', [24, 1, 1, 0, 0, 60]],
    ['year 2068', [68, 1, 1, 0, 0, 0]],
    ['nothing', []],
  ])('refuses %s', (_, date) => {
    expect(toSeconds(date)).toBe(-1);
  });

  it.each([
    ['29 February', [24, 2, 29, 23, 59, 59]],
    ['31 December', [67, 12, 31, 23, 59, 59]],
    ['30 April', [1, 4, 30, 0, 0, 0]],
  ])('takes %s', (_, date) => {
    expect([...fromSeconds(toSeconds(date))]).toEqual(date);
  });
});
