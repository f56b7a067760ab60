/** Drawn course of a winter: true and shown state of charge, and plain counting. */

export interface Point {
  day: number;
  truth: number;
  shown: number;
  plain: number;
}

const WIDTH = 960;
const LEFT = 44;
const TOP = 34;
const HIGH = 220;
const GAP = 46;
const LOW = 110;
const MOST_ERROR = 30;

type Pick = (point: Point) => number;

export function socPlot(points: readonly Point[]): string {
  const days = points.at(-1)?.day ?? 1;
  const x = (day: number): number => LEFT + ((WIDTH - LEFT - 12) * day) / days;
  const upper = (percent: number): number => TOP + HIGH * (1 - percent / 100);
  const zero = TOP + HIGH + GAP + LOW / 2;
  const lower = (error: number): number =>
    zero - ((LOW / 2) * Math.max(-MOST_ERROR, Math.min(MOST_ERROR, error))) / MOST_ERROR;
  const line = (pick: Pick, y: (v: number) => number, colour: string, width: number): string =>
    `<polyline fill="none" stroke="${colour}" stroke-width="${width}" points="${points
      .filter((_, i) => i % 3 === 0)
      .map((point) => `${x(point.day).toFixed(1)},${y(pick(point)).toFixed(1)}`)
      .join(' ')}"/>`;
  const grid = (y: number, label: string): string =>
    `<path stroke="#ddd" d="M${LEFT} ${y.toFixed(1)}H${WIDTH - 12}"/><text x="${LEFT - 6}" y="${(y + 4).toFixed(1)}" text-anchor="end">${label}</text>`;
  const height = TOP + HIGH + GAP + LOW + 30;
  const ticks = Array.from({ length: Math.floor(days / 10) + 1 }, (_, i) => 10 * i);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">`,
    `<title>State of charge over a simulated winter</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<g font-family="system-ui, sans-serif" font-size="12" fill="#333">`,
    `<text x="${LEFT}" y="18">State of charge, %: <tspan fill="#999">true</tspan>, <tspan fill="#0a6ebd">shown</tspan>, <tspan fill="#d9822b">plain counting</tspan></text>`,
    ...[0, 25, 50, 75, 100].map((v) => grid(upper(v), String(v))),
    line((p) => p.plain, upper, '#d9822b', 0.7),
    line((p) => p.truth, upper, '#999', 1.4),
    line((p) => p.shown, upper, '#0a6ebd', 0.8),
    `<text x="${LEFT}" y="${TOP + HIGH + GAP - 14}">Error, % of capacity (limit 8)</text>`,
    ...[-30, -8, 0, 8, 30].map((v) => grid(lower(v), String(v))),
    line((p) => p.plain - p.truth, lower, '#d9822b', 0.7),
    line((p) => p.shown - p.truth, lower, '#0a6ebd', 1),
    ...ticks.map((day) => `<text x="${x(day).toFixed(1)}" y="${height - 8}" text-anchor="middle">${day} d</text>`),
    `</g>`,
    `</svg>`,
    '',
  ].join('\n');
}
