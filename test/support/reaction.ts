/** Reaction times, measured in closed loop and virtual time; the run's reporter puts them into the documents. */
import { expect, TestRunner } from 'vitest';
import { isActive } from '../../src/bms/guard';
import type { Rule } from '../../src/bms/rules';
import type { VirtualPack } from '../../tools/virtual-pack';

/** One measurement. Times count from the physical cause, in ms of virtual time; null = nothing of the kind is due, or it was so before. */
export interface Reaction {
  /** Requirement that asks for it. */
  id: string;
  /** Row of hardware.md section 9, or a letter of docs/fmea.md. */
  row?: string;
  what: string;
  /** The firmware has a name for it. */
  detectedMs: number | null;
  /** The gate is off. */
  openedMs: number | null;
  /** Shortest and longest time allowed, ms, for the opening; for the detection when nothing is to open. */
  withinMs: readonly [number, number];
}

declare module 'vitest' {
  interface TaskMeta {
    reactions?: Reaction[];
  }
}

/** Holds a measurement against its limits and hands it to the documents. */
export function reaction(measured: Reaction): void {
  const task = TestRunner.getCurrentTest();
  if (task === undefined) throw new Error('a reaction belongs to a test');
  (task.meta.reactions ??= []).push(measured);
  const [least, most] = measured.withinMs;
  const judged = measured.openedMs ?? measured.detectedMs;
  expect(
    judged,
    `${measured.what}: time to ${measured.openedMs === null ? 'detection' : 'opening'}, ms`,
  ).not.toBeNull();
  expect(judged, measured.what).toBeGreaterThanOrEqual(least);
  expect(judged, measured.what).toBeLessThanOrEqual(most);
}

/** Which gates have to be off. */
export type Opens = 'chg' | 'dsg' | 'both' | 'none';

/** True when these gates are off. */
export function isOpen({ board }: VirtualPack, opens: Opens): boolean {
  const { chg, dsg } = board.plant.truth().fets;
  return (opens === 'dsg' || !chg) && (opens === 'chg' || !dsg);
}

/**
 * Lets the cause begin now and watches until the rule is set and the paths are open: each ms, or each 25 ms where minutes
 * are allowed. Of rules the first one counts, paths that are open before have no time; throws when it takes longer than `limitMs`.
 */
export function watch(
  pack: VirtualPack,
  rules: Rule | readonly Rule[],
  opens: Opens,
  limitMs: number,
  cause: (pack: VirtualPack) => void,
): { detectedMs: number; openedMs: number | null } {
  const { board } = pack;
  const wanted = typeof rules === 'number' ? [rules] : rules;
  const startUs = board.time.nowUs;
  const stepMs = limitMs > 60_000 ? 25 : 1;
  let detectedMs = -1;
  let openedMs: number | null = opens === 'none' || isOpen(pack, opens) ? null : -1;
  cause(pack);
  while (detectedMs < 0 || openedMs === -1) {
    const ms = Math.round((board.time.nowUs - startUs) / 1000);
    if (detectedMs < 0 && wanted.some((rule) => isActive(pack.firmware.guard, rule))) detectedMs = ms;
    if (openedMs === -1 && isOpen(pack, opens)) openedMs = ms;
    if (ms > limitMs) throw new Error(`not within ${limitMs} ms: detected ${detectedMs}, opened ${openedMs}`);
    board.run(stepMs);
  }
  return { detectedMs, openedMs };
}
