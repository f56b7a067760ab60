import { beforeEach, describe, expect, it } from 'vitest';
import { createSerialOut, type SerialOut, start } from '../../src/drivers/serial-out';
import { VirtualClock } from '../../src/hal-mock/clock';
import { SimCpu } from '../../src/hal-mock/cpu';
import { SimSerial, TxQueue } from '../../src/hal-mock/sim-serial';

/** The port's share: the queue of this simulated engine holds no more, so that a character too many blocks. */
const SHARE = 64;

let clock: VirtualClock;
let cpu: SimCpu;
let serial: SimSerial;
let out: SerialOut;
/** What the source still has to say, piece by piece, and what has left the port. */
let toSay: string[];
let sent: { text: string; atMs: number }[];
let writes: string[];

const nowMs = (): number => Math.round(clock.nowUs / 1000);
const sentText = (): string => sent.map(({ text }) => text).join('');

/** A port at `baud`, `lateUs` away from the start of a millisecond. */
function open(baud = 9600, lateUs = 0): void {
  clock = new VirtualClock();
  cpu = new SimCpu(clock);
  serial = new SimSerial(cpu, new TxQueue(SHARE));
  serial.baud = baud;
  sent = [];
  writes = [];
  toSay = [];
  serial.onSent = (text) => sent.push({ text, atMs: clock.nowUs / 1000 });
  const port = {
    on: () => {},
    write: (text: string) => {
      writes.push(text);
      serial.write(text);
    },
  };
  out = createSerialOut(
    port,
    nowMs,
    (action, ms) => cpu.later(action, ms),
    baud,
    () => toSay.shift() ?? '',
  );
  clock.advanceTo(lateUs);
}
const run = (ms: number): void => cpu.run(clock.nowUs + ms * 1000);
/** So many different characters. */
const text = (length: number): string => Array.from({ length }, (_, i) => String.fromCharCode(33 + (i % 90))).join('');

beforeEach(() => open());

describe('text that is sent', () => {
  it.each([1, 31, 32, 33, 64, 65, 500])('of %i characters leaves complete and in order', (length) => {
    toSay = [text(length), 'and more'];
    start(out);
    run(2000);
    expect(sentText()).toBe(text(length) + 'and more');
    expect(out.busy).toBe(false);
  });

  it('begins at once on a free line', () => {
    toSay = ['~'];
    start(out);
    run(2);
    expect(sent).toEqual([{ text: '~', atMs: expect.closeTo(10 / 9.6, 3) }]);
  });

  it.each([9600, 19200, 115200])(
    'at %i baud never waits in a write and never has more than 64 characters waiting',
    (baud) => {
      for (let lateUs = 0; lateUs < 2000; lateUs += 130) {
        open(baud, lateUs);
        toSay = [text(19), text(66), text(52), text(35), text(200), text(3)];
        start(out);
        run(1000);
        expect(sentText()).toHaveLength(375);
        expect(serial.blockedUs).toBe(0);
      }
    },
  );

  it('is written 32 characters at a time and keeps the line busy', () => {
    toSay = [text(400)];
    start(out);
    run(1000);
    expect(Math.max(...writes.map((piece) => piece.length))).toBe(32);
    expect(sent.at(-1)!.atMs).toBeCloseTo((400 * 10) / 9.6, 0);
  });

  it('has the source asked in a slice of its own for each piece', () => {
    toSay = ['one', 'two', 'three'];
    start(out);
    expect(toSay).toEqual(['two', 'three']);
    run(0);
    expect(toSay).toEqual([]);
  });

  it('follows what still leaves the port from an answer before', () => {
    for (let i = 0; i < 20; i++) {
      toSay.push(text(40));
      start(out);
      run(i);
    }
    run(1000);
    expect(sentText()).toBe(text(40).repeat(20));
    expect(serial.blockedUs).toBe(0);
  });

  it('is sent once, however often it is started', () => {
    toSay = [text(150)];
    for (let i = 0; i < 200; i++) {
      start(out);
      run(1);
    }
    expect(sentText()).toBe(text(150));
  });

  it('goes on after a slice of 100 ms that let the line run dry', () => {
    toSay = [text(100)];
    start(out);
    cpu.post(() => cpu.wait(100_000));
    run(500);
    expect(sentText()).toBe(text(100));
    expect(serial.blockedUs).toBe(0);
  });
});

describe('a source with nothing to say', () => {
  it('sends nothing and is asked again at the next start', () => {
    start(out);
    run(10);
    expect([sentText(), out.busy]).toEqual(['', false]);
    toSay = ['x'];
    start(out);
    run(10);
    expect(sentText()).toBe('x');
  });
});

describe('a controller that restarts in the middle', () => {
  it('just stops sending', () => {
    toSay = [text(400)];
    start(out);
    run(50);
    cpu.reset();
    run(1000);
    expect(text(400).startsWith(sentText())).toBe(true);
    expect(sentText().length).toBeLessThan(50 + SHARE);
  });
});
