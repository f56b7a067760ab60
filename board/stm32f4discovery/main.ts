/** Composition root of the reference board: pins and buses of hardware.md 7.2 become the firmware's ports. */
import { createFirmware, tick, TICK_MS } from '../../src/app/firmware';
import { enginePorts } from '../common/engine';

// parts on the board that share pins with ours: accelerometer off its bus, audio codec held in reset
digitalWrite(E3, 1);
digitalWrite(D4, 0);

const afeBus = new I2C(); // software I2C: bounded waits; the hardware I2C of this port blocks for half a second
afeBus.setup({ scl: B8, sda: B7, bitrate: 100000 });
Serial3.setup(9600, { tx: D8, rx: D9 });

const LEDS = [D0, D1, D13, D12, D14, D15, D6]; // RUN, ALM, SOC1..4, ON/OFF
const DIP = [B1, E15, E14, E13]; // switch 4 .. 1, closed to ground when ON
DIP.forEach(function (pin) {
  pinMode(pin, 'input_pullup');
});

const engine = enginePorts();
const firmware = createFirmware(
  {
    clock: engine.clock,
    later: engine.later,
    watchdog: engine.watchdog,
    health: engine.health,
    afeBus: afeBus,
    bothOff: C8,
    leds: {
      write: function (bits) {
        digitalWrite(LEDS, bits);
      },
    },
    rs232: Serial3,
  },
  { shuntMicroOhm: 250, address: 15 & ~digitalRead(DIP) },
);
setInterval(function () {
  tick(firmware);
}, TICK_MS);
