/** FM24W256, 32 KB FRAM: I2C 0x50, two address bytes, no write time and no pages (hardware.md 5.7). */
import { I2cBus } from '../hal/bus';
import { Store } from '../hal/store';

const ADDRESS = 0x50;
const SIZE = 32768;

/** The memory behind `bus`. On a software bus a missing chip reads as 0xFF, so records need a checksum of their own. */
export function createFram(bus: I2cBus): Store {
  return {
    size: SIZE,
    read: function (offset, length) {
      bus.writeTo({ address: ADDRESS, stop: false }, [offset >> 8, offset & 255]);
      return bus.readFrom(ADDRESS, length);
    },
    write: function (offset, data) {
      const frame = new Uint8Array(data.length + 2);
      frame[0] = offset >> 8;
      frame[1] = offset;
      frame.set(data, 2);
      bus.writeTo(ADDRESS, frame);
    },
  };
}
