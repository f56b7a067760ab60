import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { TcpPort, type Wire } from '../../tools/tcp-port';

/** A pack at the end of the wire: answers `~X\r` with `<X>\r`; everything else with silence. */
class EchoPack implements Wire {
  readonly baud = 9600;
  readonly pieces: string[] = [];
  onSent: (data: string) => void = () => {};
  /** Answers by hand when false. */
  answering = true;

  receive(data: string): void {
    this.pieces.push(data);
    if (this.answering) for (const frame of data.match(/~[^\r]*\r/g) ?? []) this.answer(frame.slice(1, -1));
  }

  answer(text: string): void {
    for (const byte of `<${text}>\r`) this.onSent(byte);
  }
}

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const action of cleanUp.splice(0).reverse()) await action();
});

/** A port on a free number whose virtual time runs `speed` times as fast as real time. */
async function bench(speed = 1000): Promise<{ pack: EchoPack; tcp: TcpPort }> {
  const pack = new EchoPack();
  const tcp = await TcpPort.listen(0, pack);
  const startMs = performance.now();
  const timer = setInterval(() => tcp.service((performance.now() - startMs) * speed), 2);
  cleanUp.push(
    () => tcp.close(),
    () => clearInterval(timer),
  );
  return { pack, tcp };
}

interface TestClient {
  socket: Socket;
  received: string;
  closed: boolean;
}

async function client(tcp: TcpPort): Promise<TestClient> {
  const socket = connect({ port: tcp.port, host: '127.0.0.1', noDelay: true });
  const state: TestClient = { socket, received: '', closed: false };
  socket.on('data', (data) => (state.received += data.toString('latin1')));
  socket.on('error', () => {});
  socket.on('close', () => (state.closed = true));
  cleanUp.push(() => socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  return state;
}

async function until(condition: () => boolean, limitMs = 3000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error('not within ' + limitMs + ' ms');
    await sleep(2);
  }
}

describe('RS232 over TCP (S30)', () => {
  it('carries a request and its answer', async () => {
    const { tcp, pack } = await bench();
    const a = await client(tcp);
    a.socket.write('~42\r');
    await until(() => a.received === '<42>\r');
    expect(pack.pieces).toEqual(['~42\r']);
  });

  it('gives the pack one whole frame however the network cuts it, even at 100000 times real time', async () => {
    const { tcp, pack } = await bench(100000);
    const a = await client(tcp);
    for (const byte of '~25014642E00201FD30\r') {
      a.socket.write(byte);
      await sleep(5); // 500 s of virtual time: on a wire that would end the frame
    }
    await until(() => a.received !== '');
    expect(pack.pieces).toEqual(['~25014642E00201FD30\r']);
  });

  it('carries all 256 byte values both ways', async () => {
    const { tcp, pack } = await bench();
    pack.answering = false;
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const a = await client(tcp);
    a.socket.write(all);
    await until(() => pack.pieces.join('').length === 256);
    expect(pack.pieces.join('')).toBe(all.toString('latin1'));
    pack.onSent(all.toString('latin1'));
    await until(() => a.received.length === 256);
    expect(a.received).toBe(all.toString('latin1'));
  });

  it('passes garbage without an end on after a pause', async () => {
    const { tcp, pack } = await bench();
    const a = await client(tcp);
    a.socket.write('hello');
    await until(() => pack.pieces.length === 1);
    expect(pack.pieces).toEqual(['hello']);
  });

  it('gives each of several clients its own answers', async () => {
    const { tcp } = await bench();
    const clients = await Promise.all([1, 2, 3, 4].map(() => client(tcp)));
    for (let round = 0; round < 5; round++) clients.forEach((c, i) => c.socket.write(`~c${i}r${round}\r`));
    await until(() => clients.every((c) => c.received.split('\r').length === 6));
    clients.forEach((c, i) => expect(c.received).toBe([0, 1, 2, 3, 4].map((r) => `<c${i}r${r}>\r`).join('')));
  });

  it('does not let a silent client keep the wire', async () => {
    const { tcp } = await bench();
    const mute = await client(tcp);
    const other = await client(tcp);
    mute.socket.write('garbage that nobody answers\r');
    await sleep(10);
    other.socket.write('~42\r');
    await until(() => other.received === '<42>\r');
    expect(mute.received).toBe('');
  });

  it('answers a client that closes its side after the request, then closes', async () => {
    const { tcp } = await bench();
    const a = await client(tcp);
    a.socket.end('~42\r');
    await until(() => a.closed);
    expect(a.received).toBe('<42>\r');
  });

  it('survives a client that vanishes in the middle of its answer', async () => {
    const { tcp, pack } = await bench(1);
    pack.answering = false;
    const gone = await client(tcp);
    gone.socket.write('~42\r');
    await until(() => pack.pieces.length === 1);
    gone.socket.resetAndDestroy();
    await until(() => tcp.counts.clients === 0);
    pack.answer('42');
    pack.answering = true;
    const next = await client(tcp);
    next.socket.write('~44\r');
    await until(() => next.received.endsWith('<44>\r'));
    expect(next.received).toBe('<44>\r');
  });

  it('takes 200 kB of garbage in bounded pieces and lives on', async () => {
    const { tcp, pack } = await bench(10000);
    pack.answering = false;
    const a = await client(tcp);
    a.socket.write('x'.repeat(200000));
    await until(() => tcp.counts.bytesIn === 200000, 10000);
    expect(Math.max(...pack.pieces.map((piece) => piece.length))).toBeLessThanOrEqual(4114);
    pack.answering = true;
    a.socket.write('~42\r');
    await until(() => a.received === '<42>\r');
  });

  it('keeps the pace of the wire: the next piece waits until the bytes before have passed', async () => {
    const pack = new EchoPack();
    const tcp = await TcpPort.listen(0, pack);
    cleanUp.push(() => tcp.close());
    const a = await client(tcp);
    pack.answering = false;
    a.socket.write('~' + '0'.repeat(94) + '\r~42\r'); // 96 bytes: 100 ms at 9600 baud, then 300 ms for an answer
    await until(() => tcp.busy);
    tcp.service(1000);
    tcp.service(1400);
    expect(pack.pieces).toHaveLength(1);
    tcp.service(1401);
    expect(pack.pieces).toHaveLength(2);
  });

  it('asks for the next client as soon as an answer has ended', async () => {
    const pack = new EchoPack();
    const tcp = await TcpPort.listen(0, pack);
    cleanUp.push(() => tcp.close());
    const a = await client(tcp);
    a.socket.write('~42\r~44\r');
    await until(() => tcp.busy);
    tcp.service(0);
    tcp.service(4); // the request is still on the wire: 4 bytes take 4.2 ms
    expect(pack.pieces).toEqual(['~42\r']);
    tcp.service(5);
    expect(pack.pieces).toEqual(['~42\r', '~44\r']);
  });

  it('says when the port is taken', async () => {
    const { tcp } = await bench();
    await expect(TcpPort.listen(tcp.port, new EchoPack())).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('frees port and clients when closed', async () => {
    const { tcp, pack } = await bench();
    const a = await client(tcp);
    const { port } = tcp;
    cleanUp.splice(0, 2).forEach((action) => void action()); // stops and closes the bench
    await until(() => a.closed);
    const again = await TcpPort.listen(port, pack);
    await again.close();
  });
});
