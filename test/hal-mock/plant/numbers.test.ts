import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/hal-mock/clock';
import { Plant, type Truth } from '../../../src/hal-mock/plant/plant';

/** Every number in a snapshot, with its path. */
function numbers(value: unknown, path = ''): [string, number][] {
  if (typeof value === 'number') return [[path, value]];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, part]) => numbers(part, `${path}.${key}`));
}

function unbalancedJ(truth: Truth): number {
  const { charger, ...others } = truth.energyJ;
  return charger - Object.values(others).reduce((sum, joule) => sum + joule, 0);
}

type Act = (plant: Plant, clock: VirtualClock) => void;

const amount = (most: number) => fc.double({ min: 0, max: most, noNaN: true });
const direction = fc.constantFrom('chg' as const, 'dsg' as const);

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: amount(2e6).map(
      (us): Act =>
        (_plant, clock) =>
          clock.advanceTo(clock.nowUs + us),
    ),
  },
  amount(20 * 60e6).map(
    (us): Act =>
      (_plant, clock) =>
        clock.advanceTo(clock.nowUs + us),
  ),
  {
    weight: 4,
    arbitrary: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()).map(
      ([chg, dsg, pdsg]): Act =>
        (plant) =>
          plant.setFets(chg, dsg, false, pdsg),
    ),
  },
  fc.tuple(amount(300), amount(80)).map(
    ([amps, volts]): Act =>
      (plant) =>
        plant.connectCharger({ amps, volts }),
  ),
  fc.constant<Act>((plant) => plant.disconnectCharger()),
  amount(2000).map(
    (amps): Act =>
      (plant) =>
        plant.setLoad({ amps }),
  ),
  amount(500000).map(
    (watts): Act =>
      (plant) =>
        plant.setLoad({ watts }),
  ), // far beyond what the pack can give
  fc.double({ min: 1e-4, max: 1000, noNaN: true }).map(
    (ohms): Act =>
      (plant) =>
        plant.setLoad({ ohms }),
  ),
  fc.constant<Act>((plant) => plant.setLoad(null)),
  fc.tuple(amount(60000), fc.double({ min: 1, max: 1e5, noNaN: true })).map(
    ([watts, microFarad]): Act =>
      (plant) =>
        plant.connectInverter({ watts, microFarad }),
  ),
  amount(60000).map(
    (watts): Act =>
      (plant) =>
        plant.setInverterWatts(watts),
  ),
  fc.constant<Act>((plant) => plant.disconnectInverter()),
  fc.tuple(fc.double({ min: 1e-4, max: 0.1, noNaN: true }), amount(1e-4)).map(
    ([ohms, henry]): Act =>
      (plant) =>
        plant.shortCircuit({ ohms, henry }),
  ),
  fc.constant<Act>((plant) => plant.clearShort()),
  fc.constant<Act>((plant) => plant.openBreaker()),
  fc.constant<Act>((plant) => plant.closeBreaker()),
  fc.tuple(direction, fc.boolean()).map(
    ([which, on]): Act =>
      (plant) =>
        plant.weld(which, on),
  ),
  fc.tuple(direction, fc.boolean()).map(
    ([which, on]): Act =>
      (plant) =>
        plant.failOpen(which, on),
  ),
  fc.nat(0xffff).map(
    (mask): Act =>
      (plant) =>
        plant.setBleed(mask),
  ),
  fc.tuple(fc.double({ min: -0.05, max: 1.05, noNaN: true }), fc.option(fc.nat(15), { nil: undefined })).map(
    ([soc, cell]): Act =>
      (plant) =>
        plant.setSoc(soc, cell),
  ),
  fc.double({ min: -60, max: 100, noNaN: true }).map(
    (celsius): Act =>
      (plant) =>
        plant.setAmbient(celsius),
  ),
);

