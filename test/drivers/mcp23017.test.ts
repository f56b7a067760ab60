import { describe, expect, it } from 'vitest';
import { createMcp23017, readInputs, writeOutputs } from '../../src/drivers/mcp23017';
import { VirtualClock } from '../../src/hal-mock/clock';
import { EXPANDER_ADDRESS, Mcp23017 } from '../../src/hal-mock/devices/mcp23017';
import { SimI2c } from '../../src/hal-mock/sim-i2c';

function make() {
  const bus = new SimI2c(new VirtualClock(), { master: 'hardware' });
  const sim = new Mcp23017();
  bus.attach(EXPANDER_ADDRESS, sim);
  return { bus, sim, chip: createMcp23017(bus) };
}

describe('MCP23017 driver', () => {
  it('shows every pattern on port B', () => {
    const { sim, chip } = make();
    for (let bits = 0; bits < 256; bits++) {
      writeOutputs(chip, bits);
      expect(sim.driven(1)).toBe(bits);
    }
    expect(sim.driven(0)).toBe(0);
  });

  it('reads a closed switch as low and an open one, by its pull-up, as high', () => {
    const { sim, chip } = make();
    writeOutputs(chip, 0);
    expect(readInputs(chip)).toBe(0xff);
    sim.grounded[0] = 0xa5;
    expect(readInputs(chip)).toBe(0x5a);
  });

  it('is silent on the bus while nothing changes', () => {
    const { bus, chip } = make();
    writeOutputs(chip, 3);
    const before = bus.transferred;
    writeOutputs(chip, 3);
    expect(bus.transferred).toBe(before);
  });

  it('works on without the chip and says that it reads nothing (S14), and sets it up anew when it is back from a loss of supply', () => {
    const { bus, sim, chip } = make();
    writeOutputs(chip, 0x3f);
    bus.faults.unplugged = true;
    expect(() => writeOutputs(chip, 1)).not.toThrow();
    expect(readInputs(chip)).toBe(-1);
    sim.powerOnReset();
    bus.faults.unplugged = false;
    writeOutputs(chip, 0x3f);
    expect([sim.driven(1), readInputs(chip)]).toEqual([0x3f, 0xff]);
  });
});
