/** Colours of the terminal: just enough for the panel, and the way back for its picture. */

export type Style = 'plain' | 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan';

/** SGR code of a style. */
const CODES: Readonly<Record<Style, number>> = {
  plain: 0,
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  cyan: 36,
};

/** Colours a text, or leaves it when the output is no terminal. */
export type Paint = (style: Style, text: string) => string;

export const colour: Paint = (style, text) => `\x1b[${CODES[style]}m${text}\x1b[0m`;
export const monochrome: Paint = (_style, text) => text;

export interface Run {
  style: Style;
  text: string;
}

/** Splits a painted line into its runs. */
export function runsOf(line: string): Run[] {
  const runs: Run[] = [];
  let style: Style = 'plain';
  for (const part of line.split(/(\x1b\[\d+m)/)) {
    const code = /^\x1b\[(\d+)m$/.exec(part);
    if (code !== null)
      style = (Object.keys(CODES) as Style[]).find((name) => CODES[name] === Number(code[1])) ?? 'plain';
    else if (part !== '') runs.push({ style, text: part });
  }
  return runs;
}

/** Cuts a painted line to a width in characters. */
export function cut(line: string, width: number): string {
  let left = width;
  let out = '';
  for (const part of line.split(/(\x1b\[\d+m)/)) {
    if (part.startsWith('\x1b')) out += part;
    else {
      out += part.slice(0, left);
      left = Math.max(0, left - part.length);
    }
  }
  return out;
}
