/** What can happen to a pack: one row each, with how often a day. Rows of one group exclude each other for their time. */
import { WIRING } from '../src/hal-mock/board';
import { REQUEST_42, REQUEST_44, REQUEST_90, REQUEST_C1, REQUEST_C2 } from './engine/requests';
import { chargerText } from './random-life-outlets';
import { durationText, pick, range, spread, type Stage } from './random-life-stage';

export interface Happening {
  readonly name: string;
  readonly group: string;
  readonly perDay: number;
  /** Begins in the middle of whatever the program does; else between two of its slices. */
  readonly anywhere: boolean;
  /** What is done, in words, and for how long the group is busy; null when it makes no sense now. */
  readonly start: (stage: Stage) => readonly [text: string, busyMs: number] | null;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** The controller's watchdog (hardware.md 9, row 32: 5 to 8 s). */
const WATCHDOG_MS = 5000;
const REQUESTS = [REQUEST_42, REQUEST_44, REQUEST_90, REQUEST_C1, REQUEST_C2];

// loads, chargers, breaker

function surge({ random, outlets, after }: Stage): [string, number] {
  const ms = spread(random, 500, 30 * SECOND);
  outlets.surgeWatts = Math.round(range(random, 1000, 4500));
  outlets.apply();
  after(ms, () => {
    outlets.surgeWatts = 0;
    outlets.apply();
  });
  return [`${outlets.surgeWatts} W more for ${durationText(ms)}`, ms];
}

/** So much in all through the path, whatever the rest takes. */
function overCurrent({ pack, random, outlets, after }: Stage): [string, number] | null {
  const { charger, inverter, fets } = pack.board.plant.truth();
  if (!fets.dsg) return null;
  const ms = spread(random, 200, 5 * SECOND);
  const total = range(random, 126, 145);
  const amps = total + (charger?.givenA ?? 0) - (inverter?.takenA ?? 0);
  if (amps <= 0) return null;
  outlets.overLoad = { amps };
  outlets.apply();
  after(ms, () => {
    outlets.overLoad = null;
    outlets.apply();
  });
  return [`${total.toFixed(0)} A out for ${durationText(ms)}`, ms];
}

function overCharger(stage: Stage, amps: number, volts: number, ms: number): [string, number] {
  const { outlets } = stage;
  outlets.overCharger = { amps, volts };
  outlets.apply();
  stage.after(ms, () => {
    outlets.overCharger = null;
    outlets.apply();
  });
  return [`${chargerText(outlets.overCharger)} for ${durationText(ms)}`, ms];
}

function shortCircuit({ pack, random, after }: Stage): [string, number] {
  const { plant } = pack.board;
  const ohms = spread(random, 0.002, 0.03);
  const henry = spread(random, 0.5e-6, 5e-6);
  const ms = spread(random, 1, 30 * SECOND);
  plant.shortCircuit({ ohms, henry });
  after(ms, () => plant.clearShort());
  return [`${(ohms * 1000).toFixed(1)} mOhm, ${(henry * 1e6).toFixed(1)} uH for ${durationText(ms)}`, ms];
}

function hotPlug({ random, outlets, after }: Stage): [string, number] {
  const ms = spread(random, 10 * SECOND, 30 * MINUTE);
  outlets.plugged = false;
  outlets.apply();
  after(ms, () => {
    outlets.plugged = true;
    outlets.apply();
  });
  return [`inverter pulled, plugged again with an empty capacitor after ${durationText(ms)}`, ms];
}

function blink({ random, outlets, after }: Stage): [string, number] | null {
  if (outlets.charger === null) return null;
  const ms = spread(random, SECOND, 3 * MINUTE);
  outlets.unplugged = true;
  outlets.apply();
  after(ms, () => {
    outlets.unplugged = false;
    outlets.apply();
  });
  return [`charger pulled for ${durationText(ms)}`, ms];
}

function breaker({ pack, random, after }: Stage): [string, number] {
  const { plant } = pack.board;
  const ms = spread(random, 5 * SECOND, HOUR);
  plant.openBreaker();
  after(ms, () => plant.closeBreaker());
  return [`opened for ${durationText(ms)}`, ms];
}

// temperatures and their sensors

/** One part is heated or cooled by somebody, with so many K a second, kept there and let go. */
function temper(stage: Stage, sensor: number, celsius: number): [string, number] {
  const { pack, random, after } = stage;
  const { plant } = pack.board;
  const from = plant.truth().celsius[sensor]!;
  const perS = spread(random, 0.2, 5) * Math.sign(celsius - from);
  const rampS = Math.ceil((celsius - from) / perS);
  const keepS = spread(random, 1, 300);
  for (let s = 0; s <= rampS; s++)
    after(s * SECOND, () => plant.holdTemperature(sensor, s === rampS ? celsius : from + s * perS));
  const ms = (rampS + keepS) * SECOND;
  after(ms, () => plant.holdTemperature(sensor, null));
  return [`T${sensor + 1} to ${celsius.toFixed(1)} degC with ${Math.abs(perS).toFixed(1)} K/s`, ms];
}

function heat(stage: Stage): [string, number] {
  const sensor = pick(stage.random, [0, 1, 2, 3, 4, 4, 5]);
  const [low, high] = sensor === 4 ? [80, 120] : [48, 72];
  return temper(stage, sensor, range(stage.random, low, high));
}

function cool(stage: Stage): [string, number] {
  const sensor = pick(stage.random, [0, 1, 2, 3, 5]);
  return temper(stage, sensor, sensor === 5 ? range(stage.random, -32, -18) : range(stage.random, -26, 2));
}

function sensorFault({ pack, random, injected, after }: Stage): [string, number] {
  const { plant } = pack.board;
  const sensor = Math.floor(random() * 6);
  const fault = pick(random, ['open', 'short'] as const);
  const ms = spread(random, SECOND, 2 * HOUR);
  const set = (broken: boolean): void => {
    plant.faultNtc(sensor, broken ? fault : null);
    injected.sensors = broken ? injected.sensors | (1 << sensor) : injected.sensors & ~(1 << sensor);
    injected.sensorMs[sensor] = pack.nowMs;
  };
  set(true);
  after(ms, () => set(false));
  return [`T${sensor + 1} ${fault} for ${durationText(ms)}`, ms];
}

// the AFE and its bus

function afeReset({ pack }: Stage): [string, number] {
  pack.board.afe.powerOnReset();
  return ['supply gone and back', 0];
}

function afeResets(stage: Stage): [string, number] {
  const times = 3 + Math.floor(3 * stage.random());
  for (let i = 0; i < times; i++) stage.after(i * 5 * MINUTE, () => afeReset(stage));
  return [`${times} resets, five minutes apart`, times * 5 * MINUTE];
}

function noise({ pack, random, after }: Stage): [string, number] {
  const { faults } = pack.board.afeBus;
  const share = spread(random, 1e-4, 0.3);
  const ms = spread(random, 100, 2 * MINUTE);
  faults.disturb = (byte) => (random() < share ? byte ^ (1 << Math.floor(8 * random())) : byte);
  after(ms, () => (faults.disturb = null));
  return [`a bit in ${(100 * share).toFixed(2)} % of the bytes for ${durationText(ms)}`, ms];
}

function unplugged({ pack, random, after }: Stage): [string, number] {
  const { faults } = pack.board.afeBus;
  const ms = spread(random, 50, 30 * SECOND);
  faults.unplugged = true;
  after(ms, () => (faults.unplugged = false));
  return [`cut off for ${durationText(ms)}`, ms];
}

function lineHeld({ pack, random, after }: Stage): [string, number] {
  const { faults } = pack.board.afeBus;
  const line = pick(random, ['sclLow', 'sdaLow', 'clocks'] as const);
  const ms = spread(random, 50, 20 * SECOND);
  if (line === 'clocks') {
    faults.sdaLowForClocks = 1 + Math.floor(9 * random());
    return [`SDA held low until ${faults.sdaLowForClocks} clocks have come`, SECOND];
  }
  faults[line] = true;
  after(ms, () => (faults[line] = false));
  return [`${line === 'sclLow' ? 'SCL' : 'SDA'} held low for ${durationText(ms)}`, ms];
}

// memory and clock

function memoryMissing({ pack, random, injected, after }: Stage): [string, number] {
  const { faults } = pack.board.memoryBus;
  const ms = spread(random, SECOND, 2 * HOUR);
  injected.memory = faults.unplugged = true;
  after(ms, () => (injected.memory = faults.unplugged = false));
  return [`memory and clock cut off for ${durationText(ms)}`, ms];
}

/** Controller and memory lose their supply in the middle of a write; the AFE has its own. */
function powerCut({ pack, random, between }: Stage): [string, number] {
  const { board } = pack;
  const bytes = Math.floor(range(random, 0, 120));
  const ms = range(random, 300, 2000);
  board.fram.bytesUntilPowerCut = bytes;
  between(ms, () => {
    board.fram.bytesUntilPowerCut = Infinity;
    board.lastReset = 'power';
    pack.restart();
  });
  return [`memory stops after ${bytes} bytes, the controller starts anew ${durationText(ms)} later`, ms + 5 * SECOND];
}

function clockLost({ pack }: Stage): [string, number] {
  pack.board.rtc.loseTime();
  return ['the clock chip has lost its time', 0];
}

// the controller

function restart({ pack }: Stage): [string, number] {
  pack.board.restart('software');
  return ['warm', 5 * SECOND];
}

function halt({ pack, random, injected, between }: Stage): [string, number] {
  const ms = spread(random, 200, WATCHDOG_MS - 500);
  pack.board.cpu.halt();
  injected.halted = true;
  between(ms, () => {
    injected.halted = false;
    pack.board.cpu.resume();
  });
  return [`the program stands still for ${durationText(ms)}`, ms];
}

function hang(stage: Stage, ms: number): [string, number] {
  const { pack, injected } = stage;
  pack.board.cpu.halt();
  injected.halted = true;
  stage.between(ms, () => {
    injected.halted = false;
    pack.board.restart('watchdog');
  });
  return [`the program hangs, its watchdog bites after ${durationText(ms)}`, ms + 5 * SECOND];
}

/** Off for a while; a pack with a charger stays on. Any key wakes it. */
function powerKey({ pack, random, between }: Stage): [string, number] {
  const key = pack.board.pins.pin(WIRING.powerKey);
  const ms = spread(random, MINUTE, 2 * HOUR);
  const press = (atMs: number, forMs: number): void => {
    between(atMs, () => key.write(1));
    between(atMs + forMs, () => key.write(0));
  };
  press(1, range(random, 1200, 3000));
  press(ms, range(random, 400, 800));
  return [`Power key off, and pressed again after ${durationText(ms)}`, ms + SECOND];
}

export function holdResetKey({ pack, between }: Stage, ms: number): void {
  const key = pack.board.pins.pin(WIRING.rstKey);
  key.write(0);
  between(ms, () => key.write(1));
}

function resetKey(stage: Stage): [string, number] {
  const ms = spread(stage.random, 100, 15 * SECOND);
  holdResetKey(stage, ms);
  return [`RST key held for ${durationText(ms)}`, ms + 5 * SECOND];
}

function talk({ pack, random, after }: Stage): [string, number] {
  const count = Math.round(spread(random, 1, 300));
  for (let i = 0; i < count; i++) after(i * SECOND, () => pack.board.rs232.receive(pick(random, REQUESTS)));
  return [`${count} requests, one a second`, count * SECOND];
}

function garbage({ pack, random }: Stage): [string, number] {
  const count = Math.round(spread(random, 1, 600));
  let text = '';
  for (let i = 0; i < count; i++) text += random() < 0.05 ? '~' : String.fromCharCode(Math.floor(256 * random()));
  pack.board.rs232.receive(text + pick(random, ['', '\r', REQUEST_42]));
  return [`${count} random bytes`, count * 2];
}

/** The catalogue. Rates are assumptions: a hard life, in which ordinary hours still are most of the time. */
// prettier-ignore
export const HAPPENINGS: readonly Happening[] = [
  { name: 'surge',          group: 'load',     perDay: 1.5,  anywhere: true,  start: surge },
  { name: 'over-current',   group: 'load',     perDay: 1.5,  anywhere: true,  start: overCurrent },
  { name: 'short circuit',  group: 'load',     perDay: 0.4,  anywhere: true,  start: shortCircuit },
  { name: 'hot plug',       group: 'load',     perDay: 0.15, anywhere: true,  start: hotPlug },
  { name: 'big charger',    group: 'charger',  perDay: 0.6,  anywhere: true,
    start: (s) => overCharger(s, range(s.random, 100, 130), range(s.random, 56, 60), spread(s.random, 300, 20 * SECOND)) },
  { name: 'high charger',   group: 'charger',  perDay: 0.3,  anywhere: true,
    start: (s) => overCharger(s, range(s.random, 5, 20), range(s.random, 59, 70), spread(s.random, SECOND, 30 * MINUTE)) },
  { name: 'loose plug',     group: 'charger',  perDay: 1,    anywhere: true,  start: blink },
  { name: 'breaker',        group: 'breaker',  perDay: 0.4,  anywhere: true,  start: breaker },
  { name: 'heat',           group: 'heat',     perDay: 0.7,  anywhere: true,  start: heat },
  { name: 'cold',           group: 'heat',     perDay: 0.5,  anywhere: true,  start: cool },
  { name: 'sensor',         group: 'sensor',   perDay: 0.8,  anywhere: true,  start: sensorFault },
  { name: 'AFE reset',      group: 'afe',      perDay: 0.7,  anywhere: true,  start: afeReset },
  { name: 'AFE brown-outs', group: 'afe',      perDay: 0.05, anywhere: true,  start: afeResets },
  { name: 'bus noise',      group: 'bus',      perDay: 1,    anywhere: true,  start: noise },
  { name: 'AFE plug',       group: 'bus',      perDay: 0.8,  anywhere: true,  start: unplugged },
  { name: 'bus line',       group: 'bus',      perDay: 0.5,  anywhere: true,  start: lineHeld },
  { name: 'memory',         group: 'memory',   perDay: 0.4,  anywhere: true,  start: memoryMissing },
  { name: 'power cut',      group: 'program',  perDay: 0.4,  anywhere: true,  start: powerCut },
  { name: 'clock',          group: 'clock',    perDay: 0.2,  anywhere: true,  start: clockLost },
  { name: 'restart',        group: 'program',  perDay: 0.5,  anywhere: false, start: restart },
  { name: 'halt',           group: 'program',  perDay: 0.5,  anywhere: false, start: halt },
  { name: 'hang',           group: 'program',  perDay: 0.4,  anywhere: false, start: (s) => hang(s, WATCHDOG_MS) },
  { name: 'late watchdog',  group: 'program',  perDay: 0.1,  anywhere: false,
    start: (s) => hang(s, range(s.random, 9 * SECOND, 30 * SECOND)) },
  { name: 'Power key',      group: 'key',      perDay: 0.3,  anywhere: false, start: powerKey },
  { name: 'RST key',        group: 'key',      perDay: 0.2,  anywhere: false, start: resetKey },
  { name: 'RS232',          group: 'rs232',    perDay: 2,    anywhere: false, start: talk },
  { name: 'RS232 garbage',  group: 'rs232',    perDay: 1,    anywhere: false, start: garbage },
];
