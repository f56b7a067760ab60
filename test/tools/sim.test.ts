import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { main } from '../../tools/command';
import type { SoakSummary } from '../../tools/soak';
import type { FirmwareView } from '../../tools/view';
import { sink } from './sink';

interface Result {
  code: number;
  out: string;
  err: string;
}

interface Snapshot {
  virtualSeconds: number;
  truth: { cellMv: number[]; currentMa: number };
  firmware: FirmwareView & { leds: number };
  exceptions: number;
}

const NEVER = new AbortController().signal;

async function run(line: string, signal: AbortSignal = NEVER, tty = false): Promise<Result> {
  const stdout = Object.assign(sink(), { isTTY: tty, columns: 80, rows: 24 });
  const stderr = sink();
  const code = await main(line.split(' '), { stdout, stderr }, signal);
  return { code, out: stdout.text, err: stderr.text };
}

async function snapshot(line: string): Promise<Snapshot> {
  const { out } = await run(`sim --json --rs232 none ${line}`);
  return JSON.parse(out) as Snapshot;
}

/** Sends over TCP in the given pieces; resolves with everything received until the answer has ended. */
async function ask(port: number, pieces: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1').setNoDelay();
  let received = '';
  const ended = new Promise<void>((resolve, reject) => {
    socket.on('data', (data) => {
      received += data.toString('latin1');
      if (received.endsWith('\r')) resolve();
    });
    socket.on('error', reject);
    socket.on('close', resolve);
  });
  for (const piece of pieces) {
    socket.write(piece);
    await sleep(2);
  }
  await ended;
  socket.destroy();
  return received;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('cellkeeper sim --headless --json', () => {
  it('ends with one JSON snapshot of truth and firmware view, and nothing else on stdout', async () => {
    const { code, out } = await run('sim --headless --for 60s --rs232 none --speed max --seed 1 --json');
    expect(code).toBe(0);
    expect(out).toMatch(/^\{.*\}\n$/);
    const { virtualSeconds, truth, firmware, exceptions } = JSON.parse(out) as Snapshot;
    expect([virtualSeconds, exceptions]).toEqual([60, 0]);
    expect(truth.cellMv).toHaveLength(16);
    firmware.cellMv.forEach((mv, i) => expect(Math.abs(mv - truth.cellMv[i]!)).toBeLessThan(10));
    expect(Math.abs(firmware.currentMa - truth.currentMa)).toBeLessThan(500);
    expect([firmware.chg, firmware.dsg, firmware.faults]).toEqual(['closed', 'closed', []]);
  });

  it('is repeatable for a seed, and another pack for another seed', async () => {
    const first = await snapshot('--for 20s --speed max --seed 5');
    expect(await snapshot('--for 20s --speed max --seed 5')).toEqual(first);
    expect((await snapshot('--for 20s --speed max --seed 6')).truth.cellMv).not.toEqual(first.truth.cellMv);
  });

  it('gives the same result at a set speed as flat out', async () => {
    expect(await snapshot('--for 30s --speed 100')).toEqual(await snapshot('--for 30s --speed max'));
  });

  it('takes charge, temperature and address from the options', async () => {
    const { firmware } = await snapshot('--for 5s --speed max --scenario none --soc 97 --ambient -10 --address 9');
    expect(firmware.address).toBe(9);
    expect(firmware.socPermille).toBeGreaterThan(930);
    for (const deci of firmware.tempDeciC) expect(Math.abs(deci! + 100)).toBeLessThan(20);
    expect([firmware.chg, firmware.chgCause?.rule]).toEqual(['open', 'Charge UTP']);
  });

  it('charges with --charger and discharges with --load', async () => {
    const charged = await snapshot('--for 30s --speed max --scenario none --charger 20');
    expect(Math.abs(charged.truth.currentMa - 20000)).toBeLessThan(200);
    expect(charged.firmware.mode).toBe('Charge');
    const discharged = await snapshot('--for 30s --speed max --scenario none --load 2000');
    expect(discharged.truth.currentMa).toBeLessThan(-35000);
    expect(discharged.firmware.mode).toBe('Discharge');
  });

  it('prints its snapshot also when it is stopped', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    const { code, out } = await run('sim --json --rs232 none', stop.signal);
    expect(code).toBe(0);
    expect((JSON.parse(out) as Snapshot).virtualSeconds).toBeGreaterThan(0);
  });
});

