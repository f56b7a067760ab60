/**
 * Writing a bundle to a board: look, write the slot that is not in use, verify, try it, keep it only when it answers.
 * Until the last step every end of the connection leaves the old bundle to boot (loader.ts). Runs in Node and in a browser.
 */
import type { BoardConsole } from './board-console';
import { mismatch } from './boards';
import { crc32 } from './crc32';
import { FlashError } from './link';
import {
  BOOT_ALWAYS_FILE,
  BOOT_FILE,
  LOADER,
  LOG_FILE,
  LOG_SIZE,
  TRIAL_MS,
  goodSlot,
  otherSlot,
  slotFile,
  type Slot,
} from './loader';
import { mayRestart, statusSource } from './status';

export interface FlashOptions {
  board: string;
  bundle: string;
  dryRun?: boolean;
  /** Overrides every refusal that is about circumstances; never one that is about a damaged copy. */
  force?: boolean;
  /** Espruino for Linux may stand in for the board. */
  simulation?: boolean;
  onProgress?: (stage: string, done: number, total: number) => void;
  onNote?: (line: string) => void;
  /** Real ms between two looks at a board that is starting. */
  pollMs?: number;
  /** Real ms that a new bundle has to answer in, and then to keep running. */
  bootMs?: number;
  settleMs?: number;
  /** Real ms in which the board returns by itself from a bundle that has left no memory for a console. */
  returnMs?: number;
}

export interface FlashResult {
  changed: boolean;
  slot: Slot | null;
  bytes: number;
}

interface Found {
  board: string;
  version: string;
  /** Free variables. */
  free: number;
  bytes: number;
  /** Length and CRC of `.bootcde`; 0 = none. */
  boot: number;
  bootCrc: number;
  always: number;
  journal: string;
}

/** Bytes a line carries: as base64 with its frame it fits an input buffer of 512 even while the engine is busy. */
const CHUNK = 192;
/** Two lines of console, a chunk as text and as bytes, with room for the firmware's own tick. */
const LEAST_FREE_VARS = 400;
const FILE_HEADER = 32;
/** The loader on its way into `.bootcde`. */
const LOADER_DRAFT = 'ck.new';
/** Growth of the patience where flash may be erased: 1.5, 6 and 24 s. */
const SLOW = 4;
const WRITE_ATTEMPTS = 2;
const S = 'require("Storage")';

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const crcOf = (file: string): string => `E.CRC32(${S}.read("${file}")||"")`;
const lengthOf = (file: string): string => `(${S}.read("${file}")||"").length`;

export class Flasher {
  private found!: Found;
  private readonly crc: number;

  constructor(
    private readonly board: BoardConsole,
    private readonly options: FlashOptions,
  ) {
    this.crc = crc32(options.bundle);
  }

  /** All of it. Throws `FlashError` with the reason and with what is on the board now. */
  async run(): Promise<FlashResult> {
    const { bundle, dryRun = false, force = false } = this.options;
    this.checkBundle();
    await this.look();
    const good = goodSlot(this.found.journal);
    const hasLoader = this.found.bootCrc === crc32(LOADER);
    const result = { slot: good, bytes: bundle.length };
    if (hasLoader && good !== null && !force && (await this.ask<number>(crcOf(slotFile(good)))) === this.crc) {
      this.note('this bundle is on the board already');
      return { ...result, changed: false };
    }
    await this.mayRestart();
    if (dryRun) {
      this.note(`dry run: ${bundle.length} bytes would go to ${this.targetName(hasLoader)}; nothing was written`);
      return { ...result, changed: false };
    }
    const old = hasLoader ? good : await this.adopt();
    const slot = old === null ? 'a' : otherSlot(old);
    await this.keepingOld(slot, () => this.write(slot));
    await this.keepingOld(slot, () => this.mayRestart());
    await this.tryOut(slot, old);
    this.board.detach();
    return { ...result, slot, changed: true };
  }

  private targetName(hasLoader: boolean): string {
    const old = hasLoader ? goodSlot(this.found.journal) : this.found.boot > 0 ? 'a' : null;
    return old === null ? slotFile('a') : slotFile(otherSlot(old));
  }

