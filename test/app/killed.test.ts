/**
 * Kill the interpreter: the program stops at any instant, between two bytes of a transfer if need be, while the world
 * goes on. What the AFE does by itself has to be enough until the watchdog starts the program anew, or for ever.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LATCHED, Protection } from '../../src/bms/rules';
import type { SimBoard } from '../../src/hal-mock/board';
import type { SimI2c } from '../../src/hal-mock/sim-i2c';
import type { Truth } from '../../src/hal-mock/plant/plant';
import { VirtualPack } from '../../tools/virtual-pack';
import { loosened, openedBy, restraints } from '../support/restraints';

const CALLS = ['writeTo', 'readFrom', 'readReg'] as const;

class Killed extends Error {}

/** From `atUs` on the program does nothing any more: no byte, no level. Returns what brings the controller back. */
function kill(board: SimBoard, atUs: number): () => void {
  const buses: SimI2c[] = [board.afeBus, board.memoryBus];
  const follow = board.bothOff.onChange;
  const die = (): never => {
    throw new Killed();
  };
  board.time.at(atUs, () => {
    board.cpu.halt();
    for (const bus of buses) for (const call of CALLS) bus[call] = die;
    board.bothOff.onChange = () => {};
    die();
  });
  return () => {
    for (const bus of buses) for (const call of CALLS) delete (bus as Partial<SimI2c>)[call];
    board.bothOff.onChange = follow;
    follow(board.bothOff.read());
    board.restart('watchdog');
  };
}

