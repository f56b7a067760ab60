/** What the bundle costs in Espruino for Linux: variables over a day, instructions by piece of work. */
import { dayDemand } from '../day';
import { espruino, type EspruinoProgram } from './bridge';
import { Counter, type Piece } from './count';
import type { Memory } from './espruino';
import { pinsOf } from './prelude';
import { Rig, type Engine } from './rig';
import type { SimBoard } from '../../src/hal-mock/board';
import { REQUEST_42, REQUEST_44, REQUEST_90, REQUEST_C1, REQUEST_C2 } from './requests';

const ADDRESS = 1;
const PLANT = { seed: 7, soc: 0.45, ambientCelsius: 20 };
const TICKS_PER_MINUTE = 240;

const memoryOf = (rig: Rig): Memory => (rig.program as EspruinoProgram).engine.memory();
const rigFor = (engine: Engine): Rig => new Rig(engine, { address: ADDRESS, plant: PLANT });

export interface Day {
  /** Variables of the rig itself, with its pins and buses, which are in the other figures too. */
  rigVars: number;
  /** Used variables after start and after each virtual hour. */
  startVars: number;
  hourVars: number[];
  total: number;
  blockBytes: number;
  /** Change an hour over all hours but the first, by least squares. */
  slopePerHour: number;
  realMinutes: number;
}

function slope(values: readonly number[]): number {
  const n = values.length;
  if (n < 2) return 0;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const middle = (n - 1) / 2;
  const above = values.reduce((sum, value, i) => sum + (i - middle) * (value - mean), 0);
  const below = values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  return above / below;
}

/** A minute of a household with sun on the roof; a PC asks every ten seconds. */
function minute(rig: Rig, index: number): void {
  const { plant, rs232 } = rig.board;
  const { chargerAmps, loadWatts } = dayDemand(index * 60);
  if (chargerAmps > 0) plant.connectCharger({ amps: chargerAmps, volts: 57 });
  else plant.disconnectCharger();
  plant.setLoad({ watts: loadWatts });
  for (let i = 0; i < 6; i++) {
    rs232.receive(i % 2 === 0 ? REQUEST_42 : REQUEST_44);
    rig.pass(TICKS_PER_MINUTE / 6);
  }
}

/** A program that only holds the pins and buses that `bundle` holds: objects of the rig, on a board the engine's own. */
export function partsOnly(bundle: string): string {
  const pins = pinsOf(bundle);
  return `${pins.map((name, i) => `var p${i}=${name};`).join('')}var a=new I2C();a.setup({scl:B8,sda:B7});var b=new I2C();b.setup({scl:A8,sda:C9});`;
}

/** Variables over `hours` of virtual time, or as many as fit into `limitMinutes` of real time. */
export function measureDay(binary: string, bundle: string, hours: number, limitMinutes: number): Day {
  const startMs = performance.now();
  const minutes = (): number => (performance.now() - startMs) / 60000;
  const nothing = rigFor(espruino({ binary, bundle: partsOnly(bundle) }));
  const rigVars = memoryOf(nothing).usage;
  nothing.close();
  const rig = rigFor(espruino({ binary, bundle }));
  const { usage: startVars, total, blocksize: blockBytes } = memoryOf(rig);
  const hourVars: number[] = [];
  for (let index = 0; hourVars.length < hours && minutes() < limitMinutes; index++) {
    minute(rig, index);
    if ((index + 1) % 60 === 0) hourVars.push(memoryOf(rig).usage);
  }
  rig.close();
  const realMinutes = minutes();
  return { rigVars, startVars, hourVars, total, blockBytes, slopePerHour: slope(hourVars.slice(1)), realMinutes };
}

/** Most variables in use at any question of start-up, ticks, answers and faults; the rig's own are in it. */
export function measurePeak(binary: string, bundle: string): number {
  const rig = rigFor(espruino({ binary, bundle, marked: true }));
  const { engine } = rig.program as EspruinoProgram;
  engine.run('bench.on = 0; bench.high = 1; 0');
  const { rs232, afeBus } = rig.board;
  rig.pass(20);
  for (const request of [REQUEST_42, REQUEST_44, REQUEST_C2]) {
    rs232.receive(request);
    rig.pass(4);
  }
  rig.pass(TICKS_PER_MINUTE);
  afeBus.faults.unplugged = true;
  rig.pass(20);
  const high = engine.run('bench.high') as number;
  rig.close();
  return high;
}

/** One round of the timer and what followed from it until the next one. */
export type Tick = Piece[];

export interface Window {
  name: string;
  ticks: Tick[];
  /** Data events and pieces of answers before the first tick. */
  port: Piece[];
}

export interface Work {
  start: number;
  windows: Window[];
}

/** What happens, and how many ticks of it are counted. */
const WINDOWS: readonly { name: string; before: number; act(board: SimBoard): void; ticks: number }[] = [
  { name: 'start-up', before: 0, act: () => {}, ticks: 10 },
  { name: 'at rest', before: 10, act: () => {}, ticks: 8 },
  { name: 'charge 20 A', before: 0, act: (b) => b.plant.connectCharger({ amps: 20, volts: 57.6 }), ticks: 6 },
  { name: 'request 42', before: 4, act: (b) => b.rs232.receive(REQUEST_42), ticks: 1 },
  { name: 'request 44', before: 4, act: (b) => b.rs232.receive(REQUEST_44), ticks: 1 },
  { name: 'request 90', before: 4, act: (b) => b.rs232.receive(REQUEST_90), ticks: 1 },
  { name: 'request C1', before: 4, act: (b) => b.rs232.receive(REQUEST_C1), ticks: 1 },
  { name: 'request C2', before: 4, act: (b) => b.rs232.receive(REQUEST_C2), ticks: 1 },
  { name: 'noise on RS232', before: 4, act: (b) => b.rs232.receive('~25garbage~\r'.repeat(5)), ticks: 1 },
  { name: 'over-current of 151 A', before: 2, act: (b) => b.plant.setLoad({ amps: 151 }), ticks: 8 },
  { name: 'a cell at 66 °C', before: 4, act: (b) => b.plant.holdTemperature(2, 66), ticks: 14 },
  { name: 'AFE unplugged', before: 4, act: (b) => (b.afeBus.faults.unplugged = true), ticks: 6 },
  { name: 'AFE back', before: 4, act: (b) => (b.afeBus.faults.unplugged = false), ticks: 8 },
  { name: 'AFE reset', before: 20, act: (b) => b.afe.powerOnReset(), ticks: 12 },
  { name: 'the minute', before: 90, act: () => {}, ticks: 24 },
];

function inTicks(name: string, pieces: readonly Piece[]): Window {
  const window: Window = { name, ticks: [], port: [] };
  for (const piece of pieces) {
    if (piece.kind === 'timer') window.ticks.push([piece]);
    else (window.ticks.at(-1) ?? window.port).push(piece);
  }
  return window;
}

/** Instructions of each piece of work in each window. */
export function measureWork(binary: string, bundle: string): Work {
  const counter = new Counter(binary, bundle, { address: ADDRESS, plant: PLANT });
  const windows = WINDOWS.map(({ name, before, act, ticks }) => {
    counter.rig.pass(before);
    act(counter.rig.board);
    return inTicks(name, counter.count(ticks * 250));
  });
  counter.close();
  return { start: counter.start, windows };
}
