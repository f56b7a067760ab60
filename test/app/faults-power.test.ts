/** Rows 16 to 23, 39 and 40 of hardware.md section 9 in closed loop: MOSFETs, shunt, breaker, what hangs on the terminals. */
import { describe, expect, it } from 'vitest';
import { isActive } from '../../src/bms/guard';
import { BreakerAlarm, BreakerState } from '../../src/bms/breaker';
import { Rule } from '../../src/bms/rules';
import { VirtualPack } from '../../tools/virtual-pack';
import { clear, everOpen, expectNoErrors, inject, LED_ALM, livingPack, told } from '../support/faulty';
import { fets } from '../support/fets';
import { reaction, watch } from '../support/reaction';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const PHASES = [5, 90, 244];
const CHARGER = { amps: 20, volts: 57.6 };

/** A pack whose charge path is open because a cell is too warm; the other one is closed. */
function warm(phaseMs: number): VirtualPack {
  const pack = livingPack({}, phaseMs);
  pack.board.plant.holdTemperature(1, 54);
  pack.run(5000);
  pack.board.plant.holdTemperature(1, 57);
  pack.run(5000);
  expect(fets(pack)).toEqual([false, true]);
  return pack;
}

/** A pack whose discharge path is open because a cell is empty. */
function empty(phaseMs: number): VirtualPack {
  const pack = livingPack({}, phaseMs);
  pack.board.plant.setSoc(-0.0112, 3);
  pack.runUntil(() => !fets(pack)[1], 5000);
  pack.run(2000);
  expect(fets(pack)).toEqual([true, false]);
  return pack;
}

/** Both paths open, for a reason that has nothing to do with current. */
function tooHot(pack: VirtualPack): void {
  for (const celsius of [40, 54, 67]) {
    pack.board.plant.holdTemperature(0, celsius);
    pack.run(5000);
  }
  expect(fets(pack)).toEqual([false, false]);
}

describe('faults of the MOSFETs', () => {
  it('S11 row 16: a welded charge MOSFET is found by current through the open path; both paths open until service', () => {
    for (const phaseMs of PHASES) {
      const pack = warm(phaseMs);
      const { board } = pack;
      inject(pack, 'charge MOSFET welded');
      pack.run(5000);
      expect(told(pack)).not.toContain('Charge MOSFET'); // no current, nothing to see
      const measured = watch(pack, Rule.ChgFet, 'both', 5000, () => board.plant.connectCharger(CHARGER));
      reaction({ id: 'S11', row: '16', what: 'charge MOSFET welded', ...measured, withinMs: [2000, 2600] });
      pack.run(1000);
      expect(board.ledBits).toBe(LED_ALM);
      board.plant.disconnectCharger();
      clear(pack, 'charge MOSFET welded');
      board.plant.holdTemperature(1, 25);
      pack.run(MINUTE);
      expect(fets(pack)).toEqual([false, false]);
      board.restart('watchdog');
      pack.run(10_000);
      expect([told(pack).includes('Charge MOSFET'), fets(pack)]).toEqual([true, [false, false]]);
      expectNoErrors(pack);
    }
  });

  it('S11 row 17: a welded discharge MOSFET is found by current through the open path; both paths open until service', () => {
    for (const phaseMs of PHASES) {
      const pack = empty(phaseMs);
      const { board } = pack;
      inject(pack, 'discharge MOSFET welded');
      pack.run(5000);
      expect(told(pack)).not.toContain('Discharge MOSFET');
      const measured = watch(pack, Rule.DsgFet, 'both', 5000, () => board.plant.setLoad({ amps: 5 }));
      reaction({ id: 'S11', row: '17', what: 'discharge MOSFET welded', ...measured, withinMs: [2000, 2600] });
      pack.run(1000);
      expect(board.ledBits).toBe(LED_ALM);
      board.plant.setLoad(null);
      clear(pack, 'discharge MOSFET welded');
      pack.run(MINUTE / 2);
      expect(fets(pack)).toEqual([false, false]);
      expectNoErrors(pack);
    }
  });

  it('S11, S12 row 16: charge current through the body diode of an open discharge path is no weld', () => {
    const pack = empty(0);
    pack.board.plant.connectCharger(CHARGER);
    pack.run(MINUTE);
    expect(told(pack)).not.toContain('Discharge MOSFET');
    expect(pack.firmware.pack.faults).toBe(0);
  });

  it('S11 row 18: a discharge MOSFET that conducts nothing although it is on is a fault within 8 s', () => {
    const pack = livingPack();
    const { board } = pack;
    const measured = watch(pack, Rule.DsgFet, 'both', 10_000, () => {
      inject(pack, 'discharge MOSFET failed open');
      board.plant.setLoad({ amps: 10 });
    });
    reaction({ id: 'S11', row: '18', what: 'discharge MOSFET failed open', ...measured, withinMs: [5000, 8000] });
    board.plant.setLoad(null);
    clear(pack, 'discharge MOSFET failed open');
    pack.run(MINUTE);
    expect(fets(pack)).toEqual([false, false]);
    expectNoErrors(pack);
  });

  it('S11 row 18: a charge MOSFET that conducts nothing leaves discharging over its body diode', () => {
    const pack = livingPack();
    inject(pack, 'charge MOSFET failed open');
    pack.board.plant.setLoad({ amps: 10 });
    pack.run(MINUTE);
    expect(pack.board.plant.truth().currentMa).toBeLessThan(-9000);
    expectNoErrors(pack);
  });
});

