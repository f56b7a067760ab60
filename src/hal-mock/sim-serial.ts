/** A UART of the interpreter: byte timing, chunks in, a blocking queue out (engine.md section 5). */
import type { SerialPort } from '../hal/serial';
import type { SimCpu } from './cpu';

/** The transmit queue that all ports of one controller share. */
export class TxQueue {
  used = 0;
  constructor(readonly capacity = 256) {}
}

/** Longest string of one data event. */
const CHUNK = 64;
/** Bytes that wait for the program before the next one is lost. */
const RX_CAPACITY = 1024;

export class SimSerial implements SerialPort {
  /** Receives what has left the port, byte by byte, at the end of each byte's stop bit. */
  onSent: (data: string) => void = () => {};
  baud = 9600;
  /** Bytes that arrived while the buffer was full. */
  lost = 0;
  /** µs that the program has spent waiting for room in the queue. */
  blockedUs = 0;
  private handlers: ((data: string) => void)[] = [];
  private received = '';
  private delivering = false;
  private lineFreeUs = 0;
  private txFreeUs = 0;

  constructor(
    private readonly cpu: SimCpu,
    private readonly queue: TxQueue = new TxQueue(),
  ) {}

  on(_event: 'data', handler: (data: string) => void): void {
    this.handlers.push(handler);
  }

  /** Blocks while the queue is full. */
  write(data: string): void {
    const clock = this.cpu.clock;
    for (const byte of data) {
      while (this.queue.used >= this.queue.capacity) {
        const fromUs = clock.nowUs;
        clock.advanceTo(clock.nextUs);
        this.blockedUs += clock.nowUs - fromUs;
      }
      this.queue.used++;
      this.txFreeUs = Math.max(this.txFreeUs, clock.nowUs) + this.byteUs;
      clock.at(this.txFreeUs, () => {
        this.queue.used--;
        this.onSent(byte);
      });
    }
  }

  /** The other end sends: bytes (characters 0..255) arrive one after the other. */
  receive(data: string): void {
    const clock = this.cpu.clock;
    for (const byte of data) {
      this.lineFreeUs = Math.max(this.lineFreeUs, clock.nowUs) + this.byteUs;
      clock.at(this.lineFreeUs, () => this.arrive(byte));
    }
  }

  /** Controller reset: handlers and buffers are gone, bytes under way still leave. */
  reset(): void {
    this.handlers = [];
    this.received = '';
    this.delivering = false;
  }

  private get byteUs(): number {
    return 1e7 / this.baud;
  }

  private arrive(byte: string): void {
    if (this.received.length >= RX_CAPACITY) this.lost++;
    else this.received += byte;
    if (this.delivering) return;
    this.delivering = true;
    this.cpu.post(() => this.deliver());
  }

  private deliver(): void {
    const chunk = this.received.slice(0, CHUNK);
    this.received = this.received.slice(CHUNK);
    this.delivering = this.received !== '';
    if (this.delivering) this.cpu.post(() => this.deliver());
    for (const handler of this.handlers) handler(chunk);
  }
}
