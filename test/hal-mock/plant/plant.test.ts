import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/hal-mock/clock';
import { Plant, type PlantOptions } from '../../../src/hal-mock/plant/plant';

const SECOND = 1e6;

function bench(options: Partial<PlantOptions> = {}, chg = true, dsg = true) {
  const clock = new VirtualClock();
  const plant = new Plant(clock, options);
  plant.setFets(chg, dsg, false, false);
  const run = (seconds: number) => {
    const until = clock.nowUs + seconds * SECOND;
    while (clock.nowUs < until) {
      clock.advanceTo(Math.min(until, clock.nowUs + 250000));
      plant.cellMv(0);
    }
    return plant.truth();
  };
  /** Until the condition holds; fails when it does not within the time. */
  const runUntil = (holds: () => boolean, seconds: number) => {
    const until = clock.nowUs + seconds * SECOND;
    while (!holds()) {
      if (clock.nowUs >= until) throw new Error('not reached');
      run(1);
    }
    return plant.truth();
  };
  return { clock, plant, run, runUntil };
}

const highest = (values: number[]) => Math.max(...values);
const lowest = (values: number[]) => Math.min(...values);

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

describe('body diodes and broken MOSFETs', () => {
  // CHG on, DSG on, current with a 20 A charger, current with a 20 A load, diode in the way of charge, of discharge
  it.each([
    [true, true, 20000, -20000, false, false],
    [true, false, 20000, 0, true, false],
    [false, true, 0, -20000, false, true],
    [false, false, 0, 0, false, false],
  ])('CHG %s, DSG %s: charge %i mA, discharge %i mA', (chg, dsg, charge, discharge, chargeDiode, dischargeDiode) => {
    const { plant } = bench({}, chg, dsg);
    plant.connectCharger({ amps: 20, volts: 60 });
    expect(plant.truth().currentMa).toBeCloseTo(charge, 3);
    if (charge !== 0) expect(plant.packPinMv() - plant.stackMv() > 500).toBe(chargeDiode);
    plant.disconnectCharger();
    plant.setLoad({ amps: 20 });
    expect(plant.truth().currentMa).toBeCloseTo(discharge, 3);
    if (discharge !== 0) expect(plant.stackMv() - plant.packPinMv() > 500).toBe(dischargeDiode);
    else expect(plant.ldPinMv()).toBe(0);
  });

  it('a conducting diode takes 0.6 to 0.9 V and heats the MOSFETs', () => {
    const { plant, run } = bench({}, false, true);
    plant.setLoad({ amps: 60 });
    const drop = plant.stackMv() - plant.packPinMv();
    expect(drop).toBeGreaterThan(600);
    expect(drop).toBeLessThan(900);
    expect(run(120).celsius[4]).toBeGreaterThan(50);
  });

  it('an idle output through the CHG diode lies 0.4 V below the stack', () => {
    const { plant } = bench({}, false, true);
    expect(plant.stackMv() - plant.packPinMv()).toBeGreaterThan(300);
    expect(plant.stackMv() - plant.packPinMv()).toBeLessThan(500);
  });

  it('a welded MOSFET conducts without its gate, one failed open does not with it; both can be mended', () => {
    const { plant } = bench({}, false, false);
    plant.setLoad({ amps: 10 });
    plant.weld('dsg', true);
    expect(plant.truth().currentMa).toBeCloseTo(-10000, 3);
    plant.weld('dsg', false);
    expect(plant.truth().currentMa).toBe(0);
    plant.setFets(true, true, false, false);
    plant.failOpen('dsg', true);
    expect(plant.truth().currentMa).toBe(0);
    plant.failOpen('dsg', false);
    plant.setLoad(null);
    plant.connectCharger({ amps: 10, volts: 60 });
    plant.setFets(false, true, false, false);
    expect(plant.truth().currentMa).toBe(0);
    plant.weld('chg', true);
    expect(plant.truth().currentMa).toBeCloseTo(10000, 3);
    plant.weld('chg', false);
    plant.setFets(true, true, false, false);
    plant.failOpen('chg', true);
    expect(plant.truth().currentMa).toBe(0);
  });
});

