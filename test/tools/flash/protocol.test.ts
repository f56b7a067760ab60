/** Flashing against a scripted console: what the board boots after each accident. */
import { describe, expect, it } from 'vitest';
import { BoardConsole } from '../../../tools/flash/board-console';
import { crc32 } from '../../../tools/flash/crc32';
import { LOADER, goodSlot } from '../../../tools/flash/loader';
import { Flasher, type FlashOptions, type FlashResult } from '../../../tools/flash/protocol';
import { FakeBoard, FakeLink, type FakeOptions } from './fake-console';

const QUICK = { pollMs: 1, bootMs: 1000, settleMs: 1 };
const bundle = (name: string, pad = 300): string =>
  `var firmware="${name}";function bmsStatus(){return "1,1,0"}//${'.'.repeat(pad)}\n`;
const OLD = bundle('old');
const NEW = bundle('new', 700);

/** A board on which OLD was flashed before, or pasted in as a plain `.bootcde`. */
async function boardWith(how: 'flashed' | 'pasted' | 'empty', options: FakeOptions = {}): Promise<FakeBoard> {
  const board = new FakeBoard(options);
  if (how === 'flashed') await flash(board, { bundle: OLD });
  if (how === 'pasted') board.storage.write('.bootcde', OLD);
  board.start();
  return board;
}

async function flash(
  board: FakeBoard,
  options: Partial<FlashOptions> = {},
  accident: (link: FakeLink) => void = () => {},
): Promise<FlashResult> {
  const link = new FakeLink(board);
  accident(link);
  const console = new BoardConsole(link);
  console.patienceMs = 100;
  try {
    return await new Flasher(console, { board: 'stm32f4discovery', bundle: NEW, ...QUICK, ...options }).run();
  } finally {
    link.close();
  }
}

/** The bundle that a power cycle brings up. */
function boots(board: FakeBoard): unknown {
  board.start();
  return board.global('firmware');
}

/** Message of the failure; fails when there is none. */
async function failure(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => expect.unreachable('it succeeded'),
    (error: Error) => error.message,
  );
}

describe('flashing', () => {
  it('computes the CRC of the engine', () => {
    expect(crc32('123456789')).toBe(0xcbf43926);
  });

  it.each(['flashed', 'pasted', 'empty'] as const)('brings up the new bundle on a board that is %s', async (how) => {
    const board = await boardWith(how);
    await expect(flash(board)).resolves.toMatchObject({ changed: true, bytes: NEW.length });
    expect(board.global('firmware')).toBe('new');
    expect(boots(board)).toBe('new');
    board.after(1e9);
    expect(board.global('firmware')).toBe('new');
    expect(board.storage.read('.bootcde')).toBe(LOADER);
    expect(board.global('ckX')).toBeUndefined();
  });

  it('keeps the previous bundle beside the new one', async () => {
    const board = await boardWith('flashed');
    await flash(board);
    expect([board.storage.read('ck.a'), board.storage.read('ck.b')]).toEqual([OLD, NEW]);
  });

  it('leaves a board alone that has the bundle already', async () => {
    const board = await boardWith('flashed');
    const before = [board.storage.work, board.starts];
    await expect(flash(board, { bundle: OLD })).resolves.toMatchObject({ changed: false });
    expect([board.storage.work, board.starts]).toEqual(before);
  });

  it('survives a hundred flashings: the journal is renewed and Storage compacted', async () => {
    const board = await boardWith('flashed', { storageBytes: 8192 });
    for (let n = 0; n < 100; n++) await flash(board, { bundle: bundle(`n${n}`) });
    expect(boots(board)).toBe('n99');
    expect(board.storage.compactions).toBeGreaterThan(5);
  });

  it('writes nothing in a dry run', async () => {
    for (const how of ['flashed', 'pasted', 'empty'] as const) {
      const board = await boardWith(how);
      const before = [board.storage.work, board.starts];
      const notes: string[] = [];
      await flash(board, { dryRun: true, onNote: (line) => notes.push(line) });
      expect([board.storage.work, board.starts]).toEqual(before);
      expect(notes.at(-1)).toMatch(how === 'empty' ? /ck\.a; nothing was written/ : /ck\.b; nothing was written/);
    }
  });

  it('tells its progress in bytes that only grow, up to all of them', async () => {
    const seen: number[] = [];
    const onProgress = (stage: string, done: number): void => void (stage === 'write' && seen.push(done));
    await flash(await boardWith('flashed'), { onProgress });
    expect(seen.length).toBeGreaterThan(3);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(NEW.length);
  });
});

