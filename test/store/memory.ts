/** A simulated memory chip on its bus, that survives restarts and power cuts. */
import { createEstimator } from '../../src/bms/estimate';
import { createGuard } from '../../src/bms/guard';
import { createPack } from '../../src/bms/pack';
import { createFram } from '../../src/drivers/fm24w256';
import { VirtualClock } from '../../src/hal-mock/clock';
import { FRAM_ADDRESS, Fm24w256 } from '../../src/hal-mock/devices/fm24w256';
import '../../src/hal-mock/natives';
import { SimI2c } from '../../src/hal-mock/sim-i2c';
import { loadState } from '../../src/store/state';
import { createStorage } from '../../src/store/storage';

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
    const storage = createStorage(this.store);
    const known = loadState(storage, pack, est, guard, options.warm ?? false);
    return { pack, est, guard, storage, known };
  }
}

export type Running = ReturnType<Memory['start']>;
