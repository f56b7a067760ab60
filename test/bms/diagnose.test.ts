import { beforeEach, describe, expect, it } from 'vitest';
import { clearLocks } from '../../src/bms/currents';
import { isLatched } from '../../src/bms/diagnose';
import { P } from '../../src/bms/params';
import { Fault, Notice, Protection, Rule } from '../../src/bms/rules';
import { Control } from './control';

let c: Control;
beforeEach(() => {
  c = new Control();
});

/** The charge path held open by a protection, the discharge path closed. */
function chargeOpen(): void {
  c.pack.tempDeciC[1] = 560;
  c.run(2250);
  expect(c.paths).toEqual([false, true]);
}
/** The discharge path held open by a protection, the charge path closed. */
function dischargeOpen(): void {
  c.pack.cellMv[7] = 2490;
  c.run(1250);
  expect(c.paths).toEqual([true, false]);
}
/** Both paths held open by a protection that latches nothing. */
function bothOpen(): void {
  c.pack.tempDeciC[1] = 610;
  c.run(2500);
  expect([c.paths, c.pack.chgFetOn, c.pack.dsgFetOn]).toEqual([[false, false], false, false]);
}
function coolDown(): void {
  c.pack.tempDeciC[1] = 250;
  c.run(2500);
}

describe('rare rules', () => {
  it('are looked at in each fourth tick, also when a tick comes a little early', () => {
    const looks: number[] = [];
    for (let i = 0; i < 12; i++) {
      const before = c.guard.looks;
      c.tick(i % 4 === 3 ? 200 : 250);
      if (c.guard.looks !== before) looks.push(i);
    }
    expect(looks).toEqual([3, 7, 11]);
  });
  it('are looked at in the first sample, whenever that is', () => {
    c.guard.lookMs = 1e12;
    c.restart();
    c.guard.lookMs = 1e12;
    c.pack.terminalMv = 66_000;
    c.tick();
    expect(c.pack.protections).toBe(Protection.ChargerOv);
  });
});

describe('S3 charger over-voltage (hardware.md 9, row 40)', () => {
  it('opens the charge path alone when the terminal has stood above 65 V for a second', () => {
    c.pack.terminalMv = 65_000;
    c.run(10_000);
    expect(c.pack.protections).toBe(0);
    c.pack.terminalMv = 65_001;
    c.tick(1000);
    c.tick(1000);
    expect([c.pack.protections, c.paths]).toEqual([Protection.ChargerOv, [false, true]]);
    expect([c.guard.value[Rule.ChargerOv], c.guard.index[Rule.ChargerOv]]).toEqual([65_001, -1]);
  });
  it('does not act on a peak, nor a tick early', () => {
    c.pack.terminalMv = 66_000;
    c.tick(950);
    c.tick(950);
    expect(c.pack.protections).toBe(0);
    c.pack.terminalMv = 60_000;
    c.tick(950);
    c.pack.terminalMv = 66_000;
    c.tick(950);
    c.tick(950);
    expect(c.pack.protections).toBe(0);
    c.tick(950);
    expect(c.pack.protections).toBe(Protection.ChargerOv);
  });
  it('ends when the terminal has been normal for 2 s: not above 63 V', () => {
    c.pack.terminalMv = 66_000;
    c.run(3000);
    c.pack.terminalMv = 63_001;
    c.run(10_000);
    expect(c.pack.protections).toBe(Protection.ChargerOv);
    c.pack.terminalMv = 63_000;
    c.tick(1000);
    c.tick(1000);
    expect(c.pack.protections).toBe(Protection.ChargerOv);
    c.tick(1000);
    expect([c.pack.protections, c.paths]).toEqual([0, [true, true]]);
  });
  it('sees a charger that is the wrong way round, until the terminal is no longer negative', () => {
    c.pack.terminalMv = -300;
    c.run(10_000);
    expect(c.pack.protections).toBe(0);
    c.pack.terminalMv = -301;
    c.run(3000);
    expect(c.pack.protections).toBe(Protection.ChargerOv);
    c.pack.terminalMv = -1;
    c.run(10_000);
    expect(c.pack.protections).toBe(Protection.ChargerOv);
    c.pack.terminalMv = 0;
    c.run(4000);
    expect(c.pack.protections).toBe(0);
  });
});

