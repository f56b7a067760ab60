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

/** Takes what has arrived. Call `nextFrame` until it returns ''. */
export function feed(framer: Framer, data: string, nowMs: number): void {
  if (framer.text !== '' && nowMs - framer.lastMs > GAP_MS) {
    framer.text = '';
    framer.badFrames++;
  }
  framer.lastMs = nowMs;
  framer.text += data;
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
  let end = framer.text.indexOf('\r');
  while (end >= 0) {
    const line = framer.text.slice(0, end);
    framer.text = framer.text.slice(end + 1);
    const start = line.lastIndexOf('~');
    if (start >= 0 && end - start > 1) {
      if (end - start - 1 <= MAX_FRAME) return line.slice(start + 1);
      framer.badFrames++;
    }
    end = framer.text.indexOf('\r');
  }
  if (framer.text.length > MAX_FRAME + 1) trim(framer);
  return '';
}
