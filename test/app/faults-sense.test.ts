/** Rows 3, 8, 11 to 15 and 21 of hardware.md section 9 in closed loop: what is measured, and how. */
import { describe, expect, it } from 'vitest';
import { Rule } from '../../src/bms/rules';
import { VirtualPack } from '../../tools/virtual-pack';
import { clear, everOpen, expectNoErrors, inject, LED_ALM, livingPack, told } from '../support/faulty';
import { fets } from '../support/fets';
import { reaction, watch } from '../support/reaction';

const PHASES = [4, 88, 247];
const MINUTE = 60_000;

function soc({ firmware }: VirtualPack): number {
  return firmware.pack.remainingMas / firmware.pack.fullMas;
}

/** A load that never stays the same, so that the cells' voltages never do. */
function restless(pack: VirtualPack): void {
  const { plant, time } = pack.board;
  let amps = 10;
  const next = (): void => {
    amps = 10 + ((amps + 17) % 40);
    plant.setLoad({ amps });
    time.at(time.nowUs + 730_000, next);
  };
  next();
}

/** Charge that really flowed out since `fromMas`, as a share of the capacity. */
function spent({ board, firmware }: VirtualPack, fromMas: number): number {
  return (board.plant.truth().dischargedMas - fromMas) / firmware.pack.fullMas;
}

describe('faults of the answers', () => {
  it.each(['AFE answers with old data', 'AFE answers with wrong checksums', 'AFE answers late'])(
    'S11, S13, S14 row 3: %s: no such value is used, and the charge goes on right afterwards',
    (name) => {
      const pack = livingPack({ soc: 0.6 });
      pack.board.plant.setLoad({ amps: 50 });
      pack.run(MINUTE);
      const [from, before] = [pack.board.plant.truth().dischargedMas, soc(pack)];
      inject(pack, name);
      pack.run(8000);
      expect([pack.firmware.pack.faults, fets(pack)[1]]).toEqual([0, true]);
      clear(pack, name);
      pack.run(5 * MINUTE);
      expect(Math.abs(before - soc(pack) - spent(pack, from))).toBeLessThan(0.003);
      expect([told(pack), fets(pack)]).toEqual([[], [true, true]]);
      expectNoErrors(pack);
    },
  );

  it.each(['AFE measurements frozen'])(
    'S11, S14 row 8: %s under a restless load: told after 5 s, both paths open after 15 s',
    (name) => {
      for (const phaseMs of PHASES) {
        const pack = livingPack({ soc: 0.6 }, phaseMs);
        restless(pack);
        pack.run(5000);
        const injectedUs = pack.board.time.nowUs;
        const slow = watch(pack, Rule.AfeSlow, 'none', 12_000, () => inject(pack, name));
        reaction({ id: 'S11', row: '8', what: `${name}: notice`, ...slow, withinMs: [4000, 8000] });
        const waitedMs = Math.round((pack.board.time.nowUs - injectedUs) / 1000);
        const { detectedMs, openedMs } = watch(pack, Rule.AfeFrozen, 'both', 20_000, () => {});
        const times = { detectedMs: waitedMs + detectedMs, openedMs: waitedMs + openedMs! };
        reaction({ id: 'S11', row: '8', what: name, ...times, withinMs: [12_000, 18_000] });
        clear(pack, name);
        pack.run(20_000);
        expect(pack.firmware.pack.faults).toBe(0);
        expect(fets(pack)).toEqual([true, true]);
        expectNoErrors(pack);
      }
    },
  );

  it('S11, S14 row 8: AFE cell registers frozen, and one step of the load: told after 5 s, both open after 15 s', () => {
    for (const phaseMs of PHASES) {
      const pack = livingPack({ soc: 0.6 }, phaseMs);
      pack.board.plant.setLoad({ amps: 10 });
      pack.run(5000);
      inject(pack, 'AFE cell registers frozen');
      pack.run(3000);
      const what = 'AFE cell registers frozen, from a step of 50 A on';
      const measured = watch(pack, Rule.AfeFrozen, 'both', 20_000, () => pack.board.plant.setLoad({ amps: 60 }));
      reaction({ id: 'S11', row: '8', what, ...measured, withinMs: [14_000, 18_000] });
      expect(told(pack)).toContain('AFE slow');
      expectNoErrors(pack);
    }
  });

  it('S11 row 8: a pack at rest, whose values hardly move, is not frozen', () => {
    const pack = livingPack({ soc: 0.5 });
    for (let k = 0; k < 30; k++) {
      pack.run(MINUTE);
      expect(told(pack)).toEqual([]);
    }
  });

  it('S13 row 21: a charge counter that starts anew costs no charge', () => {
    const pack = livingPack({ soc: 0.7 });
    pack.board.plant.setLoad({ amps: 80 });
    pack.run(5 * MINUTE);
    const [from, before] = [pack.board.plant.truth().dischargedMas, soc(pack)];
    for (let k = 0; k < 5; k++) {
      inject(pack, 'charge counter of the AFE starts anew');
      pack.run(MINUTE);
    }
    expect(Math.abs(before - soc(pack) - spent(pack, from))).toBeLessThan(0.003);
    expect([told(pack), fets(pack)]).toEqual([[], [true, true]]);
    expectNoErrors(pack);
  });
});

