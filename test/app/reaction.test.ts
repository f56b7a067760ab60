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
import { reaction, watch, type Opens } from '../support/reaction';

const ROUNDS = 5;
const TICK_MS = 250;
const CELL_SCAN_MS = 63;
const FULL_SCAN_MS = 189;
/** Bus, slices, and the millisecond in which the test looks. */
const WAY_MS = 10;

const VOLTAGE: Within = [1000, 1000 + TICK_MS + CELL_SCAN_MS + WAY_MS];
const CURRENT: Within = [1000, 1300];
const TEMPERATURE: Within = [2000, 2000 + TICK_MS + FULL_SCAN_MS + WAY_MS];
const CHARGER = { amps: 5, volts: 62 };

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
    expect(fets(pack)).toEqual([true, true]);
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

const CELL_1_TO_4 = [Sensor.Cell1, Sensor.Cell2, Sensor.Cell3, Sensor.Cell4];
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
  { id: 'S11', what: 'cells more than 1 V apart', rule: Rule.CellFault, opens: 'both', within: TEMPERATURE, before: cellsTo(-0.006), cause: cellsTo(1.013, 7) },
];

// prettier-ignore
const ALARMS: Case[] = [
  { id: 'S3', what: 'alarm: cell above 3.60 V', rule: Rule.CellOv, opens: 'none', within: VOLTAGE, before: none, cause: cellsTo(1.0132, 2) },
  { id: 'S6', what: 'alarm: cell below 2.8 V', rule: Rule.CellUv, opens: 'none', within: VOLTAGE, before: none, cause: cellsTo(-0.004, 2) },
  { id: 'S2', what: 'alarm: charge above 104 A', rule: Rule.ChgOc, opens: 'none', within: CURRENT, before: none, cause: charge(106) },
  { id: 'S5', what: 'warning: discharge above 125 A', rule: Rule.DsgOc, opens: 'none', within: CURRENT, before: none, cause: discharge(127) },
  { id: 'S9', what: 'alarm: charging above 45 °C', rule: Rule.ChgOt, opens: 'none', within: TEMPERATURE, before: hold(43, 0), cause: hold(46, 0) },
  { id: 'S9', what: 'alarm: charging below 0 °C', rule: Rule.ChgUt, opens: 'none', within: TEMPERATURE, before: hold(2, 0), cause: hold(-1, 0) },
  { id: 'S9', what: 'alarm: MOSFETs above 90 °C', rule: Rule.MosOt, opens: 'none', within: TEMPERATURE, before: hold(85, 4), cause: hold(91, 4) },
  { id: 'S9', what: 'alarm: ambient below -20 °C', rule: Rule.EnvUt, opens: 'none', within: TEMPERATURE, before: hold(-18, 5), cause: hold(-21, 5) },
];

describe('closed loop: reaction times of the protections', () => {
  it.each(PROTECTIONS)('$id opens in time: $what', measure);
  it.each(ALARMS)('$id says so in time: $what', measure);
});
