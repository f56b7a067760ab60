/** Links of a computer: TCP always, a serial port when the optional package `serialport` is installed. */
import { connect } from 'node:net';
import { InvalidArgumentError } from 'commander';
import { FlashError, type Link } from './link';

export type PortName = { kind: 'tcp'; host: string; port: number } | { kind: 'serial'; path: string; baud: number };

/** Espruino's console speed on a UART; USB ignores it. */
const BAUD = 115200;
const CONNECT_MS = 5000;

/** `serial:/dev/ttyACM0`, `serial:COM3@9600`, `tcp:192.168.1.5:2323`, `tcp:[::1]:2323`. */
export function parsePort(text: string): PortName {
  const serial = /^serial:([^@]+)(?:@(\d+))?$/.exec(text);
  if (serial !== null) return { kind: 'serial', path: serial[1]!, baud: Number(serial[2] ?? BAUD) };
  const tcp = /^tcp:(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(text);
  if (tcp !== null && Number(tcp[2]) >= 1 && Number(tcp[2]) <= 65535)
    return { kind: 'tcp', host: tcp[1]!.replace(/^\[|\]$/g, ''), port: Number(tcp[2]) };
  throw new InvalidArgumentError('Write serial:DEVICE, serial:DEVICE@BAUD or tcp:HOST:PORT.');
}

export function openLink(port: PortName): Promise<Link> {
  return port.kind === 'tcp' ? openTcp(port.host, port.port) : openSerial(port.path, port.baud);
}

/** Both kinds of stream as far as they are used here. */
interface Stream {
  write(data: Buffer): unknown;
  on(event: 'data', handler: (data: Buffer) => void): unknown;
  on(event: 'close', handler: () => void): unknown;
  on(event: 'error', handler: (error: Error) => void): unknown;
}

function linkOf(stream: Stream, end: () => void): Link {
  let open = true;
  const link: Link = {
    write: (text) => void stream.write(Buffer.from(text, 'latin1')),
    onData: () => {},
    onClose: () => {},
    close: () => {
      open = false;
      end();
    },
  };
  const gone = (reason: string): void => {
    if (open) link.onClose(reason);
    open = false;
  };
  stream.on('data', (data) => link.onData(data.toString('latin1')));
  stream.on('close', () => gone('the other end closed it'));
  stream.on('error', (error) => gone(error.message));
  return link;
}

function openTcp(host: string, port: number): Promise<Link> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const fail = (reason: string): void => {
      socket.destroy();
      reject(new FlashError(`cannot open tcp:${host}:${port}: ${reason}`));
    };
    const timer = setTimeout(() => fail('no connection within 5 s'), CONNECT_MS);
    socket.once('error', (error) => {
      clearTimeout(timer);
      fail(error.message);
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve(linkOf(socket, () => socket.end()));
    });
  });
}

async function openSerial(path: string, baudRate: number): Promise<Link> {
  let SerialPort: typeof import('serialport').SerialPort;
  try {
    ({ SerialPort } = await import('serialport'));
  } catch {
    throw new FlashError('serial ports need the optional package serialport: npm install serialport (or use tcp:)');
  }
  // the engine sends XOFF when its input buffer fills up
  const port = new SerialPort({ path, baudRate, autoOpen: false, xon: true, xoff: true });
  await new Promise<void>((resolve, reject) =>
    port.open((error) => (error ? reject(new FlashError(`cannot open serial:${path}: ${error.message}`)) : resolve())),
  );
  return linkOf(port, () => port.close());
}
