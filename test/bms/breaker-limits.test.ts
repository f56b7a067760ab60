/** S10: where each piece of evidence for the breaker's state begins and ends, to the millivolt and the step. */
import { beforeEach, describe, expect, it } from 'vitest';
import { BreakerAlarm, BreakerState as S, createBreaker, watchBreaker, type Breaker } from '../../src/bms/breaker';
import { AfeTrip, createPack, type Pack } from '../../src/bms/pack';
import { defaultParams, P } from '../../src/bms/params';

const STEP = 1000;
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
  Object.assign(pack, { sampleOk: true, samples: 1 });
});

/** Discharge bank on or off, output and terminal in mV, current in mA. */
function measure(dsgFetOn: boolean, packMv: number, terminalMv: number, currentMa = 0): void {
  Object.assign(pack, { dsgFetOn, packMv, terminalMv, currentMa });
}

function steps(count: number): void {
  for (let i = 0; i < count; i++) watchBreaker(breaker, pack, params, (nowMs += STEP));
}

function believe(state: S): void {
  breaker.state = breaker.seen = state;
}

function withContact(): void {
  breaker = createBreaker({ read: () => level });
  params[P.BreakerContact] = 1;
}

describe('S10 evidence at its limit', () => {
  // discharge bank on, output mV, terminal mV, mA, from, to
  it.each<[string, boolean, number, number, number, S, S]>([
    ['500 mA prove nothing', true, 52_000, 52_000, 500, S.Unknown, S.Unknown],
    ['501 mA prove a closed breaker', true, 52_000, 52_000, -501, S.Unknown, S.Closed],
    ['1000 mV apart prove nothing', true, 52_000, 51_000, 0, S.Closed, S.Closed],
    ['1001 mV apart prove an open one', true, 52_000, 50_999, 0, S.Closed, S.Open],
    ['an output at 2 V is not dead', false, 2000, 54_000, 0, S.Closed, S.Closed],
    ['an output below 2 V is dead', false, 1999, 54_000, 0, S.Closed, S.Open],
    ['a terminal at 10 V is neither live nor dead', false, 0, 10_000, 0, S.Closed, S.Closed],
    ['a terminal above 10 V is live', false, 0, 10_001, 0, S.Closed, S.Open],
    ['a terminal below 10 V is dead', false, 0, 9999, 0, S.Closed, S.Unknown],
    ['both sides at 10 V prove nothing', false, 10_000, 10_000, 0, S.Open, S.Open],
    ['both sides above 10 V prove a closed breaker', false, 10_001, 10_001, 0, S.Open, S.Closed],
    ['500 mV between live sides prove nothing', false, 54_000, 53_500, 0, S.Open, S.Open],
    ['499 mV between live sides prove a closed breaker', false, 54_000, 53_501, 0, S.Open, S.Closed],
    ['2 V between live sides prove nothing', false, 54_000, 52_000, 0, S.Open, S.Open],
  ])('%s', (_name, on, outMv, endMv, ma, from, to) => {
    believe(from);
    measure(on, outMv, endMv, ma);
    steps(4);
    expect(breaker.state).toBe(to);
  });

  it('nothing is concluded while the pre-discharge runs', () => {
    believe(S.Closed);
    pack.preDischarge = true;
    measure(false, 52_000, 0);
    steps(6);
    expect(breaker.state).toBe(S.Closed);
  });

  it('a change counts in the step in which it has been seen for 2 s', () => {
    believe(S.Closed);
    measure(true, 52_000, 0);
    steps(2);
    expect(breaker.state).toBe(S.Closed);
    steps(1);
    expect(breaker.state).toBe(S.Open);
  });
});

describe('S10 a terminal that comes alive', () => {
  it.each<[string, number, S]>([
    ['1 V short of the output: not yet proof of our own path', 51_000, S.Unknown],
    ['501 mV short of the output: not yet', 51_499, S.Unknown],
    ['500 mV short of it: behind a closed breaker', 51_500, S.Closed],
  ])('with the discharge bank, %s', (_name, endMv, state) => {
    measure(false, 0, 0);
    steps(4);
    measure(true, 52_000, endMv);
    steps(4);
    expect(breaker.state).toBe(state);
    measure(true, 52_000, 52_000);
    steps(4);
    expect(breaker.state).toBe(S.Closed);
  });

  it.each([10_000, 20_000])('was not dead at %i mV behind open paths, so our own path proves nothing', (endMv) => {
    believe(S.Open);
    measure(false, 25_000, endMv);
    steps(4);
    measure(true, 52_000, 52_000);
    steps(4);
    expect(breaker.state).toBe(S.Open);
  });

  it('was not dead at 10 V behind a live output either', () => {
    believe(S.Open);
    measure(true, 52_000, 10_000);
    steps(4);
    measure(true, 52_000, 52_000);
    steps(4);
    expect(breaker.state).toBe(S.Open);
  });
});

