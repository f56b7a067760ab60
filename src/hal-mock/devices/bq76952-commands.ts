/** Subcommands of the simulated BQ76952 (hardware.md 2.4): their times and effects; what they answer is in bq76952-results.ts. */
import type { Balance } from './bq76952-balance';
import type { Fets } from './bq76952-fets';
import type { Measure } from './bq76952-measure';
import type { Results } from './bq76952-results';
import { OCDL, SCDL, type SlowProtections } from './bq76952-slow';
import type { ChipState } from './bq76952-state';
import type { WindowTarget } from './bq76952-window';

const KEY_US = 4e6;
const PTO = 0x04;
/** Effects that reach beyond the units: the chip itself carries them out. */
export interface ChipActions {
  powerOnReset(): void;
  enterConfig(): void;
  leaveConfig(): void;
  shutdown(): void;
  deepSleep(on: boolean): void;
  applyComm(code: number): void;
  settingsChanged(): void;
}

/** µs until 0x3E/0x3F echo the code (hardware.md 2.2.4; what is not listed there is assumed). */
function timeOf(code: number): number {
  if (code >= 0x9180 && code < 0x9400) return 200;
  if (code >= 0x0071 && code <= 0x0077) return 660;
  switch (code) {
    case 0x0001:
    case 0x0002:
    case 0x0003:
      return 400;
    case 0x0004:
      return 8500;
    case 0x0005:
      return 450;
    case 0x0009:
      return 650;
    case 0x0090:
      return 2000;
    case 0x0092:
      return 1000;
    case 0x0053:
    case 0x0057:
    case 0x0080:
    case 0x0081:
    case 0x0083:
    case 0x0085:
    case 0x0086:
    case 0x0087:
      return 200;
    default:
      return 50;
  }
}

export class Commands implements WindowTarget {
  private last = 0;
  private keyStep = 0;
  private keyUs = 0;
  private twice = 0;
  private twiceUs = 0;

  constructor(
    private readonly chip: ChipState,
    private readonly measure: Measure,
    private readonly slow: SlowProtections,
    private readonly fets: Fets,
    private readonly balance: Balance,
    private readonly results: Results,
    private readonly actions: ChipActions,
  ) {}

  begin(code: number): number {
    if (code !== 0x0007) {
      this.results.previous = this.last;
      this.last = code;
    }
    if (this.chip.security !== 1) this.keys(code);
    if (this.chip.security !== 3) this.run(code);
    return timeOf(code);
  }

  private run(code: number): void {
    const { fets, slow, actions, chip } = this;
    switch (code) {
      case 0x000e:
        return actions.deepSleep(false);
      case 0x000f:
        if (this.second(code)) actions.deepSleep(true);
        return;
      case 0x0010:
        return actions.shutdown();
      case 0x0012:
        return actions.powerOnReset();
      case 0x001c:
        return fets.toggleTest(0x20);
      case 0x001e:
        return fets.toggleTest(0x01);
      case 0x001f:
        return fets.toggleTest(0x02);
      case 0x0020:
        return fets.toggleTest(0x04);
      case 0x0022:
        return fets.toggleEnable();
      case 0x0024:
        chip.pfEn = !chip.pfEn;
        return;
      case 0x0030:
        chip.security = 3;
        return;
      case 0x0082:
        return this.measure.resetCharge();
      case 0x008a:
        return slow.hostRecover(PTO);
      case 0x0090:
        return actions.enterConfig();
      case 0x0092:
        return actions.leaveConfig();
      case 0x0093:
        return fets.host(0x03, 0);
      case 0x0094:
        return fets.host(0x0c, 0);
      case 0x0095:
        return fets.host(0x0f, 0);
      case 0x0096:
        return fets.host(0, 0x0f);
      case 0x0099:
        chip.sleepEnabled = true;
        return;
      case 0x009a:
        chip.sleepEnabled = false;
        return;
      case 0x009b:
        slow.hostRecover(OCDL);
        return fets.update();
      case 0x009c:
        slow.hostRecover(SCDL);
        return fets.update();
      case 0x009d:
        return slow.loadDetect.begin();
      case 0x009e:
        return slow.loadDetect.force(true);
      case 0x009f:
        return slow.loadDetect.force(false);
      case 0x2857:
        this.second(code);
        return;
      case 0x29a3:
        if (this.twice === 0x2857 && chip.clock.nowUs - this.twiceUs <= KEY_US) {
          chip.pfStatus[2]! |= 0x80; // CMDF
          fets.update();
        }
        return;
      case 0x29bc:
        return actions.applyComm(chip.memory.u8(0x9239));
      case 0x29e7:
        return actions.applyComm(0x08);
      case 0x7c35:
      case 0x7c40:
        return actions.applyComm(-1);
    }
  }

  /** True for the second of two equal codes within 4 s. */
  private second(code: number): boolean {
    const now = this.chip.clock.nowUs;
    const again = this.twice === code && now - this.twiceUs <= KEY_US;
    this.twice = again ? 0 : code;
    this.twiceUs = now;
    return again;
  }

  /** Two key words within 4 s lift SEALED to UNSEALED, two others UNSEALED to FULLACCESS. */
  private keys(code: number): void {
    const { chip } = this;
    const at = chip.security === 3 ? 0x9257 : 0x925b;
    const now = chip.clock.nowUs;
    if (this.keyStep === 1 && code === chip.memory.u16(at + 2) && now - this.keyUs <= KEY_US) {
      chip.security--;
      this.keyStep = 0;
      return;
    }
    this.keyStep = code === chip.memory.u16(at) ? 1 : 0;
    this.keyUs = now;
  }

  fetch(code: number, out: Uint8Array): number {
    return this.results.fetch(code, out);
  }

  store(code: number, data: Uint8Array): void {
    const { chip } = this;
    if (chip.security === 3) return;
    if (chip.memory.has(code)) {
      for (let i = 0; i < data.length; i++) chip.memory.write(code + i, data[i]!);
      this.actions.settingsChanged();
      return;
    }
    const value = data[0]! | ((data[1] ?? 0) << 8);
    if (code === 0x0097) this.fets.host(value & 0x0f, ~value & 0x0f);
    else if (code === 0x0083 && data.length === 2) this.balance.request(value);
    else if (code === 0x0084 && data.length === 2) this.balance.requestLevel(value);
    else if (code === 0x0098) {
      chip.settings.reg1On = (chip.memory.u8(0x9237) & value & 1) !== 0;
      this.fets.update();
    }
  }
}
