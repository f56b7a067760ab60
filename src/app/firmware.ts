/** The firmware: one record, one tick. The order of a tick and nothing else. */
import { Bq76952, createBq76952, sample, setFets } from '../afe/bq76952';
import { estimate, Estimator, createEstimator } from '../bms/estimate';
import { decide } from '../bms/fets';
import { createPack, Pack } from '../bms/pack';
import { defaultParams } from '../bms/params';
import { createGuard, Guard, protect } from '../bms/protect';
import { createPacePort, onData, PacePort } from '../comms/pace/port';
import { I2cBus, OutPin } from '../hal/bus';
import { OutPort } from '../hal/pin';
import { SerialPort } from '../hal/serial';
import { Clock, Watchdog } from '../hal/system';
import { ledBits } from '../ui/leds';

/** Period of the control tick: the AFE's current filter, and a divisor of every LED and buzzer time (hardware.md 0). */
export const TICK_MS = 250;

/** What a board gives the firmware. */
export interface Ports {
  clock: Clock;
  watchdog: Watchdog;
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
  /** Ticks since start: the phase of all LEDs. */
  ticks: number;
}

/** Requests are answered as they arrive, not in the tick: a PC expects the first byte within 50 ms (pace.md 1.12). */
function communicate(fw: Firmware, data: string): void {
  const answer = onData(fw.pace, fw.pack, fw.params, data, fw.ports.clock());
  if (answer !== '') fw.ports.rs232.write(answer);
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
    ticks: 0,
  };
  fw.pack.address = facts.address;
  ports.rs232.on('data', function (data) {
    communicate(fw, data);
  });
  return fw;
}

/** One control step, every `TICK_MS`. Delays are measured by the clock, so a late tick does not lengthen them. */
export function tick(fw: Firmware): void {
  const pack = fw.pack;
  const nowMs = fw.ports.clock();
  sample(fw.afe, pack, nowMs); // 1 sample: everything below works on this tick's values
  estimate(fw.estimator, pack, fw.params, nowMs); // 2 extremes and charge, which the rules compare
  protect(fw.guard, pack, fw.params, nowMs); // 3 alarms, protections, faults
  decide(pack); // 4 what each path may do; the only commands to hardware follow
  fw.ports.bothOff.write(pack.faults !== 0);
  setFets(fw.afe, pack.chgOn, pack.dsgOn);
  fw.ports.leds.write(ledBits(pack, fw.ticks++)); // 5 present
  fw.ports.watchdog.kick(); // last: a tick that did not get here must not feed the dog
}
