/**
 * What observations teach (S13). Charge and current offset are estimated together, as a Kalman filter of two states: an
 * offset that was wrong for two days has put the charge wrong by its share, so that one look at a known charge corrects
 * both, each as far as it was uncertain.
 */
import { Anchor, Estimator } from './estimate-state';
import { Pack } from './pack';

/** After a whole capacity has flowed, gain and efficiency leave 0.5 % of it uncertain: assumption. */
const FLOW_VARIANCE = 0.005 * 0.005;
/** The offset wanders some 10 mA in a day: assumption. */
const OFFSET_DRIFT = (10 * 10) / 86400;
/** Mean current of a window without current: quantisation and dead band of the counter, mA. */
const ZERO_DOUBT_MA = 10;
/** An observation beyond so many standard errors puts the charge right and teaches nothing. */
const GROSS = 3;
/** The offset as a whole, and its change by one observation of the charge, mA (algorithms.md 4.2). */
const OFFSET_LIMIT_MA = 1000;
const OFFSET_STEP_MA = 200;
/** A capacity that is wrong by 3 % looks like an offset between two different charges, but not between two equal ones. */
const CAPACITY_DOUBT = 0.03;
/** FCC: distance between the ends, permitted change, share taken over, doubt of the offset's part (algorithms.md 4.2). */
const LEARN_SHARE = 0.8;
const LEARN_CHANGE = 0.2;
const LEARN_WEIGHT = 0.25;
const LEARN_DOUBT = 0.03;
/** A cold cell hides charge: no capacity is learned below, 0.1 degrees C. */
const LEARN_DECI_C = 100;
/** FCC stays within these shares of the design capacity: assumption. */
const FCC_LEAST = 0.5;
const FCC_MOST = 1.2;

function limited(value: number, most: number): number {
  return Math.min(Math.max(value, -most), most);
}

/** Time has passed: the doubt of the offset has become doubt of the charge. */
export function age(est: Estimator, pack: Readonly<Pack>): void {
  const dtS = est.flowS;
  est.varCharge += (est.varOffset * dtS - 2 * est.cov) * dtS + FLOW_VARIANCE * pack.fullMas * est.flowMas;
  est.cov -= est.varOffset * dtS;
  est.varOffset += OFFSET_DRIFT * dtS;
  est.flowMas = 0;
  est.flowS = 0;
}

function moveOffset(est: Estimator, ma: number): void {
  est.offsetMa = limited(est.offsetMa + ma, OFFSET_LIMIT_MA);
}

/** The charge was seen: `mas` with standard error `doubtMas`. At an end (`whole`) it is taken over as it is. */
export function observe(est: Estimator, pack: Readonly<Pack>, mas: number, doubtMas: number, whole: boolean): void {
  age(est, pack);
  const noise = doubtMas * doubtMas;
  const miss = mas - est.chargeMas;
  const gross = miss * miss > GROSS * GROSS * (est.varCharge + noise);
  if (gross) est.varCharge = miss * miss;
  const total = est.varCharge + noise;
  const reach = CAPACITY_DOUBT * (mas - est.referenceMas);
  const forCharge = whole ? 1 : est.varCharge / total;
  const forOffset = gross ? 0 : est.cov / (total + reach * reach);
  est.chargeMas += forCharge * miss;
  est.referenceMas += forCharge * (mas - est.referenceMas);
  moveOffset(est, limited(forOffset * miss, OFFSET_STEP_MA));
  est.varOffset += (forOffset * total - 2 * est.cov) * forOffset;
  est.cov = gross ? 0 : (1 - forCharge) * (est.cov - forOffset * est.varCharge) + forCharge * forOffset * noise;
  est.varCharge = (1 - forCharge) * (1 - forCharge) * est.varCharge + forCharge * forCharge * noise;
}

/** No current can flow and the shunt reads `ma`: that is the offset, and what it has done to the charge. */
export function observeZero(est: Estimator, pack: Readonly<Pack>, ma: number): void {
  if (Math.abs(ma) > OFFSET_LIMIT_MA) return;
  age(est, pack);
  const miss = ma - est.offsetMa;
  const total = est.varOffset + ZERO_DOUBT_MA * ZERO_DOUBT_MA;
  const forCharge = est.cov / total;
  const forOffset = est.varOffset / total;
  est.chargeMas += forCharge * miss;
  moveOffset(est, forOffset * miss);
  est.varCharge -= forCharge * est.cov;
  est.cov -= forOffset * est.cov;
  est.varOffset -= forOffset * est.varOffset;
}

/** From one end to the other: the charge between them is the full capacity, if it was counted surely and warm. */
function learnCapacity(est: Estimator, pack: Pack, coldDeciC: number): void {
  const old = pack.fullMas;
  const seen = Math.abs(est.sinceMas);
  const doubt = Math.sqrt(est.varOffset) * est.sinceS;
  if (seen < LEARN_SHARE * old || Math.abs(seen - old) > LEARN_CHANGE * old) return;
  if (doubt > LEARN_DOUBT * old || coldDeciC < LEARN_DECI_C) return;
  const learned = old + LEARN_WEIGHT * (seen - old);
  pack.fullMas = Math.round(Math.min(Math.max(learned, FCC_LEAST * pack.designMas), FCC_MOST * pack.designMas));
}

/** While the pack looks full, that is what is shown. */
export function showFull(est: Estimator, pack: Pack): void {
  pack.remainingMas = pack.fullMas;
  pack.sinceFullS = 0;
  est.full = true;
  est.empty = false;
}

/** While the pack looks empty the charge stays there, whatever is counted. */
export function stayEmpty(est: Estimator, pack: Pack): void {
  est.chargeMas = 0;
  pack.remainingMas = 0;
  est.full = false;
  est.empty = true;
  est.sinceMas = 0;
  est.sinceS = 0;
}

/**
 * The pack was full or is empty, with a standard error as a share of the capacity. `sure`: also for the capacity; else
 * (an under-voltage under load) only for the charge.
 */
export function takeEnd(
  est: Estimator,
  pack: Pack,
  end: Anchor,
  share: number,
  sure: boolean,
  coldDeciC: number,
): void {
  if (sure && est.anchor !== Anchor.None && est.anchor !== end) learnCapacity(est, pack, coldDeciC);
  observe(est, pack, end === Anchor.Full ? pack.fullMas : 0, share * pack.fullMas, true);
  est.anchor = sure ? end : Anchor.None;
  stayEmpty(est, pack);
  if (end === Anchor.Empty) return;
  est.chargeMas = pack.fullMas;
  showFull(est, pack);
}
