import { beforeEach, describe, expect, it } from 'vitest';
import { decide, switchPath } from '../../src/bms/fets';
import { createPack, HostOff, Mode, type Pack } from '../../src/bms/pack';
import { Fault, Protection } from '../../src/bms/rules';
import { Control } from './control';

let pack: Pack;
beforeEach(() => {
  pack = createPack();
  Object.assign(pack, { sampleOk: true, samples: 1, stackMv: 52_800, packMv: 52_800, terminalMv: 0 });
});

/** One decision; MOSFETs follow. */
function decided(change: Partial<Pack> = {}): [boolean, boolean] {
  Object.assign(pack, change);
  decide(pack);
  pack.chgFetOn = pack.chgOn;
  pack.dsgFetOn = pack.dsgOn;
  return [pack.chgOn, pack.dsgOn];
}

describe('S12 paths', () => {
  it('stay open before the first complete sample, whatever else is well', () => {
    expect(decided({ samples: 0 })).toEqual([false, false]);
    expect(decided({ samples: 1 })).toEqual([true, true]);
  });
  it('S14 stay as they are without a good sample: an open one open, a closed one closed', () => {
    expect(decided({ sampleOk: false })).toEqual([false, false]);
    expect(decided({ sampleOk: true })).toEqual([true, true]);
    expect(decided({ sampleOk: false })).toEqual([true, true]);
    expect(decided({ protections: Protection.CellOvp })).toEqual([false, true]);
    expect(decided({ protections: 0 })).toEqual([false, true]);
    expect(decided({ protections: Protection.CellUvp })).toEqual([false, false]);
    expect(decided({ protections: 0, sampleOk: true })).toEqual([true, true]);
  });
  it('S11 are both opened by every fault', () => {
    for (let bit = 1; bit <= Fault.AfeConfig; bit *= 2) expect(decided({ faults: bit })).toEqual([false, false]);
    expect(pack.mode).toBe(Mode.Fault);
  });

  // S2-S9, pace.md 3.6: what each protection opens
  const opens: [string, Protection, boolean, boolean][] = [
    ['cell OVP', Protection.CellOvp, true, false],
    ['cell UVP', Protection.CellUvp, false, true],
    ['pack OVP', Protection.PackOvp, true, false],
    ['pack UVP', Protection.PackUvp, false, true],
    ['charge OCP', Protection.ChgOcp, true, false],
    ['discharge OCP', Protection.DsgOcp, false, true],
    ['SCP', Protection.Scp, true, true],
    ['charge OTP', Protection.ChgOtp, true, false],
    ['discharge OTP', Protection.DsgOtp, false, true],
    ['charge UTP', Protection.ChgUtp, true, false],
    ['discharge UTP', Protection.DsgUtp, false, true],
    ['MOS OTP', Protection.MosOtp, true, true],
    ['ambient UTP', Protection.EnvUtp, true, true],
    ['hot cut-off', Protection.HotCutOff, true, true],
    ['AFE trip', Protection.AfeTrip, true, true],
    ['charger OV', Protection.ChargerOv, true, false],
  ];
  it.each(opens)('%s opens its own', (_name, bit, chg, dsg) => {
    expect(decided({ protections: bit })).toEqual([!chg, !dsg]);
  });
  it('alarms and notices open nothing', () => {
    expect(decided({ alarms: 0xffff, notices: 0xffff })).toEqual([true, true]);
  });
});

