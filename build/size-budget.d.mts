import type { Plugin } from 'rollup';

export interface Budgets {
  minBytes: Record<string, number>;
  forbiddenWords: string[];
}
export function forbiddenWords(code: string, words: string[]): string[];
export function budgetErrors(board: string, code: string, budget: number | undefined, words: string[]): string[];
export function sizeBudget(options: { board: string; boards: string[]; budgets: Budgets; file: string }): Plugin;
