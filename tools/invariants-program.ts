/** What the program owes whatever happens: both paths open when it is blind or has a fault, a kicked watchdog, no exception. */
import { holdingRule, ruleName } from '../src/bms/explain';
import { isActive } from '../src/bms/guard';
import { Rule } from '../src/bms/rules';
import { Lasting, type Invariant, type Moment } from './invariants-base';

/** Three missed ticks are 0.75 s; the last good sample is up to a tick old, and the third tick has to act. */
const BLIND_MS = 1500;
/** After a start the AFE has 2 s to answer; then as above. The boot itself takes 0.5 s. */
const BLIND_START_MS = 3500;
/** Host watchdog of the AFE: 10 s (hardware.md 9, rows 23 and 32), and one second to act. */
const HALTED_MS = 11000;
/** A program that ticks: asleep it does so every 2 s. */
const TICKS_MS = 1500;
/** A fault opens both paths with the tick that sees it. */
const FAULT_MS = 1000;
/** A cell sensor that is open or shorted: its delay, three samples for the jump, a tick to act. */
const SENSOR_MS = 4000;
/** The controllers' watchdogs bite after 5 s at the earliest; asleep one kick in 2 s. */
const KICK_MS = 4500;
/** An open path has a cause: two and a half seconds for the MOSFETs to follow (S11), else a second. */
const CAUSE_MS = 4000;
/** After a disturbance of AFE, bus or program the AFE has to be found and configured anew. */
const RECOVER_MS = 15000;
const CELL_SENSORS = 15;

/** Faults that nothing in this life causes. */
// prettier-ignore
const NEVER = [
  Rule.CellFault, Rule.ChgFet, Rule.DsgFet, Rule.Crash, Rule.SenseWire, Rule.AfeFrozen, Rule.Shunt, Rule.AfeConfig,
];
/** Faults that must have had a disturbance. */
const CAUSED = [Rule.AfeLost, Rule.Implausible];

export class ProgramRules implements Invariant {
  private readonly blind = new Lasting();
  private readonly halted = new Lasting();
  private readonly fault = new Lasting();
  private readonly sensor = new Lasting();
  private readonly kick = new Lasting();
  private readonly chgCause = new Lasting();
  private readonly dsgCause = new Lasting();
  private readonly faults = new Set<number>();
  private exceptions = 0;
  private params: Int32Array | null = null;
  private paramsTold = false;

  check(moment: Readonly<Moment>): string[] {
    const texts: string[] = [];
    this.opens(moment, texts);
    this.explains(moment, texts);
    this.lives(moment, texts);
    this.faultless(moment, texts);
    return texts;
  }

  /** Blind, with a fault, or without a program both paths open. */
  private opens(moment: Readonly<Moment>, texts: string[]): void {
    const { truth, firmware, dtMs, sampleAgeMs, tickAgeMs, bootAgeMs, injected } = moment;
    const closed = truth.fets.chg || truth.fets.dsg || truth.fets.pdsg;
    const runs = tickAgeMs < TICKS_MS && !injected.halted;
    const starts = firmware.pack.samples === 0;
    const late = starts ? bootAgeMs > BLIND_START_MS : sampleAgeMs > BLIND_MS;
    if (this.blind.exceeded(closed && runs && late, dtMs, 0))
      texts.push(`S14 a path is closed ${sampleAgeMs.toFixed(0)} ms after the last good sample`);
    if (this.halted.exceeded(closed && sampleAgeMs > HALTED_MS, dtMs, 0))
      texts.push(`S11 a path is closed ${sampleAgeMs.toFixed(0)} ms after the last good sample, halted or not`);
    if (this.fault.exceeded(closed && runs && firmware.pack.faults !== 0, dtMs, FAULT_MS))
      texts.push(`S11 a path is closed with a fault for ${this.fault.ms.toFixed(0)} ms`);
    const broken = (injected.sensors & CELL_SENSORS) !== 0;
    if (this.sensor.exceeded(closed && broken && sampleAgeMs < BLIND_MS, dtMs, SENSOR_MS))
      texts.push(`S8 a path is closed with a broken cell sensor for ${this.sensor.ms.toFixed(0)} ms`);
  }

  /** Every decision carries its cause (S12). */
  private explains(moment: Readonly<Moment>, texts: string[]): void {
    const { truth, firmware, dtMs, restarted, sampleAgeMs } = moment;
    const { pack, guard, power } = firmware;
    const quiet = restarted || sampleAgeMs > BLIND_MS || power.asleep || pack.hostOff !== 0 || pack.locked;
    for (const [lasting, open, charge] of [
      [this.chgCause, !truth.fets.chg, true] as const,
      [this.dsgCause, !truth.fets.dsg && !truth.fets.pdsg, false] as const,
    ])
      if (lasting.exceeded(open && !quiet && holdingRule(guard, charge) < 0, dtMs, CAUSE_MS))
        texts.push(`S12 ${charge ? 'charge' : 'discharge'} path open for ${lasting.ms.toFixed(0)} ms without a cause`);
  }

  private lives(moment: Readonly<Moment>, texts: string[]): void {
    const { firmware, dtMs, kickAgeMs, bootAgeMs, exceptions, injected, nowMs } = moment;
    const runs = !injected.halted && bootAgeMs > KICK_MS && nowMs > injected.disturbedUntilMs + KICK_MS;
    if (this.kick.exceeded(runs && kickAgeMs > KICK_MS, dtMs, 0))
      texts.push(`watchdog not kicked for ${kickAgeMs.toFixed(0)} ms`);
    for (; this.exceptions < exceptions.length; this.exceptions++)
      texts.push(`exception in the firmware: ${String(exceptions[this.exceptions])}`);
    this.params ??= firmware.params.slice();
    const changed = this.params.findIndex((value, i) => value !== firmware.params[i]);
    if (changed >= 0 && !this.paramsTold)
      texts.push(`parameter ${changed} is ${firmware.params[changed]}, was ${this.params[changed]}`);
    this.paramsTold = changed >= 0;
  }

  /** No fault without its cause: a pack that opens for nothing is no use either. */
  private faultless(moment: Readonly<Moment>, texts: string[]): void {
    const { firmware, restarted, injected, nowMs, bootAgeMs } = moment;
    if (restarted) this.faults.clear();
    const excused = nowMs < injected.disturbedUntilMs + RECOVER_MS || bootAgeMs < RECOVER_MS;
    const healing = injected.sensorMs.some((ms) => nowMs - ms < RECOVER_MS);
    const sensor = (injected.sensors & CELL_SENSORS) !== 0 || healing;
    for (let rule = Rule.AfeLost; rule < Rule.Memory; rule++) {
      const now = isActive(firmware.guard, rule);
      const came = now && !this.faults.has(rule);
      if (now) this.faults.add(rule);
      else this.faults.delete(rule);
      if (!came) continue;
      const wrong = NEVER.includes(rule) || (CAUSED.includes(rule) && !excused) || (rule === Rule.NtcFault && !sensor);
      if (wrong) texts.push(`S11 fault "${ruleName(rule)}" without a cause`);
    }
  }
}
