import { describe, expect, it } from 'vitest';
import { DAY_S, dayDemand, secondOfDay, START_OF_DAY_S, wallClock } from '../../tools/day';
import { Household, type Outlets } from '../../tools/household';

const AT = (hour: number) => dayDemand(hour * 3600);

describe('household day', () => {
  it('charges at noon with the recommended 20 A at most (S2), never at night', () => {
    let highest = 0;
    for (let s = 0; s < DAY_S; s += 60) highest = Math.max(highest, dayDemand(s).chargerAmps);
    expect(highest).toBe(20);
    expect([AT(0), AT(4), AT(20)].map((demand) => demand.chargerAmps)).toEqual([0, 0, 0]);
  });

  it('needs more in the evening than at night, and the pack can deliver it (S1: 100 A)', () => {
    expect(AT(19.5).loadWatts).toBeGreaterThan(3 * AT(3).loadWatts);
    for (let s = 0; s < DAY_S; s += 60) expect(dayDemand(s).loadWatts).toBeLessThan(5000);
  });

  it('turns from charge to discharge within a minute after the start', () => {
    const net = (ms: number): number => {
      const { chargerAmps, loadWatts } = dayDemand(secondOfDay(ms));
      return chargerAmps * 52 - loadWatts;
    };
    expect(net(0)).toBeGreaterThan(50);
    expect(net(60000)).toBeLessThan(-500);
  });

  it('takes out about what it brings in, so that the pack lives for weeks', () => {
    let inWh = 0;
    let outWh = 0;
    for (let s = 0; s < DAY_S; s += 10) {
      inWh += (dayDemand(s).chargerAmps * 53 * 10) / 3600;
      outWh += (dayDemand(s).loadWatts * 10) / 3600;
    }
    expect(outWh / inWh).toBeGreaterThan(0.7);
    expect(outWh / inWh).toBeLessThan(1);
  });

  it('repeats every day and depends on the time only', () => {
    for (const s of [0, 12345, 61180, DAY_S - 1]) expect(dayDemand(s + DAY_S)).toEqual(dayDemand(s));
    expect(secondOfDay(0)).toBe(START_OF_DAY_S);
  });

  it('writes the virtual clock with its day', () => {
    expect(wallClock(0)).toBe('day 1 16:59:40');
    expect(wallClock(8 * 3600000)).toBe('day 2 00:59:40');
  });
});

describe('household on the outlets', () => {
  function recorder(): { outlets: Outlets; calls: string[]; terminal: { mv: number } } {
    const calls: string[] = [];
    const terminal = { mv: 52000 };
    const outlets: Outlets = {
      connectCharger: ({ amps, volts }) => calls.push(`charger ${amps} A ${volts} V`),
      disconnectCharger: () => calls.push('no charger'),
      connectInverter: ({ watts }) => calls.push(`inverter ${watts} W`),
      setInverterWatts: (watts) => calls.push(`${watts} W`),
      ldPinMv: () => terminal.mv,
    };
    return { outlets, calls, terminal };
  }

  it('connects what is asked for, once', () => {
    const { outlets, calls } = recorder();
    const household = new Household(outlets, { day: false, chargerAmps: 20, loadWatts: 1500 });
    for (let ms = 0; ms < 10000; ms += 1000) household.apply(ms);
    expect(calls).toEqual(['charger 20 A 57.6 V', 'inverter 1500 W']);
  });

  it('leaves the pack alone without a day', () => {
    const { outlets, calls } = recorder();
    new Household(outlets, { day: false, chargerAmps: undefined, loadWatts: undefined }).apply(0);
    expect(calls).toEqual([]);
  });

  it('follows the sun down and disconnects the charger at sunset', () => {
    const { outlets, calls } = recorder();
    const household = new Household(outlets, { day: true, chargerAmps: undefined, loadWatts: undefined });
    for (let ms = 0; ms <= 2 * 3600000; ms += 1000) household.apply(ms);
    expect(calls[0]).toMatch(/^charger \d+(\.\d)? A 57\.6 V$/);
    expect(calls).toContain('no charger');
    expect(household.chargerText).toBe('none');
  });

  it('rests when the battery is low, until it is fuller, and only then', () => {
    const { outlets, terminal } = recorder();
    const household = new Household(outlets, { day: true, chargerAmps: undefined, loadWatts: undefined });
    const watts = [0, 45999, 46001, 52000, 46001, 45999, 46001, 51199, 51201, 47000].map((mv, i) => {
      terminal.mv = mv;
      household.apply(i);
      return household.loadWatts > 0;
    });
    expect(watts).toEqual([true, true, true, true, true, false, false, false, true, true]);
  });

  it('lets a fixed load empty the pack: that is what it is for', () => {
    const { outlets, terminal } = recorder();
    const household = new Household(outlets, { day: true, chargerAmps: undefined, loadWatts: 1500 });
    for (const mv of [52000, 40000]) {
      terminal.mv = mv;
      household.apply(0);
    }
    expect(household.loadWatts).toBe(1500);
  });
});
