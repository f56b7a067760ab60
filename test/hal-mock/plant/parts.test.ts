import { describe, expect, it } from 'vitest';
import { Breaker } from '../../../src/hal-mock/plant/breaker';
import { diodeV } from '../../../src/hal-mock/plant/fets';
import { ntcOhm } from '../../../src/hal-mock/plant/ntc';
import { ocvVolts } from '../../../src/hal-mock/plant/ocv';

describe('open-circuit voltage', () => {
  it('never falls while the charge rises', () => {
    let last = -1;
    for (let soc = -0.2; soc <= 1.1; soc += 0.0001) {
      expect(ocvVolts(soc)).toBeGreaterThanOrEqual(last);
      last = ocvVolts(soc);
    }
  });

  it.each([
    [1, 3.392],
    [0.95, 3.314],
    [0.75, 3.296],
    [0.5, 3.265],
    [0.2, 3.213],
    [0.05, 3.132],
    [0, 2.833],
    [1.012, 3.6],
    [-0.01, 2.5],
  ])('at %d of full is %d V, as in the public table', (soc, volts) => {
    expect(ocvVolts(soc)).toBeCloseTo(volts, 3);
  });

  it('reaches over-charge and over-discharge beyond its ends', () => {
    expect(ocvVolts(1.02)).toBeGreaterThan(3.75);
    expect(ocvVolts(-0.03)).toBeLessThan(2.1);
    expect([ocvVolts(5), ocvVolts(-5)]).toEqual([5, 0]);
  });
});

describe('thermistor 103AT', () => {
  it.each([
    [-40, 188500],
    [-20, 67770],
    [0, 27280],
    [25, 10000],
    [45, 4911],
    [65, 2588],
    [85, 1451],
    [110, 757.6],
  ])('has at %d °C %d ohm, as in the data sheet', (celsius, ohm) => {
    expect(ntcOhm(celsius)).toBeCloseTo(ohm, 1);
  });

  it('follows Steinhart and Hart between the rows within a tenth of a kelvin', () => {
    for (let celsius = -38; celsius < 100; celsius += 0.7) {
      const ln = Math.log(ntcOhm(celsius));
      const kelvin = 1 / (8.91163e-4 + 2.50745e-4 * ln + 1.96284e-7 * ln ** 3);
      expect(Math.abs(kelvin - 273.15 - celsius)).toBeLessThan(0.1);
    }
  });

  it('stays a resistor far outside', () => {
    expect(ntcOhm(-80)).toBeGreaterThan(1e6);
    expect(ntcOhm(150)).toBeLessThan(500);
    expect(ntcOhm(1e9)).toBeGreaterThan(0);
  });
});

describe('breaker of 125 A', () => {
  const opensAfter = (amps: number) => {
    const breaker = new Breaker();
    const step = Math.abs(amps) > 900 ? 0.001 : 0.1;
    for (let s = step; s < 7200; s += step) if (breaker.step(amps, step)) return s;
    return Infinity;
  };

  it.each([
    [125, 7200, Infinity], // rated
    [131, 7200, Infinity],
    [141, 7200, Infinity], // 1.13 times: conventional non-tripping current
    [182, 30, 3600], // 1.45 times: conventional tripping current
    [319, 1, 120], // 2.55 times
    [600, 1, 60], // still below the magnet
    [1250, 0, 0.1], // 10 times: instantaneous
    [3300, 0, 0.1],
  ])('%i A: opens not before %d s and not after %d s', (amps, earliest, latest) => {
    const after = opensAfter(amps);
    expect(after).toBeGreaterThanOrEqual(earliest);
    expect(after).toBeLessThanOrEqual(latest);
    expect(opensAfter(-amps)).toBe(after);
  });

  it('knows beforehand when it will open', () => {
    expect(new Breaker().tripInS(200)).toBeCloseTo(opensAfter(200), 0);
    expect(new Breaker().tripInS(130)).toBe(Infinity);
    expect(new Breaker().tripInS(2000)).toBeCloseTo(0.01, 6);
  });

  it('opens again at once when it is closed hot, and holds when it has cooled', () => {
    const breaker = new Breaker();
    while (!breaker.step(300, 0.1));
    expect(breaker.state).toBe('tripped');
    breaker.set(true);
    expect(breaker.step(300, 0.1)).toBe(true);
    for (let s = 0; s < 600; s++) breaker.step(0, 1);
    breaker.set(true);
    expect(breaker.step(120, 1)).toBe(false);
    expect(breaker.closed).toBe(true);
  });
});

describe('body diode', () => {
  it.each([
    [1, 0.6, 0.7],
    [10, 0.65, 0.8],
    [100, 0.7, 0.9],
  ])('drops at %i A between %d and %d V', (amps, least, most) => {
    expect(diodeV(amps)).toBeGreaterThan(least);
    expect(diodeV(amps)).toBeLessThan(most);
  });
});