describe('S10 what makes an opening a trip', () => {
  function opensAfter(ma: number, pauseSteps: number): void {
    believe(S.Closed);
    measure(true, 52_000, 52_000, ma);
    steps(1);
    measure(true, 52_000, 52_000);
    steps(pauseSteps);
    measure(true, 52_000, 0);
    steps(3);
  }

  it.each<[string, number, number, S]>([
    ['125.000 A is what it carries for ever', -125_000, 0, S.Open],
    ['125.001 A 3 s before', -125_001, 2, S.Tripped],
    ['4 s before', -125_001, 3, S.Open],
    ['charging too', 125_001, 0, S.Tripped],
  ])('%s', (_name, ma, pauseSteps, state) => {
    opensAfter(ma, pauseSteps);
    expect(breaker.state).toBe(state);
  });

  it('a trip of the AFE by voltage does not explain why the current has stopped, one by current does', () => {
    for (const [trip, state] of [
      [AfeTrip.CellUv, S.Tripped],
      [AfeTrip.DsgOverCurrent, S.Open],
    ] as const) {
      believe(S.Closed);
      measure(true, 52_000, 52_000, -130_000);
      steps(1);
      measure(true, 52_000, 0);
      pack.afeTrips = trip;
      steps(3);
      expect([trip, breaker.state]).toEqual([trip, state]);
      pack.afeTrips = 0;
    }
  });

  it('S14 a current of a failed sample is none', () => {
    believe(S.Closed);
    pack.sampleOk = false;
    measure(true, 52_000, 52_000, -130_000);
    steps(1);
    pack.sampleOk = true;
    measure(true, 52_000, 0);
    steps(3);
    expect(breaker.state).toBe(S.Open);
  });

  it('with a contact, a breaker that is open already does not trip', () => {
    withContact();
    level = true;
    steps(4);
    expect(breaker.state).toBe(S.Open);
    pack.afeTrips = AfeTrip.ShortCircuit;
    steps(4);
    expect(breaker.state).toBe(S.Open);
  });
});

describe('S10 contact', () => {
  it('500 mA through an open contact raise no doubt, and a failed sample none at all', () => {
    withContact();
    level = true;
    measure(true, 52_000, 52_000, 500);
    steps(4);
    expect(breaker.state).toBe(S.Open);
    measure(true, 52_000, 52_000, 20_000);
    pack.sampleOk = false;
    steps(4);
    expect([breaker.state, breaker.alarms]).toEqual([S.Open, BreakerAlarm.Open]);
  });

  it('raises no alarm before it has been read for 2 s', () => {
    withContact();
    steps(2);
    expect([breaker.state, breaker.alarms]).toEqual([S.Unknown, 0]);
    steps(1);
    expect([breaker.state, breaker.alarms]).toEqual([S.Closed, 0]);
  });

  it('that is configured and not there leaves the judgement to the voltages, without an alarm', () => {
    params[P.BreakerContact] = 1;
    measure(false, 0, 0);
    steps(4);
    expect([breaker.state, breaker.alarms]).toEqual([S.Unknown, 0]);
  });
});

describe('S10, S14 time', () => {
  it('without samples the state lasts 3 s and the 2 s of every change', () => {
    believe(S.Closed);
    measure(true, 52_000, 52_000, -5000);
    steps(3);
    pack.sampleOk = false;
    steps(5);
    expect(breaker.state).toBe(S.Closed);
    steps(1);
    expect(breaker.state).toBe(S.Unknown);
  });

  it('the first sample changes the heat by nothing: it has no time behind it', () => {
    measure(true, 52_000, 52_000, -100_000);
    steps(1);
    expect(breaker.heatPermille).toBe(1000);
    steps(1);
    expect(breaker.heatPermille).toBeLessThan(1000);
  });

  it('warns above 1050 permille', () => {
    pack.sampleOk = false;
    breaker.heatPermille = 1050;
    steps(1);
    expect(breaker.alarms).toBe(0);
    breaker.heatPermille = 1050.1;
    steps(1);
    expect(breaker.alarms).toBe(BreakerAlarm.Hot);
  });
});
