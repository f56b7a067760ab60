/** S10 in closed loop and virtual time: the breaker as the firmware sees it beside the breaker as it is. */
import { describe, expect, it } from 'vitest';
import { BreakerAlarm, BreakerState } from '../../src/bms/breaker';
import { P } from '../../src/bms/params';
import { Alarm } from '../../src/bms/rules';
import { VirtualPack, type VirtualPackOptions } from '../../tools/virtual-pack';
import { fets } from '../support/fets';

const HOUR = 3600_000;

function living(options: Partial<VirtualPackOptions> = {}): VirtualPack {
  const pack = new VirtualPack({ soc: 0.6, ...options });
  pack.run(8000);
  expect(fets(pack)).toEqual([true, true]);
  return pack;
}

function believed({ care }: VirtualPack): BreakerState {
  return care.breaker.state;
}

function warned({ firmware }: VirtualPack): boolean {
  return (firmware.pack.alarms & Alarm.Breaker) !== 0;
}

/**
 * Neither firmware nor AFE limit the discharge current: the breaker is what is left. (With them 130 A is the most that
 * lasts, and a healthy breaker carries that.)
 */
function unlimited(pack: VirtualPack): void {
  pack.firmware.params[P.DsgOcp] = 900_000;
  pack.board.afe.bench.corruptMemory(0x9261, 0x0c); // of CUV COV OCC OCD1 OCD2 SCD only the first two
  pack.board.afe.bench.corruptMemory(0x9263, 0x02); // no OCD3
  const { afe } = pack.firmware; // the check of the configuration each minute would put that right
  pack.board.cpu.setInterval(() => (afe.turn = afe.turn > 200 ? 4 : afe.turn), 250);
}

describe.each([
  ['by voltages and current', false],
  ['by its contact', true],
])('closed loop: the breaker %s', (_name, breakerContact) => {
  it('S10 is found closed at the start', () => {
    const pack = living({ breakerContact });
    pack.run(3000);
    expect([believed(pack), warned(pack)]).toEqual([BreakerState.Closed, false]);
  });

  it('S10 opened by hand at 100 A: open with an alarm within 4 s, nothing else; closed again, it is believed with the load', () => {
    const pack = living({ breakerContact });
    pack.board.plant.setLoad({ amps: 100 });
    pack.run(10_000);
    expect(believed(pack)).toBe(BreakerState.Closed);
    pack.board.plant.openBreaker();
    expect(pack.runUntil(() => believed(pack) === BreakerState.Open, 10_000)).toBeLessThanOrEqual(4000);
    pack.run(500);
    expect(warned(pack)).toBe(true);
    expect([pack.firmware.pack.protections, pack.firmware.pack.faults]).toEqual([0, 0]);
    pack.run(60_000);
    expect([pack.firmware.pack.protections, pack.firmware.pack.faults, ...fets(pack)]).toEqual([0, 0, true, true]);
    pack.board.plant.setLoad({ amps: 20 });
    pack.board.plant.closeBreaker();
    expect(pack.runUntil(() => believed(pack) === BreakerState.Closed, 10_000)).toBeLessThanOrEqual(4000);
    pack.run(500);
    expect(warned(pack)).toBe(false);
  });

  it('S10 the firmware ends an overload long before the breaker: no trip is reported', () => {
    const pack = living({ breakerContact });
    pack.board.plant.setLoad({ amps: 140 });
    pack.runUntil(() => !fets(pack)[1], 3000);
    pack.run(10_000);
    expect(pack.board.plant.truth().breaker).toBe('closed');
    expect([BreakerState.Open, BreakerState.Tripped]).not.toContain(believed(pack));
  });
});

