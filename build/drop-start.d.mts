export function startFunctions(code: string): string[];
export function dropStart(code: string): string;