describe('faults of the sense wires', () => {
  it.each([
    ['11', 'sense wire broken between two cells'],
    ['12', 'lowest sense wire broken'],
    ['12', 'highest sense wire broken'],
  ])('S11 row %s: %s is a fault of the wire, not of a cell; both paths open', (row, name) => {
    for (const phaseMs of PHASES) {
      const pack = livingPack({}, phaseMs);
      pack.board.plant.setLoad({ amps: 10 });
      pack.run(3000);
      const [from, before] = [pack.board.plant.truth().dischargedMas, soc(pack)];
      const measured = watch(pack, Rule.SenseWire, 'both', 10 * MINUTE, () => inject(pack, name));
      reaction({ id: 'S11', row, what: name, ...measured, withinMs: [0, 5 * MINUTE] });
      if (row === '11') expect(pack.firmware.pack.protections).toBe(0);
      expect(Math.abs(before - soc(pack) - spent(pack, from))).toBeLessThan(0.03);
      const then = soc(pack);
      pack.run(MINUTE);
      expect(pack.board.ledBits).toBe(LED_ALM);
      expect(pack.firmware.pack.bleedMask).toBe(0);
      expect(Math.abs(soc(pack) - then)).toBeLessThan(0.005); // a false cell teaches nothing
      clear(pack, name);
      pack.board.plant.setLoad(null);
      pack.run(MINUTE);
      expect([told(pack), fets(pack)]).toEqual([[], [true, true]]);
      expectNoErrors(pack);
    }
  });

  it('S11, S42 row 13: exchanged wires read negative: a fault at once, and after a start no path ever closes', () => {
    const pack = livingPack();
    pack.board.plant.setLoad({ amps: 5 });
    pack.run(1000);
    const measured = watch(pack, [Rule.SenseWire, Rule.Implausible], 'both', 3000, () =>
      inject(pack, 'two sense wires exchanged'),
    );
    reaction({ id: 'S11', row: '13', what: 'sense wires exchanged', ...measured, withinMs: [500, 1000] });
    pack.restart();
    for (let k = 0; k < 400; k++) {
      pack.run(25);
      expect(fets(pack)).toEqual([false, false]);
    }
    expect(told(pack).join()).toMatch(/Implausible|Sense wire/);
    clear(pack, 'two sense wires exchanged');
    pack.board.plant.setLoad(null);
    pack.board.plant.connectCharger({ amps: 5, volts: 57 }); // the AFE has switched itself off over a cell of -3 V
    pack.run(20_000);
    expect(fets(pack)).toEqual([true, true]);
    expectNoErrors(pack);
  });
});

describe('faults of the sensors', () => {
  it.each(['cell sensor broken off', 'cell sensor shorted'])(
    'S8, S11, S14 row 14: %s is a fault; no number of it is used; it ends with its cause',
    (name) => {
      for (const phaseMs of PHASES) {
        const pack = livingPack({}, phaseMs);
        const measured = watch(pack, Rule.NtcFault, 'both', 5000, () => inject(pack, name));
        reaction({ id: 'S8', row: '14', what: name, ...measured, withinMs: [2000, 2500] });
        expect(pack.firmware.guard.index[Rule.NtcFault]).toBe(1);
        pack.run(5000);
        expect(told(pack)).toContain('Cell NTC');
        expect(fets(pack)).toEqual([false, false]);
        expect(pack.board.ledBits).toBe(LED_ALM);
        clear(pack, name);
        pack.run(10_000);
        expect([told(pack), fets(pack)]).toEqual([[], [true, true]]);
      }
    },
  );

  it.each(['MOSFET sensor broken off', 'ambient sensor shorted'])(
    'S8 row 14: %s is an alarm; the cells have their own sensors, so nothing opens',
    (name) => {
      const pack = livingPack();
      const measured = watch(pack, Rule.Sensor, 'none', 5000, () => inject(pack, name));
      reaction({ id: 'S8', row: '14', what: name, ...measured, withinMs: [1900, 2500] });
      expect(everOpen(pack, 10_000)).toBe(false);
      expect(told(pack)).toEqual(['Sensor T5/T6']);
      clear(pack, name);
      pack.run(10_000);
      expect(told(pack)).toEqual([]);
    },
  );

  it('S8 row 15: a sensor that has come off its warm cell is a notice and opens nothing', () => {
    const pack = livingPack({ ambientCelsius: 20 });
    const { plant } = pack.board;
    for (const celsius of [30, 38]) {
      for (let sensor = 0; sensor < 4; sensor++) plant.holdTemperature(sensor, celsius);
      pack.run(10_000);
    }
    expect(told(pack)).toEqual([]);
    const measured = watch(pack, Rule.LooseNtc, 'none', 30 * MINUTE, () => inject(pack, 'cell sensor off its cell'));
    reaction({ id: 'S8', row: '15', what: 'cell sensor off its cell', ...measured, withinMs: [0, 15 * MINUTE] });
    expect(pack.firmware.guard.index[Rule.LooseNtc]).toBe(1);
    expect(everOpen(pack, 10_000)).toBe(false);
    clear(pack, 'cell sensor off its cell');
    pack.run(15 * MINUTE);
    expect(told(pack)).toEqual([]);
    expectNoErrors(pack);
  });
});
