/** Whether a scenario has shown what it promises: a scenario in which nothing happens proves nothing. */
import { fetStates } from './compare';
import { typeScript, type TypeScriptProgram } from './programs';
import type { Seen } from './rig';
import { runScenario } from './run';
import type { Pattern, Scenario } from './scenarios';

/** Lit ticks of 16. */
const LIT: Readonly<Record<Pattern, number>> = { off: 0, on: 16, flash1: 1, flash2: 8, flash3: 4 };
const LEDS = ['RUN', 'ALM', 'SOC1', 'SOC2', 'SOC3', 'SOC4'];

/** What the TypeScript has shown in one scenario. */
export interface Shown {
  trace: Seen[];
  /** Bits that were set at some time. */
  alarms: number;
  protections: number;
  faults: number;
}

export function show(scenario: Scenario): Shown {
  const shown: Shown = { trace: [], alarms: 0, protections: 0, faults: 0 };
  shown.trace = runScenario(typeScript, scenario, (rig) => {
    const { pack } = (rig.program as TypeScriptProgram).firmware;
    shown.alarms |= pack.alarms;
    shown.protections |= pack.protections;
    shown.faults |= pack.faults;
  });
  return shown;
}

/** States of the MOSFETs in their order. */
function states(trace: readonly Seen[]): string {
  return fetStates(trace)
    .filter((state, tick, all) => state !== all[tick - 1])
    .join(' ');
}

/** Return code and length of each answer. */
function answersIn(trace: readonly Seen[]): string {
  const frames = trace
    .map((seen) => seen.rs232)
    .join('')
    .split('\r');
  return frames
    .filter((frame) => frame !== '')
    .map((frame) => `${frame.slice(7, 9)}/${frame.length}`)
    .join(' ');
}

/** What is missing, one sentence each. Bits are those of the TypeScript, whoever made the trace. */
export function missing(scenario: Scenario, shown: Shown): string[] {
  const { protections = 0, faults = 0, alarms = 0, answers = '', leds = [] } = scenario;
  const wrong: string[] = [];
  const expect = (what: string, expected: unknown, got: unknown): void => {
    if (expected !== got) wrong.push(`${what}: expected ${String(expected)}, got ${String(got)}`);
  };
  const hex = (bits: number): string => '0x' + bits.toString(16);
  expect('MOSFETs', scenario.fets, states(shown.trace));
  expect('protections', hex(protections), hex(shown.protections));
  expect('faults', hex(faults), hex(shown.faults));
  expect('alarms', hex(alarms), hex(shown.alarms & alarms));
  expect('answers', answers, answersIn(shown.trace));
  for (const { from, row, run, alm, soc } of leds) {
    const window = shown.trace.slice(from, from + 16);
    [run, alm, ...soc].forEach((pattern, i) => {
      const lit = window.filter((seen) => seen.leds[i] === '1').length;
      expect(`${row}, ${LEDS[i]} ${pattern}, lit ticks of 16`, LIT[pattern], lit);
    });
  }
  return wrong;
}
