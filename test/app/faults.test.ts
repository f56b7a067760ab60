/** Rows 1 to 10 of hardware.md section 9 in closed loop: the AFE, its bus and what it says. */
import { describe, expect, it } from 'vitest';
import { Rule } from '../../src/bms/rules';
import { FAULTS, FUTURE_FAULTS } from '../../tools/faults';
import { clear, everOpen, expectNoErrors, inject, LED_ALM, livingPack, told } from '../support/faulty';
import { fets } from '../support/fets';
import { reaction, watch } from '../support/reaction';

const PHASES = [3, 77, 130, 201, 248];
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** The third failing tick is the last one that counts. */
const LOST = [500, 1000] as const;

describe('the catalogue', () => {
  it('S11 has each of the 41 rows, under names that differ', () => {
    const all = [...FAULTS, ...FUTURE_FAULTS];
    const rows = new Set(all.map(({ row }) => row));
    expect(Array.from({ length: 41 }, (_, i) => i + 1).filter((row) => !rows.has(row))).toEqual([]);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  it.each(FAULTS.map((fault) => [fault.name, fault] as const))('S11 "%s" can begin and end', (_name, fault) => {
    const pack = livingPack({ soc: 0.6 });
    fault.inject(pack.board);
    pack.run(3000);
    fault.clear(pack.board);
    pack.run(3000);
    expectNoErrors(pack);
  });
});

describe('faults of the AFE bus', () => {
  it.each([
    ['1', 'AFE cut off'],
    ['1', 'AFE deaf'],
    ['4', 'SDA stuck low'],
    ['5', 'SCL stuck low'],
  ])(
    'S11, S14 row %s: %s opens both paths after three ticks, keeps old values as old, heals by itself',
    (row, name) => {
      for (const phaseMs of PHASES) {
        const pack = livingPack({}, phaseMs);
        const { board, firmware } = pack;
        board.plant.setLoad({ amps: 20 });
        pack.run(2000);
        const cells = [...firmware.pack.cellMv];
        const measured = watch(pack, Rule.AfeLost, 'both', 3000, () => inject(pack, name));
        reaction({ id: 'S11', row, what: name, ...measured, withinMs: LOST });
        pack.run(1000);
        expect(told(pack)).toEqual(['AFE lost']);
        expect([firmware.pack.sampleOk, [...firmware.pack.cellMv]]).toEqual([false, cells]);
        expect(board.ledBits).toBe(LED_ALM);
        expect(Math.abs(board.plant.truth().currentMa)).toBeLessThan(50);
        pack.run(20_000);
        expect(fets(pack)).toEqual([false, false]);
        clear(pack, name);
        pack.run(10_000);
        expect([told(pack), fets(pack)]).toEqual([[], [true, true]]);
        expectNoErrors(pack);
      }
    },
  );

  it.each([
    ['2', 'flipped bit on the AFE bus'],
    ['4', 'SDA held low until nine clocks'],
  ])('S11 row %s: %s costs no sample and opens nothing', (row, name) => {
    expect(row).not.toBe('');
    for (const phaseMs of PHASES) {
      const pack = livingPack({}, phaseMs);
      for (let k = 0; k < 20; k++) {
        const before = pack.firmware.pack.samples;
        inject(pack, name);
        pack.run(250);
        expect([pack.firmware.pack.samples, pack.firmware.pack.sampleOk]).toEqual([before + 1, true]);
      }
      expect([told(pack), fets(pack)]).toEqual([[], [true, true]]);
    }
  });

  it('S11 row 5: an AFE that stretches the clock delays ticks, and stays what guards the pack', () => {
    const pack = livingPack();
    inject(pack, 'AFE stretches the clock by 20 ms');
    pack.run(MINUTE);
    expect((pack.board.lastKickUs / 1000) % 250).toBeGreaterThan(100); // of each tick
    pack.board.plant.setLoad({ amps: 135 });
    const measured = watch(pack, [Rule.DsgOcp, Rule.AfeLost], 'dsg', 5000, () => {});
    reaction({ id: 'S5', row: '5', what: 'over-current over a slow bus', ...measured, withinMs: [1000, 2000] });
    expectNoErrors(pack);
  });
});

describe('faults of the AFE itself', () => {
  it('S11 row 6: a reset of the AFE opens both paths at once, no value of it is used, and it is configured anew', () => {
    for (const phaseMs of PHASES) {
      const pack = livingPack({}, phaseMs);
      const { firmware, board } = pack;
      board.plant.setLoad({ amps: 40 });
      pack.run(2000);
      const samples = firmware.pack.samples;
      let worstMa = 0;
      inject(pack, 'AFE reset');
      pack.run(1);
      expect(fets(pack)).toEqual([false, false]);
      const closedMs = pack.runUntil(() => {
        if (firmware.pack.sampleOk) worstMa = Math.min(worstMa, firmware.pack.currentMa);
        return fets(pack)[1];
      }, 10_000);
      expect(closedMs).toBeLessThan(6000);
      expect(worstMa).toBeGreaterThan(-41_000);
      expect(firmware.pack.samples).toBeGreaterThan(samples);
      expect([firmware.pack.afeResets, told(pack)]).toEqual([1, []]);
      pack.run(3000);
      expect(board.plant.truth().currentMa).toBeLessThan(-39_000);
      expectNoErrors(pack);
    }
  });

  it('S11 row 6: a fourth reset within an hour is a fault that stays; more than an hour apart they are events only', () => {
    const pack = livingPack();
    for (let k = 0; k < 4; k++) {
      inject(pack, 'AFE reset');
      pack.run(65 * MINUTE);
      expect([told(pack), fets(pack)]).toEqual([[], [true, true]]);
    }
    for (let k = 0; k < 3; k++) {
      inject(pack, 'AFE reset');
      pack.run(5 * MINUTE);
    }
    expect([told(pack), fets(pack)]).toEqual([[], [true, true]]);
    const measured = watch(pack, Rule.AfeResets, 'both', 10_000, () => inject(pack, 'AFE reset'));
    reaction({ id: 'S11', row: '6', what: 'fourth AFE reset', ...measured, withinMs: [0, 200] });
    pack.run(HOUR);
    expect([told(pack), fets(pack)]).toEqual([['AFE resets'], [false, false]]);
    expectNoErrors(pack);
  });

  it('S11 row 7: a changed configuration is found within a minute and written anew before a path closes', () => {
    const pack = livingPack();
    const { board } = pack;
    pack.run(MINUTE);
    const good = board.afe.bench.dataMemory(0x9286);
    const startMs = pack.nowMs;
    inject(pack, 'AFE configuration changed by itself');
    expect(board.afe.bench.dataMemory(0x9286)).not.toBe(good);
    const foundMs = pack.runUntil(() => !fets(pack)[0] && !fets(pack)[1], 2 * MINUTE);
    reaction({
      id: 'S42',
      row: '7',
      what: 'short-circuit limit of the AFE changed',
      detectedMs: null, // no rule: the driver configures anew
      openedMs: foundMs,
      withinMs: [0, MINUTE + 2000],
    });
    pack.runUntil(() => fets(pack)[0] && fets(pack)[1], 10_000);
    expect(board.afe.bench.dataMemory(0x9286)).toBe(good);
    expect(pack.nowMs - startMs).toBeLessThan(2 * MINUTE);
    expectNoErrors(pack);
  });

  it('S11, S14 row 9: zeros with good checksums are an implausible measurement, never an under-voltage', () => {
    for (const phaseMs of PHASES) {
      const pack = livingPack({}, phaseMs);
      const measured = watch(pack, [Rule.Implausible, Rule.SenseWire], 'both', 3000, () =>
        inject(pack, 'AFE reads zeros'),
      );
      reaction({ id: 'S11', row: '9', what: 'AFE reads zeros', ...measured, withinMs: LOST });
      pack.run(5000);
      expect(told(pack).join()).toMatch(/^(Implausible|Sense wire)$/);
      clear(pack, 'AFE reads zeros');
      pack.run(10_000);
      expect([told(pack), fets(pack)]).toEqual([[], [true, true]]);
    }
  });

  it('S11, S14 row 9: zeros of a single sample open nothing', () => {
    const pack = livingPack();
    inject(pack, 'AFE reads zeros');
    pack.run(250);
    clear(pack, 'AFE reads zeros');
    expect(everOpen(pack, 5000)).toBe(false);
    expect(told(pack)).toEqual([]);
  });

  it('S8, S11 row 10: 168 °C for one sample is neither alarm nor protection', () => {
    for (const phaseMs of PHASES) {
      const pack = livingPack({}, phaseMs);
      inject(pack, 'one temperature far off for one sample');
      expect(everOpen(pack, 10_000)).toBe(false);
      expect(told(pack)).toEqual([]);
    }
  });
});