describe('a refusal leaves the board as it was', () => {
  const refused = async (options: FakeOptions, old: string, flags: Partial<FlashOptions> = {}): Promise<string> => {
    const board = new FakeBoard(options);
    board.storage.write('.bootcde', old);
    board.start();
    const before = board.storage.work;
    const message = await failure(flash(board, flags));
    expect([board.storage.work, board.starts]).toEqual([before, 2]);
    return message;
  };
  const running = (status: string): string => `function bmsStatus(){return "${status}"}`;

  it('on another board', async () => {
    expect(await refused({ board: 'PICO_R1_3' }, OLD)).toMatch(/PICO_R1_3 board.*STM32F4DISCOVERY/);
    expect(await refused({ board: 'STM32F4DISCOVERY' }, OLD, { board: 'pico2' })).toMatch(/RP2350_PICO2/);
    expect(await refused({ board: 'LINUXF4' }, OLD)).toMatch(/Espruino for Linux/);
  });

  it('on an engine that is too old', async () => {
    expect(await refused({ version: '2v21.13' }, OLD)).toMatch(/2v21\.13.*2v29/);
  });

  it('while a path is closed and current flows', async () => {
    expect(await refused({}, running('1,1,-12000'))).toMatch(/charge and discharge path is closed and -12\.0 A flow/);
    expect(await refused({}, running('0,1,-200'))).toMatch(/discharge path is closed/);
  });

  it('when the firmware does not tell whether current flows', async () => {
    expect(await refused({}, 'var firmware=1')).toMatch(/no bmsStatus.*--force/);
    expect(await refused({}, running('hello'))).toMatch(/'hello' is not understood/);
  });

  it('without variables for the work', async () => {
    expect(await refused({ freeVars: 100 }, OLD)).toMatch(/out of memory: 100 variables/);
  });

  it('without room in Storage, after the slot is given up', async () => {
    const board = await boardWith('flashed', { storageBytes: 3072 });
    const message = await failure(flash(board, { bundle: bundle('new', 2500) }));
    expect(message).toMatch(/out of memory: Storage.*old bundle was not touched/);
    expect(boots(board)).toBe('old');
  });

  it.each(['1,1,-199', '0,0,-12000', '1,1,0'])('but not at %s', async (status) => {
    const board = new FakeBoard();
    board.storage.write('.bootcde', running(status));
    board.start();
    await flash(board);
    expect(boots(board)).toBe('new');
  });

  it('unless it is forced', async () => {
    const board = new FakeBoard({ board: 'PICO_R1_3' });
    board.storage.write('.bootcde', running('1,1,-12000'));
    board.start();
    await flash(board, { force: true });
    expect(boots(board)).toBe('new');
  });

  it('when current begins to flow during the upload', async () => {
    const board = await boardWith('empty');
    await flash(board, { bundle: 'var firmware="old",n=0;function bmsStatus(){return n++?"1,1,9000":"1,1,0"}' });
    board.start();
    expect(await failure(flash(board))).toMatch(/9\.0 A flow.*old bundle was not touched/);
    expect(board.global('firmware')).toBe('old');
    expect(boots(board)).toBe('old');
  });
});

describe('a bundle that does not work gives way to the old one', () => {
  it.each([
    [
      'throws at its start',
      'var firmware="new";nowhere()',
      /stopped with an error while it started; the old bundle runs again/,
    ],
    ['does not parse', 'var firmware="new"; if(', /stopped with an error/],
    ['does not answer', 'var firmware="new"', /no bmsStatus/],
  ])('%s', async (_name, text, message) => {
    const board = await boardWith('flashed');
    expect(await failure(flash(board, { bundle: text }))).toMatch(message);
    expect(board.global('firmware')).toBe('old');
    expect(boots(board)).toBe('old');
    expect(board.storage.list()).not.toContain('ck.b');
  });

  it('on an empty board: nothing is left to boot, the console stays', async () => {
    const board = await boardWith('empty');
    expect(await failure(flash(board, { bundle: 'nowhere()' }))).toMatch(/empty again/);
    await flash(board);
    expect(boots(board)).toBe('new');
  });
});

