/**
 * The RS232 port as a TCP server on this machine. Bytes go both ways as they are; what a TCP stream does not have, the
 * pauses and the single partner of a cable, is restored here: a frame reaches the pack in one piece however the network
 * cut it and however fast virtual time runs, and several clients take turns.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** The wire's end that we hold; `SimSerial` has this shape. */
export interface Wire {
  readonly baud: number;
  receive(data: string): void;
  onSent: (data: string) => void;
}

const END = '\r';
/** Longest piece given to the wire: the longest PACE frame (pace.md 1.2). */
const PIECE = 4096 + 18;
/** A client with more than this waiting is not read from until the pack has taken some. */
const HIGH_WATER = 2 * PIECE;
/** A client that does not read its answers is dropped here. */
const UNREAD_LIMIT = 1 << 20;
const MAX_CLIENTS = 16;
/** A piece without an end is passed on after this pause in real time. */
const PAUSE_MS = 100;
/** A pack that has not answered by then (virtual time after the last byte) will not; it does within 50 ms (pace.md 1.12). */
const ANSWER_MS = 300;

interface Client {
  socket: Socket;
  /** Received, not yet on the wire. */
  waiting: string;
  lastReceivedMs: number;
  /** The client has closed its side; it still gets its answers. */
  ended: boolean;
}

export class TcpPort {
  /** Pieces that went to the pack, and bytes both ways: for the panel. */
  readonly counts = { clients: 0, framesIn: 0, bytesIn: 0, bytesOut: 0 };
  private readonly clients: Client[] = [];
  /** Whose answer is due. A real host waits for it before it asks again; so does everybody here. */
  private owner: Client | null = null;
  private outgoing = '';
  private wireFreeMs = 0;
  private lastActivityMs = 0;
  private nextTurn = 0;

  private constructor(
    private readonly server: Server,
    private readonly wire: Wire,
  ) {
    server.on('connection', (socket) => this.connect(socket));
    wire.onSent = (data) => {
      this.outgoing += data;
    };
  }

  /** Listens on 127.0.0.1; rejects when the port is taken. */
  static listen(port: number, wire: Wire): Promise<TcpPort> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.maxConnections = MAX_CLIENTS;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        server.on('error', () => {}); // a failed accept concerns one client, not the pack
        resolve(new TcpPort(server, wire));
      });
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** True while bytes wait or an answer is due: virtual time should then pass in small steps. */
  get busy(): boolean {
    return this.owner !== null || this.outgoing !== '' || this.clients.some((client) => client.waiting !== '');
  }

  /** Moves bytes both ways. Called between two stretches of virtual time. */
  service(virtualMs: number): void {
    this.deliver(virtualMs);
    if (virtualMs - Math.max(this.lastActivityMs, this.wireFreeMs) > ANSWER_MS) this.owner = null;
    if (this.owner === null && virtualMs >= this.wireFreeMs) this.takePiece(virtualMs);
    for (const client of [...this.clients]) {
      if (client.waiting.length < HIGH_WATER && client.socket.isPaused()) client.socket.resume();
      if (client.ended && client.waiting === '' && client !== this.owner && !client.socket.writableEnded)
        client.socket.end();
    }
  }

  /** Closes the server and every connection. */
  close(): Promise<void> {
    this.wire.onSent = () => {};
    for (const client of this.clients) client.socket.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private connect(socket: Socket): void {
    const client: Client = { socket, waiting: '', lastReceivedMs: 0, ended: false };
    this.clients.push(client);
    this.counts.clients = this.clients.length;
    socket.on('data', (data: Buffer) => {
      client.waiting += data.toString('latin1');
      client.lastReceivedMs = performance.now();
      if (client.waiting.length >= HIGH_WATER) socket.pause();
    });
    socket.on('end', () => {
      client.ended = true;
    });
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => {
      this.clients.splice(this.clients.indexOf(client), 1);
      this.counts.clients = this.clients.length;
      client.waiting = '';
    });
  }

  /** Answers go to the client whose request is on the wire; what the pack says by itself goes to everybody. */
  private deliver(virtualMs: number): void {
    if (this.outgoing === '') return;
    const data = Buffer.from(this.outgoing, 'latin1');
    this.lastActivityMs = virtualMs;
    this.counts.bytesOut += data.length;
    for (const client of this.owner !== null ? [this.owner] : this.clients) {
      if (client.socket.destroyed || client.socket.writableEnded) continue;
      if (client.socket.writableLength > UNREAD_LIMIT) client.socket.destroy();
      else client.socket.write(data);
    }
    if (this.outgoing.endsWith(END)) this.owner = null;
    this.outgoing = '';
  }

  /** Gives the wire the next piece of the next client in turn. */
  private takePiece(virtualMs: number): void {
    for (let i = 0; i < this.clients.length; i++) {
      const client = this.clients[(this.nextTurn + i) % this.clients.length]!;
      const length = pieceLength(client);
      if (length === 0) continue;
      const piece = client.waiting.slice(0, length);
      client.waiting = client.waiting.slice(length);
      this.nextTurn += i + 1;
      if (piece.endsWith(END)) this.owner = client; // anything else is no frame and gets no answer
      this.counts.framesIn++;
      this.counts.bytesIn += length;
      this.wireFreeMs = virtualMs + (length * 1e4) / this.wire.baud;
      this.lastActivityMs = virtualMs;
      this.wire.receive(piece);
      return;
    }
  }
}

/** Characters of a client's next piece: a whole frame, as much as the longest frame, or what a pause has ended. */
function pieceLength(client: Client): number {
  const end = client.waiting.indexOf(END);
  if (end >= 0) return Math.min(end + 1, PIECE);
  if (client.waiting.length >= PIECE) return PIECE;
  const paused = client.ended || performance.now() - client.lastReceivedMs >= PAUSE_MS;
  return paused ? client.waiting.length : 0;
}