describe('S11 AFE that answers and does not measure (row 8)', () => {
  it('tells after 5 s and opens both paths after 15 s', () => {
    c.pack.staleMs = 4999;
    c.run(2000);
    expect([c.pack.notices, c.pack.faults]).toEqual([0, 0]);
    c.pack.staleMs = 5000;
    c.run(1000);
    expect([c.pack.notices, c.pack.faults, c.paths]).toEqual([Notice.AfeSlow, 0, [true, true]]);
    expect(c.guard.index[Rule.AfeSlow]).toBe(-1);
    c.pack.staleMs = 14_999;
    c.run(2000);
    expect(c.pack.faults).toBe(0);
    c.pack.staleMs = 15_000;
    c.run(1000);
    expect([c.pack.notices, c.pack.faults, c.paths]).toEqual([Notice.AfeSlow, Fault.AfeFrozen, [false, false]]);
    expect([c.guard.value[Rule.AfeFrozen], c.guard.index[Rule.AfeFrozen]]).toEqual([15_000, -1]);
  });
  it('believes it again when it has moved for 2 s', () => {
    c.pack.staleMs = 20_000;
    c.run(1000);
    c.pack.staleMs = 5000;
    c.run(10_000);
    expect([c.pack.notices, c.pack.faults]).toEqual([Notice.AfeSlow, Fault.AfeFrozen]);
    c.pack.staleMs = 4999;
    c.tick(1000);
    expect([c.pack.notices, c.pack.faults]).toEqual([0, Fault.AfeFrozen]);
    c.tick(1000);
    expect(c.pack.faults).toBe(Fault.AfeFrozen);
    c.tick(1000);
    expect([c.pack.faults, c.paths]).toEqual([0, [true, true]]);
  });
});

describe('S11, S14 a frozen AFE', () => {
  it.each([-30_000, 30_000, 700, 327_670])(
    'blames neither MOSFET nor shunt for %d mA that stand still while both paths are open',
    (ma) => {
      c.pack.staleMs = 15_000;
      c.run(1000);
      expect(c.paths).toEqual([false, false]);
      c.pack.currentMa = ma;
      c.dsgReport = ma === 700 ? true : undefined;
      c.run(60_000);
      expect(c.pack.faults).toBe(Fault.AfeFrozen);
      c.pack.staleMs = 0;
      c.pack.currentMa = 0;
      c.dsgReport = undefined;
      c.run(5000);
      expect([c.pack.faults, c.paths]).toEqual([0, [true, true]]);
    },
  );
  it('is judged by what it shows when it has moved again', () => {
    c.pack.staleMs = 15_000;
    c.run(1000);
    c.pack.currentMa = 1001;
    c.pack.tempDeciC[1] = 610;
    c.run(60_000);
    c.pack.staleMs = 0;
    c.until(Rule.AfeFrozen, false);
    expect(c.until(Rule.ChgFet, true)).toBe(2000);
  });
});

describe('S42 AFE that is another one (row 7)', () => {
  it.each([1, 2])('problem %d is a fault within a second, with its number, as long as it lasts', (problem) => {
    c.pack.afeProblem = problem;
    c.run(1000);
    expect([c.pack.faults, c.guard.value[Rule.AfeConfig], c.paths]).toEqual([Fault.AfeConfig, problem, [false, false]]);
    expect(c.guard.index[Rule.AfeConfig]).toBe(-1);
    c.run(10_000);
    expect(c.pack.faults).toBe(Fault.AfeConfig);
    c.pack.afeProblem = 0;
    c.run(1000);
    expect(c.pack.faults).toBe(0);
  });
});

