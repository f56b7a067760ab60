/** Charger and loads of the random life: what is plugged in for hours, and what comes over it for seconds. */
import type { Load, Plant } from '../src/hal-mock/plant/plant';

export interface Charger {
  amps: number;
  volts: number;
}

/** The inverter rests below the first until the battery is above the second, V: as the household's (`household.ts`). */
const LOW_V = 46;
const BACK_V = 51.2;

export class Outlets {
  /** The inverter stays plugged in for life, but for a `hot plug`. */
  plugged = true;
  watts = 0;
  /** The inverter has a low-battery cut-off; without one it draws until the pack opens. */
  careful = true;
  /** Short changes over what is plugged in. */
  surgeWatts = 0;
  overLoad: Load | null = null;
  overCharger: Charger | null = null;
  /** Pulled out, whatever is wanted. */
  unplugged = false;
  load: Load | null = null;
  charger: Charger | null = null;
  private resting = false;
  /** What the plant has been told. */
  private told = '';

  constructor(private readonly plant: Plant) {
    plant.connectInverter({ watts: 0 });
  }

  /** Brings the plant to what is wanted. */
  apply(): void {
    const { plant } = this;
    const wantedCharger = this.unplugged ? null : (this.overCharger ?? this.charger);
    const wantedLoad = this.overLoad ?? this.load;
    const now = JSON.stringify([wantedCharger, wantedLoad, this.plugged, this.drawn]);
    if (now === this.told) return;
    this.told = now;
    if (wantedCharger === null) plant.disconnectCharger();
    else plant.connectCharger(wantedCharger);
    plant.setLoad(wantedLoad);
    const { inverter } = plant.truth();
    if (this.plugged && inverter === null) plant.connectInverter({ watts: this.drawn });
    else if (this.plugged) plant.setInverterWatts(this.drawn);
    else plant.disconnectInverter();
  }

  /** What an inverter with a low-battery cut-off does; now and then, not in every tick. */
  supervise(): void {
    const volts = this.plant.ldPinMv() / 1000;
    this.resting = this.careful && (this.resting ? volts < BACK_V : volts < LOW_V);
    this.apply();
  }

  private get drawn(): number {
    return this.resting ? 0 : this.watts + this.surgeWatts;
  }

  get chargerText(): string {
    const charger = this.unplugged ? null : (this.overCharger ?? this.charger);
    return charger === null ? 'none' : chargerText(charger);
  }

  get loadText(): string {
    const load = this.overLoad ?? this.load;
    const parts = [
      ...(this.plugged && this.drawn > 0 ? [`inverter ${this.drawn.toFixed(0)} W`] : []),
      ...(load === null ? [] : [loadText(load)]),
    ];
    return parts.length === 0 ? 'none' : parts.join(', ');
  }
}

export function chargerText({ amps, volts }: Charger): string {
  return `${amps.toFixed(0)} A, ${volts.toFixed(1)} V`;
}

export function loadText(load: Load): string {
  if ('amps' in load) return `${load.amps.toFixed(0)} A`;
  return 'watts' in load ? `${load.watts.toFixed(0)} W` : `${load.ohms.toFixed(2)} ohm`;
}
