import { beforeEach, describe, expect, it } from 'vitest';
import { BreakerAlarm, BreakerState, createBreaker, watchBreaker, type Breaker } from '../../src/bms/breaker';
import { AfeTrip, createPack, type Pack } from '../../src/bms/pack';
import { defaultParams, P } from '../../src/bms/params';

const TICK = 250;
let pack: Pack;
let breaker: Breaker;
let params: Int32Array;
let nowMs: number;
/** Level of the contact's pin: to ground while the breaker is closed. */
let level: boolean;

beforeEach(() => {
  pack = createPack();
  breaker = createBreaker(null);
  params = defaultParams();
  nowMs = 0;
  level = false;
  at({ sampleOk: true, samples: 1 });
});

function at(values: Partial<Pack>): void {
  Object.assign(pack, values);
}

/** Both banks as given, output and terminal in volts, current in ampere. */
function measure(on: boolean, outV: number, endV: number, amps = 0): void {
  at({ chgFetOn: on, dsgFetOn: on, packMv: outV * 1000, terminalMv: endV * 1000, currentMa: amps * 1000 });
}

function run(ms: number): void {
  for (const end = nowMs + ms; nowMs < end;) {
    nowMs += TICK;
    watchBreaker(breaker, pack, params, nowMs);
  }
}

function withContact(): void {
  breaker = createBreaker({ read: () => level });
  params[P.BreakerContact] = 1;
}

