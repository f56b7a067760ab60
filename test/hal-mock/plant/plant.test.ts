/** Cells, energy and charger of the pack model, and its course. */
import { describe, expect, it } from 'vitest';
import type { Plant } from '../../../src/hal-mock/plant/plant';
import { bench, highest, lowest, SECOND } from './bench';

describe('what the manual says of a pack at its limits', () => {
  it('S3: a cell reaches 3.7 V at 20 A and all rest below 3.38 V after the charge path opened', () => {
    const { plant, run, runUntil } = bench({ soc: 0.95 });
    plant.connectCharger({ amps: 20, volts: 64 });
    runUntil(() => highest(plant.truth().cellMv) > 3700, 3 * 3600);
    expect(plant.truth().currentMa).toBeCloseTo(20000, 3);
    plant.setFets(false, true, false, false);
    expect(highest(run(1).cellMv)).toBeGreaterThan(3500);
    const rested = run(2 * 3600);
    expect(rested.currentMa).toBe(0);
    expect(highest(rested.cellMv)).toBeLessThan(3380);
    expect(lowest(rested.cellMv)).toBeGreaterThan(3300);
  });

  it('S6: a pack emptied to 2.5 V at 100 A rests above 2.9 V per cell', () => {
    const { plant, run, runUntil } = bench({ soc: 0.15 });
    plant.setLoad({ amps: 100 });
    runUntil(() => lowest(plant.truth().cellMv) < 2500, 3600);
    plant.setLoad(null);
    expect(lowest(run(3600).cellMv)).toBeGreaterThan(2900);
  });

  it.each([129, 131])('S5: %i A flow exactly and the breaker carries them for a minute', (amps) => {
    const { plant, run } = bench();
    plant.setLoad({ amps });
    const truth = run(60);
    expect(truth.currentMa).toBeCloseTo(-1000 * amps, 6);
    expect(plant.shuntUv()).toBeCloseTo(-250 * amps, 6);
    expect(truth.breaker).toBe('closed');
  });
});

describe('cells under current', () => {
  it('drop by their ohmic part at once and relax with 20 s and 900 s', () => {
    const { plant, run } = bench({ spread: 0, soc: 0.53 });
    const rest = plant.cellMv(0);
    plant.setLoad({ amps: 50 });
    expect(plant.cellMv(0) - rest).toBeCloseTo(-50 * 0.6, 3); // 0.5 mΩ and 0.1 mΩ of busbar
    run(20);
    plant.setLoad(null);
    plant.holdTemperature(0, 25);
    const fast = 50 * 0.3 * (1 - Math.exp(-1));
    const slow = 50 * 0.4 * (1 - Math.exp(-20 / 900));
    const start = plant.cellMv(0);
    run(20);
    const recovered = fast * (1 - Math.exp(-1)) + slow * (1 - Math.exp(-20 / 900));
    expect(plant.cellMv(0) - start).toBeGreaterThan(0.95 * recovered);
    expect(plant.cellMv(0) - start).toBeLessThan(1.15 * recovered); // the surface's share of the OCV slope comes on top
  });

  it('count the charge of the shunt, less what is lost inside', () => {
    const { plant, run } = bench({ soc: 0.3, spread: 0 });
    plant.connectCharger({ amps: 50, volts: 60 });
    const truth = run(3600);
    expect(truth.chargedMas).toBeCloseTo(50 * 3600 * 1000, 0);
    for (const soc of truth.soc) expect((soc - 0.3) * 360e6).toBeCloseTo(truth.chargedMas - truth.lostMas / 16, 0);
    expect(truth.lostMas / 16 / truth.chargedMas).toBeCloseTo(0.005, 3); // coulombic efficiency 99.5 %, little self-discharge
  });

  it('rest higher after charge than after discharge, by the published 5 to 25 mV, at one state of charge', () => {
    const restMv = (amps: number) => {
      const { plant, run } = bench({ spread: 0, soc: 0.575 - amps / 400 }); // 25 % with 100 A in a quarter of an hour
      if (amps > 0) plant.connectCharger({ amps, volts: 64 });
      else plant.setLoad({ amps: -amps });
      run(900);
      plant.disconnectCharger();
      plant.setLoad(null);
      return run(4 * 3600).cellMv[0]!;
    };
    const higher = restMv(100) - restMv(-100);
    expect(higher).toBeGreaterThan(5);
    expect(higher).toBeLessThan(25);
  });

  it('bleed 52 mA through the balancing switch, seen as a dip of the cell and a rise of its neighbours', () => {
    const { plant, run } = bench({ spread: 0, soc: 0.99 });
    const before = plant.truth().cellMv;
    plant.setBleed(1 << 4);
    const after = plant.truth().cellMv;
    expect(after[4]! - before[4]!).toBeLessThan(-4);
    expect(after[3]! - before[3]!).toBeCloseTo(2.6, 0);
    expect(after[9]).toBeCloseTo(before[9]!, 6);
    const truth = run(3600);
    expect(truth.bledMas).toBeGreaterThan(3600 * 50);
    expect(truth.soc[4]).toBeLessThan(truth.soc[5]! - 0.0004);
  });

  it('are weaker in the cold: half as much resistance again for 10 K', () => {
    const drop = (celsius: number) => {
      const { plant } = bench({ spread: 0, ambientCelsius: celsius });
      const rest = plant.cellMv(0);
      plant.setLoad({ amps: 100 });
      return rest - plant.cellMv(0);
    };
    expect((drop(15) - 10) / (drop(25) - 10)).toBeCloseTo(1.5, 3); // 10 mV are the busbar's
    expect((drop(-5) - 10) / (drop(25) - 10)).toBeCloseTo(1.5 ** 3, 2);
  });
});

