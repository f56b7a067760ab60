/**
 * What the BQ76952 is told (hardware.md 2.7; the rows where requirements decide otherwise say so, see ADR 4).
 * Principle: the firmware keeps the manual's limits, the chip's own limits stand just outside and recover earlier.
 */

import { P } from '../bms/params';

/** Codes of one over-current stage: 2 mV over the shunt each; nearest to `ma`, 2..`max`. */
function ocCode(shuntMicroOhm: number, ma: number, max: number): number {
  return Math.min(Math.max(Math.round((ma * shuntMicroOhm) / 2000000), 2), max);
}

/** Code of a comparator's delay: 3.3 ms x (2 + code), nearest to `ms`. */
function delayCode(ms: number): number {
  return Math.min(Math.max(Math.round(ms / 3.3) - 2, 1), 127);
}

/** Threshold of the short-circuit comparator in mV, by code. */
function scdMv(): Uint16Array {
  return new Uint16Array([10, 20, 40, 60, 80, 100, 125, 150, 175, 200, 250, 300, 350, 400, 450, 500]);
}

/** Highest short-circuit code that is not above 400 A. */
function scdCode(shuntMicroOhm: number): number {
  const mv = scdMv();
  let code = 15;
  while (code > 0 && mv[code] > (400 * shuntMicroOhm) / 1000) code--;
  return code;
}

/** The 32 bits of a float, as an integer. */
function floatBits(value: number): number {
  return new Int32Array(new Float32Array([value]).buffer)[0];
}

/**
 * Pairs of (register, value), by rising address. The digit before the address is the size in bytes; a value's low
 * bytes are written as they are, signed or not. `params` are those of `P`; `offsetMa` is subtracted from the current
 * that an ideal shunt would mean, `gainPpm` millionths of the rest are shown and counted. The comparators go by the
 * shunt's nominal value: a gain of 1.001 must not move the short-circuit limit by its next step, 20 % lower.
 */
// prettier-ignore
export function configTable(shuntMicroOhm: number, params: Int32Array, offsetMa: number, gainPpm: number): Int32Array {
  const ideal = 7568.4 / shuntMicroOhm; // mA per count
  const ccGain = ideal * (gainPpm / 1000000);
  return new Int32Array([
    0x491a8, floatBits(ccGain), // CC Gain
    0x491ac, floatBits(ccGain * 298261.6178), // Capacity Gain
    0x291c8, Math.round((offsetMa * 64) / ideal), // Board Offset, counts of 64 conversions
    0x29234, 0x2882, // Power Config: no sleep
    0x19236, 0x0d,   // REG12 Config: REG1 3.3 V, which drives ALERT
    0x19237, 0x01,   // REG0 Config: on
    0x19238, 0x00,   // HWD Regulator Options: regulators stay on
    0x19239, 0x12,   // Comm Type: I2C fast with CRC
    0x2923f, 2000,   // Shutdown Cell Voltage, mV
    0x19243, 10,     // Low V Shutdown Delay, s
    0x2925f, 0x0002, // Protection Configuration: permanent failure opens the FETs
    0x19261, 0xfc,   // Enabled Protections A: SCD OCD2 OCD1 OCC COV CUV
    0x19262, 0xf7,   // B: all temperatures
    0x19263, 0xc2,   // C: OCD3 SCDL HWDF
    0x19265, 0x98,   // CHG FET Protections A: the value for immediate action
    0x19266, 0xd5,   // B
    0x19267, 0x56,   // C
    0x19269, 0xe4,   // DSG FET Protections A: the value for immediate action
    0x1926a, 0xe6,   // B
    0x1926b, 0xe2,   // C
    0x2926d, 0xf800, // Default Alarm Mask: faults
    0x29273, 500,    // Body Diode Threshold, mA
    0x19275, 48,     // CUV Threshold, 50.6 mV: 2.429 V (firmware: 2.5 V)
    0x29276, 301,    // CUV Delay, 3.3 ms x (2 + n): 1.0 s
    0x19278, 75,     // COV Threshold: 3.795 V (firmware: 3.7 V)
    0x29279, 301,    // COV Delay: 1.0 s
    0x1927b, 9,      // CUV Recovery Hysteresis: releases above 2.884 V (firmware: 2.9 V)
    0x1927c, 8,      // COV Recovery Hysteresis: releases below 3.390 V (firmware: 3.38 V)
    0x19280, ocCode(shuntMicroOhm, params[P.ChgOc2], 62), // OCC Threshold, S2: 150 A
    0x19281, delayCode(params[P.ChgOc2Delay]), // OCC Delay, S2: 28, 99 ms
    0x19282, ocCode(shuntMicroOhm, params[P.DsgOc2], 100), // OCD1 Threshold, S5: 150 A
    0x19283, delayCode(params[P.DsgOc2Delay]), // OCD1 Delay, S5: 28, 99 ms
    0x19284, ocCode(shuntMicroOhm, 200000, 100), // OCD2 Threshold: 200 A
    0x19285, 7,      // OCD2 Delay: 30 ms
    0x19286, scdCode(shuntMicroOhm), // SCD Threshold: 400 A
    0x19287, Math.floor(params[P.ScpDelay] / 15) + 1, // SCD Delay, 15 us x (n - 1), S7: 300 us
    0x29288, 200,    // OCC Recovery Threshold, mA: no charge current any more
    0x2928a, -13200, // OCD3 Threshold, 10 mA: 132 A (firmware: 130 A)
    0x1928c, 2,      // OCD3 Delay, s
    0x2928d, -200,   // OCD Recovery Threshold, mA: no discharge current any more
    0x19294, 60,     // SCD Recovery Time, s
    0x19295, 3,      // SCDL Latch Limit, short circuits
    0x19296, 200,    // SCDL Counter Dec Delay, s: longer than the recovery, else the count never gets to the limit
    0x1929a, 67,     // OTC Threshold, degrees C; the rows below: threshold, delay in s, recovery
    0x1929b, 5,
    0x1929c, 62,
    0x1929d, 70,     // OTD (firmware: 65 cuts off both)
    0x1929e, 5,
    0x1929f, 65,
    0x192a0, 115,    // OTF, S9: T5 is protected at 110 by the firmware and released at 85
    0x192a1, 5,
    0x192a2, 90,
    0x192a3, 85,     // OTINT
    0x192a4, 5,
    0x192a5, 75,
    0x192a6, -8,     // UTC (firmware: -5)
    0x192a7, 5,
    0x192a8, -3,
    0x192a9, -23,    // UTD (firmware: -20)
    0x192aa, 5,
    0x192ab, -18,
    0x192ac, -28,    // UTINT, S9: the factory's -20 would come before the firmware's -25 ambient
    0x192ad, 5,
    0x192ae, -23,
    0x192af, 3,      // Protections Recovery Time, s
    0x292b2, 10,     // HWD Delay, s: longer than a watchdog reset and a start of the controller
    0x192b4, 0,      // Load Detect Active Time: never by itself, its source would look like a charger
    0x192c0, 0x00,   // Enabled PF A
    0x192c1, 0x00,   // B
    0x192c2, 0x07,   // C: the chip's own memories
    0x192c3, 0x00,   // D
    0x192fa, 0x0b,   // CFETOFF: NTC, reported only (T6)
    0x192fb, 0x42,   // DFETOFF: BOTHOFF, active high
    0x192fc, 0x2a,   // ALERT: active high
    0x192fd, 0x07,   // TS1: cell NTC (T1)
    0x192fe, 0x00,   // TS2: wake key, never a thermistor
    0x192ff, 0x07,   // TS3: cell NTC (T2)
    0x19300, 0x07,   // HDQ: cell NTC (T3)
    0x19301, 0x07,   // DCHG: cell NTC (T4)
    0x19302, 0x0f,   // DDSG: FET NTC (T5)
    0x19303, 0x06,   // DA Configuration: 10 mA and 10 mV units
    0x29304, 0xffff, // Vcell Mode: 16 cells
    0x19308, 0x3d,   // FET Options: start forced off, pre-discharge, host control, series FETs
    0x1930e, 100,    // Predischarge Timeout, 10 ms
    0x1930f, 50,     // Predischarge Stop Delta, 10 mV
    0x29310, 50,     // Dsg Current Threshold, 10 mA
    0x29312, 50,     // Chg Current Threshold, 10 mA
    0x19314, 5,      // Cell Open-Wire Check Time, s
    0x19335, 0x00,   // Balancing Configuration: by the host only, not in SLEEP
    0x19336, 0,      // Min Cell Temp, degrees C
    0x19337, 50,     // Max Cell Temp
    0x19338, 75,     // Max Internal Temp
    0x19339, 20,     // Cell Balance Interval, s: ends a bleed that is not asked for again
  ]);
}

