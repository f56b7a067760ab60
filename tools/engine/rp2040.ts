/**
 * A Pico in rp2040js: the interpreter's own firmware image on an emulated core, its buses, pins and USB joined to the
 * simulated board. The image and the chip's boot ROM are not ours and come from outside (docs/adr/0009-engine-rig.md).
 *
 * Time of the board passes with the wires and with the core's sleep; instructions take `SPEED` times less than on the
 * chip, so that a tick does what it does in the other engines, which take no time for it at all.
 */
import { I2CMode, Simulator, USBCDC, type RP2040 } from 'rp2040js';
import type { SimBoard } from '../../src/hal-mock/board';
import type { I2cDevice } from '../../src/hal-mock/contracts';
import type { I2cFaults } from '../../src/hal-mock/sim-i2c';

const NANOS_PER_CYCLE = 8;
/** The core seems so many times faster than 125 MHz once the program runs. */
const SPEED = Number(process.env['SPEED'] ?? 50);
/** The interpreter's saved code: last 256 KB of 2 MB (its board file). */
export const STORAGE_OFFSET = 0x1c0000;
export const STORAGE_BYTES = 256 * 1024;
/** High while USB has power; low moves the interpreter's prompt to a UART. */
const VBUS_GPIO = 24;
const START_BITS = 10;
const BYTE_BITS = 9;
/** Real instructions without sleep after which the program is stuck. */
const PATIENCE = 100_000_000;

type Chip = Simulator['rp2040'];

/** One of the two I2C blocks with chips on it, bit times included. */
export class Wires {
  /** Devices by address; looked up at each start, so that a test may exchange them. */
  readonly devices = new Map<number, I2cDevice>();
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
    block.onConnect = (address, mode) =>
      after(bits(START_BITS), () => block.completeConnect(this.connect(address, mode === I2CMode.Read)));
    block.onWriteByte = (byte) => after(bits(BYTE_BITS), () => block.completeWrite(this.write(byte)));
    block.onReadByte = () => after(bits(BYTE_BITS), () => block.completeRead(this.read()));
    block.onStop = () =>
      after(bits(1), () => {
        for (const device of this.devices.values()) device.stop();
        this.selected = undefined;
        block.completeStop();
      });
  }

  private connect(address: number, read: boolean): boolean {
    const refused = this.faults.refuse > 0 && this.faults.refuse-- > 0;
    const device = this.faults.unplugged || refused ? undefined : this.devices.get(address);
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

export interface PicoParts {
  /** Interpreter image as it lies at the start of the flash. */
  image: Uint8Array;
  bootrom: Uint8Array;
  /** Image of the interpreter's storage. */
  storage: Uint8Array;
}

/** The chip with its clock on the board's time. */
export class EmulatedPico {
  readonly chip: Chip;
  readonly cdc: USBCDC;
  /** What the interpreter has printed at its prompt before the program took USB over. */
  printed = '';
  private readonly simulator = new Simulator();
  private speed = SPEED;
  /** Board µs less chip µs; the board's clock stands still while the interpreter boots, but for the wires. */
  private offsetUs = 0;
  private running = false;
  private nextSyncNanos = 0;

  constructor(
    private readonly board: SimBoard,
    { image, bootrom, storage }: PicoParts,
  ) {
    this.chip = this.simulator.rp2040;
    this.chip.logger = { debug() {}, info() {}, warn() {}, error() {} };
    const rom = new Uint32Array(bootrom.buffer.slice(bootrom.byteOffset, bootrom.byteOffset + bootrom.byteLength));
    this.chip.loadBootrom(rom);
    this.chip.flash.set(image, 0);
    this.chip.flash.set(storage, STORAGE_OFFSET);
    this.chip.gpio[VBUS_GPIO]!.setInputValue(true);
    this.cdc = new USBCDC(this.chip.usbCtrl);
    this.chip.core.PC = 0x10000000;
  }

  /** Runs an action when so many µs have passed on the wires. */
  readonly after = (us: number, action: () => void): void => {
    if (!this.running) {
      this.board.cpu.run(this.board.time.nowUs + us);
      action();
      return;
    }
    const alarm = this.simulator.clock.createAlarm(() => {
      this.sync();
      action();
      this.sync();
    });
    alarm.schedule(us * 1000);
  };

  /** Boots until the program's top level has run: `hasStarted` says so when the core sleeps. */
  boot(hasStarted: () => boolean): void {
    this.work(() => this.chip.core.waiting && hasStarted());
    this.running = true;
    this.speed = SPEED;
    this.offsetUs = this.board.time.nowUs - this.simulator.clock.nanos / 1000;
  }

  /** Until the board's time is `us` and the core sleeps. */
  runUntil(us: number): void {
    this.nextSyncNanos = 0;
    this.work(() => this.chip.core.waiting && this.nowUs >= us);
    this.sync();
  }

  private get nowUs(): number {
    return this.simulator.clock.nanos / 1000 + this.offsetUs;
  }

  private work(isDone: () => boolean): void {
    const { chip, simulator } = this;
    const { core } = chip;
    const { clock } = simulator;
    let left = PATIENCE;
    while (!isDone()) {
      if (core.waiting) {
        clock.tick(this.sleepNanos());
        left = PATIENCE;
      } else {
        // a stretch of instructions: the sleep ends it
        for (let i = 0; i < 200 && !core.waiting; i++)
          clock.tick((core.executeInstruction() * NANOS_PER_CYCLE) / this.speed);
        left -= 200;
        if (left < 0)
          throw new Error(`the core does not rest, PC 0x${core.PC.toString(16)}; printed:\n${this.printed}`);
      }
      if (this.running && clock.nanos >= this.nextSyncNanos) this.sync();
    }
  }

  /** To the next alarm of the chip or event of the board. */
  private sleepNanos(): number {
    const own = this.simulator.clock.nanosToNextAlarm || 1e6;
    return this.running ? Math.max(1, Math.min(own, this.nextSyncNanos - this.simulator.clock.nanos)) : own;
  }

  /** The board follows. */
  private sync(): void {
    const { board } = this;
    if (this.nowUs > board.time.nowUs) board.cpu.run(this.nowUs);
    this.nextSyncNanos = (Math.min(board.time.nextUs, board.time.nowUs + 5000) - this.offsetUs) * 1000;
  }
}
