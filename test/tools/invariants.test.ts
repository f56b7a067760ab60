/** Every rule of the observer must be able to fail, and must let pass what is allowed. */
import { describe, expect, it } from 'vitest';
import { Trips } from '../../src/bms/guard';
import { P } from '../../src/bms/params';
import { Rule } from '../../src/bms/rules';
import { Invariants } from '../../tools/invariants';
import type { Invariant, Moment } from '../../tools/invariants-base';
import { CountRules } from '../../tools/invariants-counts';
import { FAST, FastCurrents } from '../../tools/invariants-fast';
import { LimitRules, LIMITS } from '../../tools/invariants-limits';
import { ProgramRules } from '../../tools/invariants-program';
import { ReleaseRules, RETURNS } from '../../tools/invariants-release';
import { SocRules } from '../../tools/invariants-soc';
import { nothingInjected } from '../../tools/random-life-stage';
import { VirtualPack } from '../../tools/virtual-pack';

type Draft = { -readonly [K in keyof Moment]: Moment[K] };

/** A healthy pack that has closed its paths, as the observer sees it. Each call makes a new one. */
function healthy(): Draft {
  const pack = new VirtualPack({ soc: 0.5 });
  pack.run(5000);
  const moment: Draft = new Invariants(pack).look();
  moment.injected = nothingInjected();
  moment.bootAgeMs = 3600000;
  moment.nowMs = 3600000;
  moment.dtMs = 250;
  moment.tickAgeMs = moment.sampleAgeMs = moment.kickAgeMs = 100;
  return moment;
}

/** Shows the same moment for a time; returns everything that was said. */
function watch(rule: Invariant, moment: Draft, ms: number, each: (moment: Draft) => void = () => {}): string[] {
  const texts: string[] = [];
  for (let passed = 0; passed < ms; passed += moment.dtMs) {
    moment.nowMs += moment.dtMs;
    each(moment);
    texts.push(...rule.check({ ...moment }));
  }
  return texts;
}

/** Puts the quantity of a limit to a value, at the worst of several places. */
function put({ truth }: Draft, what: string, value: number): void {
  if (what === 'cell, mV') truth.cellMv[6] = value;
  else if (what === 'pack, mV') truth.stackMv = value;
  else if (what.endsWith('mA')) truth.currentMa = value;
  else if (what === 'cell, degC') truth.celsius[2] = value;
  else if (what === 'any, degC') truth.celsius[5] = value;
  else if (what === 'MOSFET, degC') truth.celsius[4] = value;
  else truth.celsius[5] = value;
}

function setRule(moment: Draft, rule: Rule, on: boolean): void {
  const { bits } = moment.firmware.guard;
  if (on) bits[rule >> 4]! |= 1 << (rule & 15);
  else bits[rule >> 4]! &= ~(1 << (rule & 15));
}

describe('the observer', () => {
  it('has nothing to say about a healthy pack', () => {
    const pack = new VirtualPack({ soc: 0.5 });
    const invariants = new Invariants(pack);
    pack.board.plant.connectCharger({ amps: 20, volts: 57.6 });
    for (let i = 0; i < 400; i++) {
      pack.run(250);
      expect(invariants.check()).toEqual([]);
    }
  });
});

