/** The requirements matrix as text: which tests stand behind each S-id, and how fast the protections measured. Pure. */

/** One test that has passed. */
export interface Evidence {
  /** From the project's root. */
  file: string;
  name: string;
  reactions: readonly Measured[];
}

/** Times in ms of virtual time; null = nothing is due. */
export interface Measured {
  id: string;
  row?: string;
  what: string;
  detectedMs: number | null;
  openedMs: number | null;
  withinMs: readonly [number, number];
}

/** S-ids of spec/requirements.md in a few words of our own. */
// prettier-ignore
const TITLES: Readonly<Record<string, string>> = {
  S1: 'Sixteen cells, what is measured',              S2: 'Charge current',
  S3: 'Over-voltage',                                 S4: 'Balancing',
  S5: 'Discharge current',                            S6: 'Under-voltage',
  S7: 'Short circuit',                                S8: 'Six sensors',
  S9: 'Temperature windows',                          S10: 'Breaker',
  S11: 'Faults open both paths',                      S12: 'How the MOSFETs are switched',
  S13: 'State of charge and health',                  S14: 'Bad input only makes stricter',
  S20: 'Power and RST key',                           S21: 'Address switches',
  S22: 'Dry contacts',                                S23: 'Buzzer',
  S24: 'LEDs',                                        S25: 'Display and its keys',
  S26: 'Main menu',                                   S27: 'Settings on the display',
  S28: 'Dormancy and sleep',                          S29: 'Counters and event log',
  S30: 'RS232, PACE protocol',                        S31: 'Bus between packs',
  S32: 'RS485 inverters',                             S33: 'CAN inverters',
  S34: 'Values of the whole bank',                    S35: 'Bus in trouble',
  S36: 'Anti-theft lock',                             S40: 'What survives',
  S41: 'Storage reminder',                            S42: 'Self-test',
};

/** Those that must have a test today; the others belong to parts that are not built yet. */
// prettier-ignore
const REQUIRED = [
  'S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7', 'S8', 'S9', 'S10', 'S11', 'S12', 'S13', 'S14',
  'S20', 'S28', 'S29', 'S36', 'S40', 'S41', 'S42',
];

/** The S-ids in a test's name, each once. */
export function idsIn(name: string): string[] {
  const found = name.match(/\bS\d{1,2}\b/g) ?? [];
  return [...new Set(found)].filter((id) => id in TITLES);
}

/** Evidence of one S-id. */
function evidenceFor(id: string, all: readonly Evidence[]): Evidence[] {
  return all.filter(({ name }) => idsIn(name).includes(id));
}

/** Requirements of what is built that no test names. */
export function untested(all: readonly Evidence[]): string[] {
  return REQUIRED.filter((id) => evidenceFor(id, all).length === 0);
}

/** `at once`, `300 µs`, `12 ms`, `1.25 s`, `11.3 min`. */
function timeText(ms: number): string {
  if (ms === 0) return 'at once';
  if (ms >= 120_000) return `${(ms / 60_000).toFixed(1)} min`;
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** One time, or the extremes of several; `-` for none. */
export function rangeText(times: readonly (number | null)[]): string {
  const known = times.filter((ms) => ms !== null);
  if (known.length === 0) return '-';
  const [least, most] = [timeText(Math.min(...known)), timeText(Math.max(...known))];
  return least === most ? least : `${least} .. ${most}`;
}

function limitText([least, most]: readonly [number, number]): string {
  return least === 0 ? `at most ${timeText(most)}` : `${timeText(least)} .. ${timeText(most)}`;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Measurements of the same thing together, in the order of the requirements, then as they came. */
export function groups(all: readonly Evidence[], wanted: (one: Measured) => boolean): Measured[][] {
  const byThing = new Map<string, Measured[]>();
  for (const one of all.flatMap(({ reactions }) => reactions).filter(wanted)) {
    const key = `${one.id} ${one.what} ${one.withinMs.join()}`;
    byThing.set(key, [...(byThing.get(key) ?? []), one]);
  }
  const number = ([one]: Measured[]): number => Number(one!.id.slice(1));
  return [...byThing.values()].sort((a, b) => number(a) - number(b));
}

function reactionTable(all: readonly Evidence[]): string[] {
  const rows = groups(all, ({ row }) => row === undefined).map((group) => {
    const { id, what, withinMs } = group[0]!;
    const detected = rangeText(group.map(({ detectedMs }) => detectedMs));
    const opened = rangeText(group.map(({ openedMs }) => openedMs));
    return `| ${id} | ${what} | ${limitText(withinMs)} | ${detected} | ${opened} | ${group.length} |`;
  });
  return [
    '| Id | Cause | Required | Detected after | Opened after | Measured |',
    '| - | - | - | - | - | -: |',
    ...rows,
  ];
}

/** Tests of one requirement, file by file. */
function section(id: string, all: readonly Evidence[]): string[] {
  const found = evidenceFor(id, all);
  const lines = [`### ${id} ${TITLES[id]}`, ''];
  if (found.length === 0) return [...lines, 'Not built yet.', ''];
  for (const file of [...new Set(found.map((one) => one.file))]) {
    const here = found.filter((one) => one.file === file);
    lines.push(`\`${file}\` (${here.length})`, '', ...here.map(({ name }) => `- ${plain(name)}`), '');
  }
  return lines;
}

/** A test's name as Markdown text. */
export function plain(name: string): string {
  return name.replace(/[\\`*_<>[\]|~]/g, '\\$&').replace(/\s+/g, ' ');
}

/** The whole document; the same evidence gives the same bytes, in whatever order it came. */
export function matrix(evidence: readonly Evidence[]): string {
  const all = sorted(evidence);
  const ids = Object.keys(TITLES).sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  const counts = ids.map((id) => {
    const found = evidenceFor(id, all);
    return `| ${id} | ${TITLES[id]} | ${found.length} | ${new Set(found.map(({ file }) => file)).size} |`;
  });
  return [
    '# Requirements and their tests',
    '',
    'Written by the test run (`npm test`); edits are lost. A test stands under each S-id of `spec/requirements.md` that its name',
    'carries. A run fails when a requirement of what is built has no test.',
    '',
    '| Id | Requirement | Tests | Files |',
    '| - | - | -: | -: |',
    ...counts,
    '',
    '## Reaction times',
    '',
    'Closed loop in virtual time: firmware, driver, bytes on the bus, simulated AFE, MOSFETs, cells. Times count from the',
    'physical cause, which begins at random phases of the 250 ms tick; detected = the rule is set, opened = the gates of the',
    'paths concerned are off. Faults are in `fmea.md`.',
    '',
    ...reactionTable(all),
    '',
    '## Tests',
    '',
    ...ids.flatMap((id) => section(id, all)),
  ].join('\n');
}

/** Files in order of their names; tests in the order of their file, as it is read. */
export function sorted(evidence: readonly Evidence[]): Evidence[] {
  return [...evidence].sort((a, b) => order(a.file, b.file));
}
