/** The memory of a pack as it leaves its maker: written once, with the charge not yet known. */
import { createEstimator } from '../src/bms/estimate-state';
import { createGuard } from '../src/bms/guard';
import { createPack } from '../src/bms/pack';
import { defaultParams, P } from '../src/bms/params';
import { createFram } from '../src/drivers/fm24w256';
import { SimBoard } from '../src/hal-mock/board';
import '../src/hal-mock/natives';
import { changeParams } from '../src/store/settings';
import { loadState, saveState } from '../src/store/state';
import { createStorage } from '../src/store/storage';

const images = new Map<boolean, Uint8Array>();

function write(breakerContact: boolean): Uint8Array {
  const board = new SimBoard();
  const s = createStorage(createFram(board.memoryBus));
  const [pack, params, estimator, guard] = [createPack(), defaultParams(), createEstimator(), createGuard()];
  loadState(s, pack, params, estimator, guard, false);
  const proposal = params.slice();
  proposal[P.BreakerContact] = breakerContact ? 1 : 0;
  changeParams(s, guard, pack, params, proposal);
  saveState(s, pack, estimator, 0, true);
  return board.fram.memory.slice();
}

/** Fills the memory of a new board. `breakerContact`: an auxiliary contact of the breaker is fitted. */
export function commission(board: SimBoard, breakerContact: boolean): void {
  let image = images.get(breakerContact);
  if (image === undefined) {
    image = write(breakerContact);
    images.set(breakerContact, image);
  }
  board.fram.memory.set(image);
}
