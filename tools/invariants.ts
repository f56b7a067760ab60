/**
 * What must hold at any moment of a pack's life, judged by an observer who knows the plant's truth. Limits and delays are
 * typed in again from the requirements. Each rule adds what measuring and acting may take; its text says how much.
 */
import type { Firmware } from '../src/app/record';
import { ruleName } from '../src/bms/explain';
import { isActive } from '../src/bms/guard';
import { Rule } from '../src/bms/rules';
import { wallClock } from './day';
import type { Invariant, Moment, Violation } from './invariants-base';
import { CountRules } from './invariants-counts';
import { FastCurrents } from './invariants-fast';
import { LimitRules } from './invariants-limits';
import { ProgramRules } from './invariants-program';
import { ReleaseRules } from './invariants-release';
import { SocRules } from './invariants-soc';
import { nothingInjected, type Injected } from './random-life-stage';
import type { VirtualPack } from './virtual-pack';

/** The observer: one for a pack, called at least each tick. */
export class Invariants {
  readonly violations: Violation[] = [];
  readonly soc = new SocRules();
  readonly counts: CountRules;
  private readonly rules: readonly Invariant[];
  private last: { firmware: Firmware; atMs: number; ticks: number; samples: number };
  private bootMs = 0;
  private tickMs = 0;
  private sampleMs = 0;

  constructor(
    private readonly pack: VirtualPack,
    private readonly injected: Readonly<Injected> = nothingInjected(),
  ) {
    const fast = new FastCurrents(pack.board);
    this.counts = new CountRules(fast);
    this.rules = [new LimitRules(), new ReleaseRules(fast), fast, new ProgramRules(), this.soc, this.counts];
    const { nowMs, firmware } = pack;
    this.last = { firmware, atMs: nowMs, ticks: firmware.ticks, samples: firmware.pack.samples };
    this.bootMs = this.tickMs = this.sampleMs = nowMs;
  }

  /** Looks once. Returns what is newly violated; the whole list is in `violations`. */
  check(): Violation[] {
    const moment = this.look();
    const found: Violation[] = [];
    for (const rule of this.rules)
      for (const text of rule.check(moment))
        found.push({ atMs: moment.nowMs, text: `${text}; ${firmwareText(moment)}` });
    this.violations.push(...found);
    return found;
  }

  /** What an observer sees now. */
  look(): Moment {
    const { pack, last } = this;
    const { firmware, board } = pack;
    const nowMs = board.time.nowUs / 1000;
    const restarted = firmware !== last.firmware;
    if (restarted) this.bootMs = nowMs;
    if (restarted || firmware.ticks !== last.ticks) this.tickMs = nowMs;
    if (firmware.pack.samples !== (restarted ? 0 : last.samples)) this.sampleMs = nowMs;
    const moment: Moment = {
      nowMs,
      dtMs: nowMs - last.atMs,
      truth: board.plant.truth(),
      firmware,
      restarted,
      bootAgeMs: nowMs - this.bootMs,
      tickAgeMs: nowMs - this.tickMs,
      sampleAgeMs: nowMs - this.sampleMs,
      kickAgeMs: nowMs - board.lastKickUs / 1000,
      exceptions: board.cpu.errors,
      injected: this.injected,
    };
    this.last = { firmware, atMs: nowMs, ticks: firmware.ticks, samples: firmware.pack.samples };
    return moment;
  }
}

/** What the firmware says at that moment. */
function firmwareText({ firmware, sampleAgeMs, bootAgeMs, truth }: Readonly<Moment>): string {
  const active: string[] = [];
  for (let rule = Rule.CellOvp; rule < Rule.Count; rule++)
    if (isActive(firmware.guard, rule)) active.push(ruleName(rule));
  const says = active.length > 0 ? active.join(', ') : 'nothing wrong';
  const age = sampleAgeMs > 1000 ? `, sample ${(sampleAgeMs / 1000).toFixed(1)} s old` : '';
  const boot = bootAgeMs < 10000 ? `, ${(bootAgeMs / 1000).toFixed(1)} s after a start` : '';
  return `firmware says: ${says}${age}${boot}; truth ${(truth.currentMa / 1000).toFixed(1)} A, ${(truth.stackMv / 1000).toFixed(2)} V`;
}

export function violationText({ atMs, text }: Readonly<Violation>): string {
  return `${wallClock(atMs)}  VIOLATION at ${(atMs / 1000).toFixed(3)} s: ${text}`;
}
