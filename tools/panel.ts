/** The front panel as lines of text. Pure: everything it shows is in its view. */
import { Led } from '../src/ui/leds';
import { monochrome, type Paint, type Style } from './ansi';
import { type Cause, causeText, quantity } from './cause';
import { wallClock } from './day';
import type { FirmwareView, PathState } from './view';

export interface PanelView {
  firmware: FirmwareView;
  /** LED port as the firmware drives it (`ui/leds`). */
  leds: number;
  virtualMs: number;
  /** Virtual seconds per second: asked for (Infinity = max) and reached. */
  speed: number;
  reached: number;
  breaker: string;
  charger: string;
  load: string;
  rs232: string;
  /** Last state changes, oldest first. */
  log: readonly string[];
}

/** Fits on the smallest usual terminal, 80 x 24, with one line of log. */
export const PANEL_WIDTH = 80;
export const PANEL_HEIGHT = 22;
/** Cell bars span discharge cut-off to charge limit. */
const BAR_MIN_MV = 2500;
const BAR_MAX_MV = 3700;
const EIGHTHS = ' ▏▎▍▌▋▊▉';

/** A bar of `width` characters for a part 0..1, in eighths of a character. */
export function bar(part: number, width: number): string {
  const eighths = Math.round(Math.min(Math.max(part, 0), 1) * width * 8);
  const rest = eighths % 8;
  const full = '█'.repeat(eighths >> 3);
  return (rest === 0 ? full : full + EIGHTHS[rest]).padEnd(width, '·');
}

function lamp(paint: Paint, leds: number, bit: number, style: Style, name: string): string {
  return (leds & bit ? paint(style, '●') : paint('dim', '○')) + ' ' + name;
}

function ledLine(view: PanelView, paint: Paint): string {
  const leds = view.leds;
  const soc = [Led.Soc1, Led.Soc2, Led.Soc3, Led.Soc4].map((bit, i) => lamp(paint, leds, bit, 'green', `SOC${i + 1}`));
  return [
    lamp(paint, leds, Led.Run, 'green', 'RUN'),
    lamp(paint, leds, Led.Alm, 'red', 'ALM'),
    ...soc,
    lamp(paint, leds, Led.OnOff, 'green', 'ON/OFF'),
  ].join('   ');
}

/** Colour of a cell voltage by the limits of S3 and S6. */
function cellStyle(mv: number): Style {
  if (mv > 3700 || mv < 2500) return 'red';
  return mv > 3600 || mv < 2800 ? 'yellow' : 'green';
}

function cell(fw: FirmwareView, index: number, paint: Paint): string {
  const mv = fw.cellMv[index]!;
  const mark = fw.samples === 0 ? ' ' : index === fw.maxCell ? '▲' : index === fw.minCell ? '▼' : ' ';
  const part = (mv - BAR_MIN_MV) / (BAR_MAX_MV - BAR_MIN_MV);
  const style = cellStyle(mv);
  return `${String(index + 1).padStart(2)} ${paint(style, (mv / 1000).toFixed(3))} V ${mark} ${paint(style, bar(part, 24))}`;
}

function temperature(deci: number | null, name: string): string {
  return `${name} ${deci === null ? ' --.-' : (deci / 10).toFixed(1).padStart(5)}`;
}

const PATH_STYLE: Readonly<Record<PathState, Style>> = {
  closed: 'green',
  diode: 'yellow',
  'pre-discharge': 'yellow',
  closing: 'yellow',
  open: 'red',
};

/** ` (0.8 s left)`, or nothing when no time runs, or when the text has it already. */
function left(cause: Cause): string {
  if (cause.remainingMs === null) return '';
  const seconds = (cause.remainingMs / 1000).toFixed(1) + ' s';
  return cause.releasedBy.includes(seconds) ? '' : ` (${seconds} left)`;
}

