/** Scenes for faults: a pack that lives, something that breaks, what the pack says about it. */
import { expect } from 'vitest';
import { ruleName } from '../../src/bms/explain';
import { isActive } from '../../src/bms/guard';
import { Rule } from '../../src/bms/rules';
import { createLogEntry, PROGRAM_EVENT, readEvent } from '../../src/store/log';
import { faultNamed } from '../../tools/faults';
import { VirtualPack, type VirtualPackOptions } from '../../tools/virtual-pack';
import { fets } from './fets';

export const LED_ALM = 32;

/**
 * A pack that has lived before and has closed both paths, `phaseMs` after a tick.
 */
export function livingPack(options: Partial<VirtualPackOptions> = {}, phaseMs = 0): VirtualPack {
  const pack = new VirtualPack({ ...options });
  pack.run(6000);
  pack.restart();
  pack.run(6000);
  expect(fets(pack)).toEqual([true, true]);
  pack.board.run(phaseMs);
  return pack;
}

/** The catalogue's fault happens now. */
export function inject(pack: VirtualPack, name: string): void {
  faultNamed(name).inject(pack.board);
}

export function clear(pack: VirtualPack, name: string): void {
  faultNamed(name).clear(pack.board);
}

/** Names of the rules that are set, in their order. */
export function told({ firmware }: VirtualPack): string[] {
  const names: string[] = [];
  for (let rule = 0; rule < Rule.Count; rule++) if (isActive(firmware.guard, rule)) names.push(ruleName(rule));
  return names;
}

/** Runs on and reports whether a path was open at any moment that a tick's length apart can see. */
export function everOpen(pack: VirtualPack, ms: number): boolean {
  let open = false;
  for (let left = ms; left > 0; left -= 25) {
    pack.run(25);
    if (fets(pack).includes(false)) open = true;
  }
  return open;
}

export function expectNoErrors({ board }: VirtualPack): void {
  expect(board.cpu.errors).toEqual([]);
}

/** The newest entries of the event log, oldest first: `SCP`, `SCP over`, `event 2`. Reading takes bus time: at the end. */
export function journal({ firmware }: VirtualPack, count: number): string[] {
  const entry = createLogEntry();
  const lines: string[] = [];
  for (let n = 0; n < count && readEvent(firmware.storage, n, entry); n++) {
    const program = entry.what >= PROGRAM_EVENT;
    const name = program ? `event ${entry.what - PROGRAM_EVENT}` : ruleName(entry.what);
    lines.unshift(program || entry.set ? name : `${name} over`);
  }
  return lines;
}
