/**
 * How fast the pack protects itself: physical cause at a random phase of the tick, rule set, MOSFETs really off. Limits are
 * those of the requirements, plus what the way to them takes: one tick of 250 ms, and the AFE's scan (63 ms cells,
 * 189 ms temperatures, 3 ms current).
 */
import { describe, expect, it } from 'vitest';
import { isActive } from '../../src/bms/guard';
import { Sensor } from '../../src/bms/pack';
import { Rule } from '../../src/bms/rules';
import { seededRandom } from '../../src/hal-mock/random';
import { VirtualPack, type VirtualPackOptions } from '../../tools/virtual-pack';
import { fets } from '../support/fets';
import { isOpen, reaction, watch, type Opens } from '../support/reaction';

const ROUNDS = 5;
const TICK_MS = 250;
const CELL_SCAN_MS = 63;
const FULL_SCAN_MS = 189;
/** Bus, slices, and the millisecond in which the test looks. */
const WAY_MS = 10;

const VOLTAGE: Within = [1000, 1000 + TICK_MS + CELL_SCAN_MS + WAY_MS];
const CURRENT: Within = [1000, 1300];
const TEMPERATURE: Within = [2000, 2000 + TICK_MS + FULL_SCAN_MS + WAY_MS];
/** The third failing tick; the second stage of over-current is the AFE's, in steps of 3.3 ms. */
const LOST: Within = [2 * TICK_MS, 4 * TICK_MS];
const STAGE_2: Within = [90, 115];
const SHORT_US = 300;

type Within = readonly [number, number];
type Step = (pack: VirtualPack) => void;

/** A pack that has closed both paths, some odd time after a tick. */
function living(phaseMs: number, options: Partial<VirtualPackOptions>): VirtualPack {
  const pack = new VirtualPack({ care: true, ...options });
  pack.run(6000);
  expect(fets(pack)).toEqual([true, true]);
  pack.board.run(phaseMs);
  return pack;
}

function hold(celsius: number, ...sensors: number[]): Step {
  return ({ board }) => sensors.forEach((sensor) => board.plant.holdTemperature(sensor, celsius));
}

function cellsTo(soc: number, cell?: number): Step {
  return ({ board }) => board.plant.setSoc(soc, cell);
}

function charge(amps: number): Step {
  return ({ board }) => board.plant.connectCharger({ amps, volts: 62 });
}

function discharge(amps: number): Step {
  return ({ board }) => board.plant.setLoad({ amps });
}

function breakNtc(fault: 'open' | 'short'): Step {
  return ({ board }) => board.plant.faultNtc(3, fault);
}

const unplugAfe: Step = ({ board }) => {
  board.afeBus.faults.unplugged = true;
};

interface Case {
  id: string;
  what: string;
  rule: Rule;
  opens: Opens;
  within: Within;
  before: Step;
  cause: Step;
  options?: Partial<VirtualPackOptions>;
}

/** Rounds at random phases, the same in every run; each is judged, the documents show the extremes. */
function measure({ id, what, rule, opens, within, before, cause, options }: Case): void {
  const random = seededRandom(rule + 1);
  for (let round = 0; round < ROUNDS; round++) {
    const pack = living(TICK_MS * random(), options ?? {});
    before(pack);
    pack.run(4000);
    expect(isActive(pack.firmware.guard, rule)).toBe(false);
    expect(isOpen(pack, opens)).toBe(false);
    const measured = watch(pack, rule, opens, within[1] + 2000, cause);
    reaction({ id, what, ...measured, withinMs: within });
    expectStopped(pack, opens);
    expect(pack.board.cpu.errors).toEqual([]);
  }
}

/** An open path carries nothing in its direction. */
function expectStopped(pack: VirtualPack, opens: Opens): void {
  const { currentMa } = pack.board.plant.truth();
  if (opens === 'chg' || opens === 'both') expect(currentMa).toBeLessThan(100);
  if (opens === 'dsg' || opens === 'both') expect(currentMa).toBeGreaterThan(-100);
}

const none: Step = () => {};

