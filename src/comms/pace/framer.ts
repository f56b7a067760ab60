/** Cuts the received stream into frames: from the last `~` to the next carriage return, in any chunks (pace.md 1.2). */

/** VER, ADR, CID1, CID2, LENGTH and CHKSUM; INFO has at most FFF characters. */
const MAX_FRAME = 16 + 4095;
/** A silence of this length ends a partial frame: guess of pace.md 1.2. */
const GAP_MS = 100;

/** The receiving side of a port. */
export interface Framer {
  /** What has arrived since the last complete frame; at most one character more than the longest frame. */
  text: string;
  lastMs: number;
  /** Frames that were dropped, or answered with an error. */
  badFrames: number;
}

export function createFramer(): Framer {
  return { text: '', lastMs: 0, badFrames: 0 };
}

/** The line was silent for too long: what stands in the buffer will not become a frame. */
function expire(framer: Framer): void {
  // a complete request may wait for its answer; only what follows it was cut off
  const end = framer.text.lastIndexOf('\r') + 1;
  if (end === framer.text.length) return;
  framer.text = framer.text.slice(0, end);
  framer.badFrames++;
}

/**
 * Takes what has arrived. True when there is something to look at: an end of a frame, or too much without one. A byte
 * at 9600 baud is an event of its own, so everything else must be done with few statements.
 */
export function feed(framer: Framer, data: string, nowMs: number): boolean {
  if (nowMs - framer.lastMs > GAP_MS) expire(framer);
  framer.lastMs = nowMs;
  framer.text += data;
  return data.indexOf('\r') >= 0 || framer.text.length > MAX_FRAME + 1;
}

/** Text without an end has become too long: what may still become a frame begins with its last `~`. */
function trim(framer: Framer): void {
  const start = framer.text.lastIndexOf('~');
  const tail = start < 0 ? '' : framer.text.slice(start);
  framer.text = tail.length <= MAX_FRAME + 1 ? tail : '';
  framer.badFrames++;
}

/** The next complete frame without `~` and carriage return, or '' when none is left. Text outside of frames is skipped. */
export function nextFrame(framer: Framer): string {
  let text = framer.text;
  let end = text.indexOf('\r');
  while (end >= 0) {
    const start = text.lastIndexOf('~', end) + 1;
    const frame = start === 0 ? '' : text.slice(start, end);
    text = text.slice(end + 1);
    framer.text = text;
    if (frame !== '' && frame.length <= MAX_FRAME) return frame;
    if (frame !== '') framer.badFrames++;
    end = text.indexOf('\r');
  }
  if (text.length > MAX_FRAME + 1) trim(framer);
  return '';
}

/** While an answer is under way: of the requests that have come meanwhile only the newest is kept. */
export function keepNewest(framer: Framer): void {
  const end = framer.text.lastIndexOf('\r');
  const start = end < 0 ? -1 : framer.text.lastIndexOf('~', end);
  if (start > 0) {
    if (framer.text.lastIndexOf('\r', start) >= 0) framer.badFrames++;
    framer.text = framer.text.slice(start);
  }
  if (framer.text.length > MAX_FRAME + 1) trim(framer);
}
