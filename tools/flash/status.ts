/**
 * The firmware's word on whether it may be stopped. Contract: the board's main installs a global function `bmsStatus` that
 * returns `chg,dsg,currentMa`, e.g. `1,1,-12000`: charge path closed, discharge path closed, current in mA (charge positive).
 */
export const statusSource = 'typeof bmsStatus=="function"?bmsStatus():null';

/** Below this the current is an idle pack's own: self-consumption and the offset of the shunt. */
const FLOWS_MA = 200;

/** Why the firmware must not be restarted now; null = it may. */
export function mayRestart(answer: unknown): string | null {
  if (answer === null) return 'the firmware on the board does not tell its state (no bmsStatus()): use --force';
  const match = /^([01]),([01]),(-?\d+)$/.exec(String(answer));
  if (match === null) return `the firmware's state '${String(answer)}' is not understood: use --force`;
  const [, chg, dsg, current] = match;
  const closed = [chg === '1' ? 'charge' : '', dsg === '1' ? 'discharge' : ''].filter((name) => name !== '');
  const currentMa = Number(current);
  if (closed.length === 0 || Math.abs(currentMa) < FLOWS_MA) return null;
  return (
    `the ${closed.join(' and ')} path is closed and ${(currentMa / 1000).toFixed(1)} A flow: ` +
    'switch charger and inverter off first (or --force)'
  );
}
