/** S28, S20 in closed loop and virtual time: firmware, bytes on the bus, chip, copper, cells. */
import { describe, expect, it } from 'vitest';
import { PowerCause, PowerState } from '../../src/bms/sleep';
import { Protection } from '../../src/bms/rules';
import { WIRING } from '../../src/hal-mock/board';
import { VirtualPack, type VirtualPackOptions } from '../../tools/virtual-pack';
import { fets } from '../support/fets';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const REQUEST = '~25014642E00201FD30\r';
/** A rested pack of 3.05 V cells, and one whose cells rest below the release of the under-voltage protection. */
const LOW = 0.025;
const EMPTY = 0.001;
const CHARGER = { amps: 20, volts: 57.6 };

function living(options: Partial<VirtualPackOptions> = {}): VirtualPack {
  const pack = new VirtualPack({ soc: LOW, ...options });
  pack.run(5000);
  expect(fets(pack)).toEqual([true, true]);
  return pack;
}

function state({ care }: VirtualPack): [PowerState, PowerCause] {
  return [care.power.state, care.power.cause];
}

/** Keys as they are wired: Power is high while pressed, RST to ground. */
function powerKey({ board }: VirtualPack, pressed: boolean): void {
  board.pins.pin(WIRING.powerKey).write(pressed);
}

function rstKey({ board }: VirtualPack, pressed: boolean): void {
  board.pins.pin(WIRING.rstKey).write(!pressed);
}

function supplyMa({ board }: VirtualPack): number {
  return board.plant.truth().supplyMa;
}

/** Runs on until the state is left. Returns the ms that it took. */
function until(pack: VirtualPack, wanted: PowerState, limitMs: number): number {
  return pack.runUntil(() => pack.care.power.state === wanted, limitMs);
}

/** A pack discharged into its under-voltage protection and left alone until it sleeps. */
function emptied(): VirtualPack {
  const pack = living({ soc: EMPTY });
  pack.board.plant.setLoad({ amps: 50 });
  pack.runUntil(() => !fets(pack)[1], HOUR);
  expect(pack.firmware.pack.protections & (Protection.CellUvp | Protection.PackUvp)).not.toBe(0);
  pack.board.plant.setLoad(null);
  return pack;
}

/** Under-voltage sleep over cells that stay empty. */
function asleepEmpty(): VirtualPack {
  const pack = emptied();
  until(pack, PowerState.Asleep, MINUTE);
  pack.board.plant.setSoc(EMPTY - 0.004);
  pack.run(5000);
  expect(state(pack)).toEqual([PowerState.Asleep, PowerCause.UnderVoltage]);
  expect(fets(pack)).toEqual([false, false]);
  return pack;
}

function asleepLow(): VirtualPack {
  const pack = living();
  until(pack, PowerState.Asleep, 6 * MINUTE);
  pack.run(5000);
  expect(fets(pack)).toEqual([false, false]);
  return pack;
}

function expectNoErrors({ board }: VirtualPack): void {
  expect(board.cpu.errors).toEqual([]);
}

