/** The log of state changes: each with its cause. */
import { ruleName } from '../src/bms/explain';
import { isActive, sinceMs } from '../src/bms/guard';
import { Rule } from '../src/bms/rules';
import { causeOf, causeText, holdingCause, type Watched } from './cause';
import { wallClock } from './day';
import { modeName } from './view';

/** Compares the firmware with what it was when last looked at. */
export class Changes {
  private mode = -1;
  private chgOn: boolean | null = null;
  private dsgOn: boolean | null = null;
  private afeResets = 0;
  private readonly active = new Set<number>();

  /** One line for each change since the last call; times are those of the rules' own clock where they have one. */
  since(fw: Watched, virtualMs: number): string[] {
    const lines: string[] = [];
    const say = (atMs: number, text: string): number => lines.push(`${wallClock(atMs)}  ${text}`);
    for (let rule = 0; rule < Rule.Count; rule++) this.rule(fw, rule, say);
    const pack = fw.pack;
    if (this.chgOn !== pack.chgFetOn) say(virtualMs, path(fw, true, pack.chgFetOn));
    if (this.dsgOn !== pack.dsgFetOn) say(virtualMs, path(fw, false, pack.dsgFetOn));
    if (this.mode !== pack.mode && this.mode >= 0) say(virtualMs, `${modeName(this.mode)} -> ${modeName(pack.mode)}`);
    if (this.afeResets !== pack.afeResets) say(virtualMs, `AFE was reset and configured again (${pack.afeResets})`);
    this.mode = pack.mode;
    this.chgOn = pack.chgFetOn;
    this.dsgOn = pack.dsgFetOn;
    this.afeResets = pack.afeResets;
    return lines;
  }

  private rule(fw: Watched, rule: number, say: (atMs: number, text: string) => void): void {
    const now = isActive(fw.guard, rule);
    if (now === this.active.has(rule)) return;
    const kind = ['alarm', 'protection', 'fault', 'notice'][rule >> 4]!;
    if (now) this.active.add(rule);
    else this.active.delete(rule);
    say(sinceMs(fw.guard, rule), now ? `${kind} ${causeText(causeOf(fw, rule))}` : `${kind} ${ruleName(rule)} is over`);
  }
}

function path(fw: Watched, charge: boolean, on: boolean): string {
  const name = charge ? 'CHG' : 'DSG';
  const cause = holdingCause(fw, charge);
  if (cause === null) return `${name} path ${on ? 'closed' : 'open: not yet closed'}`;
  const why = causeText(cause);
  return on ? `${name} path closed over its diode's current, although ${why}` : `${name} path open: ${why}`;
}
