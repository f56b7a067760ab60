/** The interpreter's console in this terminal: keys go to the board as they are, Ctrl-] leaves. */
import type { Io } from '../output';
import { FlashError, type Link } from './link';

/** The part of `process.stdin` that is used. */
export interface Keyboard {
  isTTY?: boolean | undefined;
  setRawMode?(raw: boolean): unknown;
  on(event: 'data', handler: (data: Buffer) => void): unknown;
  on(event: 'end', handler: () => void): unknown;
  off(event: 'data', handler: (data: Buffer) => void): unknown;
  off(event: 'end', handler: () => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

const LEAVE = '\x1d'; // Ctrl-]
/** A piped script has ended: the board is heard until it has been silent this long, real ms. */
const SILENCE_MS = 700;

/** Until Ctrl-], the end of a piped input, or a stop; rejects when the board goes away. */
export function talk(link: Link, io: Io, signal: AbortSignal, keyboard: Keyboard): Promise<void> {
  const raw = keyboard.isTTY === true && keyboard.setRawMode !== undefined;
  if (raw) io.stderr.write('Ctrl-] leaves the console\n');
  return new Promise((resolve, reject) => {
    let silence: NodeJS.Timeout | undefined;
    const finish = (error?: Error): void => {
      clearTimeout(silence);
      if (raw) keyboard.setRawMode!(false);
      keyboard.off('data', keys);
      keyboard.off('end', ended);
      keyboard.pause();
      signal.removeEventListener('abort', stop);
      link.close();
      if (error === undefined) resolve();
      else reject(error);
    };
    const stop = (): void => finish();
    const ended = (): void => {
      clearTimeout(silence);
      silence = setTimeout(finish, SILENCE_MS);
    };
    const keys = (data: Buffer): void => {
      const text = data.toString('latin1');
      const end = raw ? text.indexOf(LEAVE) : -1;
      link.write(end < 0 ? text : text.slice(0, end));
      if (end >= 0) finish();
    };
    link.onData = (text) => {
      io.stdout.write(text);
      if (silence !== undefined) ended();
    };
    link.onClose = (reason) => finish(new FlashError(`the connection is gone: ${reason}`));
    signal.addEventListener('abort', stop, { once: true });
    if (raw) keyboard.setRawMode!(true);
    keyboard.on('data', keys);
    keyboard.on('end', ended);
    keyboard.resume();
  });
}
