/** What happens on a board when the program throws: a note in the memory, then a restart. */
import { MOST_CRASHES, recordCrash } from '../../src/app/crash';
import { OutPin } from '../../src/hal/bus';
import { Store } from '../../src/hal/store';

/** ms. A program that crashes again and again leaves the prompt free for so long; shorter than the watchdog. */
const PROMPT_MS = 5000;

/**
 * Takes over uncaught exceptions. The paths stay as they are: the AFE guards the pack alone and opens them when the
 * program stays away. After too many crashes in a row they are opened first, and the prompt gets a chance.
 */
export function surviveCrashes(store: Store, bothOff: OutPin): void {
  process.on('uncaughtException', function (error) {
    if (recordCrash(store, '' + error) < MOST_CRASHES) return E.reboot();
    bothOff.write(1);
    clearInterval();
    setTimeout(E.reboot, PROMPT_MS);
  });
}