describe('closed loop: into sleep', () => {
  it('S28 a cell below 3.10 V and nothing to do: after 5 min both paths open, LEDs dark, 40 mA become 1 mA', () => {
    const pack = living();
    expect(pack.firmware.pack.minMv).toBeLessThan(3100);
    expect(supplyMa(pack)).toBe(40);
    const ms = pack.nowMs + until(pack, PowerState.Asleep, 10 * MINUTE);
    expect(ms).toBeGreaterThanOrEqual(5 * MINUTE);
    expect(ms).toBeLessThan(5 * MINUTE + 10_000);
    pack.run(1000);
    expect(fets(pack)).toEqual([false, false]);
    expect(pack.board.ledBits).toBe(0);
    expect(supplyMa(pack)).toBe(1);
    const kickUs = pack.board.lastKickUs;
    pack.run(24 * HOUR);
    expect(state(pack)).toEqual([PowerState.Asleep, PowerCause.LowCell]);
    expect(pack.firmware.pack.faults).toBe(0); // the AFE's host watchdog has not bitten either
    expect(pack.board.lastKickUs).toBeGreaterThan(kickUs + 23.9 * HOUR * 1000);
    expectNoErrors(pack);
  });

  it('S28 a pack at 3.2 V stays awake, and a low one with a load or a talking PC', () => {
    const full = living({ soc: 0.3 });
    const busy = living({ soc: 0.03 });
    busy.board.plant.setLoad({ amps: 1 });
    const asked = living();
    for (let k = 0; k < 20; k++) {
      full.run(MINUTE);
      busy.run(MINUTE);
      asked.board.rs232.receive(REQUEST);
      asked.run(MINUTE);
    }
    for (const pack of [full, busy, asked]) expect([state(pack)[0], fets(pack)]).toEqual([0, [true, true]]);
  });

  it('S28 30 s after an under-voltage protection without charger; the discharge path is open all the time', () => {
    const pack = emptied();
    const ms = until(pack, PowerState.Asleep, MINUTE);
    expect(ms).toBeGreaterThanOrEqual(29_500);
    expect(ms).toBeLessThanOrEqual(30_500);
    pack.run(1000);
    expect(fets(pack)).toEqual([false, false]);
    expect(pack.board.ledBits).toBe(0);
    expectNoErrors(pack);
  });

  it('S28 never while a charger is connected, even one that gives nothing', () => {
    const pack = emptied();
    pack.board.plant.connectCharger({ amps: 0.1, volts: 57.6 });
    pack.run(5 * MINUTE);
    expect(state(pack)[0]).toBe(PowerState.Awake);
    pack.board.plant.disconnectCharger();
    pack.board.plant.setSoc(EMPTY - 0.004);
    expect(until(pack, PowerState.Asleep, MINUTE)).toBeLessThanOrEqual(31_000);
  });

  it('S20 S28 by Power key and by host command', () => {
    const pack = living({ soc: 0.6 });
    powerKey(pack, true);
    pack.run(1500);
    powerKey(pack, false);
    expect(state(pack)).toEqual([PowerState.Asleep, PowerCause.Key]);
    pack.run(1000);
    expect(fets(pack)).toEqual([false, false]);
    powerKey(pack, true);
    pack.run(250);
    powerKey(pack, false);
    expect(state(pack)[0]).toBe(PowerState.Awake);
    pack.run(3000);
    expect(fets(pack)).toEqual([true, true]);
    pack.care.powerInputs.hostSleep = true;
    pack.run(1000);
    expect([state(pack), fets(pack)]).toEqual([
      [PowerState.Asleep, PowerCause.Host],
      [false, false],
    ]);
  });
});

describe('closed loop: waking', () => {
  it.each([
    ['a low pack', asleepLow],
    ['an empty pack', asleepEmpty],
  ])('S28 %s wakes for a charger and charges', (_name, fallAsleep) => {
    const pack = fallAsleep();
    pack.run(HOUR);
    pack.board.plant.connectCharger(CHARGER);
    expect(until(pack, PowerState.Awake, MINUTE)).toBeLessThanOrEqual(2500);
    expect(supplyMa(pack)).toBe(40);
    pack.run(4000);
    expect(pack.board.plant.truth().currentMa).toBeGreaterThan(19_000);
    pack.run(HOUR);
    expect([state(pack)[0], fets(pack)]).toEqual([0, [true, true]]);
    expectNoErrors(pack);
  });

  it.each([
    ['a low pack', asleepLow],
    ['an empty pack', asleepEmpty],
  ])('S28 %s wakes for RS232 and answers', (_name, fallAsleep) => {
    const pack = fallAsleep();
    pack.run(HOUR);
    let answer = '';
    pack.board.rs232.onSent = (byte) => (answer += byte);
    pack.board.rs232.receive(REQUEST);
    pack.run(500);
    expect(state(pack)).toEqual([PowerState.Awake, PowerCause.Traffic]);
    pack.run(1000);
    expect(answer).toMatch(/^~25..4600/);
    pack.run(4000);
    expect(fets(pack)[0]).toBe(true);
  });

  it('S28 the capacitor of an inverter that is left behind wakes nobody', () => {
    const pack = new VirtualPack({ soc: LOW });
    pack.board.plant.connectInverter({ watts: 5 });
    until(pack, PowerState.Asleep, 6 * MINUTE);
    pack.run(500);
    expect(pack.firmware.pack.terminalMv).toBeGreaterThan(46_000);
    pack.run(HOUR);
    expect(state(pack)).toEqual([PowerState.Asleep, PowerCause.LowCell]);
  });

  it('S20 RST: a short press wakes; held 10 s awake, all LEDs light and the program restarts once', () => {
    const pack = asleepLow();
    const { power } = pack.care;
    const before = pack.firmware;
    rstKey(pack, true);
    pack.run(250);
    rstKey(pack, false);
    expect(state(pack)).toEqual([PowerState.Awake, PowerCause.Key]);
    pack.run(3000);
    rstKey(pack, true);
    pack.run(10_000);
    expect(pack.board.ledBits).not.toBe(127);
    pack.run(500);
    expect([pack.board.ledBits, pack.firmware === before]).toEqual([127, true]);
    pack.run(1500);
    expect([pack.board.lastReset, power.keys.restart]).toEqual(['software', false]);
    pack.run(5000);
    const after = pack.firmware;
    expect([after === before, fets(pack)]).toEqual([false, [true, true]]);
    pack.run(30_000); // still held: a stuck key restarts once
    expect(pack.firmware).toBe(after);
  });
});

