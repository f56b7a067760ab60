/** The command `cellkeeper`: parses, runs, and turns every failure into one line and an exit code. */
import { readFileSync, writeFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addFlashCommands } from './flash/command';
import { contradiction, simOptions, toSimOptions, type SimOptions } from './options';
import type { Io } from './output';
import { panelPicture } from './shots';
import { simulate, UserError } from './sim';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

export interface Actions {
  sim(options: SimOptions): Promise<void>;
  picture(file: string): Promise<void>;
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** The command line without its effects. */
export function program(actions: Actions, io: Io): Command {
  const root = new Command('cellkeeper').description('A 16S LiFePO4 pack: the firmware on simulated hardware');
  root.version(version());
  const sim = root.command('sim').description('run the pack in this terminal');
  for (const option of simOptions()) sim.addOption(option);
  sim.action((raw: Record<string, unknown>) => {
    const options = toSimOptions(raw);
    const wrong = contradiction(options);
    if (wrong !== null) sim.error(`error: ${wrong}`);
    return actions.sim(options);
  });
  const picture = root
    .command('picture')
    .description('write the panel of a simulated evening as SVG')
    .argument('<file>');
  picture.action((file: string) => actions.picture(file));
  root.action(() => {
    const what = root.args.length === 0 ? 'no command given' : `unknown command '${root.args[0]}'`;
    root.error(`error: ${what}, try 'cellkeeper sim' or 'cellkeeper --help'`);
  });
  for (const command of [root, sim, picture]) {
    command.exitOverride().showSuggestionAfterError(false).allowExcessArguments(false);
    command.configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) });
  }
  root.allowExcessArguments(true); // its own action names them
  return root;
}

/** Runs the command; returns its exit code. `argv` without node and script. */
export async function main(argv: readonly string[], io: Io, signal: AbortSignal): Promise<number> {
  const actions: Actions = {
    sim: (options) => simulate(options, io, signal),
    picture: async (file) => writeFileSync(file, panelPicture()),
  };
  try {
    const dist = new URL('../dist/', import.meta.url);
    await addFlashCommands(program(actions, io), dist, io, signal).parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE; // its line is already written
    const known = error instanceof UserError || (error as NodeJS.ErrnoException).code !== undefined;
    if (!known) throw error;
    io.stderr.write(`error: ${(error as Error).message}\n`);
    return EXIT_FAILED;
  }
}
