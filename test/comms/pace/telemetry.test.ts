import '../../../src/hal-mock/natives';
import { beforeEach, describe, expect, it } from 'vitest';
import { createPack, type Pack } from '../../../src/bms/pack';
import { defaultParams, P } from '../../../src/bms/params';
import { Alarm, Fault, Protection } from '../../../src/bms/rules';
import { analogBlock, Layout, layoutFor, warningBlock } from '../../../src/comms/pace/telemetry';
import {
  type AnalogPack,
  decodeAnalog,
  decodeTailV3,
  decodeWarning,
  type WarningPack,
} from '../../support/pace-decoder';

let pack: Pack;
const params = defaultParams();

/** pace.md 1.7, bits 0 to 7. */
// prettier-ignore
const PROTECT1 = [
  'cell OV', 'cell UV', 'pack OV', 'pack UV', 'charge OC', 'discharge OC', 'short circuit', 'charger OV',
];

function analog(layout = Layout.V3): AnalogPack {
  return decodeAnalog(Buffer.from(`0001${analogBlock(pack, layout)}`, 'hex')).pack;
}
function warning(layout = Layout.V3): WarningPack {
  return decodeWarning(Buffer.from(`0001${warningBlock(pack, params, layout)}`, 'hex')).pack;
}

beforeEach(() => {
  pack = createPack();
  pack.sampleOk = true;
  pack.samples = 1;
  pack.tempValid = 63;
  pack.tempDeciC.set([241, 239, -50, 0, 265, 274]);
  pack.cellMv.set([3270, 3271, 3272, 3273, 3274, 3275, 3276, 3277, 3278, 3279, 3280, 3281, 3282, 3283, 3284, 3285]);
  pack.sumMv = 52440;
  pack.stackMv = 52431;
  pack.minMv = 3270;
  pack.maxMv = 3285;
  pack.fullMas = 360000000;
  pack.remainingMas = 75500000;
});

describe('S1 S30 analog values (42)', () => {
  it('are the pack’s own', () => {
    pack.currentMa = -99870;
    pack.cycles = 321;
    expect(analog()).toMatchObject({
      cellsMv: [...pack.cellMv],
      tempsDeciC: [241, 239, -50, 0, 265, 274],
      currentMa: -99870,
      packMv: 52440,
      remaining10Mah: 2097, // 20.972 Ah
      full10Mah: 10000,
      cycles: 321,
      design10Mah: 10000,
    });
  });
  it('name the layout by the user items and by what follows', () => {
    const seen = [Layout.V1, Layout.V2, Layout.V3].map((layout) => [
      analog(layout).userItems,
      analog(layout).tail.length,
    ]);
    expect(seen).toEqual([
      [3, 0],
      [2, 1],
      [9, 14],
    ]);
  });
  it('read -40 °C for an invalid sensor, whatever number it holds (S8)', () => {
    pack.tempValid = 0b101110;
    expect(analog().tempsDeciC).toEqual([-400, 239, -50, 0, -400, 274]);
    expect(analogBlock(pack, Layout.V1)).toContain('06091a');
  });
  it('saturate instead of wrapping: a short circuit of 2 kA, a negative cell', () => {
    pack.currentMa = -2000000;
    pack.cellMv[0] = -20;
    pack.fullMas = 1e12;
    expect([analog().currentMa, analog().cellsMv[0], analog().full10Mah]).toEqual([-327680, 0, 65535]);
    pack.currentMa = 2000000;
    expect(analog().currentMa).toBe(327670);
  });
  it('are four digits a cell, each of its own, whatever the others are', () => {
    for (const mv of [0, 1, 255, 256, 2047, 3300, 4095, 4096, 32767])
      for (const other of [0, 3300, 5000]) {
        pack.cellMv.fill(other);
        pack.cellMv[15] = mv;
        expect(analog().cellsMv).toEqual([...Array(15).fill(other), mv]);
      }
  });
  it('carry SOC, throughput, SOH and the second voltage and current in v3', () => {
    pack.chargedMas = 70000 * 3600000 + 1;
    pack.dischargedMas = 65999 * 3600000;
    pack.designMas = 400000000;
    pack.currentMa = 12340;
    expect(decodeTailV3(analog().tail)).toEqual({
      socPercent: 20,
      chargedAh: 70000,
      dischargedAh: 65999,
      sohPercent: 90,
      voltageMv: 52431,
      currentMa: 12340,
    });
  });
  it('keep SOC within 0..100 %, also with a capacity of nothing', () => {
    pack.remainingMas = 400000000;
    expect(analog(Layout.V2).tail[0]).toBe(100);
    pack.remainingMas = 0;
    expect(analog(Layout.V2).tail[0]).toBe(0);
    pack.fullMas = 0;
    pack.designMas = 0;
    expect(decodeTailV3(analog().tail)).toMatchObject({ socPercent: 0, sohPercent: 0 });
  });
  it('are whole before the first sample', () => {
    pack = createPack();
    expect(analog()).toMatchObject({ cellsMv: Array(16).fill(0), tempsDeciC: Array(6).fill(-400), packMv: 0 });
  });
});