describe('closed loop: an empty pack without charger', () => {
  it('S28 looks every 4 h with the charge path closed, gives up after ten times, and wakes for a charger all the same', () => {
    const pack = asleepEmpty();
    const { power } = pack.care!;
    for (let look = 1; look <= 10; look++) {
      const ms = pack.nowMs - power.sinceMs + until(pack, PowerState.Look, 5 * HOUR);
      expect(ms).toBeGreaterThanOrEqual(4 * HOUR);
      expect(ms).toBeLessThan(4 * HOUR + 3000);
      pack.run(3000);
      expect([look, fets(pack), pack.board.ledBits]).toEqual([look, [true, false], 0]);
      expect(pack.runUntil(() => power.asleep, MINUTE)).toBeLessThanOrEqual(28_000);
      expect(power.looks).toBe(look);
    }
    expect(state(pack)).toEqual([PowerState.Deep, PowerCause.NoCharger]);
    pack.run(12 * HOUR);
    expect([state(pack)[0], fets(pack), supplyMa(pack)]).toEqual([PowerState.Deep, [false, false], 0.02]);
    pack.board.rs232.receive(REQUEST);
    pack.run(5000);
    expect(state(pack)[0]).toBe(PowerState.Deep);
    pack.board.plant.connectCharger(CHARGER);
    pack.run(8000);
    expect(state(pack)).toEqual([PowerState.Awake, PowerCause.Charger]);
    expect(pack.board.plant.truth().currentMa).toBeGreaterThan(19_000);
    expectNoErrors(pack);
  }, 120_000);

  it('S28 a charger that only starts at a live terminal is found by a look', () => {
    const pack = asleepEmpty();
    until(pack, PowerState.Look, 5 * HOUR);
    pack.run(5000);
    expect(fets(pack)).toEqual([true, false]);
    pack.board.plant.connectCharger({ amps: 2, volts: 57.6 });
    pack.run(2000);
    expect(state(pack)).toEqual([PowerState.Awake, PowerCause.Charger]);
    expect(pack.care.power.looks).toBe(0);
  });

  it('S28 deep-discharge self-protection: below 2.30 V only a charger or a key counts', () => {
    const pack = asleepEmpty();
    pack.board.plant.setSoc(-0.02, 5);
    const minMv = Math.min(...pack.board.plant.truth().cellMv);
    expect(minMv).toBeLessThan(2300);
    expect(minMv).toBeGreaterThan(2000);
    pack.run(2 * MINUTE);
    expect(state(pack)).toEqual([PowerState.Deep, PowerCause.DeepDischarge]);
  });

  it('S14 an AFE that goes silent while asleep opens nothing, closes nothing and wakes nobody', () => {
    const pack = asleepEmpty();
    pack.board.afeBus.faults.unplugged = true;
    pack.run(1000);
    pack.board.plant.connectCharger(CHARGER);
    pack.run(9 * MINUTE);
    expect([state(pack)[0], fets(pack)]).toEqual([PowerState.Asleep, [false, false]]);
    pack.run(2 * MINUTE);
    expect([state(pack), fets(pack)]).toEqual([
      [PowerState.Deep, PowerCause.DeepDischarge],
      [false, false],
    ]);
    pack.board.afeBus.faults.unplugged = false;
    pack.run(10_000);
    expect([state(pack), fets(pack)[0]]).toEqual([[PowerState.Awake, PowerCause.Charger], true]);
  });
});
