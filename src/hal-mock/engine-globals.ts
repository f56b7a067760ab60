/** The board as Espruino's global objects: what a compiled bundle finds when it runs in a bare context. */
import { SimBoard, WIRING } from './board';
import { natives } from './natives';
import type { SimI2c } from './sim-i2c';
import type { SimPin } from './sim-pins';

/** A pin as the engine shows it. */
class EnginePin {
  constructor(readonly sim: SimPin) {}
  read(): boolean {
    return this.sim.read();
  }
  write(value: boolean | number): void {
    this.sim.write(value);
  }
  set(): void {
    this.sim.write(1);
  }
  reset(): void {
    this.sim.write(0);
  }
  mode(): void {}
}

/** The engine's words for `EngineError`, typed in from its reference. */
function engineErrorNames(bits: number): string[] {
  return ['BUFFER_FULL', 'MEMORY', 'CALLBACK'].filter((_, i) => (bits >> i) & 1);
}

interface I2cSetup {
  scl?: EnginePin;
  sda?: EnginePin;
}

/**
 * Globals of the reference board over the simulated one. Buses and ports are found by the pins that the program names;
 * pins that lead nowhere throw, as a wrong wiring table should.
 */
export function engineGlobals(board: SimBoard): Record<string, unknown> {
  const pins: Record<string, EnginePin> = {};
  for (const port of 'ABCDE') for (let n = 0; n < 16; n++) pins[port + n] = new EnginePin(board.pins.pin(port + n));
  const list = (pin: EnginePin | EnginePin[]): EnginePin[] => (Array.isArray(pin) ? pin : [pin]);

  class I2C {
    private bus: SimI2c | undefined;
    setup(options: I2cSetup): void {
      const named = (bus: { scl: string; sda: string }): boolean =>
        options.scl === pins[bus.scl] && options.sda === pins[bus.sda];
      if (named(WIRING.afeBus)) this.bus = board.afeBus;
      else if (named(WIRING.memoryBus)) this.bus = board.memoryBus;
      else throw new Error('no bus on these pins');
    }
    writeTo(...args: Parameters<SimI2c['writeTo']>): void {
      this.bus!.writeTo(...args);
    }
    readFrom(...args: Parameters<SimI2c['readFrom']>): Uint8Array {
      return this.bus!.readFrom(...args);
    }
    readReg(...args: Parameters<SimI2c['readReg']>): Uint8Array {
      return this.bus!.readReg(...args);
    }
  }

  return {
    ...pins,
    I2C,
    Serial3: {
      setup(baud: number, options: { tx: EnginePin; rx: EnginePin }): void {
        if (options.tx !== pins[WIRING.rs232.tx] || options.rx !== pins[WIRING.rs232.rx])
          throw new Error('no port on these pins');
        board.rs232.baud = baud;
      },
      on: (event: 'data', handler: (data: string) => void) => board.rs232.on(event, handler),
      write: (data: string) => board.rs232.write(data),
    },
    E: {
      ...natives,
      kickWatchdog: () => board.watchdog.kick(),
      enableWatchdog(): void {},
      getErrorFlags: () => engineErrorNames(board.health.takeErrors()),
    },
    process: { memory: () => ({ free: board.health.freeBlocks() }) },
    digitalWrite(pin: EnginePin | EnginePin[], value: boolean | number): void {
      const all = list(pin);
      if (all.length === 1) all[0]!.write(value);
      else all.forEach((one, i) => one.write((Number(value) >> (all.length - 1 - i)) & 1));
    },
    digitalRead(pin: EnginePin | EnginePin[]): number {
      return list(pin).reduce((bits, one) => bits * 2 + (one.read() ? 1 : 0), 0);
    },
    pinMode(): void {},
    getTime: () => board.time.nowUs / 1e6,
    setInterval: (action: () => void, ms: number) => board.cpu.setInterval(action, ms),
    setTimeout: board.later,
  };
}