// prettier-ignore
const PROTECTIONS: Case[] = [
  { id: 'S3', what: 'cell above 3.70 V', rule: Rule.CellOvp, opens: 'chg', within: VOLTAGE, before: charge(5), cause: cellsTo(1.018, 4) },
  { id: 'S3', what: 'pack above 59.2 V', rule: Rule.PackOvp, opens: 'chg', within: VOLTAGE, before: charge(5), cause: cellsTo(1.018) },
  { id: 'S6', what: 'cell below 2.5 V', rule: Rule.CellUvp, opens: 'dsg', within: VOLTAGE, before: discharge(5), cause: cellsTo(-0.012, 9) },
  { id: 'S6', what: 'pack below 40 V', rule: Rule.PackUvp, opens: 'dsg', within: VOLTAGE, before: discharge(5), cause: cellsTo(-0.012) },
  { id: 'S2', what: 'charge above 110 A', rule: Rule.ChgOcp, opens: 'chg', within: CURRENT, before: none, cause: charge(112) },
  { id: 'S5', what: 'discharge above 130 A', rule: Rule.DsgOcp, opens: 'dsg', within: CURRENT, before: none, cause: discharge(131) },
  { id: 'S9', what: 'charging above 55 °C', rule: Rule.ChgOtp, opens: 'chg', within: TEMPERATURE, before: hold(53, 1), cause: hold(56, 1) },
  { id: 'S9', what: 'charging below -5 °C', rule: Rule.ChgUtp, opens: 'chg', within: TEMPERATURE, before: hold(-3, 2), cause: hold(-6, 2) },
  { id: 'S9', what: 'MOSFETs above 110 °C', rule: Rule.MosOtp, opens: 'both', within: TEMPERATURE, before: hold(105, Sensor.Mosfet), cause: hold(111, Sensor.Mosfet) },
  { id: 'S9', what: 'ambient below -25 °C', rule: Rule.EnvUtp, opens: 'both', within: TEMPERATURE, before: hold(-23, Sensor.Ambient), cause: hold(-26, Sensor.Ambient) },
  { id: 'S9', what: 'ambient above 65 °C, hard cut-off', rule: Rule.HotCutOff, opens: 'both', within: TEMPERATURE, before: hold(63, Sensor.Ambient), cause: hold(66, Sensor.Ambient) },
  { id: 'S9', what: 'a cell above 65 °C, hard cut-off', rule: Rule.HotCutOff, opens: 'both', within: TEMPERATURE, before: hold(54, 3), cause: hold(66, 3) },
  { id: 'S11', what: 'cells more than 1 V apart', rule: Rule.CellFault, opens: 'both', within: TEMPERATURE, before: cellsTo(-0.0075), cause: cellsTo(1.014, 7), options: { plant: { spread: 0 } } },
  { id: 'S9', what: 'discharging above 60 °C', rule: Rule.DsgOtp, opens: 'dsg', within: TEMPERATURE, before: hold(58, 1), cause: hold(61, 1) },
  { id: 'S9', what: 'discharging below -20 °C', rule: Rule.DsgUtp, opens: 'dsg', within: TEMPERATURE, before: hold(-18, 2), cause: hold(-21, 2) },
  { id: 'S8', what: 'cell sensor broken off', rule: Rule.NtcFault, opens: 'both', within: TEMPERATURE, before: none, cause: breakNtc('open') },
  { id: 'S8', what: 'cell sensor shorted', rule: Rule.NtcFault, opens: 'both', within: TEMPERATURE, before: none, cause: breakNtc('short') },
  { id: 'S11', what: 'AFE does not answer', rule: Rule.AfeLost, opens: 'both', within: LOST, before: discharge(20), cause: unplugAfe },
];

// prettier-ignore
const ALARMS: Case[] = [
  { id: 'S3', what: 'alarm: cell above 3.60 V', rule: Rule.CellOv, opens: 'none', within: VOLTAGE, before: none, cause: cellsTo(1.0132, 2) },
  { id: 'S6', what: 'alarm: cell below 2.8 V', rule: Rule.CellUv, opens: 'none', within: VOLTAGE, before: none, cause: cellsTo(-0.004, 2) },
  { id: 'S3', what: 'alarm: pack above 57.6 V', rule: Rule.PackOv, opens: 'none', within: VOLTAGE, before: none, cause: cellsTo(1.0132) },
  { id: 'S6', what: 'alarm: pack below 44.8 V', rule: Rule.PackUv, opens: 'none', within: VOLTAGE, before: none, cause: cellsTo(-0.004) },
  { id: 'S2', what: 'alarm: charge above 104 A', rule: Rule.ChgOc, opens: 'none', within: CURRENT, before: none, cause: charge(106) },
  { id: 'S5', what: 'warning: discharge above 125 A', rule: Rule.DsgOc, opens: 'none', within: CURRENT, before: none, cause: discharge(127) },
  { id: 'S9', what: 'alarm: charging above 45 °C', rule: Rule.ChgOt, opens: 'none', within: TEMPERATURE, before: hold(43, 0), cause: hold(46, 0) },
  { id: 'S9', what: 'alarm: charging below 0 °C', rule: Rule.ChgUt, opens: 'none', within: TEMPERATURE, before: hold(2, 0), cause: hold(-1, 0) },
  { id: 'S9', what: 'alarm: discharging above 56 °C', rule: Rule.DsgOt, opens: 'none', within: TEMPERATURE, before: hold(54, 0), cause: hold(57, 0) },
  { id: 'S9', what: 'alarm: discharging below -15 °C', rule: Rule.DsgUt, opens: 'none', within: TEMPERATURE, before: hold(-13, 0), cause: hold(-16, 0) },
  { id: 'S9', what: 'alarm: ambient above 60 °C', rule: Rule.EnvOt, opens: 'none', within: TEMPERATURE, before: hold(58, 5), cause: hold(61, 5) },
  { id: 'S9', what: 'alarm: MOSFETs above 90 °C', rule: Rule.MosOt, opens: 'none', within: TEMPERATURE, before: hold(85, 4), cause: hold(91, 4) },
  { id: 'S9', what: 'alarm: ambient below -20 °C', rule: Rule.EnvUt, opens: 'none', within: TEMPERATURE, before: hold(-18, 5), cause: hold(-21, 5) },
];

