/**
 * Where everything lies in 32 KB (docs/adr/0011-storage.md). Bytes. The last 128 belong to the crash record.
 * Moving or shortening anything loses what a pack in the field remembers; a block may grow to the size of its slot.
 */

/** Parameters: two slots, 253 values. */
export const PARAMS_AT = 0x0000;
export const PARAMS_SLOT = 1024;
/** State of charge, each second: four slots. */
export const STATE_AT = 0x0800;
export const STATE_SLOT = 128;
export const STATE_SLOTS = 4;
/** Calibration: two slots. */
export const CALIBRATION_AT = 0x0a00;
/** Record counters, trips, number of starts, what is latched or locked: two slots. Full. */
export const RECORDS_AT = 0x0a80;
/** What changes slowly, each minute: two slots. Full. */
export const SLOW_AT = 0x0b00;
export const SMALL_SLOT = 64;
/** Event log: a ring. */
export const LOG_AT = 0x0b80;
export const LOG_EVENTS = 512;
export const EVENT_BYTES = 58;

/** Before the content of a block: CRC-32, number, version and length. State, records and slow values have one size. */
export const HEADER = 12;
export const HEADER_WORDS = 3;
export const BLOCK_BYTES = 64;

/** The whole memory. */
export const MEMORY_BYTES = 0x8000;
