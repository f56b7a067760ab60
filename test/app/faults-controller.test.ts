/** Rows 27 to 36 and 41 of hardware.md section 9 in closed loop: memory, clock, controller, keys, switches, ports. */
import { describe, expect, it } from 'vitest';
import { EventKind } from '../../src/app/events';
import { isActive } from '../../src/bms/guard';
import { Rule } from '../../src/bms/rules';
import { PowerState } from '../../src/bms/sleep';
import { createLogEntry, readEvent } from '../../src/store/log';
import { VirtualPack } from '../../tools/virtual-pack';
import { clear, everOpen, expectNoErrors, inject, journal, livingPack, told } from '../support/faulty';
import { fets } from '../support/fets';
import { decodeFrame, decodeStream } from '../support/pace-decoder';
import { request } from '../support/pace-request';
import { reaction, watch } from '../support/reaction';

const MINUTE = 60_000;

function soc({ firmware }: VirtualPack): number {
  return firmware.pack.remainingMas / firmware.pack.fullMas;
}

/** Power gone and back: controller and memory restart, chips with a battery do not notice. */
function powerCycle(pack: VirtualPack, fault: string): void {
  clear(pack, fault);
  pack.board.restart('watchdog');
  pack.board.lastReset = 'power';
  pack.run(8000);
}

describe('faults of memory and clock', () => {
  it.each([0, 1, 5, 20, 33, 60])(
    'S40 row 27: supply lost after %i more bytes: the charge is that of a second ago',
    (bytes) => {
      const pack = livingPack({ soc: 0.7 });
      pack.board.plant.setLoad({ amps: 100 });
      pack.run(5 * MINUTE);
      pack.board.fram.bytesUntilPowerCut = bytes;
      pack.run(700);
      const before = soc(pack);
      powerCycle(pack, 'memory loses its supply within a record');
      expect(Math.abs(soc(pack) - before)).toBeLessThan(0.004);
      expect(pack.firmware.storage.problems).toBe(0);
      expect(fets(pack)).toEqual([true, true]);
    },
  );

  it('S40, S14 row 27: both copies of the charge damaged: the charge from the voltage, and a notice', () => {
    const pack = livingPack({ soc: 0.5 });
    pack.run(MINUTE);
    pack.board.fram.memory.fill(0x5a);
    pack.board.restart('watchdog');
    pack.run(10_000);
    expect(told(pack)).toContain('Memory');
    expect(Math.abs(soc(pack) - 0.5)).toBeLessThan(0.3);
    expect(fets(pack)).toEqual([true, true]);
    expectNoErrors(pack);
  });

  it('S40, S42 row 28: without memory the pack works on defaults, and says so', () => {
    const pack = new VirtualPack({ care: true });
    inject(pack, 'memory missing');
    pack.run(6000);
    expect(told(pack)).toContain('Memory');
    expect(fets(pack)).toEqual([true, true]);
    pack.board.plant.setLoad({ amps: 131 });
    pack.runUntil(() => !fets(pack)[1], 3000);
    expectNoErrors(pack);
  });

  it('S40 row 28: a memory that stops answering is told within a minute; the pack goes on', () => {
    const pack = livingPack();
    const measured = watch(pack, Rule.Memory, 'none', 2 * MINUTE, () => inject(pack, 'memory missing'));
    reaction({ id: 'S40', row: '28', what: 'memory stops answering', ...measured, withinMs: [0, MINUTE] });
    expect(everOpen(pack, 10_000)).toBe(false);
    clear(pack, 'memory missing');
    pack.run(3 * MINUTE);
    expect(told(pack)).toEqual([]);
    expectNoErrors(pack);
  });

  it('S40 row 29: a memory that refuses three transfers, again and again, costs no charge and raises no notice', () => {
    const pack = livingPack();
    for (let k = 0; k < 20; k++) {
      inject(pack, 'memory busy for three transfers');
      pack.run(1000);
    }
    pack.run(2 * MINUTE);
    expect(told(pack)).toEqual([]);
    const before = soc(pack);
    pack.board.restart('watchdog');
    pack.run(8000);
    expect(Math.abs(soc(pack) - before)).toBeLessThan(0.001);
    expect(pack.firmware.storage.problems).toBe(0);
    expectNoErrors(pack);
  });

  it('S29 row 30: a missing clock is told, and the pack works', () => {
    const pack = livingPack();
    inject(pack, 'clock missing');
    pack.board.restart('watchdog');
    pack.run(10_000);
    expect([told(pack), fets(pack)]).toEqual([['Clock lost'], [true, true]]);
    expectNoErrors(pack);
  });

  it('S29 row 30: a clock without time is a notice, and events carry the number of the start instead', () => {
    const pack = livingPack();
    pack.board.rtc.timeMs = Date.UTC(2026, 4, 1);
    inject(pack, 'clock without time');
    pack.board.restart('watchdog');
    pack.run(10_000);
    expect([told(pack), fets(pack)]).toEqual([['Clock lost'], [true, true]]);
    const entry = createLogEntry();
    expect(readEvent(pack.firmware.storage, 0, entry)).toBe(true);
    expect(entry.boot).toBeGreaterThanOrEqual(0);
    expect(entry.timeS).toBeLessThan(60);
    expectNoErrors(pack);
  });
});

