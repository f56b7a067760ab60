/** The firmware on the simulated board, on virtual time: what the command line, the bench and the tests run. */
import { createFirmware, tick, TICK_MS } from '../src/app/firmware';
import type { Firmware, Ports } from '../src/app/record';
import { Layout } from '../src/comms/pace/telemetry';
import { createDs3231 } from '../src/drivers/ds3231';
import { createFram } from '../src/drivers/fm24w256';
import { SimBoard, type BoardOptions } from '../src/hal-mock/board';
import '../src/hal-mock/natives';
import { ResetCause } from '../src/hal/system';
import type { PlantOptions } from '../src/hal-mock/plant/plant';
import { commission } from './commission';

export interface VirtualPackOptions {
  seed: number;
  /** State of charge at the start, 0..1. */
  soc: number;
  ambientCelsius: number;
  /** DIP address, 0..15. */
  address: number;
  /** PACE layout of the answers. */
  layout: Layout;
  plant: Partial<PlantOptions>;
  /** No effect any more: every pack has memory, sleep and breaker watch. */
  care: boolean;
  /** The breaker has an auxiliary contact. */
  breakerContact: boolean;
}

export const SHUNT_MICRO_OHM = 250;
export const CAUSES = {
  power: ResetCause.PowerOn,
  watchdog: ResetCause.Watchdog,
  software: ResetCause.Unknown,
} as const;

/** Sees what a test does to packs; see `engine/twin.ts`. */
export interface Observer {
  created(board: SimBoard, options: Partial<BoardOptions>): Observed;
}

/** One pack under observation: what its user gets in place of board and firmware. */
export interface Observed {
  readonly outside: SimBoard;
  inside<T extends object>(target: T): T;
  restarted(): void;
}

export class VirtualPack {
  /** Set by a test's set-up. */
  static observer: Observer | null = null;
  readonly board: SimBoard;
  private readonly inner: SimBoard;
  private readonly observed: Observed | null;
  private running: Firmware;
  private readonly options: VirtualPackOptions;

  constructor(options: Partial<VirtualPackOptions> = {}) {
    this.options = {
      seed: 1,
      soc: 0.5,
      ambientCelsius: 25,
      address: 0,
      layout: Layout.Auto,
      plant: {},
      care: false,
      breakerContact: false,
      ...options,
    };
    const { seed, soc, ambientCelsius, address, plant } = this.options;
    const facts = { plant: { seed, soc, ambientCelsius, ...plant }, address };
    this.inner = new SimBoard(facts);
    commission(this.inner, this.options.breakerContact);
    this.observed = VirtualPack.observer === null ? null : VirtualPack.observer.created(this.inner, facts);
    this.board = this.observed === null ? this.inner : this.observed.outside;
    this.running = this.boot();
    this.inner.boot = () => {
      this.running = this.boot();
    };
  }

  get firmware(): Firmware {
    return this.observed === null ? this.running : this.observed.inside(this.running);
  }

  /** Virtual time since the start, ms. */
  get nowMs(): number {
    return this.inner.clock();
  }

  /** Lets virtual time pass. */
  run(ms: number): void {
    this.board.run(ms);
  }

  /** Runs tick by tick until `condition` holds; returns the ms that it took. Throws after `limitMs`. */
  runUntil(condition: () => boolean, limitMs: number): number {
    const startMs = this.nowMs;
    while (!condition()) {
      if (this.nowMs - startMs >= limitMs) throw new Error(`not within ${limitMs / 1000} s of virtual time`);
      this.run(TICK_MS);
    }
    return this.nowMs - startMs;
  }

  /** Controller reset: the program starts anew on the same chips and pack. */
  restart(): void {
    this.inner.resetController();
    this.running = this.boot();
    this.observed?.restarted();
  }

  /** The same as `firmware`. */
  get care(): Firmware {
    return this.firmware;
  }

  private boot(): Firmware {
    const board = this.inner;
    const firmware = createFirmware(boardPorts(board), {
      shuntMicroOhm: SHUNT_MICRO_OHM,
      cause: CAUSES[board.lastReset],
    });
    firmware.pace.layout = this.options.layout;
    board.cpu.setInterval(() => tick(firmware), TICK_MS);
    return firmware;
  }
}

/** The simulated board as the firmware's ports. */
export function boardPorts(board: SimBoard): Ports {
  const { later, watchdog, health, afeBus, afeLines, bothOff, leds, rs232, dip, keys } = board;
  const { savePower, breakerContact, memoryBus } = board;
  const ports = { later, watchdog, health, afeBus, afeLines, bothOff, leds, rs232, dip, keys };
  const now = (): number => (Math.floor(board.time.nowUs) / 1e6) * 1000; // as the engine's getTime, to the last bit
  const startMs = now();
  const clock = (): number => Math.round(now() - startMs);
  const restart = (): void => board.restart('software');
  const [store, rtc] = [createFram(memoryBus), createDs3231(memoryBus)];
  return { ...ports, clock, restart, store, rtc, breakerContact, savePower };
}
