/**
 * 125 A miniature circuit breaker: bimetal and magnet. First-order heating by I²; 1.3 times the rated current is carried for ever,
 * 1.45 opens within the hour and 2.55 within two minutes, as the standard curves ask; the magnet acts above 7.5 times, in the middle of
 * "5-10 x In" (hardware.md 5.2). The 600 s of algorithms.md 4.8 would hold 2.55 times the current for three minutes.
 */
const RATED_A = 125;
const TAU_S = 360;
const TRIP_HEAT = 1.69; // (1.3 I_n)²
const MAGNET_A = 7.5 * RATED_A;
const MAGNET_S = 0.01;

export type BreakerState = 'closed' | 'open' | 'tripped';

export class Breaker {
  state: BreakerState = 'closed';
  /** Heat of the bimetal: 1 = that of the rated current for ever. */
  heat = 0;
  private magnetS = 0;

  get closed(): boolean {
    return this.state === 'closed';
  }

  set(closed: boolean): void {
    this.state = closed ? 'closed' : 'open';
    this.magnetS = 0;
  }

  /** As if its bimetal or magnet had opened it. */
  trip(): void {
    this.state = 'tripped';
    this.magnetS = 0;
  }

  /** True when it opens by itself at the end of this time. */
  step(amps: number, dtS: number): boolean {
    const load = (amps / RATED_A) * (amps / RATED_A);
    this.heat += (load - this.heat) * -Math.expm1(-dtS / TAU_S);
    this.magnetS = Math.abs(amps) > MAGNET_A ? this.magnetS + dtS : 0;
    if (!this.closed || (this.heat < TRIP_HEAT && this.magnetS < MAGNET_S - 1e-9)) return false;
    this.state = 'tripped';
    return true;
  }

  /** Seconds until it opens if this current stays; Infinity when it carries it. */
  tripInS(amps: number): number {
    if (!this.closed) return Infinity;
    const load = (amps / RATED_A) * (amps / RATED_A);
    let left = Infinity;
    if (this.heat >= TRIP_HEAT) left = 0;
    else if (load > TRIP_HEAT) left = TAU_S * Math.log((load - this.heat) / (load - TRIP_HEAT));
    if (Math.abs(amps) > MAGNET_A) left = Math.min(left, MAGNET_S - this.magnetS);
    return Math.max(0, left);
  }
}
