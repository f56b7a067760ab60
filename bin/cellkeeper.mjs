#!/usr/bin/env node
/** The command `cellkeeper`: builds itself on first use in a fresh clone, then hands over. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = new URL('../dist/cellkeeper.mjs', import.meta.url);

if (!existsSync(program)) {
  process.stderr.write('cellkeeper: not built yet, running "npm run build:host" once\n');
  const build = spawnSync('npm', ['run', '--silent', 'build:host'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 2, 2], // standard output belongs to the command
    shell: process.platform === 'win32',
  });
  if (build.status !== 0) {
    process.stderr.write('cellkeeper: the build failed; in a fresh clone run "npm ci" first\n');
    process.exit(1);
  }
}
await import(program.href);