describe('S11 AFE that resets again and again (row 6)', () => {
  const HOUR = 3_600_000;
  function reset(): void {
    c.pack.afeResets++;
    c.tick(1000);
  }
  it('is a fault at the fourth reset within an hour, and latches', () => {
    reset();
    reset();
    reset();
    c.nowMs += HOUR - 4000;
    c.tick(1000);
    expect(c.pack.faults).toBe(0);
    reset();
    expect([c.pack.faults, c.guard.value[Rule.AfeResets], c.paths]).toEqual([Fault.AfeResets, 4, [false, false]]);
    expect(c.guard.index[Rule.AfeResets]).toBe(-1);
    c.nowMs += 24 * HOUR;
    c.run(5000);
    expect(c.pack.faults).toBe(Fault.AfeResets);
  });
  it('is none when the fourth comes after the hour, or the first four are spread', () => {
    reset();
    reset();
    reset();
    c.nowMs += HOUR - 2990;
    reset();
    expect(c.pack.faults).toBe(0);
    reset(); // the second of the first three is out of the hour, too
    expect(c.pack.faults).toBe(0);
    c.nowMs += HOUR;
    reset();
    expect(c.pack.faults).toBe(0);
  });
  it('counts resets that come between two looks', () => {
    c.pack.afeResets = 4;
    c.run(1000);
    expect([c.pack.faults, c.guard.value[Rule.AfeResets]]).toEqual([Fault.AfeResets, 4]);
  });
  it('ends by RST, service or host, and comes back with the next reset in that hour', () => {
    c.pack.afeResets = 4;
    c.run(1000);
    clearLocks(c.guard);
    c.run(10_000);
    expect(c.pack.faults).toBe(0);
    reset();
    expect(c.pack.faults).toBe(Fault.AfeResets);
  });
});