describe('faults of the controller', () => {
  it('S12, S40 row 31: a restart under load opens no path, and the charge is that of the last second', () => {
    for (const phaseMs of [2, 55, 140, 249]) {
      const pack = livingPack({ soc: 0.6 }, phaseMs);
      pack.board.plant.setLoad({ amps: 60 });
      pack.run(5 * MINUTE);
      const before = soc(pack);
      inject(pack, 'controller reset by its watchdog');
      expect(everOpen(pack, 10_000)).toBe(false);
      expect(Math.abs(soc(pack) - before)).toBeLessThan(0.004);
      expect(told(pack)).toEqual([]);
      expect(journal(pack, 8)).toContain(`event ${EventKind.Start}`);
      expectNoErrors(pack);
    }
  });

  it('S7, S11, S40 row 31: a latched short circuit is still latched after a restart, before a path can close', () => {
    const pack = livingPack({ soc: 0.8 });
    pack.board.plant.setLoad({ ohms: 20 });
    inject(pack, 'short circuit');
    pack.run(5000);
    clear(pack, 'short circuit');
    pack.run(MINUTE);
    expect([told(pack), fets(pack)]).toEqual([['SCP'], [false, false]]); // the load is still there
    inject(pack, 'controller reset by its watchdog');
    for (let k = 0; k < 1200; k++) {
      pack.run(25);
      expect(fets(pack)).toEqual([false, false]);
    }
    expect(told(pack)).toContain('SCP');
    pack.board.plant.setLoad(null);
    pack.runUntil(() => fets(pack)[0] && fets(pack)[1], MINUTE);
    expectNoErrors(pack);
  });

  it('S11 row 32: a program that hangs is started anew by the watchdog, the load stays on', () => {
    const pack = livingPack();
    pack.board.plant.setLoad({ amps: 30 });
    pack.run(1000);
    inject(pack, 'program hangs until the watchdog bites');
    expect(everOpen(pack, 15_000)).toBe(false);
    expect(pack.board.time.nowUs - pack.board.lastKickUs).toBeLessThan(1e6);
    expect(told(pack)).toEqual([]);
    expectNoErrors(pack);
  });

  it('S5, S14 row 41: a program busy for 2 s notes it, and measures the delay of a protection by the clock', () => {
    const pack = livingPack();
    pack.run(1000);
    const measured = watch(pack, Rule.DsgOcp, 'dsg', 4000, () => {
      pack.board.plant.setLoad({ amps: 131 });
      pack.run(300); // seen once
      inject(pack, 'program busy for 2 s');
    });
    reaction({ id: 'S5', row: '41', what: 'over-current while busy for 2 s', ...measured, withinMs: [1000, 2800] });
    pack.run(2000);
    expect(journal(pack, 6)).toContain(`event ${EventKind.Overrun}`);
    expectNoErrors(pack);
  });
});

