/** Where the simulation shows itself: a panel on a terminal, plain lines elsewhere, JSON alone when asked for. */
import { colour, cut } from './ansi';
import { PANEL_HEIGHT, renderLine, renderPanel, type PanelView } from './panel';

/** The part of a stream that is used. */
export interface Sink {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  rows?: number | undefined;
}

export interface Io {
  stdout: Sink;
  stderr: Sink;
}

export interface Output {
  /** Real ms between two calls of `show`; Infinity = never. */
  readonly periodMs: number;
  /** Last lines of the log that `show` wants in its view. */
  readonly logLines: number;
  show(view: PanelView): void;
  /** One state change or message. */
  log(line: string): void;
  close(last: PanelView): void;
}

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** Redraws in place on the terminal's second screen; the last picture stays on the first. */
export class Screen implements Output {
  readonly periodMs = 125; // half an LED step, so that no flash is missed at real time
  readonly logLines = 8;
  private open = false;

  constructor(private readonly out: Sink) {}

  show(view: PanelView): void {
    const { columns = 80, rows = 24 } = this.out;
    const room = Math.max(0, rows - 1 - PANEL_HEIGHT);
    const log = view.log.slice(Math.max(0, view.log.length - room));
    const lines = renderPanel({ ...view, log }, colour).slice(0, Math.max(1, rows - 1));
    const text = lines.map((line) => cut(line, columns) + CLEAR_LINE).join('\n');
    this.out.write((this.open ? '' : ENTER) + HOME + text + CLEAR_BELOW);
    this.open = true;
  }

  log(): void {} // the panel shows the log

  close(last: PanelView): void {
    if (this.open) this.out.write(LEAVE);
    this.out.write(renderPanel(last, colour).join('\n') + '\n');
  }
}

/** One line every few seconds and one for each state change. */
export class Lines implements Output {
  readonly logLines = 0;

  constructor(
    private readonly out: Sink,
    readonly periodMs = 5000,
  ) {}

  show(view: PanelView): void {
    this.out.write(renderLine(view) + '\n');
  }

  log(line: string): void {
    this.out.write(line + '\n');
  }

  close(last: PanelView): void {
    this.show(last);
  }
}

/** Only state changes, on the stream that is not read by a program. */
export class Quiet implements Output {
  readonly periodMs = Infinity;
  readonly logLines = 0;

  constructor(private readonly err: Sink) {}

  show(): void {}

  log(line: string): void {
    this.err.write(line + '\n');
  }

  close(): void {}
}