describe('S11 MOSFETs (rows 16 to 18)', () => {
  it.each([
    ['charge', Rule.ChgFet, Fault.ChgFet, chargeOpen, 1],
    ['discharge', Rule.DsgFet, Fault.DsgFet, dischargeOpen, -1],
  ] as const)(
    'more than 1 A through the open %s path for 2 s is a fault that latches',
    (_name, rule, fault, open, sign) => {
      open();
      c.pack.currentMa = sign * 1000;
      c.run(10_000);
      expect(c.pack.faults).toBe(0);
      c.pack.currentMa = sign * 1001;
      c.run(2000);
      expect(c.pack.faults).toBe(0);
      c.tick();
      expect([c.pack.faults, c.guard.value[rule], c.guard.index[rule]]).toEqual([fault, sign * 1001, -1]);
      c.pack.currentMa = 0;
      c.pack.cellMv.fill(3300);
      coolDown();
      c.run(60_000);
      expect([c.pack.faults, c.paths]).toEqual([fault, [false, false]]);
    },
  );
  it.each([
    ['charge', chargeOpen, -30_000],
    ['discharge', dischargeOpen, 30_000],
  ] as const)('current the other way through the diode of the open %s path is none', (_name, open, ma) => {
    open();
    c.pack.currentMa = ma;
    c.run(30_000);
    expect(c.pack.faults).toBe(0);
  });
  it('a peak shorter than 2 s is none', () => {
    chargeOpen();
    for (let i = 0; i < 5; i++) {
      c.pack.currentMa = 1001;
      c.run(2000);
      c.pack.currentMa = 0;
      c.tick();
    }
    expect(c.pack.faults).toBe(0);
  });
  it.each([
    ['charge', Fault.ChgFet],
    ['discharge', Fault.DsgFet],
  ] as const)('a %s MOSFET that is not reported as commanded for 2.5 s is a fault: off or on', (name, fault) => {
    for (const report of [false, true]) {
      c = new Control();
      if (report) bothOpen();
      if (name === 'charge') c.chgReport = report;
      else c.dsgReport = report;
      c.tick(); // the AFE reports it from here on
      c.run(2500);
      expect(c.pack.faults).toBe(0);
      c.tick();
      expect(c.pack.faults).toBe(fault);
      c.chgReport = c.dsgReport = undefined;
      coolDown();
      c.run(60_000);
      expect(c.pack.faults).toBe(fault);
    }
  });
  it('pre-discharge stands for the discharge MOSFET, and does not help one that has to be off', () => {
    c.dsgReport = false;
    c.pack.preDischarge = true;
    c.run(10_000);
    expect(c.pack.faults).toBe(0);
    bothOpen();
    c.run(2750);
    expect(c.pack.faults).toBe(Fault.DsgFet);
  });
  it('a discharge MOSFET that is on and does not lead for 5 s is a fault that latches', () => {
    c.pack.packMv = 52_800 - 2000;
    c.run(20_000);
    expect(c.pack.faults).toBe(0);
    c.pack.packMv -= 1;
    c.tick(1000);
    for (let i = 0; i < 4; i++) c.tick(1000);
    expect(c.pack.faults).toBe(0);
    c.tick(1000);
    expect([c.pack.faults, c.paths]).toEqual([Fault.DsgFet, [false, false]]);
    expect([c.guard.value[Rule.DsgFet], c.guard.index[Rule.DsgFet]]).toEqual([0, -1]);
    c.dsgReport = true; // and nothing sets it anew, or ends it
    c.run(60_000);
    expect(c.pack.faults & Fault.DsgFet).toBe(Fault.DsgFet);
    c.pack.packMv = 52_800;
    c.run(60_000);
    expect(c.pack.faults & Fault.DsgFet).toBe(Fault.DsgFet);
  });
  it('a charge MOSFET that keeps a charger 2 V above the stack out although it is on is one, too', () => {
    c.pack.packMv = 52_800 + 2000;
    c.run(20_000);
    expect(c.pack.faults).toBe(0);
    c.pack.packMv += 1;
    c.run(7000);
    expect(c.pack.faults).toBe(Fault.ChgFet);
  });
  it('a charger above the stack at an open charge path is none, and neither is a dead output at open paths', () => {
    chargeOpen();
    c.pack.packMv = 58_000;
    c.run(20_000);
    expect(c.pack.faults).toBe(0);
    bothOpen();
    c.pack.packMv = 0;
    c.run(20_000);
    expect(c.pack.faults).toBe(0);
  });
  it('an output that dips for less than 5 s is none, however often', () => {
    for (let i = 0; i < 5; i++) {
      c.pack.packMv = 40_000;
      c.run(5000);
      c.pack.packMv = 52_800;
      c.run(1000);
    }
    expect(c.pack.faults).toBe(0);
  });
  it('an output that changes sides begins its 5 s anew', () => {
    c.pack.packMv = 40_000;
    c.run(4000);
    c.pack.packMv = 58_000;
    c.run(4000);
    expect(c.pack.faults).toBe(0);
    c.run(2000);
    expect(c.pack.faults).toBe(Fault.ChgFet);
  });
  it('MOSFET faults end by RST, service or host', () => {
    chargeOpen();
    c.pack.currentMa = 1001;
    c.run(2250);
    c.pack.currentMa = 0;
    clearLocks(c.guard);
    coolDown();
    expect([c.pack.faults, c.paths]).toEqual([0, [true, true]]);
  });
});

