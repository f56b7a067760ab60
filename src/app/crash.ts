/** The last crash and how many there were in a row, kept in the last bytes of the memory across restarts. */
import { sum } from '../hal/native';
import { Store } from '../hal/store';

/** So many crashes without a clean minute between them open both paths: assumption, as are the times in app/firmware. */
export const MOST_CRASHES = 3;

/** Bytes at the end of the memory that belong to this record; half of them are in use. */
const AREA = 128;
const MAGIC = 0xc5;
const TEXT_CHARS = 48;
/** Magic, crashes in a row, 1 = not yet reported, length of the text, text, sum of all before (little endian). */
const AT_COUNT = 1;
const AT_NEW = 2;
const AT_LENGTH = 3;
const AT_TEXT = 4;
const AT_SUM = AT_TEXT + TEXT_CHARS;
const SIZE = AT_SUM + 2;

/** The record, or null when there is no memory, or nothing valid in it: a missing chip reads 0xFF on a software bus. */
function stored(store: Store): Uint8Array | null {
  try {
    const record = store.read(store.size - AREA, SIZE);
    const found = sum(record.subarray(0, AT_SUM));
    return record[0] === MAGIC && (record[AT_SUM] | (record[AT_SUM + 1] << 8)) === found ? record : null;
  } catch (e) {
    return null;
  }
}

/** Seals and stores a record; without a memory it is lost. */
function save(store: Store, record: Uint8Array): void {
  record[0] = MAGIC;
  const total = sum(record.subarray(0, AT_SUM));
  record[AT_SUM] = total;
  record[AT_SUM + 1] = total >> 8;
  try {
    store.write(store.size - AREA, record);
  } catch (e) {
    // the restart matters more than its record
  }
}

/** Writes a crash down: called from the engine's handler of uncaught exceptions. Never throws. Crashes in a row. */
export function recordCrash(store: Store, reason: string): number {
  const record = stored(store) || new Uint8Array(SIZE);
  const text = reason.substr(0, TEXT_CHARS);
  if (record[AT_COUNT] < 255) record[AT_COUNT]++;
  record[AT_NEW] = 1;
  record[AT_LENGTH] = text.length;
  for (let i = 0; i < text.length; i++) record[AT_TEXT + i] = text.charCodeAt(i);
  save(store, record);
  return record[AT_COUNT];
}

/** Crashes in a row, 0 after a clean minute; negative when the last one has not been reported yet (it is now). */
export function takeCrash(store: Store): number {
  const record = stored(store);
  if (record === null) return 0;
  if (record[AT_NEW] === 0) return record[AT_COUNT];
  record[AT_NEW] = 0;
  save(store, record);
  return -record[AT_COUNT];
}

/** A clean minute: the count starts anew. The text stays for whoever asks. */
export function forgetCrashes(store: Store): void {
  const record = stored(store);
  if (record === null || record[AT_COUNT] === 0) return;
  record[AT_COUNT] = 0;
  save(store, record);
}