describe('S30 layout "auto"', () => {
  it('is v3 for one pack and v2 for several; a set layout is kept', () => {
    expect([layoutFor(Layout.Auto, 1), layoutFor(Layout.Auto, 15), layoutFor(Layout.V1, 15)]).toEqual([
      Layout.V3,
      Layout.V2,
      Layout.V1,
    ]);
  });
});

describe('S30 status bits (44)', () => {
  it('are all clear in a healthy pack, and the extra byte comes with v2 and v3', () => {
    for (const layout of [Layout.V1, Layout.V2, Layout.V3])
      expect(warning(layout)).toEqual({
        cellStates: Array(16).fill(0),
        tempStates: Array(6).fill(0),
        chargeCurrentState: 0,
        voltageState: 0,
        dischargeCurrentState: 0,
        protect1: [],
        protect2: [],
        indication: [],
        control: 0,
        fault: [],
        balance: 0,
        warn1: [],
        warn2: [],
        extra: Buffer.alloc(layout === Layout.V1 ? 0 : 1),
      });
  });

  const alarms: [string, Alarm, Partial<WarningPack>][] = [
    ['cell OV', Alarm.CellOv, { warn1: ['cell OV'] }],
    ['cell UV', Alarm.CellUv, { warn1: ['cell UV'] }],
    ['pack OV', Alarm.PackOv, { warn1: ['pack OV'], voltageState: 2 }],
    ['pack UV', Alarm.PackUv, { warn1: ['pack UV'], voltageState: 1 }],
    ['charge OC', Alarm.ChgOc, { warn1: ['charge OC'], chargeCurrentState: 2 }],
    ['discharge OC', Alarm.DsgOc, { warn1: ['discharge OC'], dischargeCurrentState: 2 }],
    ['charge OT', Alarm.ChgOt, { warn2: ['charge OT'] }],
    ['discharge OT', Alarm.DsgOt, { warn2: ['discharge OT'] }],
    ['charge UT', Alarm.ChgUt, { warn2: ['charge UT'] }],
    ['discharge UT', Alarm.DsgUt, { warn2: ['discharge UT'] }],
    ['MOSFET OT', Alarm.MosOt, { warn2: ['MOS OT'], tempStates: [0, 0, 0, 0, 2, 0] }],
    ['ambient OT', Alarm.EnvOt, { warn2: ['ambient OT'], tempStates: [0, 0, 0, 0, 0, 2] }],
    ['ambient UT', Alarm.EnvUt, { warn2: ['ambient UT'], tempStates: [0, 0, 0, 0, 0, 1] }],
    ['low SOC', Alarm.LowSoc, { warn2: ['low SOC'] }],
    ['dead T5 or T6', Alarm.Sensor, {}],
  ];
  it.each(alarms)('alarm %s', (_name, bit, expected) => {
    pack.alarms = bit;
    expect(warning()).toMatchObject({ warn1: [], warn2: [], protect1: [], protect2: [], fault: [], ...expected });
  });

  const protections: [string, Protection, Partial<WarningPack>][] = [
    ['cell OVP', Protection.CellOvp, { protect1: ['cell OV'] }],
    ['cell UVP', Protection.CellUvp, { protect1: ['cell UV'] }],
    ['pack OVP', Protection.PackOvp, { protect1: ['pack OV'] }],
    ['pack UVP', Protection.PackUvp, { protect1: ['pack UV'] }],
    ['charge OCP', Protection.ChgOcp, { protect1: ['charge OC'] }],
    ['discharge OCP', Protection.DsgOcp, { protect1: ['discharge OC'] }],
    ['SCP', Protection.Scp, { protect1: ['short circuit'] }],
    ['charge OTP', Protection.ChgOtp, { protect2: ['charge OT'] }],
    ['discharge OTP', Protection.DsgOtp, { protect2: ['discharge OT'] }],
    ['charge UTP', Protection.ChgUtp, { protect2: ['charge UT'] }],
    ['discharge UTP', Protection.DsgUtp, { protect2: ['discharge UT'] }],
    ['MOSFET OTP', Protection.MosOtp, { protect2: ['MOS OT'] }],
    ['ambient UTP', Protection.EnvUtp, { protect2: ['ambient UT'] }],
    ['hard cut-off by the ambient sensor', Protection.HotCutOff, { protect2: ['ambient OT'] }],
    [
      'hard cut-off by a cell',
      Protection.HotCutOff | Protection.DsgOtp | Protection.ChgOtp,
      { protect2: ['charge OT', 'discharge OT'] },
    ],
    ['AFE trip', Protection.AfeTrip, { fault: ['sampling'] }],
    ['charger OV', Protection.ChargerOv, { protect1: ['charger OV'] }],
    ['all of protect 1', 0x7f | Protection.ChargerOv, { protect1: PROTECT1 }],
  ];
  it.each(protections)('protection %s', (_name, bits, expected) => {
    pack.protections = bits;
    expect(warning()).toMatchObject({ warn1: [], warn2: [], protect1: [], protect2: [], fault: [], ...expected });
  });

  const faults: [string, Fault, string][] = [
    ['AFE lost', Fault.AfeLost, 'sampling'],
    ['implausible values', Fault.Implausible, 'sampling'],
    ['cell spread', Fault.CellFault, 'cell fault'],
    ['cell NTC', Fault.NtcFault, 'NTC'],
    ['charge MOSFET', Fault.ChgFet, 'charge MOS'],
    ['discharge MOSFET', Fault.DsgFet, 'discharge MOS'],
    ['program crashes', Fault.Crash, 'sampling'],
    ['sense wire', Fault.SenseWire, 'cell fault'],
    ['AFE frozen', Fault.AfeFrozen, 'sampling'],
    ['shunt', Fault.Shunt, 'sampling'],
    ['AFE resets', Fault.AfeResets, 'sampling'],
    ['AFE configuration', Fault.AfeConfig, 'sampling'],
  ];
  it.each(faults)('S11 fault %s', (_name, bit, name) => {
    pack.faults = bit;
    expect(warning()).toMatchObject({ fault: [name], warn1: [], warn2: [], protect1: [], protect2: [] });
    expect(warning(Layout.V1).fault).toEqual([name]);
  });
  it('S11 leaves no fault without a bit', () => {
    for (let bit = 1; bit <= Fault.AfeConfig; bit *= 2) {
      pack.faults = bit;
      expect(warning().fault).toHaveLength(1);
    }
  });

  // pace.md 1.7, last column
  const extras: [string, Partial<Pack>, number][] = [
    ['total voltage', { faults: Fault.Implausible }, 0x01],
    ['shunt', { faults: Fault.Shunt }, 0x04],
    ['breaker', { alarms: Alarm.Breaker }, 0x08],
    ['lock', { locked: true }, 0x40],
    ['several', { faults: Fault.Implausible | Fault.Shunt, locked: true }, 0x45],
    ['none of its own', { faults: Fault.AfeLost | Fault.CellFault, alarms: Alarm.LowSoc, protections: 0x7fff }, 0],
  ];
  it.each(extras)('S10, S11, S36 fault 8: %s', (_name, change, bits) => {
    Object.assign(pack, change);
    expect([...warning(Layout.V3).extra, ...warning(Layout.V2).extra]).toEqual([bits, bits]);
    expect(warning(Layout.V1).extra).toHaveLength(0);
  });

  // pace.md 1.7: 1/2 = forced off by command; recorded F005, F007, F009
  const controls: [string, Partial<Pack>, [P, number][], number][] = [
    ['buzzer enabled', {}, [[P.BuzzerOn, 1]], 0x01],
    ['charge path forced off', { hostOff: 1 }, [], 0x02],
    ['discharge path forced off', { hostOff: 2 }, [], 0x04],
    ['LEDs disabled', {}, [[P.LedsOn, 0]], 0x20],
    ['LEDs disabled, charge path off', { hostOff: 1 }, [[P.LedsOn, 0]], 0x22],
    ['locked', { locked: true }, [], 0x40],
  ];
  it.each(controls)('S23, S24, S36 control: %s', (_name, change, values, bits) => {
    const own = defaultParams();
    for (const [index, value] of values) own[index] = value;
    Object.assign(pack, change);
    const decoded = decodeWarning(Buffer.from(`0001${warningBlock(pack, own, Layout.V2)}`, 'hex')).pack;
    expect(decoded.control).toBe(bits);
  });

  it('S4 balance bytes are the cells that are bled, cells 1 to 8 first', () => {
    for (const mask of [0x0001, 0x0080, 0x0100, 0x8000, 0x5555, 0xaaaa]) {
      pack.bleedMask = mask;
      expect(warning().balance).toBe(mask);
      expect(warningBlock(pack, params, Layout.V1).slice(-8, -4)).toBe(
        [mask & 255, mask >> 8].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
      );
    }
  });

  it('"fully charged" stands with the full capacity and not a moment before', () => {
    pack.remainingMas = pack.fullMas - 1;
    expect(warning().protect2).toEqual([]);
    pack.remainingMas = pack.fullMas;
    expect(warning().protect2).toEqual(['fully charged']);
  });
});