describe('S11, S42 shunt (rows 19 and 20)', () => {
  it('more than 0.5 A for 10 s while both paths are open is a fault, either way', () => {
    for (const sign of [1, -1]) {
      c = new Control();
      bothOpen();
      c.pack.currentMa = sign * 500;
      c.run(30_000);
      expect(c.pack.faults).toBe(0);
      c.pack.currentMa = sign * 501;
      c.run(10_000);
      expect(c.pack.faults).toBe(0);
      c.tick();
      expect([c.pack.faults, c.guard.value[Rule.Shunt]]).toEqual([Fault.Shunt, sign * 501]);
    }
  });
  it('ends when the reading has been right for 10 s; then the paths close', () => {
    bothOpen();
    c.pack.currentMa = 1000;
    c.run(10_250);
    coolDown();
    expect([c.pack.faults, c.paths]).toEqual([Fault.Shunt, [false, false]]);
    c.pack.currentMa = 500;
    c.run(10_000);
    expect(c.pack.faults).toBe(Fault.Shunt);
    c.tick();
    expect([c.pack.faults, c.paths]).toEqual([0, [true, true]]);
  });
  it.each([1001, -1001])('%d mA with a dead output is the shunt after 2 s, and latches; no MOSFET is blamed', (ma) => {
    bothOpen();
    c.pack.packMv = 52_800 - 2001;
    c.pack.currentMa = ma;
    c.run(2000);
    expect(c.pack.faults).toBe(0);
    c.tick();
    expect(c.pack.faults).toBe(Fault.Shunt);
    c.pack.currentMa = 0;
    c.run(60_000);
    expect([c.pack.faults, isLatched(c.guard, Rule.Shunt)]).toEqual([Fault.Shunt, true]);
    clearLocks(c.guard);
    c.run(2500);
    expect(c.pack.faults).toBe(0);
  });
  it.each([
    [1001, Fault.ChgFet, 2000],
    [-1001, Fault.DsgFet, -2000],
  ])('%d mA with the output at the stack is the MOSFET, not the shunt', (ma, fault, apart) => {
    bothOpen();
    c.pack.packMv = 52_800 + apart;
    c.pack.currentMa = ma;
    c.run(20_000);
    expect(c.pack.faults).toBe(fault);
  });
  it('1.000 A with the output at the stack is too little for a MOSFET, so it is the shunt after 10 s', () => {
    bothOpen();
    c.pack.currentMa = 1000;
    c.run(10_250);
    expect([c.pack.faults, isLatched(c.guard, Rule.Shunt)]).toEqual([Fault.Shunt, false]);
  });
  it('is judged in the first sample: no path closes on a current that cannot be', () => {
    c.restart();
    c.pack.currentMa = 600;
    c.tick();
    expect([c.pack.faults, c.paths]).toEqual([Fault.Shunt, [false, false]]);
  });
  it('is not judged while one path is closed, or pre-discharge runs', () => {
    chargeOpen();
    c.pack.currentMa = 900;
    c.run(30_000);
    expect(c.pack.faults).toBe(0);
    c = new Control();
    dischargeOpen();
    c.pack.currentMa = -900;
    c.run(30_000);
    expect(c.pack.faults).toBe(0);
    c = new Control();
    c.chgReport = c.dsgReport = false;
    c.pack.preDischarge = true;
    c.pack.currentMa = 900;
    c.run(2500);
    expect(c.guard.pendingCs[Rule.Shunt]).toBe(-1);
  });
  it.each([327_670, -327_680])('a reading at its end, %d mA, is a fault in the third sample, and latches', (ma) => {
    c.pack.currentMa = ma;
    c.tick();
    c.tick();
    expect(c.pack.faults).toBe(0);
    c.tick();
    expect([c.pack.faults, isLatched(c.guard, Rule.Shunt), c.paths]).toEqual([Fault.Shunt, true, [false, false]]);
    c.pack.currentMa = 0;
    c.run(60_000);
    expect(c.pack.faults).toBe(Fault.Shunt);
  });
  it.each([327_660, -327_660])('%d mA is still a current', (ma) => {
    c.pack.currentMa = ma;
    c.run(750);
    expect(c.pack.faults).toBe(0);
  });
  it('a reading at its end blames no MOSFET', () => {
    bothOpen();
    c.pack.currentMa = 327_670;
    c.run(30_000);
    expect(c.pack.faults).toBe(Fault.Shunt);
  });
  it('two readings at the end are the start of a short circuit, and nothing more', () => {
    for (let i = 0; i < 5; i++) {
      c.pack.currentMa = -327_680;
      c.run(500);
      c.pack.currentMa = 0;
      c.run(500);
    }
    expect(c.pack.faults).toBe(0);
  });
});