describe('S12 ideal diode', () => {
  it('an open charge path closes above 0.5 A of discharge and opens at 0.1 A', () => {
    decided({ protections: Protection.CellOvp });
    expect(decided({ currentMa: -500 })).toEqual([false, true]);
    expect(decided({ currentMa: -501 })).toEqual([true, true]);
    expect(pack.chgAllowed).toBe(false);
    expect(decided({ currentMa: -101 })).toEqual([true, true]);
    expect(decided({ currentMa: -100 })).toEqual([false, true]);
  });
  it('S6 an open discharge path closes above 0.5 A of charge and opens at 0.1 A', () => {
    decided({ protections: Protection.CellUvp });
    expect(decided({ currentMa: 500 })).toEqual([true, false]);
    expect(decided({ currentMa: 501 })).toEqual([true, true]);
    expect(pack.dsgAllowed).toBe(false);
    expect(decided({ currentMa: 101 })).toEqual([true, true]);
    expect(decided({ currentMa: 100 })).toEqual([true, false]);
  });
  it('never closes a path for current in its own, forbidden direction', () => {
    decided({ protections: Protection.CellOvp });
    expect(decided({ currentMa: 20_000 })).toEqual([false, true]);
    decided({ protections: Protection.CellUvp, currentMa: 0 });
    expect(decided({ currentMa: -20_000 })).toEqual([true, false]);
  });
  it('S14 closes nothing over a current at its end, nor over one that the other path cannot carry', () => {
    for (const [protections, sign, on] of [
      [Protection.CellOvp, -1, [true, true]],
      [Protection.CellUvp, 1, [true, true]],
    ] as const) {
      const open = decided({ protections, currentMa: 0 });
      expect(decided({ currentMa: sign * 327_670 })).toEqual(open);
      expect(decided({ currentMa: sign * 327_669 })).toEqual(on);
      decided({ currentMa: 0 });
      Object.assign(pack, { currentMa: sign * 5000, chgFetOn: false, dsgFetOn: false });
      decide(pack);
      expect([pack.chgOn, pack.dsgOn]).toEqual(open);
    }
  });
  it('closes nothing when both paths have to be open, without a sample, with a fault, before the first sample', () => {
    const both: Partial<Pack>[] = [
      { protections: Protection.HotCutOff },
      { protections: Protection.CellOvp | Protection.CellUvp },
      { protections: Protection.CellOvp | Protection.MosOtp },
      { faults: Fault.ChgFet },
      { samples: 0 },
      { locked: true },
      { hostOff: 3 },
    ];
    for (const change of both)
      for (const currentMa of [30_000, -30_000]) {
        const fresh = createPack();
        Object.assign(fresh, { sampleOk: true, samples: 1, stackMv: 52_800, currentMa }, change);
        decide(fresh);
        expect([fresh.chgOn, fresh.dsgOn]).toEqual([false, false]);
      }
    decided({ protections: Protection.CellOvp });
    expect(decided({ sampleOk: false, currentMa: -30_000 })).toEqual([false, true]);
  });
});

describe('S12 paths switched off by the host (pace.md 1.9)', () => {
  it('open, each its own, and close again by command', () => {
    expect([switchPath(pack, true, true), decided()]).toEqual([true, [false, true]]);
    expect([switchPath(pack, true, false), decided()]).toEqual([true, [true, true]]);
    expect([switchPath(pack, false, true), decided()]).toEqual([true, [true, false]]);
    expect([switchPath(pack, false, false), decided()]).toEqual([true, [true, true]]);
    expect([pack.hostOff, pack.mode]).toEqual([0, Mode.Standby]);
  });
  it('only one at a time: the second is refused and changes nothing', () => {
    switchPath(pack, true, true);
    expect([switchPath(pack, false, true), pack.hostOff]).toEqual([false, HostOff.Chg]);
    switchPath(pack, true, false);
    switchPath(pack, false, true);
    expect([switchPath(pack, true, true), pack.hostOff]).toEqual([false, HostOff.Dsg]);
  });
  it('not the charge path while discharging, nor the discharge path while charging', () => {
    pack.currentMa = -501;
    expect([switchPath(pack, true, true), pack.hostOff]).toEqual([false, 0]);
    expect([switchPath(pack, false, true), pack.hostOff]).toEqual([true, HostOff.Dsg]);
    pack.hostOff = 0;
    pack.currentMa = 501;
    expect([switchPath(pack, false, true), pack.hostOff]).toEqual([false, 0]);
    expect([switchPath(pack, true, true), pack.hostOff]).toEqual([true, HostOff.Chg]);
    pack.hostOff = 0;
    pack.currentMa = -500;
    expect(switchPath(pack, true, true)).toBe(true);
    pack.hostOff = 0;
    pack.currentMa = 500;
    expect(switchPath(pack, false, true)).toBe(true);
  });
  it('may be told again, and switched on at any time', () => {
    switchPath(pack, true, true);
    pack.currentMa = -30_000;
    expect([switchPath(pack, true, true), pack.hostOff]).toEqual([true, HostOff.Chg]);
    expect([switchPath(pack, true, false), switchPath(pack, true, false), pack.hostOff]).toEqual([true, true, 0]);
  });
  it('close over a conducting diode like any other: its heat would destroy the MOSFET', () => {
    switchPath(pack, true, true);
    decided();
    expect(decided({ currentMa: -501 })).toEqual([true, true]);
    expect(pack.chgAllowed).toBe(false);
    expect(decided({ currentMa: 0 })).toEqual([false, true]);
    switchPath(pack, true, false);
    switchPath(pack, false, true);
    decided();
    expect(decided({ currentMa: 501 })).toEqual([true, true]);
    expect(pack.dsgAllowed).toBe(false);
    expect(decided({ currentMa: 0 })).toEqual([true, false]);
  });
  it('a switched-off path is no fault, however long', () => {
    const c = new Control();
    switchPath(c.pack, true, true);
    c.run(60_000);
    expect([c.pack.faults, c.paths]).toEqual([0, [false, true]]);
  });
});