describe('S36 a locked pack', () => {
  beforeEach(() => {
    Object.assign(pack, { locked: true, currentMa: -5000, cycles: 7, chargedMas: 3.6e9, dischargedMas: 3.6e9 });
    pack.remainingMas = pack.fullMas;
  });
  it.each([Layout.V1, Layout.V2, Layout.V3])(
    'publishes zeros and -40 °C, in an answer of the same length: layout %d',
    (layout) => {
      const zeros = { currentMa: 0, packMv: 0, remaining10Mah: 0, full10Mah: 0, cycles: 0, design10Mah: 0 };
      const seen = analog(layout);
      expect(seen).toMatchObject({ ...zeros, cellsMv: Array(16).fill(0), tempsDeciC: Array(6).fill(-400) });
      expect([...seen.tail]).toEqual(Array(seen.tail.length).fill(0));
      const length = analogBlock(pack, layout).length;
      pack.locked = false;
      expect([analog(layout).userItems, analogBlock(pack, layout).length]).toEqual([seen.userItems, length]);
    },
  );
  it('marks nothing, no dead sensor either, is not "fully charged", and shows the lock', () => {
    Object.assign(pack, { tempValid: 0, alarms: 0xffff });
    expect(warning()).toMatchObject({
      cellStates: Array(16).fill(0),
      tempStates: Array(6).fill(0),
      chargeCurrentState: 0,
      voltageState: 0,
      dischargeCurrentState: 0,
      protect2: [],
      warn1: [],
      warn2: [],
      fault: [],
      control: 0x40,
    });
  });
  it('still tells protections and faults', () => {
    Object.assign(pack, { protections: Protection.Scp, faults: Fault.ChgFet });
    expect(warning()).toMatchObject({ protect1: ['short circuit'], fault: ['charge MOS'] });
  });
});

