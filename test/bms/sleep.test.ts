import { beforeEach, describe, expect, it } from 'vitest';
import { createPack, type Pack } from '../../src/bms/pack';
import { defaultParams, P } from '../../src/bms/params';
import { Fault, Protection } from '../../src/bms/rules';
import {
  createPower,
  createPowerInputs,
  isDozing,
  PowerCause,
  PowerState,
  rest,
  stepPower,
  type Power,
  type PowerInputs,
} from '../../src/bms/sleep';

const TICK = 250;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let power: Power;
let params: Int32Array;
let pack: Pack;
let inputs: PowerInputs;
let nowMs: number;

beforeEach(() => {
  power = createPower();
  params = defaultParams();
  pack = createPack();
  Object.assign(pack, { sampleOk: true, samples: 1, stackMv: 52_800, packMv: 52_800, terminalMv: 52_800, minMv: 3300 });
  inputs = createPowerInputs();
  nowMs = 0;
  run(TICK);
});

/** Steps as the app does, at each tick that is not left out. */
function run(ms: number, each: () => void = () => {}): void {
  for (const end = nowMs + ms; nowMs < end;) {
    nowMs += TICK;
    each();
    if (!isDozing(power, inputs, nowMs)) stepPower(power, pack, inputs, params, nowMs);
  }
}

function low(): void {
  pack.minMv = 3099;
}

function underVoltage(): void {
  Object.assign(pack, { minMv: 2490, stackMv: 42_000, packMv: 0, terminalMv: 0, protections: Protection.CellUvp });
}

function asleepBy(cause: PowerCause): void {
  if (cause === PowerCause.LowCell) low();
  if (cause === PowerCause.UnderVoltage) underVoltage();
  if (cause === PowerCause.Host) inputs.hostSleep = true;
  if (cause === PowerCause.Key) inputs.powerKey = true;
  run(cause === PowerCause.LowCell ? 5 * MINUTE + TICK : 30_000 + TICK);
  inputs.powerKey = false;
  run(2000);
  expect([power.state, power.cause]).toEqual([PowerState.Asleep, cause]);
  pack.terminalMv = 0;
}

describe('S28 into sleep: a low cell and nothing to do', () => {
  it('sleeps after 5 min below 3.10 V, not a tick before', () => {
    low();
    run(5 * MINUTE);
    expect(power.asleep).toBe(false);
    run(TICK);
    expect([power.asleep, power.cause]).toEqual([true, PowerCause.LowCell]);
  });

  it('stays awake at 3.10 V', () => {
    pack.minMv = 3100;
    run(HOUR);
    expect(power.state).toBe(PowerState.Awake);
  });

  const busy: [string, () => void, () => void][] = [
    ['discharge current', () => (pack.currentMa = -501), () => (pack.currentMa = 0)],
    ['charge current', () => (pack.currentMa = 501), () => (pack.currentMa = 0)],
    ['a charger', () => (pack.chargerPresent = true), () => (pack.chargerPresent = false)],
    ['RS232 bytes', () => (inputs.rs232 = true), () => {}],
    ['bytes on another port', () => (inputs.traffic = true), () => {}],
    ['balancing', () => (inputs.balancing = true), () => (inputs.balancing = false)],
    ['a protection', () => (pack.protections = Protection.ChgOtp), () => (pack.protections = 0)],
    ['a fault', () => (pack.faults = Fault.NtcFault), () => (pack.faults = 0)],
    ['a cell at 3.10 V', () => (pack.minMv = 3100), low],
  ];
  it.each(busy)('%s starts the 5 minutes anew', (_name, begin, end) => {
    low();
    run(5 * MINUTE - 10_000);
    begin();
    run(TICK);
    end();
    run(5 * MINUTE);
    expect(power.state).toBe(PowerState.Awake);
    run(TICK);
    expect(power.state).toBe(PowerState.Asleep);
  });

  it('goes by the cell voltage and the delay that are set (S27)', () => {
    params[P.SleepMv] = 2900;
    params[P.SleepDelay] = 60;
    low();
    run(2 * HOUR);
    expect(power.state).toBe(PowerState.Awake);
    pack.minMv = 2899;
    run(HOUR);
    expect(power.state).toBe(PowerState.Awake);
    run(TICK);
    expect([power.asleep, power.cause]).toEqual([true, PowerCause.LowCell]);
  });

  it('a missing sample neither ends nor completes the wait', () => {
    low();
    run(MINUTE);
    pack.sampleOk = false;
    run(500);
    pack.sampleOk = true;
    run(4 * MINUTE - 500);
    expect(power.state).toBe(PowerState.Awake);
    pack.sampleOk = false;
    run(HOUR);
    expect(power.state).toBe(PowerState.Awake);
    pack.sampleOk = true;
    run(TICK);
    expect(power.state).toBe(PowerState.Asleep);
  });
});

