import { describe, expect, it } from 'vitest';
import { createPack, Mode, type Pack } from '../../src/bms/pack';
import { defaultParams, P } from '../../src/bms/params';
import { Alarm, Notice, Protection } from '../../src/bms/rules';
import { ledBits } from '../../src/ui/leds';

const params = defaultParams();

// Port order typed in from the board table: RUN ALM SOC1 SOC2 SOC3 SOC4 ON/OFF, last = bit 0.
const RUN = 0x40;
const ALM = 0x20;
const SOC = 0x1e;
const ON_OFF = 0x01;

/** Sixteen ticks of 250 ms as text: # on, . off. */
function pattern(pack: Pack, mask: number): string {
  let out = '';
  for (let step = 0; step < 16; step++) out += ledBits(pack, params, step) & mask ? '#' : '.';
  return out;
}
const OFF = '................';
const ON = '################';
const FLASH1 = '#...............'; // 0.25 s on, 3.75 s off
const FLASH2 = '##..##..##..##..'; // 0.5 / 0.5
const FLASH3 = '##......##......'; // 0.5 / 1.5

function packWith(change: Partial<Pack>): Pack {
  return Object.assign(createPack(), { remainingMas: 180_000_000, fullMas: 360_000_000 }, change);
}

// S24, row by row: condition, RUN, ALM
const rows: [string, Partial<Pack>, string, string][] = [
  ['standby, normal', { mode: Mode.Standby }, FLASH1, OFF],
  ['standby, alarm', { mode: Mode.Standby, alarms: Alarm.CellUv }, FLASH1, FLASH3],
  ['charge, normal', { mode: Mode.Charge }, ON, OFF],
  ['charge, alarm', { mode: Mode.Charge, alarms: Alarm.CellOv }, ON, FLASH3],
  ['charge, over-charge protection', { protections: Protection.CellOvp, chargerPresent: true }, ON, OFF],
  ['charge, pack over-charge protection', { protections: Protection.PackOvp, chargerPresent: true }, ON, OFF],
  ['charge, temperature protection', { protections: Protection.ChgUtp, chargerPresent: true }, OFF, ON],
  ['charge, over-current protection', { protections: Protection.ChgOcp }, OFF, ON],
  ['discharge, normal', { mode: Mode.Discharge }, FLASH3, OFF],
  ['discharge, alarm', { mode: Mode.Discharge, alarms: Alarm.LowSoc }, FLASH3, FLASH3],
  ['discharge, over-discharge protection', { protections: Protection.CellUvp }, OFF, OFF],
  ['discharge, temperature protection', { protections: Protection.DsgOtp }, OFF, ON],
  ['discharge, over-current protection', { protections: Protection.DsgOcp }, OFF, ON],
  ['discharge, short circuit', { protections: Protection.Scp }, OFF, ON],
  ['charge, a charger of the wrong kind', { protections: Protection.ChargerOv, chargerPresent: true }, OFF, ON],
  ['standby, notice', { mode: Mode.Standby, notices: Notice.Memory }, FLASH1, FLASH3],
  ['charge, notice', { mode: Mode.Charge, notices: Notice.LooseNtc }, ON, FLASH3],
  ['charge, information only', { mode: Mode.Charge, notices: Notice.FullDue | Notice.ClockLost }, ON, OFF],
  ['over-charge protection without a charger is stand-by', { protections: Protection.CellOvp }, FLASH1, OFF],
];

describe('S24 LEDs', () => {
  it.each(rows)('%s', (_name, state, run, alm) => {
    const pack = packWith(state);
    expect([pattern(pack, RUN), pattern(pack, ALM), pattern(pack, ON_OFF)]).toEqual([run, alm, ON]);
  });

  it('fault: ALM on, everything else off', () => {
    const pack = packWith({ mode: Mode.Fault, faults: 1 });
    expect([pattern(pack, RUN), pattern(pack, ALM), pattern(pack, SOC), pattern(pack, ON_OFF)]).toEqual([
      OFF,
      ON,
      OFF,
      OFF,
    ]);
  });

  it('disabled by the host: all dark, alarm, protection and fault too', () => {
    const off = defaultParams();
    off[P.LedsOn] = 0;
    for (const [, state] of rows)
      for (let step = 0; step < 16; step++) expect(ledBits(packWith(state), off, step)).toBe(0);
    expect(ledBits(packWith({ mode: Mode.Fault, faults: 1 }), off, 0)).toBe(0);
  });

  it('a locked pack looks like one in stand-by (S36)', () => {
    const pack = packWith({ locked: true });
    expect([pattern(pack, RUN), pattern(pack, ALM), pattern(pack, ON_OFF)]).toEqual([FLASH1, OFF, ON]);
  });

  it.each([
    [0, '....'],
    [0.1, '#...'],
    [25, '#...'],
    [25.1, '##..'],
    [50, '##..'],
    [75, '###.'],
    [75.1, '####'],
    [100, '####'],
  ])('SOC %d %% lights %s', (percent, bar) => {
    const pack = packWith({ remainingMas: 3_600_000 * percent });
    const bits = ledBits(pack, params, 1);
    expect([16, 8, 4, 2].map((bit) => (bits & bit ? '#' : '.')).join('')).toBe(bar);
  });

  it('while charging only the topmost lit SOC LED flashes, with Flash2', () => {
    const pack = packWith({ mode: Mode.Charge, remainingMas: 3_600_000 * 60 });
    expect([16, 8, 4, 2].map((bit) => pattern(pack, bit))).toEqual([ON, ON, FLASH2, OFF]);
  });
});
