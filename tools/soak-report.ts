/** The end of a random life, as a table. */
import { wallClock } from './day';
import type { SoakSummary } from './soak';

const NAME_WIDTH = 24;
const LINE_WIDTH = 100;

function row(name: string, value: string): string {
  return `  ${name.padEnd(NAME_WIDTH)}${value}`;
}

/** `a 3, b 5`, broken into lines below a heading. */
function list(name: string, counts: Readonly<Record<string, number>>): string[] {
  const lines: string[] = [];
  let line = '';
  for (const [key, count] of Object.entries(counts)) {
    const part = `${key} ${Number.isInteger(count) ? count : percent(count)}`;
    if (line !== '' && line.length + part.length + 2 > LINE_WIDTH - NAME_WIDTH) {
      lines.push(line + ',');
      line = '';
    }
    line += (line === '' ? '' : ', ') + part;
  }
  if (line !== '') lines.push(line);
  return lines.map((text, i) => row(i === 0 ? name : '', text));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function bytes(count: number): string {
  return `${(count / 1048576).toFixed(2)} MB`;
}

function heap({ heapDay2, heapEnd }: Readonly<SoakSummary>): string {
  if (heapDay2 === null || heapEnd === null) return 'not compared: shorter than a day';
  const growth = (heapEnd - heapDay2) / 1024;
  return `${bytes(heapDay2)} at the start of day 2, ${bytes(heapEnd)} at the end: ${growth.toFixed(0)} kB more`;
}

export function soakReport(summary: Readonly<SoakSummary>): string[] {
  const { soc } = summary;
  const above = soc.above.map(({ permille, share }) => `${percent(share)} above ${permille / 10} %`).join(', ');
  return [
    `random life of ${(summary.virtualHours / 24).toFixed(2)} days`,
    row('events', `${summary.eventTotal}`),
    ...list('', summary.events),
    ...list('rules that were set', summary.rules),
    row('starts, AFE resets', `${summary.starts}, ${summary.afeResets}`),
    row('full, empty', `${summary.fulls} times, ${summary.empties} times`),
    row('charged, discharged', `${summary.chargedAh.toFixed(0)} Ah, ${summary.dischargedAh.toFixed(0)} Ah`),
    row('net charge counted', `${summary.countedAh.toFixed(2)} Ah of ${summary.realAh.toFixed(2)} Ah`),
    row('paths closed', `charge ${percent(summary.chgClosed)}, discharge ${percent(summary.dsgClosed)} of the time`),
    ...list('charge path open', summary.chgOpen),
    ...list('discharge path open', summary.dsgOpen),
    row('asleep', percent(summary.asleep)),
    row(
      'SOC error',
      `RMS ${(soc.rmsPermille / 10).toFixed(1)} %, largest ${(soc.maxPermille / 10).toFixed(1)} % on ${wallClock(soc.maxAtMs)}`,
    ),
    row('', `time: ${above}`),
    row('exceptions', `${summary.exceptions}`),
    row('heap after collection', heap(summary)),
    row('violations', `${summary.violations.length}`),
    ...summary.violations.map((text) => `    ${text}`),
  ];
}
