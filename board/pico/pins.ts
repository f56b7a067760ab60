/** Pins of the Raspberry Pi Pico (RP2040): those of both Picos, and where its chip keeps the reason of a reset. */
export { PINS } from '../common/pico-pins';

/** WATCHDOG_REASON of the RP2040. */
export const REASON_REGISTER = 0x40058008;
