/** Options of the command line: what each value may be. A wrong one throws commander's `InvalidArgumentError`. */
import { InvalidArgumentError, Option } from 'commander';

export const SCENARIOS = ['day', 'random', 'none'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

export interface SimOptions {
  /** Virtual seconds per second; Infinity = as fast as possible. */
  speed: number;
  seed: number;
  /** 0..1. */
  soc: number;
  ambient: number;
  address: number;
  layout: 'v1' | 'v2' | 'v3' | 'auto';
  /** TCP port on 127.0.0.1, 0 = any free one; null = none. */
  rs232: number | null;
  /** Virtual duration; undefined = until stopped. */
  forMs: number | undefined;
  headless: boolean;
  json: boolean;
  /** Who connects what: a household's day, a random life under observation, or nobody. */
  scenario: ScenarioName;
  /** Fixed values in place of the scenario's. */
  chargerAmps: number | undefined;
  loadWatts: number | undefined;
}

/** Longest run: one decade, so that a slip of the keyboard is found at once. */
const LONGEST_MS = 3653 * 86400000;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60000, h: 3600000, d: 86400000 };

/** `60s`, `5m`, `1h`, `2d`, `250ms`, `1.5h` in ms. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Write a number and a unit: 60s, 5m, 1h or 2d.');
  const ms = Number(match[1]) * UNIT_MS[match[2]!]!;
  if (!(ms >= 1 && ms <= LONGEST_MS)) throw new InvalidArgumentError('It must be between 1ms and 3653d.');
  return Math.round(ms);
}

/** A decimal number between two limits, both allowed. */
export function parseNumber(text: string, min: number, max: number): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
  return value;
}

export function parseInteger(text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max))
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  return value;
}

/** A factor, or `max`. */
export function parseSpeed(text: string): number {
  if (text === 'max') return Infinity;
  const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : NaN;
  if (!(value >= 0.01 && value <= 100000))
    throw new InvalidArgumentError('It must be a number from 0.01 to 100000, or max.');
  return value;
}

/** The port of `tcp:PORT`, or `none`. */
export function parseRs232(text: string): number | 'none' {
  if (text === 'none') return 'none'; // not null: commander would make '' of it
  const match = /^tcp:(\d{1,5})$/.exec(text);
  if (match === null || Number(match[1]) > 65535)
    throw new InvalidArgumentError('Write tcp:PORT with a port up to 65535, or none.');
  return Number(match[1]);
}

/** The options of `cellkeeper sim`, in the order of its help. */
export function simOptions(): Option[] {
  return [
    new Option('--speed <n>', 'virtual seconds per second: a number, or max').argParser(parseSpeed).default(1),
    new Option('--for <duration>', 'stop after this virtual time: 60s, 5m, 1h, 2d').argParser(parseDuration),
    new Option('--headless', 'no panel: only state changes are printed').default(false),
    new Option('--json', 'print one JSON snapshot at the end and nothing else on stdout (implies --headless)').default(
      false,
    ),
    new Option('--rs232 <port>', 'serve the RS232 port on 127.0.0.1: tcp:PORT, or none')
      .argParser(parseRs232)
      .default(7001, 'tcp:7001'),
    new Option('--soc <percent>', 'state of charge at the start').argParser((t) => parseNumber(t, 0, 100)).default(85),
    new Option('--ambient <celsius>', 'temperature around the pack')
      .argParser((t) => parseNumber(t, -40, 80))
      .default(25),
    new Option('--seed <n>', 'which pack: spread of the cells and noise')
      .argParser((t) => parseInteger(t, 0, 4294967295))
      .default(1),
    new Option('--address <n>', 'DIP address, 0 = stand-alone').argParser((t) => parseInteger(t, 0, 15)).default(0),
    new Option('--layout <name>', 'PACE telemetry layout').choices(['v1', 'v2', 'v3', 'auto']).default('auto'),
    new Option('--scenario <name>', 'sun and household, a random hard life under observation, or nothing')
      .choices(SCENARIOS)
      .default('day'),
    new Option('--charger <amps>', 'constant charger in place of the sun').argParser((t) => parseNumber(t, 0, 200)),
    new Option('--load <watts>', 'constant inverter load in place of the household').argParser((t) =>
      parseNumber(t, 0, 20000),
    ),
  ];
}

/** What options together contradict, as a message; null when they do not. */
export function contradiction(options: Readonly<SimOptions>): string | null {
  const fixed = options.chargerAmps !== undefined || options.loadWatts !== undefined;
  if (options.scenario === 'random' && fixed) return '--charger and --load need --scenario day or none';
  return null;
}

/** Commander's parsed values as our record. */
export function toSimOptions(raw: Record<string, unknown>): SimOptions {
  return {
    speed: raw['speed'] as number,
    seed: raw['seed'] as number,
    soc: (raw['soc'] as number) / 100,
    ambient: raw['ambient'] as number,
    address: raw['address'] as number,
    layout: raw['layout'] as SimOptions['layout'],
    rs232: raw['rs232'] === 'none' ? null : (raw['rs232'] as number),
    forMs: raw['for'] as number | undefined,
    headless: raw['headless'] === true || raw['json'] === true,
    json: raw['json'] === true,
    scenario: raw['scenario'] as ScenarioName,
    chargerAmps: raw['charger'] as number | undefined,
    loadWatts: raw['load'] as number | undefined,
  };
}
