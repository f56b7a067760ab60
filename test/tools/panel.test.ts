import { describe, expect, it } from 'vitest';
import '../../src/hal-mock/natives';
import { createPack, Mode } from '../../src/bms/pack';
import { defaultParams } from '../../src/bms/params';
import { createGuard } from '../../src/bms/guard';
import { protect } from '../../src/bms/protect';
import { Fault, Rule } from '../../src/bms/rules';
import { colour, cut, runsOf } from '../../tools/ansi';
import { causeOf, causeText, holdingCause, type Watched } from '../../tools/cause';
import { Changes } from '../../tools/changes';
import { bar, PANEL_HEIGHT, PANEL_WIDTH, renderLine, renderPanel, type PanelView } from '../../tools/panel';
import { toSvg } from '../../tools/svg';
import { firmwareView } from '../../tools/view';

/** A firmware with a measured, healthy pack at 3.300 V a cell, 25 °C, both paths closed. */
function healthy(): Watched {
  const pack = createPack();
  Object.assign(pack, { sampleOk: true, samples: 10, tempValid: 0x3f, remainingMas: 180000000, sumMv: 52800 });
  Object.assign(pack, { minMv: 3300, maxMv: 3300, stackMv: 52800, packMv: 52800, terminalMv: 52790 });
  Object.assign(pack, { chgFetOn: true, dsgFetOn: true, chgOn: true, dsgOn: true, chgAllowed: true, dsgAllowed: true });
  pack.cellMv.fill(3300);
  pack.tempDeciC.fill(250);
  const fw = { pack, guard: createGuard(), params: defaultParams(), ticks: 40 };
  protect(fw.guard, pack, fw.params, 19750); // the first sample is judged without delays
  return fw;
}

function withRule(rule: Rule): Watched {
  const fw = healthy();
  fw.guard.bits[rule >> 4] = 1 << (rule & 15);
  fw.guard.sinceCs[rule] = fw.guard.nowCs;
  return fw;
}

/** Cell 7 above 3.7 V for longer than the delay; the charge path has opened. */
function overCharged(): Watched {
  const fw = healthy();
  const { pack } = fw;
  pack.cellMv[6] = 3702;
  Object.assign(pack, { maxMv: 3702, maxCell: 6, sumMv: 53202 });
  protect(fw.guard, pack, fw.params, 20000);
  protect(fw.guard, pack, fw.params, 21000);
  Object.assign(pack, { chgAllowed: false, chgOn: false, chgFetOn: false });
  return fw;
}

function view(fw: Watched, changes: Partial<PanelView> = {}): PanelView {
  return {
    firmware: firmwareView(fw),
    leds: 0,
    virtualMs: 20000,
    speed: 1,
    reached: 1,
    breaker: 'closed',
    charger: 'up to 7.7 A (sun)',
    load: '310 W (household)',
    rs232: '127.0.0.1:7001',
    log: [],
    ...changes,
  };
}

