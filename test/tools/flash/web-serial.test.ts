/** The browser's port as a link: the same protocol must come through, and an unplugged cable must be told. */
import { describe, expect, it } from 'vitest';
import { BoardConsole } from '../../../tools/flash/board-console';
import { openWebSerial, type WebSerialPort } from '../../../tools/flash/page/web-serial';
import { Flasher } from '../../../tools/flash/protocol';
import { FakeBoard } from './fake-console';

/** A Web Serial port made of the streams that a browser uses too. */
function fakePort(board: FakeBoard): { port: WebSerialPort; unplug: () => void; closed: () => boolean } {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let closed = false;
  const readable = new ReadableStream<Uint8Array>({ start: (made) => void (controller = made) });
  const writable = new WritableStream<Uint8Array>({
    write: (bytes) => board.receive(Buffer.from(bytes).toString('latin1')),
  });
  board.onOutput = (text) => controller.enqueue(Buffer.from(text, 'latin1'));
  const port = { open: async () => {}, close: async () => void (closed = true), readable, writable };
  return {
    port: port as unknown as WebSerialPort,
    unplug: () => controller.error(new Error('The device has been lost.')),
    closed: () => closed,
  };
}

describe('Web Serial', () => {
  it('flashes a board and gives the port back', async () => {
    const board = new FakeBoard();
    const { port, closed } = fakePort(board);
    const console = new BoardConsole(await openWebSerial(port));
    const bundle = 'var firmware="web";function bmsStatus(){return "0,0,0"}';
    await new Flasher(console, { board: 'stm32f4discovery', bundle, pollMs: 1, settleMs: 1 }).run();
    expect(board.global('firmware')).toBe('web');
    console.close();
    await expect.poll(closed).toBe(true);
  });

  it('tells when the device is unplugged', async () => {
    const { port, unplug, closed } = fakePort(new FakeBoard());
    const link = await openWebSerial(port);
    const reasons: string[] = [];
    link.onClose = (reason) => reasons.push(reason);
    unplug();
    await expect.poll(closed).toBe(true);
    expect(reasons).toEqual(['The device has been lost.']);
  });
});