describe('S11 sense wires (rows 11 to 13)', () => {
  /** Cells `low` and `low + 1` apart by `mv` around 3.300 V; the sum stays. */
  const pair = (low: number, mv: number, lean = 0): void => {
    c.pack.cellMv.fill(3300);
    c.pack.cellMv[low] = 3300 - mv / 2 + lean;
    c.pack.cellMv[low + 1] = 3300 + mv / 2 + lean;
  };
  const fault = (): [number, number] => [c.pack.faults, c.guard.index[Rule.SenseWire]!];

  it('two neighbours more than 0.6 V apart around the others are a wire between them after 2 s, not cells', () => {
    pair(8, 600);
    c.run(10_000);
    expect(c.pack.faults).toBe(0);
    pair(8, 602);
    c.run(2000);
    expect(c.pack.faults).toBe(0);
    c.tick();
    expect(fault()).toEqual([Fault.SenseWire, 8]);
    expect([c.guard.value[Rule.SenseWire], c.paths, c.pack.protections]).toEqual([602, [false, false], 0]);
  });
  it('whichever of the two is the higher', () => {
    pair(8, -602);
    c.run(2250);
    expect(fault()).toEqual([Fault.SenseWire, 8]);
  });
  it('instead of a spread of the cells, however far they go', () => {
    pair(3, 1400);
    c.run(30_000);
    expect(c.pack.faults).toBe(Fault.SenseWire);
  });
  it('S14 joins a spread of the cells that stood before, and does not end it', () => {
    c.pack.cellMv[3] = 2200;
    c.run(2250);
    expect(c.pack.faults).toBe(Fault.CellFault);
    pair(3, 1400);
    const seen = new Set<number>();
    for (let i = 0; i < 20; i++) {
      c.tick();
      seen.add(c.pack.faults);
    }
    expect([...seen]).toEqual([Fault.CellFault, Fault.CellFault | Fault.SenseWire]);
  });
  it('S14 a spread that looks like a wire for a tick is a fault no later', () => {
    c.pack.cellMv[3] = 2200;
    c.run(1750);
    pair(3, 1400);
    c.tick();
    c.pack.cellMv.fill(3300);
    c.pack.cellMv[3] = 2200;
    c.tick();
    expect(c.pack.faults).toBe(Fault.CellFault);
  });
  it('ends when they have been together again for 2 s: 0.3 V', () => {
    pair(8, 700);
    c.run(2250);
    pair(8, 302);
    c.run(10_000);
    expect(c.pack.faults).toBe(Fault.SenseWire);
    pair(8, 300);
    c.run(2000);
    expect(c.pack.faults).toBe(Fault.SenseWire);
    c.tick();
    expect([c.pack.faults, c.paths]).toEqual([0, [true, true]]);
    pair(8, 590);
    c.run(10_000);
    expect(c.pack.faults).toBe(0);
  });
  it('is none that is over before its 2 s', () => {
    for (let i = 0; i < 5; i++) {
      pair(8, 700);
      c.run(2000);
      pair(8, 0);
      c.tick();
    }
    expect(c.pack.faults).toBe(0);
  });
  it('is none when they are no neighbours', () => {
    c.pack.cellMv[4] = 2950;
    c.pack.cellMv[6] = 3650;
    c.run(10_000);
    expect(c.pack.faults).toBe(0);
  });
  it('is none when they do not go the same way from the others: a weak cell beside a good one', () => {
    pair(8, 800, -101); // sum of both deviations: a little more than a quarter of 800
    c.run(10_000);
    expect(c.pack.faults).toBe(0);
    pair(8, 800, 101);
    c.run(10_000);
    expect(c.pack.faults).toBe(0);
    pair(8, 800, 100);
    c.run(2250);
    expect(c.pack.faults).toBe(Fault.SenseWire);
  });
  it('is none when the others are apart themselves: a pack that is nearly empty', () => {
    pair(8, 800);
    c.pack.cellMv[0] = 3300 + 101;
    c.pack.cellMv[15] = 3300 - 100;
    c.run(10_000);
    expect(c.pack.faults).toBe(0);
    c.pack.cellMv[0] = 3300 + 100;
    c.run(2250);
    expect(c.pack.faults).toBe(Fault.SenseWire);
  });
  it.each([
    ['first', 0],
    ['last', 15],
  ])('the %s cell that takes the sum more than 0.4 V away from the stack is its wire', (_name, cell) => {
    for (const sign of [1, -1]) {
      c = new Control();
      c.pack.cellMv[cell] = 3300 + sign * 400;
      c.pack.cellMv[7] = 3300 - sign;
      c.pack.cellMv[9] = 3300 + sign;
      c.run(10_000);
      expect(c.pack.faults).toBe(0);
      c.pack.cellMv[cell] = 3300 + sign * 402;
      c.run(2000);
      expect(c.pack.faults).toBe(0);
      c.tick();
      expect(fault()).toEqual([Fault.SenseWire, cell]);
    }
  });
  it.each([1, 14])('another cell does not: cell %d', (cell) => {
    for (const mv of [2800, 3700]) {
      c.pack.cellMv[cell] = mv;
      c.run(10_000);
      expect(c.pack.faults).toBe(0);
    }
  });
  it.each([0, 15])('cell %d that is really weak does not: the stack agrees with the sum', (cell) => {
    c.pack.cellMv[cell] = 2750;
    c.pack.stackMv = 52_250;
    c.run(10_000);
    expect(c.pack.faults).toBe(0);
    c.pack.stackMv += 1102; // mismatch twice what the cell shows
    c.run(10_000);
    expect(c.pack.faults).toBe(0);
    c.pack.stackMv -= 12;
    c.run(2250);
    expect(c.pack.faults).toBe(Fault.SenseWire);
  });
  it.each([0, 15])('cell %d that is really strong does not either', (cell) => {
    c.pack.cellMv[cell] = 3850;
    c.pack.stackMv = 53_350 - 1100; // mismatch twice what the cell shows
    c.run(10_000);
    expect(c.pack.faults).toBe(0);
    c.pack.stackMv += 2;
    c.run(2250);
    expect(c.pack.faults).toBe(Fault.SenseWire);
  });
  it.each([0, 15])('cell %d less than 0.4 V from the others does not, whatever the stack', (cell) => {
    c.pack.cellMv[cell] = 2900;
    c.pack.stackMv = 52_400 + 500;
    c.run(10_000);
    expect(c.pack.faults).toBe(0);
    c.pack.cellMv[cell] = 2899;
    c.run(2250);
    expect(c.pack.faults).toBe(Fault.SenseWire);
  });
  it('a negative cell is a wrong wire, whatever the others do', () => {
    c.pack.cellMv[5] = -1;
    c.run(2250);
    expect(fault()).toEqual([Fault.SenseWire, 5]);
    c = new Control();
    c.pack.cellMv[5] = 0;
    c.run(2250);
    expect(c.pack.faults).toBe(Fault.CellFault);
  });
  it('is judged in the first sample', () => {
    c.restart();
    pair(8, 800);
    c.tick();
    expect([c.pack.faults, c.paths]).toEqual([Fault.SenseWire, [false, false]]);
  });
});

