import type { Plugin } from 'rollup';

export function wallReason(source: string, importer: string, resolved: string | null): string | null;
export function firmwareWall(root: string): Plugin;