describe('energy', () => {
  const balance = (truth: ReturnType<Plant['truth']>) => {
    const { charger, ...others } = truth.energyJ;
    return { charger, sum: Object.values(others).reduce((sum, joule) => sum + joule, 0) };
  };

  it('from the charger is stored or heat, and comes back to the load less the losses', () => {
    const { plant, run } = bench({ soc: 0.3 });
    plant.connectCharger({ amps: 80, volts: 57.6 });
    const charged = run(1800);
    expect(balance(charged).sum / balance(charged).charger).toBeCloseTo(1, 5);
    plant.disconnectCharger();
    plant.setLoad({ watts: 4000 });
    const after = run(1800);
    expect(balance(after).sum / balance(after).charger).toBeCloseTo(1, 5);
    expect(after.energyJ.load).toBeCloseTo(4000 * 1800, -3);
    expect(after.energyJ.cellHeat).toBeGreaterThan(0);
  });

  it('of the stack is what the OCV curve says of the charge that left', () => {
    const { plant, run } = bench({ soc: 0.5, spread: 0 });
    plant.setLoad({ amps: 100 });
    const truth = run(360); // 10 % of the charge, between 3.265 V and 3.262 V at rest
    expect(truth.energyJ.stored).toBeCloseTo(-16 * 3.2635 * 36000, -4);
  });

  it('that turned to heat is found in the parts and in the room', () => {
    const { plant, run } = bench({ soc: 0.9 });
    const start = plant.truth().thermalJ;
    plant.setLoad({ amps: 100 });
    const truth = run(1800);
    const gained = truth.thermalJ.stored - start.stored + truth.thermalJ.toAir - start.toAir;
    const mosfet = 100 * 100 * 0.0006 * 1800;
    expect(gained / (truth.energyJ.cellHeat + mosfet)).toBeCloseTo(1, 2);
    expect(truth.celsius[0]! - 25).toBeGreaterThan(2);
    expect(truth.celsius[4]! - 25).toBeCloseTo(6 / (1 / 3 + 0.02), 0);
  });

  it('is not lost in an inrush', () => {
    const { plant, run } = bench();
    plant.connectInverter({ watts: 0 });
    const truth = run(1);
    const volts = truth.inverter!.volts;
    expect(volts).toBeGreaterThan(52);
    expect(truth.energyJ.stored).toBeLessThan(-0.01 * volts * volts * 0.98);
    expect(Math.abs(balance(truth).sum)).toBeLessThan(0.3); // of 28 J
  });
});

