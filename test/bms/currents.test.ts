import { beforeEach, describe, expect, it } from 'vitest';
import { clearLocks } from '../../src/bms/currents';
import { Trips } from '../../src/bms/guard';
import { P } from '../../src/bms/params';
import { Fault, Protection, Rule } from '../../src/bms/rules';
import { Control } from './control';

let c: Control;
beforeEach(() => {
  c = new Control();
});

/** Sign of the current in its own direction, limit, bits, what the AFE reports. */
interface Direction {
  sign: number;
  limitMa: number;
  rule: Rule;
  bit: Protection;
  counter: Trips;
  chip: number;
  delay: P;
}
const CHARGE: Direction = {
  sign: 1,
  limitMa: 110_000,
  rule: Rule.ChgOcp,
  bit: Protection.ChgOcp,
  counter: Trips.ChgOc,
  chip: 4,
  delay: P.ChgOcDelay,
};
const DISCHARGE: Direction = {
  sign: -1,
  limitMa: 130_000,
  rule: Rule.DsgOcp,
  bit: Protection.DsgOcp,
  counter: Trips.DsgOc,
  chip: 2,
  delay: P.DsgOcDelay,
};

describe.each([
  ['S2 charge', CHARGE],
  ['S5 discharge', DISCHARGE],
] as const)('%s over-current', (_name, d) => {
  const flow = (ma: number): void => {
    c.pack.currentMa = d.sign * ma;
  };
  /** One trip by the firmware's own limit; then no current. */
  function trip(): void {
    flow(d.limitMa + 1);
    c.run(1250);
    expect(c.pack.protections).toBe(d.bit);
    flow(0);
  }

  it('does not trip at its limit, and not in the other direction', () => {
    flow(d.limitMa);
    c.run(10_000);
    flow(-Math.min(110_000, 130_000));
    c.run(10_000);
    expect(c.pack.protections).toBe(0);
  });
  it('trips above it after 1 s, not a tick before, and names the current', () => {
    flow(d.limitMa + 1);
    c.run(1000);
    expect([c.pack.protections, c.guard.trips[d.counter]]).toEqual([0, 0]);
    c.tick();
    expect([c.pack.protections, c.guard.trips[d.counter]]).toEqual([d.bit, 1]);
    expect([c.guard.value[d.rule], c.guard.index[d.rule]]).toEqual([d.limitMa + 1, -1]);
    c.run(5000);
    expect(c.guard.trips[d.counter]).toBe(1);
  });
  it('waits as long as its own parameter says', () => {
    c.params[d.delay] = 500;
    flow(d.limitMa + 1);
    c.run(500);
    expect(c.pack.protections).toBe(0);
    c.tick();
    expect(c.pack.protections).toBe(d.bit);
  });
  it('forgets a peak that is over before its delay', () => {
    flow(d.limitMa + 1);
    c.run(1000);
    flow(d.limitMa);
    c.tick();
    flow(d.limitMa + 1);
    c.run(1000);
    expect(c.pack.protections).toBe(0);
  });
  it('forgets it also while the alarm below it stands', () => {
    flow(d.limitMa - 1000);
    c.run(3000);
    flow(d.limitMa + 1);
    c.run(1000);
    flow(d.limitMa);
    c.tick();
    flow(d.limitMa + 1);
    c.run(1000);
    expect(c.pack.protections).toBe(0);
    c.tick();
    expect(c.pack.protections).toBe(d.bit);
  });
  it('is released after 60 s, not a tick before, and keeps its count', () => {
    trip();
    c.run(59_750);
    expect(c.pack.protections).toBe(d.bit);
    c.tick();
    expect([c.pack.protections, c.guard.trips[d.counter], c.guard.index[d.rule]]).toEqual([0, 1, -1]);
  });
  it('S14 is not released by current the other way through a path that is open', () => {
    trip();
    if (d === CHARGE) c.dsgReport = false;
    else c.chgReport = false;
    c.tick();
    flow(-1001);
    c.run(2000);
    expect(c.pack.protections).toBe(d.bit);
  });
  it.each([327_670, -327_680])(
    'S14 a reading at its end, %d mA, neither begins nor interrupts nor releases it',
    (ma) => {
      flow(d.limitMa + 1);
      c.run(1000);
      c.pack.currentMa = ma;
      c.tick();
      expect(c.pack.protections).toBe(0);
      flow(d.limitMa + 1);
      c.tick();
      expect(c.pack.protections).toBe(d.bit);
      c.pack.currentMa = ma;
      c.tick();
      expect([c.pack.protections, c.guard.trips[d.counter]]).toEqual([d.bit, 1]);
      c = new Control();
      c.params[d.delay] = 500;
      c.pack.currentMa = ma;
      c.tick();
      flow(d.limitMa + 1);
      c.run(500);
      expect(c.pack.protections).toBe(0);
      c.pack.currentMa = ma;
      c.pack.afeTrips = d.chip;
      c.tick();
      expect(c.pack.protections).toBe(d.bit);
    },
  );
  it('is released at once by more than 1 A the other way, which ends the count', () => {
    trip();
    flow(-1000);
    c.run(5000);
    expect(c.pack.protections).toBe(d.bit);
    flow(-1001);
    c.tick();
    expect([c.pack.protections, c.guard.trips[d.counter]]).toEqual([0, 0]);
  });
  it('is set at once by the AFE and not released while the AFE reports it', () => {
    c.pack.afeTrips = d.chip;
    c.tick();
    expect([c.pack.protections, c.guard.trips[d.counter]]).toEqual([d.bit, 1]);
    flow(-1001);
    c.run(120_000);
    expect([c.pack.protections, c.guard.trips[d.counter]]).toEqual([d.bit, 1]);
    c.pack.afeTrips = 0;
    c.tick();
    expect(c.pack.protections).toBe(0);
  });
  it('tries again after each of nine trips and locks at the tenth, until current flows the other way', () => {
    for (let i = 1; i < 10; i++) {
      trip();
      c.run(60_000);
      expect([c.pack.protections, c.guard.trips[d.counter]]).toEqual([0, i]);
    }
    trip();
    c.run(600_000);
    expect(c.pack.protections).toBe(d.bit);
    flow(-1001);
    c.tick();
    expect([c.pack.protections, c.guard.trips[d.counter]]).toEqual([0, 0]);
  });
  it('locks after as many trips as the parameter says', () => {
    c.params[P.TripLock] = 2;
    trip();
    c.run(60_000);
    expect(c.pack.protections).toBe(0);
    trip();
    c.run(120_000);
    expect(c.pack.protections).toBe(d.bit);
  });
  it('S7 a lock ends by RST, service or host; then the minute counts again', () => {
    c.guard.trips[d.counter] = 9;
    trip();
    c.run(10_000);
    clearLocks(c.guard);
    c.tick();
    expect(c.pack.protections).toBe(d.bit);
    c.run(49_750);
    expect([c.pack.protections, c.guard.trips[d.counter]]).toEqual([0, 0]);
  });
  it('counts to 255 and no further', () => {
    c.guard.trips[d.counter] = 255;
    trip();
    expect(c.guard.trips[d.counter]).toBe(255);
  });
});

