/** Set-up of the closed-loop tests: what they do to a pack is done again to one that runs the minified bundle. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, expect } from 'vitest';
import { bareContext } from '../../tools/engine/programs';
import { Recording } from '../../tools/engine/twin';
import { VirtualPack } from '../../tools/virtual-pack';

const bundle = readFileSync(new URL('../../dist/stm32f4discovery.min.js', import.meta.url), 'utf8');
const engine = bareContext(bundle, 'stm32f4discovery.min.js');
let recordings: Recording[] = [];
const done = { followed: 0, ticks: 0, obstacles: new Map<string, number>() };

VirtualPack.observer = {
  created(board, options) {
    const recording = new Recording(board, options);
    recordings.push(recording);
    return recording;
  },
};

afterEach(() => {
  const packs = recordings;
  recordings = [];
  for (const recording of packs) {
    if (recording.obstacle !== '') {
      done.obstacles.set(recording.obstacle, (done.obstacles.get(recording.obstacle) ?? 0) + 1);
      continue;
    }
    const expected = recording.watcher.all;
    const actual = recording.replay(engine);
    const at = expected.findIndex((hash, i) => hash !== actual[i]);
    expect(at < 0 ? 'alike' : `the bundle parts from the sources at ${at / 4} s`).toBe('alike');
    expect(actual.length).toBe(expected.length);
    done.followed++;
    done.ticks += expected.length;
  }
});

afterAll(() => {
  const obstacles = [...done.obstacles].map(([why, count]) => `${count} not: ${why}`);
  process.stdout.write(['twin', `${done.followed} packs, ${done.ticks} ticks alike`, ...obstacles].join('; ') + '\n');
});
