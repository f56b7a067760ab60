/** The console of Espruino for Linux as a TCP server: the build has no telnet, so its standard input and output are bridged. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class EngineBridge {
  /** Bytes that still go to the engine; then the cable is cut. */
  cutAfter = Infinity;
  private readonly folder = mkdtempSync(join(tmpdir(), 'flash-'));
  private readonly server: Server;
  private engine: ChildProcessWithoutNullStreams;
  private socket: Socket | null = null;

  private constructor(private readonly binary: string) {
    this.engine = this.boot();
    this.server = createServer((socket) => this.accept(socket));
  }

  static async start(binary: string): Promise<EngineBridge> {
    const bridge = new EngineBridge(binary);
    bridge.server.listen(0, '127.0.0.1');
    await once(bridge.server, 'listening');
    return bridge;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Power off and on: only Storage survives. */
  async powerCycle(): Promise<void> {
    await this.stop();
    this.engine = this.boot();
  }

  async close(): Promise<void> {
    this.socket?.destroy();
    this.server.close();
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async stop(): Promise<void> {
    if (this.engine.exitCode !== null || this.engine.signalCode !== null) return;
    const ended = once(this.engine, 'exit');
    this.engine.kill('SIGKILL');
    await ended;
  }

  private boot(): ChildProcessWithoutNullStreams {
    const engine = spawn(this.binary, [], { cwd: this.folder, stdio: 'pipe' });
    engine.stdin.on('error', () => {}); // it was killed
    engine.stdout.on('data', (data: Buffer) => this.socket?.write(data));
    engine.stderr.resume();
    engine.on('exit', (code, signal) => {
      if (signal === 'SIGKILL') return;
      process.stdout.write(
        `the engine ended by itself (${code ?? signal}); it is started again, as a watchdog would\n`,
      );
      this.engine = this.boot();
    });
    return engine;
  }

  private accept(socket: Socket): void {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      const part = data.subarray(0, Math.min(data.length, this.cutAfter));
      this.cutAfter -= part.length;
      this.engine.stdin.write(part);
      if (part.length < data.length) socket.destroy();
    });
    socket.on('close', () => {
      if (this.socket === socket) this.socket = null;
    });
  }
}