describe('panel', () => {
  it('shows clock, speed, charge, voltages and all six temperatures', () => {
    const fw = healthy();
    fw.pack.currentMa = -31250;
    fw.pack.mode = Mode.Discharge;
    const text = renderPanel(view(fw)).join('\n');
    for (const part of [
      'day 1 17:00:00',
      'x1',
      '50.0 %',
      '50.0 Ah of 100.0 Ah',
      'Discharge',
      '52.80 V',
      '-31.3 A',
      '-1650 W',
    ])
      expect(text).toContain(part);
    for (const name of ['T1', 'T2', 'T3', 'T4', 'MOSFET', 'ambient']) expect(text).toContain(`${name}  25.0`);
    expect(text.match(/3\.300 V/g)).toHaveLength(16);
  });

  it.each([
    [64, 'RUN'],
    [32, 'ALM'],
    [16, 'SOC1'],
    [8, 'SOC2'],
    [4, 'SOC3'],
    [2, 'SOC4'],
    [1, 'ON/OFF'],
  ])('lights with bit %d the LED %s alone (S24)', (leds, name) => {
    const line = renderPanel(view(healthy(), { leds }))[1]!;
    expect(line).toContain(`● ${name}`);
    expect(line.match(/●/g)).toHaveLength(1);
    expect(line.match(/○/g)).toHaveLength(6);
  });

  it('names for an open path rule, cell, value, limit, time and what closes it again (S12)', () => {
    const text = renderPanel(view(overCharged())).join('\n');
    expect(text).toMatch(
      /CHG MOSFET {2}open +Cell OVP, cell 7: 3\.702 V against 3\.700 V\n {4}since day 1 17:00:01, closes again below 3\.380 V/,
    );
    expect(text).toMatch(/DSG MOSFET {2}closed/);
    expect(text).toContain('protections Cell OVP');
  });

  it('counts down to the next trial of a path and to its release, within the width (S5, S12)', () => {
    const fw = healthy();
    fw.pack.currentMa = -131000;
    protect(fw.guard, fw.pack, fw.params, 20000);
    expect(renderPanel(view(fw)).join('\n')).toMatch(
      /DSG MOSFET {2}closed +\n {4}about to open: Discharge OCP: 131\.0 A against 130\.0 A \(1\.0 s left\)/,
    );
    protect(fw.guard, fw.pack, fw.params, 21000);
    Object.assign(fw.pack, { currentMa: 0, dsgAllowed: false, dsgOn: false, dsgFetOn: false });
    protect(fw.guard, fw.pack, fw.params, 40000);
    const lines = renderPanel(view(fw));
    expect(lines.join('\n')).toContain('closes again in 41.0 s, or by current the other way');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(PANEL_WIDTH);
    const low = overCharged();
    Object.assign(low.pack, { maxMv: 3379, sumMv: 52880 });
    protect(low.guard, low.pack, low.params, 22000);
    protect(low.guard, low.pack, low.params, 22400);
    expect(renderPanel(view(low)).join('\n')).toContain('closes again below 3.380 V (0.6 s left)');
  });

  it('names what holds a path open besides the rules: host, lock, sleep (S12, S28, S36)', () => {
    const line = (change: object): string => {
      const fw = healthy();
      Object.assign(fw.pack, { chgAllowed: false, chgOn: false, chgFetOn: false }, change);
      return renderPanel(view(fw)).find((text) => text.startsWith('CHG'))!;
    };
    expect(line({ hostOff: 1 })).toContain('switched off by the host');
    expect(line({ locked: true })).toContain('locked against theft');
    expect(line({})).toContain('the BMS sleeps');
    expect(line({ sampleOk: false })).toContain('no complete measurement yet');
  });

  it('says that a path is closed only over its body diode, and still why it was opened', () => {
    const fw = overCharged();
    Object.assign(fw.pack, { chgOn: true, chgFetOn: true });
    expect(renderPanel(view(fw)).join('\n')).toMatch(/CHG MOSFET {2}diode +Cell OVP, cell 7/);
  });

  it('shows an invalid sensor as absent, never as a number (S8)', () => {
    const fw = healthy();
    fw.pack.tempValid = 0x3b;
    fw.pack.tempDeciC[2] = -400;
    const text = renderPanel(view(fw)).join('\n');
    expect(text).toContain('T3  --.-');
    expect(text).not.toContain('-40.0');
  });

  it('tells what it waits for before the first measurement', () => {
    const fw: Watched = { ...healthy(), pack: createPack() };
    expect(renderPanel(view(fw)).join('\n')).toContain('no complete measurement yet');
  });

  it('keeps its height, so that nothing jumps, and its width', () => {
    for (const fw of [healthy(), overCharged()]) expect(renderPanel(view(fw))).toHaveLength(PANEL_HEIGHT);
    for (const line of renderPanel(view(overCharged(), { speed: Infinity, reached: 12345, virtualMs: 1e10 })))
      expect(line.length).toBeLessThanOrEqual(PANEL_WIDTH);
  });

  it('is the same text with and without colours', () => {
    const plain = renderPanel(view(overCharged()));
    const painted = renderPanel(view(overCharged()), colour);
    expect(painted.join('')).toContain('\x1b[');
    expect(
      painted.map((line) =>
        runsOf(line)
          .map((run) => run.text)
          .join(''),
      ),
    ).toEqual(plain);
  });

  it('fits in one line for a log file', () => {
    const line = renderLine(view(overCharged()));
    expect(line).toContain('CHG open');
    expect(line).not.toContain('\n');
  });
});

