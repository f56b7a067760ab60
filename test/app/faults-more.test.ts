/** Faults beyond hardware.md section 9: letters of docs/fmea.md. Two at once, and the program's own. */
import { describe, expect, it } from 'vitest';
import { EventKind } from '../../src/app/events';
import { recordCrash } from '../../src/app/crash';
import { P } from '../../src/bms/params';
import { Rule } from '../../src/bms/rules';
import { createFram } from '../../src/drivers/fm24w256';
import { changeParams } from '../../src/store/settings';
import { VirtualPack } from '../../tools/virtual-pack';
import { everOpen, expectNoErrors, inject, journal, LED_ALM, livingPack, told } from '../support/faulty';
import { fets } from '../support/fets';
import { reaction, watch } from '../support/reaction';

const MINUTE = 60_000;
/** From reset to the first line of the program; until then the board's pull-down holds BOTHOFF low. */
const BOOT_MS = 500;

/** ms until both gates are off, looked at each `stepMs`. */
function untilBothOpen(pack: VirtualPack, limitMs: number, stepMs = 1): number {
  const startUs = pack.board.time.nowUs;
  while (fets(pack).includes(true)) {
    pack.board.run(stepMs);
    expect(pack.board.time.nowUs - startUs).toBeLessThan(limitMs * 1000);
  }
  return (pack.board.time.nowUs - startUs) / 1000;
}

describe('two faults at once', () => {
  it('S11, S14 fault A: AFE cut off and the BOTHOFF wire broken: the host watchdog of the AFE opens both paths', () => {
    const pack = livingPack();
    pack.board.plant.setLoad({ amps: 20 });
    pack.run(1000);
    pack.board.bothOff.onChange = () => {};
    const measured = watch(pack, Rule.AfeLost, 'both', 15_000, () => inject(pack, 'AFE cut off'));
    reaction({ id: 'S11', row: 'A', what: 'AFE cut off, BOTHOFF broken', ...measured, withinMs: [0, 11_500] });
    expect(measured.detectedMs).toBeLessThanOrEqual(1000);
  });

  it('S7, S11 fault B: a short circuit while the AFE does not answer: the AFE opens by itself as fast as ever', () => {
    const pack = livingPack({ soc: 0.8 });
    const { board } = pack;
    board.bothOff.onChange = () => {};
    inject(pack, 'AFE cut off');
    pack.run(2000);
    board.plant.shortCircuit({ henry: 0.25e-6 });
    const openedMs = untilBothOpen(pack, 1, 0.001);
    reaction({
      id: 'S7',
      row: 'B',
      what: 'short circuit without a bus',
      detectedMs: null,
      openedMs,
      withinMs: [0.285, 0.33],
    });
  });

  it('S11, S14 fault C: a controller that restarts while the AFE does not answer holds BOTHOFF as soon as it runs', () => {
    for (const afterMs of [2000, 20_000]) {
      const pack = livingPack();
      inject(pack, 'AFE cut off');
      pack.run(afterMs);
      expect(fets(pack)).toEqual([false, false]);
      pack.board.restart('watchdog');
      let openedMs = 0;
      for (let ms = 0; ms < 10_000; ms += 25) {
        if (fets(pack).includes(true)) openedMs = ms + 25; // the last moment at which one was closed
        pack.run(25);
      }
      const what = `restart ${afterMs / 1000} s after the AFE was cut off`;
      reaction({ id: 'S11', row: 'C', what, detectedMs: null, openedMs, withinMs: [0, BOOT_MS + 100] });
      expect(fets(pack)).toEqual([false, false]);
    }
  });

  it('S11 fault H: both MOSFETs welded: found, told, and all that is left is the breaker', () => {
    const pack = livingPack();
    const { board } = pack;
    inject(pack, 'charge MOSFET welded');
    inject(pack, 'discharge MOSFET welded');
    board.plant.holdTemperature(1, 54);
    pack.run(5000);
    board.plant.holdTemperature(1, 64);
    pack.run(5000);
    const measured = watch(pack, [Rule.ChgFet, Rule.DsgFet], 'both', 5000, () => board.plant.setLoad({ amps: 20 }));
    reaction({ id: 'S11', row: 'H', what: 'both MOSFETs welded', ...measured, withinMs: [0, 3000] });
    pack.run(1000);
    expect(board.ledBits).toBe(LED_ALM);
    expect(board.plant.truth().currentMa).toBeLessThan(-19_000); // nothing electronic can stop it
    board.plant.openBreaker();
    expect(board.plant.truth().currentMa).toBe(0);
  });

  it('S11 fault I: BOTHOFF stuck high: paths that do not close are a fault, not a guess', () => {
    const pack = livingPack();
    const { board } = pack;
    board.bothOff.onChange = () => {};
    const measured = watch(pack, [Rule.ChgFet, Rule.DsgFet], 'both', 10_000, () => {
      board.plant.setBothOff(true);
      board.afe.pinsChanged();
    });
    reaction({ id: 'S11', row: 'I', what: 'BOTHOFF stuck high', ...measured, withinMs: [0, 200] });
    expect(measured.detectedMs).toBeLessThanOrEqual(3500);
    pack.run(5000);
    expect(fets(pack)).toEqual([false, false]);
  });
});

