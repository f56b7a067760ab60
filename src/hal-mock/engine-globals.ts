/** The board as Espruino's global objects: what a compiled bundle finds when it runs in a bare context. */
import { SimBoard, WIRING } from './board';
import { EXPANDER_ADDRESS, Mcp23017 } from './devices/mcp23017';
import { natives } from './natives';
import type { SimI2c } from './sim-i2c';
import type { SimPin } from './sim-pins';

/** A pin as the engine shows it. */
class EnginePin {
  constructor(readonly sim: Pick<SimPin, 'read' | 'write'>) {}
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

type Pins = Record<string, EnginePin>;

/** The engine's words for `EngineError`, typed in from its reference. */
function engineErrorNames(bits: number): string[] {
  return ['BUFFER_FULL', 'MEMORY', 'CALLBACK'].filter((_, i) => (bits >> i) & 1);
}

interface I2cSetup {
  scl?: EnginePin;
  sda?: EnginePin;
}

/** A bus of the engine: which wires it has is decided by the pins that the program names. */
class EngineI2c {
  private bus: SimI2c | undefined;
  constructor(private readonly find: (options: I2cSetup) => SimI2c | undefined) {}
  setup(options: I2cSetup): void {
    this.bus = this.find(options);
    if (this.bus === undefined) throw new Error('no bus on these pins');
    this.bus.release();
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

/** Registers that tell why the controller started, by address: what they hold (data sheets), and what clears them. */
interface ResetFlags {
  power: number;
  watchdog: number;
  software: number;
  clearedBy: number;
}
/** RM0090 6.3.21: BOR, pin, POR; watchdog and pin; software and pin. Bit 24 removes the flags. */
const RCC_CSR: ResetFlags = { power: 0x0e000000, watchdog: 0x24000000, software: 0x14000000, clearedBy: 0x01000000 };
/** RP2040 4.7.6, RP2350 12.9.7: timer, force. Cleared by a reset from outside only. */
const WATCHDOG_REASON: ResetFlags = { power: 0, watchdog: 1, software: 2, clearedBy: 0 };
const RESET_REGISTERS: Record<number, ResetFlags> = {
  0x40023874: RCC_CSR,
  0x40058008: WATCHDOG_REASON,
  0x400d8008: WATCHDOG_REASON,
};

function reverseByte(byte: number): number {
  let reversed = 0;
  for (let i = 0; i < 8; i++) reversed |= ((byte >> i) & 1) << (7 - i);
  return reversed;
}

/** What all boards' engines have in common: pins by name, time, and the program's own life and death. */
function commonGlobals(board: SimBoard, pins: Pins): Record<string, unknown> {
  const list = (pin: EnginePin | EnginePin[]): EnginePin[] => (Array.isArray(pin) ? pin : [pin]);
  const flagsOf = (address: number): ResetFlags => {
    const flags = RESET_REGISTERS[address];
    if (flags === undefined) throw new Error(`no register at 0x${address.toString(16)}`);
    return flags;
  };
  let cleared = false;
  const globals: Record<string, unknown> = {
    ...pins,
    E: {
      ...natives,
      reverseByte,
      kickWatchdog: () => board.watchdog.kick(),
      enableWatchdog(): void {},
      getErrorFlags: () => engineErrorNames(board.health.takeErrors()),
      reboot: () => board.restart('software'),
    },
    process: {
      memory: () => ({ free: board.health.freeBlocks() }),
      on(event: string, handler: (error: unknown) => void): void {
        if (event === 'uncaughtException') board.cpu.onUncaught = handler;
      },
    },
    peek32(address: number): number {
      const flags = flagsOf(address);
      return cleared ? 0 : flags[board.lastReset];
    },
    poke32(address: number, value: number): void {
      if ((value & flagsOf(address).clearedBy) !== 0) cleared = true;
    },
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
    clearInterval(id?: number): void {
      if (id === undefined) board.cpu.clearTimers();
      else board.cpu.clearInterval(id);
    },
  };
  globals['global'] = globals;
  return globals;
}

function pinsNamed(board: SimBoard, names: readonly string[]): Pins {
  return Object.fromEntries(names.map((name) => [name, new EnginePin(board.pins.pin(name))]));
}

/** Globals of the reference board over the simulated one. Pins that lead nowhere throw, as a wrong wiring table should. */
export function engineGlobals(board: SimBoard): Record<string, unknown> {
  const names = [...'ABCDE'].flatMap((port) => Array.from({ length: 16 }, (_, n) => port + n));
  const pins = pinsNamed(board, names);
  pins[WIRING.afeBus.scl] = new EnginePin(board.afeBus.scl);
  pins[WIRING.afeBus.sda] = new EnginePin(board.afeBus.sda);
  pins[WIRING.breakerAux] = new EnginePin({ read: board.breakerContact.read, write: () => {} });
  const is = (options: I2cSetup, bus: { scl: string; sda: string }): boolean =>
    options.scl === pins[bus.scl] && options.sda === pins[bus.sda];
  class I2C extends EngineI2c {
    constructor() {
      super((options) => {
        if (is(options, WIRING.afeBus)) return board.afeBus;
        return is(options, WIRING.memoryBus) ? board.memoryBus : undefined;
      });
    }
  }
  return Object.assign(commonGlobals(board, pins), {
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
  });
}

/** Pins of hardware.md 7.3 by what they lead to on the simulated board. */
export const PICO_WIRING = {
  bothOff: 'D15',
  onOff: 'D25',
  keyPower: 'D2',
  breakerAux: 'D3',
  keyRst: 'D28',
  afeBus: { scl: 'D5', sda: 'D4' },
  memoryBus: { scl: 'D7', sda: 'D6' },
} as const;

/** What a Pico has besides the simulated board: the expander with LEDs and switches, the key RST, a prompt on USB. */
export class PicoParts {
  readonly expander = new Mcp23017();
  readonly keyRst: SimPin;
  readonly keyPower: SimPin;
  /** Where the interpreter's prompt is. */
  prompt = 'USB';

  constructor(board: SimBoard) {
    board.memoryBus.attach(EXPANDER_ADDRESS, this.expander);
    for (const bus of [board.afeBus, board.memoryBus]) bus.options.master = 'hardware';
    this.keyRst = board.pins.pin('key RST');
    this.keyRst.write(1);
    this.keyPower = board.pins.pin('key Power');
    this.keyPower.write(1);
    const leds = WIRING.leds.slice(0, 6); // RUN, ALM, SOC1..4 are B0..B5
    this.expander.onOutput = () =>
      leds.forEach((name, i) => board.pins.pin(name).write((this.expander.driven(1) >> i) & 1));
    WIRING.dip.forEach((name, i) => {
      if (!board.pins.pin(name).read()) this.expander.grounded[0]! |= 0x80 >> i; // switch 4..1 are A7..A4
    });
  }
}

/** Globals of a Pico over the simulated board: hardware I2C, an expander, RS232 on USB unless the prompt is there. */
export function picoGlobals(board: SimBoard, parts: PicoParts): Record<string, unknown> {
  parts.prompt = 'USB'; // as the engine starts
  const pins = pinsNamed(
    board,
    Array.from({ length: 30 }, (_, n) => `D${n}`),
  );
  // names of the reference board's pins mean other pins here
  pins[PICO_WIRING.bothOff] = new EnginePin(board.bothOff);
  pins[PICO_WIRING.onOff] = new EnginePin(board.pins.pin(WIRING.leds[6]));
  pins[PICO_WIRING.keyRst] = new EnginePin(parts.keyRst);
  pins[PICO_WIRING.keyPower] = new EnginePin(parts.keyPower);
  pins[PICO_WIRING.breakerAux] = new EnginePin({ read: board.breakerContact.read, write: () => {} });
  const bus = (wires: { scl: string; sda: string }, sim: SimI2c): EngineI2c =>
    new EngineI2c((options) => (options.scl === pins[wires.scl] && options.sda === pins[wires.sda] ? sim : undefined));
  const globals = commonGlobals(board, pins);
  Object.assign(globals['E'] as object, {
    setConsole: (device: unknown, options: { force: boolean }): void => {
      if (device !== null || !options.force) throw new Error('the prompt may only be sent away for good');
      parts.prompt = 'nowhere';
    },
  });
  Object.assign(globals, {
    I2C1: bus(PICO_WIRING.afeBus, board.afeBus),
    I2C2: bus(PICO_WIRING.memoryBus, board.memoryBus),
    USB: {
      on: (event: 'data', handler: (data: string) => void) =>
        board.rs232.on(event, (data) => {
          if (parts.prompt !== 'USB') handler(data);
        }),
      write: (data: string) => board.rs232.write(data),
    },
  });
  return globals;
}