describe('S30 indication (44)', () => {
  // idle, discharging and charging as recorded: 06, 0E, 26
  const cases: [string, boolean, boolean, number, boolean, string[]][] = [
    ['both paths open', false, false, 0, false, []],
    ['idle', true, true, 0, false, ['charge FET on', 'discharge FET on']],
    ['noise around zero', true, true, -500, false, ['charge FET on', 'discharge FET on']],
    ['discharging', true, true, -501, false, ['charge FET on', 'discharge FET on', 'discharging']],
    ['charging', true, true, 20000, true, ['charge FET on', 'discharge FET on', 'charger present']],
    ['full at a charger', false, true, 0, true, ['discharge FET on', 'charger present']],
  ];
  it.each(cases)('%s', (_name, chg, dsg, ma, charger, expected) => {
    pack.chgFetOn = chg;
    pack.dsgFetOn = dsg;
    pack.currentMa = ma;
    pack.chargerPresent = charger;
    expect(warning().indication).toEqual(expected);
  });
  it('S3 tells a charger that is the wrong way round, and only as long as the rule stands', () => {
    pack.terminalMv = -700;
    expect(warning().indication).toEqual([]);
    pack.protections = Protection.ChargerOv;
    expect(warning().indication).toEqual(['charger reversed']);
    pack.terminalMv = 0;
    expect(warning().indication).toEqual([]);
  });
  it('shows the MOSFETs as the AFE reports them, not as they are requested', () => {
    pack.chgOn = true;
    pack.dsgOn = true;
    expect(warning().indication).toEqual([]);
  });
});

