/** The joints of rp2040js and the simulated board, without any firmware image: a few instructions in the chip's RAM. */
import { Simulator, type RP2040 } from 'rp2040js';
import { describe, expect, it } from 'vitest';
import { SimBoard } from '../../../src/hal-mock/board';
import { Wires } from '../../../tools/engine/rp2040';

const RAM = 0x20000000;
const TABLE = RAM + 0x100;
/** I2C0 (RP2040 data sheet 4.3.17): target address, data and command, enable, level of the receive FIFO. */
const I2C0 = 0x40044000;
const IC_TAR = I2C0 + 0x04;
const IC_DATA_CMD = I2C0 + 0x10;
const IC_ENABLE = I2C0 + 0x6c;
const READ = 0x100;
const STOP = 0x200;
const RESTART = 0x400;
/** Thumb: ldmia r0!, {r1, r2}; str r2, [r1]; b back to the first. */
const PROGRAM = [0xc806, 0x600a, 0xe7fc];
const AFE = 0x08;

/** Pairs of address and value, written one after the other by the program in the chip. */
function execute(chip: RP2040, pairs: readonly (readonly [number, number])[]): void {
  PROGRAM.forEach((word, i) => chip.writeUint16(RAM + 2 * i, word));
  pairs.forEach(([address, value], i) => {
    chip.writeUint32(TABLE + 8 * i, address);
    chip.writeUint32(TABLE + 8 * i + 4, value);
  });
  chip.core.PC = RAM;
  chip.core.registers[0] = TABLE;
  for (let i = 0; i < PROGRAM.length * pairs.length; i++) chip.core.executeInstruction();
}

function setUp(): { chip: RP2040; board: SimBoard; waits: number[]; finish(): void } {
  const { rp2040: chip } = new Simulator();
  const board = new SimBoard();
  const waits: number[] = [];
  const jobs: (() => void)[] = [];
  const after = (us: number, action: () => void): void => {
    waits.push(us);
    jobs.push(() => {
      board.run(us / 1000);
      action();
    });
  };
  new Wires(chip.i2c[0]!, 100000, board.afeBus.faults, after).attach(AFE, board.afe);
  const finish = (): void => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) job();
  };
  return { chip, board, waits, finish };
}

/** Reads `count` bytes from `register`. */
function transfer(register: number, count: number): (readonly [number, number])[] {
  const reads = Array.from({ length: count }, (_, i) => {
    const last = i === count - 1 ? STOP : 0;
    return [IC_DATA_CMD, READ | last | (i === 0 ? RESTART : 0)] as const;
  });
  return [[IC_TAR, AFE], [IC_ENABLE, 1], [IC_DATA_CMD, register], ...reads];
}

describe('an RP2040 on the simulated board', () => {
  it('reads bytes of the AFE with their CRC over its I2C block, in the time that they take at 100 kHz', () => {
    const { chip, board, waits, finish } = setUp();
    board.run(2000);
    execute(chip, transfer(0x14, 4));
    finish();
    const received = [1, 2, 3, 4].map(() => chip.readUint32(IC_DATA_CMD) & 255);
    expect(received).toEqual([...board.afeBus.readReg(AFE, 0x14, 4)]);
    expect(received[0]! + 256 * received[2]!).toBeCloseTo(board.plant.truth().cellMv[0]!, -2);
    // start, address and register; start, address and four bytes; stop
    expect(waits).toEqual([100, 90, 100, 90, 90, 90, 90, 10]);
  });

  it('sees no acknowledge from an unplugged AFE, and a wrong bit that the wire makes', () => {
    const { chip, board, finish } = setUp();
    board.run(2000);
    board.afeBus.faults.unplugged = true;
    execute(chip, transfer(0x14, 1));
    finish();
    expect(chip.i2c[0]!.abortSource & 1).toBe(1);
    board.afeBus.faults.unplugged = false;
    const good = board.afeBus.readReg(AFE, 0x14, 1)[0]!;
    board.afeBus.faults.disturb = (byte, fromDevice) => (fromDevice ? byte ^ 0x10 : byte);
    chip.readUint32(I2C0 + 0x54); // clears the abort
    execute(chip, transfer(0x14, 1));
    finish();
    expect(chip.readUint32(IC_DATA_CMD) & 255).toBe(good ^ 0x10);
  });
});
