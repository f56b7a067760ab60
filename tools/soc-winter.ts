/** Ninety winter days of a house with sun on its roof: what charger and house want from the pack, minute by minute. */
import { seededRandom, type Random } from '../src/hal-mock/random';

export const DAY_S = 86400;
const SUNRISE_H = 8.25;
const SUNSET_H = 16.25;
/** Charger at a clear winter noon, A. */
const NOON_A = 60;

export interface Demand {
  chargerAmps: number;
  /** Where the charger holds the voltage, V; the bench has a usual one. */
  chargerVolts?: number;
  loadWatts: number;
  ambientCelsius: number;
}

/** Share of the sun, day by day: bright days and dull spells of up to twelve days take turns. */
function weather(random: Random, days: number): number[] {
  const sun: number[] = [];
  while (sun.length < days) {
    const bright = 1 + Math.floor(random() * 4);
    for (let i = 0; i < bright; i++) sun.push(0.5 + 0.5 * random());
    const dull = 2 + Math.floor(random() * 11);
    for (let i = 0; i < dull; i++) sun.push(0.08 + 0.3 * random());
  }
  return sun;
}

export class Winter {
  private readonly random: Random;
  private readonly sun: number[];
  private readonly chill: number[];
  private applianceUntilS = 0;
  private applianceW = 0;

  constructor(seed: number, days: number) {
    this.random = seededRandom(seed * 7919);
    this.sun = weather(this.random, days + 1);
    this.chill = this.sun.map(() => 6 * (this.random() - 0.5));
  }

  /** What is wanted at a second of the winter; to be asked minute by minute, in order. */
  at(second: number): Demand {
    const day = Math.floor(second / DAY_S);
    const hour = (second % DAY_S) / 3600;
    const height = Math.sin((Math.PI * (hour - SUNRISE_H)) / (SUNSET_H - SUNRISE_H));
    const up = hour > SUNRISE_H && hour < SUNSET_H;
    const clouds = 0.75 + 0.5 * this.random();
    const chargerAmps = up ? Math.max(0, Math.min(NOON_A, NOON_A * height * this.sun[day]! * clouds)) : 0;
    return { chargerAmps, loadWatts: this.house(second, hour), ambientCelsius: this.cellar(day, hour) };
  }

  private house(second: number, hour: number): number {
    let watts = 90 + (second % 2700 < 900 ? 110 : 0);
    if (hour >= 6.5 && hour < 8) watts += 250;
    if (hour >= 17 && hour < 22.5) watts += 300;
    if (second >= this.applianceUntilS) {
      this.applianceW = 0;
      const eager = hour > 6.5 && hour < 22 ? 0.03 : 0.001;
      if (this.random() < eager) {
        this.applianceW = 400 + 2000 * this.random();
        this.applianceUntilS = second + 60 * (2 + Math.floor(18 * this.random()));
      }
    }
    return watts + this.applianceW;
  }

  /** A cellar between some 14 degrees in autumn and 2 in January, with nights, and warm and cold days. */
  private cellar(day: number, hour: number): number {
    const season = 8 + 5 * Math.cos((2 * Math.PI * day) / 90);
    return season + this.chill[day]! + 2 * Math.cos((2 * Math.PI * (hour - 15)) / 24);
  }
}
