/** A household day around the pack: sun by day, a family in the evening. Pure functions of the virtual time. */

export const DAY_S = 86400;
/** The simulation starts here: late sun charges the pack; twenty seconds later somebody starts to cook. */
export const START_OF_DAY_S = 16 * 3600 + 59 * 60 + 40;

const SUNRISE_S = 6.5 * 3600;
const SUNSET_S = 18.5 * 3600;
/** Charge current at noon: the recommended 20 A (S2). */
const NOON_AMPS = 20;
/** What always runs: router, standby, the refrigerator's mean without its compressor. */
const BASE_WATTS = 80;
const FRIDGE_WATTS = 110;

/** Appliances: from, until (hours), watts. */
// prettier-ignore
const APPLIANCES: readonly (readonly [number, number, number])[] = [
  [ 6.75,  6.80, 1800], // kettle
  [ 7.00,  7.50,  400], // breakfast
  [12.00, 12.25,  900], // microwave and toaster
  [17.00, 17.50, 1500], // cooking
  [17.50, 22.50,  220], // light, television
  [18.25, 18.30, 1800], // kettle
  [19.00, 20.00,  500], // washing machine
  [20.50, 20.60, 1200], // hair dryer
];

export interface DayDemand {
  chargerAmps: number;
  loadWatts: number;
}

/** What sun and household do at a second of the day (0..86399); later days repeat it. */
export function dayDemand(secondOfDay: number): DayDemand {
  const s = ((secondOfDay % DAY_S) + DAY_S) % DAY_S;
  const height = Math.sin((Math.PI * (s - SUNRISE_S)) / (SUNSET_S - SUNRISE_S));
  const sun = s > SUNRISE_S && s < SUNSET_S ? NOON_AMPS * height : 0;
  const hour = s / 3600;
  let watts = BASE_WATTS + (s % 2400 < 900 ? FRIDGE_WATTS : 0);
  for (const [from, until, power] of APPLIANCES) if (hour >= from && hour < until) watts += power;
  return { chargerAmps: Math.round(sun * 10) / 10, loadWatts: watts };
}

/** Second of the day after a virtual time since start. */
export function secondOfDay(virtualMs: number): number {
  return (START_OF_DAY_S + virtualMs / 1000) % DAY_S;
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}

/** The virtual clock on the wall, as `day 1 16:59:40`. */
export function wallClock(virtualMs: number): string {
  const total = Math.floor(START_OF_DAY_S + virtualMs / 1000);
  const s = total % DAY_S;
  return `day ${Math.floor(total / DAY_S) + 1} ${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}