describe('S2, S5 the two directions', () => {
  it('count on their own, and a trip opens its own path only', () => {
    c.pack.currentMa = 110_001;
    c.run(1250);
    expect([c.pack.chgAllowed, c.pack.dsgAllowed]).toEqual([false, true]);
    c.pack.currentMa = -130_001;
    c.run(1250);
    expect([c.pack.chgAllowed, c.pack.dsgAllowed]).toEqual([true, false]);
    expect([...c.guard.trips]).toEqual([0, 1, 0]); // the charge side was released by discharging
  });
});

describe('S7 short circuit', () => {
  function short(): void {
    c.pack.afeTrips = 1;
    c.pack.currentMa = -2_000_000;
    c.tick();
    c.pack.afeTrips = 0;
    c.pack.currentMa = 0;
    c.pack.terminalMv = 0;
    c.pack.packMv = 0;
    c.tick();
    expect([c.pack.protections, c.paths]).toEqual([Protection.Scp, [false, false]]);
  }

  it('latches both paths open in the tick that sees it, counts it, and is never retried blindly', () => {
    short();
    expect([c.guard.trips[Trips.ShortCircuit], c.guard.value[Rule.Scp]]).toEqual([1, -2_000_000]);
    expect(c.guard.index[Rule.Scp]).toBe(-1);
    c.run(600_000);
    expect([c.pack.protections, c.paths]).toEqual([Protection.Scp, [false, false]]);
    expect(c.guard.trips[Trips.ShortCircuit]).toBe(1);
  });
  it('is released by a charger that has been seen for 2 s, which ends the count', () => {
    short();
    c.pack.terminalMv = 56_000;
    c.tick(); // decides that it is a charger
    c.run(2000);
    expect(c.pack.protections).toBe(Protection.Scp);
    c.tick();
    expect([c.pack.protections, c.paths, c.guard.trips[Trips.ShortCircuit]]).toEqual([0, [true, true], 0]);
    expect(c.guard.index[Rule.Scp]).toBe(-1);
  });
  it('is released when the load is gone for 2 s, which does not end the count', () => {
    short();
    c.pack.loadGone = true;
    c.run(2000);
    expect(c.pack.protections).toBe(Protection.Scp);
    c.tick();
    expect([c.pack.protections, c.paths, c.guard.trips[Trips.ShortCircuit]]).toEqual([0, [true, true], 1]);
  });
  it('begins its 2 s anew when the load comes back', () => {
    short();
    c.pack.loadGone = true;
    c.run(2000);
    c.pack.loadGone = false;
    c.tick();
    c.pack.loadGone = true;
    c.run(2000);
    expect(c.pack.protections).toBe(Protection.Scp);
  });
  it.each(['chgReport', 'dsgReport'] as const)(
    'S14 believes no load removal while a path is reported closed: %s',
    (report) => {
      short();
      c[report] = true;
      c.tick();
      c.pack.loadGone = true;
      c.run(2250);
      expect(c.pack.protections).toBe(Protection.Scp);
    },
  );
  it('is not released while the AFE still reports it', () => {
    short();
    c.pack.afeTrips = 1;
    c.pack.loadGone = true;
    c.pack.terminalMv = 56_000;
    c.run(60_000);
    expect([c.pack.protections, c.guard.trips[Trips.ShortCircuit]]).toEqual([Protection.Scp, 1]);
    clearLocks(c.guard);
    c.tick();
    expect([c.pack.protections, c.guard.trips[Trips.ShortCircuit]]).toEqual([Protection.Scp, 0]);
  });
  it('locks at the tenth trip: removing the load does not help any more, a charger does', () => {
    for (let i = 1; i < 10; i++) {
      short();
      c.pack.loadGone = true;
      c.run(2250);
      expect([c.pack.protections, c.guard.trips[Trips.ShortCircuit]]).toEqual([0, i]);
      c.pack.loadGone = false;
    }
    short();
    c.pack.loadGone = true;
    c.run(600_000);
    expect(c.pack.protections).toBe(Protection.Scp);
    c.pack.terminalMv = 56_000;
    c.run(2500);
    expect([c.pack.protections, c.guard.trips[Trips.ShortCircuit]]).toEqual([0, 0]);
  });
  it('is released by RST, service or host, locked or not, at once', () => {
    short();
    c.guard.trips[Trips.ShortCircuit] = 10;
    clearLocks(c.guard);
    expect([c.has(Rule.Scp), c.guard.index[Rule.Scp], ...c.guard.trips]).toEqual([false, -1, 0, 0, 0]);
    c.tick();
    expect([c.pack.protections, c.paths]).toEqual([0, [true, true]]);
  });
  it('counts to 255 and no further', () => {
    c.guard.trips[Trips.ShortCircuit] = 255;
    short();
    expect(c.guard.trips[Trips.ShortCircuit]).toBe(255);
  });
  it('clearing locks sets nothing that was not set', () => {
    clearLocks(c.guard);
    c.tick();
    expect([...c.guard.bits]).toEqual([0, 0, 0, 0]);
  });
  it('S11 clearing locks ends what is latched and nothing else', () => {
    c.guard.bits.set([0xffff, 0xffff & ~Protection.Scp, 0x0fff, 0xffff]);
    clearLocks(c.guard);
    const left = 0x0fff & ~(Fault.ChgFet | Fault.DsgFet | Fault.Shunt | Fault.AfeResets);
    expect([...c.guard.bits]).toEqual([0xffff, 0xffff & ~Protection.Scp, left, 0xffff]);
    for (const rule of [Rule.ChgFet, Rule.DsgFet, Rule.Shunt, Rule.AfeResets]) expect(c.guard.index[rule]).toBe(-1);
  });
  it('S14 clearing locks works on a pack whose measurements stand still', () => {
    short();
    c.pack.staleMs = 6000;
    c.tick();
    clearLocks(c.guard);
    expect(c.has(Rule.Scp)).toBe(false);
  });
});

describe('S14 what the AFE opens by itself', () => {
  it('ends in the sample after the first one when it was over during a loss', () => {
    c.pack.afeTrips = 64;
    c.tick();
    c.miss(3);
    c.pack.afeTrips = 0;
    c.tick();
    expect(c.pack.protections).toBe(Protection.AfeTrip);
    c.tick();
    expect([c.pack.protections, c.paths]).toEqual([0, [true, true]]);
  });
  it.each([32, 64])('trip %d opens both paths and says so as long as it lasts', (trip) => {
    c.pack.afeTrips = trip;
    c.tick();
    expect([c.pack.protections, c.guard.value[Rule.AfeTrip], c.paths]).toEqual([
      Protection.AfeTrip,
      trip,
      [false, false],
    ]);
    expect(c.guard.index[Rule.AfeTrip]).toBe(-1);
    c.run(10_000);
    expect(c.pack.protections).toBe(Protection.AfeTrip);
    c.pack.afeTrips = 0;
    c.tick();
    expect([c.pack.protections, c.paths]).toEqual([0, [true, true]]);
  });
});