describe('S28 into sleep: under-voltage', () => {
  it.each([Protection.CellUvp, Protection.PackUvp])('sleeps 30 s after protection %i without charger', (bit) => {
    underVoltage();
    pack.protections = bit;
    run(30_000);
    expect(power.state).toBe(PowerState.Awake);
    run(TICK);
    expect([power.state, power.cause]).toEqual([PowerState.Asleep, PowerCause.UnderVoltage]);
  });

  it('never while a charger is connected; counts from its removal', () => {
    underVoltage();
    pack.chargerPresent = true;
    run(HOUR);
    expect(power.state).toBe(PowerState.Awake);
    pack.chargerPresent = false;
    run(30_000);
    expect(power.state).toBe(PowerState.Awake);
    run(TICK);
    expect(power.state).toBe(PowerState.Asleep);
  });

  it('neither traffic nor a fault keeps an empty pack awake', () => {
    underVoltage();
    pack.faults = Fault.CellFault;
    run(30_250, () => (inputs.rs232 = inputs.traffic = true));
    expect(power.state).toBe(PowerState.Asleep);
  });

  it('stays awake when the protection is released within 30 s', () => {
    underVoltage();
    run(29_000);
    pack.protections = 0;
    pack.minMv = 3200;
    run(HOUR);
    expect(power.state).toBe(PowerState.Awake);
  });
});

describe('S28 into sleep: asked for', () => {
  it('a host command sleeps at once, not with a charger', () => {
    pack.chargerPresent = true;
    inputs.hostSleep = true;
    run(MINUTE);
    expect(power.state).toBe(PowerState.Awake);
    pack.chargerPresent = false;
    run(MINUTE);
    expect(power.state).toBe(PowerState.Awake); // the refused command is forgotten
    inputs.hostSleep = true;
    run(TICK);
    expect([power.state, power.cause]).toEqual([PowerState.Asleep, PowerCause.Host]);
  });

  it('S20 the Power key sleeps when held for a second, not with a charger', () => {
    inputs.powerKey = true;
    run(1000);
    expect(power.state).toBe(PowerState.Awake);
    run(TICK);
    expect([power.state, power.cause]).toEqual([PowerState.Asleep, PowerCause.Key]);
    run(HOUR);
    expect(power.state).toBe(PowerState.Asleep); // still held: it has acted
    inputs.powerKey = false;
    run(TICK);
    inputs.powerKey = true;
    run(TICK);
    expect(power.state).toBe(PowerState.Awake);
    pack.chargerPresent = true;
    inputs.powerKey = false;
    run(TICK);
    inputs.powerKey = true;
    run(MINUTE);
    expect(power.state).toBe(PowerState.Awake);
  });
});

