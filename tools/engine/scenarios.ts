/** The core set: what happens to a pack, at which tick, and what must be seen of it. Every engine runs all of it. */
import { Alarm, Fault, Protection } from '../../src/bms/rules';
import type { SimBoard } from '../../src/hal-mock/board';
import type { Plant, PlantOptions } from '../../src/hal-mock/plant/plant';
import { REQUEST_42, REQUEST_44, REQUEST_90, REQUEST_C1, REQUEST_C2 } from './requests';

/** What a scenario has in its hands. */
export interface Hands {
  board: SimBoard;
  plant: Plant;
  /** Controller reset. */
  restart(): void;
  /** Stops the program or lets it go on; chips and pack live on. */
  halt(on: boolean): void;
}

/** LED patterns of S24: lit ticks of 16. */
export type Pattern = 'off' | 'on' | 'flash1' | 'flash2' | 'flash3';

/** A row of S24's table, to be seen in the 16 ticks from `from` on. */
export interface LedRow {
  from: number;
  row: string;
  run: Pattern;
  alm: Pattern;
  /** SOC1..4. */
  soc: readonly [Pattern, Pattern, Pattern, Pattern];
}

export interface Scenario {
  name: string;
  plant?: Partial<PlantOptions>;
  ticks: number;
  steps: readonly (readonly [tick: number, act: (hands: Hands) => void])[];
  /** States of charge and discharge MOSFET in the order in which they appear, without pre-discharge. */
  fets: string;
  /** Bits that must have been set at some time, and no others, as the TypeScript's pack shows them; else none. */
  protections?: number;
  faults?: number;
  /** Bits that must have been set. */
  alarms?: number;
  leds?: readonly LedRow[];
  /** Return code and number of characters of the answers on RS232, in their order; else there is none. */
  answers?: string;
  /** Which answers are cut off depends on the pace of the processor. */
  cutsAnswers?: true;
}

/** 4 s: the paths are closed and the sample is steady. */
const SETTLED = 16;

const HALF = ['on', 'on', 'off', 'off'] as const;
const HALF_CHARGING = ['on', 'flash2', 'off', 'off'] as const;
const NONE = ['off', 'off', 'off', 'off'] as const;

const charge =
  (amps: number, volts = 57.6) =>
  (h: Hands) =>
    h.plant.connectCharger({ amps, volts });
const noCharger = (h: Hands): void => h.plant.disconnectCharger();
const load = (amps: number) => (h: Hands) => h.plant.setLoad({ amps });
const noLoad = (h: Hands): void => h.plant.setLoad(null);
const hold = (sensor: number, celsius: number | null) => (h: Hands) => h.plant.holdTemperature(sensor, celsius);
const cell = (index: number, soc: number) => (h: Hands) => h.plant.setSoc(soc, index);
const allCells = (soc: number) => (h: Hands) => h.plant.setSoc(soc);
const say = (text: string) => (h: Hands) => h.board.rs232.receive(text);
const unplugged = (out: boolean) => (h: Hands) => {
  h.board.afeBus.faults.unplugged = out;
};
const restart = (h: Hands): void => h.restart();
/** From now on one byte in `every` on its way from the AFE arrives with a wrong bit; 0 = none. */
const noise = (every: number) => (h: Hands) => {
  let count = 0;
  h.board.afeBus.faults.disturb =
    every === 0 ? null : (byte, fromDevice) => (fromDevice && ++count % every === 0 ? byte ^ 0x10 : byte);
};

/** T1..T4 cells, T5 MOSFET, T6 ambient. */
const T5 = 4;
const T6 = 5;

/** A temperature rises or falls beyond a limit and comes back behind its release. */
function temperature(
  name: string,
  sensor: number,
  out: number,
  back: number,
  fets: string,
  protections: number,
): Scenario {
  return {
    name,
    ticks: 90,
    steps: [
      [SETTLED, hold(sensor, out)],
      [50, hold(sensor, back)],
    ],
    fets,
    protections,
  };
}

/** What happens to every pack first, and what a scenario adds. */
const START = '00 11';

