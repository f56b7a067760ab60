/** Pins of the controller by name. Outputs are driven by the program, inputs by what is connected. */
import type { OutPin } from '../hal/bus';
import type { InPin, Watch } from '../hal/pin';
import type { SimCpu } from './cpu';

export class SimPin implements InPin, OutPin {
  /** Called after each change of level, whoever caused it. */
  onChange: (level: boolean) => void = () => {};
  private level = false;

  constructor(
    readonly name: string,
    private readonly cpu: SimCpu,
  ) {}

  read(): boolean {
    return this.level;
  }

  /** Drives the pin: the program an output, the bench an input. */
  write(value: boolean | number): void {
    const level = Boolean(value);
    if (level === this.level) return;
    this.level = level;
    this.onChange(level);
    for (const handler of this.watchers) {
      const edge = { state: level, time: this.cpu.clock.nowUs / 1e6 };
      this.cpu.post(() => handler(edge));
    }
  }

  /** As the engine's `setWatch`: the handler runs when the program is free. */
  readonly watch: Watch = (handler) => {
    this.watchers.push(handler);
  };

  /** Controller reset: the program's watches are gone. */
  reset(): void {
    this.watchers.length = 0;
  }

  private readonly watchers: ((edge: { state: boolean; time: number }) => void)[] = [];
}

export class SimPins {
  private readonly pins = new Map<string, SimPin>();

  constructor(private readonly cpu: SimCpu) {}

  pin(name: string): SimPin {
    let pin = this.pins.get(name);
    if (pin === undefined) {
      pin = new SimPin(name, this.cpu);
      this.pins.set(name, pin);
    }
    return pin;
  }

  reset(): void {
    for (const pin of this.pins.values()) pin.reset();
  }
}
