import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/hal-mock/clock';
import { EXPANDER_ADDRESS, Mcp23017 } from '../../../src/hal-mock/devices/mcp23017';
import { SimI2c } from '../../../src/hal-mock/sim-i2c';

function make() {
  const bus = new SimI2c(new VirtualClock());
  const chip = new Mcp23017();
  bus.attach(0x20, chip);
  const write = (...bytes: number[]): void => bus.writeTo(0x20, bytes);
  const read = (register: number, count = 1): number[] => [...bus.readReg(0x20, register, count)];
  return { chip, write, read };
}

describe('MCP23017', () => {
  it('is at 0x20 with its address pins to ground', () => {
    expect(EXPANDER_ADDRESS).toBe(0x20);
  });

  it('starts with all pins as inputs, without pull-ups, and drives nothing', () => {
    const { chip, write, read } = make();
    expect(read(0x00, 2)).toEqual([0xff, 0xff]);
    expect(read(0x0c, 2)).toEqual([0, 0]);
    write(0x14, 0xff, 0xff);
    expect([chip.driven(0), chip.driven(1)]).toEqual([0, 0]);
  });

  it('steps through the registers, A and B side by side, and over the end to the first', () => {
    const { write, read } = make();
    write(0x15, 0x11, 0x22); // OLATB, then IODIRA
    expect(read(0x15)).toEqual([0x11]);
    expect(read(0x00)).toEqual([0x22]);
  });

  it('drives what the latch says once a pin is an output; a write to GPIO goes to the latch', () => {
    const { chip, write, read } = make();
    write(0x01, 0x0f);
    write(0x13, 0xa5);
    expect(chip.driven(1)).toBe(0xa0);
    expect(read(0x15)).toEqual([0xa5]);
    expect(read(0x13)).toEqual([0xa0]);
  });

  it('reads its inputs: high by the pull-up, low through a switch, the other way round when told so', () => {
    const { chip, write, read } = make();
    expect(read(0x12)).toEqual([0]);
    write(0x0c, 0xff);
    chip.grounded[0] = 0x81;
    expect(read(0x12)).toEqual([0x7e]);
    write(0x02, 0xff);
    expect(read(0x12)).toEqual([0x81]);
  });

  it('stays on one register when told not to step', () => {
    const { chip, write } = make();
    write(0x01, 0);
    write(0x0a, 0x20);
    write(0x15, 1, 2, 3);
    expect(chip.driven(1)).toBe(3);
  });

  it('ignores registers that cannot be written, and those that do not exist', () => {
    const { write, read } = make();
    write(0x0e, 0xff); // INTFA
    expect(read(0x0e)).toEqual([0]);
    write(0x16, 0xff);
    expect(read(0x16)).toEqual([0]);
  });

  it('tells whoever is wired to it when its outputs may have moved', () => {
    const { chip, write } = make();
    const seen: number[] = [];
    chip.onOutput = () => seen.push(chip.driven(1));
    write(0x01, 0);
    write(0x15, 5);
    expect(seen).toEqual([0, 5]);
  });
});