describe('faults of keys, switches and ports', () => {
  it('S20 row 33: a stuck RST key restarts once, is told as stuck, and keeps nothing awake', () => {
    const pack = livingPack({ soc: 0.02 });
    inject(pack, 'RST key stuck');
    const first = pack.firmware;
    pack.run(15_000);
    expect(pack.firmware).not.toBe(first);
    const second = pack.firmware;
    pack.run(2 * MINUTE);
    expect(pack.firmware).toBe(second);
    expect(told(pack)).toContain('Stuck key');
    pack.run(6 * MINUTE);
    expect(pack.firmware.power.state).toBe(PowerState.Asleep);
    clear(pack, 'RST key stuck');
    pack.run(5000);
    expect(pack.firmware.power.state).toBe(PowerState.Asleep);
    expectNoErrors(pack);
  });

  it('S20 row 33: a stuck Power key switches off once; another key still wakes', () => {
    const pack = livingPack();
    const measured = watch(pack, Rule.StuckKey, 'none', 50_000, () => inject(pack, 'Power key stuck'));
    reaction({ id: 'S20', row: '33', what: 'Power key stuck', ...measured, withinMs: [30_000, 35_000] });
    pack.run(MINUTE);
    expect(pack.firmware.power.state).toBe(PowerState.Asleep);
    inject(pack, 'RST key stuck');
    pack.run(300);
    clear(pack, 'RST key stuck');
    pack.run(3000);
    expect(pack.firmware.power.state).toBe(PowerState.Awake);
    pack.run(MINUTE);
    expect(pack.firmware.power.state).toBe(PowerState.Awake);
    expectNoErrors(pack);
  });

  it('S20 row 34: a key that bounces for 10 ms is one press', () => {
    for (const phaseMs of [0, 100, 243, 246, 249]) {
      const pack = livingPack({}, phaseMs);
      inject(pack, 'Power key bounces');
      pack.run(600);
      expect(pack.firmware.power.state).toBe(PowerState.Awake);
      pack.run(1000);
      expect(pack.firmware.power.state).toBe(PowerState.Asleep);
      clear(pack, 'Power key bounces');
      pack.run(10_000);
      expect(pack.firmware.power.state).toBe(PowerState.Asleep);
    }
  });

  it('S21 row 35: address switches count when they have stood still for 2 s', () => {
    const pack = livingPack();
    inject(pack, 'address switches changed');
    pack.run(1500);
    clear(pack, 'address switches changed');
    pack.run(5000);
    expect(pack.firmware.pack.address).toBe(0);
    const startUs = pack.board.time.nowUs;
    inject(pack, 'address switches changed');
    while (pack.firmware.pack.address === 0) pack.board.run(1);
    const detectedMs = Math.round((pack.board.time.nowUs - startUs) / 1000);
    const what = 'address switches changed, taken over';
    reaction({ id: 'S21', row: '35', what, detectedMs, openedMs: null, withinMs: [1700, 3300] });
    expect(pack.firmware.pack.address).toBe(5);
    expect(everOpen(pack, 1000)).toBe(false);
  });

  it('S30 row 36: garbage gets no answer, delays no tick, and the next request is answered', () => {
    const pack = livingPack();
    const { board } = pack;
    let sent = '';
    board.rs232.onSent = (byte) => (sent += byte);
    inject(pack, 'garbage on RS232');
    pack.run(1000);
    for (const frame of decodeStream(sent)) expect(frame.code).not.toBe('00');
    sent = '';
    board.rs232.receive(request(1, '42', '01'));
    pack.run(1000);
    expect(decodeFrame(sent).code).toBe('00');
    expect(isActive(pack.firmware.guard, Rule.AfeLost)).toBe(false);
    expect(board.time.nowUs - board.lastKickUs).toBeLessThan(0.5e6);
    expectNoErrors(pack);
  });
});
