/** Currents that only the AFE's comparators are fast enough for (S2, S5, S7), looked at with every step of the circuit. */
import type { SimBoard } from '../src/hal-mock/board';
import type { Invariant, Moment } from './invariants-base';

/** µV over the shunt of 250 µOhm to mA. */
const MA_PER_UV = 4;

interface Fast {
  readonly id: string;
  /** 1 = charge. */
  readonly sign: 1 | -1;
  readonly limitMa: number;
  readonly allowedUs: number;
}

/** The AFE's own limits as quantised (ADR 2, 4): 152 A / 99 ms, 200 A / 30 ms, 400 A / 300 us; each with 1 % for the shunt. */
// prettier-ignore
export const FAST: readonly Fast[] = [
  { id: 'S2', sign: 1,  limitMa: 154000, allowedUs: 110000 },
  { id: 'S5', sign: -1, limitMa: 154000, allowedUs: 110000 },
  { id: 'S5', sign: -1, limitMa: 202000, allowedUs: 40000 },
  { id: 'S7', sign: -1, limitMa: 404000, allowedUs: 320 },
];

/** What counts as the cause of a trip: a little below the limits. */
const CHARGE_OC_MA = 109000;
const DISCHARGE_OC_MA = -129000;
const SHORT_MA = -390000;
/** What releases an over-current of the other direction: 1 A, as the shunt shows it. */
const FLOW_MA = 900;

export class FastCurrents implements Invariant {
  /** Virtual ms when these were last seen. */
  chargeOcMs = -Infinity;
  dischargeOcMs = -Infinity;
  shortMs = -Infinity;
  chargedMs = -Infinity;
  dischargedMs = -Infinity;
  private readonly sinceUs = FAST.map(() => -1);
  private readonly told = FAST.map(() => false);
  private texts: string[] = [];

  constructor(board: SimBoard) {
    board.plant.onStep(() => this.step(board.plant.shuntUv() * MA_PER_UV, board.time.nowUs));
  }

  /** The current is so much from now on. */
  step(ma: number, nowUs: number): void {
    const nowMs = nowUs / 1000;
    if (ma > FLOW_MA) this.chargedMs = nowMs;
    if (ma < -FLOW_MA) this.dischargedMs = nowMs;
    if (ma > CHARGE_OC_MA) this.chargeOcMs = nowMs;
    if (ma < DISCHARGE_OC_MA) this.dischargeOcMs = nowMs;
    if (ma < SHORT_MA) this.shortMs = nowMs;
    for (let i = 0; i < FAST.length; i++) {
      const row = FAST[i]!;
      if (row.sign * ma <= row.limitMa) {
        this.sinceUs[i] = -1;
        this.told[i] = false;
      } else if (this.sinceUs[i]! < 0) this.sinceUs[i] = nowUs;
      else if (nowUs - this.sinceUs[i]! > row.allowedUs && !this.told[i]) {
        this.told[i] = true;
        const us = (nowUs - this.sinceUs[i]!).toFixed(0);
        this.texts.push(
          `${row.id} ${(ma / 1000).toFixed(0)} A for ${us} us, allowed ${row.allowedUs} us above ${row.limitMa / 1000} A`,
        );
      }
    }
  }

  check({ truth, nowMs }: Readonly<Moment>): string[] {
    this.step(truth.currentMa, nowMs * 1000);
    const { texts } = this;
    if (texts.length > 0) this.texts = [];
    return texts;
  }
}
