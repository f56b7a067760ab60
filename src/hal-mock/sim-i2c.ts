/** I2C on copper: bytes and acknowledges with bit timing, and what a master of either kind makes of a missing one. */
import type { I2cAddress, I2cBus, LinePin } from '../hal/bus';
import type { I2cDevice } from './contracts';
import type { VirtualClock } from './clock';

export interface I2cOptions {
  bitrate: number;
  /**
   * `software`: the engine's bit-banged master, which does not look at acknowledges and reads 0xFF from a silent bus.
   * `hardware`: throws after `timeoutMs` when nobody acknowledges (hardware.md section 6).
   */
  master: 'software' | 'hardware';
  timeoutMs: number;
}

/** What can be wrong with the wires. Set by tests and fault injection. */
export interface I2cFaults {
  /** The plug is out: nobody answers, the pull-ups hold both lines high. */
  unplugged: boolean;
  sdaLow: boolean;
  sclLow: boolean;
  /** A chip that has lost its place holds SDA low until it has seen so many more clocks. */
  sdaLowForClocks: number;
  /** This many of the next address bytes are not acknowledged. */
  refuse: number;
  /** Called for every byte on the wire; what it returns is what arrives. */
  disturb: ((byte: number, fromDevice: boolean) => number) | null;
}

/** The software master waits so long for a clock line that stays low, at every bit: 100,000 polls of about 25 cycles. */
const STUCK_BIT_US = 15000;

export class SimI2c implements I2cBus {
  readonly faults: I2cFaults = {
    unplugged: false,
    sdaLow: false,
    sclLow: false,
    sdaLowForClocks: 0,
    refuse: 0,
    disturb: null,
  };
  /** Bytes on the wire since start, without address bytes. */
  transferred = 0;
  /** The lines as the program sees and drives them between transfers. */
  readonly scl: LinePin = {
    read: () => this.sclHigh(),
    write: (value) => this.drive(Boolean(value), this.sdaReleased),
    mode: () => {},
  };
  readonly sda: LinePin = {
    read: () => this.sdaHigh(),
    write: (value) => this.drive(this.sclReleased, Boolean(value)),
    mode: () => {},
  };
  readonly options: I2cOptions;
  private readonly devices = new Map<number, I2cDevice>();
  /** The device that has acknowledged its address, until it refuses a byte or the transfer ends. */
  private selected: I2cDevice | undefined;
  private sclReleased = true;
  private sdaReleased = true;
  /** What the software master throws when it has gone through all its bits. */
  private trouble = '';

  constructor(
    private readonly clock: VirtualClock,
    options: Partial<I2cOptions> = {},
  ) {
    this.options = { bitrate: 100000, master: 'software', timeoutMs: 50, ...options };
  }

  attach(address: number, device: I2cDevice): void {
    this.devices.set(address, device);
  }

  /** The bus takes over the pins, as `setup` of the engine does. */
  release(): void {
    this.drive(true, true);
  }

  writeTo(to: I2cAddress, data: ArrayLike<number> | number): void {
    this.transmit(to, data);
    this.report();
  }

  readFrom(from: I2cAddress, quantity: number): Uint8Array {
    const data = this.take(from, quantity);
    this.report();
    return data;
  }

  readReg(address: number, register: number, quantity: number): Uint8Array {
    this.transmit({ address, stop: false }, register);
    return this.readFrom(address, quantity);
  }

  private transmit(to: I2cAddress, data: ArrayLike<number> | number): void {
    const address = typeof to === 'number' ? to : to.address;
    this.start(address, false);
    if (typeof data === 'number') this.send(data);
    else for (let i = 0; i < data.length; i++) this.send(data[i]!);
    if (typeof to === 'number' || to.stop) this.stop();
  }

  private take(from: I2cAddress, quantity: number): Uint8Array {
    const address = typeof from === 'number' ? from : from.address;
    this.start(address, true);
    const data = new Uint8Array(quantity);
    for (let i = 0; i < quantity; i++) data[i] = this.receive();
    if (typeof from === 'number' || from.stop) this.stop();
    return data;
  }

  private report(): void {
    const { trouble } = this;
    this.trouble = '';
    if (trouble !== '') throw new Error(`I2C Error: ${trouble}`);
  }

  private sclHigh(): boolean {
    return this.sclReleased && !this.faults.sclLow;
  }

  private sdaHigh(): boolean {
    return this.sdaReleased && !this.faults.sdaLow && this.faults.sdaLowForClocks === 0;
  }

  /** New levels of the program's side of both lines; a STOP among them is one for the chips, too. */
  private drive(scl: boolean, sda: boolean): void {
    const [sclWas, sdaWas] = [this.sclHigh(), this.sdaHigh()];
    this.sclReleased = scl;
    this.sdaReleased = sda;
    if (!sclWas && this.sclHigh()) this.clocks(1);
    if (sclWas && this.sclHigh() && !sdaWas && this.sdaHigh())
      for (const device of this.devices.values()) device.stop();
  }

  private clocks(count: number): void {
    this.faults.sdaLowForClocks = Math.max(0, this.faults.sdaLowForClocks - count);
  }

  private bits(count: number): void {
    const stuck = this.faults.sclLow && this.options.master === 'software';
    this.clock.advanceTo(this.clock.nowUs + (stuck ? count * STUCK_BIT_US : (count * 1e6) / this.options.bitrate));
    if (stuck) this.trouble ||= 'Timeout (wr)';
    else this.clocks(count);
  }

  private start(address: number, read: boolean): void {
    if (this.options.master === 'hardware' && !(this.sclHigh() && this.sdaHigh())) {
      this.clock.advanceTo(this.clock.nowUs + 100);
      throw new Error('I2C device not responding');
    }
    if (!this.sdaHigh()) this.trouble ||= 'Arbitration (start)';
    const held = !this.sdaHigh() || this.faults.sclLow;
    this.bits(10);
    const refused = this.faults.refuse > 0 && this.faults.refuse-- > 0;
    const device = held || this.faults.unplugged || refused ? undefined : this.devices.get(address);
    this.selected = device !== undefined && device.start(read) ? device : undefined;
    if (this.selected === undefined) this.missing();
  }

  private stop(): void {
    this.bits(1);
    if (this.options.master === 'software' && !this.sdaHigh()) this.trouble ||= 'Arbitration (stop)';
    for (const device of this.devices.values()) device.stop();
    this.selected = undefined;
  }

  private send(byte: number): void {
    this.bits(9);
    this.transferred++;
    const device = this.selected;
    if (device === undefined || this.faults.sclLow) return;
    const arriving = this.faults.disturb === null ? byte & 255 : this.faults.disturb(byte & 255, false) & 255;
    if (!device.write(arriving)) {
      this.selected = undefined;
      this.missing();
    } else if (device.stretchUs !== undefined) {
      const us = device.stretchUs();
      if (us > 0) this.clock.advanceTo(this.clock.nowUs + us);
    }
  }

  private receive(): number {
    this.bits(9);
    this.transferred++;
    if (!this.sdaHigh()) return 0;
    if (this.selected === undefined || this.faults.sclLow) return 255;
    const byte = this.selected.read() & 255;
    return this.faults.disturb === null ? byte : this.faults.disturb(byte, true) & 255;
  }

  /** No acknowledge: the software master does not notice, the hardware one waits and gives up. */
  private missing(): void {
    if (this.options.master === 'software') return;
    this.stop();
    this.clock.advanceTo(this.clock.nowUs + this.options.timeoutMs * 1000);
    throw new Error('InternalError: Timeout on I2C');
  }
}
