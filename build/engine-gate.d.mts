import type { AstNode, Plugin } from 'rollup';

export interface Finding {
  rule: string;
  /** Counted from 1. */
  line: number;
  /** Counted from 1. */
  column: number;
  message: string;
}
export function gate(ast: AstNode, source: string): Finding[];
export function engineGate(): Plugin;
