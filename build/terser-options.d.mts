import type { MinifyOptions } from 'terser';

export function terserOptions(): MinifyOptions;
