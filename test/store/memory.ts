/** A simulated memory chip on its bus, that survives restarts and power cuts. */
import { crc32 } from 'node:zlib';
import { createEstimator } from '../../src/bms/estimate';
import { createGuard } from '../../src/bms/guard';
import { createPack } from '../../src/bms/pack';
import { defaultParams } from '../../src/bms/params';
import { createFram } from '../../src/drivers/fm24w256';
import { VirtualClock } from '../../src/hal-mock/clock';
import { FRAM_ADDRESS, Fm24w256 } from '../../src/hal-mock/devices/fm24w256';
import '../../src/hal-mock/natives';
import { SimI2c } from '../../src/hal-mock/sim-i2c';
import { createLogEntry, eventCount, readEvent, type LogEntry } from '../../src/store/log';
import { loadState } from '../../src/store/state';
import { createStorage, type Storage } from '../../src/store/storage';

export class Memory {
  readonly chip = new Fm24w256();
  readonly bus = new SimI2c(new VirtualClock(), { bitrate: 400000 });
  readonly store = createFram(this.bus);

  constructor(image?: Uint8Array) {
    this.bus.attach(FRAM_ADDRESS, this.chip);
    if (image !== undefined) this.chip.memory.set(image);
  }

  /** The BMS starts: power is back, and the memory is read. */
  start(options: { warm?: boolean; bytesUntilPowerCut?: number } = {}) {
    this.chip.bytesUntilPowerCut = options.bytesUntilPowerCut ?? Infinity;
    const pack = createPack();
    const est = createEstimator();
    const guard = createGuard();
    const params = defaultParams();
    guard.params = params;
    const storage = createStorage(this.store);
    const known = loadState(storage, pack, params, est, guard, options.warm ?? false);
    return { pack, est, guard, params, storage, known };
  }

  /** A slot as some firmware wrote it (ADR 11): CRC-32 of the rest, number, version, length, content. */
  writeSlot(at: number, number: number, version: number, content: ArrayBufferView): void {
    const slot = Buffer.alloc(12 + content.byteLength);
    slot.writeUInt32LE(number, 4);
    slot.writeUInt16LE(version, 8);
    slot.writeUInt16LE(content.byteLength, 10);
    slot.set(new Uint8Array(content.buffer, content.byteOffset, content.byteLength), 12);
    slot.writeUInt32LE(crc32(slot.subarray(4)), 0);
    this.chip.memory.set(slot, at);
  }
}

export type Running = ReturnType<Memory['start']>;

/** All events, newest first; null = cannot be read. */
export function eventsOf(storage: Storage): (LogEntry | null)[] {
  return Array.from({ length: eventCount(storage) }, (_, n) => {
    const entry = createLogEntry();
    return readEvent(storage, n, entry) ? entry : null;
  });
}