function named(cases: Case[], says: string): [string, Case][] {
  return cases.map((row) => [`${row.id} ${row.what}: ${says}`, row]);
}

/** Time until the gates are off, ms; nobody asks the firmware. */
function untilOpen(pack: VirtualPack, opens: Opens, cause: Step): number {
  const startUs = pack.board.time.nowUs;
  cause(pack);
  while (!isOpen(pack, opens)) {
    pack.board.run(1);
    expect(pack.board.time.nowUs - startUs).toBeLessThan(1e6);
  }
  return Math.round((pack.board.time.nowUs - startUs) / 1000);
}

describe('closed loop: reaction times of the protections', () => {
  it.each(named(PROTECTIONS, 'opens in time'))('%s', (_name, row) => measure(row));
  it.each(named(ALARMS, 'is told in time'))('%s', (_name, row) => measure(row));

  it.each([
    ['S2', 'charge above 150 A, second stage', Rule.ChgOcp, 'chg', charge(160)],
    ['S5', 'discharge above 150 A, second stage', Rule.DsgOcp, 'dsg', discharge(160)],
  ] as const)('%s %s: the AFE opens by itself while the firmware stands still', (id, what, rule, opens, cause) => {
    const random = seededRandom(rule);
    for (let round = 0; round < ROUNDS; round++) {
      const pack = living(TICK_MS * random(), {});
      pack.board.cpu.halt();
      const openedMs = untilOpen(pack, opens, cause);
      pack.board.cpu.resume();
      const alive = living(TICK_MS * random(), {});
      const { detectedMs } = watch(alive, rule, opens, 1000, cause);
      reaction({ id, what, detectedMs, openedMs, withinMs: STAGE_2 });
      expect(detectedMs - openedMs).toBeLessThanOrEqual(TICK_MS + WAY_MS);
      expectStopped(pack, opens);
    }
  });

  it('S7 short circuit: the AFE alone opens 300 µs after its 400 A, and the firmware latches in the next tick', () => {
    const random = seededRandom(7);
    for (let round = 0; round < ROUNDS; round++) {
      const pack = living(TICK_MS * random(), { soc: 0.8 });
      const { board } = pack;
      const contactUs = board.time.nowUs;
      board.plant.shortCircuit({ henry: 0.25e-6 });
      let passedUs = -1;
      while (fets(pack)[1]) {
        board.run(0.001);
        if (passedUs < 0 && board.plant.truth().currentMa < -400_000) passedUs = board.time.nowUs;
        expect(board.time.nowUs - contactUs).toBeLessThan(1000);
      }
      const openedUs = board.time.nowUs - passedUs;
      while (!isActive(pack.firmware.guard, Rule.Scp)) board.run(1);
      const detectedMs = Math.round((board.time.nowUs - contactUs) / 1000);
      const withinMs = [(SHORT_US - 15) / 1000, (SHORT_US + 15) / 1000] as const;
      const measured = {
        id: 'S7',
        what: 'short circuit, from 400 A on',
        detectedMs,
        openedMs: Math.round(openedUs) / 1000,
        withinMs,
      };
      reaction(measured);
      reaction({ ...measured, row: '22' });
      expect(detectedMs).toBeLessThanOrEqual(TICK_MS + WAY_MS);
      expect(fets(pack)).toEqual([false, false]);
    }
  });

  it('S13 low SOC is told within a second and a tick, and opens nothing', () => {
    const pack = living(0, { soc: 0.052 });
    const state = pack.firmware.pack;
    pack.board.plant.setLoad({ amps: 50 });
    while (state.remainingMas >= state.fullMas * 0.05) pack.board.run(1);
    const measured = watch(pack, Rule.LowSoc, 'none', 3000, none);
    reaction({ id: 'S13', what: 'alarm: low SOC', ...measured, withinMs: [900, 1300] });
    expect(fets(pack)).toEqual([true, true]);
  });
});
