import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFram } from '../../src/drivers/fm24w256';
import { SimBoard } from '../../src/hal-mock/board';

describe('FRAM driver', () => {
  it('reads back what it has written, anywhere, and leaves the neighbours alone', () => {
    const board = new SimBoard();
    const store = createFram(board.memoryBus);
    const shadow = new Uint8Array(store.size);
    fc.assert(
      fc.property(fc.nat(store.size - 64), fc.uint8Array({ minLength: 1, maxLength: 64 }), (offset, data) => {
        store.write(offset, data);
        shadow.set(data, offset);
        expect([...store.read(offset, data.length)]).toEqual([...data]);
        expect(Buffer.compare(board.fram.memory, shadow)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('reads 0xFF from a missing chip', () => {
    const board = new SimBoard();
    board.memoryBus.faults.unplugged = true;
    expect([...createFram(board.memoryBus).read(0, 3)]).toEqual([255, 255, 255]);
  });
});
