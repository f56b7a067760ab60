/**
 * The faults of hardware.md section 9 as things that can be done to the simulated board. A fault begins with `inject` and
 * ends with `clear`; one that is over by itself has nothing to clear.
 */
import { WIRING, type SimBoard } from '../src/hal-mock/board';
import { seededRandom } from '../src/hal-mock/random';

export interface BoardFault {
  /** Row of hardware.md section 9. */
  readonly row: number;
  /** In plain words; unique. */
  readonly name: string;
  inject(board: SimBoard): void;
  clear(board: SimBoard): void;
}

/** A row whose part is not built yet. */
export interface FutureFault {
  readonly row: number;
  readonly name: string;
  readonly needs: string;
}

/** µs in which every tick and every scan of the AFE comes by once. */
const ONE_TICK_US = 250_000;
/** So long a program may be busy elsewhere, µs: a flash erase (hardware.md 0.5). */
const BUSY_US = 2_000_000;

/** The controller's watchdog bites 5 to 8 s after its last kick (hardware.md 9, row 32). */
const WATCHDOG_US = 6_000_000;

const over = (): void => {};

function at(board: SimBoard, afterUs: number, action: () => void): void {
  board.time.at(board.time.nowUs + afterUs, action);
}

/** One bit of one of the next answers of the AFE is wrong. */
function flipBit(board: SimBoard): void {
  const { faults } = board.afeBus;
  faults.disturb = (byte, fromDevice) => {
    if (!fromDevice) return byte;
    faults.disturb = null;
    return byte ^ 0x10;
  };
}

function jumpOnce(board: SimBoard): void {
  board.afe.bench.freezePin('TS1', 4412); // 168 °C
  at(board, ONE_TICK_US, () => board.afe.bench.freezePin('TS1', null));
}

/** The key or switch behind a pin bounces: an odd number of edges within 10 ms. */
function bounce(board: SimBoard, name: string, level: boolean): void {
  const random = seededRandom(board.time.nowUs);
  const pin = board.pins.pin(name);
  for (let edge = 0; edge < 14; edge++) at(board, 10_000 * random(), () => pin.write(!pin.read()));
  at(board, 10_000, () => pin.write(level));
}

/** The program alone; a watchdog would bite earlier. */
function stop(board: SimBoard, us: number): void {
  board.cpu.halt();
  at(board, us, () => board.cpu.resume());
}

function hang(board: SimBoard): void {
  board.cpu.halt();
  at(board, WATCHDOG_US, () => board.restart('watchdog'));
}

function setDip(board: SimBoard, address: number): void {
  WIRING.dip.forEach((name, i) => board.pins.pin(name).write(((address >> (3 - i)) & 1) === 0));
}

/** Random bytes, a frame without an end, a break. */
function garbage(board: SimBoard): void {
  const random = seededRandom(36);
  const bytes = Array.from({ length: 300 }, () => String.fromCharCode(Math.floor(256 * random())));
  board.rs232.receive(`${bytes.join('')}~25014642E002\0\0\0\0`);
}