  private note(line: string): void {
    this.options.onNote?.(line);
  }

  private ask<T>(source: string, growth?: number): Promise<T> {
    return this.board.ask<T>(source, growth);
  }

  private checkBundle(): void {
    const { bundle } = this.options;
    if (bundle.length === 0) throw new FlashError('the bundle is empty');
    for (let i = 0; i < bundle.length; i++)
      if (bundle.charCodeAt(i) > 126) throw new FlashError(`the bundle has a character outside ASCII at ${i}`);
  }

  /** Who is there, and what is on it. */
  private async look(): Promise<void> {
    const { board, force = false, simulation = false } = this.options;
    if (!(await this.board.attach())) throw new FlashError('nothing on this port answers like an Espruino console');
    this.found = await this.ask<Found>(
      `({board:process.env.BOARD,version:process.env.VERSION,free:process.memory(false).free,` +
        `bytes:${S}.getFree(),boot:${lengthOf(BOOT_FILE)},bootCrc:${crcOf(BOOT_FILE)},` +
        `always:${lengthOf(BOOT_ALWAYS_FILE)},journal:(${S}.read("${LOG_FILE}")||"").split("\\xff")[0]})`,
    );
    const { found } = this;
    this.note(`found ${found.board} with Espruino ${found.version}, ${found.free} variables free`);
    const wrong = mismatch(board, found, simulation);
    if (wrong !== null && !force) throw new FlashError(`${wrong}; nothing was changed`);
    if (wrong !== null) this.note(`warning: ${wrong}`);
    if (found.always > 0)
      throw new FlashError(`${BOOT_ALWAYS_FILE} on the board would run in place of the bundle: erase it first`);
    if (found.free < LEAST_FREE_VARS)
      throw new FlashError(
        `out of memory: ${found.free} variables free, ${LEAST_FREE_VARS} needed; nothing was changed`,
      );
  }

  /** The pack must not be cut off in the middle of its work: a restart lets go of every pin. */
  private async mayRestart(): Promise<void> {
    const { boot, bootCrc, journal } = this.found;
    const runs = bootCrc === crc32(LOADER) ? goodSlot(journal) !== null : boot > 0;
    if (!runs) return;
    const answer = await this.ask<string | null>(statusSource);
    const refusal = mayRestart(answer);
    if (refusal === null) return;
    if (this.options.force !== true) throw new FlashError(refusal);
    this.note(`warning: ${refusal}`);
  }

  /** Takes over a board that has a bundle, or nothing, in `.bootcde`: the bundle becomes slot a. Its slot, null = none. */
  private async adopt(): Promise<Slot | null> {
    const { boot, bootCrc } = this.found;
    for (const file of [slotFile('a'), slotFile('b'), LOG_FILE, LOADER_DRAFT])
      await this.ask(`${S}.erase("${file}")`, SLOW);
    if (boot > 0) {
      this.note('keeping the bundle of this board as slot a');
      await this.makeRoom(boot);
      const copied = `${S}.write("${slotFile('a')}",${S}.read("${BOOT_FILE}")),${crcOf(slotFile('a'))}`;
      if ((await this.ask<number>(copied, SLOW)) !== bootCrc)
        throw new FlashError('the copy of the old bundle differs');
    }
    const first = boot > 0 ? 'a' : 'x';
    await this.ask(`${S}.write("${LOG_FILE}","${first}",0,${LOG_SIZE})`, SLOW);
    await this.writeFile(LOADER_DRAFT, LOADER);
    // one line: erasing .bootcde takes the code from under the firmware, so the engine restarts in the same breath
    const undo = boot > 0 ? `s.write("${BOOT_FILE}",s.read("${slotFile('a')}"))` : `s.erase("${BOOT_FILE}")`;
    await this.restart(
      `var s=${S};s.write("${BOOT_FILE}",s.read("${LOADER_DRAFT}"));if(${crcOf(BOOT_FILE)}!=${crc32(LOADER)})${undo}`,
    );
    await this.booted(boot > 0 ? 'a' : null, false);
    if ((await this.ask<number>(crcOf(BOOT_FILE))) !== crc32(LOADER))
      throw new FlashError('the loader was not written');
    await this.ask(`${S}.erase("${LOADER_DRAFT}")`, SLOW);
    this.found = { ...this.found, journal: first };
    return boot > 0 ? 'a' : null;
  }

