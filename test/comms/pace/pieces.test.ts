import '../../../src/hal-mock/natives';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFirmware } from '../../../src/app/firmware';
import type { Firmware, Ports } from '../../../src/app/record';
import { respond } from '../../../src/comms/pace/commands';
import { decodeAnalog, decodeFrame, decodeStream, makeRequest } from '../../support/pace-decoder';

const CHAR_MS = 10 / 9.6;

/** The firmware's RS232 port alone, on its own time: nothing is sampled, slices run when they are due. */
class Line {
  readonly firmware: Firmware;
  nowMs = 0;
  sent = '';
  longestWrite = 0;
  mostUnsent = 0;
  private freeMs = 0;
  private slices: { dueMs: number; action: () => void }[] = [];
  private receive: (data: string) => void = () => {};

  constructor() {
    const rs232 = {
      on: (_event: 'data', handler: (data: string) => void) => void (this.receive = handler),
      write: (data: string) => this.written(data),
    };
    const ports = {
      rs232,
      clock: () => this.nowMs,
      later: (action: () => void, ms: number) => void this.slices.push({ dueMs: this.nowMs + ms, action }),
      afeBus: {},
      bothOff: { write: () => {} },
      dip: () => 3,
    };
    this.firmware = createFirmware(ports as unknown as Ports, { shuntMicroOhm: 250 });
  }

  data(text: string): void {
    this.receive(text);
  }

  /** Time passes; slices that become due run, each at its time. */
  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const next = this.slices.reduce<number>((a, { dueMs }) => Math.min(a, dueMs), Infinity);
      if (next > untilMs) break;
      this.nowMs = Math.max(this.nowMs, next);
      this.slices
        .splice(
          this.slices.findIndex(({ dueMs }) => dueMs === next),
          1,
        )[0]!
        .action();
      expect(this.slices.length).toBeLessThanOrEqual(1);
    }
    this.nowMs = untilMs;
  }

  private written(data: string): void {
    this.longestWrite = Math.max(this.longestWrite, data.length);
    this.freeMs = Math.max(this.freeMs, this.nowMs) + data.length * CHAR_MS;
    this.mostUnsent = Math.max(this.mostUnsent, (this.freeMs - this.nowMs) / CHAR_MS);
    this.sent += data;
  }
}

/** What the pack answers to a request by itself. */
function answerTo(firmware: Firmware, request: string): string {
  return respond(firmware.pace, firmware.pack, firmware.params, request.slice(1, -1));
}

const requests = ['42', '44', '90', 'C1', 'C2', '4F'].map((cid2) => makeRequest(cid2));

describe('S30 several requests in flight', () => {
  it('the one under way is answered to its end, then the newest', () => {
    const line = new Line();
    const [analog, warning, count, version] = requests as [string, string, string, string];
    line.data(analog + warning);
    line.pass(100);
    line.data(count);
    line.data(version);
    line.pass(1000);
    expect(line.sent).toBe(answerTo(line.firmware, analog) + answerTo(line.firmware, version));
    expect(line.firmware.pace.framer.badFrames).toBeGreaterThanOrEqual(1);
    line.data(warning);
    line.pass(1000);
    expect(line.sent.endsWith(answerTo(line.firmware, warning))).toBe(true);
  });

  it('a request that waits survives its wait; half a request that follows it is cut off by the silence', () => {
    const line = new Line();
    line.data(requests[0]!);
    line.data(requests[2]! + '~2501');
    line.pass(101);
    line.data(requests[3]!.slice(5));
    line.pass(1000);
    expect(line.sent).toBe(answerTo(line.firmware, requests[0]!) + answerTo(line.firmware, requests[2]!));
  });

  it('the first piece of an answer leaves in the slice of the request', () => {
    const line = new Line();
    for (const byte of requests[0]!) line.data(byte);
    expect(line.sent.slice(0, 9)).toBe('~25034600');
  });
});

describe('S30 pieces', () => {
  /** What happens: text arrives in chunks, time passes, a sample is taken between two pieces. */
  const noise = fc.constantFrom(
    '~',
    '\r',
    'x',
    '~25',
    '~\r',
    '~0000\r',
    '\n',
    requests[0]!.slice(3),
    requests[0]!.slice(0, 9),
  );
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...requests) },
    { weight: 1, arbitrary: noise },
    { weight: 3, arbitrary: fc.nat(60) },
    { weight: 1, arbitrary: fc.constant(null) },
  );

  it('of all answers are whole, whatever arrives, in any chunks, between any two of them', () => {
    let runs = 0;
    let dropped = 0;
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }),
        (steps, cuts) => {
          runs++;
          const line = new Line();
          const { pack, pace } = line.firmware;
          let sample = 3300;
          let cut = 0;
          let asked = 0;
          pack.cellMv.fill(sample);
          for (const what of steps) {
            if (what === null) pack.cellMv.fill(++sample);
            else if (typeof what === 'number') line.pass(what);
            else {
              if (requests.includes(what)) asked++;
              for (let at = 0; at < what.length;) {
                const length = cuts[cut++ % cuts.length]!;
                line.data(what.slice(at, at + length));
                at += length;
                expect(pace.framer.text.length).toBeLessThanOrEqual(4112);
              }
            }
          }
          line.pass(1000);
          const answers = decodeStream(line.sent); // throws at anything but whole answers with right checks
          for (const answer of answers) {
            if (answer.info.length !== 75) continue;
            expect(new Set(decodeAnalog(answer.info).pack.cellsMv).size).toBe(1); // all cells of one sample
          }
          dropped += Math.max(0, asked - answers.length);
          // nothing is left that could answer later, or stand in the way
          line.sent = '';
          const good = requests[0]!;
          line.data(good);
          line.pass(1000);
          expect(line.sent).toBe(answerTo(line.firmware, good));
          expect(decodeFrame(line.sent).code).toBe('00');
          expect(line.longestWrite).toBeLessThanOrEqual(64);
          expect(line.mostUnsent).toBeLessThanOrEqual(64);
        },
      ),
      { numRuns: 10000, seed: 20240602 },
    );
    expect(runs).toBeGreaterThanOrEqual(10000);
    expect(dropped).toBeGreaterThan(1000); // the line was busy often enough
  });
});
