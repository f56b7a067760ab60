/** Ends a process that keeps this one waiting: a blocking read cannot look at a clock. */
import { Worker } from 'node:worker_threads';

/** Plain JavaScript of the second thread. `shared[0]` is 1 while somebody waits, `shared[1]` counts the waits. */
const GUARD = `
const { workerData } = require('node:worker_threads');
const { openSync, writeSync } = require('node:fs');
const { shared, pid, pipe, patienceMs } = workerData;
let seen = -1;
let sinceMs = 0;
setInterval(() => {
  const wait = shared[1];
  if (shared[0] === 0 || wait !== seen) {
    seen = wait;
    sinceMs = Date.now();
  } else if (Date.now() - sinceMs > patienceMs) {
    try { process.kill(pid, 'SIGKILL'); } catch {}
    writeSync(openSync(pipe, 'w'), 'x');
    seen = -1;
  }
}, 200);
`;

export class Watchdog {
  private readonly shared = new Int32Array(new SharedArrayBuffer(8));
  private readonly worker: Worker;

  /** When `wait` has waited for `patienceMs`, `pid` is killed and an 'x' is written to `pipe`, which wakes the reader. */
  constructor(pid: number, pipe: string, patienceMs: number) {
    this.worker = new Worker(GUARD, { eval: true, workerData: { shared: this.shared, pid, pipe, patienceMs } });
    this.worker.unref();
  }

  wait<T>(read: () => T): T {
    this.shared[1]!++;
    this.shared[0] = 1;
    const value = read();
    this.shared[0] = 0;
    return value;
  }

  stop(): void {
    void this.worker.terminate();
  }
}