describe('the program', () => {
  it('S11 fault D: three crashes in a row open both paths for ten minutes', () => {
    const pack = livingPack();
    const store = createFram(pack.board.memoryBus);
    for (let k = 0; k < 3; k++) {
      recordCrash(store, 'boom');
      pack.board.restart('watchdog');
      pack.run(3000);
    }
    expect(told(pack)).toContain('Program crashes');
    expect(fets(pack)).toEqual([false, false]);
    pack.run(9 * MINUTE);
    expect(fets(pack)).toEqual([false, false]);
    pack.run(2 * MINUTE);
    expect([told(pack), fets(pack)]).toEqual([[], [true, true]]);
    expect(journal(pack, 20)).toContain(`event ${EventKind.Crash}`);
  });

  it('S29 fault E: memory of the interpreter that runs low is an event each minute; protections go on', () => {
    const pack = livingPack();
    pack.board.freeBlocks = 200;
    pack.board.engineErrors = 2;
    pack.run(2 * MINUTE);
    pack.board.plant.setLoad({ amps: 131 });
    pack.runUntil(() => !fets(pack)[1], 2000);
    const lines = journal(pack, 12);
    expect(lines).toContain(`event ${EventKind.LowMemory}`);
    expect(lines).toContain(`event ${EventKind.EngineError}`);
  });

  it('S5, S29 fault F: a clock chip that jumps back a year changes no delay', () => {
    const pack = livingPack();
    pack.board.rtc.timeMs = Date.UTC(2026, 4, 1);
    pack.run(MINUTE);
    const measured = watch(pack, Rule.DsgOcp, 'dsg', 3000, () => {
      pack.board.plant.setLoad({ amps: 131 });
      pack.board.rtc.timeMs -= 365 * 86400_000;
    });
    reaction({ id: 'S5', row: 'F', what: 'over-current while the clock jumps', ...measured, withinMs: [1000, 1300] });
    expectNoErrors(pack);
  });

  it('S14, S40 fault G: parameters damaged in both copies: factory values and a notice; one copy: nothing lost', () => {
    const pack = livingPack();
    const { firmware, board } = pack;
    const proposal = new Int32Array(firmware.params);
    proposal[P.DsgOcp] = 90_000;
    proposal[P.DsgOcAlarm] = 80_000;
    expect(changeParams(firmware.storage, firmware.guard, firmware.pack, firmware.params, proposal)).toBeLessThan(0);
    pack.run(3000);
    board.fram.memory[0x0010]! ^= 0x40; // a value of the first copy
    board.restart('watchdog');
    pack.run(6000);
    expect([pack.firmware.params[P.DsgOcp], fets(pack)]).toEqual([90_000, [true, true]]);
    for (const at of [0x0010, 0x0410]) board.fram.memory[at]! ^= 0x11;
    board.fram.memory[0x0014]! ^= 0x11;
    board.restart('watchdog');
    pack.run(6000);
    expect([pack.firmware.params[P.DsgOcp], told(pack)]).toEqual([130_000, ['Memory']]);
    expect(fets(pack)).toEqual([true, true]);
  });

  it('S12, S40 fault J: a controller whose supply flickers for a minute loses neither load nor charge', () => {
    const pack = livingPack({ soc: 0.6 });
    pack.board.plant.setLoad({ amps: 30 });
    pack.run(MINUTE);
    const before = pack.firmware.pack.remainingMas;
    const from = pack.board.plant.truth().dischargedMas;
    for (let k = 0; k < 20; k++) {
      pack.board.restart('software');
      pack.board.lastReset = 'power';
      expect(everOpen(pack, 700 + 113 * k)).toBe(false);
    }
    pack.run(10_000);
    const counted = before - pack.firmware.pack.remainingMas;
    const real = pack.board.plant.truth().dischargedMas - from;
    expect(Math.abs(counted - real) / pack.firmware.pack.fullMas).toBeLessThan(0.01);
    expect(told(pack)).toEqual([]);
    expectNoErrors(pack);
  });
});
