/** `cellkeeper flash` and `cellkeeper console`: options, files, ports. */
import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import type { Io } from '../output';
import { BoardConsole } from './board-console';
import { boardNames } from './boards';
import { FlashError, type Link } from './link';
import { openLink, parsePort, type PortName } from './node-links';
import { Progress } from './progress';
import { Flasher } from './protocol';
import { talk, type Keyboard } from './terminal';

interface FlashCommand {
  board: string;
  port: PortName;
  file?: string;
  dryRun: boolean;
  force: boolean;
}

/** Text of the bundle, one character a byte. `dist`: folder of the built ones. */
function readBundle(options: FlashCommand, dist: URL): string {
  try {
    return readFileSync(options.file ?? new URL(`${options.board}.min.js`, dist), 'latin1');
  } catch (error) {
    if (options.file !== undefined) throw error;
    throw new FlashError(`dist/${options.board}.min.js is not there: run "npm run build:firmware" first`);
  }
}

/** Runs one flashing to its end; everything it says goes to stderr. A stop from outside is a cut cable to it. */
export async function flash(options: FlashCommand, dist: URL, io: Io, signal: AbortSignal): Promise<void> {
  const bundle = readBundle(options, dist);
  const link = await openLink(options.port);
  const progress = new Progress(io.stderr);
  const board = new BoardConsole(link);
  const stop = (): void => {
    link.onClose('stopped by the user');
    link.close();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const flasher = new Flasher(board, {
      board: options.board,
      bundle,
      dryRun: options.dryRun,
      force: options.force,
      simulation: options.port.kind === 'tcp',
      onProgress: (stage, done, total) => progress.show(stage, done, total),
      onNote: (line) => progress.note(line),
    });
    const { changed, slot } = await flasher.run();
    if (changed) progress.note(`${bundle.length} bytes in slot ${slot}: written, read back, started, and kept`);
  } finally {
    progress.close();
    signal.removeEventListener('abort', stop);
    if (!board.isLost) board.close();
  }
}

/** Adds both commands to a root that has its output and its exits set already: they inherit them. Returns the root. */
export function addFlashCommands(root: Command, dist: URL, io: Io, signal: AbortSignal, keyboard?: Keyboard): Command {
  const port = (): Option =>
    new Option('--port <name>', 'serial:DEVICE[@BAUD] or tcp:HOST:PORT').argParser(parsePort).makeOptionMandatory();
  const flashing = root
    .command('flash')
    .description('write the firmware to a board; the old one comes back when the new one does not answer')
    .addOption(new Option('--board <name>', 'which board').choices(boardNames()).makeOptionMandatory())
    .addOption(port())
    .option('--file <path>', 'a bundle other than dist/<board>.min.js')
    .option('--dry-run', 'look at the board, write nothing', false)
    .option('--force', 'in spite of a wrong board or version, flowing current, or a silent firmware', false);
  flashing.action((raw: FlashCommand) => flash(raw, dist, io, signal));
  const console = root
    .command('console')
    .description("the interpreter's own console; Ctrl-] leaves it")
    .addOption(port());
  console.action(async (raw: { port: PortName }) => {
    const link: Link = await openLink(raw.port);
    await talk(link, io, signal, keyboard ?? process.stdin);
  });
  for (const command of [flashing, console]) command.allowExcessArguments(false);
  return root;
}