// prettier-ignore
export const FAULTS: readonly BoardFault[] = [
  { row: 1, name: 'AFE cut off',
    inject: (b) => { b.afeBus.faults.unplugged = true; }, clear: (b) => { b.afeBus.faults.unplugged = false; } },
  { row: 1, name: 'AFE deaf',
    inject: (b) => { b.afe.bench.deaf = true; }, clear: (b) => { b.afe.bench.deaf = false; } },
  { row: 2, name: 'flipped bit on the AFE bus', inject: flipBit, clear: (b) => { b.afeBus.faults.disturb = null; } },
  { row: 3, name: 'AFE answers with old data',
    inject: (b) => b.afe.bench.staleResults(1000), clear: (b) => b.afe.bench.staleResults(0) },
  { row: 3, name: 'AFE answers with wrong checksums',
    inject: (b) => b.afe.bench.corruptChecksums(1000), clear: (b) => b.afe.bench.corruptChecksums(0) },
  { row: 3, name: 'AFE answers late',
    inject: (b) => { b.afe.bench.echoDelayUs = 400_000; }, clear: (b) => { b.afe.bench.echoDelayUs = 0; } },
  { row: 4, name: 'SDA stuck low',
    inject: (b) => { b.afeBus.faults.sdaLow = true; }, clear: (b) => { b.afeBus.faults.sdaLow = false; } },
  { row: 4, name: 'SDA held low until nine clocks',
    inject: (b) => { b.afeBus.faults.sdaLowForClocks = 9; }, clear: (b) => { b.afeBus.faults.sdaLowForClocks = 0; } },
  { row: 5, name: 'SCL stuck low',
    inject: (b) => { b.afeBus.faults.sclLow = true; }, clear: (b) => { b.afeBus.faults.sclLow = false; } },
  { row: 5, name: 'AFE stretches the clock by 20 ms',
    inject: (b) => { b.afe.bench.extraStretchUs = 20_000; }, clear: (b) => { b.afe.bench.extraStretchUs = 0; } },
  { row: 6, name: 'AFE reset', inject: (b) => b.afe.powerOnReset(), clear: over },
  { row: 7, name: 'AFE configuration changed by itself',
    inject: (b) => b.afe.bench.corruptMemory(0x9286, 15), clear: over },
  { row: 8, name: 'AFE measurements frozen',
    inject: (b) => { b.afe.bench.adcFrozen = true; }, clear: (b) => { b.afe.bench.adcFrozen = false; } },
  { row: 8, name: 'AFE cell registers frozen',
    inject: (b) => { b.afe.bench.cellsFrozen = true; }, clear: (b) => { b.afe.bench.cellsFrozen = false; } },
  { row: 9, name: 'AFE reads zeros',
    inject: (b) => { b.afe.bench.zeroBurst = true; }, clear: (b) => { b.afe.bench.zeroBurst = false; } },
  { row: 10, name: 'one temperature far off for one sample', inject: jumpOnce, clear: over },
  { row: 11, name: 'sense wire broken between two cells',
    inject: (b) => b.plant.breakSenseWire(8, true), clear: (b) => b.plant.breakSenseWire(8, false) },
  { row: 12, name: 'lowest sense wire broken',
    inject: (b) => b.plant.breakSenseWire(0, true), clear: (b) => b.plant.breakSenseWire(0, false) },
  { row: 12, name: 'highest sense wire broken',
    inject: (b) => b.plant.breakSenseWire(16, true), clear: (b) => b.plant.breakSenseWire(16, false) },
  { row: 13, name: 'two sense wires exchanged',
    inject: (b) => b.plant.swapSenseWires(5), clear: (b) => b.plant.swapSenseWires(5) },
  { row: 14, name: 'cell sensor broken off',
    inject: (b) => b.plant.faultNtc(1, 'open'), clear: (b) => b.plant.faultNtc(1, null) },
  { row: 14, name: 'cell sensor shorted',
    inject: (b) => b.plant.faultNtc(1, 'short'), clear: (b) => b.plant.faultNtc(1, null) },
  { row: 14, name: 'MOSFET sensor broken off',
    inject: (b) => b.plant.faultNtc(4, 'open'), clear: (b) => b.plant.faultNtc(4, null) },
  { row: 14, name: 'ambient sensor shorted',
    inject: (b) => b.plant.faultNtc(5, 'short'), clear: (b) => b.plant.faultNtc(5, null) },
  { row: 15, name: 'cell sensor off its cell',
    inject: (b) => b.plant.faultNtc(1, 'loose'), clear: (b) => b.plant.faultNtc(1, null) },
  { row: 16, name: 'charge MOSFET welded',
    inject: (b) => b.plant.weld('chg', true), clear: (b) => b.plant.weld('chg', false) },
  { row: 17, name: 'discharge MOSFET welded',
    inject: (b) => b.plant.weld('dsg', true), clear: (b) => b.plant.weld('dsg', false) },
  { row: 18, name: 'discharge MOSFET failed open',
    inject: (b) => b.plant.failOpen('dsg', true), clear: (b) => b.plant.failOpen('dsg', false) },
  { row: 18, name: 'charge MOSFET failed open',
    inject: (b) => b.plant.failOpen('chg', true), clear: (b) => b.plant.failOpen('chg', false) },
  { row: 19, name: 'shunt off by 0.3 A',
    inject: (b) => b.plant.setShuntError(0, 75), clear: (b) => b.plant.setShuntError(0, 0) },
  { row: 19, name: 'shunt off by 2 A',
    inject: (b) => b.plant.setShuntError(0, 500), clear: (b) => b.plant.setShuntError(0, 0) },
  { row: 20, name: 'shunt open',
    inject: (b) => b.plant.openShunt('discharge'), clear: (b) => b.plant.openShunt(null) },
  { row: 21, name: 'charge counter of the AFE starts anew', inject: (b) => b.afe.bench.resetCounter(), clear: over },
  { row: 22, name: 'short circuit', inject: (b) => b.plant.shortCircuit(), clear: (b) => b.plant.clearShort() },
  { row: 23, name: 'program stands still for 11 s', inject: (b) => stop(b, 11_000_000), clear: (b) => b.cpu.resume() },
  { row: 27, name: 'memory loses its supply within a record',
    inject: (b) => { b.fram.bytesUntilPowerCut = 20; }, clear: (b) => { b.fram.bytesUntilPowerCut = Infinity; } },
  { row: 28, name: 'memory missing',
    inject: (b) => { b.fram.missing = true; }, clear: (b) => { b.fram.missing = false; } },
  { row: 29, name: 'memory busy for three transfers',
    inject: (b) => { b.memoryBus.faults.refuse = 3; }, clear: (b) => { b.memoryBus.faults.refuse = 0; } },
  { row: 30, name: 'clock without time', inject: (b) => b.rtc.loseTime(), clear: over },
  { row: 30, name: 'clock missing', inject: (b) => { b.rtc.missing = true; }, clear: (b) => { b.rtc.missing = false; } },
  { row: 31, name: 'controller reset by its watchdog', inject: (b) => b.restart('watchdog'), clear: over },
  { row: 32, name: 'program hangs until the watchdog bites', inject: hang, clear: over },
  { row: 33, name: 'RST key stuck',
    inject: (b) => b.pins.pin(WIRING.rstKey).write(0), clear: (b) => b.pins.pin(WIRING.rstKey).write(1) },
  { row: 33, name: 'Power key stuck',
    inject: (b) => b.pins.pin(WIRING.powerKey).write(1), clear: (b) => b.pins.pin(WIRING.powerKey).write(0) },
  { row: 34, name: 'Power key bounces',
    inject: (b) => bounce(b, WIRING.powerKey, true), clear: (b) => bounce(b, WIRING.powerKey, false) },
  { row: 35, name: 'address switches changed', inject: (b) => setDip(b, 5), clear: (b) => setDip(b, 0) },
  { row: 36, name: 'garbage on RS232', inject: garbage, clear: over },
  { row: 39, name: 'breaker opened', inject: (b) => b.plant.openBreaker(), clear: (b) => b.plant.closeBreaker() },
  { row: 39, name: 'breaker tripped', inject: (b) => b.plant.tripBreaker(), clear: (b) => b.plant.closeBreaker() },
  { row: 40, name: 'charger of 66 V',
    inject: (b) => b.plant.connectCharger({ amps: 5, volts: 66 }), clear: (b) => b.plant.disconnectCharger() },
  { row: 40, name: 'charger reversed',
    inject: (b) => b.plant.reverseCharger({ amps: 20, volts: 57.6 }), clear: (b) => b.plant.reverseCharger(null) },
  { row: 41, name: 'program busy for 2 s', inject: (b) => b.cpu.post(() => b.cpu.wait(BUSY_US)), clear: over },
];

export const FUTURE_FAULTS: readonly FutureFault[] = [
  { row: 24, name: 'CAN without partner', needs: 'no part yet: issue 7' },
  { row: 25, name: 'CAN controller missing', needs: 'no part yet: issue 7' },
  { row: 26, name: 'display missing', needs: 'no part yet: issue 5' },
  { row: 37, name: 'RS485 hears itself', needs: 'no part yet: issue 6' },
  { row: 38, name: 'two packs with one address', needs: 'no part yet: issue 6' },
];

/** A fault of the catalogue by its name; throws when there is none. */
export function faultNamed(name: string): BoardFault {
  const found = FAULTS.find((fault) => fault.name === name);
  if (found === undefined) throw new Error(`no fault "${name}"`);
  return found;
}
