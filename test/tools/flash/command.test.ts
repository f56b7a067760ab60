/** The commands from their arguments to exit codes, against a scripted console behind a real TCP socket. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../../tools/command';
import { parsePort, openLink } from '../../../tools/flash/node-links';
import { Progress } from '../../../tools/flash/progress';
import { talk } from '../../../tools/flash/terminal';
import { sink } from '../sink';
import { FakeBoard } from './fake-console';

let board: FakeBoard;
let server: Server;
let folder: string;
let sockets: Socket[];

beforeEach(async () => {
  board = new FakeBoard({ board: 'LINUXF4' });
  sockets = [];
  folder = mkdtempSync(join(tmpdir(), 'flash-'));
  server = createServer((socket) => {
    sockets.push(socket);
    board.onOutput = (text) => void socket.write(text, 'latin1');
    socket.on('data', (data) => board.receive(data.toString('latin1')));
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
  rmSync(folder, { recursive: true });
});

const port = (): string => `tcp:127.0.0.1:${(server.address() as AddressInfo).port}`;
const never = new AbortController().signal;

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const io = { stdout: sink(), stderr: sink() };
  const code = await main(argv, io, never);
  return { code, out: io.stdout.text, err: io.stderr.text };
}

function bundle(text: string): string {
  const file = join(folder, 'firmware.js');
  writeFileSync(file, text);
  return file;
}

describe('cellkeeper flash', () => {
  const flash = (...more: string[]): ReturnType<typeof run> =>
    run('flash', '--board', 'stm32f4discovery', '--port', port(), ...more);

  it('ends with 0 when the bundle runs', async () => {
    const file = bundle(`var firmware=1;function bmsStatus(){return "0,0,0"}//${'.'.repeat(900)}`);
    const { code, out, err } = await flash('--file', file);
    expect(err).toMatch(/found LINUXF4[\s\S]*write 100 %[\s\S]*started, and kept/);
    expect([code, out]).toEqual([0, '']);
    expect(board.global('firmware')).toBe(1);
  });

  it('ends with 0 and changes nothing in a dry run', async () => {
    const { code, err } = await flash('--file', bundle('1'), '--dry-run');
    expect([code, board.storage.work]).toEqual([0, 0]);
    expect(err).toMatch(/dry run: 1 bytes would go to ck\.a/);
  });

  it('ends with 1 and one line of reason', async () => {
    board.storage.write('.bootcde', 'function bmsStatus(){return "1,1,-12000"}');
    board.start();
    const refused = await flash('--file', bundle('1'));
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/^error: the charge and discharge path is closed and -12\.0 A flow.*\n$/m);
    expect((await flash('--file', join(folder, 'none.js'))).code).toBe(1);
    const closed = await run('flash', '--board', 'pico', '--port', 'tcp:127.0.0.1:1', '--file', bundle('1'));
    expect(closed).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error: cannot open tcp:127\.0\.0\.1:1: /) as string,
    });
  });

  it('ends with 2 on wrong usage', async () => {
    expect((await run('flash', '--port', port())).code).toBe(2);
    expect((await run('flash', '--board', 'toaster', '--port', port())).code).toBe(2);
    expect((await run('flash', '--board', 'pico', '--port', '/dev/ttyACM0')).code).toBe(2);
    expect((await run('flash', '--board', 'pico')).code).toBe(2);
    expect((await run('console')).code).toBe(2);
  });
});

describe('ports', () => {
  it('reads their names', () => {
    expect(parsePort('serial:/dev/ttyACM0')).toEqual({ kind: 'serial', path: '/dev/ttyACM0', baud: 115200 });
    expect(parsePort('serial:COM3@9600')).toEqual({ kind: 'serial', path: 'COM3', baud: 9600 });
    expect(parsePort('tcp:[::1]:23')).toEqual({ kind: 'tcp', host: '::1', port: 23 });
    for (const wrong of ['', 'tcp:host', 'tcp:host:0', 'tcp:host:65536', 'serial:', 'udp:a:1'])
      expect(() => parsePort(wrong)).toThrow(/tcp:HOST:PORT/);
  });

  it('says which serial port cannot be opened', async () => {
    const open = openLink({ kind: 'serial', path: '/dev/nothing-here', baud: 115200 });
    await expect(open).rejects.toThrow(/cannot open serial:\/dev\/nothing-here|optional package serialport/);
  });
});

describe('cellkeeper console', () => {
  it('passes keys and text through, and leaves at Ctrl-]', async () => {
    const keys = Object.assign(new PassThrough(), {
      isTTY: true,
      raw: [] as boolean[],
      setRawMode: (raw: boolean) => keys.raw.push(raw),
    });
    const io = { stdout: sink(), stderr: sink() };
    const done = talk(await openLink(parsePort(port())), io, never, keys);
    keys.write('print("hello")\r');
    await expect.poll(() => io.stdout.text).toContain('hello\r\n>');
    keys.write('print("not\x1d sent")\r');
    await done;
    expect(keys.raw).toEqual([true, false]);
    expect(io.stdout.text).not.toContain('not');
  });

  it('ends after a piped script when the board has answered', async () => {
    const keys = new PassThrough();
    const io = { stdout: sink(), stderr: sink() };
    keys.end('print(1)\nprint(2)\n');
    await talk(await openLink(parsePort(port())), io, never, keys);
    expect(io.stdout.text).toBe('1\r\n>2\r\n>');
  });

  it('fails when the board goes away', async () => {
    const done = talk(await openLink(parsePort(port())), { stdout: sink(), stderr: sink() }, never, new PassThrough());
    await expect.poll(() => sockets.length).toBe(1);
    sockets[0]!.destroy();
    await expect(done).rejects.toThrow(/connection is gone/);
  });
});

describe('progress', () => {
  it('is a bar on a terminal that notes do not tear', () => {
    const out = { ...sink(), isTTY: true };
    const progress = new Progress(out);
    progress.show('write', 50, 100);
    progress.note('hello');
    progress.close();
    expect(out.text).toBe(`\r\x1b[Kwrite    [${'#'.repeat(16)}${'.'.repeat(16)}] 50 % 50/100\r\x1b[Khello\n`);
  });
});
