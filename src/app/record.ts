/** What the firmware is made of: its ports, and the one record that everything hangs on. */
import { Bq76952 } from '../afe/bq76952-record';
import { Address } from '../bms/address';
import { Balancer } from '../bms/balance';
import { Breaker } from '../bms/breaker';
import { Estimator } from '../bms/estimate';
import { Pack } from '../bms/pack';
import { Guard } from '../bms/guard';
import { Power, PowerInputs } from '../bms/sleep';
import { PacePort } from '../comms/pace/port';
import { SerialOut } from '../drivers/serial-out';
import { I2cBus, I2cLines, OutPin } from '../hal/bus';
import { InPin, OutPort } from '../hal/pin';
import { Rtc } from '../hal/rtc';
import { SerialPort } from '../hal/serial';
import { Store } from '../hal/store';
import { Clock, Health, Later, ResetCause, SavePower, Watchdog } from '../hal/system';
import { Storage } from '../store/storage';
import { Events } from './events';

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
  /** State of BOTHOFF: a fault holds both paths open. */
  bothOff: boolean;
  /** Slices of this tick that have run to their end, bits of `Done`. */
  done: number;
  /** The slices of a tick, ready for `later`. */
  resume: () => void;
  control: () => void;
  present: () => void;
}
