/** S20, S28: the instants and values at which sleep, waking and keys begin and end, to the tick. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createKeys, isPressed, Key, stepKeys, Wish } from '../../src/bms/keys';
import { createPack, type Pack } from '../../src/bms/pack';
import { defaultParams } from '../../src/bms/params';
import { Protection } from '../../src/bms/rules';
import {
  createPower,
  createPowerInputs,
  isDozing,
  PowerCause,
  PowerState,
  stepPower,
  type Power,
  type PowerInputs,
} from '../../src/bms/sleep';

const TICK = 250;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let power: Power;
let pack: Pack;
let inputs: PowerInputs;
let nowMs: number;
const params = defaultParams();

beforeEach(() => {
  power = createPower();
  pack = createPack();
  Object.assign(pack, { sampleOk: true, samples: 1, stackMv: 52_800, packMv: 52_800, terminalMv: 0, minMv: 3300 });
  inputs = createPowerInputs();
  nowMs = 0;
});

function step(atMs: number): void {
  nowMs = atMs;
  stepPower(power, pack, inputs, params, nowMs);
}

/** A step each tick until `untilMs`. */
function runTo(untilMs: number, each: () => void = () => {}): void {
  while (nowMs < untilMs) {
    each();
    step(nowMs + TICK);
  }
}

function asleep(cause: PowerCause): void {
  power.state = PowerState.Asleep;
  power.cause = cause;
  power.sinceMs = nowMs;
  power.asleep = power.dark = true;
}

describe('S28 waits begin with their cause, not with the program', () => {
  it('nothing is pressed, said or asked for at the start', () => {
    expect(Object.values(createPowerInputs())).toEqual([false, false, false, false, false, false]);
    expect(power.dark).toBe(false);
  });

  it('a low cell', () => {
    pack.minMv = 3099;
    step(2 * MINUTE);
    runTo(7 * MINUTE - TICK);
    expect(power.asleep).toBe(false);
    runTo(7 * MINUTE);
    expect(power.asleep).toBe(true);
  });

  it('an under-voltage', () => {
    pack.protections = Protection.CellUvp;
    step(MINUTE);
    runTo(MINUTE + 30_000 - TICK);
    expect(power.asleep).toBe(false);
    runTo(MINUTE + 30_000);
    expect(power.asleep).toBe(true);
  });

  it('an AFE that is silent over an empty pack from the start', () => {
    pack.protections = Protection.CellUvp;
    pack.sampleOk = false;
    step(MINUTE);
    runTo(11 * MINUTE - TICK);
    expect(power.state).not.toBe(PowerState.Deep);
    runTo(11 * MINUTE);
    expect([power.state, power.cause]).toEqual([PowerState.Deep, PowerCause.DeepDischarge]);
  });
});

describe('S28 limits', () => {
  it('500 mA are no current: a low cell falls asleep with them, and a sleeping pack does not wake; 501 mA are', () => {
    pack.minMv = 3099;
    pack.currentMa = 500;
    runTo(5 * MINUTE + TICK);
    expect(power.asleep).toBe(true);
    runTo(6 * MINUTE);
    expect(power.asleep).toBe(true);
    pack.currentMa = 501;
    runTo(6 * MINUTE + TICK);
    expect([power.asleep, power.dark]).toEqual([false, false]);
  });

  it('an awake pack without under-voltage forgets in vain looks', () => {
    power.looks = 5;
    step(TICK);
    expect(power.looks).toBe(0);
  });

  it('a pack with 2.29 V in a cell that is kept awake by a charger does not go deep', () => {
    pack.minMv = 2290;
    pack.chargerPresent = true;
    runTo(5 * MINUTE);
    expect(power.state).toBe(PowerState.Awake);
  });

  it('deep after a minute of sleep below 2.30 V, not a tick before; a failed sample starts the minute anew', () => {
    asleep(PowerCause.UnderVoltage);
    pack.minMv = 2299;
    step(TICK);
    runTo(30_000);
    pack.sampleOk = false;
    step(30_250);
    pack.sampleOk = true;
    step(30_500);
    runTo(90_250);
    expect(power.state).toBe(PowerState.Asleep);
    runTo(90_500);
    expect([power.state, power.cause]).toEqual([PowerState.Deep, PowerCause.DeepDischarge]);
  });

  it('what went deep for want of a charger keeps its cause', () => {
    asleep(PowerCause.NoCharger);
    power.state = PowerState.Deep;
    pack.protections = Protection.CellUvp;
    pack.sampleOk = false;
    runTo(20 * MINUTE);
    expect([power.state, power.cause, power.sinceMs]).toEqual([PowerState.Deep, PowerCause.NoCharger, 0]);
  });

  it('looks for a charger after 4 h to the tick, after an under-voltage only', () => {
    for (const cause of [PowerCause.UnderVoltage, PowerCause.LowCell]) {
      asleep(cause);
      const atMs = power.sinceMs + 4 * HOUR;
      step(atMs - TICK);
      expect(power.state).toBe(PowerState.Asleep);
      step(atMs);
      expect(power.state).toBe(cause === PowerCause.UnderVoltage ? PowerState.Look : PowerState.Asleep);
    }
  });

  it('runs full ticks for a second after falling asleep, then dozes', () => {
    step(5000);
    asleep(PowerCause.Host);
    step(6000);
    expect(isDozing(power, inputs, 6000)).toBe(false);
    expect(isDozing(power, inputs, 6250)).toBe(true);
  });
});