describe('short circuit', () => {
  it('rises with L/R to some kiloampere, told to comparators within microseconds, and dies in the free-wheel diode', () => {
    const { clock, plant } = bench();
    const trace: [number, number][] = [];
    plant.onStep(() => trace.push([clock.nowUs, plant.shuntUv()]));
    clock.advanceTo(SECOND);
    plant.shortCircuit();
    expect(Math.abs(plant.shuntUv())).toBeLessThan(1);
    clock.advanceTo(SECOND + 300);
    const over = trace.find(([, uv]) => uv < -100000)!;
    // 53 V over 2 µH: 400 A after some 15 µs
    expect(over[0] - SECOND).toBeGreaterThan(13);
    expect(over[0] - SECOND).toBeLessThan(22);
    expect(plant.truth().currentMa).toBeLessThan(-2500e3);
    expect(plant.truth().currentMa).toBeGreaterThan(-3900e3);
    expect(plant.truth().cellMv[0]).toBeLessThan(2000);
    plant.setFets(false, false, false, false);
    expect(plant.shuntUv()).toBe(0);
    expect(plant.ldPinMv()).toBeLessThan(-800);
    clock.advanceTo(SECOND + 5000);
    expect(plant.truth().shortA).toBeLessThan(1);
    expect(plant.ldPinMv()).toBeCloseTo(0, 0);
  });

  it('follows the exponential of coil and resistance', () => {
    const { clock, plant } = bench({ spread: 0 });
    plant.shortCircuit({ ohms: 0.02, henry: 2e-6 });
    clock.advanceTo(60);
    const at60 = plant.truth().currentMa;
    clock.advanceTo(1000);
    const final = plant.truth().currentMa;
    const ohms = 0.02 + 16 * 0.0006 + 0.00025 + 0.0005 + 0.0006;
    expect(at60 / final).toBeGreaterThan(1 - Math.exp((-54 * ohms) / 2));
    expect(at60 / final).toBeLessThan(1 - Math.exp((-61 * ohms) / 2));
  });

  it('opens the breaker by its magnet when no MOSFET does', () => {
    const { clock, plant, run } = bench();
    plant.shortCircuit();
    clock.advanceTo(5000);
    expect(plant.truth().breaker).toBe('closed');
    clock.advanceTo(15000);
    expect(plant.truth().breaker).toBe('tripped');
    expect(run(1).currentMa).toBe(0);
    plant.clearShort();
    plant.closeBreaker();
    expect(plant.truth().breaker).toBe('closed');
    expect(plant.ldPinMv()).toBeGreaterThan(50000);
  });
});

describe('inverter with an input capacitor', () => {
  const peak = (preDischarge: boolean) => {
    const { clock, plant } = bench({}, false, false);
    let most = 0;
    let overUs = 0;
    let since = 0;
    plant.onStep(() => {
      const amps = -plant.shuntUv() / 250;
      most = Math.max(most, amps);
      if (amps < 400) since = 0;
      else if (since === 0) since = clock.nowUs;
      else overUs = Math.max(overUs, clock.nowUs - since);
    });
    plant.connectInverter({ watts: 0 });
    if (preDischarge) {
      plant.setFets(false, false, false, true);
      clock.advanceTo(clock.nowUs + 1.2 * SECOND);
    }
    plant.setFets(true, true, false, false);
    clock.advanceTo(clock.nowUs + SECOND);
    return { most, overUs, plant };
  };

  it('draws more than 400 A for longer than 300 µs when it is switched on hard', () => {
    const { most, overUs } = peak(false);
    expect(most).toBeGreaterThan(1500);
    expect(overUs).toBeGreaterThan(300);
  });

  it('is filled through 40 Ω within a second, to less than 150 A of inrush', () => {
    const { most, overUs, plant } = peak(true);
    expect(most).toBeLessThan(150);
    expect(overUs).toBe(0);
    expect(plant.truth().inverter!.volts).toBeCloseTo(plant.stackMv() / 1000, 2);
  });

  it('is filled with R times C', () => {
    const { clock, plant } = bench({}, false, false);
    plant.connectInverter({ watts: 0 });
    plant.setFets(false, false, false, true);
    clock.advanceTo(clock.nowUs + 400000);
    const share = plant.truth().inverter!.volts / (plant.stackMv() / 1000);
    expect(Math.abs(share - (1 - Math.exp(-1)))).toBeLessThan(0.01); // half a volt a step
    expect(plant.ldPinMv()).toBeCloseTo(1000 * plant.truth().inverter!.volts, -3);
  });

  it('draws constant power once started, and stops when its capacitor runs empty', () => {
    const { plant, run } = bench();
    plant.connectInverter({ watts: 3000 });
    expect(run(1).inverter!.running).toBe(false);
    const truth = run(10);
    expect(truth.inverter!.running).toBe(true);
    expect(truth.inverter!.takenA * truth.inverter!.volts).toBeCloseTo(3000, -1);
    plant.setFets(true, false, false, false);
    const stopped = run(1);
    expect(stopped.inverter!.running).toBe(false);
    expect(stopped.inverter!.volts).toBeLessThan(40);
    expect(stopped.inverter!.volts).toBeGreaterThan(39);
    expect(stopped.terminalMv).toBeCloseTo(1000 * stopped.inverter!.volts, -1);
  });
});

