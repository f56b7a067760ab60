import { describe, expect, it } from 'vitest';
import { Progress } from '../../tools/soak-progress';
import { sink } from './sink';

const DAY_MS = 86400000;
const STATE = { speed: 4000, events: 12, violations: 1 };

describe('progress of a long run', () => {
  it('is a line every tenth of the way without a terminal', () => {
    const err = sink();
    const progress = new Progress(err, 30 * DAY_MS);
    for (let nowMs = 0; nowMs <= 30 * DAY_MS; nowMs += DAY_MS / 4) progress.update({ nowMs, ...STATE });
    const lines = err.text.trimEnd().split('\n');
    expect(lines).toHaveLength(10);
    expect(lines[0]).toBe('10 %: 3.0 of 30.0 days, 4000 x real time, 12 events, 1 violations');
    expect(lines[9]).toMatch(/^100 %: 30\.0 of 30\.0 days/);
  });

  it('is one line that is drawn again on a terminal, not more than twice a second, and can be cleared', () => {
    const err = Object.assign(sink(), { isTTY: true });
    let realMs = 0;
    const progress = new Progress(err, DAY_MS, () => realMs);
    for (; realMs <= 5000; realMs += 10) progress.update({ nowMs: (realMs / 10000) * DAY_MS, ...STATE, events: null });
    const drawings = err.text.split('\r\x1b[K').slice(1);
    expect(drawings).toHaveLength(7); // from 2 s on
    expect(drawings[0]).toBe('20 %: 0.2 of 1.0 days, 4000 x real time');
    progress.clear();
    progress.clear();
    expect(err.text.endsWith('x real time\r\x1b[K')).toBe(true);
    expect(err.text).not.toContain('\n');
  });

  it.each([[60000], [Infinity]])('is silent for a run of %d ms', (untilMs) => {
    const err = sink();
    const progress = new Progress(err, untilMs);
    for (let nowMs = 0; nowMs <= 60000; nowMs += 1000) progress.update({ nowMs, ...STATE });
    expect(err.text).toBe('');
  });
});
