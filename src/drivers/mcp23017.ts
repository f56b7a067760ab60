/** MCP23017 port expander (DS20001952): port A inputs with pull-ups, port B outputs. I2C 0x20 with A0..A2 to ground. */
import { I2cBus } from '../hal/bus';

const ADDRESS = 0x20;
/** Registers with IOCON.BANK = 0, as after a reset; the address steps on by itself, A and B side by side. */
const IODIRA = 0x00;
const GPPUA = 0x0c;
const GPIOA = 0x12;
const OLATB = 0x15;

export interface Mcp23017 {
  bus: I2cBus;
  /** What port B shows; -1 = the chip is not set up, or has not answered the last time. */
  shown: number;
}

export function createMcp23017(bus: I2cBus): Mcp23017 {
  return { bus: bus, shown: -1 };
}

/** Port B. Nothing is sent when nothing changes. A chip that does not answer is set up anew with the next write. */
export function writeOutputs(chip: Mcp23017, bits: number): void {
  if (bits === chip.shown) return;
  try {
    if (chip.shown < 0) {
      chip.bus.writeTo(ADDRESS, [IODIRA, 255, 0]);
      chip.bus.writeTo(ADDRESS, [GPPUA, 255]);
    }
    chip.bus.writeTo(ADDRESS, [OLATB, bits]);
    chip.shown = bits;
  } catch (e) {
    chip.shown = -1;
  }
}

/** Levels of port A; -1, in which every bit is high as the pull-ups make it, when the chip does not answer. After the first write. */
export function readInputs(chip: Mcp23017): number {
  try {
    return chip.bus.readReg(ADDRESS, GPIOA, 1)[0];
  } catch (e) {
    chip.shown = -1;
    return -1;
  }
}