describe.each(LIMITS)('$id $path path, $what $limit', (limit) => {
  const beyond = limit.limit + limit.sign * (limit.tolerance + 1);
  const slack = limit.what.endsWith('degC') ? 1750 : 1000;

  /** This row's own words: 61 degC is beyond the charge window as well. */
  const of = (texts: string[]): string[] =>
    texts.filter(
      (text) => text.startsWith(`${limit.id} `) && text.includes(limit.what) && text.includes(`limit ${limit.limit}`),
    );

  it('is reported once when the path stays closed for longer than delay and slack, not before', () => {
    const moment = healthy();
    put(moment, limit.what, beyond);
    const rules = new LimitRules();
    expect(of(watch(rules, moment, limit.delayMs + slack))).toEqual([]);
    expect(of(watch(rules, moment, 60000))).toHaveLength(1);
  });

  it('is not reported within its tolerance, with the path open, or while nobody can know it', () => {
    const inside = healthy();
    put(inside, limit.what, limit.limit + limit.sign * limit.tolerance);
    expect(of(watch(new LimitRules(), inside, 60000))).toEqual([]);
    const open = healthy();
    put(open, limit.what, beyond);
    open.truth.fets = { ...open.truth.fets, chg: false, dsg: false, pdsg: false };
    expect(watch(new LimitRules(), open, 60000).filter((text) => text.includes('path'))).toEqual([]);
    const blind = healthy();
    put(blind, limit.what, beyond);
    blind.sampleAgeMs = 700;
    expect(watch(new LimitRules(), blind, 60000)).toEqual([]);
  });
});

describe('limits beside the table', () => {
  it.each([
    ['S12 charge path over-voltage', 3750, -1000],
    ['S12 discharge path under-voltage', 2400, 1000],
  ])('%s: closed over its diode current is allowed', (_name, mv, ma) => {
    const moment = healthy();
    moment.truth.cellMv[3] = mv;
    moment.truth.currentMa = ma;
    expect(watch(new LimitRules(), moment, 60000)).toEqual([]);
  });

  it('S9 charge current below -5 degC is reported whatever the paths say', () => {
    const moment = healthy();
    moment.truth.celsius[1] = -7;
    moment.truth.currentMa = 400;
    moment.truth.fets = { ...moment.truth.fets, chg: false, dsg: false };
    expect(watch(new LimitRules(), moment, 3750)).toEqual([]);
    expect(watch(new LimitRules(), moment, 6000)).toEqual([expect.stringMatching(/^S9 400 mA charge at -7 degC/)]);
  });

  it('a broken sensor is not compared, and again 5 s after it has healed', () => {
    const moment = healthy();
    moment.truth.celsius[2] = 80;
    moment.injected = { ...nothingInjected(), sensors: 4, sensorMs: [0, 0, moment.nowMs, 0, 0, 0] };
    const rules = new LimitRules();
    expect(watch(rules, moment, 20000)).toEqual([]);
    moment.injected = { ...moment.injected, sensors: 0, sensorMs: [0, 0, moment.nowMs, 0, 0, 0] };
    expect(watch(rules, moment, 5000)).toEqual([]);
    expect(watch(rules, moment, 10000)).not.toEqual([]);
  });
});

describe('fast currents', () => {
  it.each(FAST)('$id above $limitMa mA for more than $allowedUs us', ({ id, sign, limitMa, allowedUs }) => {
    const make = (): FastCurrents => new FastCurrents(new VirtualPack().board);
    const moment = healthy();
    const ended = make();
    ended.step(sign * (limitMa + 1), 1000);
    ended.step(0, 1000 + allowedUs + 5);
    expect(ended.check(moment)).toEqual([]);
    const stays = make();
    stays.step(sign * (limitMa + 1), 1000);
    stays.step(sign * (limitMa + 1), 1000 + allowedUs);
    expect(stays.check(moment)).toEqual([]);
    const late = make();
    late.step(sign * (limitMa + 1), 1000);
    late.step(sign * (limitMa + 1), 1000 + allowedUs + 5);
    late.step(sign * (limitMa + 1), 1000 + allowedUs + 9);
    expect(late.check(moment)).toEqual([expect.stringContaining(`${id} ${sign < 0 ? '-' : ''}`)]);
  });

  it('S7 sees a short circuit in a pack whose AFE does not protect', () => {
    const pack = new VirtualPack({ soc: 0.9 });
    const invariants = new Invariants(pack);
    pack.run(5000);
    invariants.check();
    pack.board.afe.bench.corruptMemory(0x9261, 0x0c); // SCD, OCD and OCC switched off
    pack.board.plant.shortCircuit({ ohms: 0.02 });
    pack.run(1);
    expect(invariants.check().map(({ text }) => text)).toEqual([expect.stringMatching(/^S7 -\d+ A for \d+ us/)]);
  });
});

