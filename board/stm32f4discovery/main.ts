/** Composition root of the reference board: its pins and buses become the firmware's ports. */
import { createFirmware } from '../../src/app/firmware';
import { createDs3231 } from '../../src/drivers/ds3231';
import { createFram } from '../../src/drivers/fm24w256';
import { PowerLevel, ResetCause } from '../../src/hal/system';
import { surviveCrashes } from '../common/crash';
import { enginePorts, run } from '../common/engine';
import { Pins } from './pins';

/** RCC_CSR: watchdog and power-on reset flags, and the bit that clears them all (RM0090 6.3.21). */
const RCC_CSR = 0x40023874;
const IWDG = 0x20000000;
const POR = 0x08000000;
const CLEAR = 0x01000000;

function resetCause(): ResetCause {
  const flags = peek32(RCC_CSR);
  poke32(RCC_CSR, flags | CLEAR); // the next start shows its own cause only
  if ((flags & IWDG) !== 0) return ResetCause.Watchdog;
  return (flags & POR) !== 0 ? ResetCause.PowerOn : ResetCause.Unknown;
}

// software I2C on both buses, because its waits are bounded: docs/adr/0008-boards.md
const memoryBus = new I2C();
memoryBus.setup({ scl: pin(Pins.MemoryScl), sda: pin(Pins.MemorySda), bitrate: 400000 });
const store = createFram(memoryBus);
surviveCrashes(store, pin(Pins.BothOff));

// parts on the board that share pins with ours: accelerometer off its bus, audio codec held in reset
digitalWrite(pin(Pins.AccelerometerCs), 1);
digitalWrite(pin(Pins.CodecReset), 0);

const afeBus = new I2C();
const AFE_WIRES = { scl: pin(Pins.AfeScl), sda: pin(Pins.AfeSda), bitrate: 100000 };
afeBus.setup(AFE_WIRES);
Serial3.setup(9600, { tx: pin(Pins.Rs232Tx), rx: pin(Pins.Rs232Rx) });

// bit order of ui/leds: RUN, ALM, SOC1..4, ON/OFF
const LEDS = [
  pin(Pins.LedRun),
  pin(Pins.LedAlm),
  pin(Pins.LedSoc1),
  pin(Pins.LedSoc2),
  pin(Pins.LedSoc3),
  pin(Pins.LedSoc4),
  pin(Pins.LedOnOff),
];
const DIP = [pin(Pins.Dip4), pin(Pins.Dip3), pin(Pins.Dip2), pin(Pins.Dip1)]; // closed to ground when ON
const KEYS = [pin(Pins.KeyRst), pin(Pins.KeyPower)]; // RST to ground, Power high while pressed
const BREAKER = pin(Pins.BreakerAux);
DIP.concat(KEYS[0], BREAKER).forEach(function (one) {
  pinMode(one, 'input_pullup');
});
const PERIPHERALS = pin(Pins.Peripherals);
const HOLD = pin(Pins.PowerHold);
digitalWrite([PERIPHERALS, HOLD], 3);

const engine = enginePorts();
run(
  createFirmware(
    {
      clock: engine.clock,
      later: engine.later,
      watchdog: engine.watchdog,
      health: engine.health,
      afeBus: afeBus,
      afeLines: {
        scl: AFE_WIRES.scl,
        sda: AFE_WIRES.sda,
        setup: function () {
          afeBus.setup(AFE_WIRES);
        },
      },
      bothOff: pin(Pins.BothOff),
      leds: {
        write: function (bits) {
          digitalWrite(LEDS, bits);
        },
      },
      rs232: Serial3,
      dip: function () {
        return 15 & ~digitalRead(DIP);
      },
      keys: function () {
        return digitalRead(KEYS) ^ 2;
      },
      restart: E.reboot,
      store: store,
      rtc: createDs3231(memoryBus),
      breakerContact: BREAKER,
      savePower: function (level) {
        PERIPHERALS.write(level === PowerLevel.Full);
        HOLD.write(level !== PowerLevel.Off);
      },
    },
    { shuntMicroOhm: 250, cause: resetCause() },
  ),
);
