/** Pins of the Raspberry Pi Pico 2 (RP2350): those of both Picos, and where its chip keeps the reason of a reset. */
export { PINS } from '../common/pico-pins';

/** WATCHDOG_REASON of the RP2350. */
export const REASON_REGISTER = 0x400d8008;