describe('S28 asleep', () => {
  const causes = [PowerCause.LowCell, PowerCause.UnderVoltage, PowerCause.Host, PowerCause.Key];

  it('opens both paths and permits nothing; awake it changes nothing', () => {
    Object.assign(pack, { chgAllowed: true, dsgAllowed: true, chgOn: true, dsgOn: true });
    rest(power, pack);
    expect([pack.chgAllowed, pack.dsgAllowed, pack.chgOn, pack.dsgOn]).toEqual([true, true, true, true]);
    asleepBy(PowerCause.Host);
    rest(power, pack);
    expect([pack.chgAllowed, pack.dsgAllowed, pack.chgOn, pack.dsgOn]).toEqual([false, false, false, false]);
    expect(power.dark).toBe(true);
  });

  it('takes a sample each 2 s: ticks in between are left out unless something happens', () => {
    asleepBy(PowerCause.Host);
    let steps = 0;
    let last = power.steppedMs;
    run(MINUTE, () => {
      if (power.steppedMs !== last) steps++;
      last = power.steppedMs;
    });
    expect(steps).toBeGreaterThanOrEqual(29);
    expect(steps).toBeLessThanOrEqual(31);
    for (const name of ['powerKey', 'rstKey', 'rs232', 'hostSleep'] as const) {
      inputs[name] = true;
      expect(isDozing(power, inputs, power.steppedMs + 1)).toBe(false);
      inputs[name] = false;
    }
    expect(isDozing(power, inputs, power.steppedMs + 1)).toBe(true);
  });

  it.each(causes)('cause %i: a charger above the stack wakes', (cause) => {
    asleepBy(cause);
    pack.terminalMv = pack.stackMv + 500;
    run(HOUR);
    expect(power.state).toBe(PowerState.Asleep); // as much as a capacitor or a pack beside us may hold
    pack.terminalMv = pack.stackMv + 501;
    run(2000);
    expect([power.state, power.cause]).toEqual([PowerState.Awake, PowerCause.Charger]);
  });

  it('a voltage of a failed sample wakes nobody', () => {
    asleepBy(PowerCause.LowCell);
    pack.sampleOk = false;
    pack.terminalMv = 60_000;
    run(MINUTE);
    expect(power.state).toBe(PowerState.Asleep);
  });

  it.each(causes)('cause %i: RS232 traffic wakes with the next tick', (cause) => {
    asleepBy(cause);
    run(10_000);
    inputs.rs232 = true;
    run(TICK);
    expect([power.state, power.cause]).toEqual([PowerState.Awake, PowerCause.Traffic]);
  });

  it('sent to sleep by host or key, a line that never stops talking does not wake; it does after 10 s of silence', () => {
    inputs.rs232 = inputs.hostSleep = true;
    run(TICK);
    expect(power.state).toBe(PowerState.Asleep);
    pack.terminalMv = 0;
    for (let k = 0; k < 60; k++) {
      run(9000);
      inputs.rs232 = true;
      run(TICK);
    }
    expect(power.state).toBe(PowerState.Asleep);
    run(10_000);
    inputs.rs232 = true;
    run(TICK);
    expect(power.state).toBe(PowerState.Awake);
  });

  it.each(causes)('cause %i: a press of RST or Power wakes', (cause) => {
    for (const name of ['rstKey', 'powerKey'] as const) {
      power = createPower();
      run(TICK);
      asleepBy(cause);
      inputs[name] = true;
      run(TICK);
      expect([power.state, power.cause]).toEqual([PowerState.Awake, PowerCause.Key]);
      inputs[name] = false;
      pack.protections = 0;
      pack.minMv = 3300;
    }
  });

  it('a second sleep command changes nothing', () => {
    asleepBy(PowerCause.UnderVoltage);
    inputs.hostSleep = true;
    run(TICK);
    expect(power.cause).toBe(PowerCause.UnderVoltage);
  });
});

describe('S28 after an under-voltage: looks for a charger', () => {
  it('each 4 h for 30 s, paths free and LEDs dark, ten times; then deep', () => {
    asleepBy(PowerCause.UnderVoltage);
    for (let look = 1; look <= 10; look++) {
      const fromMs = power.sinceMs;
      while (power.state === PowerState.Asleep) run(TICK);
      expect(power.state).toBe(PowerState.Look);
      expect(nowMs - fromMs).toBeGreaterThanOrEqual(4 * HOUR);
      expect(nowMs - fromMs).toBeLessThanOrEqual(4 * HOUR + 2000);
      expect([power.asleep, power.dark]).toEqual([false, true]);
      run(29_750);
      expect(power.state).toBe(PowerState.Look);
      run(TICK);
      expect([power.looks, power.asleep]).toEqual([look, true]);
    }
    expect([power.state, power.cause]).toEqual([PowerState.Deep, PowerCause.NoCharger]);
    run(48 * HOUR);
    expect(power.state).toBe(PowerState.Deep);
  });

  it('deep is left for a charger or a key, not for RS232', () => {
    for (const wake of ['charger', 'key']) {
      power = createPower();
      power.looks = 9;
      inputs = createPowerInputs();
      asleepBy(PowerCause.UnderVoltage);
      run(4 * HOUR + MINUTE);
      expect([power.state, power.asleep]).toEqual([PowerState.Deep, true]);
      run(10_000);
      inputs.rs232 = true;
      run(TICK);
      expect(power.state).toBe(PowerState.Deep);
      if (wake === 'key') inputs.rstKey = true;
      else pack.terminalMv = pack.stackMv + 600;
      run(2000);
      expect([power.state, power.looks]).toEqual([PowerState.Awake, 0]);
    }
  });

  it('a charge current during a look wakes for good and forgets the looks', () => {
    power.looks = 8;
    asleepBy(PowerCause.UnderVoltage);
    run(4 * HOUR);
    expect(power.state).toBe(PowerState.Look);
    pack.currentMa = 501;
    run(TICK);
    expect([power.state, power.cause, power.looks]).toEqual([PowerState.Awake, PowerCause.Charger, 0]);
  });

  it('RS232 wakes during a look and keeps the count', () => {
    power.looks = 8;
    asleepBy(PowerCause.UnderVoltage);
    run(4 * HOUR);
    inputs.rs232 = true;
    run(TICK);
    expect([power.state, power.cause, power.looks]).toEqual([PowerState.Awake, PowerCause.Traffic, 8]);
  });

  it('an under-voltage that is over when it looks wakes', () => {
    asleepBy(PowerCause.UnderVoltage);
    run(HOUR);
    pack.protections = 0;
    run(2 * HOUR);
    expect(power.state).toBe(PowerState.Asleep);
    run(HOUR);
    expect([power.state, power.cause]).toEqual([PowerState.Awake, PowerCause.Recovered]);
    run(TICK);
    expect(power.looks).toBe(0);
  });

  it('only after an under-voltage', () => {
    asleepBy(PowerCause.LowCell);
    run(24 * HOUR);
    expect(power.state).toBe(PowerState.Asleep);
  });
});

