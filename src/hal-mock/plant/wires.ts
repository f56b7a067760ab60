/** Sense wires between the cells' taps and the AFE, 0 = bottom of the stack .. 16 = top: broken and exchanged ones. */
import { CELLS } from './cell';

const WIRES = CELLS + 1;
/** What one open-wire check takes from a filter capacitor without its wire, mV (hardware.md 9, row 11: 10 to 50). */
const CHECK_MV = 30;

export class SenseWires {
  /** Tap to which the wire of each input goes. */
  private readonly tap = Array.from({ length: WIRES }, (_, k) => k);
  private readonly open = new Array<boolean>(WIRES).fill(false);
  /** How far the input of an open wire has drifted from its tap, mV. */
  private readonly driftMv = new Float64Array(WIRES);
  private faulty = false;

  setOpen(wire: number, open: boolean): void {
    this.open[checked(wire, WIRES)] = open;
    this.driftMv[wire] = 0;
    this.look();
  }

  /** Wires `wire` and `wire + 1` change places, or go back. */
  swap(wire: number): void {
    const other = this.tap[checked(wire, CELLS)]!;
    this.tap[wire] = this.tap[wire + 1]!;
    this.tap[wire + 1] = other;
    this.look();
  }

  /** The pull-down takes an open input towards the one below it, the lowest one towards the one above. */
  check(cellMv: (index: number) => number): boolean {
    if (!this.open.includes(true)) return false;
    for (let k = 0; k < WIRES; k++) {
      if (!this.open[k]) continue;
      const most = cellMv(Math.max(0, k - 1));
      const drift = Math.min(most, Math.abs(this.driftMv[k]!) + CHECK_MV);
      this.driftMv[k] = k === 0 ? drift : -drift;
    }
    return true;
  }

  /** Between inputs `index` and `index + 1`, where the cells have these voltages. */
  inputMv(index: number, cellMv: (index: number) => number): number {
    if (!this.faulty) return cellMv(index);
    return this.nodeMv(index + 1, cellMv) - this.nodeMv(index, cellMv);
  }

  private nodeMv(input: number, cellMv: (index: number) => number): number {
    let mv = this.driftMv[input]!;
    for (let k = 0; k < this.tap[input]!; k++) mv += cellMv(k);
    return mv;
  }

  private look(): void {
    this.faulty = this.open.includes(true) || this.tap.some((tap, k) => tap !== k);
  }
}

function checked(wire: number, count: number): number {
  if (!Number.isInteger(wire) || wire < 0 || wire >= count) throw new RangeError(`sense wire: ${wire}`);
  return wire;
}
