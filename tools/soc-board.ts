/** The same bench face for the whole thing: plant, simulated chips, buses and the firmware with its ticks. */
import { normal, seededRandom } from '../src/hal-mock/random';
import { CELLS } from '../src/hal-mock/plant/cell';
import { usableSoc, CHARGE_V, type BenchPack, type PackOptions } from './soc-pack';
import type { Demand } from './soc-winter';
import { VirtualPack } from './virtual-pack';

const SHUNT_OHM = 0.00025;

export class FullPack implements BenchPack {
  private readonly virtual: VirtualPack;

  constructor({ seed, soc, capacityMah, ambientCelsius, errors }: PackOptions) {
    const shuntOffsetUv = errors.offsetMa * SHUNT_OHM * 1000;
    this.virtual = new VirtualPack({
      seed,
      soc,
      ambientCelsius,
      plant: { capacityMah, shuntGainError: errors.gain, shuntOffsetUv },
    });
    const random = seededRandom(seed * 104729);
    const errorMv = Array.from({ length: CELLS }, () => errors.cellErrorMv * normal(random));
    const { plant } = this.virtual.board;
    // what the chip sees is disturbed, what the bench reads is not
    const cellMv = plant.cellMv.bind(plant);
    const shuntUv = plant.shuntUv.bind(plant);
    plant.cellMv = (k) => cellMv(k) + errorMv[k]! + errors.cellNoiseMv * normal(random);
    plant.shuntUv = () => shuntUv() + errors.currentNoiseMa * SHUNT_OHM * 1000 * normal(random);
  }

  get pack(): VirtualPack['firmware']['pack'] {
    return this.virtual.firmware.pack;
  }

  get offsetMa(): number {
    return this.virtual.firmware.estimator.offsetMa;
  }

  trueSoc(): number {
    const { soc } = this.virtual.board.plant.truth();
    return usableSoc(
      (k) => soc[k]!,
      () => 1,
    );
  }

  minute({ chargerAmps, loadWatts, ambientCelsius }: Demand): void {
    const { plant } = this.virtual.board;
    plant.setAmbient(ambientCelsius);
    if (chargerAmps > 0) plant.connectCharger({ amps: chargerAmps, volts: CHARGE_V });
    else plant.disconnectCharger();
    plant.setLoad({ watts: loadWatts });
    for (let s = 0; s < 60; s++) this.virtual.run(1000);
  }
}
