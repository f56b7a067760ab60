/** The Picos' bundle behind the prelude, in a bare context with what Kaluma offers, over the simulated board. */
import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { SimBoard } from '../../src/hal-mock/board';
import { PICO_WIRING, PicoParts } from '../../src/hal-mock/engine-globals';
import type { SimI2c } from '../../src/hal-mock/sim-i2c';
import { commission } from '../../tools/commission';
import { VirtualPack } from '../../tools/virtual-pack';
import { request } from '../support/pace-request';

const OPTIONS = { seed: 7, soc: 0.6, ambientCelsius: 20 };
const ADDRESS = 1;

/**
 * Kaluma as its sources have it (modules i2c and uart, global.c): pins are numbers, a bus wants a whole Uint8Array, a
 * register is read with memRead, ports give bytes, exceptions in timers are printed and forgotten.
 */
function kaluma(board: SimBoard, parts: PicoParts, printed: string[]): Record<string, unknown> {
  const wires: Record<number, [sim: SimI2c, scl: string, sda: string]> = {
    0: [board.afeBus, PICO_WIRING.afeBus.scl, PICO_WIRING.afeBus.sda],
    1: [board.memoryBus, PICO_WIRING.memoryBus.scl, PICO_WIRING.memoryBus.sda],
  };
  class I2C {
    private readonly sim: SimI2c;
    constructor(bus: number, options: { scl: number; sda: number; baudrate: number }) {
      const [sim, scl, sda] = wires[bus]!;
      if (`D${options.scl}` !== scl || `D${options.sda}` !== sda) throw new Error('EINVPIN');
      this.sim = sim;
    }
    write(data: unknown, address: number): number {
      if (Object.prototype.toString.call(data) !== '[object Uint8Array]') throw new TypeError('Uint8Array or string');
      const whole = new Uint8Array((data as Uint8Array).buffer);
      this.sim.writeTo(address, whole);
      return whole.length;
    }
    read(length: number, address: number): Uint8Array {
      return this.sim.readFrom(address, length);
    }
    memRead(length: number, address: number, register: number, bits: number): Uint8Array {
      const bytes = bits === 16 ? [register >> 8, register & 255] : [register & 255];
      this.sim.writeTo({ address, stop: false }, bytes);
      return this.sim.readFrom(address, length);
    }
  }
  class UART {
    constructor(port: number, options: { tx: number; rx: number; baudrate: number }) {
      if (port !== 0 || options.tx !== 0 || options.rx !== 1) throw new Error('EINVPIN');
      board.rs232.baud = options.baudrate;
    }
    on(event: 'data', action: (data: Uint8Array) => void): void {
      board.rs232.on(event, (text) => action(Uint8Array.from(text, (one) => one.charCodeAt(0))));
    }
    write(data: Uint8Array): void {
      board.rs232.write(String.fromCharCode(...data));
    }
  }
  const pin = (n: number) => {
    if (`D${n}` === PICO_WIRING.bothOff) return board.bothOff;
    if (`D${n}` === PICO_WIRING.keyRst) return parts.keyRst;
    return board.pins.pin(`D${n}` === PICO_WIRING.onOff ? 'D6' : `GP${n}`); // the LED that the reference board has on D6
  };
  const guard = (action: () => void) => () => {
    try {
      action();
    } catch (error) {
      printed.push(String(error));
    }
  };
  let nextId = 1;
  const live = new Set<number>();
  const modes: Record<number, number> = {};
  const globals: Record<string, unknown> = {
    INPUT: 0,
    OUTPUT: 1,
    INPUT_PULLUP: 2,
    console: { error: (text: string) => printed.push(text) },
    require: (name: string) => ({ i2c: { I2C }, uart: { UART } })[name],
    pinMode: (n: number, mode: number) => (modes[n] = mode),
    digitalRead: (n: number) => Number(pin(n).read()),
    digitalWrite: (n: number, value: number) => {
      if (modes[n] !== 1) throw new Error('EINVAL: not an output');
      pin(n).write(value);
    },
    millis: () => Math.round(board.time.nowUs / 1000),
    setTimeout: (action: () => void, ms: number) => {
      const id = nextId++;
      live.add(id);
      board.later(() => live.has(id) && guard(action)(), ms);
      return id;
    },
    setInterval: (action: () => void, ms: number) => board.cpu.setInterval(guard(action), ms) + 1e6,
    clearTimeout: (id: number) => {
      live.delete(id);
      board.cpu.clearInterval(id - 1e6);
    },
    process: { memoryUsage: () => ({ heapTotal: 184312, heapUsed: 60000, heapPeak: 70000 }) },
  };
  globals['global'] = globals;
  return globals;
}

class Bench {
  readonly board = new SimBoard({ plant: OPTIONS, address: ADDRESS });
  readonly printed: string[] = [];
  readonly globals: Record<string, unknown>;
  sent = '';

  constructor(bundle: string) {
    commission(this.board, false);
    this.board.rs232.onSent = (byte) => (this.sent += byte);
    this.globals = kaluma(this.board, new PicoParts(this.board), this.printed);
    const program = readFileSync('board/kaluma/prelude.js', 'utf8') + readFileSync(bundle, 'utf8');
    runInContext(`'use strict';${program}`, createContext(this.globals)); // Kaluma parses in strict mode
  }
}

describe.each(['dist/pico.min.js', 'dist/pico2.min.js'])('%s on Kaluma', (file) => {
  it('closes the paths, shows the LEDs and answers as the TypeScript does', () => {
    const bench = new Bench(file);
    const reference = new VirtualPack({ ...OPTIONS, address: ADDRESS });
    let expected = '';
    reference.board.rs232.onSent = (byte) => (expected += byte);
    for (const { board } of [bench, reference]) {
      board.run(5000);
      board.plant.connectCharger({ amps: 20, volts: 57.6 });
      board.run(5000);
      board.rs232.receive(request(ADDRESS, '44', '01'));
      board.run(2000);
    }
    expect(bench.printed).toEqual([]);
    expect(bench.board.cpu.errors).toEqual([]);
    expect(bench.board.plant.truth().fets).toMatchObject({ chg: true, dsg: true });
    expect(bench.sent).toMatch(/^~25014600/);
    expect(bench.sent).toBe(expected);
    expect(bench.board.ledBits & 0b0111110).toBe(reference.board.ledBits & 0b0111110); // RUN and ON/OFF blink
    expect((bench.globals['bmsStatus'] as () => string)()).toMatch(/^1,1,(199|200)\d\d$/);
  });

  it('stops after an exception and says so; the AFE opens both paths by itself', () => {
    const bench = new Bench(file);
    bench.board.run(5000);
    expect(bench.board.plant.truth().fets).toMatchObject({ chg: true, dsg: true });
    (bench.globals['process'] as { memoryUsage: () => void }).memoryUsage = () => {
      throw new Error('injected'); // asked once a minute
    };
    bench.board.run(60_000);
    expect(bench.printed).toEqual(['stopped after an exception: reset the board']);
    bench.board.run(10_000);
    expect(bench.board.plant.truth().fets).toMatchObject({ chg: false, dsg: false });
    expect(String.fromCharCode(...bench.board.fram.memory.subarray(32768 - 124, 32768 - 109))).toBe('Error: injected');
  });
});
