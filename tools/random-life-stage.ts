/** What a happening of the random life may use: the board, chance, time, and a record of what it has broken. */
import type { Random } from '../src/hal-mock/random';
import type { Outlets } from './random-life-outlets';
import type { VirtualPack } from './virtual-pack';

/** What is broken on purpose: an observer must not blame the firmware for it. */
export interface Injected {
  /** Bit n: sensor n is open or shorted now. */
  sensors: number;
  /** Virtual ms of the last change of each sensor. */
  sensorMs: number[];
  /** The program does not run. */
  halted: boolean;
  /** The memory does not answer. */
  memory: boolean;
  /** Until when something is done to the AFE, its bus or the program, virtual ms. */
  disturbedUntilMs: number;
}

export function nothingInjected(): Injected {
  return { sensors: 0, sensorMs: Array<number>(6).fill(-Infinity), halted: false, memory: false, disturbedUntilMs: 0 };
}

export interface Stage {
  readonly pack: VirtualPack;
  readonly random: Random;
  readonly outlets: Outlets;
  readonly injected: Injected;
  /** Runs an action at its exact time, also in the middle of a transfer: for chips, copper and weather. */
  after(ms: number, action: () => void): void;
  /** Runs an action when no slice of the program runs: for what concerns the controller itself. */
  between(ms: number, action: () => void): void;
  say(text: string): void;
}

export function range(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}

/** As `range`, small values as often as large ones. */
export function spread(random: Random, low: number, high: number): number {
  return low * (high / low) ** random();
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!;
}

export function durationText(ms: number): string {
  if (ms < 1) return `${(ms * 1000).toFixed(0)} us`;
  if (ms < 1000) return `${ms.toFixed(0)} ms`;
  if (ms < 120000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 7200000 ? `${(ms / 60000).toFixed(0)} min` : `${(ms / 3600000).toFixed(1)} h`;
}