export const SCENARIOS: readonly Scenario[] = [
  // the LED table of S24

  {
    name: 'power-up at rest',
    ticks: 48,
    steps: [],
    fets: START,
    leds: [{ from: 20, row: 'standby, normal', run: 'flash1', alm: 'off', soc: HALF }],
  },
  {
    name: 'standby with an alarm',
    ticks: 60,
    steps: [[SETTLED, hold(1, 46)]],
    fets: START,
    alarms: Alarm.ChgOt,
    leds: [{ from: 40, row: 'standby, alarm', run: 'flash1', alm: 'flash3', soc: HALF }],
  },
  {
    name: 'charge, normal and with an alarm, and back to rest',
    ticks: 120,
    steps: [
      [SETTLED, charge(20)],
      [56, hold(1, 46)],
      [96, noCharger],
    ],
    fets: START,
    alarms: Alarm.ChgOt,
    leds: [
      { from: 32, row: 'charge, normal', run: 'on', alm: 'off', soc: HALF_CHARGING },
      { from: 72, row: 'charge, alarm', run: 'on', alm: 'flash3', soc: HALF_CHARGING },
    ],
  },
  {
    name: 'discharge, normal and with an alarm',
    ticks: 100,
    steps: [
      [SETTLED, load(30)],
      [48, load(127)],
    ],
    fets: START,
    alarms: Alarm.DsgOc,
    leds: [
      { from: 28, row: 'discharge, normal', run: 'flash3', alm: 'off', soc: HALF },
      { from: 64, row: 'discharge, alarm', run: 'flash3', alm: 'flash3', soc: HALF },
    ],
  },
  {
    name: 'a tenth of the charge left',
    plant: { soc: 0.1 },
    ticks: 40,
    steps: [],
    fets: START,
    leds: [{ from: 20, row: 'standby, normal', run: 'flash1', alm: 'off', soc: ['on', 'off', 'off', 'off'] }],
  },
  {
    name: 'full, on its charger',
    plant: { soc: 0.95 },
    ticks: 50,
    steps: [[SETTLED, charge(5)]],
    fets: START,
    leds: [{ from: 28, row: 'charge, normal', run: 'on', alm: 'off', soc: ['on', 'on', 'on', 'flash2'] }],
  },
  {
    name: 'nearly empty: the alarm of a low charge',
    plant: { soc: 0.03 },
    ticks: 60,
    steps: [],
    fets: START,
    alarms: Alarm.LowSoc,
    leds: [{ from: 32, row: 'standby, alarm', run: 'flash1', alm: 'flash3', soc: ['on', 'off', 'off', 'off'] }],
  },

  // voltage: S3, S6

  {
    name: 'one cell over-charged, discharged through the open path, and released',
    ticks: 200,
    steps: [
      [SETTLED, charge(20)],
      [24, cell(3, 1.018)],
      [80, noCharger],
      [81, load(30)],
      [140, cell(3, 0.5)],
      [160, noLoad],
    ],
    fets: START + ' 01 11',
    protections: Protection.CellOvp,
    alarms: Alarm.CellOv,
    leds: [{ from: 60, row: 'charge, over-charge protection', run: 'on', alm: 'off', soc: HALF }],
  },
  {
    name: 'the whole pack over-charged and released',
    plant: { spread: 0 },
    ticks: 120,
    steps: [
      [SETTLED, charge(20, 62)],
      [24, allCells(1.019)],
      [80, noCharger],
      [90, allCells(0.6)],
    ],
    fets: START + ' 01 11',
    protections: Protection.CellOvp | Protection.PackOvp,
    alarms: Alarm.CellOv | Alarm.PackOv,
  },
  {
    name: 'one cell over-discharged, then a charger',
    ticks: 160,
    steps: [
      [SETTLED, load(20)],
      [24, cell(5, -0.011)],
      [60, noLoad],
      [100, charge(20)],
      [130, cell(5, 0.4)],
    ],
    fets: START + ' 10 11',
    protections: Protection.CellUvp,
    alarms: Alarm.CellUv,
    leds: [{ from: 72, row: 'discharge, over-discharge protection', run: 'off', alm: 'off', soc: NONE }],
  },
  {
    name: 'the whole pack over-discharged, then a charger',
    plant: { spread: 0 },
    ticks: 140,
    steps: [
      [SETTLED, load(20)],
      [24, allCells(-0.013)],
      [60, noLoad],
      [80, charge(20)],
      [100, allCells(0.3)],
    ],
    fets: START + ' 10 11',
    protections: Protection.CellUvp | Protection.PackUvp,
    alarms: Alarm.CellUv | Alarm.PackUv,
  },

  // current: S2, S5, S7

  {
    name: 'charge over-current, retried after a minute, released by a load',
    ticks: 330,
    steps: [
      [SETTLED, charge(112)],
      [290, noCharger],
      [300, load(10)],
    ],
    fets: START + ' 01 11 01 11',
    protections: Protection.ChgOcp,
    alarms: Alarm.ChgOc,
    leds: [{ from: 60, row: 'charge, temperature / over-current protection', run: 'off', alm: 'on', soc: HALF }],
  },
  {
    name: 'discharge over-current, retried after a minute',
    plant: { soc: 0.9 },
    ticks: 320,
    steps: [
      [SETTLED, load(131)],
      [120, load(40)],
    ],
    fets: START + ' 10 11',
    protections: Protection.DsgOcp,
    alarms: Alarm.DsgOc,
    leds: [
      {
        from: 60,
        row: 'discharge, temperature / over-current / short-circuit protection',
        run: 'off',
        alm: 'on',
        soc: ['on', 'on', 'on', 'on'],
      },
    ],
  },
  {
    name: 'far over-current: the AFE is faster than the firmware',
    plant: { soc: 0.9 },
    ticks: 60,
    steps: [
      [SETTLED, load(250)],
      [30, noLoad],
    ],
    fets: START + ' 10',
    protections: Protection.DsgOcp,
  },
  {
    name: 'short circuit, cleared, released by a charger',
    plant: { soc: 0.8 },
    ticks: 420,
    steps: [
      [SETTLED, (h) => h.plant.shortCircuit()],
      [40, (h) => h.plant.clearShort()],
      [120, charge(10, 57)],
    ],
    fets: START + ' 00 11',
    protections: Protection.Scp,
  },

  // temperature: S9

  temperature('a cell too hot to charge', 0, 56, 49, START + ' 01 11', Protection.ChgOtp),
  temperature('a cell too hot to discharge', 1, 61, 49, START + ' 00 11', Protection.ChgOtp | Protection.DsgOtp),
  temperature(
    'a cell above the hard cut-off',
    2,
    66,
    49,
    START + ' 00 11',
    Protection.ChgOtp | Protection.DsgOtp | Protection.HotCutOff,
  ),
  temperature('a cell too cold to charge', 3, -6, 1, START + ' 01 11', Protection.ChgUtp),
  temperature(
    'a cell too cold to discharge, and for the AFE too',
    0,
    -21,
    1,
    START + ' 00 01 11', // the AFE's own charge limit is over last
    Protection.ChgUtp | Protection.DsgUtp,
  ),
  temperature('MOSFETs too hot', T5, 111, 80, START + ' 00 11', Protection.MosOtp),
  temperature('the board too cold', T6, -26, 10, START + ' 00 11', Protection.EnvUtp),
  temperature('the board above the hard cut-off', T6, 66, 30, START + ' 00 11', Protection.HotCutOff),
  {
    name: 'cold from the start, on a charger',
    plant: { ambientCelsius: -6 },
    ticks: 100,
    steps: [
      [0, charge(20)],
      [60, noCharger],
      [64, load(10)],
    ],
    fets: '00 01 11', // a load closes the path over the conducting body diode
    protections: Protection.ChgUtp,
  },

  // sensors, MOSFETs, cells: S8, S11

  {
    name: 'sensors of cells open and short',
    ticks: 160,
    steps: [
      [SETTLED, (h) => h.plant.faultNtc(1, 'open')],
      [50, (h) => h.plant.faultNtc(1, null)],
      [90, (h) => h.plant.faultNtc(3, 'short')],
      [120, (h) => h.plant.faultNtc(3, null)],
    ],
    fets: START + ' 00 01 11 00 01 11', // the AFE's own charge limits are over last
    protections: Protection.ChgUtp | Protection.ChgOtp | Protection.AfeTrip,
    faults: Fault.NtcFault,
    leds: [{ from: 30, row: 'fault', run: 'off', alm: 'on', soc: NONE }],
  },
  {
    name: 'sensors of MOSFETs and board open: an alarm only',
    ticks: 80,
    steps: [
      [SETTLED, (h) => h.plant.faultNtc(T5, 'open')],
      [30, (h) => h.plant.faultNtc(T6, 'short')],
      [60, (h) => h.plant.faultNtc(T5, null)],
    ],
    fets: START,
    alarms: Alarm.Sensor,
  },
  {
    name: 'a cell far from the others',
    ticks: 56,
    steps: [[SETTLED, cell(9, -0.03)]],
    fets: START + ' 10 00',
    protections: Protection.CellUvp,
    faults: Fault.CellFault,
  },
  {
    name: 'the charge MOSFET conducts although it is off',
    ticks: 120,
    steps: [
      [SETTLED, hold(1, 56)],
      [30, (h) => h.plant.weld('chg', true)],
      [40, charge(20)],
    ],
    fets: START + ' 01 00',
    protections: Protection.ChgOtp,
    faults: Fault.ChgFet,
  },
  {
    name: 'the discharge MOSFET conducts although it is off',
    ticks: 80,
    steps: [
      [SETTLED, load(10)],
      [24, hold(1, 61)],
      [36, (h) => h.plant.weld('dsg', true)],
    ],
    fets: START + ' 00',
    protections: Protection.ChgOtp | Protection.DsgOtp,
    faults: Fault.DsgFet,
  },

  // AFE: S11, S14

  {
    name: 'AFE unplugged for half a second: nothing opens',
    ticks: 60,
    steps: [
      [SETTLED, load(20)],
      [24, unplugged(true)],
      [26, unplugged(false)],
    ],
    fets: START,
  },
  {
    name: 'AFE unplugged for four seconds',
    ticks: 120,
    steps: [
      [SETTLED, load(20)],
      [24, unplugged(true)],
      [40, unplugged(false)],
    ],
    fets: START + ' 00 11',
    faults: Fault.AfeLost,
  },
  {
    name: 'AFE unplugged from the start, plugged in later',
    ticks: 100,
    steps: [
      [0, unplugged(true)],
      [40, unplugged(false)],
    ],
    fets: START,
    faults: Fault.AfeLost,
  },
  {
    name: 'AFE resets by itself',
    ticks: 90,
    steps: [
      [SETTLED, load(20)],
      [30, (h) => h.board.afe.powerOnReset()],
    ],
    fets: START + ' 00 11',
    faults: Fault.AfeLost,
  },
  {
    name: 'wrong bits on the bus: repeated, then too many',
    ticks: 140,
    steps: [
      [SETTLED, noise(150)],
      [48, noise(0)],
      [60, noise(7)],
      [80, noise(0)],
    ],
    fets: START + ' 00 11',
    faults: Fault.AfeLost,
  },
  {
    name: 'single CRC errors of the AFE, deafness, held clock',
    ticks: 140,
    steps: [
      [SETTLED, (h) => h.board.afe.bench.corruptCrcs(1)],
      [24, (h) => h.board.afe.bench.corruptCrcs(3)],
      [32, (h) => (h.board.afe.bench.extraStretchUs = 2000)],
      [40, (h) => (h.board.afe.bench.extraStretchUs = 0)],
      [50, (h) => (h.board.afe.bench.deaf = true)],
      [70, (h) => (h.board.afe.bench.deaf = false)],
    ],
    fets: START + ' 00 11',
    faults: Fault.AfeLost,
  },
  {
    name: 'bus lines stuck low',
    ticks: 140,
    steps: [
      [SETTLED, (h) => (h.board.afeBus.faults.sdaLow = true)],
      [32, (h) => (h.board.afeBus.faults.sdaLow = false)],
      [80, (h) => (h.board.afeBus.faults.sclLow = true)],
      [100, (h) => (h.board.afeBus.faults.sclLow = false)],
    ],
    fets: START + ' 00 11 00 11',
    faults: Fault.AfeLost,
  },
  {
    name: 'values that cannot be true although every CRC is right',
    ticks: 100,
    steps: [
      [SETTLED, (h) => h.board.afe.bench.freezeCell(3, 200)],
      [40, (h) => h.board.afe.bench.freezeCell(3, null)],
    ],
    fets: START + ' 00 11',
    faults: Fault.Implausible,
  },
  {
    name: 'the firmware stands still until the AFE opens both paths',
    ticks: 130,
    steps: [
      [SETTLED, (h) => h.halt(true)],
      [70, (h) => h.halt(false)],
    ],
    fets: START + ' 00 11',
    protections: Protection.AfeTrip,
  },

  // controller restart: S12

  {
    name: 'restart under load and under charge: nothing opens',
    ticks: 130,
    steps: [
      [SETTLED, load(30)],
      [30, restart],
      [70, noLoad],
      [76, charge(20)],
      [90, restart],
    ],
    fets: START,
  },
  {
    name: 'restart under a protection and in a fault',
    ticks: 140,
    steps: [
      [SETTLED, hold(1, 61)],
      [36, restart],
      [70, hold(1, 30)],
      [100, unplugged(true)],
      [110, restart],
      [120, unplugged(false)],
    ],
    // the fault that stood holds BOTHOFF over the restart, until the AFE is back
    fets: START + ' 00 11 00 11',
    protections: Protection.ChgOtp | Protection.DsgOtp,
    faults: Fault.AfeLost,
  },
  {
    name: 'restart in the middle of a request and of an answer',
    ticks: 60,
    steps: [
      [20, say(REQUEST_42.slice(0, 9))],
      [21, restart],
      [22, say(REQUEST_42)],
      [30, say(REQUEST_42)],
      [31, restart],
      [44, say(REQUEST_90)],
    ],
    fets: START,
    answers: '00/167 00/167 00/19',
    cutsAnswers: true,
  },

  // RS232: S30

  {
    name: 'requests 42, 44, 90, C1, C2, at rest and while the pack works',
    ticks: 80,
    steps: [
      [4, say(REQUEST_42)],
      [SETTLED, say(REQUEST_42)],
      [20, say(REQUEST_44)],
      [24, say(REQUEST_90)],
      [26, say(REQUEST_C1)],
      [28, say(REQUEST_C2)],
      [30, charge(20)],
      [36, say(REQUEST_42)],
      [40, hold(1, 56)],
      [60, say(REQUEST_44)],
      [68, unplugged(true)],
      [76, say(REQUEST_44)],
    ],
    fets: START + ' 01 00',
    protections: Protection.ChgOtp,
    faults: Fault.AfeLost,
    answers: '00/167 00/167 00/95 00/19 00/57 00/97 00/167 00/95 00/95',
  },
  {
    name: 'garbage on RS232, damaged requests, requests without a pause',
    ticks: 70,
    steps: [
      [SETTLED, say('\x00\xff~~~\r\r garbage ~25\r')],
      [18, say('~'.repeat(300))],
      [22, say('\r' + REQUEST_42.replace('FD30', 'FD31'))],
      [26, say(REQUEST_42.replace('E002', 'E003'))],
      [30, say(REQUEST_42.replace('~25', '~99'))],
      [34, say('~250146AA0000FD8C\r')],
      [38, say(REQUEST_42.toLowerCase())],
      [42, say(REQUEST_90 + REQUEST_90 + REQUEST_42 + REQUEST_44 + REQUEST_42)],
      [60, say(REQUEST_90)],
    ],
    fets: START,
    answers: '02/17 03/17 02/17 04/17 02/17 00/19 00/19 00/167 00/167 00/19',
  },
];
