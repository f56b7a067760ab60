/** Entry of the command line: signals and streams of the process. */
import { main } from './command';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort()); // a second one ends it at once
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error; // the reader went away: nothing is left to do
  stop.abort();
});
process.exitCode = await main(process.argv.slice(2), process, stop.signal);
