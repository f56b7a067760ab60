export function inlineNumbers(code: string): string;