describe('S28 RS232', () => {
  const talk = (): void => {
    inputs.rs232 = true;
  };

  it('wakes a pack that a host sends to sleep 5 s after the start, if the line begins again', () => {
    step(5000);
    asleep(PowerCause.Host);
    talk();
    step(8000);
    expect(power.state).toBe(PowerState.Awake);
  });

  it.each([PowerCause.Key, PowerCause.Host])('cause %i: wakes after 10 s of silence, not a tick before', (cause) => {
    for (const [silenceMs, state] of [
      [10_000 - TICK, PowerState.Asleep],
      [10_000, PowerState.Awake],
    ] as const) {
      asleep(cause);
      talk();
      step(nowMs + TICK);
      if (power.state === PowerState.Awake) asleep(cause); // nothing had been heard before
      talk();
      step(nowMs + silenceMs);
      expect([silenceMs, power.state]).toEqual([silenceMs, state]);
    }
  });

  it('wakes from an under-voltage at once, also on a line that never stops talking', () => {
    pack.protections = Protection.CellUvp;
    runTo(30_000 + TICK, talk);
    expect(power.asleep).toBe(true);
    runTo(30_000 + 2 * TICK, talk);
    expect(power.asleep).toBe(false);
  });
});

describe('S20 keys', () => {
  it('none is pressed before it has been looked at', () => {
    const keys = createKeys();
    expect([isPressed(keys, Key.Power), isPressed(keys, Key.Rst)]).toEqual([false, false]);
  });

  it('a press in the first millisecond is one, and holds from there', () => {
    const keys = createKeys();
    stepKeys(keys, false, false, false, -TICK);
    stepKeys(keys, true, false, false, 0);
    expect(isPressed(keys, Key.Power)).toBe(true);
    expect(stepKeys(keys, true, false, false, 750)).toBe(Wish.None);
    expect(stepKeys(keys, true, false, false, 1000)).toBe(Wish.Off);
  });

  it('stuck is longer than 30 s, each key for itself', () => {
    const keys = createKeys();
    stepKeys(keys, true, true, false, 1000);
    stepKeys(keys, true, true, false, 31_000);
    expect(keys.stuck).toBe(0);
    stepKeys(keys, true, true, false, 31_250);
    expect(keys.stuck).toBe((1 << Key.Power) | (1 << Key.Rst));
    stepKeys(keys, true, false, false, 31_500);
    expect(keys.stuck).toBe(1 << Key.Power);
  });

  it.each([
    ['RST', 'Power', Wish.Off, 1000],
    ['Power', 'RST', Wish.None, 10_000],
  ])('the press of %s that wakes does not use up the next one of %s', (first, _second, wish, holdMs) => {
    const keys = createKeys();
    stepKeys(keys, false, false, true, 0);
    expect(stepKeys(keys, first === 'Power', first === 'RST', true, 250)).toBe(Wish.Wake);
    const press = (atMs: number): Wish => stepKeys(keys, first === 'RST', first === 'Power', false, atMs);
    press(500);
    expect(press(500 + holdMs)).toBe(wish);
    expect(keys.allLeds).toBe(first === 'Power');
  });
});
