/** The firmware: one record, one tick in three slices. The order of a tick and nothing else. */
import { Bq76952, createBq76952, sample, setFets } from '../afe/bq76952';
import { estimate, Estimator, createEstimator } from '../bms/estimate';
import { decide } from '../bms/fets';
import { createPack, Pack } from '../bms/pack';
import { defaultParams } from '../bms/params';
import { createGuard, Guard } from '../bms/guard';
import { protect } from '../bms/protect';
import { createPacePort, onData, PacePort } from '../comms/pace/port';
import { I2cBus, OutPin } from '../hal/bus';
import { OutPort } from '../hal/pin';
import { SerialPort } from '../hal/serial';
import { Clock, Health, Later, Watchdog } from '../hal/system';
import { ledBits } from '../ui/leds';
import { createEvents, EventKind, Events, note } from './events';

/** Period of the control tick: the AFE's current filter, and a divisor of every LED and buzzer time (hardware.md 0). */
export const TICK_MS = 250;
/** A tick that begins this much late is an event. */
const LATE_MS = 125;
/** The interpreter is looked after each minute; below this reserve of free blocks it is an event. */
const HEALTH_TICKS = 240;
const RESERVE_BLOCKS = 600;

/** What a board gives the firmware. */
export interface Ports {
  clock: Clock;
  later: Later;
  watchdog: Watchdog;
  health: Health;
  afeBus: I2cBus;
  /** AFE pin DFETOFF as BOTHOFF: high opens both MOSFETs without the bus. */
  bothOff: OutPin;
  /** RUN, ALM, SOC1..4, ON/OFF in the order of `ui/leds`. */
  leds: OutPort;
  rs232: SerialPort;
}

/** What a board is. */
export interface BoardFacts {
  shuntMicroOhm: number;
  /** DIP address (S21): 0 stand-alone, 1 master, 2..15 auxiliary. */
  address: number;
}

export interface Firmware {
  ports: Ports;
  pack: Pack;
  params: Int32Array;
  guard: Guard;
  estimator: Estimator;
  afe: Bq76952;
  pace: PacePort;
  events: Events;
  /** Ticks since start: the phase of all LEDs. */
  ticks: number;
  /** Time of the sample of this tick, and when the next tick is due. */
  nowMs: number;
  dueMs: number;
  /** Slices of this tick that have run to their end, bits of `Done`. */
  done: number;
  /** The second and third slice of a tick, ready for `later`. */
  control: () => void;
  present: () => void;
}

const enum Done {
  Sample = 1,
  Control = 2,
  Present = 4,
  All = 7,
}

/** Requests are answered as they arrive, not in the tick: a PC expects the first byte within 50 ms (pace.md 1.12). */
function communicate(fw: Firmware, data: string): void {
  const answer = onData(fw.pace, fw.pack, fw.params, data, fw.ports.clock());
  if (answer !== '') fw.ports.rs232.write(answer);
}

/** What the interpreter says about itself. */
function watchHealth(fw: Firmware): void {
  const free = fw.ports.health.freeBlocks();
  if (free < RESERVE_BLOCKS) note(fw.events, EventKind.LowMemory, free, fw.nowMs);
  const errors = fw.ports.health.takeErrors();
  if (errors !== 0) note(fw.events, EventKind.EngineError, errors, fw.nowMs);
}

/** Third slice: what can wait. The watchdog is kicked last, and only for a tick whose slices have all run. */
function present(fw: Firmware): void {
  fw.ports.leds.write(ledBits(fw.pack, fw.ticks));
  if (fw.ticks % HEALTH_TICKS === HEALTH_TICKS - 1) watchHealth(fw);
  fw.ticks++;
  fw.done |= Done.Present;
  if (fw.done === Done.All) fw.ports.watchdog.kick();
}

/** Second slice: judge the sample and act on it; the only commands to hardware. */
function control(fw: Firmware): void {
  const pack = fw.pack;
  estimate(fw.estimator, pack, fw.params, fw.nowMs); // extremes and charge, which the rules compare
  protect(fw.guard, pack, fw.params, fw.nowMs); // alarms, protections, faults
  decide(pack); // what each path may do
  fw.ports.bothOff.write(pack.faults !== 0);
  setFets(fw.afe, pack.chgOn, pack.dsgOn);
  fw.done |= Done.Control;
  fw.ports.later(fw.present, 0);
}

/** Makes the record and hooks the port; nothing is measured or switched before the first tick. */
export function createFirmware(ports: Ports, facts: Readonly<BoardFacts>): Firmware {
  const fw: Firmware = {
    ports: ports,
    pack: createPack(),
    params: defaultParams(),
    guard: createGuard(),
    estimator: createEstimator(),
    afe: createBq76952(ports.afeBus, facts.shuntMicroOhm),
    pace: createPacePort(),
    events: createEvents(),
    ticks: 0,
    nowMs: 0,
    dueMs: 0,
    done: 0,
    control: function () {
      control(fw);
    },
    present: function () {
      present(fw);
    },
  };
  fw.pack.address = facts.address;
  ports.rs232.on('data', function (data) {
    communicate(fw, data);
  });
  return fw;
}

/**
 * One control step, every `TICK_MS`: first slice, the sample. The ports are served between slices. Delays are measured
 * by the clock, so a late tick does not lengthen them.
 */
export function tick(fw: Firmware): void {
  const nowMs = fw.ports.clock();
  if (fw.dueMs > 0 && nowMs - fw.dueMs > LATE_MS) note(fw.events, EventKind.Overrun, nowMs - fw.dueMs, nowMs);
  fw.dueMs = nowMs + TICK_MS;
  fw.nowMs = nowMs;
  sample(fw.afe, fw.pack, nowMs);
  fw.done = Done.Sample;
  fw.ports.later(fw.control, 0);
}
