/** The Pico's bundle: in a bare context, and in the interpreter's own image on an emulated RP2040. */
import { createContext, Script } from 'node:vm';
import { EXPANDER_ADDRESS } from '../../src/hal-mock/devices/mcp23017';
import { RTC_ADDRESS } from '../../src/hal-mock/devices/ds3231';
import { FRAM_ADDRESS } from '../../src/hal-mock/devices/fm24w256';
import { WIRING, type SimBoard } from '../../src/hal-mock/board';
import { picoGlobals, PicoParts } from '../../src/hal-mock/engine-globals';
import { flashImage } from './espruino';
import { wholeUs, type Engine } from './rig';
import { EmulatedPico, STORAGE_BYTES, Wires, type PicoImages } from './rp2040';

const AFE_ADDRESS = 0x08;
/** GPIO numbers of hardware.md 7.3. */
const BOTH_OFF = 15;
const ON_OFF = 25;
const KEY_RST = 28;
/** The tick begins within this much of its time: the idle interpreter's time moves on by 1 ms. */
const TICK_LATE_US = 3000;

/** One set of parts a board: they keep their state over a restart of the controller. */
const partsOf = new WeakMap<SimBoard, PicoParts>();

function parts(board: SimBoard): PicoParts {
  let found = partsOf.get(board);
  if (found === undefined) partsOf.set(board, (found = new PicoParts(board)));
  return found;
}

/** The reference for the emulated one: hardware I2C, an expander, RS232 on USB. */
export function picoContext(bundle: string): Engine {
  const script = new Script(bundle, { filename: 'pico' });
  return {
    name: 'pico in a bare context',
    boot(board) {
      const globals = { ...picoGlobals(board, parts(board)), getTime: () => wholeUs(board) / 1000000 };
      script.runInContext(createContext(globals));
      return { kill: () => board.cpu.reset() };
    },
  };
}

/** The interpreter's image on an emulated RP2040, a chip a boot. */
export function emulatedPico(images: Omit<PicoImages, 'storage'>, bundle: string): Engine {
  const storage = flashImage({ '.bootcde': bundle }, STORAGE_BYTES);
  return {
    name: 'RP2040',
    boot(board, _address, afe) {
      const pico = new EmulatedPico(board, { ...images, storage });
      let transfers = 0;
      new Wires(pico.chip.i2c[0]!, 100000, board.afeBus.faults, pico.after).attach(AFE_ADDRESS, afe);
      const memory = new Wires(pico.chip.i2c[1]!, 400000, board.memoryBus.faults, pico.after);
      memory.attach(FRAM_ADDRESS, board.fram);
      memory.attach(RTC_ADDRESS, board.rtc);
      memory.attach(EXPANDER_ADDRESS, parts(board).expander);
      memory.onStop = () => transfers++;
      pico.output(BOTH_OFF, (level) => board.bothOff.write(level));
      pico.output(ON_OFF, (level) => board.pins.pin(WIRING.leds[6]).write(level));
      pico.chip.gpio[KEY_RST]!.setInputValue(true);
      board.rs232.on('data', (data) => pico.send(data));
      pico.onSent = (data) => board.rs232.write(data);
      pico.boot(() => transfers > 0);
      let dueUs = board.time.nowUs;
      let halted = false;
      return {
        kill: () => board.cpu.reset(),
        run: (ms) => {
          dueUs += ms * 1000;
          if (halted) pico.freeze(dueUs + TICK_LATE_US);
          else pico.runUntil(dueUs + TICK_LATE_US);
        },
        halt: (on) => {
          halted = on;
        },
      };
    },
  };
}