describe('S28 deep-discharge self-protection', () => {
  it('a cell below 2.30 V for a minute of sleep ends everything that costs', () => {
    asleepBy(PowerCause.UnderVoltage);
    pack.minMv = 2300;
    run(HOUR);
    expect(power.state).toBe(PowerState.Asleep);
    pack.minMv = 2299;
    run(MINUTE - 4000);
    expect(power.state).toBe(PowerState.Asleep);
    run(8000);
    expect([power.state, power.cause]).toEqual([PowerState.Deep, PowerCause.DeepDischarge]);
  });

  it('a cell that is back within the minute starts it anew', () => {
    asleepBy(PowerCause.UnderVoltage);
    for (let k = 0; k < 5; k++) {
      pack.minMv = 2299;
      run(50_000);
      pack.minMv = 2310;
      run(4000);
    }
    expect(power.state).toBe(PowerState.Asleep);
  });

  it('an AFE that falls silent over an empty pack has shut itself down: deep after 10 min, not over a healthy pack', () => {
    pack.sampleOk = false;
    run(HOUR);
    expect(power.state).toBe(PowerState.Awake);
    pack.sampleOk = true;
    underVoltage();
    run(TICK);
    pack.sampleOk = false;
    run(10 * MINUTE);
    expect(power.state).toBe(PowerState.Awake);
    run(TICK);
    expect([power.state, power.cause]).toEqual([PowerState.Deep, PowerCause.DeepDischarge]);
  });
});

describe('S20 keys', () => {
  it('RST held 10 s lights all LEDs, 1.5 s later a restart is due, even if it is let go in between', () => {
    inputs.rstKey = true;
    run(10_000);
    expect(power.keys.allLeds).toBe(false);
    run(TICK);
    expect([power.keys.allLeds, power.keys.restart]).toEqual([true, false]);
    inputs.rstKey = false;
    run(1250);
    expect([power.keys.allLeds, power.keys.restart]).toEqual([true, false]);
    run(TICK);
    expect([power.keys.allLeds, power.keys.restart]).toEqual([false, true]);
  });

  it('RST let go before 10 s does nothing, however often', () => {
    for (let k = 0; k < 5; k++) {
      inputs.rstKey = true;
      run(9750);
      inputs.rstKey = false;
      run(TICK);
    }
    run(MINUTE);
    expect([power.keys.allLeds, power.keys.restart, power.state]).toEqual([false, false, PowerState.Awake]);
  });

  it('a stuck RST acts once and is reported', () => {
    inputs.rstKey = true;
    run(11_750);
    expect(power.keys.restart).toBe(true);
    power.keys.restart = false;
    expect(power.keys.stuck).toBe(0);
    run(HOUR);
    expect([power.keys.restart, power.keys.allLeds, power.keys.stuck]).toEqual([false, false, 2]);
    inputs.rstKey = false;
    run(TICK);
    expect(power.keys.stuck).toBe(0);
  });

  it('after the restart a key still held does nothing', () => {
    power = createPower();
    inputs.rstKey = inputs.powerKey = true;
    run(HOUR);
    expect([power.keys.restart, power.keys.allLeds, power.state]).toEqual([false, false, PowerState.Awake]);
    expect(power.keys.stuck).toBe(3);
  });

  it('the press that wakes does not restart or switch off, however long', () => {
    for (const name of ['rstKey', 'powerKey'] as const) {
      asleepBy(PowerCause.Host);
      inputs[name] = true;
      run(MINUTE);
      expect([power.keys.restart, power.state]).toEqual([false, PowerState.Awake]);
      inputs[name] = false;
      run(TICK);
    }
  });

  it('a stuck key neither wakes a sleeping pack again nor keeps it from sleeping', () => {
    inputs.rstKey = true;
    run(MINUTE);
    underVoltage();
    run(30_250);
    expect(power.state).toBe(PowerState.Asleep);
    run(HOUR);
    expect(power.state).toBe(PowerState.Asleep);
  });
});