describe('cellkeeper sim --scenario random', () => {
  const LINE = 'sim --scenario random --headless --rs232 none --speed max --seed 3';

  it('tells what happens, reports how far it is on stderr, and ends with a table and exit code 0', async () => {
    const { code, out, err } = await run(`${LINE} --for 3h`);
    expect([code, out.includes('VIOLATION')]).toEqual([0, false]);
    expect(out).toMatch(/^day 1 16:59:40 {2}(charge|discharge|rest): /);
    expect(out).toContain('random life of 0.13 days');
    expect(out).toMatch(/violations +0\n$/);
    const lines = err.trimEnd().split('\n');
    expect(lines).toHaveLength(10);
    expect(lines[4]).toMatch(/^5\d %: 0\.1 of 0\.1 days, \d+ x real time, \d+ events, 0 violations$/);
  });

  it('has its summary in the JSON', async () => {
    const { code, out } = await run(`${LINE} --for 30m --json`);
    const { soak } = JSON.parse(out) as { soak: SoakSummary };
    expect([code, soak.virtualHours, soak.violations, soak.exceptions]).toEqual([0, 0.5, [], 0]);
  });
});

describe('what a person sees', () => {
  it('turns from the sun to the cooker within a minute, and says so', async () => {
    const { out } = await run('sim --headless --for 60s --rs232 none --speed max');
    expect(out).toMatch(/day 1 16:59:4\d {2}CHG path closed/);
    expect(out).toMatch(/day 1 17:00:0\d {2}Charge -> Discharge/);
  });

  it('prints plain lines without a terminal', async () => {
    const { out } = await run('sim --for 60s --rs232 none --speed max');
    expect(out).not.toContain('\x1b');
    expect(out).toMatch(/day 1 17:00:40 {2}Discharge {2}SOC \d+\.\d %/);
  });

  it('draws a panel on a terminal and leaves the terminal as it was', async () => {
    const { out } = await run('sim --for 60s --rs232 none --speed 300', NEVER, true);
    expect(out.startsWith('\x1b[?1049h\x1b[?25l')).toBe(true);
    expect(out).toContain('\x1b[?25h\x1b[?1049l');
    expect(out).toContain('ON/OFF');
  });
});

describe('RS232 of the running pack on TCP (S30)', () => {
  const REQUEST_42 = '~25014642E00201FD30\r';

  it.each(['1', '100', 'max'])('answers request 42 at speed %s, also byte by byte', async (speed) => {
    const port = await freePort();
    const stop = new AbortController();
    const running = run(`sim --json --rs232 tcp:${port} --speed ${speed} --layout v1 --address 3`, stop.signal);
    await sleep(500);
    const whole = await ask(port, [REQUEST_42]);
    const bytes = await ask(port, [...REQUEST_42]);
    stop.abort();
    expect((await running).code).toBe(0);
    for (const answer of [whole, bytes]) expect(answer).toMatch(/^~25034600F07A000110[0-9A-F]+\r$/);
    expect(whole).toHaveLength(18 + 0x7a);
  });

  it('lives on after garbage, and answers the next request', async () => {
    const port = await freePort();
    const stop = new AbortController();
    const running = run(`sim --json --rs232 tcp:${port} --speed 50`, stop.signal);
    await sleep(300);
    const bad = await ask(port, ['\x00\xff~~~~', '~25014642E00201FD31\r']);
    expect(bad).toMatch(/^~250046020000/); // checksum error, own address 0
    expect(await ask(port, [REQUEST_42])).toMatch(/^~25004600/);
    stop.abort();
    await running;
  });

  it('says in one line that the port is taken, with exit code 1', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const { code, out, err } = await run(`sim --headless --for 1s --rs232 tcp:${port}`);
    server.close();
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^error: port \d+ on 127\.0\.0\.1 is in use[^\n]*\n$/);
  });
});
