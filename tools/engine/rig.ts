/** One simulated board with a program on it, and what the outside world sees of it tick by tick. */
import { SimBoard, type BoardOptions } from '../../src/hal-mock/board';
import { commission } from '../commission';
import type { I2cDevice } from '../../src/hal-mock/contracts';

/** Period of the control tick, ms (hardware.md 0). */
const TICK_MS = 250;
const AFE_ADDRESS = 0x08;

/** What the outside world has seen during one tick. */
export interface Seen {
  tick: number;
  /** What the MOSFETs really do: charge, discharge; 1 = on. */
  fets: string;
  /** RUN, ALM, SOC1..4, ON/OFF. */
  leds: string;
  bothOff: string;
  /** Bytes that have left the RS232 port. */
  rs232: string;
  /** Every byte between controller and AFE: Sw and Sr for a start to write or read, bytes in hex, P. */
  wire: string;
}

/** A way to run the firmware. `boot` starts it on the board and returns when its top level has run. `afe`: watched. */
export interface Engine {
  readonly name: string;
  boot(board: SimBoard, address: number, afe: I2cDevice): Program;
}

/** The firmware while it runs. */
export interface Program {
  /** Ends it at once, as a reset does; the board lives on. */
  kill(): void;
  /** Lets virtual time pass. Without it the board's own CPU runs the program's timers. */
  run?(ms: number): void;
  /** Stops it or lets it go on; without it the board's own CPU is stopped. */
  halt?(on: boolean): void;
  /** What went wrong inside that no exception has shown; '' when nothing did. */
  complaint?(): string;
}

/** Virtual time in whole µs: the interpreter reads fractions of numbers only approximately, so nobody gets any. */
export function wholeUs(board: SimBoard): number {
  return Math.floor(board.time.nowUs);
}

/** Notes every byte on the wire of one chip. */
class Tapped implements I2cDevice {
  log: string[] = [];
  constructor(private readonly chip: I2cDevice) {}
  start(read: boolean): boolean {
    this.log.push(read ? 'Sr' : 'Sw');
    return this.chip.start(read);
  }
  write(byte: number): boolean {
    this.log.push(byte.toString(16));
    return this.chip.write(byte);
  }
  read(): number {
    const byte = this.chip.read();
    this.log.push(byte.toString(16));
    return byte;
  }
  stop(): void {
    this.log.push('P');
    this.chip.stop();
  }
  stretchUs(): number {
    return this.chip.stretchUs?.() ?? 0;
  }
}

export class Rig {
  readonly board: SimBoard;
  readonly trace: Seen[] = [];
  program: Program;
  private readonly tapped: Tapped;
  private readonly address: number;
  private sent = '';

  constructor(
    private readonly engine: Engine,
    options: Partial<BoardOptions> = {},
  ) {
    this.address = options.address ?? 0;
    this.board = new SimBoard(options);
    commission(this.board, false);
    this.tapped = new Tapped(this.board.afe);
    this.board.afeBus.attach(AFE_ADDRESS, this.tapped);
    this.board.rs232.onSent = (byte) => {
      this.sent += byte;
    };
    this.program = engine.boot(this.board, this.address, this.tapped);
    this.board.boot = () => {
      this.program.kill();
      this.program = this.engine.boot(this.board, this.address, this.tapped);
    };
  }

  /** Lets so many ticks pass and notes what each of them did. */
  ticks(count: number): void {
    const { board } = this;
    for (let i = 0; i < count; i++) {
      if (this.program.run === undefined) board.run(TICK_MS);
      else this.program.run(TICK_MS);
      const { chg, dsg } = board.plant.truth().fets;
      this.trace.push({
        tick: this.trace.length,
        fets: `${Number(chg)}${Number(dsg)}`,
        leds: board.ledBits.toString(2).padStart(7, '0'),
        bothOff: String(Number(board.bothOff.read())),
        rs232: this.sent,
        wire: this.tapped.log.join(' '),
      });
      this.tapped.log = [];
      this.sent = '';
      this.expectHealth();
    }
  }

  /** Lets so many ticks pass without noting anything. */
  pass(count: number): void {
    const { trace } = this;
    for (let i = 0; i < count; i++) {
      this.ticks(1);
      trace.pop();
    }
  }

  /** Controller reset: the program starts anew on the same chips and pack. */
  restart(): void {
    this.board.resetController();
    this.board.boot();
  }

  halt(on: boolean): void {
    const { program, board } = this;
    if (program.halt !== undefined) program.halt(on);
    else if (on) board.cpu.halt();
    else board.cpu.resume();
  }

  close(): void {
    this.program.kill();
  }

  private expectHealth(): void {
    const [error] = this.board.cpu.errors;
    if (error !== undefined) throw error;
    const complaint = this.program.complaint?.() ?? '';
    if (complaint !== '') throw new Error(`${this.engine.name}: ${complaint}`);
  }
}