describe('closed loop: heat and trip', () => {
  it.each([
    [181, 200], // 1.45 times the rated current
    [319, 30], // 2.55 times
  ])('S10 at %d A it warns %i s before the breaker trips, then reports the trip, then the reset', (amps, aheadS) => {
    const pack = living({ soc: 1 });
    unlimited(pack);
    pack.run(HOUR / 2); // the heat assumed at the start is gone
    expect(pack.care.breaker.heatPermille).toBeLessThan(20);
    pack.board.plant.setLoad({ amps });
    const startMs = pack.nowMs;
    pack.runUntil(() => warned(pack), HOUR);
    expect(pack.care.breaker.alarms).toBe(BreakerAlarm.Hot);
    expect(pack.nowMs - startMs).toBeGreaterThan(10_000);
    expect(fets(pack)).toEqual([true, true]);
    const aheadMs = pack.runUntil(() => pack.board.plant.truth().breaker === 'tripped', HOUR);
    expect(aheadMs).toBeGreaterThanOrEqual(aheadS * 1000);
    expect(pack.runUntil(() => believed(pack) === BreakerState.Tripped, 10_000)).toBeLessThanOrEqual(4000);
    pack.run(500);
    expect(warned(pack)).toBe(true);
    expect(pack.firmware.pack.faults).toBe(0);

    pack.board.plant.setLoad({ amps: 20 });
    pack.run(60_000);
    expect(believed(pack)).toBe(BreakerState.Tripped);
    pack.board.plant.closeBreaker();
    pack.run(5000);
    expect([believed(pack), pack.care.breaker.alarms & BreakerAlarm.Tripped]).toEqual([BreakerState.Closed, 0]);
    pack.runUntil(() => !warned(pack), HOUR);
    expect(pack.board.cpu.errors).toEqual([]);
  });

  it('S10 130 A, the most that lasts, is warned of and carried', () => {
    const pack = living({ soc: 1 });
    pack.board.plant.setLoad({ amps: 129.5 });
    pack.runUntil(() => (pack.care.breaker.alarms & BreakerAlarm.Hot) !== 0, HOUR / 2);
    expect([pack.board.plant.truth().breaker, ...fets(pack)]).toEqual(['closed', true, true]);
  });
});

describe('closed loop: what cannot be known', () => {
  it('S10 closed by hand onto nothing: unknown without alarm; the first current tells', () => {
    const pack = living();
    pack.board.plant.openBreaker();
    pack.runUntil(() => believed(pack) === BreakerState.Open, 10_000);
    pack.board.plant.closeBreaker();
    pack.run(20_000);
    expect([believed(pack), warned(pack)]).toEqual([BreakerState.Unknown, false]);
    pack.board.plant.setLoad({ amps: 2 });
    pack.run(5000);
    expect(believed(pack)).toBe(BreakerState.Closed);
  });

  it('S10 a source behind an open breaker does not make it closed', () => {
    const pack = living();
    pack.board.plant.openBreaker();
    pack.run(5000);
    pack.board.plant.connectCharger({ amps: 10, volts: 57.6 });
    pack.run(20_000);
    expect([believed(pack), pack.firmware.pack.currentMa < 500]).toEqual([BreakerState.Open, true]);
  });

  it.each([true, false])('S10 a contact stuck at %s against the voltages: unknown with an alarm', (open) => {
    const pack = living({ breakerContact: true });
    pack.board.contactStuck = open;
    if (open) pack.board.plant.setLoad({ amps: 10 });
    else pack.board.plant.openBreaker();
    pack.run(6000);
    expect(believed(pack)).toBe(BreakerState.Unknown);
    expect(pack.care.breaker.alarms).toBe(BreakerAlarm.Contact);
    expect(warned(pack)).toBe(true);
  });

  it('S14 whatever is believed of the breaker, the same sample leads to the same paths', () => {
    const paths = [BreakerState.Unknown, BreakerState.Closed, BreakerState.Open, BreakerState.Tripped].map((state) => {
      const pack = living({ soc: 0.95 });
      const { breaker } = pack.care!;
      const trace: unknown[] = [];
      pack.board.plant.connectCharger({ amps: 50, volts: 62 });
      for (let k = 0; k < 400; k++) {
        if (k === 250) pack.board.plant.disconnectCharger();
        if (k === 260) pack.board.plant.setLoad({ amps: 140 });
        breaker.state = breaker.seen = state;
        breaker.dueMs = Infinity;
        pack.run(k < 250 ? 5000 : 250);
        trace.push([pack.firmware.pack.protections, ...fets(pack), pack.care.power.state]);
      }
      return JSON.stringify(trace);
    });
    expect(new Set(paths).size).toBe(1);
    expect(paths[0]).toContain('false,true');
    expect(paths[0]).toContain('true,false');
  });
});
