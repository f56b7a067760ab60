/** FET drivers of the simulated BQ76952: who may switch on, body-diode protection, pre-discharge, precharge, test mode. */
import type { Alarm } from './bq76952-alarm';
import type { Measure } from './bq76952-measure';
import type { ChipState } from './bq76952-state';

/** FET Options, 0x9308. */
const FET_INIT_OFF = 0x20;
const PDSG_EN = 0x10;
const FET_CTRL_EN = 0x08;
const HOST_FET_EN = 0x04;
const SLEEPCHG = 0x02;
const SFET = 0x01;
/** Host off bits and FET_CONTROL, 0x0097. */
export const DSG_OFF = 1;
export const PDSG_OFF = 2;
export const CHG_OFF = 4;
export const PCHG_OFF = 8;
const PF_FETS = 0x0002;
/** The current has to be seen by a CC2 conversion before the chip turns on the FET in parallel with a loaded diode, µs. */
const DIODE_US = 3000;

type PreDischarge = 'off' | 'running' | 'done';

export class Fets {
  private chgDiode = false;
  private dsgDiode = false;
  private diodeEvent = 0;
  private pre: PreDischarge = 'off';
  private preEvent = 0;
  private driving = false;
  private again = false;
  /** Safety Status A as the slow path knows it, for FET masks without immediate action. */
  private slowStatusA = 0;
  private shuntUv = 0;

  constructor(
    private readonly chip: ChipState,
    private readonly measure: Measure,
    private readonly alarm: Alarm,
  ) {}

  /** Measuring begins: host bits take their initial state (decided: at power-up and whenever CONFIG_UPDATE is left). */
  start(): void {
    this.chip.hostOff = this.chip.settings.fetOptions & FET_INIT_OFF ? 0x0f : 0;
    this.update();
  }

  /** Gates down at once: CONFIG_UPDATE, power-down, reset. */
  allOff(): void {
    this.chip.testBits = 0;
    this.chgDiode = this.dsgDiode = false;
    this.stopPreDischarge();
    if (this.diodeEvent !== 0) this.chip.clock.cancel(this.diodeEvent);
    this.diodeEvent = 0;
    this.slowStatusA = 0;
    this.drive(false, false, false, false);
  }

  /** Host force-off bits; ignored when FET Options does not let the host. */
  host(set: number, clear: number): void {
    if ((this.chip.settings.fetOptions & HOST_FET_EN) === 0) return;
    this.chip.hostOff = (this.chip.hostOff & ~clear) | set;
    this.update();
  }

  toggleEnable(): void {
    this.chip.fetEn = !this.chip.fetEn;
    this.chip.testBits = 0;
    this.update();
  }

  toggleTest(bit: number): void {
    if (this.chip.fetEn) return;
    this.chip.testBits ^= bit;
    this.update();
  }

  /** The shunt voltage stepped: a diode that carries current gets its FET after the next conversion. */
  onStep(shuntUv: number): void {
    this.shuntUv = shuntUv;
    if (this.diodeEvent !== 0 || (this.chip.settings.fetOptions & SFET) === 0 || !this.chip.fetEn) return;
    const ma = this.chip.settings.milliamps(shuntUv);
    const limit = this.chip.settings.bodyDiodeMa;
    const wanted =
      (!this.chip.chg && (this.chip.dsg || this.chip.pdsg) && -ma > limit) ||
      (!this.chip.dsg && (this.chip.chg || this.chip.pchg) && ma > limit);
    if (!wanted) return;
    this.diodeEvent = this.chip.clock.at(this.chip.clock.nowUs + DIODE_US, () => {
      this.diodeEvent = 0;
      this.shuntUv = this.chip.world.shuntUv();
      this.update();
    });
  }

  /** Every 250 ms: pins, end of pre-discharge, precharge, and masks without immediate action. */
  tick(shuntUv: number): void {
    this.shuntUv = shuntUv;
    const { chip } = this;
    this.slowStatusA = chip.status[0]!;
    if (this.pre === 'running') {
      const deltaMv = chip.memory.u8(0x930f) * 10;
      if (chip.world.ldPinMv() >= chip.world.stackMv() - deltaMv) this.finishPreDischarge();
    }
    const startMv = chip.memory.i16(0x930a);
    if (startMv <= 0) chip.pchgMode = false;
    else if (this.measure.liveMin < startMv) chip.pchgMode = true;
    else if (this.measure.liveMin >= chip.memory.i16(0x930c)) chip.pchgMode = false;
    this.update();
  }

  /** Works out the gates from the state and drives them. */
  update(): void {
    if (this.driving) {
      this.again = true; // the surroundings answered a gate change with a step that changes the decision
      return;
    }
    this.driving = true;
    do {
      this.again = false;
      this.decide();
    } while (this.again);
    this.driving = false;
  }

