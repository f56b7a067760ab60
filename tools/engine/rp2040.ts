/**
 * A Pico in rp2040js: the interpreter's own firmware image on an emulated core at 125 MHz, its I2C blocks, pins and USB
 * joined to the simulated board. The image and the chip's boot ROM are not ours and come from outside
 * (docs/adr/0009-engine-rig.md).
 */
import { GPIOPinState, I2CMode, Simulator, USBCDC, type RP2040 } from 'rp2040js';
import type { SimBoard } from '../../src/hal-mock/board';
import type { I2cDevice } from '../../src/hal-mock/contracts';
import type { I2cFaults } from '../../src/hal-mock/sim-i2c';

const NANOS_PER_CYCLE = 8;
/** Where the image begins; the boot ROM would jump there. */
const FLASH = 0x10000000;
/** The interpreter's saved code: last 256 KB of 2 MB (its board file). */
const STORAGE_OFFSET = 0x1c0000;
export const STORAGE_BYTES = 256 * 1024;
/** High while USB has power; low moves the interpreter's prompt to a UART. */
const VBUS = 24;
/** Key of the timer block in rp2040js's table of peripherals: address without its lower half. */
const TIMER = 0x40054;
/**
 * With USB connected the interpreter never sleeps but looks at the timer again and again. So many looks with fewer
 * instructions between them than one statement of JavaScript takes, and time is passed on until something is due.
 */
const IDLE_LOOKS = 6;
const IDLE_INSTRUCTIONS = 4000;
const IDLE_NANOS = 1e6;
/** Instructions without rest after which the program is stuck. */
const PATIENCE = 300_000_000;
const START_BITS = 10;
const BYTE_BITS = 9;
/** TX_EMPTY in IC_RAW_INTR_STAT: the chip sets it when an abort has flushed its queue, rp2040js does not. */
const TX_EMPTY = 0x10;

/** One of the two I2C blocks with chips on it, bit times included. */
export class Wires {
  /** Told after each transfer. */
  onStop: () => void = () => {};
  private readonly devices = new Map<number, I2cDevice>();
  private selected: I2cDevice | undefined;

  constructor(
    block: RP2040['i2c'][number],
    private readonly bitrate: number,
    private readonly faults: I2cFaults,
    /** Runs an action when so many µs have passed. */
    after: (us: number, action: () => void) => void,
  ) {
    const bits = (count: number): number => (count * 1e6) / this.bitrate;
    block.onStart = () => block.completeStart();
    const acknowledged = (yes: boolean): boolean => {
      if (!yes) block.intRaw |= TX_EMPTY;
      return yes;
    };
    block.onConnect = (address, mode) =>
      after(bits(START_BITS), () => {
        block.completeConnect(acknowledged(this.connect(address, mode === I2CMode.Read)));
      });
    block.onWriteByte = (byte) => after(bits(BYTE_BITS), () => block.completeWrite(acknowledged(this.write(byte))));
    block.onReadByte = () => after(bits(BYTE_BITS), () => block.completeRead(this.read()));
    block.onStop = () =>
      after(bits(1), () => {
        for (const device of this.devices.values()) device.stop();
        this.selected = undefined;
        this.onStop();
        block.completeStop();
      });
  }

  attach(address: number, device: I2cDevice): void {
    this.devices.set(address, device);
  }

  private connect(address: number, read: boolean): boolean {
    const { faults } = this;
    const refused = faults.refuse > 0 && faults.refuse-- > 0;
    const deaf = faults.unplugged || faults.sdaLow || faults.sclLow; // a stuck line is a missing chip here
    const device = deaf || refused ? undefined : this.devices.get(address);
    this.selected = device !== undefined && device.start(read) ? device : undefined;
    return this.selected !== undefined;
  }

  private write(byte: number): boolean {
    if (this.selected === undefined) return false;
    return this.selected.write(this.faults.disturb === null ? byte : this.faults.disturb(byte, false) & 255);
  }

  private read(): number {
    const byte = this.selected === undefined ? 255 : this.selected.read() & 255;
    return this.faults.disturb === null ? byte : this.faults.disturb(byte, true) & 255;
  }
}

export interface PicoImages {
  /** Interpreter image as it lies at the start of the flash. */
  image: Uint8Array;
  bootrom: Uint8Array;
  /** Image of the interpreter's storage. */
  storage: Uint8Array;
}

/** The chip with its clock on the board's time. */
export class EmulatedPico {
  readonly chip: RP2040;
  private readonly simulator = new Simulator();
  private readonly cdc: USBCDC;
  /** What the program has sent over USB since it runs; before, the interpreter's prompt. */
  onSent: (data: string) => void = () => {};
  private answerHost: (() => void) | null = null;
  /** Board µs less chip µs; while the interpreter boots, the board's clock moves with the wires only. */
  private offsetUs = 0;
  private running = false;
  private onWires = 0;
  private instructions = 0;
  private lookedAt = 0;
  private looks = 0;
  private syncNanos = 0;

