/** State of charge (S13): within 0..100 %, and how far from the plant's truth. */
import type { Invariant, Moment } from './invariants-base';
import { Lasting } from './invariants-base';
import { usableSoc } from './soc-pack';

/** Largest error that may last, and for how long: what is shown moves 1 % in 10 s at most. */
export const SOC_ERROR_PERMILLE = 150;
const ERROR_MS = 30 * 60000;
const HOUR_MS = 3600000;

export interface SocStats {
  rmsPermille: number;
  maxPermille: number;
  maxAtMs: number;
  /** Share of the time with an error above 3, 8 and 15 %. */
  above: { permille: number; share: number }[];
}

const STEPS = [30, 80, SOC_ERROR_PERMILLE];

export class SocRules implements Invariant {
  private readonly lasting = new Lasting();
  private readonly bounds = new Lasting();
  private sumMs = 0;
  private sumSquares = 0;
  private readonly aboveMs = STEPS.map(() => 0);
  private max = 0;
  private maxAtMs = 0;

  check(moment: Readonly<Moment>): string[] {
    const { firmware, truth, dtMs, nowMs } = moment;
    const { pack } = firmware;
    const texts: string[] = [];
    if (pack.samples === 0) return texts;
    const shown = (pack.remainingMas / pack.fullMas) * 1000;
    if (this.bounds.exceeded(!(shown >= 0 && shown <= 1000), dtMs, 0))
      texts.push(`S13 SOC is ${shown.toFixed(1)} permille`);
    const real = usableSoc(
      (k) => truth.soc[k]!,
      () => 1,
    );
    const error = shown - real * 1000;
    this.note(error, dtMs, nowMs);
    if (this.lasting.exceeded(Math.abs(error) > SOC_ERROR_PERMILLE, dtMs, ERROR_MS))
      texts.push(
        `S13 SOC ${(shown / 10).toFixed(1)} %, truth ${(real * 100).toFixed(1)} %, for ${(this.lasting.ms / HOUR_MS).toFixed(1)} h`,
      );
    return texts;
  }

  private note(error: number, dtMs: number, nowMs: number): void {
    this.sumMs += dtMs;
    this.sumSquares += error * error * dtMs;
    const size = Math.abs(error);
    STEPS.forEach((step, i) => {
      if (size > step) this.aboveMs[i]! += dtMs;
    });
    if (size <= this.max) return;
    this.max = size;
    this.maxAtMs = nowMs;
  }

  get stats(): SocStats {
    const ms = this.sumMs || 1;
    return {
      rmsPermille: Math.sqrt(this.sumSquares / ms),
      maxPermille: this.max,
      maxAtMs: this.maxAtMs,
      above: STEPS.map((permille, i) => ({ permille, share: this.aboveMs[i]! / ms })),
    };
  }
}