describe('faults of the shunt', () => {
  it('S13 row 19: 0.3 A that are not there are learned with both paths open, and the charge does not drift', () => {
    const pack = livingPack();
    const { board, firmware } = pack;
    inject(pack, 'shunt off by 0.3 A');
    tooHot(pack);
    pack.run(MINUTE);
    expect(told(pack)).not.toContain('Shunt');
    expect(firmware.estimator.offsetMa).toBeGreaterThan(280);
    expect(firmware.estimator.offsetMa).toBeLessThan(320);
    board.plant.holdTemperature(0, 30);
    pack.run(10_000);
    const before = firmware.pack.remainingMas;
    pack.run(HOUR);
    expect(Math.abs(firmware.pack.remainingMas - before) / firmware.pack.fullMas).toBeLessThan(0.001);
    expect([told(pack), fets(pack)]).toEqual([[], [true, true]]);
    expectNoErrors(pack);
  });

  it('S11 row 19: 2 A with both paths open are a fault of the shunt', () => {
    const pack = livingPack();
    tooHot(pack);
    const measured = watch(pack, Rule.Shunt, 'both', 30_000, () => inject(pack, 'shunt off by 2 A'));
    reaction({ id: 'S11', row: '19', what: 'shunt off by 2 A, both paths open', ...measured, withinMs: [0, 15_000] });
  });

  it('S11 row 20: an open shunt drives the reading to its end; the AFE opens both paths at once', () => {
    for (const phaseMs of PHASES) {
      const pack = livingPack({}, phaseMs);
      const measured = watch(pack, Rule.Shunt, 'both', 5000, () => inject(pack, 'shunt open'));
      reaction({ id: 'S11', row: '20', what: 'shunt open', ...measured, withinMs: [0, 1000] });
      pack.run(5000);
      expect(told(pack)).toContain('Shunt');
      clear(pack, 'shunt open');
      expectNoErrors(pack);
    }
  });
});

