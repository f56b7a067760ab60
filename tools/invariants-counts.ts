/** Counters (S13, S29): charge is never counted backwards or invented, nothing is lost over a restart, trips have happened. */
import { Trips } from '../src/bms/guard';
import type { Invariant, Moment } from './invariants-base';
import type { FastCurrents } from './invariants-fast';

/** What may be lost over a restart: the memory is written each second. */
const LOST_MAS = 3 * 150000;
/** Trips are looked for so far back: the AFE reports a trip until it has recovered, also to a program that starts after it. */
const EVIDENCE_MS = 150000;
/** Windows in which counted and real charge are compared, and what they may differ. */
const WINDOW_MS = 3 * 3600000;
const WINDOW_SHARE = 0.02;
const WINDOW_MAS = 1800000;
/** A memory that failed is tried again after a minute, so that what it holds is older. */
const MEMORY_MS = 120000;

interface Counted {
  chargedMas: number;
  dischargedMas: number;
  cycles: number;
  logged: number;
}

export class CountRules implements Invariant {
  /** Charge counted and real, both directions together, over all windows that could be compared. */
  countedMas = 0;
  realMas = 0;
  private was: Counted | null = null;
  private trips = [0, 0, 0];
  private memoryMs = -Infinity;
  private supplyMas = 0;
  private window: { atMs: number; counted: number; charged: number; discharged: number; real: number } | null = null;

  constructor(private readonly fast: Pick<FastCurrents, 'chargeOcMs' | 'dischargeOcMs' | 'shortMs'>) {}

  check(moment: Readonly<Moment>): string[] {
    const { firmware, injected, nowMs, restarted, dtMs, truth } = moment;
    const { pack, storage } = firmware;
    const texts: string[] = [];
    this.supplyMas += (truth.supplyMa * dtMs) / 1000;
    if (injected.memory) this.memoryMs = nowMs;
    const now = {
      chargedMas: pack.chargedMas,
      dischargedMas: pack.dischargedMas,
      cycles: pack.cycles,
      logged: storage.logged,
    };
    const forgets = restarted && nowMs - this.memoryMs < MEMORY_MS;
    if (this.was !== null && !forgets) this.onward(this.was, now, restarted, texts);
    this.was = now;
    this.happened(moment, texts);
    this.compare(moment, texts);
    return texts;
  }

  private onward(was: Readonly<Counted>, now: Readonly<Counted>, restarted: boolean, texts: string[]): void {
    const back = restarted ? LOST_MAS : 0;
    for (const key of ['chargedMas', 'dischargedMas'] as const)
      if (!(now[key] >= was[key] - back))
        texts.push(`S13 ${key} went from ${was[key].toFixed(0)} to ${now[key].toFixed(0)}`);
    if (now.cycles < was.cycles - (restarted ? 1 : 0))
      texts.push(`S13 cycles went from ${was.cycles} to ${now.cycles}`);
    if (now.logged < was.logged - (restarted ? 4 : 0))
      texts.push(`S29 events went from ${was.logged} to ${now.logged}`);
  }

  /** A trip that is counted has been seen by the observer. */
  private happened({ firmware, nowMs, restarted }: Readonly<Moment>, texts: string[]): void {
    const { trips } = firmware.guard;
    const { chargeOcMs, dischargeOcMs, shortMs } = this.fast;
    const rows = [
      [Trips.ChgOc, 'S2 charge over-current', chargeOcMs],
      [Trips.DsgOc, 'S5 discharge over-current', dischargeOcMs],
      [Trips.ShortCircuit, 'S7 short circuit', shortMs],
    ] as const;
    for (const [index, name, seenMs] of rows) {
      const count = trips[index]!;
      if (!restarted && count > this.trips[index]! && nowMs - seenMs > EVIDENCE_MS)
        texts.push(`${name} counted (${count}) without one`);
      this.trips[index] = count;
    }
  }

  private compare({ firmware, truth, nowMs, restarted }: Readonly<Moment>, texts: string[]): void {
    const { chargedMas, dischargedMas } = firmware.pack;
    const counted = chargedMas - dischargedMas;
    const real = truth.chargedMas - truth.dischargedMas - this.supplyMas;
    const window = { atMs: nowMs, counted, charged: truth.chargedMas, discharged: truth.dischargedMas, real };
    if (this.window === null || restarted) this.window = window;
    const from = this.window;
    if (nowMs - from.atMs < WINDOW_MS) return;
    const flow = window.charged - from.charged + window.discharged - from.discharged;
    const missing = counted - from.counted - (real - from.real);
    this.countedMas += Math.abs(counted - from.counted);
    this.realMas += Math.abs(real - from.real);
    if (Math.abs(missing) > WINDOW_SHARE * flow + WINDOW_MAS)
      texts.push(
        `S13 counted ${((counted - from.counted) / 3.6e6).toFixed(2)} Ah in three hours, truth ${((real - from.real) / 3.6e6).toFixed(2)} Ah`,
      );
    this.window = window;
  }
}
