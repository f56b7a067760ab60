/** Connects charger and inverter to the pack as the day, or the command line, demands. */
import { dayDemand, secondOfDay } from './day';

/** Default charge voltage: 3.6 V a cell (S2). */
const CHARGE_MV = 57600;
/** Changes below these are not worth a step in the circuit. */
const STEP_AMPS = 0.2;
const STEP_WATTS = 5;
/** The household's inverter rests below the first until the battery is above the second, V: usual settings for 16S LFP. */
const BATTERY_LOW_V = 46;
const BATTERY_BACK_V = 51.2;

/** The bench face of the plant that a household needs. */
export interface Outlets {
  connectCharger(charger: { amps: number; volts: number }): void;
  disconnectCharger(): void;
  connectInverter(inverter: { watts: number }): void;
  setInverterWatts(watts: number): void;
  /** Voltage at the terminals, mV. */
  ldPinMv(): number;
}

export interface HouseholdOptions {
  day: boolean;
  /** Fixed values in place of the day's. */
  chargerAmps: number | undefined;
  loadWatts: number | undefined;
}

export class Household {
  /** What is connected now. */
  chargerAmps = 0;
  loadWatts = -1;
  /** The inverter waits for a fuller battery; it cannot know before it has seen one. */
  private resting = false;
  private seen = false;

  constructor(
    private readonly outlets: Outlets,
    private readonly options: Readonly<HouseholdOptions>,
  ) {}

  /** Brings the circuit to what is demanded at this virtual time. */
  apply(virtualMs: number): void {
    const { day, chargerAmps, loadWatts } = this.options;
    const demand = day ? dayDemand(secondOfDay(virtualMs)) : { chargerAmps: 0, loadWatts: 0 };
    this.charge(chargerAmps ?? demand.chargerAmps);
    if (loadWatts !== undefined) this.load(loadWatts);
    else this.load(this.batteryLow() ? 0 : demand.loadWatts);
  }

  get chargerText(): string {
    const source = this.options.chargerAmps !== undefined ? 'fixed' : 'sun';
    return this.chargerAmps > 0 ? `up to ${this.chargerAmps.toFixed(1)} A (${source})` : 'none';
  }

  get loadText(): string {
    const source = this.options.loadWatts !== undefined ? 'fixed' : 'household';
    if (this.resting) return 'none (inverter waits: battery low)';
    return this.loadWatts > 0 ? `${this.loadWatts.toFixed(0)} W (${source})` : 'none';
  }

  private batteryLow(): boolean {
    if (!this.options.day) return false;
    const volts = this.outlets.ldPinMv() / 1000;
    if (volts > BATTERY_LOW_V) this.seen = true;
    if (this.resting) this.resting = volts < BATTERY_BACK_V;
    else this.resting = this.seen && volts < BATTERY_LOW_V;
    return this.resting;
  }

  private charge(amps: number): void {
    if (amps === this.chargerAmps || (amps > 0 && Math.abs(amps - this.chargerAmps) < STEP_AMPS)) return;
    this.chargerAmps = amps;
    if (amps > 0) this.outlets.connectCharger({ amps, volts: CHARGE_MV / 1000 });
    else this.outlets.disconnectCharger();
  }

  private load(watts: number): void {
    if (this.loadWatts < 0) {
      this.loadWatts = 0;
      if (watts === 0 && !this.options.day) return; // an idle pack has no inverter either
      this.outlets.connectInverter({ watts });
    } else if (Math.abs(watts - this.loadWatts) < STEP_WATTS) return;
    else this.outlets.setInverterWatts(watts);
    this.loadWatts = watts;
  }
}
