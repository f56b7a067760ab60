import type { Plugin } from 'rollup';
export function resolvePins(code: string): string;
export function pinNames(): Plugin;
