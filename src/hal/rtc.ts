/** Wall-clock time: seconds since the start of 2000, local time without zone or summer time, 2000 to 2067. */

/** A clock that goes on without the controller. */
export interface Rtc {
  /** Seconds since 2000, or -1 when the clock is missing or has lost the time. */
  read(): number;
  /** Sets the clock. False when it did not take the time. */
  set(seconds: number): boolean;
}

const DAY_S = 86400;
/** From 2000 on every fourth year has 366 days, up to 2099. */
const FOUR_YEARS = 1461;

/** Days of the months before this one (1..12); `leap` is 1 in a leap year. */
function daysBefore(month: number, leap: number): number {
  if (month < 3) return (month - 1) * 31;
  return Math.floor((month * 306 - 914) / 10) + 59 + leap;
}

/** Seconds since 2000 of year (0..67), month (1..12), day, hour, minute, second; -1 when no clock shows that. */
export function toSeconds(date: ArrayLike<number>): number {
  const year = date[0];
  const month = date[1];
  const leap = year % 4 === 0 ? 1 : 0;
  if (!(year < 68 && month >= 1 && month < 13 && date[3] < 24 && date[4] < 60 && date[5] < 60)) return -1;
  const before = daysBefore(month, leap);
  const days = (month === 12 ? 365 + leap : daysBefore(month + 1, leap)) - before;
  if (!(date[2] >= 1 && date[2] <= days)) return -1;
  const day = year * 365 + ((year + 3) >> 2) + before + date[2] - 1;
  return day * DAY_S + date[3] * 3600 + date[4] * 60 + date[5];
}

/** Year (0..), month (1..12), day, hour, minute, second of a time: what PACE sends in its six bytes. */
export function fromSeconds(seconds: number): Uint8Array {
  const out = new Uint8Array(6);
  let day = Math.floor(seconds / DAY_S);
  const rest = seconds - day * DAY_S;
  const block = Math.floor(day / FOUR_YEARS);
  day -= block * FOUR_YEARS;
  const inBlock = day < 366 ? 0 : Math.floor((day - 1) / 365);
  if (inBlock > 0) day -= inBlock * 365 + 1;
  const leap = inBlock === 0 ? 1 : 0;
  let month = 1;
  while (month < 12 && day >= daysBefore(month + 1, leap)) month++;
  out[0] = block * 4 + inBlock;
  out[1] = month;
  out[2] = day - daysBefore(month, leap) + 1;
  out[3] = rest / 3600;
  out[4] = (rest / 60) % 60;
  out[5] = rest % 60;
  return out;
}