  constructor(
    private readonly board: SimBoard,
    { image, bootrom, storage }: PicoImages,
  ) {
    const chip = (this.chip = this.simulator.rp2040);
    chip.logger = { debug() {}, info() {}, warn() {}, error() {} };
    chip.loadBootrom(new Uint32Array(bootrom.slice().buffer));
    chip.flash.set(image, 0);
    chip.flash.set(storage, STORAGE_OFFSET);
    chip.gpio[VBUS]!.setInputValue(true);
    chip.core.PC = FLASH;
    this.cdc = new USBCDC(chip.usbCtrl);
    this.connectHost();
    this.watchTimer();
  }

  /** A pin of the chip drives something. */
  output(gpio: number, drive: (level: boolean) => void): void {
    this.chip.gpio[gpio]!.addListener((state) => drive(state === GPIOPinState.High));
  }

  /** Characters from the host. */
  send(data: string): void {
    for (const char of data) this.cdc.sendSerialByte(char.charCodeAt(0));
    const answer = this.answerHost;
    this.answerHost = null; // a second answer to one question makes the chip's USB driver panic
    answer?.();
  }

  /** Runs an action when so many µs have passed on the wires. */
  readonly after = (us: number, action: () => void): void => {
    this.onWires++;
    const alarm = this.simulator.clock.createAlarm(() => {
      if (this.running) this.sync();
      else this.board.cpu.run(this.board.time.nowUs + us);
      this.onWires--;
      action();
      this.syncNanos = 0;
    });
    alarm.schedule(us * 1000);
  };

  /** Runs until the saved program's top level has ended: the interpreter rests, and `started` holds. */
  boot(started: () => boolean): void {
    this.work(started);
    this.running = true;
    this.offsetUs = this.board.time.nowUs - this.simulator.clock.nanos / 1000;
  }

  /** Runs until the board's time is `us` and the interpreter rests. */
  runUntil(us: number): void {
    this.work(() => this.nowUs >= us);
    this.sync();
  }

  /** The board's time goes on to `us` without the chip. */
  freeze(us: number): void {
    this.board.cpu.run(us);
    this.offsetUs = us - this.simulator.clock.nanos / 1000;
  }

  private get nowUs(): number {
    return this.simulator.clock.nanos / 1000 + this.offsetUs;
  }

  private work(done: () => boolean): void {
    const { core } = this.chip;
    const { clock } = this.simulator;
    const until = this.instructions + PATIENCE;
    for (;;) {
      if (this.running && clock.nanos >= this.syncNanos) this.sync();
      if (core.waiting || this.looks > IDLE_LOOKS) {
        this.looks = 0;
        if (this.onWires === 0 && done()) return;
        clock.tick(this.idleNanos());
      } else {
        this.instructions++;
        clock.tick(core.executeInstruction() * NANOS_PER_CYCLE);
        if (this.instructions > until) throw new Error(`the core does not rest, PC 0x${core.PC.toString(16)}`);
      }
    }
  }

  /** To the next alarm of the chip or event of the board. */
  private idleNanos(): number {
    const own = Math.min(IDLE_NANOS, this.simulator.clock.nanosToNextAlarm || IDLE_NANOS);
    return this.running ? Math.max(1, Math.min(own, this.syncNanos - this.simulator.clock.nanos)) : own;
  }

  /** The board follows the chip. */
  private sync(): void {
    const { board } = this;
    if (this.nowUs > board.time.nowUs) board.cpu.run(this.nowUs);
    this.syncNanos = (Math.min(board.time.nextUs, this.nowUs + 5000) - this.offsetUs) * 1000;
  }

  /** rp2040js's host answers every question for data at once, with nothing; ours waits until there is some. */
  private connectHost(): void {
    const { cdc, chip } = this;
    const answer = chip.usbCtrl.onEndpointRead;
    chip.usbCtrl.onEndpointRead = (endpoint, size) => {
      if (cdc.txFIFO.empty && endpoint !== 0) this.answerHost = () => answer?.(endpoint, size);
      else answer?.(endpoint, size);
    };
    cdc.onSerialData = (bytes) => {
      if (this.running) this.onSent(Buffer.from(bytes).toString('latin1'));
    };
  }

  private watchTimer(): void {
    const timer = this.chip.peripherals[TIMER]!;
    const read = timer.readUint32.bind(timer);
    timer.readUint32 = (offset) => {
      this.looks = this.instructions - this.lookedAt < IDLE_INSTRUCTIONS ? this.looks + 1 : 0;
      this.lookedAt = this.instructions;
      return read(offset);
    };
  }
}