describe('charger', () => {
  it('hands over from constant current to constant voltage without a jump, then tapers', () => {
    const { plant, run, runUntil } = bench({ soc: 0.9 });
    plant.connectCharger({ amps: 20, volts: 56 });
    runUntil(() => plant.truth().terminalMv > 55970, 2 * 3600);
    let last = plant.truth().currentMa;
    let steepest = 0;
    let rises = 0;
    for (let n = 0; n < 3600; n++) {
      const now = run(1).currentMa;
      steepest = Math.max(steepest, last - now);
      if (now > last + 20) rises++;
      last = now;
    }
    expect(plant.truth().terminalMv).toBeCloseTo(56000, -2);
    expect(last).toBeLessThan(5000);
    expect(steepest).toBeLessThan(2000);
    expect(rises).toBe(0);
  });

  it('shows its voltage at the terminals when the charge path is open', () => {
    const { plant } = bench({}, false, true);
    plant.connectCharger({ amps: 20, volts: 57.6 });
    expect([plant.packPinMv(), plant.ldPinMv(), plant.shuntUv()]).toEqual([57600, 57600, 0]);
  });

  it('does not take current when the pack stands higher', () => {
    const { plant } = bench();
    plant.connectCharger({ amps: 20, volts: 48 });
    expect(plant.truth().currentMa).toBe(0);
    expect(plant.truth().terminalMv).toBeCloseTo(plant.stackMv(), 6);
  });
});

describe('course of things', () => {
  const course = (seed: number, peekUs: number) => {
    const { clock, plant } = bench({ seed });
    plant.connectCharger({ amps: 20, volts: 57.6 });
    for (let at = peekUs; at <= 60 * SECOND; at += peekUs) {
      clock.advanceTo(at);
      plant.stackMv();
    }
    clock.advanceTo(60 * SECOND);
    plant.connectInverter({ watts: 2000 });
    for (let at = 60 * SECOND + peekUs; at <= 120 * SECOND; at += peekUs) {
      clock.advanceTo(at);
      plant.ldPinMv();
    }
    clock.advanceTo(120 * SECOND);
    return plant.truth();
  };

  it('is the same for the same seed and another for another', () => {
    expect(course(7, 250000)).toEqual(course(7, 250000));
    expect(course(8, 250000).cellMv).not.toEqual(course(7, 250000).cellMv);
  });

  it('does not depend on who looks how often', () => {
    expect(course(7, 3000)).toEqual(course(7, 250000));
    expect(course(7, 60 * SECOND)).toEqual(course(7, 250000));
  });

  it('announces what comparators must see: FETs, load, charger, breaker, faults', () => {
    const { plant } = bench();
    let told = 0;
    plant.onStep(() => told++);
    const steps: (() => void)[] = [
      () => plant.setFets(true, false, false, false),
      () => plant.setLoad({ ohms: 1 }),
      () => plant.connectCharger({ amps: 1, volts: 57 }),
      () => plant.disconnectCharger(),
      () => plant.openBreaker(),
      () => plant.weld('dsg', true),
      () => plant.setSoc(0.2, 3),
    ];
    steps.forEach((act, n) => {
      act();
      expect(told).toBe(n + 1);
    });
    plant.setFets(true, false, false, false); // nothing new
    expect(told).toBe(steps.length);
  });

  it('lets a listener open the MOSFETs from within', () => {
    const { clock, plant } = bench();
    const seen: number[] = [];
    plant.onStep(() => {
      seen.push(plant.shuntUv());
      if (plant.shuntUv() < -100000) plant.setFets(false, false, false, false);
    });
    plant.shortCircuit();
    clock.advanceTo(2000);
    expect(plant.truth().currentMa).toBe(0);
    expect(seen.filter((uv) => uv < -100000)).toHaveLength(1);
    expect(seen.at(-1)).toBe(0);
  });

  it('cells of one pack spread as published, and equal cells are equal', () => {
    const { soc } = bench({ soc: 0.5 }).plant.truth();
    expect(highest(soc) - lowest(soc)).toBeGreaterThan(0.004);
    expect(highest(soc) - lowest(soc)).toBeLessThan(0.02);
    expect(new Set(bench({ spread: 0 }).plant.truth().cellMv).size).toBe(1);
  });

  it('a snapshot is plain data', () => {
    const { plant, run } = bench();
    plant.connectInverter({ watts: 100 });
    plant.setLoad({ watts: 50 });
    const truth = run(5);
    expect(JSON.parse(JSON.stringify(truth))).toEqual(truth);
  });
});
