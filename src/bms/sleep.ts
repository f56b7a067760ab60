/**
 * Power states of the whole BMS (S28). Pure: the sample, key levels and time come in, wishes go out. Sleeping
 * opens both paths and darkens the LEDs; it never closes anything.
 */
import { IDLE_MA } from './fets';
import { createKeys, isPressed, Key, Keys, stepKeys, Wish } from './keys';
import { Pack } from './pack';
import { P } from './params';
import { Protection } from './rules';

export const enum PowerState {
  Awake,
  /** Awake in the dark for a while, to see whether a charger comes to an empty pack. */
  Look,
  /** Both paths open, LEDs dark, a sample each `DOZE_MS`. */
  Asleep,
  /** As asleep, and the board switches itself off if it can. Only a charger or a key ends it. */
  Deep,
}

/** Why the state changed last. */
export const enum PowerCause {
  Start,
  LowCell,
  UnderVoltage,
  Key,
  Host,
  /** Ten looks in vain. */
  NoCharger,
  /** A cell is nearly empty, or the AFE has switched itself off over an empty pack. */
  DeepDischarge,
  Charger,
  Traffic,
  Timer,
  /** The under-voltage is over. */
  Recovered,
}

/** Time between samples while asleep: below the AFE's host watchdog (10 s) and the controller's (5 s). */
export const DOZE_MS = 2000;
/** Full ticks after falling asleep: the paths open in the next one, and the AFE is seen to follow. */
const FALL_MS = 1000;
const MS_PER_MINUTE = 60000;
/** S28: time after an under-voltage protection; time between looks for a charger, and their number. */
const UNDER_VOLTAGE_MS = 30000;
const LOOK_EVERY_MS = 14400000;
const LOOKS = 10;
/** A look lasts as long as the way into sleep: assumption. */
const LOOK_MS = 30000;
/** Above the AFE's self-shutdown (2000 mV), below the protection (2500 mV): assumption. Held for a minute. */
const DEEP_MV = 2300;
const DEEP_MS = 60000;
/** An AFE that is silent for so long over a pack last seen empty has switched itself off: assumption. */
const SILENT_MS = 600000;
/** A terminal so far above the stack can charge it; anything lower may be a capacitor or a pack beside us. */
const SOURCE_DELTA_MV = 500;
/** Sent to sleep by key or host: a line that never stops talking does not wake it, only one that begins again. */
const PAUSE_MS = 10000;
const UVP = Protection.CellUvp | Protection.PackUvp;

/** What the app knows since the last step. `stepPower` clears the events. */
export interface PowerInputs {
  /** Levels, debounced: true while pressed. */
  powerKey: boolean;
  rstKey: boolean;
  /** Events: a host asks for sleep; bytes came on RS232; any port has talked. */
  hostSleep: boolean;
  rs232: boolean;
  traffic: boolean;
  balancing: boolean;
}

export interface Power {
  state: PowerState;
  cause: PowerCause;
  sinceMs: number;
  /** Both paths are to be open and the LEDs dark. */
  asleep: boolean;
  /** LEDs dark: asleep, or looking for a charger. */
  dark: boolean;
  /** Looks for a charger in vain since the last charger or key. */
  looks: number;
  /** Since when: nothing to do, under-voltage without charger, a nearly empty cell, no sample; -1 = not. */
  quietMs: number;
  uvMs: number;
  emptyMs: number;
  silentMs: number;
  /** Last bytes on RS232. */
  heardMs: number;
  steppedMs: number;
  keys: Keys;
}

export function createPowerInputs(): PowerInputs {
  return { powerKey: false, rstKey: false, hostSleep: false, rs232: false, traffic: false, balancing: false };
}

export function createPower(): Power {
  return {
    state: PowerState.Awake,
    cause: PowerCause.Start,
    sinceMs: 0,
    asleep: false,
    dark: false,
    looks: 0,
    quietMs: -1,
    uvMs: -1,
    emptyMs: -1,
    silentMs: -1,
    heardMs: -PAUSE_MS,
    steppedMs: 0,
    keys: createKeys(),
  };
}

function enter(power: Power, state: PowerState, cause: PowerCause, nowMs: number): void {
  power.state = state;
  power.cause = cause;
  power.sinceMs = nowMs;
  power.asleep = state >= PowerState.Asleep;
  power.dark = state !== PowerState.Awake;
  power.quietMs = -1;
  power.uvMs = -1;
}

/** S20. The Power key of a pack with a charger switches nothing off. */
function onKeys(power: Power, inputs: Readonly<PowerInputs>, charger: boolean, nowMs: number): void {
  const wish = stepKeys(power.keys, inputs.powerKey, inputs.rstKey, power.dark, nowMs);
  if (wish === Wish.Wake) {
    power.looks = 0;
    enter(power, PowerState.Awake, PowerCause.Key, nowMs);
  } else if (wish === Wish.Off && !charger) enter(power, PowerState.Asleep, PowerCause.Key, nowMs);
}

/** Something at the terminals that can charge the stack. */
function hasSource(pack: Readonly<Pack>): boolean {
  return pack.sampleOk && (pack.currentMa > IDLE_MA || pack.terminalMv > pack.stackMv + SOURCE_DELTA_MV);
}

