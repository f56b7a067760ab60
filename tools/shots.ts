/** The panel as a picture: the README's `docs/img/panel.svg`, drawn from a simulated pack. */
import { colour } from './ansi';
import { PANEL_WIDTH, renderPanel } from './panel';
import { GRID_MS } from './runner';
import { Simulation } from './sim';
import { toSvg } from './svg';

/** A full pack in the sun: the charge path is open and the panel says why. */
export function panelPicture(): string {
  const simulation = new Simulation({
    speed: 1,
    seed: 1,
    soc: 0.99,
    ambient: 25,
    address: 0,
    layout: 'auto',
    rs232: 7001,
    forMs: undefined,
    headless: true,
    json: false,
    day: false,
    chargerAmps: 20,
    loadWatts: undefined,
  });
  const { pack } = simulation;
  while (pack.nowMs < 3600000 && pack.firmware.pack.protections === 0) {
    pack.run(GRID_MS);
    simulation.step(pack.nowMs);
  }
  pack.run(5 * GRID_MS);
  simulation.step(pack.nowMs);
  return toSvg(renderPanel(simulation.view(1, '127.0.0.1:7001, clients 0, requests 0', 6), colour), PANEL_WIDTH);
}
