/** Copper around a simulated AFE, reduced to what the driver's tests set: fixed cells, a load that follows the FETs. */
import { VirtualClock } from '../../src/hal-mock/clock';
import type { AfeSurroundings, AfeThermistor } from '../../src/hal-mock/contracts';

export class World implements AfeSurroundings {
  readonly cells = new Float64Array(16).fill(3300);
  /** Current when the path in its direction is closed, mA; positive charges. */
  loadMa = 0;
  shuntMilliOhm = 0.25;
  /** What the shunt shows without a current, µV. */
  offsetUv = 0;
  /** Ohm by pin; 10 kOhm is 25 degrees C. */
  readonly ohm: Partial<Record<AfeThermistor, number>> = {
    TS1: 10000,
    TS3: 10000,
    HDQ: 10000,
    DCHG: 10000,
    DDSG: 10000,
    CFETOFF: 10000,
  };
  terminalMv = 52800;
  /** LD pin while the source of the load detection is on; null = it changes nothing. */
  detectingMv: number | null = null;
  loadDetect = false;
  /** Cells that the chip bleeds. */
  bled = 0;
  bothOff = false;
  chg = false;
  dsg = false;
  pdsg = false;
  /** Every change of the gates: chg, dsg; d = pre-discharge. */
  readonly history: string[] = [];
  private readonly listeners: (() => void)[] = [];
  private uvSeconds = 0;
  private sinceUs = 0;

  constructor(private readonly clock: VirtualClock) {}

  cellMv(index: number): number {
    return this.cells[index]!;
  }
  stackMv(): number {
    return this.cells.reduce((a, b) => a + b);
  }
  packPinMv(): number {
    return this.stackMv();
  }
  ldPinMv(): number {
    if (this.dsg) return this.stackMv();
    return this.loadDetect ? (this.detectingMv ?? this.terminalMv) : this.terminalMv;
  }
  shuntUv(): number {
    const closed = this.loadMa < 0 ? this.dsg : this.chg;
    return (closed ? this.loadMa * this.shuntMilliOhm : 0) + this.offsetUv;
  }
  shuntUvSeconds(): number {
    return this.uvSeconds + (this.shuntUv() * (this.clock.nowUs - this.sinceUs)) / 1e6;
  }
  ntcOhm(pin: AfeThermistor): number {
    return this.ohm[pin] ?? Infinity;
  }
  dieCelsius(): number {
    return 30;
  }
  pinLevel(pin: 'CFETOFF' | 'DFETOFF' | 'TS2' | 'RST_SHUT'): boolean {
    return pin === 'DFETOFF' ? this.bothOff : pin === 'TS2';
  }
  setFets(chg: boolean, dsg: boolean, _pchg: boolean, pdsg: boolean): void {
    this.step(() => {
      this.chg = chg;
      this.dsg = dsg;
      this.pdsg = pdsg;
    });
    this.history.push((chg ? 'C' : '-') + (dsg ? 'D' : pdsg ? 'd' : '-'));
  }
  setBleed(mask: number): void {
    this.bled = mask;
  }
  setLoadDetect(on: boolean): void {
    this.loadDetect = on;
  }
  openWireCheck(): void {}
  setAlert(): void {}
  onStep(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** A change that the chip's comparators see at once. */
  step(change: () => void): void {
    this.uvSeconds = this.shuntUvSeconds();
    this.sinceUs = this.clock.nowUs;
    change();
    for (const listener of this.listeners) listener();
  }
}