  private decide(): void {
    const { chip } = this;
    if (!chip.running || chip.shuttingDown) {
      this.drive(false, false, false, false);
      return;
    }
    if (!chip.fetEn) {
      const test = chip.testBits;
      this.stopPreDischarge();
      this.drive((test & 2) !== 0, (test & 4) !== 0, (test & 1) !== 0, (test & 0x20) !== 0);
      return;
    }
    const off = chip.hostOff | this.pinsOff();
    const options = chip.settings.fetOptions;
    const allowed = (options & FET_CTRL_EN) !== 0 && !(chip.pfActive && (chip.memory.u16(0x925f) & PF_FETS) !== 0);
    const mayCharge =
      allowed && this.unmasked(0x9265, 0x98, 0x18) && (chip.mode !== 'sleep' || (options & SLEEPCHG) !== 0);
    const mayDischarge = allowed && this.unmasked(0x9269, 0x80, 0xe4);
    const chgBase = mayCharge && !chip.pchgMode && (off & CHG_OFF) === 0;
    const pchg = mayCharge && chip.pchgMode && (off & PCHG_OFF) === 0;
    const dsgBase = this.preDischarge(mayDischarge && (off & DSG_OFF) === 0);
    const pdsg = this.pre === 'running' && (off & PDSG_OFF) === 0;
    this.diodes(chgBase, dsgBase, pchg, pdsg);
    this.drive(chgBase || this.chgDiode, dsgBase || this.dsgDiode, pchg, pdsg);
  }

  /** No fault that the FET's masks name. Mask A acts at once only with the two values of the manual, else with the next 250 ms. */
  private unmasked(maskAddress: number, immediate1: number, immediate2: number): boolean {
    const { memory, status } = this.chip;
    const maskA = memory.u8(maskAddress);
    const statusA = maskA === immediate1 || maskA === immediate2 ? status[0]! : this.slowStatusA;
    const bc = (status[1]! & memory.u8(maskAddress + 1)) | (status[2]! & memory.u8(maskAddress + 2));
    return ((statusA & maskA) | bc) === 0;
  }

  private diodes(chg: boolean, dsg: boolean, pchg: boolean, pdsg: boolean): void {
    const { settings } = this.chip;
    const series = (settings.fetOptions & SFET) !== 0;
    const ma = series ? settings.milliamps(this.shuntUv) : 0;
    this.chgDiode = series && !chg && (dsg || pdsg) && -ma > settings.bodyDiodeMa;
    this.dsgDiode = series && !dsg && (chg || pchg) && ma > settings.bodyDiodeMa;
  }

  /** DSG through its pre-discharge. Answers whether DSG itself may be on. */
  private preDischarge(wanted: boolean): boolean {
    if (!wanted) {
      this.stopPreDischarge();
      return false;
    }
    if (this.pre === 'off') {
      if ((this.chip.settings.fetOptions & PDSG_EN) === 0) this.pre = 'done';
      else {
        this.pre = 'running';
        const timeoutUs = this.chip.memory.u8(0x930e) * 10000;
        if (timeoutUs > 0) {
          this.preEvent = this.chip.clock.at(this.chip.clock.nowUs + timeoutUs, () => {
            this.finishPreDischarge();
            this.update();
          });
        }
      }
    }
    return this.pre === 'done';
  }

  private finishPreDischarge(): void {
    this.stopPreDischarge();
    this.pre = 'done';
  }

  private stopPreDischarge(): void {
    if (this.preEvent !== 0) this.chip.clock.cancel(this.preEvent);
    this.preEvent = 0;
    this.pre = 'off';
  }

  /** CFETOFF and DFETOFF pins, where they are configured as such (PIN_FXN 2; OPT5 active low, OPT4 of DFETOFF = BOTHOFF). */
  private pinsOff(): number {
    const { memory, world } = this.chip;
    const cfetoff = memory.u8(0x92fa);
    const dfetoff = memory.u8(0x92fb);
    let off = 0;
    if ((cfetoff & 3) === 2 && world.pinLevel('CFETOFF') !== ((cfetoff & 0x80) !== 0)) off |= CHG_OFF | PCHG_OFF;
    if ((dfetoff & 3) === 2 && world.pinLevel('DFETOFF') !== ((dfetoff & 0x80) !== 0))
      off |= dfetoff & 0x40 ? 0x0f : DSG_OFF | PDSG_OFF;
    return off;
  }

  private drive(chg: boolean, dsg: boolean, pchg: boolean, pdsg: boolean): void {
    const { chip } = this;
    if (chg === chip.chg && dsg === chip.dsg && pchg === chip.pchg && pdsg === chip.pdsg) return;
    chip.chg = chg;
    chip.dsg = dsg;
    chip.pchg = pchg;
    chip.pdsg = pdsg;
    chip.world.setFets(chg, dsg, pchg, pdsg);
    this.alarm.update();
  }
}