describe('S10 state without an auxiliary contact', () => {
  it('is unknown at the start, and while nothing lives on either side of open paths', () => {
    expect(breaker.state).toBe(BreakerState.Unknown);
    measure(false, 0, 0);
    run(60_000);
    expect([breaker.state, breaker.alarms]).toEqual([BreakerState.Unknown, 0]);
  });

  // paths closed, output V, terminal V, A, from state, to state; hardware.md 5.2
  const table: [string, boolean, number, number, number, BreakerState, BreakerState][] = [
    ['discharge current', true, 52, 52, -0.6, BreakerState.Open, BreakerState.Closed],
    ['charge current', true, 52, 52, 0.6, BreakerState.Tripped, BreakerState.Closed],
    ['current through a body diode', false, 52, 52, 20, BreakerState.Unknown, BreakerState.Closed],
    ['a dead terminal behind a live output', true, 52, 0, 0, BreakerState.Closed, BreakerState.Open],
    ['a terminal 1.1 V above the output', true, 52, 53.1, 0, BreakerState.Closed, BreakerState.Open],
    ['a terminal 1.1 V below the output', true, 52, 50.9, 0.3, BreakerState.Closed, BreakerState.Open],
    ['a terminal 0.8 V off', true, 52, 51.2, 0, BreakerState.Closed, BreakerState.Closed],
    ['equal voltages say nothing new to closed', true, 52, 52.1, 0, BreakerState.Closed, BreakerState.Closed],
    ['equal voltages say nothing new to open', true, 52, 52.1, 0, BreakerState.Open, BreakerState.Open],
    ['equal voltages say nothing new to unknown', true, 52, 52.1, 0, BreakerState.Unknown, BreakerState.Unknown],
    ['open paths, source behind the breaker', false, 0, 54, 0, BreakerState.Closed, BreakerState.Open],
    ['open paths, source on both sides', false, 54, 54, 0, BreakerState.Open, BreakerState.Closed],
    ['open paths, nothing on either side', false, 0, 0, 0, BreakerState.Closed, BreakerState.Unknown],
    ['open paths, nothing on either side of a trip', false, 0, 0, 0, BreakerState.Tripped, BreakerState.Tripped],
  ];
  it.each(table)('%s', (_name, on, outV, endV, amps, from, to) => {
    breaker.state = breaker.seen = from;
    measure(on, outV, endV, amps);
    run(4000);
    expect(breaker.state).toBe(to);
  });

  it('a change counts when it has been seen for 2 s', () => {
    measure(true, 52, 52, -5);
    run(4000);
    measure(true, 52, 0);
    run(2000);
    expect(breaker.state).toBe(BreakerState.Closed);
    run(1250);
    expect([breaker.state, breaker.alarms]).toEqual([BreakerState.Open, BreakerAlarm.Open]);
  });

  it('a flicker of a second changes nothing', () => {
    measure(true, 52, 52, -5);
    run(4000);
    for (let k = 0; k < 10; k++) {
      measure(true, 52, 0);
      run(1000);
      measure(true, 52, 52, -5);
      run(1000);
    }
    expect(breaker.state).toBe(BreakerState.Closed);
  });

  it('a dead terminal that comes alive with our own path is behind a closed breaker', () => {
    measure(false, 0, 0);
    run(5000);
    at({ preDischarge: true, packMv: 50_000, terminalMv: 30_000 });
    run(1000);
    at({ preDischarge: false });
    measure(true, 52, 52);
    run(4000);
    expect([breaker.state, breaker.alarms]).toEqual([BreakerState.Closed, 0]);
  });

  it('a terminal that comes alive behind a live output: unknown, for another pack could do that; current decides', () => {
    measure(true, 52, 0);
    run(4000);
    expect(breaker.state).toBe(BreakerState.Open);
    measure(true, 52, 52);
    run(60_000);
    expect([breaker.state, breaker.alarms]).toEqual([BreakerState.Unknown, 0]);
    at({ currentMa: -600 });
    run(4000);
    expect(breaker.state).toBe(BreakerState.Closed);
  });

  it.each([
    [125.1, 1000, BreakerState.Tripped],
    [-125.1, 1000, BreakerState.Tripped],
    [-125, 1000, BreakerState.Open],
    [-300, 5000, BreakerState.Open], // long before
  ])('a break after %d A, %i ms ago', (amps, gapMs, state) => {
    measure(true, 52, 52, amps);
    run(5000);
    measure(true, 52, 52, -10);
    run(gapMs - 1000);
    measure(true, 52, 0);
    run(5000);
    expect(breaker.state).toBe(state);
    expect(breaker.alarms & (BreakerAlarm.Open | BreakerAlarm.Tripped)).toBe(
      state === BreakerState.Open ? BreakerAlarm.Open : BreakerAlarm.Tripped,
    );
  });

  it('an over-current that the AFE ended explains itself: no trip', () => {
    measure(true, 52, 52, -250);
    run(2000);
    at({ afeTrips: AfeTrip.DsgOverCurrent });
    measure(false, 0, 52);
    run(5000);
    expect(breaker.state).toBe(BreakerState.Open);
  });

  it('a trip stays a trip until something shows the breaker closed', () => {
    measure(true, 52, 52, -200);
    run(2000);
    measure(true, 52, 0);
    run(600_000);
    expect(breaker.state).toBe(BreakerState.Tripped);
    measure(true, 52, 52, -10);
    run(4000);
    expect([breaker.state, breaker.alarms]).toEqual([BreakerState.Closed, 0]);
  });

  it('S14 without samples the state becomes unknown, never anything else', () => {
    measure(true, 52, 52, -5);
    run(4000);
    at({ sampleOk: false, terminalMv: 0, currentMa: 0 });
    run(2000);
    expect(breaker.state).toBe(BreakerState.Closed);
    run(10_000);
    expect(breaker.state).toBe(BreakerState.Unknown);
  });
});