describe('faults outside', () => {
  it('S7 row 22: after a short circuit both paths stay open, and ten of them lock', () => {
    const pack = livingPack({ soc: 0.8 });
    const { board, firmware } = pack;
    inject(pack, 'short circuit');
    pack.run(500);
    expect([told(pack), fets(pack)]).toEqual([['SCP'], [false, false]]);
    pack.run(10 * MINUTE);
    expect(fets(pack)).toEqual([false, false]);
    clear(pack, 'short circuit');
    pack.run(30_000);
    expect(fets(pack)).toEqual([true, true]); // the load is gone
    for (let k = firmware.guard.trips[2]!; k < 10; k++) {
      inject(pack, 'short circuit');
      pack.run(500);
      clear(pack, 'short circuit');
      pack.run(MINUTE + 10_000); // the AFE's own recovery takes a minute
    }
    expect([firmware.guard.trips[2], fets(pack)]).toEqual([10, [false, false]]);
    pack.run(HOUR);
    expect(fets(pack)).toEqual([false, false]);
    board.plant.connectCharger(CHARGER);
    pack.run(10_000);
    expect(fets(pack)).toEqual([true, true]);
    expectNoErrors(pack);
  });

  it('S11 row 23: after 11 s without a word the AFE has opened both paths; the firmware decides before they close', () => {
    const pack = livingPack();
    const { board } = pack;
    board.plant.setLoad({ amps: 10 });
    pack.run(1000);
    const startMs = board.time.nowUs / 1000;
    inject(pack, 'program stands still for 11 s');
    while (fets(pack)[0] || fets(pack)[1]) board.run(1);
    const openedMs = Math.round(board.time.nowUs / 1000 - startMs);
    while (!isActive(pack.firmware.guard, Rule.AfeTrip)) board.run(1);
    expect(fets(pack)).toEqual([false, false]); // judged before anything closes
    const detectedMs = Math.round(board.time.nowUs / 1000 - startMs);
    reaction({ id: 'S11', row: '23', what: 'program silent', detectedMs, openedMs, withinMs: [9000, 11_000] });
    expect(detectedMs).toBeLessThan(11_600);
    pack.run(10_000);
    expect([told(pack), fets(pack)]).toEqual([[], [true, true]]);
    expectNoErrors(pack);
  });

  it('S10 row 39: an open breaker is an alarm within 5 s, and no cell protection follows', () => {
    for (const phaseMs of PHASES) {
      const pack = livingPack({}, phaseMs);
      pack.board.plant.setLoad({ amps: 10 });
      pack.run(3000);
      const measured = watch(pack, Rule.Breaker, 'none', 10_000, () => inject(pack, 'breaker opened'));
      reaction({ id: 'S10', row: '39', what: 'breaker opened under load', ...measured, withinMs: [2000, 5000] });
      expect(pack.firmware.breaker.state).toBe(BreakerState.Open);
      expect(everOpen(pack, 30_000)).toBe(false);
      expect(told(pack)).toEqual(['Breaker']);
      clear(pack, 'breaker opened');
      pack.run(5000);
      expect([told(pack), pack.firmware.breaker.state]).toEqual([[], BreakerState.Closed]);
    }
  });

  it('S10 row 39: a breaker that trips under 128 A is told as tripped', () => {
    const pack = livingPack({ soc: 0.9 });
    pack.board.plant.setLoad({ amps: 128 });
    pack.run(5000);
    inject(pack, 'breaker tripped');
    pack.run(5000);
    expect(pack.firmware.breaker.state).toBe(BreakerState.Tripped);
    expect(pack.firmware.breaker.alarms & BreakerAlarm.Tripped).not.toBe(0);
  });

  it('S3 row 40: a charger of 66 V keeps the charge path open and is told; it closes when the charger is gone', () => {
    for (const phaseMs of PHASES) {
      const pack = livingPack({}, phaseMs);
      pack.board.plant.holdTemperature(1, 54);
      pack.run(5000);
      pack.board.plant.holdTemperature(1, 57);
      pack.run(5000);
      const measured = watch(pack, Rule.ChargerOv, 'chg', 5000, () => inject(pack, 'charger of 66 V'));
      reaction({ id: 'S3', row: '40', what: 'charger of 66 V', ...measured, withinMs: [0, 3000] });
      pack.board.plant.holdTemperature(1, 40);
      pack.run(10_000);
      expect([told(pack), fets(pack)]).toEqual([['Charger OV'], [false, true]]);
      clear(pack, 'charger of 66 V');
      pack.run(10_000);
      expect([told(pack), fets(pack)]).toEqual([[], [true, true]]);
    }
  });

  it.each([20, 2000])(
    'S2, S7 row 40: a reversed charger of %i A is a load like others, and beyond the limits cut off',
    (amps) => {
      const pack = livingPack({ soc: 0.6 });
      pack.board.plant.reverseCharger({ amps, volts: 57.6 });
      pack.run(20_000);
      const { currentMa, fets: gates } = pack.board.plant.truth();
      if (amps === 20)
        expect(currentMa).toBeGreaterThan(-21_000); // a load like others
      else expect([gates.dsg, Math.abs(currentMa) < 100]).toEqual([false, true]);
      clear(pack, 'charger reversed');
      pack.run(2 * MINUTE);
      expect(fets(pack)).toEqual([true, true]);
      expectNoErrors(pack);
    },
  );
});
