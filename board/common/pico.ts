/** Both Picos: the same pins, an expander for LEDs and switches, RS232 over USB. */
import { createFirmware } from '../../src/app/firmware';
import { createDs3231 } from '../../src/drivers/ds3231';
import { createFram } from '../../src/drivers/fm24w256';
import { createMcp23017, readInputs, writeOutputs } from '../../src/drivers/mcp23017';
import { SerialPort } from '../../src/hal/serial';
import { ResetCause } from '../../src/hal/system';
import { surviveCrashes } from './crash';
import { enginePorts, run } from './engine';
import { Pins } from './pico-pins';

/** Why the watchdog block has reset the chip: 1 = it ran out, 2 = the program asked for it, 0 = something else did. */
function resetCause(reason: number): ResetCause {
  if ((reason & 1) !== 0) return ResetCause.Watchdog;
  return reason === 0 ? ResetCause.PowerOn : ResetCause.Unknown;
}

/** A port that nobody listens to. */
function silent(): SerialPort {
  return {
    on: function () {},
    write: function () {},
  };
}

/**
 * Builds and runs the firmware. The key RST held at the start leaves USB to the prompt: the pack is guarded, but there is
 * no RS232, and an exception is shown instead of restarting the board. `reasonRegister`: WATCHDOG_REASON of the chip.
 */
export function startPico(reasonRegister: number): void {
  const key = pin(Pins.KeyRst);
  const bothOff = pin(Pins.BothOff);
  const onOff = pin(Pins.LedOnOff);
  pinMode(key, 'input_pullup');
  const service = !key.read();
  I2C2.setup({ scl: pin(Pins.MemoryScl), sda: pin(Pins.MemorySda), bitrate: 400000 });
  const store = createFram(I2C2);
  if (!service) {
    E.setConsole(null, { force: true });
    surviveCrashes(store, bothOff);
  }
  I2C1.setup({ scl: pin(Pins.AfeScl), sda: pin(Pins.AfeSda), bitrate: 100000 });
  const expander = createMcp23017(I2C2);
  writeOutputs(expander, 0);
  const power = pin(Pins.KeyPower);
  const breaker = pin(Pins.BreakerAux);
  pinMode(power, 'input_pullup');
  pinMode(breaker, 'input_pullup');
  const keys = [key, power];
  const engine = enginePorts();
  run(
    createFirmware(
      {
        clock: engine.clock,
        later: engine.later,
        watchdog: engine.watchdog,
        health: engine.health,
        afeBus: I2C1,
        bothOff: bothOff,
        leds: {
          // RUN, ALM, SOC1..4, ON/OFF: the last is a pin, the others run the other way round on port B
          write: function (bits) {
            onOff.write(bits & 1);
            writeOutputs(expander, E.reverseByte((bits & 0x7e) << 1));
          },
        },
        rs232: service ? silent() : USB,
        dip: function () {
          const inputs = readInputs(expander);
          return inputs < 0 ? inputs : 15 & ~(inputs >> 4);
        },
        keys: function () {
          return digitalRead(keys) ^ 3;
        },
        restart: E.reboot,
        store: store,
        rtc: createDs3231(I2C2),
        breakerContact: breaker,
      },
      { shuntMicroOhm: 250, cause: resetCause(peek32(reasonRegister)) },
    ),
  );
}