/** Awake: the two ways into sleep that nobody asks for. A missing sample neither starts nor ends a wait, a fault does. */
function awake(power: Power, pack: Readonly<Pack>, inputs: Readonly<PowerInputs>, p: Int32Array, nowMs: number): void {
  const trouble = pack.protections !== 0 || pack.faults !== 0;
  const uvp = (pack.protections & UVP) !== 0;
  const busy = trouble || inputs.traffic || inputs.rs232 || inputs.balancing;
  if (busy) power.quietMs = -1;
  if (!pack.sampleOk) return;
  const current = Math.abs(pack.currentMa) > IDLE_MA;
  if (!uvp) power.looks = 0;
  if (pack.chargerPresent || !uvp) power.uvMs = -1;
  else if (power.uvMs < 0) power.uvMs = nowMs;
  if (pack.chargerPresent || current || pack.minMv >= p[P.SleepMv]) power.quietMs = -1;
  else if (power.quietMs < 0 && !busy) power.quietMs = nowMs;
  if (power.uvMs >= 0 && nowMs - power.uvMs >= UNDER_VOLTAGE_MS)
    enter(power, PowerState.Asleep, PowerCause.UnderVoltage, nowMs);
  else if (power.quietMs >= 0 && nowMs - power.quietMs >= p[P.SleepDelay] * MS_PER_MINUTE)
    enter(power, PowerState.Asleep, PowerCause.LowCell, nowMs);
}

/** A look: the paths do what the protections allow, which is charging. */
function look(power: Power, pack: Readonly<Pack>, inputs: Readonly<PowerInputs>, nowMs: number): void {
  if (hasSource(pack)) {
    power.looks = 0;
    enter(power, PowerState.Awake, PowerCause.Charger, nowMs);
  } else if (inputs.rs232) enter(power, PowerState.Awake, PowerCause.Traffic, nowMs);
  else if (pack.sampleOk && (pack.protections & UVP) === 0) enter(power, PowerState.Awake, PowerCause.Recovered, nowMs);
  else if (nowMs - power.sinceMs >= LOOK_MS) {
    power.looks++;
    if (power.looks >= LOOKS) enter(power, PowerState.Deep, PowerCause.NoCharger, nowMs);
    else enter(power, PowerState.Asleep, PowerCause.UnderVoltage, nowMs);
  }
}

/** Asleep or deep: what wakes. */
function sleeping(power: Power, pack: Readonly<Pack>, inputs: Readonly<PowerInputs>, nowMs: number): void {
  const asked = power.cause === PowerCause.Key || power.cause === PowerCause.Host;
  if (hasSource(pack)) {
    power.looks = 0;
    enter(power, PowerState.Awake, PowerCause.Charger, nowMs);
  } else if (power.state === PowerState.Deep) return;
  else if (inputs.rs232 && (!asked || nowMs - power.heardMs >= PAUSE_MS))
    enter(power, PowerState.Awake, PowerCause.Traffic, nowMs);
  else if (power.cause === PowerCause.UnderVoltage && nowMs - power.sinceMs >= LOOK_EVERY_MS)
    enter(power, PowerState.Look, PowerCause.Timer, nowMs);
}

/** Self-protection of a nearly empty pack, whatever keeps it from sleeping otherwise. */
function spare(power: Power, pack: Readonly<Pack>, nowMs: number): void {
  if (power.state === PowerState.Deep) return;
  const empty = pack.sampleOk && power.state === PowerState.Asleep && pack.minMv < DEEP_MV;
  if (!empty) power.emptyMs = -1;
  else if (power.emptyMs < 0) power.emptyMs = nowMs;
  const silent = !pack.sampleOk && (pack.protections & UVP) !== 0;
  if (!silent) power.silentMs = -1;
  else if (power.silentMs < 0) power.silentMs = nowMs;
  if ((empty && nowMs - power.emptyMs >= DEEP_MS) || (silent && nowMs - power.silentMs >= SILENT_MS))
    enter(power, PowerState.Deep, PowerCause.DeepDischarge, nowMs);
}

/** One step after `decide`; the charger that keeps a pack awake is `decide`'s, which also sees one at open paths. */
export function stepPower(power: Power, pack: Readonly<Pack>, inputs: PowerInputs, p: Int32Array, nowMs: number): void {
  power.steppedMs = nowMs;
  onKeys(power, inputs, pack.chargerPresent, nowMs);
  if (inputs.hostSleep && !pack.chargerPresent && !power.asleep)
    enter(power, PowerState.Asleep, PowerCause.Host, nowMs);
  else if (power.state === PowerState.Awake) awake(power, pack, inputs, p, nowMs);
  else if (power.state === PowerState.Look) look(power, pack, inputs, nowMs);
  else sleeping(power, pack, inputs, nowMs);
  spare(power, pack, nowMs);
  if (inputs.rs232) power.heardMs = nowMs;
  inputs.rs232 = false;
  inputs.traffic = false;
  inputs.hostSleep = false;
}

/** True while this tick may be left out: asleep, nothing has happened, the next sample is not due. */
export function isDozing(power: Readonly<Power>, inputs: Readonly<PowerInputs>, nowMs: number): boolean {
  return (
    power.asleep &&
    !inputs.rs232 &&
    inputs.powerKey === isPressed(power.keys, Key.Power) && // a stuck key does not keep the pack from dozing
    inputs.rstKey === isPressed(power.keys, Key.Rst) &&
    !inputs.hostSleep &&
    nowMs - power.sinceMs > FALL_MS &&
    nowMs - power.steppedMs < DOZE_MS
  );
}

/** Opens both paths of a sleeping pack. */
export function rest(power: Readonly<Power>, pack: Pack): void {
  if (!power.asleep) return;
  pack.chgAllowed = false;
  pack.dsgAllowed = false;
  pack.chgOn = false;
  pack.dsgOn = false;
}