describe.each(RETURNS)('$id release of rule $rule at $limit', (row) => {
  const good = row.limit - row.sign * 5 * row.tolerance;
  const bad = row.limit + row.sign * (row.tolerance + 1);
  const fast = { chargedMs: -Infinity, dischargedMs: -Infinity };

  it.each([
    ['refused beyond the release', bad, bad, 1],
    ['taken inside it', good, good, 0],
    ['taken when the closing path moved the value', good, bad, 0],
  ])('is %s', (_name, before, after, reports) => {
    const moment = healthy();
    const rules = new ReleaseRules(fast);
    put(moment, row.what, before);
    setRule(moment, row.rule, true);
    watch(rules, { ...moment, truth: structuredClone(moment.truth) }, 1000);
    put(moment, row.what, after);
    setRule(moment, row.rule, false);
    expect(watch(rules, moment, 1000)).toHaveLength(reports);
  });
});

describe('release of over-current and short circuit', () => {
  it.each([
    [
      'S2',
      Rule.ChgOcp,
      { chargedMs: Infinity, dischargedMs: -Infinity },
      { chargedMs: -Infinity, dischargedMs: Infinity },
    ],
    [
      'S5',
      Rule.DsgOcp,
      { chargedMs: -Infinity, dischargedMs: Infinity },
      { chargedMs: Infinity, dischargedMs: -Infinity },
    ],
  ])('%s needs a minute or current the other way', (id, rule, same, opposite) => {
    const after = (ms: number, fast: { chargedMs: number; dischargedMs: number }): string[] => {
      const moment = healthy();
      const rules = new ReleaseRules(fast);
      setRule(moment, rule, true);
      watch(rules, moment, ms);
      setRule(moment, rule, false);
      return watch(rules, moment, 500);
    };
    expect(after(30000, same)).toEqual([expect.stringContaining(`${id} over-current released after`)]);
    expect(after(60000, same)).toEqual([]);
    expect(after(1000, opposite)).toEqual([]);
  });

  it('S7 needs a charger or no load', () => {
    const after = (change: (moment: Draft) => void): string[] => {
      const moment = healthy();
      const rules = new ReleaseRules({ chargedMs: 0, dischargedMs: 0 });
      setRule(moment, Rule.Scp, true);
      moment.truth.shortA = 20;
      watch(rules, { ...moment, truth: structuredClone(moment.truth) }, 5000);
      setRule(moment, Rule.Scp, false);
      change(moment);
      return watch(rules, moment, 500);
    };
    expect(after(() => {})).toEqual([expect.stringMatching(/^S7 short circuit released/)]);
    expect(after(({ truth }) => (truth.shortA = 0))).toEqual([]);
    expect(after(({ truth }) => (truth.charger = { amps: 5, volts: 56, givenA: 0 }))).toEqual([]);
  });
});