describe('S36 lock', () => {
  it('opens both paths, is no fault, and ends with both closed', () => {
    const c = new Control();
    c.pack.locked = true;
    c.run(60_000);
    expect([c.paths, c.pack.chgAllowed, c.pack.dsgAllowed]).toEqual([[false, false], false, false]);
    expect([c.pack.faults, c.pack.protections, c.pack.alarms, c.pack.mode]).toEqual([0, 0, 0, Mode.Standby]);
    c.pack.locked = false;
    c.tick();
    expect(c.paths).toEqual([true, true]);
  });
});

describe('S7, S28 charger', () => {
  const cases: [string, Partial<Pack>, boolean][] = [
    ['charge current', { currentMa: 501 }, true],
    ['too little of it', { currentMa: 500 }, false],
    ['a terminal above the stack', { terminalMv: 53_301 }, true],
    ['not far enough above it', { terminalMv: 53_300 }, false],
    ['48 V and more at open paths', { terminalMv: 48_001, protections: Protection.Scp }, true],
    ['48 V at open paths', { terminalMv: 48_000, protections: Protection.Scp }, false],
    ['48 V at a closed charge path', { terminalMv: 50_000, protections: Protection.CellUvp }, false],
    ['48 V at a closed discharge path', { terminalMv: 50_000, protections: Protection.CellOvp }, false],
    ['48 V at closed paths', { terminalMv: 50_000 }, false],
    ['S14 charge current through open paths', { currentMa: 20_000, protections: Protection.Scp }, false],
    ['charge current through the discharge path’s diode', { currentMa: 20_000, protections: Protection.CellUvp }, true],
    ['charge current through the charge path’s open MOSFET', { currentMa: 501, protections: Protection.CellOvp }, true],
    ['S14 charge current at the end of its register', { currentMa: 327_670 }, false],
    ['charge current that can just be told', { currentMa: 327_669 }, true],
    ['a terminal at 65 V', { terminalMv: 65_000 }, true],
    ['S14 a terminal above it, at closed paths', { terminalMv: 65_001 }, false],
    ['S14 a terminal above it, at open paths', { terminalMv: 65_001, protections: Protection.Scp }, false],
    ['nothing that is measured', { currentMa: 20_000, terminalMv: 58_000, sampleOk: false }, false],
  ];
  it.each(cases)('%s', (_name, change, present) => {
    decided(change);
    decided();
    expect(pack.chargerPresent).toBe(present);
  });
});

describe('S24 mode', () => {
  it.each([
    [501, Mode.Charge],
    [500, Mode.Standby],
    [-500, Mode.Standby],
    [-501, Mode.Discharge],
  ])('%d mA', (currentMa, mode) => {
    decided({ currentMa });
    expect(pack.mode).toBe(mode);
  });
});
