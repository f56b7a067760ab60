/** The firmware on the simulated board, on virtual time: what the command line, the bench and the tests run. */
import { addCare, type Care, type CarePorts } from '../src/app/care';
import { createFirmware, tick, TICK_MS, type Firmware } from '../src/app/firmware';
import { Layout } from '../src/comms/pace/telemetry';
import { createFram } from '../src/drivers/fm24w256';
import { SimBoard } from '../src/hal-mock/board';
import '../src/hal-mock/natives';
import { ResetCause } from '../src/hal/system';
import type { PlantOptions } from '../src/hal-mock/plant/plant';

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
  /** Memory, sleep and breaker watch of `app/care.ts`, which no board has yet. */
  care: boolean;
  /** The breaker has an auxiliary contact. */
  breakerContact: boolean;
}

const SHUNT_MICRO_OHM = 250;

export class VirtualPack {
  readonly board: SimBoard;
  firmware: Firmware;
  /** Null without option `care`. */
  care: Care | null = null;
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
    this.board = new SimBoard({ plant: { seed, soc, ambientCelsius, ...plant }, address });
    this.firmware = this.boot();
  }

  /** Virtual time since the start, ms. */
  get nowMs(): number {
    return this.board.clock();
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
    this.board.resetController();
    this.firmware = this.boot();
  }

  private boot(): Firmware {
    const { board } = this;
    const { clock, later, watchdog, health, afeBus, afeLines, bothOff, leds, rs232 } = board;
    const store = createFram(board.memoryBus);
    const ports = { clock, later, watchdog, health, afeBus, afeLines, bothOff, leds, rs232, store };
    const firmware = createFirmware(ports, { shuntMicroOhm: SHUNT_MICRO_OHM, address: this.options.address });
    if (this.options.care) this.care = addCare(firmware, this.carePorts(), ResetCause.Unknown);
    firmware.pace.layout = this.options.layout;
    board.cpu.setInterval(() => tick(firmware), TICK_MS);
    return firmware;
  }

  private carePorts(): CarePorts {
    const { savePower, breakerContact, memoryBus } = this.board;
    const ports = { store: createFram(memoryBus), savePower };
    return this.options.breakerContact ? { ...ports, breakerContact } : ports;
  }
}