describe('drawing', () => {
  it.each([
    [0, '····'],
    [0.5, '██··'],
    [1, '████'],
    [2, '████'],
    [-1, '····'],
    [0.28125, '█▏··'],
  ])('draws %d of a bar', (part, expected) => expect(bar(part, 4)).toBe(expected));

  it('cuts a painted line by what is visible', () => {
    expect(cut(colour('red', 'abc') + 'def', 4)).toBe('\x1b[31mabc\x1b[0md');
    expect(cut(colour('red', 'abc'), 2)).toBe('\x1b[31mab\x1b[0m');
  });

  it('makes a picture in which each run stands at its column and text is escaped', () => {
    const svg = toSvg(['ab' + colour('red', '<&'), ''], 10);
    expect(svg).toContain('<tspan x="16.0" textLength="16.8" fill="#d4d4d4">ab</tspan>');
    expect(svg).toContain('<tspan x="32.8" textLength="16.8" fill="#ff6b68">&lt;&amp;</tspan>');
  });
});

describe('causes in words', () => {
  const values: [Rule, number, number, string][] = [
    [Rule.CellUvp, 2, 2499, 'Cell UVP, cell 3: 2.499 V against 2.500 V'],
    [Rule.PackOvp, -1, 59210, 'Pack OVP: 59.210 V against 59.200 V'],
    [Rule.DsgOcp, -1, 131000, 'Discharge OCP: 131.0 A against 130.0 A'],
    [Rule.ChgUtp, 1, -61, 'Charge UTP, T2: -6.1 °C against -5.0 °C'],
    [Rule.HotCutOff, 5, 651, 'Hot cut-off, T6: 65.1 °C against 65.0 °C'],
    [Rule.Scp, -1, -2000000, 'SCP: -2000.0 A'],
    [Rule.AfeLost, -1, 3, 'AFE lost'],
  ];
  it.each(values)('rule %d', (rule, index, value, expected) => {
    const fw = healthy();
    fw.guard.index[rule] = index;
    fw.guard.value[rule] = value;
    expect(causeText(causeOf(fw, rule))).toBe(expected);
  });

  const releases: [Rule, string][] = [
    [Rule.CellOvp, 'below 3.380 V'],
    [Rule.CellUvp, 'above 2.900 V'],
    [Rule.PackUvp, 'above 46.400 V'],
    [Rule.ChgUtp, 'above 0.0 °C'],
    [Rule.MosOtp, 'below 85.0 °C'],
    [Rule.HotCutOff, 'at or below 60.0 °C'],
    [Rule.DsgOcp, 'in 60.0 s, or by current the other way'],
    [Rule.Scp, 'by a charger or load removal'],
    [Rule.ChargerOv, 'below 63.000 V'],
    [Rule.AfeLost, 'when the cause is gone'],
    [Rule.ChgFet, 'by RST or host after repair'],
    [Rule.Crash, 'after ten minutes without another crash'],
  ];
  it.each(releases)('release of rule %d: %s (S2-S9)', (rule, expected) => {
    expect(causeOf(withRule(rule), rule).releasedBy).toBe(expected);
  });

  it('says that a locked over-current waits for the other direction', () => {
    const fw = withRule(Rule.DsgOcp);
    fw.guard.trips.fill(10);
    expect(causeOf(fw, Rule.DsgOcp).releasedBy).toContain('locked');
  });

  it('puts a fault before a protection', () => {
    const fw = overCharged();
    fw.guard.bits[2] = Fault.AfeLost;
    expect([holdingCause(fw, true)?.rule, holdingCause(fw, false)?.rule]).toEqual(['AFE lost', 'AFE lost']);
  });
});

describe('log of state changes', () => {
  it('says once what opened the path and why, with the time of the rule itself', () => {
    const changes = new Changes();
    changes.since(healthy(), 19000);
    const fw = overCharged();
    const lines = changes.since(fw, 22000);
    expect(lines).toContain('day 1 17:00:01  protection Cell OVP, cell 7: 3.702 V against 3.700 V');
    expect(lines).toContain('day 1 17:00:02  CHG path open: Cell OVP, cell 7: 3.702 V against 3.700 V');
    expect(changes.since(fw, 23000)).toEqual([]);
  });

  it('says when it is over, and when the mode changes', () => {
    const changes = new Changes();
    const fw = overCharged();
    changes.since(fw, 22000);
    const after = healthy();
    after.pack.mode = Mode.Charge;
    const lines = changes.since(after, 30000).join('\n');
    expect(lines).toContain('protection Cell OVP is over');
    expect(lines).toContain('CHG path closed');
    expect(lines).toContain('Idle -> Charge');
  });
});