describe('S10 state by the auxiliary contact', () => {
  beforeEach(withContact);

  it('counts only when one is fitted: an empty terminal of the board looks like an open breaker', () => {
    params[P.BreakerContact] = 0;
    level = true;
    measure(true, 52, 52, -5);
    run(5000);
    expect([breaker.state, breaker.alarms]).toEqual([BreakerState.Closed, 0]);
    params[P.BreakerContact] = 1;
    run(5000);
    expect([breaker.state, breaker.alarms]).toEqual([BreakerState.Unknown, BreakerAlarm.Contact]);
    params[P.BreakerContact] = 0;
    run(5000);
    expect([breaker.state, breaker.alarms]).toEqual([BreakerState.Closed, 0]);
  });

  it('follows the contact after 2 s, without a sample too', () => {
    at({ sampleOk: false });
    run(4000);
    expect(breaker.state).toBe(BreakerState.Closed);
    level = true;
    run(2000);
    expect(breaker.state).toBe(BreakerState.Closed);
    run(1250);
    expect(breaker.state).toBe(BreakerState.Open);
    level = false;
    run(4000);
    expect([breaker.state, breaker.alarms]).toEqual([BreakerState.Closed, 0]);
  });

  it.each([
    ['an over-current', { currentMa: -126_000 }, BreakerState.Tripped],
    ['a short circuit that the AFE opened', { afeTrips: AfeTrip.ShortCircuit }, BreakerState.Tripped],
    ['a temperature trip of the AFE', { afeTrips: AfeTrip.Temperature }, BreakerState.Open],
    ['a working current', { currentMa: -100_000 }, BreakerState.Open],
  ])('opening after %s', (_name, values, state) => {
    measure(true, 52, 52);
    at(values);
    run(3000);
    level = true;
    measure(true, 52, 0);
    at({ afeTrips: 0 });
    run(4000);
    expect(breaker.state).toBe(state);
  });

  it('contact open and current flowing: doubtful, unknown with an alarm', () => {
    level = true;
    measure(true, 52, 52, -20);
    run(4000);
    expect([breaker.state, breaker.alarms]).toEqual([BreakerState.Unknown, BreakerAlarm.Contact]);
    level = false;
    run(4000);
    expect([breaker.state, breaker.alarms]).toEqual([BreakerState.Closed, 0]);
  });

  it('contact closed and more than 2 V across without current: doubtful; with open paths it proves nothing', () => {
    measure(true, 52, 49.9);
    run(4000);
    expect([breaker.state, breaker.alarms]).toEqual([BreakerState.Unknown, BreakerAlarm.Contact]);
    measure(true, 52, 50);
    run(4000);
    expect([breaker.state, breaker.alarms]).toEqual([BreakerState.Closed, 0]);
    measure(false, 0, 54);
    run(4000);
    expect(breaker.state).toBe(BreakerState.Closed);
  });
});

describe('S10 heat', () => {
  /** Seconds at this current until the warning. */
  function warnedAfterS(amps: number, limitS: number): number {
    measure(true, 52, 52, amps);
    for (let s = 1; s <= limitS; s++) {
      run(1000);
      if (breaker.alarms & BreakerAlarm.Hot) return s;
    }
    return Infinity;
  }

  it('after a start the breaker counts as warm, and cools', () => {
    expect(breaker.heatPermille).toBe(1000);
    measure(true, 52, 52, 0);
    run(3600_000);
    expect(breaker.heatPermille).toBeLessThan(1);
  });

  it.each([100, 125, -125])('carries %d A for hours without a warning', (amps) => {
    expect(warnedAfterS(amps, 7200)).toBe(Infinity);
  });

  // the standard curve: 1.45 times the rated current (181 A) trips within 2 h, 2.55 times (319 A) within 2 min
  it.each([
    [130, 3600],
    [163, 1800],
    [181, 900],
    [319, 70],
    [600, 20],
  ])('warns a cold breaker at %d A within %i s', (amps, withinS) => {
    breaker.heatPermille = 0;
    expect(warnedAfterS(-amps, 7200)).toBeLessThanOrEqual(withinS);
  });

  it('clears the warning when it has cooled to 95 %', () => {
    warnedAfterS(-200, 7200);
    measure(true, 52, 52, 0);
    while (breaker.heatPermille > 950) {
      expect(breaker.alarms).toBe(BreakerAlarm.Hot);
      run(1000);
    }
    expect(breaker.alarms).toBe(0);
  });

  it('heats by the square, between samples by the mean of both squares', () => {
    breaker.heatPermille = 0;
    measure(true, 52, 52, 0);
    run(1000);
    measure(true, 52, 52, -250);
    run(1000);
    // mean of 0 and 4 times the rated heat, over 1 s of 360 s
    expect(breaker.heatPermille).toBeCloseTo(2000 / 360.5, 1);
  });

  it('S14 does not cool while samples are missing; catches up when they return', () => {
    measure(true, 52, 52, 0);
    run(10_000);
    const before = breaker.heatPermille;
    at({ sampleOk: false });
    run(600_000);
    expect(breaker.heatPermille).toBe(before);
    at({ sampleOk: true });
    run(1000);
    expect(breaker.heatPermille).toBeLessThan(before / 4);
  });
});
