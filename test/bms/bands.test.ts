import '../../src/hal-mock/natives';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/bms/fets';
import { createEstimator, estimate } from '../../src/bms/estimate';
import { createGuard } from '../../src/bms/guard';
import { createPack, type Pack } from '../../src/bms/pack';
import { defaultParams, P } from '../../src/bms/params';
import { protect } from '../../src/bms/protect';

/** One step of the world: for how many ticks, and what is different from then on. */
const step = fc.record({
  ticks: fc.constantFrom(1, 2, 3, 5, 9, 250),
  change: fc.oneof(
    fc.record({
      cell: fc.nat(15),
      mv: fc.constantFrom(2499, 2500, 2799, 2901, 3300, 3379, 3380, 3581, 3601, 3701, 4400),
    }),
    fc.record({ all: fc.constantFrom(2450, 2790, 2905, 3300, 3370, 3590, 3650, 3710) }),
    fc.record({
      ma: fc.constantFrom(0, 0, -600, 1100, -1100, 327_670, 101_999, 104_001, 110_001, -125_001, -130_001, -300_000),
    }),
    fc.record({ sensor: fc.nat(5), deciC: fc.constantFrom(-260, -201, -60, -1, 250, 451, 551, 601, 651, 905, 1101) }),
    fc.record({ tempValid: fc.constantFrom(63, 63, 62, 47, 31) }),
    fc.record({ trips: fc.constantFrom(0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256) }),
    fc.record({ terminalMv: fc.constantFrom(0, 53_000, 58_000, 66_000, -700) }),
    fc.record({ packMv: fc.constantFrom(0, 52_800, 52_800, 56_000) }),
    fc.record({ wire: fc.nat(14), apartMv: fc.constantFrom(0, 300, 601, 700, 1400) }),
    fc.record({ staleMs: fc.constantFrom(0, 0, 5000, 15_000) }),
    fc.record({ resets: fc.constantFrom(1, 4) }),
    fc.record({ hostOff: fc.constantFrom(0, 0, 1, 2) }),
    fc.record({ loadGone: fc.boolean(), locked: fc.boolean() }),
    fc.record({ miss: fc.constantFrom(1, 2, 3, 6) }),
    fc.record({ remaining: fc.constantFrom(0, 18e6, 22e6, 180e6) }),
    fc.record({ weld: fc.boolean() }),
  ),
});

interface World {
  pack: Pack;
  run(change: Record<string, number | boolean>, ticks: number): string[];
}

/** The control path; `always` makes it judge every rule in every tick. */
function world(always: boolean): World {
  const pack = createPack();
  const guard = createGuard();
  const est = createEstimator();
  const params = defaultParams();
  let nowMs = 0;
  let welded = false;
  pack.cellMv.fill(3300);
  pack.stackMv = 52_800;
  pack.packMv = 52_800;
  params[P.OvReleaseSoc] = 960;
  pack.tempDeciC.fill(250);
  pack.tempValid = 63;
  const tick = (ok: boolean): string => {
    nowMs += 250;
    pack.sampleOk = ok;
    if (ok) pack.samples++;
    pack.missedSamples = ok ? 0 : pack.missedSamples + 1;
    estimate(est, pack, params, nowMs);
    if (always) guard.settled = 0;
    protect(guard, pack, params, nowMs);
    decide(pack);
    pack.chgFetOn = pack.chgOn || welded;
    pack.dsgFetOn = pack.dsgOn;
    const causes = [guard.bits, guard.sinceCs, guard.value, guard.index, guard.trips].map((list) => list.join(' '));
    return [...causes, pack.chgOn, pack.dsgOn].join(' | ');
  };
  return {
    pack,
    run(change, ticks) {
      const c = change as Record<string, number>;
      if ('cell' in c) pack.cellMv[c['cell']!] = c['mv']!;
      if ('all' in c) pack.cellMv.fill(c['all']!);
      if ('ma' in c) pack.currentMa = c['ma']!;
      if ('sensor' in c) pack.tempDeciC[c['sensor']!] = c['deciC']!;
      if ('tempValid' in c) pack.tempValid = c['tempValid']!;
      if ('trips' in c) pack.afeTrips = c['trips']!;
      if ('terminalMv' in c) pack.terminalMv = c['terminalMv']!;
      if ('packMv' in c) pack.packMv = c['packMv']!;
      if ('wire' in c) {
        pack.cellMv.fill(3300);
        pack.cellMv[c['wire']!]! -= c['apartMv']! / 2;
        pack.cellMv[c['wire']! + 1]! += c['apartMv']! / 2;
      }
      if ('staleMs' in c) pack.staleMs = c['staleMs']!;
      if ('resets' in c) pack.afeResets += c['resets']!;
      if ('hostOff' in c) pack.hostOff = c['hostOff']!;
      if ('loadGone' in change) pack.loadGone = change['loadGone'] as boolean;
      if ('locked' in change) pack.locked = change['locked'] as boolean;
      if ('remaining' in c) pack.remainingMas = c['remaining']!;
      if ('weld' in change) welded = change['weld'] as boolean;
      const seen: string[] = [];
      for (let i = 0; i < (c['miss'] ?? 0); i++) seen.push(tick(false));
      for (let i = 0; i < ticks; i++) seen.push(tick(true));
      return seen;
    },
  };
}

describe('S2-S9 rules that rest inside their bands', () => {
  it('change at the same tick, with the same cause, as if every rule were judged in every tick', () => {
    let active = 0;
    const seen = [0, 0, 0, 0];
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
        const fast = world(false);
        const full = world(true);
        for (const { change, ticks } of steps) {
          expect(fast.run(change, ticks)).toEqual(full.run(change, ticks));
          if (fast.pack.protections !== 0) active++;
          const { alarms, protections, faults, notices } = fast.pack;
          [alarms, protections, faults, notices].forEach((bits, word) => (seen[word]! |= bits));
        }
      }),
      { numRuns: 400 },
    );
    expect(active).toBeGreaterThan(1000);
    // of 40 that these steps can set
    const different = seen.map((bits) => bits.toString(2).replaceAll('0', '').length);
    expect(different.reduce((all, some) => all + some)).toBeGreaterThan(34);
  });
});
