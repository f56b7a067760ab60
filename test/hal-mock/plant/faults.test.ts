/** Injectors of the pack model for the faults of hardware.md section 9; each is cleared again. */
import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/hal-mock/clock';
import { Plant } from '../../../src/hal-mock/plant/plant';

let clock: VirtualClock;
let plant: Plant;

beforeEach(() => {
  clock = new VirtualClock();
  plant = new Plant(clock, { spread: 0 });
});

const cells = (): number[] => Array.from({ length: 16 }, (_, i) => plant.cellMv(i));
const sum = (): number => cells().reduce((a, b) => a + b);
function paths(chg: boolean, dsg: boolean): void {
  plant.setFets(chg, dsg, false, false);
}
function checks(count: number): void {
  for (let i = 0; i < count; i++) plant.openWireCheck();
}

describe('sense wires', () => {
  it('row 11: a broken one lets its cell fall and the next rise by 30 mV with each check, and the sum stay', () => {
    const before = cells();
    const whole = sum();
    plant.breakSenseWire(5, true);
    expect(cells()).toEqual(before); // the filter capacitor holds the input for now
    checks(10);
    const after = cells();
    expect(after[4]! - before[4]!).toBeCloseTo(-300, 6);
    expect(after[5]! - before[5]!).toBeCloseTo(300, 6);
    expect([after[3], after[6]]).toEqual([before[3], before[6]]);
    expect(sum()).toBeCloseTo(whole, 6);
    plant.breakSenseWire(5, false);
    checks(5);
    expect(cells()).toEqual(before);
  });

  it('row 11: it ends where the cell is gone, not below', () => {
    plant.breakSenseWire(5, true);
    checks(1000);
    expect(plant.cellMv(4)).toBeCloseTo(0, 6);
    expect(plant.cellMv(5)).toBeCloseTo(2 * plant.cellMv(3), 0);
  });

  it.each([
    ['bottom', 0, 0],
    ['top', 16, 15],
  ])('row 12: the %s one concerns one cell, and the stack does not know of it', (_name, wire, cell) => {
    const before = cells();
    const stack = plant.stackMv();
    plant.breakSenseWire(wire, true);
    checks(20);
    expect(cells().map((mv, i) => Math.round(before[i]! - mv))).toEqual(before.map((_, i) => (i === cell ? 600 : 0)));
    expect([plant.stackMv(), Math.round(stack - sum())]).toEqual([stack, 600]);
    plant.breakSenseWire(wire, false);
    expect(cells()).toEqual(before);
  });

  it('row 13: exchanged ones make a negative cell between two double ones', () => {
    const before = cells();
    plant.swapSenseWires(3);
    const one = before[0]!;
    const seen = cells().map((mv) => Math.round(mv / one));
    expect(seen).toEqual([1, 1, 2, -1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    plant.swapSenseWires(3);
    expect(cells()).toEqual(before);
  });

  it('tells the comparators when an input has moved', () => {
    let told = 0;
    plant.onStep(() => told++);
    checks(3);
    expect(told).toBe(0);
    plant.breakSenseWire(2, true);
    checks(3);
    expect(told).toBe(4);
  });

  it('refuses a wire that does not exist', () => {
    expect(() => plant.breakSenseWire(17, true)).toThrow(RangeError);
    expect(() => plant.swapSenseWires(16)).toThrow(RangeError);
  });
});

describe('sensors and shunt', () => {
  it('row 15: a loose sensor has the temperature of the air on the board', () => {
    plant.holdTemperature(0, 40);
    plant.holdTemperature(5, 10);
    plant.faultNtc(0, 'loose');
    expect(plant.ntcOhm('TS1')).toBe(plant.ntcOhm('CFETOFF'));
    plant.holdTemperature(5, 15);
    expect(plant.ntcOhm('TS1')).toBe(plant.ntcOhm('CFETOFF'));
    plant.faultNtc(0, null);
    expect(Math.round(plant.ntcOhm('TS1'))).toBe(5827);
  });

  it.each([
    ['charge', 300000],
    ['discharge', -300000],
  ] as const)(
    'row 20: a shunt without connection shows the end of the range to %s, also in its integral',
    (shows, uv) => {
      paths(true, true);
      plant.setLoad({ amps: 10 });
      clock.advanceTo(1e6);
      const before = plant.shuntUvSeconds();
      plant.openShunt(shows);
      expect(plant.shuntUv()).toBe(uv);
      clock.advanceTo(3e6);
      expect(plant.shuntUvSeconds() - before).toBeCloseTo(2 * uv, 3);
      plant.openShunt(null);
      expect(plant.shuntUv()).toBeCloseTo(-2500, 6);
      expect(plant.truth().dischargedMas).toBeCloseTo(30000, 3); // what really flowed
    },
  );
});

describe('terminals', () => {
  it('row 39: the breaker trips on command and can be closed again', () => {
    paths(true, true);
    plant.setLoad({ amps: 20 });
    plant.tripBreaker();
    expect([plant.truth().breaker, plant.truth().currentMa, plant.ldPinMv()]).toEqual(['tripped', 0, 0]);
    plant.closeBreaker();
    expect([plant.truth().breaker, plant.truth().currentMa]).toEqual(['closed', -20000]);
  });

  it('row 40: a charger of 70 V stands at the terminals while the charge path is open', () => {
    paths(false, true);
    plant.connectCharger({ amps: 10, volts: 70 });
    expect([plant.ldPinMv(), plant.truth().currentMa]).toEqual([70000, 0]);
    plant.disconnectCharger();
    expect(plant.ldPinMv()).toBeLessThan(60000);
  });

  it('row 40: a reversed charger pulls the terminal below zero into the free-wheel diode', () => {
    plant.reverseCharger({ amps: 10, volts: 58 });
    expect(plant.ldPinMv()).toBeCloseTo(-810, 0);
    plant.reverseCharger(null);
    expect(plant.ldPinMv()).toBe(0);
  });

  it('row 40: a reversed charger takes its current out of the pack while the discharge path is closed', () => {
    paths(true, true);
    plant.reverseCharger({ amps: 10, volts: 58 });
    expect(plant.truth().currentMa).toBeCloseTo(-10000, 3);
    paths(true, false);
    expect([plant.truth().currentMa, Math.round(plant.ldPinMv())]).toEqual([0, -810]);
  });
});

describe('S7: the LD pin with the load-detect source', () => {
  const detecting = (): number => {
    plant.setLoadDetect(true);
    const mv = plant.ldPinMv();
    plant.setLoadDetect(false);
    return mv;
  };

  it('rises to the stack when nothing hangs on the terminals, and falls with the source', () => {
    expect(detecting()).toBeCloseTo(plant.stackMv(), 0);
    expect(plant.ldPinMv()).toBe(0);
  });

  it.each([
    ['a short circuit', () => plant.shortCircuit(), 1333],
    ['a lamp', () => plant.setLoad({ ohms: 2 }), 1334],
    ['an electronic load', () => plant.setLoad({ amps: 50 }), 1333],
    ['a load of constant power', () => plant.setLoad({ watts: 1000 }), 1333],
    ['20 kOhm', () => plant.setLoad({ ohms: 20000 }), 4000],
    ['an inverter with an empty capacitor', () => plant.connectInverter({ watts: 3000 }), 1333],
  ])('stays low with %s', (_name, connect, mv) => {
    connect();
    expect(Math.round(detecting())).toBe(mv);
  });

  it('shows a charger as it is, and the stack while the discharge path is closed', () => {
    plant.connectCharger({ amps: 10, volts: 57 });
    expect(detecting()).toBe(57000);
    plant.disconnectCharger();
    paths(true, true);
    expect(detecting()).toBeCloseTo(plant.stackMv(), 6);
  });

  it('does not change what flows', () => {
    paths(true, true);
    plant.setLoad({ ohms: 5 });
    const { currentMa, load } = plant.truth();
    plant.setLoadDetect(true);
    plant.ldPinMv();
    expect([plant.truth().currentMa, plant.truth().load]).toEqual([currentMa, load]);
  });
});

describe('balancing as the AFE sees it', () => {
  it('S4: the cells are measured with the bleed paused, although their wires carry it in between', () => {
    const before = cells();
    plant.setBleed(1 << 4);
    cells().forEach((mv, i) => expect(Math.abs(mv - before[i]!)).toBeLessThan(0.1));
    expect(plant.truth().cellMv[4]! - before[4]!).toBeLessThan(-4);
  });
});