/** The chip's own limits as quantised for this shunt, in the firmware's units. */
export interface AppliedLimits {
  occMa: number;
  occMs: number;
  ocd1Ma: number;
  ocd1Ms: number;
  ocd2Ma: number;
  ocd2Ms: number;
  ocd3Ma: number;
  ocd3Ms: number;
  scdMa: number;
  scdUs: number;
  covMv: number;
  covReleaseMv: number;
  covMs: number;
  cuvMv: number;
  cuvReleaseMv: number;
  cuvMs: number;
}

/** Value of one register of a table made by `configTable`. */
function valueOf(table: Int32Array, register: number): number {
  return table[table.indexOf(register) + 1];
}

/** What the chip really applies: the table above read back into currents, voltages and times (hardware.md 2.5). */
export function appliedLimits(shuntMicroOhm: number, params: Int32Array): AppliedLimits {
  const t = configTable(shuntMicroOhm, params, 0, 1000000);
  const stepMa = 2000000 / shuntMicroOhm;
  const cov = valueOf(t, 0x19278);
  const cuv = valueOf(t, 0x19275);
  return {
    occMa: Math.round(valueOf(t, 0x19280) * stepMa),
    occMs: Math.round((2 + valueOf(t, 0x19281)) * 3.3),
    ocd1Ma: Math.round(valueOf(t, 0x19282) * stepMa),
    ocd1Ms: Math.round((2 + valueOf(t, 0x19283)) * 3.3),
    ocd2Ma: Math.round(valueOf(t, 0x19284) * stepMa),
    ocd2Ms: Math.round((2 + valueOf(t, 0x19285)) * 3.3),
    ocd3Ma: -valueOf(t, 0x2928a) * 10,
    ocd3Ms: valueOf(t, 0x1928c) * 1000,
    scdMa: Math.round((scdMv()[valueOf(t, 0x19286)] * 1000000) / shuntMicroOhm),
    scdUs: (valueOf(t, 0x19287) - 1) * 15,
    covMv: Math.round(cov * 50.6),
    covReleaseMv: Math.round((cov - valueOf(t, 0x1927c)) * 50.6),
    covMs: Math.round((2 + valueOf(t, 0x29279)) * 3.3),
    cuvMv: Math.round(cuv * 50.6),
    cuvReleaseMv: Math.round((cuv + valueOf(t, 0x1927b)) * 50.6),
    cuvMs: Math.round((2 + valueOf(t, 0x29276)) * 3.3),
  };
}
