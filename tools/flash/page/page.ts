/** The flasher as a web page: the same protocol over Web Serial (Chromium, from https or localhost). */
import { BoardConsole } from '../board-console';
import { boardNames } from '../boards';
import { FlashError } from '../link';
import { Flasher } from '../protocol';
import { openWebSerial, type WebSerial } from './web-serial';

/** The part of the browser that is used; the project's types know Node only. */
interface Element {
  value: string;
  checked: boolean;
  disabled: boolean;
  max: number;
  textContent: string;
  files: ArrayLike<{ text(): Promise<string> }>;
  addEventListener(event: string, handler: () => void): void;
  append(child: Element): void;
}
interface Browser {
  navigator: { serial?: WebSerial };
  document: { querySelector(selector: string): Element; createElement(tag: string): Element };
}

const browser = globalThis as unknown as Browser;
const at = (id: string): Element => browser.document.querySelector(`#${id}`);

/** Text of the chosen file, or of the bundle that lies beside the page. */
async function bundleOf(board: string): Promise<string> {
  const file = at('file').files[0];
  if (file !== undefined) return file.text();
  const answer = await fetch(`${board}.min.js`).catch(() => null);
  if (answer?.ok !== true) throw new FlashError(`${board}.min.js does not lie beside this page: choose the file`);
  return answer.text();
}

function say(line: string): void {
  at('log').textContent += `${line}\n`;
}

async function run(serial: WebSerial): Promise<void> {
  at('log').textContent = '';
  let console: BoardConsole | null = null;
  try {
    const board = at('board').value;
    const port = await serial.requestPort(); // first: a browser allows it only right after the click
    const bundle = await bundleOf(board);
    console = new BoardConsole(await openWebSerial(port));
    const result = await new Flasher(console, {
      board,
      bundle,
      dryRun: at('dry').checked,
      force: at('force').checked,
      onNote: say,
      onProgress: (_stage, done, total) => {
        at('bar').max = total;
        at('bar').value = String(done);
      },
    }).run();
    if (result.changed) say(`${bundle.length} bytes in slot ${result.slot}: written, read back, started, and kept`);
  } catch (error) {
    say(`error: ${(error as Error).message}`);
  } finally {
    if (console !== null && !console.isLost) console.close();
  }
}

for (const name of boardNames()) {
  const option = browser.document.createElement('option');
  option.textContent = name;
  at('board').append(option);
}
const { serial } = browser.navigator;
if (serial === undefined) {
  at('go').disabled = true;
  say(
    'This browser has no Web Serial. Chromium has it, on https pages and on localhost; or use "npx cellkeeper flash".',
  );
} else {
  at('go').addEventListener('click', () => {
    at('go').disabled = true;
    void run(serial).finally(() => (at('go').disabled = false));
  });
}
