/** The firmware: one record, one tick in three slices. The order of a tick and nothing else. */
import { bleed, Bq76952, createBq76952, isStarting, resume, sample, setFets } from '../afe/bq76952';
import { Address, createAddress } from '../bms/address';
import { Balancer, createBalancer } from '../bms/balance';
import { Breaker, createBreaker } from '../bms/breaker';
import { estimate, Estimator, createEstimator } from '../bms/estimate';
import { decide } from '../bms/fets';
import { createPack, Pack } from '../bms/pack';
import { defaultParams } from '../bms/params';
import { createGuard, Guard, isActive, move } from '../bms/guard';
import { prepare, protect } from '../bms/protect';
import { Rule } from '../bms/rules';
import { createPower, createPowerInputs, isDozing, Power, PowerInputs, rest } from '../bms/sleep';
import { feed, keepNewest } from '../comms/pace/framer';
import { BAUD, createPacePort, nextPiece, PacePort } from '../comms/pace/port';
import { linesFree } from '../drivers/i2c-lines';
import { createSerialOut, SerialOut, start } from '../drivers/serial-out';
import { I2cBus, I2cLines, OutPin } from '../hal/bus';
import { InPin, OutPort } from '../hal/pin';
import { Rtc } from '../hal/rtc';
import { SerialPort } from '../hal/serial';
import { Store } from '../hal/store';
import { Clock, Health, Later, ResetCause, SavePower, Watchdog } from '../hal/system';
import { createStorage, Storage } from '../store/storage';
import { ledBits } from '../ui/leds';
import { care, readKeys } from './care';
import { forgetCrashes, MOST_CRASHES, takeCrash } from './crash';
import { createEvents, EventKind, Events, note } from './events';
import { recall } from './keep';

/** Period of the control tick: the AFE's current filter, and a divisor of every LED and buzzer time (hardware.md 0). */
export const TICK_MS = 250;
/** So much of a tick may go into the steps of the AFE's start. */
const START_SHARE_MS = 150;
/** A tick that begins this much late is an event. */
const LATE_MS = 125;
/** The interpreter is looked after each minute; below this reserve of free blocks it is an event. */
const HEALTH_TICKS = 240;
const RESERVE_BLOCKS = 600;
/** So many minutes without a crash release its fault: assumption. The first of them clears the count. */
const PROBATION_MINUTES = 10;
const ALL_LEDS = 127;

/** What a board gives the firmware. */
export interface Ports {
  clock: Clock;
  later: Later;
  watchdog: Watchdog;
  health: Health;
  afeBus: I2cBus;
  /** Its two lines, when its master does not look at them itself: software I2C. */
  afeLines?: I2cLines;
  /** AFE pin DFETOFF as BOTHOFF: high opens both MOSFETs without the bus. */
  bothOff: OutPin;
  /** RUN, ALM, SOC1..4, ON/OFF in the order of `ui/leds`. */
  leds: OutPort;
  rs232: SerialPort;
  /** DIP switches (S21): 0 stand-alone, 1 master, 2..15 auxiliary. */
  dip: () => number;
  /** Keys that are pressed (S20): bit 0 Power, bit 1 RST. */
  keys: () => number;
  /** Starts the program anew. */
  restart: () => void;
  /** Non-volatile memory. Without it, or with its chip missing, nothing is remembered over a restart. */
  store?: Store;
  rtc?: Rtc;
  /** Auxiliary contact of the breaker, to ground while it is closed. */
  breakerContact?: InPin;
  savePower?: SavePower;
}

/** What a board is. */
export interface BoardFacts {
  shuntMicroOhm: number;
  /** Why the controller started, as far as the board can tell. */
  cause?: ResetCause;
}

export interface Firmware {
  ports: Ports;
  pack: Pack;
  params: Int32Array;
  guard: Guard;
  estimator: Estimator;
  afe: Bq76952;
  pace: PacePort;
  rs232Out: SerialOut;
  events: Events;
  /** What is remembered over a restart. */
  storage: Storage;
  breaker: Breaker;
  balancer: Balancer;
  address: Address;
  power: Power;
  powerInputs: PowerInputs;
  /** Ticks since start: the phase of all LEDs. */
  ticks: number;
  /** Time of the sample of this tick, and when the next tick is due. */
  nowMs: number;
  dueMs: number;
  /** Slices of this tick that have run to their end, bits of `Done`. */
  done: number;
  /** The slices of a tick, ready for `later`. */
  resume: () => void;
  control: () => void;
  present: () => void;
}

const enum Done {
  Sample = 1,
  Control = 2,
  Present = 4,
  All = 7,
}

/**
 * The end of a request, or noise, has arrived. Requests are answered as they come, not in the tick: a PC expects the
 * first byte within 50 ms (pace.md 1.12). While an answer is on its way the newest request waits.
 */
function communicate(fw: Firmware): void {
  if (fw.rs232Out.busy) keepNewest(fw.pace.framer);
  else start(fw.rs232Out);
}