describe('program', () => {
  const rules = (change: (moment: Draft) => void, ms = 20000): string[] => {
    const moment = healthy();
    const program = new ProgramRules();
    watch(program, moment, 500);
    change(moment);
    return watch(program, moment, ms);
  };

  it('S14 a path closed without a sample is reported while the program runs', () => {
    expect(rules((m) => (m.sampleAgeMs = 1400))).toEqual([]);
    expect(rules((m) => (m.sampleAgeMs = 1600))).toEqual([expect.stringMatching(/^S14 a path is closed 1600 ms/)]);
    expect(rules((m) => Object.assign(m, { sampleAgeMs: 9000, injected: { ...m.injected, halted: true } }))).toEqual(
      [],
    );
    const open = { chg: false, dsg: false, pdsg: false, chgConducts: false, dsgConducts: false };
    expect(rules((m) => Object.assign(m, { sampleAgeMs: 9000, truth: { ...m.truth, fets: open } }))).toEqual([]);
  });

  it('S14 a program that has just started gets 3.5 s', () => {
    const start = (bootAgeMs: number) => (m: Draft) => {
      m.firmware.pack.samples = 0;
      Object.assign(m, { bootAgeMs, sampleAgeMs: 5000 });
    };
    expect(rules(start(3400))).toEqual([]);
    expect(rules(start(3600))).toEqual([expect.stringContaining('S14')]);
  });

  it('S11 the host watchdog opens the paths of a halted program', () => {
    const halted = (sampleAgeMs: number) => (m: Draft) =>
      void Object.assign(m, { sampleAgeMs, tickAgeMs: sampleAgeMs, injected: { ...m.injected, halted: true } });
    expect(rules(halted(10900))).toEqual([]);
    expect(rules(halted(11100))).toEqual([expect.stringMatching(/^S11 .* halted or not/)]);
  });

  it('S11 a path closed with a fault is reported after a second', () => {
    expect(rules((m) => (m.firmware.pack.faults = 1), 1000)).toEqual([]);
    expect(rules((m) => (m.firmware.pack.faults = 1), 2000)).toEqual([expect.stringMatching(/^S11 .* with a fault/)]);
  });

  it('S8 a path closed with a broken cell sensor is reported', () => {
    const broken = (sensors: number) => (m: Draft) => void (m.injected = { ...m.injected, sensors });
    expect(rules(broken(1), 4000)).toEqual([]);
    expect(rules(broken(8), 5000)).toEqual([expect.stringMatching(/^S8/)]);
    expect(rules(broken(16 + 32))).toEqual([]);
  });

  it.each([['charge', 'chg'] as const, ['discharge', 'dsg'] as const])(
    'S12 an open %s path has a cause',
    (name, path) => {
      const open = (m: Draft): void => void (m.truth.fets = { ...m.truth.fets, [path]: false });
      expect(rules(open)).toEqual([expect.stringMatching(new RegExp(`^S12 ${name} path open .* without a cause`))]);
      const because = (rule: Rule) => (m: Draft) => {
        open(m);
        setRule(m, rule, true);
      };
      expect(rules(because(path === 'chg' ? Rule.CellOvp : Rule.CellUvp))).toEqual([]);
      expect(rules(because(path === 'chg' ? Rule.CellUvp : Rule.CellOvp))).toHaveLength(1);
      const asleep = (m: Draft): void => {
        open(m);
        m.firmware.power.asleep = true;
      };
      expect(rules(asleep)).toEqual([]);
    },
  );

  it('the watchdog is kicked while the program runs', () => {
    expect(rules((m) => (m.kickAgeMs = 4400))).toEqual([]);
    expect(rules((m) => (m.kickAgeMs = 4600))).toEqual(['watchdog not kicked for 4600 ms']);
  });

  it('an exception of the firmware is reported once', () => {
    expect(rules((m) => (m.exceptions = [new Error('boom')]))).toEqual(['exception in the firmware: Error: boom']);
  });

  it('a parameter that changes by itself is reported', () => {
    expect(rules((m) => (m.firmware.params[P.CellOvp]! += 1))).toEqual([`parameter ${P.CellOvp} is 3701, was 3700`]);
  });

  it.each([
    [Rule.DsgFet, {}, 1],
    [Rule.CellFault, { disturbedUntilMs: Infinity }, 1],
    [Rule.AfeLost, {}, 1],
    [Rule.AfeLost, { disturbedUntilMs: 3600000 }, 0],
    [Rule.NtcFault, {}, 1],
    [Rule.NtcFault, { sensors: 2 }, 0],
  ])('S11 fault %i with %j: %i reports', (rule, injected, reports) => {
    const open = { chg: false, dsg: false, pdsg: false, chgConducts: false, dsgConducts: false };
    const texts = rules((m) => {
      m.injected = { ...m.injected, ...injected };
      m.truth.fets = open;
      setRule(m, rule, true);
    }, 2000);
    expect(texts.filter((text) => text.endsWith('without a cause'))).toHaveLength(reports);
  });
});

