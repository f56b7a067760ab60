/**
 * The 125 A breaker between BMS output and + terminal (S10): its state, and an estimate of its heat. Information and
 * alarms only: no path closes, and none stays closed, because of what is believed about the breaker (S14).
 */
import { InPin } from '../hal/pin';
import { AfeTrip, Pack } from './pack';
import { P } from './params';

export const enum BreakerState {
  Unknown,
  Closed,
  Open,
  Tripped,
}

/** Bits of `Breaker.alarms`. */
export const enum BreakerAlarm {
  /** The bimetal is on its way to a trip. */
  Hot = 1,
  Open = 2,
  Tripped = 4,
  /** The auxiliary contact contradicts current or voltages. */
  Contact = 8,
}

const RATED_MA = 125000;
const CURRENT_TRIPS = AfeTrip.ShortCircuit | AfeTrip.DsgOverCurrent | AfeTrip.ChgOverCurrent;
/** Evidence is weighed once a second and counts after two (hardware.md 5.2). */
const STEP_MS = 1000;
const DEBOUNCE_MS = 2000;
/** An over-current at most so long before the break makes it a trip: 2 s, and the step in which it was seen. */
const TRIP_MS = DEBOUNCE_MS + STEP_MS;
/** Without a good sample for so long the voltages say nothing any more. */
const STALE_MS = 3000;
/** A current that certainly flows, and the voltages that tell a live node from a dead one (hardware.md 5.2). */
const FLOW_MA = 500;
const LIVE_MV = 10000;
const DEAD_MV = 2000;
const APART_MV = 1000;
const EQUAL_MV = 500;
/** Over a closed auxiliary contact without current. */
const CONTACT_MV = 2000;
/**
 * Heating as algorithms.md 4.8, with the time constant that lets 2.55 times the rated current trip within the two
 * minutes of the standard curve; a trip needs 1690 permille. Warned far below: a hot cabinet trips it early.
 */
const TAU_MS = 360000;
const HOT_PERMILLE = 1050;
const COOL_PERMILLE = 950;

export interface Breaker {
  /** Auxiliary contact, to ground while the breaker is closed: a broken wire looks open. Null on a board without a pin. */
  contact: InPin | null;
  /** A contact is connected there (P.BreakerContact). */
  fitted: boolean;
  state: BreakerState;
  /** Bits of BreakerAlarm. */
  alarms: number;
  /** Heat of the bimetal: 1000 = that of the rated current for ever. After a start it is taken as warm (S14). */
  heatPermille: number;
  /** When the evidence is weighed next, and what it has said since when. */
  dueMs: number;
  seen: BreakerState;
  seenMs: number;
  /** Last time of a current above the rated one, or of an AFE trip by current; -1 = none. */
  strongMs: number;
  /** Last good sample and its current. */
  sampleMs: number;
  ma: number;
  /** The terminal was dead when the path opened last, and at the last step behind a live output. */
  deadPathsOpen: boolean;
  deadBehindLive: boolean;
}

export function createBreaker(contact: InPin | null): Breaker {
  return {
    contact: contact,
    fitted: false,
    state: BreakerState.Unknown,
    alarms: 0,
    heatPermille: 1000,
    dueMs: 0,
    seen: BreakerState.Unknown,
    seenMs: 0,
    strongMs: -1,
    sampleMs: -1,
    ma: 0,
    deadPathsOpen: false,
    deadBehindLive: false,
  };
}

/** Heat since the last good sample: the mean of the squares of both currents, as first-order lag. */
function warm(b: Breaker, ma: number, nowMs: number): void {
  if (b.sampleMs >= 0) {
    const load = ((ma * ma + b.ma * b.ma) * 500) / RATED_MA / RATED_MA;
    b.heatPermille += (load - b.heatPermille) * (1 - Math.exp((b.sampleMs - nowMs) / TAU_MS));
  }
  b.sampleMs = nowMs;
  b.ma = ma;
}

