import { describe, expect, it } from 'vitest';
import { forgetCrashes, recordCrash, takeCrash } from '../../src/app/crash';
import { createFirmware } from '../../src/app/firmware';
import { EventKind } from '../../src/app/events';
import { holdingRule, releaseOf, Release, ruleName } from '../../src/bms/explain';
import { Rule } from '../../src/bms/rules';
import { createFram } from '../../src/drivers/fm24w256';
import { ResetCause } from '../../src/hal/system';
import { SimBoard } from '../../src/hal-mock/board';
import { boardPorts } from '../../tools/virtual-pack';

function start(board: SimBoard, cause?: ResetCause) {
  const store = createFram(board.memoryBus);
  const facts = { shuntMicroOhm: 250 };
  const fw = createFirmware(boardPorts(board), cause === undefined ? facts : { ...facts, cause });
  const first = [fw.events.kind[0], fw.events.value[0]];
  return { fw, store, first };
}

describe('the record of crashes', () => {
  it('counts crashes in a row, reports each once, and starts anew after a clean minute', () => {
    const store = createFram(new SimBoard().memoryBus);
    expect(takeCrash(store)).toBe(0);
    expect(recordCrash(store, 'a')).toBe(1);
    expect([takeCrash(store), takeCrash(store)]).toEqual([-1, 1]);
    expect(recordCrash(store, 'b')).toBe(2);
    forgetCrashes(store);
    expect(recordCrash(store, 'c')).toBe(1);
  });

  it('stops counting at 255', () => {
    const store = createFram(new SimBoard().memoryBus);
    for (let i = 0; i < 260; i++) recordCrash(store, 'x');
    expect(takeCrash(store)).toBe(-255);
  });

  it('touches the last 128 bytes of the memory only', () => {
    const board = new SimBoard();
    board.fram.memory.fill(0x5a);
    recordCrash(createFram(board.memoryBus), 'x'.repeat(100));
    const { memory } = board.fram;
    expect(memory.subarray(0, memory.length - 128).every((byte) => byte === 0x5a)).toBe(true);
    expect(memory[memory.length - 128]).not.toBe(0x5a);
  });

  it('is empty, and no exception, whatever a power cut has left of it', () => {
    for (let bytes = 0; bytes < 54; bytes++) {
      const board = new SimBoard();
      const store = createFram(board.memoryBus);
      recordCrash(store, 'the first');
      board.fram.bytesUntilPowerCut = bytes;
      recordCrash(store, 'another one, which is longer');
      board.fram.bytesUntilPowerCut = Infinity;
      expect([0, -1, -2], `after ${bytes} bytes`).toContain(takeCrash(store));
    }
  });
});

describe('the firmware after a restart', () => {
  it.each([ResetCause.PowerOn, ResetCause.Watchdog])('notes a start with its cause %d', (cause) => {
    expect(start(new SimBoard(), cause).first).toEqual([EventKind.Start, cause]);
  });

  it('notes a start of unknown cause when the board cannot tell', () => {
    expect(start(new SimBoard()).first).toEqual([EventKind.Start, ResetCause.Unknown]);
  });

  it('notes a crash once, with how many there were in a row', () => {
    const board = new SimBoard();
    const { store } = start(board);
    recordCrash(store, 'x');
    recordCrash(store, 'y');
    expect(start(board, ResetCause.Watchdog).first).toEqual([EventKind.Crash, 2]);
    expect(start(board, ResetCause.PowerOn).first).toEqual([EventKind.Start, ResetCause.PowerOn]);
  });

  it('opens both paths before its first tick after three crashes, and says why and until when', () => {
    const board = new SimBoard();
    const { store } = start(board);
    recordCrash(store, 'x');
    recordCrash(store, 'x');
    expect(holdingRule(start(board).fw.guard, true)).toBe(-1);
    expect(board.bothOff.read()).toBe(false);
    recordCrash(store, 'x');
    const { fw } = start(board);
    expect(board.bothOff.read()).toBe(true);
    expect([holdingRule(fw.guard, true), holdingRule(fw.guard, false)]).toEqual([Rule.Crash, Rule.Crash]);
    expect(fw.guard.value[Rule.Crash]).toBe(3);
    expect(ruleName(Rule.Crash)).toBe('Program crashes');
    expect(releaseOf(fw.guard, fw.params, Rule.Crash)).toBe(Release.Minutes);
  });
});