describe('whatever is done at the bench', () => {
  it('all values stay finite, the current stays in its allowed direction and no energy appears', () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 1, maxLength: 25 }), (acts) => {
        const clock = new VirtualClock();
        const plant = new Plant(clock);
        plant.onStep(() => plant.shuntUv());
        for (const one of acts) {
          one(plant, clock);
          const truth = plant.truth();
          expect(numbers(truth).filter(([, value]) => !Number.isFinite(value))).toEqual([]);
          if (!truth.fets.chgConducts) expect(truth.currentMa).toBeLessThanOrEqual(0);
          if (!truth.fets.dsgConducts && !truth.fets.pdsg) expect(truth.currentMa).toBeGreaterThanOrEqual(0);
          if (truth.breaker !== 'closed') expect(truth.currentMa).toBe(0);
          const moved = Object.values(truth.energyJ).reduce((sum, joule) => sum + Math.abs(joule), 0);
          expect(Math.abs(unbalancedJ(truth))).toBeLessThan(2 + 0.001 * moved);
        }
      }),
      { numRuns: 150, seed: 16 },
    );
  });

  it.each([
    ['a load of 500 kW, far beyond the pack', (plant: Plant) => plant.setLoad({ watts: 500000 })],
    [
      'a load of 5 kW through the pre-discharge resistor',
      (plant: Plant) => {
        plant.setFets(false, false, false, true);
        plant.setLoad({ watts: 5000 });
      },
    ],
    [
      'an inverter of 5 kW through the pre-discharge resistor',
      (plant: Plant) => {
        plant.connectInverter({ watts: 5000 });
        plant.setFets(false, false, false, true);
      },
    ],
    [
      'a load of 1 A on an empty pack for a week',
      (plant: Plant) => {
        plant.setSoc(0);
        plant.setLoad({ amps: 1 });
      },
    ],
  ])('%s pulls the voltage down and nothing else', (_what, act) => {
    const clock = new VirtualClock();
    const plant = new Plant(clock);
    plant.setFets(true, true, false, false);
    act(plant);
    clock.advanceTo(10e6);
    const truth = plant.truth();
    expect(truth.terminalMv).toBeGreaterThanOrEqual(0);
    expect(truth.terminalMv).toBeLessThan(54000);
    expect(Math.abs(unbalancedJ(truth))).toBeLessThan(1 + 1e-3 * Math.abs(truth.energyJ.stored));
    expect(numbers(truth).filter(([, value]) => !Number.isFinite(value))).toEqual([]);
  });

  it('senseless settings are refused', () => {
    const plant = new Plant(new VirtualClock());
    expect(() => plant.setLoad({ amps: NaN })).toThrow(RangeError);
    expect(() => plant.setLoad({ ohms: 0 })).toThrow(RangeError);
    expect(() => plant.connectCharger({ amps: -1, volts: 57 })).toThrow(RangeError);
    expect(() => plant.setSoc(Infinity)).toThrow(RangeError);
  });
});

describe('what it costs', () => {
  const microseconds = (prepare: (plant: Plant) => void) => {
    const clock = new VirtualClock();
    const plant = new Plant(clock);
    plant.setFets(true, true, false, false);
    prepare(plant);
    const steps = 20000;
    let best = Infinity;
    for (let round = 0; round < 4; round++) {
      const start = performance.now();
      for (let n = 0; n < steps; n++) {
        clock.advanceTo(clock.nowUs + 250000);
        plant.shuntUv();
      }
      best = Math.min(best, (1000 * (performance.now() - start)) / steps);
    }
    return best;
  };

  it('a quarter of a second of steady operation takes microseconds', () => {
    const costs = {
      rest: microseconds(() => undefined),
      discharge: microseconds((plant) => plant.setLoad({ amps: 2 })),
      charge: microseconds((plant) => plant.connectCharger({ amps: 2, volts: 56 })),
      watts: microseconds((plant) => plant.setLoad({ watts: 100 })),
      inverter: microseconds((plant) => plant.connectInverter({ watts: 100 })),
      floating: microseconds((plant) => {
        plant.setFets(false, true, false, false);
        plant.connectCharger({ amps: 2, volts: 56 });
      }),
    };
    if (process.env['BENCH']) console.log(costs);
    for (const cost of Object.values(costs)) expect(cost).toBeLessThan(100); // a loose guard: other tests run beside this one
  });
});
