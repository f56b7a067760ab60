import type { VirtualPack } from '../../tools/virtual-pack';

/** What the MOSFETs really do: [charge, discharge]. */
export function fets({ board }: VirtualPack): [boolean, boolean] {
  const { chg, dsg } = board.plant.truth().fets;
  return [chg, dsg];
}