  /** Room for a file, by moving files together if there is no other way. */
  private async makeRoom(bytes: number): Promise<void> {
    const needed = bytes + FILE_HEADER + LOG_SIZE + LOADER.length + 3 * FILE_HEADER;
    let free = await this.ask<number>(`${S}.getFree()`, SLOW);
    if (free < needed) {
      const trash = await this.ask<number>(`${S}.getStats().trashBytes`, SLOW);
      if (free + trash >= needed) {
        this.note('compacting Storage: the engine stands still for some seconds, do not switch off');
        await this.ask(`${S}.compact(),1`, SLOW);
        free = await this.ask<number>(`${S}.getFree()`, SLOW);
      }
    }
    if (free < needed) throw new FlashError(`out of memory: Storage has ${free} bytes free, ${needed} are needed`);
  }

  /** The bundle in its slot, each chunk read back, then the whole. */
  private async write(slot: Slot): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.renewJournal();
        return await this.writeOnce(slot);
      } catch (error) {
        if (!(error instanceof CorruptError) || attempt >= WRITE_ATTEMPTS) throw error;
        this.note(`${error.message}; writing the slot anew`);
      }
    }
  }

  /** A journal without room for another flashing is written anew while there is only one slot, which needs no journal. */
  private async renewJournal(): Promise<void> {
    const { journal } = this.found;
    if (journal.length < LOG_SIZE - 8) return;
    const good = goodSlot(journal);
    const mark = good ?? 'x';
    if (good !== null) await this.ask(`${S}.erase("${slotFile(otherSlot(good))}")`, SLOW);
    await this.ask(`${S}.write("${LOG_FILE}","${mark}",0,${LOG_SIZE})`, SLOW);
    this.found = { ...this.found, journal: mark };
  }

  private async writeOnce(slot: Slot): Promise<void> {
    const { bundle, onProgress } = this.options;
    await this.ask(`${S}.erase("${slotFile(slot)}")`, SLOW);
    await this.makeRoom(bundle.length);
    await this.writeFile(slotFile(slot), bundle, (done) => onProgress?.('write', done, bundle.length));
    onProgress?.('verify', bundle.length, bundle.length);
  }

  /** A file that does not exist yet; each chunk is read back, then the whole. */
  private async writeFile(file: string, text: string, onChunk?: (done: number) => void): Promise<void> {
    for (let at = 0; at < text.length; at += CHUNK) {
      const chunk = text.slice(at, at + CHUNK);
      const size = at === 0 ? `,${text.length}` : '';
      const write = `${S}.write("${file}",atob("${btoa(chunk)}"),${at}${size})`;
      if ((await this.ask<number>(`${write},E.CRC32(${S}.read("${file}",${at},${chunk.length}))`)) !== crc32(chunk))
        throw new CorruptError(`the chunk at ${at} of ${file} reads back differently`);
      onChunk?.(at + chunk.length);
    }
    const [length, crc] = await this.ask<[number, number]>(`[${lengthOf(file)},${crcOf(file)}]`);
    if (length !== text.length || crc !== crc32(text)) throw new CorruptError(`${file} reads back differently`);
  }

  /** A step before the switch: whatever happens in it, the old bundle never stopped. */
  private async keepingOld(slot: Slot, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      try {
        await this.ask(`${S}.erase("${slotFile(slot)}")`, SLOW);
      } catch {
        // the next flashing erases it; nothing boots from it
      }
      throw new FlashError(`${(error as Error).message}; the old bundle was not touched`);
    }
  }

  /** Restart into the slot; marked good only when it runs and answers, else the old one comes back. */
  private async tryOut(slot: Slot, old: Slot | null): Promise<void> {
    const { settleMs = 3000, onProgress } = this.options;
    const journal = this.found.journal;
    try {
      onProgress?.('restart', 0, 1);
      // mark and restart in one line: a cable cut between them would leave a trial for some later day
      await this.restart(`${S}.write("${LOG_FILE}","${slot.toUpperCase()}",${journal.length})`);
      await this.booted(slot, true);
      await wait(settleMs); // a bundle that runs out of memory does so in its first ticks
      await this.running(slot, true);
      await this.append(slot, journal.length + 2, 'clearTimeout(ckBoot.i),');
    } catch (error) {
      throw new FlashError(`${(error as Error).message}; ${await this.restore(old, slot)}`);
    }
    onProgress?.('restart', 1, 1);
  }

  /** Runs a line and starts anew. Its answer may be lost to the restart; what came of it is seen afterwards. */
  private async restart(source: string): Promise<void> {
    try {
      await this.ask(`${source};load();1`);
    } catch (error) {
      if (this.board.isLost) throw error;
    }
  }

  private async append(mark: string, at: number, before = ''): Promise<void> {
    const now = await this.ask<string>(
      `${before}${S}.write("${LOG_FILE}","${mark}",${at}),${S}.read("${LOG_FILE}",${at},1)`,
    );
    if (now !== mark) throw new FlashError('the journal was not written');
  }

  /** Waits until the loader has run this slot to its end. */
  private async booted(slot: Slot | null, trial: boolean, withinMs = this.options.bootMs ?? 15000): Promise<void> {
    const { pollMs = 300 } = this.options;
    const until = Date.now() + withinMs;
    for (let last = 'it does not answer after the restart'; ;) {
      await wait(pollMs);
      if (await this.board.attach(1)) {
        try {
          return await this.running(slot, trial);
        } catch (error) {
          last = (error as Error).message;
        }
      }
      if (this.board.isLost || Date.now() > until) throw new FlashError(last);
    }
  }

  private async running(slot: Slot | null, trial: boolean): Promise<void> {
    const [k, t, up, flags] = await this.ask<[string | null, number, number, string[]]>(
      'typeof ckBoot=="undefined"?[0]:[ckBoot.k||null,ckBoot.t,ckBoot.up||0,E.getErrorFlags()]',
    );
    const memory = (flags ?? []).filter((flag) => flag.includes('MEMORY'));
    if (k !== slot || (trial && t !== 1)) throw new FlashError('another slot than the new one is running');
    if (up !== 1) throw new FlashError('the bundle stopped with an error while it started');
    if (memory.length > 0) throw new FlashError(`the bundle ran out of memory (${memory.join(', ')})`);
    if (slot === null || !trial) return;
    const status = await this.ask<string | null>(statusSource);
    if (status === null && this.options.force !== true)
      throw new FlashError('the new bundle does not answer: it has no bmsStatus()');
  }

  /** Back to the old bundle; what came of it, in words. */
  private async restore(old: Slot | null, bad: Slot): Promise<string> {
    const later = `the board returns to its last good bundle by itself within ${TRIAL_MS / 1000} s or at its next start`;
    try {
      if (await this.board.attach()) {
        const journal = await this.ask<string>(`(${S}.read("${LOG_FILE}")||"").split("\\xff")[0]`);
        // an order that nobody has carried out yet would still be carried out by the restart
        if (/[AB]$/.test(journal)) await this.append('x', journal.length);
        await this.restart('1');
        await this.booted(old, false);
      } else {
        const { returnMs = TRIAL_MS + 10000 } = this.options;
        this.note('the console is dead: waiting for the board to return by itself');
        await this.booted(old, false, returnMs);
      }
      await this.ask(`${S}.erase("${slotFile(bad)}")`, SLOW);
      return old === null ? 'the board is empty again' : 'the old bundle runs again';
    } catch {
      return old === null ? 'the board boots without a bundle' : later;
    }
  }
}

/** Flash content that differs from what was sent. */
class CorruptError extends FlashError {}