describe('pins', () => {
  it('PACK is the output before the breaker, LD the terminal behind it', () => {
    const { plant } = bench();
    expect(plant.ldPinMv()).toBeCloseTo(plant.stackMv(), 6);
    plant.openBreaker();
    expect(plant.packPinMv()).toBeCloseTo(plant.stackMv(), 6);
    expect(plant.ldPinMv()).toBe(0);
    plant.connectCharger({ amps: 10, volts: 57 });
    expect(plant.ldPinMv()).toBe(57000);
    expect(plant.shuntUv()).toBe(0);
    expect(plant.breakerClosed).toBe(false);
    plant.setFets(true, false, false, false);
    expect(plant.packPinMv()).toBe(0);
  });

  it('the shunt shows its gain and offset error, and its integral is that of what it showed', () => {
    const { clock, plant } = bench({ shuntGainError: 0.01, shuntOffsetUv: 12 });
    expect(plant.shuntUv()).toBe(12);
    clock.advanceTo(2 * SECOND);
    plant.setLoad({ amps: 10 });
    expect(plant.shuntUv()).toBeCloseTo(-2500 * 1.01 + 12, 6);
    clock.advanceTo(5.1 * SECOND);
    expect(plant.shuntUvSeconds()).toBeCloseTo(5.1 * 12 - 3.1 * 2525, 4);
    plant.setShuntError(0, 0);
    expect(plant.shuntUv()).toBeCloseTo(-2500, 6);
  });

  it('thermistors are on their pins, the others open; a fault and a held temperature act on one', () => {
    const { plant } = bench();
    for (const pin of ['TS1', 'TS3', 'HDQ', 'DCHG', 'DDSG', 'CFETOFF'] as const)
      expect(plant.ntcOhm(pin)).toBeCloseTo(10000, 3);
    for (const pin of ['TS2', 'ALERT', 'DFETOFF'] as const) expect(plant.ntcOhm(pin)).toBe(Infinity);
    plant.holdTemperature(1, 60);
    expect([plant.ntcOhm('TS1'), plant.ntcOhm('TS3')].map(Math.round)).toEqual([10000, 3020]);
    plant.faultNtc(2, 'open');
    plant.faultNtc(3, 'short');
    expect(plant.ntcOhm('HDQ')).toBe(Infinity);
    expect(plant.ntcOhm('DCHG')).toBeLessThan(100);
    plant.faultNtc(2, null);
    expect(plant.ntcOhm('HDQ')).toBeCloseTo(10000, 3);
  });

  it('BOTHOFF and ALERT are wires to the board', () => {
    const { plant } = bench();
    expect(plant.pinLevel('DFETOFF')).toBe(false);
    let told = 0;
    plant.onStep(() => told++);
    plant.setBothOff(true);
    expect(told).toBe(1);
    expect((['DFETOFF', 'CFETOFF', 'TS2', 'RST_SHUT'] as const).map((pin) => plant.pinLevel(pin))).toEqual([
      true,
      false,
      true, // nobody presses the power key
      false,
    ]);
    plant.setAlert(true);
    expect(plant.alert).toBe(true);
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
