/** Web Serial as a link. Its types are not among the project's; this is the part that is used. */
import { FlashError, type Link } from '../link';

interface Reader {
  read(): Promise<{ value?: Uint8Array; done: boolean }>;
  cancel(): Promise<void>;
  releaseLock(): void;
}
interface Writer {
  write(data: Uint8Array): Promise<void>;
  releaseLock(): void;
}
export interface WebSerialPort {
  open(options: { baudRate: number; bufferSize?: number }): Promise<void>;
  close(): Promise<void>;
  readonly readable: { getReader(): Reader } | null;
  readonly writable: { getWriter(): Writer } | null;
}
export interface WebSerial {
  requestPort(): Promise<WebSerialPort>;
}

const BAUD = 115200;

export async function openWebSerial(port: WebSerialPort): Promise<Link> {
  try {
    await port.open({ baudRate: BAUD, bufferSize: 8192 });
  } catch (error) {
    throw new FlashError(`cannot open the port: ${(error as Error).message}`);
  }
  const reader = port.readable!.getReader();
  const writer = port.writable!.getWriter();
  let open = true;
  const gone = (reason: string): void => {
    if (open) link.onClose(reason);
    open = false;
  };
  const link: Link = {
    write: (text) => {
      const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
      writer.write(bytes).catch((error: Error) => gone(error.message));
    },
    onData: () => {},
    onClose: () => {},
    close: () => {
      open = false;
      void reader.cancel().catch(() => {}); // ends the loop below, which gives the port back
    },
  };
  const listen = async (): Promise<void> => {
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        if (value !== undefined) link.onData(Array.from(value, (byte) => String.fromCharCode(byte)).join(''));
      }
      gone('the port was closed');
    } catch (error) {
      gone((error as Error).message);
    }
    reader.releaseLock();
    writer.releaseLock();
    await port.close().catch(() => {}); // already unplugged
  };
  void listen();
  return link;
}
