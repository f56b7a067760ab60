/** Power path, terminals and pins of the pack model. */
import { describe, expect, it } from 'vitest';
import { bench, SECOND } from './bench';

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
