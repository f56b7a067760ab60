/** The panel as a picture: the README's `docs/img/panel.svg`, drawn from a simulated pack. */
import { colour } from './ansi';
import { PANEL_WIDTH, renderPanel } from './panel';
import { GRID_MS } from './runner';
import { Simulation } from './sim';
import { toSvg } from './svg';

/** Until the picture's protection has come. */
const LONGEST_MS = 2 * 3600000;

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
    scenario: 'none',
    chargerAmps: 20,
    loadWatts: undefined,
  });
  const { pack } = simulation.pack.firmware;
  const pass = (): void => {
    simulation.runTo((Math.floor(simulation.nowMs / GRID_MS) + 1) * GRID_MS);
    simulation.step(simulation.nowMs);
  };
  while (simulation.nowMs < LONGEST_MS && pack.protections === 0) pass();
  for (let i = 0; i < 5; i++) pass();
  return toSvg(renderPanel(simulation.view(1, '127.0.0.1:7001, clients 0, requests 0', 6), colour), PANEL_WIDTH);
}
