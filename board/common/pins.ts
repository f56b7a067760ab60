/** What a row of a board's pin table says. */

/**
 * Signal, pin, function, note. The function is the chip's name of the peripheral pin (`USART3_TX`), or what a plain pin
 * does: `out`, `in`, `watch` (an input with an interrupt), `adc`, `soft i2c`. Rows with the note `later` are wired for
 * parts that this firmware does not drive yet.
 */
export type PinRow = readonly [signal: string, pin: string, use: string, note: string];