describe('S8 loose sensor (row 15)', () => {
  /** Minutes of looks; one in 64 is for sensors. */
  const minutes = (n: number): void => {
    for (let i = 0; i < n * 60; i++) c.tick(1000);
  };
  function loose(sensor: number, deciC = 250): void {
    c.pack.tempDeciC.set([360, 360, 360, 360, 300, 250]);
    c.pack.tempDeciC[sensor] = deciC;
  }
  it.each([0, 1, 2, 3])('T%d that shows the surroundings instead of its cell is a notice after 10 min', (sensor) => {
    loose(sensor);
    minutes(9);
    expect(c.pack.notices).toBe(0);
    minutes(4);
    expect([c.pack.notices, c.guard.index[Rule.LooseNtc], c.paths]).toEqual([Notice.LooseNtc, sensor, [true, true]]);
    expect(c.guard.value[Rule.LooseNtc]).toBe(250);
  });
  it('in a cold pack in a warm room as well', () => {
    c.pack.tempDeciC.set([150, 150, 255, 150, 300, 251]);
    minutes(13);
    expect(c.guard.index[Rule.LooseNtc]).toBe(2);
  });
  it.each([
    ['not far from the next one: 10 K', 260, 250],
    ['not near the surroundings: 3.1 K', 250, 281],
    ['not near the surroundings from the other side', 250, 219],
  ])('is none %s', (_name, sensor, ambient) => {
    loose(2, sensor);
    c.pack.tempDeciC[5] = ambient;
    minutes(15);
    expect(c.pack.notices).toBe(0);
  });
  it.each([280, 220])('is one 3 K from the surroundings, 11 K from the next one: ambient %d', (ambient) => {
    loose(2, 250);
    c.pack.tempDeciC[5] = ambient;
    minutes(13);
    expect(c.pack.notices).toBe(Notice.LooseNtc);
  });
  it('is none when one hot cell leaves three at the surroundings', () => {
    c.pack.tempDeciC.set([360, 250, 250, 250, 300, 250]);
    minutes(15);
    expect(c.pack.notices).toBe(0);
  });
  it('ends when it has been less than 5 K beside the next one for 10 min', () => {
    loose(2);
    minutes(13);
    c.pack.tempDeciC[2] = 309;
    c.pack.tempDeciC[5] = 300;
    minutes(15);
    expect(c.pack.notices).toBe(Notice.LooseNtc);
    c.pack.tempDeciC[2] = 310;
    minutes(9);
    expect(c.pack.notices).toBe(Notice.LooseNtc);
    minutes(4);
    expect(c.pack.notices).toBe(0);
  });
  it('is not judged without all sensors, and stays as it is', () => {
    loose(2);
    c.pack.tempValid = 63 & ~32;
    minutes(15);
    expect(c.pack.notices).toBe(0);
    c.pack.tempValid = 63;
    minutes(13);
    c.pack.tempValid = 63 & ~1;
    c.pack.tempDeciC[2] = 360;
    minutes(15);
    expect(c.pack.notices).toBe(Notice.LooseNtc);
  });
});

describe('S11 what only service ends', () => {
  it('are MOSFETs, a shunt that was far off, and resets', () => {
    const latched = [];
    c.guard.value[Rule.Shunt] = -1001;
    for (let rule = 0; rule < Rule.Count; rule++) if (isLatched(c.guard, rule)) latched.push(rule);
    expect(latched).toEqual([Rule.ChgFet, Rule.DsgFet, Rule.Shunt, Rule.AfeResets]);
    c.guard.value[Rule.Shunt] = -1000;
    expect(isLatched(c.guard, Rule.Shunt)).toBe(false);
  });
});

describe('steady state', () => {
  it('a pack in which all is well looks at nothing twice', () => {
    c.run(10_000);
    expect(c.guard.settled).toBe(31);
    c.pack.terminalMv = 66_000;
    c.run(3000);
    c.pack.terminalMv = 52_800;
    c.run(5000);
    expect(c.guard.settled).toBe(31);
  });
  it('S3 over-voltage is released early only by its parameter', () => {
    c.params[P.OvReleaseSoc] = 0;
    c.run(2000);
    expect(c.guard.early).toBe(false);
  });
});
