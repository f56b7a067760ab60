/** The control path on a pack without a board, as `app/firmware` orders it: estimate, protect, decide. */
import '../../src/hal-mock/natives';
import { createEstimator, estimate } from '../../src/bms/estimate';
import { decide } from '../../src/bms/fets';
import { createGuard, isActive } from '../../src/bms/guard';
import { createPack } from '../../src/bms/pack';
import { defaultParams } from '../../src/bms/params';
import { protect } from '../../src/bms/protect';
import type { Rule } from '../../src/bms/rules';

export const TICK = 250;

/** A healthy pack, 16 x 3.300 V, 25 °C, half full, no current, after its first good sample. */
export class Control {
  readonly pack = createPack();
  readonly params = defaultParams();
  guard = createGuard();
  nowMs = 0;
  /** What the AFE reports of a MOSFET whatever it is told; undefined = it follows. */
  chgReport: boolean | undefined;
  dsgReport: boolean | undefined;
  private readonly est = createEstimator();

  constructor() {
    const { pack } = this;
    pack.cellMv.fill(3300);
    pack.stackMv = 52_800;
    pack.packMv = 52_800;
    pack.terminalMv = 52_800;
    pack.tempDeciC.fill(250);
    pack.tempValid = 63;
    pack.remainingMas = 180_000_000;
    this.tick();
  }

  /** One good sample after `ms`. */
  tick(ms = TICK): void {
    const { pack } = this;
    this.nowMs += ms;
    pack.sampleOk = true;
    pack.samples++;
    pack.missedSamples = 0;
    estimate(this.est, pack, this.params, this.nowMs);
    this.judge();
    pack.chgFetOn = this.chgReport ?? pack.chgOn;
    pack.dsgFetOn = this.dsgReport ?? pack.dsgOn;
  }

  /** Samples that fail; the MOSFETs stay as they were. */
  miss(times = 1): void {
    for (let i = 0; i < times; i++) {
      this.nowMs += TICK;
      this.pack.sampleOk = false;
      this.pack.missedSamples++;
      this.judge();
    }
  }

  run(ms: number): void {
    for (let t = 0; t < ms; t += TICK) this.tick();
  }

  has(rule: Rule): boolean {
    return isActive(this.guard, rule);
  }

  /** Ticks until the rule is as wanted, in ms; throws after a minute. */
  until(rule: Rule, set: boolean, limitMs = 60_000): number {
    const fromMs = this.nowMs;
    while (this.has(rule) !== set) {
      if (this.nowMs - fromMs >= limitMs) throw new Error(`rule ${rule} is still ${!set} after ${limitMs} ms`);
      this.tick();
    }
    return this.nowMs - fromMs;
  }

  /** What is requested: [charge, discharge]. */
  get paths(): [boolean, boolean] {
    return [this.pack.chgOn, this.pack.dsgOn];
  }

  /** The program starts anew on a pack with open paths. */
  restart(): void {
    const { pack } = this;
    this.guard = createGuard();
    pack.chgOn = pack.dsgOn = pack.chgFetOn = pack.dsgFetOn = false;
    pack.samples = 0;
  }

  private judge(): void {
    protect(this.guard, this.pack, this.params, this.nowMs);
    decide(this.pack);
  }
}
