/** The firmware: one record, one tick in three slices. The order of a tick and nothing else. */
import { bleed, createBq76952, isStarting, resume, sample, setFets } from '../afe/bq76952';
import { createAddress } from '../bms/address';
import { createBalancer } from '../bms/balance';
import { createBreaker } from '../bms/breaker';
import { createEstimator, estimate } from '../bms/estimate';
import { decide } from '../bms/fets';
import { createPack } from '../bms/pack';
import { defaultParams } from '../bms/params';
import { createGuard, isActive, move } from '../bms/guard';
import { prepare, protect } from '../bms/protect';
import { Rule } from '../bms/rules';
import { createPower, createPowerInputs, isDozing, rest } from '../bms/sleep';
import { feed, keepNewest } from '../comms/pace/framer';
import { BAUD, createPacePort, nextPiece } from '../comms/pace/port';
import { linesFree } from '../drivers/i2c-lines';
import { createSerialOut, start } from '../drivers/serial-out';
import { ResetCause } from '../hal/system';
import { createStorage } from '../store/storage';
import { ledBits } from '../ui/leds';
import { care, readKeys } from './care';
import { forgetCrashes, MOST_CRASHES, takeCrash } from './crash';
import { createEvents, EventKind, note } from './events';
import { recall } from './keep';
import { BoardFacts, Firmware, Ports } from './record';

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
  fw.bothOff = pack.faults !== 0 || (fw.bothOff && pack.samples === 0);
  fw.ports.bothOff.write(fw.bothOff);
  setFets(fw.afe, pack.chgOn, pack.dsgOn);
  bleed(fw.afe, pack.faults === 0 ? pack.bleedMask : 0);
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
  if (crashes >= MOST_CRASHES) move(fw.guard, Rule.Crash, 0, crashes, -1);
  // the first tick may be what crashes; and a fault that stood is not over before a sample has said so
  fw.bothOff = crashes >= MOST_CRASHES || fw.storage.wasFaulty;
  if (fw.bothOff) fw.ports.bothOff.write(1);
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
    bothOff: false,
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