describe('S30 state bytes (44)', () => {
  it('mark every cell above 3.60 V while the alarm stands', () => {
    pack.cellMv.fill(3600);
    pack.cellMv[2] = 3601;
    pack.cellMv[15] = 3690;
    pack.maxMv = 3690;
    expect(warning().cellStates).toEqual(Array(16).fill(0)); // its delay has not passed
    pack.alarms = Alarm.CellOv;
    expect(warning().cellStates).toEqual([0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
  });
  it('mark every cell below 2.80 V while the alarm stands', () => {
    pack.cellMv[0] = 2799;
    pack.cellMv[1] = 2800;
    pack.minMv = 2799;
    pack.alarms = Alarm.CellUv;
    expect(warning().cellStates).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });
  it('mark the extreme cell also when it is back inside and the alarm still stands', () => {
    pack.cellMv.fill(3300);
    pack.cellMv[4] = 3590;
    pack.cellMv[5] = 2810;
    pack.maxMv = 3590;
    pack.minMv = 2810;
    pack.alarms = Alarm.CellOv | Alarm.CellUv;
    expect(warning().cellStates.slice(3, 7)).toEqual([0, 2, 1, 0]);
  });
  it('mark the cell sensors above 45 °C and below 0 °C while the alarms stand', () => {
    pack.tempDeciC.set([450, 451, 0, -1]);
    pack.alarms = Alarm.ChgOt | Alarm.ChgUt;
    expect(warning().tempStates.slice(0, 4)).toEqual([0, 2, 0, 1]);
  });
  it('mark by the discharge limits when only those alarms stand', () => {
    pack.tempDeciC.set([500, 561, -149, -151]);
    pack.alarms = Alarm.DsgOt | Alarm.DsgUt;
    expect(warning().tempStates.slice(0, 4)).toEqual([0, 2, 0, 1]);
  });
  it('mark the hottest and coldest sensor also when they are back inside', () => {
    pack.tempDeciC.set([445, 300, 8, 100]);
    pack.alarms = Alarm.ChgOt | Alarm.ChgUt;
    expect(warning().tempStates.slice(0, 4)).toEqual([2, 0, 1, 0]);
  });
  it('are "other fault" for an invalid sensor, which never counts as hottest or coldest (S8)', () => {
    pack.tempDeciC.set([900, 440, 5, -400, 1000, 1000]);
    pack.tempValid = 0b000110;
    pack.alarms = Alarm.ChgOt | Alarm.ChgUt | Alarm.MosOt | Alarm.EnvOt;
    expect(warning().tempStates).toEqual([0xf0, 2, 1, 0xf0, 0xf0, 0xf0]);
  });
});