/** Lets time pass until `ms`, over the death of the program. */
function runTo(pack: VirtualPack, ms: number): void {
  while (pack.nowMs < ms)
    try {
      pack.run(ms - pack.nowMs);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
}

/** What the pack does before the program dies, and what happens around the time. */
const life = fc.record({
  seed: fc.nat(9999),
  soc: fc.constantFrom(0.01, 0.05, 0.5, 0.95, 0.99, 1),
  ambientCelsius: fc.constantFrom(-22, -6, 5, 25, 25, 25, 57, 62),
  charger: fc.option(fc.record({ amps: fc.constantFrom(5, 20, 100, 115), volts: fc.constantFrom(57.6, 62) })),
  loadAmps: fc.constantFrom(0, 0, 10, 90, 128, 140),
  /** One cell fuller than the others, so that it is bled. */
  full: fc.boolean(),
  event: fc.constantFrom('none', 'none', 'chip reset', 'restart', 'short'),
  /** So long before the program dies. */
  eventMs: fc.oneof(fc.nat(1500), fc.nat(15_000)),
  killUs: fc.integer({ min: 300_000, max: 25_000_000 }),
});
type Life = typeof life extends fc.Arbitrary<infer T> ? T : never;

function begin({ seed, soc, ambientCelsius, charger, loadAmps, full, event, eventMs, killUs }: Life): VirtualPack {
  const pack = new VirtualPack({ seed, soc, ambientCelsius });
  const { plant, time, afe } = pack.board;
  if (full) plant.setSoc(Math.min(1, soc + 0.02), 6);
  if (charger !== null) plant.connectCharger(charger);
  if (loadAmps > 0) plant.setLoad({ amps: loadAmps });
  const events: Record<string, () => void> = {
    none: () => {},
    'chip reset': () => afe.powerOnReset(),
    restart: () => pack.board.restart('watchdog'),
    short: () => plant.shortCircuit({ henry: 0 }),
  };
  const atUs = Math.max(0, killUs - eventMs * 1000 - 1);
  time.at(atUs, events[event]!);
  time.at(atUs + 2e6, () => plant.clearShort());
  return pack;
}

/** What the world does to the pack after that. */
const WORLD: Record<string, (board: SimBoard) => void> = {
  nothing: () => {},
  'charger, 62 V and 100 A': ({ plant }) => plant.connectCharger({ amps: 100, volts: 62 }),
  'charger, 62 V and 160 A': ({ plant }) => plant.connectCharger({ amps: 160, volts: 62 }),
  'load, 140 A': ({ plant }) => plant.setLoad({ amps: 140 }),
  'load, 160 A': ({ plant }) => plant.setLoad({ amps: 160 }),
  'load, 220 A': ({ plant }) => plant.setLoad({ amps: 220 }),
  'short circuit': ({ plant }) => plant.shortCircuit({ henry: 0 }),
  'a cell at 72 °C': ({ plant }) => plant.holdTemperature(2, 72),
  'all cells at 69 °C': ({ plant }) => [0, 1, 2, 3].forEach((t) => plant.holdTemperature(t, 69)),
  'a cell at -25 °C': ({ plant }) => plant.holdTemperature(1, -25),
  'MOSFETs at 120 °C': ({ plant }) => plant.holdTemperature(4, 120),
  'chip reset': ({ afe }) => afe.powerOnReset(),
};

/**
 * The AFE's own limits (hardware.md 2.7, ADR 4) typed in as the bench sees them: what must not last longer than so many
 * ms. Cells are looked at each 250 ms, while some are bled once a second; temperatures each second.
 */
// prettier-ignore
const LIMITS: [string, number, (t: Truth) => boolean][] = [
  ['short circuit',                  0.32, (t) => t.currentMa < -402_000],
  ['discharge above 200 A',            40, (t) => t.currentMa < -204_000],
  ['discharge above 152 A',           115, (t) => t.currentMa < -155_000],
  ['discharge above 132 A',          3500, (t) => t.currentMa < -134_000],
  ['charge above 152 A',              115, (t) => t.currentMa > 155_000],
  ['charge above 3.795 V',           2300, (t) => t.currentMa > 500 && Math.max(...t.cellMv) > 3807],
  ['discharge below 2.429 V',        2300, (t) => t.currentMa < -500 && Math.min(...t.cellMv) < 2417],
  ['charge above 67 °C',             7500, (t) => t.currentMa > 500 && hottest(t) > 67.6],
  ['discharge above 70 °C',          7500, (t) => t.currentMa < -500 && hottest(t) > 70.6],
  ['charge below -8 °C',             7500, (t) => t.currentMa > 500 && coldest(t) < -8.6],
  ['discharge below -23 °C',         7500, (t) => t.currentMa < -500 && coldest(t) < -23.6],
  ['current above 115 °C at MOSFETs', 7500, (t) => Math.abs(t.currentMa) > 500 && t.celsius[4]! > 115.6],
];
const hottest = (t: Truth): number => Math.max(...t.celsius.slice(0, 4));
const coldest = (t: Truth): number => Math.min(...t.celsius.slice(0, 4));

/** Host watchdog: 10 s, and what the chip takes to look at its clock. */
const ALL_OFF_MS = 11_500;
/** Whatever bleeds ends by itself. */
const BLEED_ENDS_MS = 22_000;

/** Watches a dead pack. What lasts too long, or ''. */
class Coroner {
  private readonly since = LIMITS.map(() => -1);
  /** How far a cell went beyond the AFE's limit while current flowed; what a short circuit takes from it for 300 µs aside. */
  readonly worstMv = { over: 0, under: 0 };

  constructor(
    private readonly board: SimBoard,
    private readonly killedUs: number,
  ) {}

  look(): string {
    const { board } = this;
    const t = board.plant.truth();
    const deadMs = (t.us - this.killedUs) / 1000;
    if (t.currentMa > 500) this.worstMv.over = Math.max(this.worstMv.over, Math.max(...t.cellMv) - 3795);
    if (t.currentMa < -500 && t.currentMa > -155_000)
      this.worstMv.under = Math.max(this.worstMv.under, 2429 - Math.min(...t.cellMv));
    for (const [i, [name, ms, holds]] of LIMITS.entries()) {
      if (!holds(t)) this.since[i] = -1;
      else if (this.since[i]! < 0) this.since[i] = t.us;
      else if (t.us - this.since[i]! > ms * 1000) return `${name} for ${(t.us - this.since[i]!) / 1000} ms`;
    }
    const { chg, dsg, pdsg } = board.afe.bench.fets;
    if (deadMs > ALL_OFF_MS && (chg || dsg || pdsg)) return `a path is closed ${deadMs} ms after the program died`;
    return deadMs > BLEED_ENDS_MS && board.afe.bench.bleedMask !== 0 ? 'cells are bled' : '';
  }
}

/** Looks, ms after the world has changed: close enough to see each comparator in its time, then twenty times a second. */
const LOOKS = [0.1, 0.45, 1, ...Array.from({ length: 60 }, (_, i) => 5 * (i + 1))];

/** From here on a diode conducts, µV over the shunt. */
const DIODE_UV = 100;
const LOOK_MS = 250;
/** How long a program is dead: the watchdog bites after 5 to 8 s (row 32), and then one that bites late. */
const WATCHDOG_MS = [100, 5000, 6500, 7900, 14_000];
const AFTER_MS = 40_000;
/** What follows is in looks. What has been so for this long is in the memory (S40: at least every second). */
const REMEMBERED = 5;
/** The noise of a sample may release a rule so much earlier in one of two packs. */
const AHEAD = 12;
/** A load has been served for so long that its chip has nothing to tell of before. */
const SERVING = 8;
/** After boot and first sample a path is open that is to be, and later within a tick and the next look. */
const SETTLED = 8;
const FOLLOWS = 2;

interface Held {
  restraints: number[];
  /** The discharge path serves its load. */
  closed: boolean;
}

/** What only mirrors the AFE, which the next sample says again. */
const MIRRORED = Protection.AfeTrip;

function held({ firmware, board }: VirtualPack): Held {
  const [, protections, faults, ...trips] = restraints(firmware);
  const remembered = [protections! & ~MIRRORED, faults! & LATCHED, ...trips];
  return { restraints: [0, ...remembered], closed: board.afe.bench.fets.dsg };
}

/** Paths that are closed, other than over their own conducting diode (S12). */
function closed({ board }: VirtualPack): [boolean, boolean] {
  const { chg, dsg } = board.afe.bench.fets;
  const uv = board.plant.shuntUv();
  return [chg && uv > -DIODE_UV, dsg && uv < DIODE_UV];
}

// Hundreds of packs, killed by functions in the queue of their clock: no twin can follow them.
VirtualPack.observer = null;

describe('S7, S14 rows 31 and 32: the program stops', () => {
  it('in any state, and the pack stays within the limits of the AFE, and is open 10 s later', () => {
    const worst = { over: 0, under: 0 };
    const alive: Record<string, number> = {};
    fc.assert(
      fc.property(
        life,
        fc.constantFrom(...Object.keys(WORLD)),
        fc.integer({ min: 0, max: 9000 }),
        (life, what, afterMs) => {
          const { killUs } = life;
          const pack = begin(life);
          const { board } = pack;
          kill(board, killUs);
          runTo(pack, killUs / 1000);
          const coroner = new Coroner(board, killUs);
          const see = (ms: number): void => {
            runTo(pack, ms);
            expect(coroner.look()).toBe('');
          };
          const changeMs = killUs / 1000 + afterMs;
          for (let ms = killUs / 1000 + 50; ms < changeMs; ms += 50) see(ms);
          runTo(pack, changeMs);
          const { chg, dsg } = board.afe.bench.fets;
          if (chg || dsg) alive[what] = (alive[what] ?? 0) + 1;
          WORLD[what]!(board);
          for (const ms of LOOKS) see(changeMs + ms);
          for (let ms = 350; ms < 24_000; ms += ms < 12_000 ? 50 : 1000) see(changeMs + ms);
          worst.over = Math.max(worst.over, coroner.worstMv.over);
          worst.under = Math.max(worst.under, coroner.worstMv.under);
        },
      ),
      { numRuns: 300, seed: 32 },
    );
    for (const what of Object.keys(WORLD)) expect([what, (alive[what] ?? 0) > 3]).toEqual([what, true]);
    expect(worst.over).toBeLessThan(350);
    expect(worst.under).toBeLessThan(400);
  });

  it('and the watchdog starts it again: nothing that was held open closes, and a load that was served goes on', () => {
    let served = 0;
    let latched = 0;
    fc.assert(
      fc.property(life, fc.constantFrom(...WATCHDOG_MS), (life, deadMs) => {
        const twin = begin(life);
        const good: Held[] = [];
        const from = Math.ceil(life.killUs / 1000 / LOOK_MS);
        while (good.length < from + AFTER_MS / LOOK_MS) {
          runTo(twin, (good.length + 1) * LOOK_MS);
          good.push(held(twin));
        }
        const pack = begin(life);
        const revive = kill(pack.board, life.killUs);
        runTo(pack, life.killUs / 1000);
        const serves =
          deadMs < 8000 && held(pack).closed && good.slice(Math.max(0, from - SERVING)).every(({ closed }) => closed);
        runTo(pack, life.killUs / 1000 + deadMs);
        revive();
        const first = Math.ceil(pack.nowMs / LOOK_MS);
        const kept = [...good[first]!.restraints];
        for (const { restraints } of good.slice(Math.max(0, from - REMEMBERED), first + AHEAD))
          loosened(kept, restraints, kept);
        if (serves) served++;
        if (kept[1] !== 0 || kept[2] !== 0) latched++;
        const since = [0, 0];
        let gates = [true, true];
        for (let i = first; i + AHEAD < good.length; i++) {
          runTo(pack, (i + 1) * LOOK_MS);
          expect(loosened(kept, good[i + AHEAD]!.restraints, held(pack).restraints)).toBe('');
          const now = closed(pack);
          const bad = openedBy(kept[1]!, kept[2]!).map((no, path) => {
            since[path] = no && now[path]! ? since[path]! + 1 : 0;
            const closes = since[path] > 0 && !gates[path];
            return closes || (since[path] > FOLLOWS && i > first + SETTLED);
          });
          expect([i * LOOK_MS, bad]).toEqual([i * LOOK_MS, [false, false]]);
          if (serves) expect([i * LOOK_MS, held(pack).closed]).toEqual([i * LOOK_MS, true]);
          gates = [pack.board.afe.bench.fets.chg, pack.board.afe.bench.fets.dsg];
        }
      }),
      { numRuns: 150, seed: 31 },
    );
    expect(Math.min(served, latched)).toBeGreaterThan(20);
  });
});
