import { beforeEach, describe, expect, it } from 'vitest';
import { createFramer, feed, type Framer, nextFrame } from '../../../src/comms/pace/framer';

let framer: Framer;
/** All frames that are complete after `data` has arrived. */
function frames(data: string, nowMs = 0): string[] {
  feed(framer, data, nowMs);
  const found: string[] = [];
  for (let frame = nextFrame(framer); frame !== ''; frame = nextFrame(framer)) found.push(frame);
  return found;
}

const GOOD = '25014642E00201FD30';

beforeEach(() => {
  framer = createFramer();
});

describe('S30 frames in the received stream', () => {
  it('are found wherever the stream is cut', () => {
    const stream = `noise~${GOOD}\r~${GOOD}\r`;
    for (let cut = 0; cut <= stream.length; cut++) {
      framer = createFramer();
      expect([...frames(stream.slice(0, cut)), ...frames(stream.slice(cut), 5)]).toEqual([GOOD, GOOD]);
    }
  });
  it('are found byte by byte', () => {
    const found = [...`~${GOOD}\r`].flatMap((byte, i) => frames(byte, i));
    expect(found).toEqual([GOOD]);
  });
  it('begin at the last ~ before the carriage return', () => {
    expect(frames(`~25014642E0~~${GOOD}\r`)).toEqual([GOOD]);
  });
  it('need a ~: a line without one is skipped, and so is an empty frame', () => {
    expect(frames(`${GOOD}\r\r~\r\n~${GOOD}\r`)).toEqual([GOOD]);
  });
  it('survive pauses of 100 ms between their bytes but not longer ones', () => {
    expect([...frames(`~${GOOD.slice(0, 5)}`, 1000), ...frames(`${GOOD.slice(5)}\r`, 1100)]).toEqual([GOOD]);
    expect([...frames(`~${GOOD.slice(0, 5)}`, 2000), ...frames(`${GOOD.slice(5)}\r`, 2101)]).toEqual([]);
    expect(framer.badFrames).toBe(1);
  });
  it('are found right after a partial frame that timed out', () => {
    frames(`~${GOOD.slice(0, 5)}`, 1000);
    expect(frames(`~${GOOD}\r`, 5000)).toEqual([GOOD]);
  });
});

describe('S30 over-long input', () => {
  const longest = '2'.repeat(16 + 4095);
  it('is cut off one character above the longest frame that LENID can describe', () => {
    expect(frames(`~${longest}\r`)).toEqual([longest]);
    expect(frames(`~${longest}2\r`)).toEqual([]);
    expect(framer.badFrames).toBe(1);
  });
  it('in pieces is cut off just so', () => {
    for (const byte of `~${longest}`) expect(frames(byte)).toEqual([]);
    expect(frames('\r')).toEqual([longest]);
    for (const byte of `~${longest}2`) expect(frames(byte)).toEqual([]);
    expect(frames('\r')).toEqual([]);
  });
  it('does not grow the buffer, whether it holds a ~ or not', () => {
    for (const noise of ['~', 'x', '~2501', '\n']) {
      framer = createFramer();
      for (let i = 0; i < 5000; i++) {
        frames(noise);
        if (framer.text.length > 16 + 4095 + 1) throw new Error(`${framer.text.length} characters of ${noise}`);
      }
      expect(framer.badFrames).toBeGreaterThan(0);
    }
  });
  it('does not hide the good frame that follows it', () => {
    expect(frames('x'.repeat(4090) + `~${GOOD}`)).toEqual([]);
    expect(frames('\r')).toEqual([GOOD]);
    expect(frames(`~${'0'.repeat(9000)}~${GOOD}\r`)).toEqual([GOOD]);
  });
});
