/** Which engine each folder of `board/` runs on: `process.env.BOARD` of Espruino is the name of its board file. */
const ENGINES: Readonly<Record<string, readonly string[]>> = {
  stm32f4discovery: ['STM32F4DISCOVERY'],
  pico2: ['RP2350_PICO2', 'PICO2'],
  pico: ['RP2040_PICO', 'PICO'],
};
/** Oldest engine that has all the firmware needs (`I2C.readReg`); the one of all measurements. */
const OLDEST_VERSION = 29;

export const boardNames = (): string[] => Object.keys(ENGINES);

export interface Engine {
  board: string;
  version: string;
}

/** Why this engine is not the right one; null = it is. `simulation` = a Linux build is as good. */
export function mismatch(board: string, engine: Engine, simulation: boolean): string | null {
  const linux = engine.board.startsWith('LINUX');
  if (linux && !simulation) return `this is Espruino for Linux (${engine.board}), not a ${board} board`;
  const names = ENGINES[board] ?? [];
  if (!linux && !names.includes(engine.board))
    return `this is a ${engine.board} board, the bundle is for ${names.join(' or ')}`;
  const match = /^(\d+)v(\d+)/.exec(engine.version);
  if (match === null) return `the engine's version is '${engine.version}', which says nothing`;
  const [, major, minor] = match;
  if (Number(major) === 2 && Number(minor) < OLDEST_VERSION)
    return `the engine is ${engine.version}, the firmware needs 2v${OLDEST_VERSION} or newer`;
  return Number(major) < 2 ? `the engine is ${engine.version}, the firmware needs 2v${OLDEST_VERSION} or newer` : null;
}
