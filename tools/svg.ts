/** Painted lines of a terminal as a picture. */
import { runsOf, type Style } from './ansi';

const CHAR_PX = 8.4;
const LINE_PX = 18;
const PAD_PX = 16;

const FILL: Readonly<Record<Style, string>> = {
  plain: '#d4d4d4',
  bold: '#ffffff',
  dim: '#7f7f7f',
  red: '#ff6b68',
  green: '#6dc96d',
  yellow: '#e5c558',
  blue: '#6cabf7',
  cyan: '#56c8d8',
};

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** Painted lines of a terminal as SVG; each run stands at its own column, whatever the viewer's font. */
export function toSvg(lines: readonly string[], columns: number): string {
  const width = Math.ceil(columns * CHAR_PX + 2 * PAD_PX);
  const height = lines.length * LINE_PX + 2 * PAD_PX;
  const rows = lines.map((line, row) => {
    let column = 0;
    const spans = runsOf(line).map(({ style, text }) => {
      const x = (PAD_PX + column * CHAR_PX).toFixed(1);
      const length = (text.length * CHAR_PX).toFixed(1);
      column += text.length;
      if (text.trim() === '') return '';
      return `<tspan x="${x}" textLength="${length}" fill="${FILL[style]}">${escape(text)}</tspan>`;
    });
    return `<text y="${PAD_PX + (row + 0.8) * LINE_PX}">${spans.join('')}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>Panel of the simulated pack</title>`,
    `<rect width="100%" height="100%" rx="8" fill="#1e1e1e"/>`,
    `<g font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" xml:space="preserve">`,
    ...rows.filter((row) => row.includes('<tspan')),
    `</g>`,
    `</svg>`,
    '',
  ].join('\n');
}
