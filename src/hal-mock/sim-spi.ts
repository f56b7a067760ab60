/** SPI on copper: full duplex bytes with bit timing while the select pin is low. */
import type { OutPin, SpiBus } from '../hal/bus';
import type { VirtualClock } from './clock';

/** A chip on the bus, byte by byte. */
export interface SpiDevice {
  select(): void;
  /** One byte each way. */
  exchange(byte: number): number;
  deselect(): void;
}

export class SimSpi implements SpiBus {
  /** Set by fault injection: what the controller reads instead of the chip's byte. */
  disturb: ((byte: number) => number) | null = null;
  private readonly devices = new Map<OutPin, SpiDevice>();

  constructor(
    private readonly clock: VirtualClock,
    public bitrate = 1000000,
  ) {}

  attach(select: OutPin, device: SpiDevice): void {
    this.devices.set(select, device);
  }

  send(data: ArrayLike<number>, select: OutPin): Uint8Array {
    const answer = new Uint8Array(data.length);
    const device = this.devices.get(select);
    select.write(0);
    device?.select();
    for (let i = 0; i < data.length; i++) {
      this.clock.advanceTo(this.clock.nowUs + 8e6 / this.bitrate);
      const byte = device === undefined ? 255 : device.exchange(data[i]! & 255) & 255;
      answer[i] = this.disturb === null ? byte : this.disturb(byte);
    }
    device?.deselect();
    select.write(1);
    return answer;
  }

  write(data: ArrayLike<number>, select: OutPin): void {
    this.send(data, select);
  }
}
