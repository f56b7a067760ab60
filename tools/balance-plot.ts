/** Drawn course of a month: how far the cells are apart, with each way of balancing. */
import type { Balancing } from './soc-pack';

export interface Course {
  balancing: Balancing;
  /** At the start and at the end of each day. */
  spreadMah: readonly number[];
}

const WIDTH = 960;
const LEFT = 60;
const RIGHT = 12;
const TOP = 34;
const HIGH = 220;
const STEP_MAH = 250;
const COLOURS: Record<Balancing, string> = { none: '#999', rule: '#d9822b', budget: '#0a6ebd' };
const NAMES: Record<Balancing, string> = { none: 'none', rule: 'rule of S4', budget: 'with the charge budget' };

export function balancePlot(courses: readonly Course[]): string {
  const days = (courses[0]?.spreadMah.length ?? 2) - 1;
  const most = STEP_MAH * Math.ceil(Math.max(...courses.flatMap((course) => course.spreadMah)) / STEP_MAH);
  const x = (day: number): string => (LEFT + ((WIDTH - LEFT - RIGHT) * day) / days).toFixed(1);
  const y = (mah: number): number => TOP + HIGH * (1 - mah / most);
  const grid = Array.from({ length: most / STEP_MAH + 1 }, (_, i) => STEP_MAH * i).map(
    (mah) =>
      `<path stroke="#ddd" d="M${LEFT} ${y(mah).toFixed(1)}H${WIDTH - RIGHT}"/>` +
      `<text x="${LEFT - 6}" y="${(y(mah) + 4).toFixed(1)}" text-anchor="end">${mah}</text>`,
  );
  const lines = courses.map(
    ({ balancing, spreadMah }) =>
      `<polyline fill="none" stroke="${COLOURS[balancing]}" stroke-width="1.4" points="` +
      `${spreadMah.map((mah, day) => `${x(day)},${y(mah).toFixed(1)}`).join(' ')}"/>`,
  );
  const height = TOP + HIGH + 30;
  const ticks = Array.from({ length: Math.floor(days / 5) + 1 }, (_, i) => 5 * i);
  const names = courses.map(({ balancing }) => `<tspan fill="${COLOURS[balancing]}">${NAMES[balancing]}</tspan>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">`,
    `<title>Charge between the fullest and the emptiest cell over a simulated month</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<g font-family="system-ui, sans-serif" font-size="12" fill="#333">`,
    `<text x="${LEFT}" y="18">Spread at the top, mAh, balancing: ${names.join(', ')}</text>`,
    ...grid,
    ...lines,
    ...ticks.map((day) => `<text x="${x(day)}" y="${height - 8}" text-anchor="middle">${day} d</text>`),
    `</g>`,
    `</svg>`,
    '',
  ].join('\n');
}
