/** Runs a scenario on an engine. */
import type { Scenario } from './scenarios';
import { Rig, type Engine, type Seen } from './rig';

/** DIP address of every scenario's pack. */
const ADDRESS = 1;
const PLANT = { seed: 7, soc: 0.45, ambientCelsius: 20 };

/** `watch` is called after every tick. */
export function runScenario(engine: Engine, scenario: Scenario, watch: (rig: Rig) => void = () => {}): Seen[] {
  const rig = new Rig(engine, { plant: { ...PLANT, ...scenario.plant }, address: ADDRESS });
  const { board } = rig;
  const hands = {
    board,
    plant: board.plant,
    restart: () => rig.restart(),
    halt: (on: boolean) => rig.halt(on),
  };
  try {
    for (let tick = 0; tick < scenario.ticks; tick++) {
      for (const [at, act] of scenario.steps) if (at === tick) act(hands);
      rig.ticks(1);
      watch(rig);
    }
  } finally {
    rig.close();
  }
  return rig.trace;
}
