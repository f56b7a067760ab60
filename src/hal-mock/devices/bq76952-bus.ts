/** I2C face of the simulated BQ76952: frames with and without CRC (hardware.md 2.2). */
import type { DirectCommands } from './bq76952-direct';
import type { ChipState } from './bq76952-state';

const ADDRESS_WRITE = 0x10;
const ADDRESS_READ = 0x11;
/** SCL held while a direct command is being answered, µs. */
const STRETCH_US = 50;
/** CRC-8 of one byte, x^8 + x^2 + x + 1. */
const CRC = new Uint8Array(256);
for (let i = 0; i < 256; i++) {
  let crc = i;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x80 ? 0x107 : 0);
  CRC[i] = crc;
}

type Phase = 'idle' | 'register' | 'data' | 'crc' | 'read' | 'refused';

export class BusFace {
  deaf = false;
  badCrcs = 0;
  extraStretchUs = 0;
  private phase: Phase = 'idle';
  private crc = 0;
  private pointer = 0;
  private data = 0;
  private crcOn = false;
  private sendCrc = false;
  private firstByte = false;
  /** A byte got through in this transfer: what the host watchdog waits for. */
  private valid = false;
  private holdUs = 0;
  private comm = { i2c: true, crc: false, address: ADDRESS_WRITE };

  constructor(
    private readonly chip: ChipState,
    private readonly direct: DirectCommands,
    private readonly heard: () => void,
  ) {}

  reset(crc: boolean): void {
    this.comm = { i2c: true, crc, address: ADDRESS_WRITE };
    this.phase = 'refused';
    this.pointer = 0;
    this.direct.reset();
  }

  /** Takes effect with the next START after a STOP. */
  setComm(i2c: boolean, crc: boolean, address: number): void {
    this.comm = { i2c, crc, address };
  }

  start(read: boolean): boolean {
    const { mode } = this.chip;
    const awake = mode === 'normal' || mode === 'sleep' || mode === 'deepsleep';
    if (this.deaf || !awake || !this.comm.i2c || this.comm.address !== ADDRESS_WRITE) {
      this.phase = 'refused';
      return false;
    }
    if (this.phase === 'idle' || this.phase === 'refused') this.crcOn = this.comm.crc;
    this.holdUs = this.extraStretchUs;
    if (!read) {
      this.phase = 'register';
      this.crc = CRC[ADDRESS_WRITE]!;
      return true;
    }
    if (this.phase !== 'data') this.crc = 0; // no register byte since START: only the read address is covered
    this.phase = 'read';
    this.crc = CRC[this.crc ^ ADDRESS_READ]!;
    this.sendCrc = false;
    this.firstByte = true;
    this.holdUs += STRETCH_US;
    return true;
  }

  write(byte: number): boolean {
    switch (this.phase) {
      case 'register':
        this.pointer = byte & 0x7f;
        this.crc = CRC[this.crc ^ byte]!;
        this.phase = 'data';
        return true;
      case 'data':
        if (!this.crcOn) {
          this.accept(byte);
          return true;
        }
        this.data = byte;
        this.crc = CRC[this.crc ^ byte]!;
        this.phase = 'crc';
        return true;
      case 'crc':
        if (byte !== this.crc) {
          this.phase = 'refused';
          return false;
        }
        this.crc = 0;
        this.phase = 'data';
        this.accept(this.data);
        return true;
      default:
        return false;
    }
  }

  read(): number {
    if (this.phase !== 'read') return 0xff;
    if (this.sendCrc) {
      this.sendCrc = false;
      const crc = this.crc;
      this.crc = 0;
      if (this.badCrcs === 0) return crc;
      this.badCrcs--;
      return crc ^ 0x24;
    }
    const value = this.next();
    if (this.crcOn) {
      this.crc = CRC[this.crc ^ value]!;
      this.sendCrc = true;
    }
    return value;
  }

  stop(): void {
    if (this.phase === 'idle') return;
    this.phase = 'idle';
    this.crc = 0;
    this.direct.transferEnds();
    if (!this.valid) return;
    this.valid = false;
    this.heard();
  }

  takeStretchUs(): number {
    const us = this.holdUs;
    this.holdUs = 0;
    return us;
  }

  private next(): number {
    const register = this.pointer;
    this.pointer = (register + 1) & 0x7f;
    this.valid = true;
    const value = this.direct.read(register, this.firstByte);
    this.firstByte = false;
    return value;
  }

  private accept(byte: number): void {
    const register = this.pointer;
    this.pointer = (register + 1) & 0x7f;
    this.valid = true;
    this.direct.write(register, byte);
  }
}
