/** Composition root of the Raspberry Pi Pico 2 (RP2350). */
import { startPico } from '../common/pico';
import { REASON_REGISTER } from './pins';

startPico(REASON_REGISTER);