/** Once a minute: what the interpreter says about itself, and that another minute has passed without a crash. */
function watchHealth(fw: Firmware): void {
  const free = fw.ports.health.freeBlocks();
  if (free < RESERVE_BLOCKS) note(fw.events, EventKind.LowMemory, free, fw.nowMs);
  const errors = fw.ports.health.takeErrors();
  if (errors !== 0) note(fw.events, EventKind.EngineError, errors, fw.nowMs);
  const minutes = (fw.ticks + 1) / HEALTH_TICKS;
  const link = fw.afe.link;
  if (minutes % 60 === 0 && link.retries > 0) {
    note(fw.events, EventKind.BusErrors, link.retries, fw.nowMs);
    link.retries = 0;
  }
  if (minutes === 1 && fw.ports.store !== undefined) forgetCrashes(fw.ports.store);
  if (minutes === PROBATION_MINUTES && isActive(fw.guard, Rule.Crash)) move(fw.guard, Rule.Crash, 0, 0, -1);
}

/** Third slice: what can wait. The watchdog is kicked last, and only for a tick whose slices have all run. */
function present(fw: Firmware): void {
  const power = fw.power;
  fw.ports.leds.write(power.keys.allLeds ? ALL_LEDS : power.dark ? 0 : ledBits(fw.pack, fw.params, fw.ticks));
  care(fw);
  if (fw.ticks % HEALTH_TICKS === HEALTH_TICKS - 1) watchHealth(fw);
  fw.ticks++;
  fw.done |= Done.Present;
  if (fw.done === Done.All) fw.ports.watchdog.kick();
}

/** What follows the sample: control, or another step while the AFE is configured, each a slice of its own. */
function proceed(fw: Firmware): void {
  const more = isStarting(fw.afe) && fw.ports.clock() - fw.nowMs < START_SHARE_MS;
  fw.ports.later(more ? fw.resume : fw.control, 0);
}

/** Second slice: judge the sample and act on it; the only commands to hardware. */
function control(fw: Firmware): void {
  const pack = fw.pack;
  if (prepare(fw.guard, pack, fw.params, fw.nowMs)) return fw.ports.later(fw.control, 0);
  estimate(fw.estimator, pack, fw.params, fw.nowMs); // extremes and charge, which the rules compare
  protect(fw.guard, pack, fw.params, fw.nowMs); // alarms, protections, faults
  decide(pack); // what each path may do
  rest(fw.power, pack); // what a sleeping pack keeps open
  fw.ports.bothOff.write(pack.faults !== 0);
  setFets(fw.afe, pack.chgOn, pack.dsgOn);
  bleed(fw.afe, pack.bleedMask);
  fw.done |= Done.Control;
  fw.ports.later(fw.present, 0);
}

/** Notes why we start. A program that crashes again and again opens both paths until it has proved itself. */
function begin(fw: Firmware, cause: ResetCause): void {
  const taken = fw.ports.store === undefined ? 0 : takeCrash(fw.ports.store);
  const crashes = Math.abs(taken);
  if (taken < 0) note(fw.events, EventKind.Crash, crashes, 0);
  else note(fw.events, EventKind.Start, cause, 0);
  recall(fw, taken < 0 ? ResetCause.Crash : cause);
  if (crashes < MOST_CRASHES) return;
  move(fw.guard, Rule.Crash, 0, crashes, -1);
  fw.ports.bothOff.write(1); // the first tick may be what crashes
}

/** Makes the record and hooks the port; nothing is measured before the first tick, and a path at most opened. */
export function createFirmware(ports: Ports, facts: Readonly<BoardFacts>): Firmware {
  const params = defaultParams();
  const fw: Firmware = {
    ports: ports,
    pack: createPack(),
    params: params,
    guard: createGuard(),
    estimator: createEstimator(),
    afe: createBq76952(
      ports.afeBus,
      function () {
        return ports.afeLines === undefined || linesFree(ports.afeLines);
      },
      facts.shuntMicroOhm,
      params,
    ),
    pace: createPacePort(),
    rs232Out: createSerialOut(ports.rs232, ports.clock, ports.later, BAUD, function () {
      return nextPiece(fw.pace, fw.pack, fw.params);
    }),
    events: createEvents(),
    storage: createStorage(ports.store === undefined ? null : ports.store),
    breaker: createBreaker(ports.breakerContact === undefined ? null : ports.breakerContact),
    balancer: createBalancer(),
    address: createAddress(ports.dip()),
    power: createPower(),
    powerInputs: createPowerInputs(),
    ticks: 0,
    nowMs: 0,
    dueMs: 0,
    done: 0,
    resume: function () {
      resume(fw.afe, fw.pack, fw.nowMs);
      proceed(fw);
    },
    control: function () {
      control(fw);
    },
    present: function () {
      present(fw);
    },
  };
  fw.pack.address = fw.address.value;
  begin(fw, facts.cause === undefined ? ResetCause.Unknown : facts.cause);
  const framer = fw.pace.framer;
  const clock = ports.clock;
  ports.rs232.on('data', function (data) {
    fw.powerInputs.rs232 = true;
    if (feed(framer, data, clock())) communicate(fw);
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
  readKeys(fw);
  if (isDozing(fw.power, fw.powerInputs, nowMs)) return;
  fw.nowMs = nowMs;
  sample(fw.afe, fw.pack, nowMs);
  fw.done = Done.Sample;
  proceed(fw);
}
