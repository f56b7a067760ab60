/** Changes by host or menu (S27, S30): all or nothing, in force at once, stored, logged. */
import { describe, expect, it } from 'vitest';
import { defaultParams, P } from '../../src/bms/params';
import { noteRules } from '../../src/store/journal';
import { changeParams, restoreDefaults } from '../../src/store/settings';
import { Problem } from '../../src/store/storage';
import { eventsOf, Memory, type Running } from './memory';

const PARAM = 96;
const DEFAULTS = 97;

function change(bms: Running, values: Partial<Record<P, number>>): number {
  const proposal = bms.params.slice();
  for (const [index, value] of Object.entries(values)) proposal[Number(index)] = value;
  return changeParams(bms.storage, bms.guard, bms.pack, bms.params, proposal);
}

/** What has been logged, oldest first: what, appeared, index, value. */
function logged(bms: Running): unknown[] {
  while (noteRules(bms.storage, bms.guard, bms.pack));
  return eventsOf(bms.storage)
    .reverse()
    .map((event) => event && [event.what, event.set, event.index, event.value]);
}

describe('a change of parameters (S27, S40)', () => {
  it('is in force, stored and logged with old and new value', () => {
    const memory = new Memory();
    const bms = memory.start();
    bms.guard.settled = 31;
    expect(change(bms, { [P.CellOvp]: 3680, [P.LowSoc]: 100 })).toBe(-1);
    expect([bms.params[P.CellOvp], bms.params[P.LowSoc], bms.guard.settled]).toEqual([3680, 100, 0]);
    expect(memory.start().params).toEqual(bms.params);
    expect(logged(bms)).toEqual([
      [PARAM, false, P.CellOvp, 3700],
      [PARAM, true, P.CellOvp, 3680],
      [PARAM, false, P.LowSoc, 50],
      [PARAM, true, P.LowSoc, 100],
    ]);
  });

  it('that is out of range or contradicts another one changes nothing, and says which', () => {
    const memory = new Memory();
    const bms = memory.start();
    const image = memory.chip.memory.slice();
    expect(change(bms, { [P.LowSoc]: 100, [P.CellUvp]: 2449 })).toBe(P.CellUvp);
    expect(change(bms, { [P.LowSoc]: 100, [P.CellOvRelease]: 3700 })).toBe(P.CellOvRelease);
    expect(bms.params).toEqual(defaultParams());
    expect(memory.chip.memory).toEqual(image);
    expect(logged(bms)).toEqual([]);
  });

  it('several before they are logged show as one', () => {
    const bms = new Memory().start();
    change(bms, { [P.LowSoc]: 100 });
    change(bms, { [P.LowSoc]: 110 });
    change(bms, { [P.FullMv]: 56500 });
    expect(logged(bms)).toEqual([
      [PARAM, false, P.LowSoc, 50],
      [PARAM, true, P.LowSoc, 110],
      [PARAM, false, P.FullMv, 56000],
      [PARAM, true, P.FullMv, 56500],
    ]);
  });

  it.each([P.ChgOc2, P.ChgOc2Delay, P.DsgOc2, P.DsgOc2Delay, P.ScpDelay])(
    'of parameter %i concerns the AFE, too',
    (parameter) => {
      const bms = new Memory().start();
      expect(change(bms, { [parameter]: bms.params[parameter]! - (parameter === P.ScpDelay ? 15 : 10) })).toBe(-3);
    },
  );

  it('that the memory does not keep is in force, an alarm, and said to be so', () => {
    const memory = new Memory();
    const bms = memory.start();
    memory.bus.faults.unplugged = true;
    expect(change(bms, { [P.LowSoc]: 100 })).toBe(-2);
    expect(change(bms, { [P.ScpDelay]: 285 })).toBe(-4);
    expect([bms.params[P.LowSoc], bms.storage.problems & Problem.Lost]).toEqual([100, Problem.Lost]);
  });

  it('S1 of the design capacity holds from now on and over a restart', () => {
    const memory = new Memory();
    const bms = memory.start();
    change(bms, { [P.DesignMah]: 200000 });
    expect(bms.pack.designMas).toBe(200000 * 3600);
    expect(memory.start().pack.designMas).toBe(200000 * 3600);
  });
});

describe('factory values (S27)', () => {
  it('come back all at once, as one event, and for good', () => {
    const memory = new Memory();
    const bms = memory.start();
    change(bms, { [P.LowSoc]: 100, [P.ScpDelay]: 285, [P.FullMv]: 56500 });
    expect(restoreDefaults(bms.storage, bms.guard, bms.pack, bms.params)).toBe(-3);
    expect(bms.params).toEqual(defaultParams());
    expect(logged(bms)).toEqual([[DEFAULTS, true, -1, 3]]);
    expect(memory.start().params).toEqual(defaultParams());
  });

  it('end the alarm of damaged parameters', () => {
    const memory = new Memory();
    memory.start();
    memory.chip.memory.fill(0x5a, 0, 2048);
    const bms = memory.start();
    expect(bms.storage.problems & Problem.Params).toBe(Problem.Params);
    expect(restoreDefaults(bms.storage, bms.guard, bms.pack, bms.params)).toBe(-1);
    expect(bms.storage.problems & Problem.Params).toBe(0);
    expect(memory.start().storage.problems & Problem.Params).toBe(0);
  });
});
