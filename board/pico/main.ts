/** Composition root of the Raspberry Pi Pico (RP2040). */
import { startPico } from '../common/pico';
import { REASON_REGISTER } from './pins';

startPico(REASON_REGISTER);