/** What voltages and current say now; the last state where they say nothing new. */
function weigh(b: Breaker, pack: Readonly<Pack>): BreakerState {
  const outMv = pack.packMv;
  const endMv = pack.terminalMv;
  const apart = Math.abs(outMv - endMv);
  const wasBehind = b.deadBehindLive;
  b.deadBehindLive = pack.dsgFetOn && endMv < LIVE_MV;
  if (Math.abs(pack.currentMa) > FLOW_MA) return BreakerState.Closed;
  if (pack.preDischarge) return b.seen;
  if (pack.dsgFetOn) {
    // the discharge bank connects the output to the stack
    if (apart > EQUAL_MV && apart <= APART_MV) return b.seen;
    const wasDead = b.deadPathsOpen;
    b.deadPathsOpen = false;
    if (apart > APART_MV) return BreakerState.Open;
    if (wasDead) return BreakerState.Closed; // our own switching brought the voltage there
    if (wasBehind) return BreakerState.Unknown; // closed by hand, or another pack of the same voltage
    return b.seen;
  }
  if (outMv < DEAD_MV && endMv > LIVE_MV) return BreakerState.Open;
  if (endMv > LIVE_MV && apart < EQUAL_MV) return BreakerState.Closed;
  return endMv < LIVE_MV && b.seen !== BreakerState.Tripped ? BreakerState.Unknown : b.seen;
}

/** The contact decides; what flows or stands against it makes it doubtful. */
function weighContact(contact: InPin, pack: Readonly<Pack>): BreakerState {
  const closed = !contact.read();
  let doubt = false;
  if (pack.sampleOk) {
    const flows = Math.abs(pack.currentMa) > FLOW_MA;
    const apart = Math.abs(pack.packMv - pack.terminalMv) > CONTACT_MV;
    doubt = closed ? pack.dsgFetOn && apart && !flows : flows;
  }
  if (doubt) return BreakerState.Unknown;
  return closed ? BreakerState.Closed : BreakerState.Open;
}

/** Takes over what has been seen for the debounce time. A break right after an over-current is a trip. */
function settle(b: Breaker, seen: BreakerState, nowMs: number): void {
  if (seen === BreakerState.Open && (b.seen === BreakerState.Open || b.seen === BreakerState.Tripped)) seen = b.seen;
  else if (seen === BreakerState.Open && b.strongMs >= 0 && nowMs - b.strongMs <= TRIP_MS) seen = BreakerState.Tripped;
  if (seen !== b.seen) {
    b.seen = seen;
    b.seenMs = nowMs;
  }
  if (nowMs - b.seenMs >= DEBOUNCE_MS) b.state = seen;
}

function alarmsOf(b: Breaker): number {
  const limit = (b.alarms & BreakerAlarm.Hot) !== 0 ? COOL_PERMILLE : HOT_PERMILLE;
  let alarms = b.heatPermille > limit ? BreakerAlarm.Hot : 0;
  if (b.state === BreakerState.Open) alarms |= BreakerAlarm.Open;
  if (b.state === BreakerState.Tripped) alarms |= BreakerAlarm.Tripped;
  if (b.fitted && b.state === BreakerState.Unknown && b.seen === b.state) alarms |= BreakerAlarm.Contact;
  return alarms;
}

/** Remembers a current that may trip the breaker. Without a contact an AFE trip explains by itself why current stops. */
function noteStrong(b: Breaker, pack: Readonly<Pack>, nowMs: number): void {
  const chip = (pack.afeTrips & CURRENT_TRIPS) !== 0;
  if (Math.abs(pack.currentMa) > RATED_MA || (chip && b.fitted)) b.strongMs = nowMs;
  else if (chip) b.strongMs = -1;
}

/** One step, called at any rate: a strong current is noted at once, the rest happens once a second. */
export function watchBreaker(b: Breaker, pack: Readonly<Pack>, p: Int32Array, nowMs: number): void {
  if (pack.sampleOk && (pack.afeTrips !== 0 || Math.abs(pack.currentMa) > RATED_MA)) noteStrong(b, pack, nowMs);
  if (pack.sampleOk && !pack.dsgFetOn && !pack.preDischarge) b.deadPathsOpen = pack.terminalMv < LIVE_MV;
  if (nowMs < b.dueMs) return;
  b.dueMs = nowMs + STEP_MS;
  if (pack.sampleOk) warm(b, pack.currentMa, nowMs);
  b.fitted = b.contact !== null && p[P.BreakerContact] !== 0;
  if (b.contact !== null && b.fitted) settle(b, weighContact(b.contact, pack), nowMs);
  else if (pack.sampleOk) settle(b, weigh(b, pack), nowMs);
  else if (nowMs - b.sampleMs > STALE_MS) settle(b, BreakerState.Unknown, nowMs);
  b.alarms = alarmsOf(b);
}