/** State of one path and, when it is not simply closed, why, since when and until when. Two lines. */
function path(view: PanelView, charge: boolean, paint: Paint): string[] {
  const fw = view.firmware;
  const state = charge ? fw.chg : fw.dsg;
  const cause = charge ? fw.chgCause : fw.dsgCause;
  const coming = charge ? fw.chgComing : fw.dsgComing;
  const head = (charge ? 'CHG' : 'DSG') + ' MOSFET  ' + paint(PATH_STYLE[state], state.padEnd(14));
  if (cause !== null) {
    const since = cause.sinceMs === null ? '' : `since ${wallClock(cause.sinceMs)}, `;
    return [head + causeText(cause), `    ${since}closes again ${cause.releasedBy}${left(cause)}`];
  }
  if (coming !== null) return [head, `    about to open: ${causeText(coming)}${left(coming)}`];
  if (state === 'pre-discharge') return [head + 'the inverter capacitor is being charged', ''];
  return [head, ''];
}

function speedText(speed: number, reached: number): string {
  const now = reached < 100 ? reached.toPrecision(2) : reached.toFixed(0);
  if (speed === Infinity) return `max, now x${now}`;
  return Math.abs(reached / speed - 1) < 0.05 ? `x${speed}` : `x${speed}, now x${now}`;
}

function chargeLine(fw: FirmwareView, paint: Paint): string {
  const percent = (fw.socPermille / 10).toFixed(1).padStart(5);
  const ah = `${quantity(fw.remainingMah, 'mA')}h of ${quantity(fw.fullMah, 'mA')}h, ${fw.cycles} cycles`;
  return `SOC ${percent} %  ${paint('cyan', bar(fw.socPermille / 1000, 28))}  ${ah}`;
}

function volts(mv: number): string {
  return (mv / 1000).toFixed(2) + ' V';
}

function powerLine(view: PanelView, paint: Paint): string {
  const fw = view.firmware;
  const watts = Math.round((fw.sumMv * fw.currentMa) / 1e6);
  const flow = `${volts(fw.sumMv)} ${quantity(fw.currentMa, 'mA').padStart(8)} ${String(watts).padStart(6)} W`;
  return `${paint('bold', fw.mode.padEnd(9))}  ${flow}   terminals ${volts(fw.terminalMv)}, breaker ${view.breaker}`;
}

function words(names: readonly string[], style: Style, paint: Paint): string {
  return names.length === 0 ? 'none' : paint(style, names.join(', '));
}

/** The whole panel: `PANEL_HEIGHT` lines, then the log. */
export function renderPanel(view: PanelView, paint: Paint = monochrome): string[] {
  const fw = view.firmware;
  const clock = `${wallClock(view.virtualMs)}  ${speedText(view.speed, view.reached)}`;
  const alarms = `alarms ${words([...fw.alarms, ...fw.notices], 'yellow', paint)}`;
  const protections = `protections ${words(fw.protections, 'red', paint)}`;
  const lines = [
    `${paint('bold', 'cellkeeper')}  16S LiFePO4, address ${fw.address}   ${clock}`,
    ledLine(view, paint),
    chargeLine(fw, paint),
    powerLine(view, paint),
    '',
  ];
  for (let i = 0; i < 8; i++) lines.push(cell(fw, i, paint) + '    ' + cell(fw, i + 8, paint));
  const temps = fw.tempDeciC.map((deci, i) => temperature(deci, ['T1', 'T2', 'T3', 'T4', 'MOSFET', 'ambient'][i]!));
  lines.push(temps.join('  ') + ' °C', '');
  lines.push(...path(view, true, paint), ...path(view, false, paint));
  lines.push(`${alarms}; ${protections}; faults ${words(fw.faults, 'red', paint)}`);
  lines.push(`charger ${view.charger}; load ${view.load}`, `RS232 ${view.rs232}`);
  return [...lines, ...view.log.map((line) => paint('dim', line))];
}

/** The same in one line, for outputs that are no terminal. */
export function renderLine(view: PanelView): string {
  const fw = view.firmware;
  const cells = `cells ${Math.min(...fw.cellMv)}..${Math.max(...fw.cellMv)} mV`;
  const soc = `SOC ${(fw.socPermille / 10).toFixed(1)} %`;
  const parts = [wallClock(view.virtualMs), fw.mode, soc, volts(fw.sumMv), quantity(fw.currentMa, 'mA'), cells];
  return [...parts, `CHG ${fw.chg}`, `DSG ${fw.dsg}`, speedText(view.speed, view.reached)].join('  ');
}