describe('accidents', () => {
  /** Characters of a whole session. */
  async function length(how: 'flashed' | 'pasted'): Promise<number> {
    let link: FakeLink | undefined;
    await flash(await boardWith(how), {}, (made) => (link = made));
    return link!.sent;
  }

  it.each(['flashed', 'pasted'] as const)(
    'a cut cable, board %s: the old bundle boots',
    { timeout: 120_000 },
    async (how) => {
      const all = await length(how);
      const step = 53;
      const seen = new Set<unknown>();
      for (let cutAfter = 0; cutAfter < all; cutAfter += step) {
        const board = await boardWith(how);
        const message = await failure(flash(board, {}, (link) => (link.cutAfter = cutAfter)));
        expect(message).toMatch(/connection is gone: the cable was pulled/);
        board.after(60000); // without a power cycle, too
        seen.add(board.global('firmware'));
        expect([cutAfter, boots(board)]).toEqual([cutAfter, 'old']);
      }
      expect([...seen]).toEqual(['old']);
    },
  );

  it(
    'a cut cable from the board: what boots is the old bundle, or the new one that was found good',
    { timeout: 120_000 },
    async () => {
      const seen = new Set<unknown>();
      for (let cut = 0; cut < 3000; cut += 17) {
        const board = await boardWith('flashed');
        const run = flash(board, {}, (link) => (link.cutAnswersAfter = cut));
        const failed = await run.then(
          () => false,
          () => true,
        );
        board.after(60000);
        const now = boots(board);
        seen.add(now);
        if (!failed) expect(now).toBe('new');
        expect(['old', 'new']).toContain(now);
        if (!failed) break;
      }
      expect(seen).toContain('old');
    },
  );

  it(
    'a loss of power at any write to flash: the old bundle boots, or the new one that was found good',
    { timeout: 120_000 },
    async () => {
      for (let at = 0; ; at += at < 740 ? 11 : 1) {
        const board = await boardWith('flashed');
        board.storage.powerFailsAt = board.storage.work + at;
        const failed = await flash(board).then(
          () => false,
          () => true,
        );
        if (!failed) break;
        boots(board);
        board.after(60000); // a trial that was ordered ends
        const now = boots(board);
        if (now === 'new') expect(goodSlot(board.storage.read('ck.log')!.split('\xff')[0]!)).toBe('b');
        else expect([at, now]).toEqual([at, 'old']);
      }
    },
  );

  it('a damaged character on the way to the board is sent again', async () => {
    const board = await boardWith('flashed');
    const flip = (char: string, at: number): string =>
      at % 997 === 500 ? String.fromCharCode(char.charCodeAt(0) ^ 1) : char;
    await flash(board, {}, (link) => (link.damage = flip));
    expect(boots(board)).toBe('new');
    expect(board.storage.read('ck.b')).toBe(NEW);
  });

  it('a damaged character on the way back is asked for again, and nothing is done twice', async () => {
    const board = await boardWith('flashed');
    const flip = (char: string, at: number): string =>
      at % 397 === 60 ? String.fromCharCode(char.charCodeAt(0) ^ 2) : char;
    await flash(board, {}, (link) => (link.damageAnswer = flip));
    expect(boots(board)).toBe('new');
  });

  it('a line too noisy to use: the old bundle goes on', async () => {
    const board = await boardWith('flashed');
    const flip = (char: string, at: number): string => (at > 1500 && at % 40 === 0 ? '#' : char);
    expect(await failure(flash(board, {}, (link) => (link.damage = flip)))).toMatch(/does not answer/);
    expect(boots(board)).toBe('old');
  });

  it('a cell of flash that does not take its bit: the old bundle goes on', async () => {
    const board = await boardWith('flashed');
    board.storage.brokenCell = { file: 'ck.b', at: 400 };
    expect(await failure(flash(board))).toMatch(
      /chunk at 384 of ck\.b reads back differently.*old bundle was not touched/,
    );
    expect(board.global('firmware')).toBe('old');
    expect(boots(board)).toBe('old');
    expect(board.storage.list()).not.toContain('ck.b');
  });

  it('what the firmware prints in between is not taken for an answer', async () => {
    const board = await boardWith('flashed');
    const noisy = (link: FakeLink): void => {
      const write = link.write.bind(link);
      link.write = (text) => {
        board.onOutput('Uncaught Error: AFE CRC\r\nck>7:1:5:"old"\r\n');
        write(text);
      };
    };
    await flash(board, {}, noisy);
    expect(boots(board)).toBe('new');
  });

  it('half a line left by an earlier session does not get into ours', async () => {
    const board = await boardWith('flashed');
    board.receive('require("Storage").erase("ck.');
    await flash(board);
    expect(boots(board)).toBe('new');
  });

  it('nobody there', async () => {
    const board = await boardWith('flashed');
    board.powered = false;
    expect(await failure(flash(board))).toMatch(/nothing on this port answers|connection is gone/);
  });
});