describe('state of charge', () => {
  it('S13 outside 0..100 % is reported', () => {
    for (const mas of [-1, 360000001, NaN]) {
      const moment = healthy();
      moment.firmware.pack.remainingMas = mas;
      expect(watch(new SocRules(), moment, 1000)).toEqual([expect.stringMatching(/^S13 SOC is/)]);
    }
  });

  it('S13 an error of more than 15 % is reported after half an hour, and measured at once', () => {
    const moment = healthy();
    moment.dtMs = 60000;
    moment.truth.soc = moment.truth.soc.map(() => 0.7);
    moment.firmware.pack.remainingMas = 0.5 * moment.firmware.pack.fullMas;
    const rules = new SocRules();
    expect(watch(rules, moment, 1800000)).toEqual([]);
    expect(watch(rules, moment, 1800000)).toEqual([expect.stringMatching(/^S13 SOC 50.0 %, truth 70.0 %/)]);
    expect(rules.stats.rmsPermille).toBeCloseTo(200, 6);
    expect(rules.stats.maxPermille).toBeCloseTo(200, 6);
    expect(rules.stats.above.map(({ share }) => share)).toEqual([1, 1, 1]);
  });
});

describe('counters', () => {
  const fast = { chargeOcMs: -Infinity, dischargeOcMs: -Infinity, shortMs: -Infinity };
  const after = (change: (moment: Draft) => void, restarted = false): string[] => {
    const moment = healthy();
    Object.assign(moment.firmware.pack, { chargedMas: 1e9, dischargedMas: 1e9, cycles: 7 });
    moment.firmware.storage.logged = 100;
    const rules = new CountRules(fast);
    watch(rules, moment, 500);
    change(moment);
    moment.restarted = restarted;
    return watch(rules, moment, 250);
  };

  it.each(['chargedMas', 'dischargedMas', 'cycles'] as const)('S13 %s never goes back', (key) => {
    expect(after((m) => m.firmware.pack[key]--)).toEqual([expect.stringContaining(`S13 ${key} went from`)]);
    expect(after((m) => m.firmware.pack[key]--, true)).toEqual([]);
    expect(after((m) => (m.firmware.pack[key] = 0), true)).toEqual([expect.stringContaining(`S13 ${key}`)]);
    const missing = (m: Draft): void => {
      m.firmware.pack[key] = 0;
      m.injected = { ...m.injected, memory: true };
    };
    expect(after(missing, true)).toEqual([]);
  });

  it('S29 the number of events never goes back', () => {
    expect(after((m) => m.firmware.storage.logged--)).toEqual([expect.stringContaining('S29')]);
    expect(after((m) => (m.firmware.storage.logged -= 50), true)).toEqual([expect.stringContaining('S29')]);
  });

  it.each([
    [Trips.ChgOc, 'S2', 'chargeOcMs'],
    [Trips.DsgOc, 'S5', 'dischargeOcMs'],
    [Trips.ShortCircuit, 'S7', 'shortMs'],
  ] as const)('trip counter %i (%s) counts what has happened', (index, id, key) => {
    const trip = (m: Draft): void => void m.firmware.guard.trips[index]!++;
    expect(after(trip)).toEqual([expect.stringMatching(new RegExp(`^${id} .* without one`))]);
    fast[key] = 3600000;
    expect(after(trip)).toEqual([]);
    fast[key] = -Infinity;
  });

  it('S13 counted charge follows the real one', () => {
    const hours = (countedMa: number): string[] => {
      const moment = healthy();
      moment.dtMs = 60000;
      moment.truth.supplyMa = 0;
      const each = ({ firmware, truth }: Draft): void => {
        truth.dischargedMas += 10000 * 60;
        firmware.pack.dischargedMas += countedMa * 60;
      };
      return watch(new CountRules(fast), moment, 4 * 3600000, each);
    };
    expect(hours(10000)).toEqual([]);
    expect(hours(10300)).toEqual([]);
    expect(hours(10500)).toEqual([expect.stringMatching(/^S13 counted -31.50 Ah in three hours, truth -30.00 Ah/)]);
  });
});
