/** `cellkeeper sim`: the pack, its household or its random life, its port and its panel, put together. */
import { Layout } from '../src/comms/pace/telemetry';
import { Changes } from './changes';
import { Household } from './household';
import type { SimOptions } from './options';
import { Lines, Quiet, Screen, type Io, type Output } from './output';
import type { PanelView } from './panel';
import { Runner, type Runnable } from './runner';
import { Soak, soakPlant } from './soak';
import { Progress } from './soak-progress';
import { soakReport } from './soak-report';
import { TcpPort } from './tcp-port';
import { firmwareView } from './view';
import { VirtualPack } from './virtual-pack';

/** Firmware exceptions that are printed; the rest is counted only. */
const SHOWN_ERRORS = 5;
const KEPT_LINES = 50;

const LAYOUTS: Readonly<Record<SimOptions['layout'], Layout>> = {
  v1: Layout.V1,
  v2: Layout.V2,
  v3: Layout.V3,
  auto: Layout.Auto,
};

/** A failure that the person at the keyboard can mend: one line, no stack. */
export class UserError extends Error {}

export class Simulation implements Runnable {
  readonly pack: VirtualPack;
  /** With `--scenario random`; else a household. */
  readonly soak: Soak | null;
  readonly log: string[] = [];
  private readonly household: Household | null;
  private readonly changes = new Changes();
  private errors = 0;

  constructor(
    private readonly options: Readonly<SimOptions>,
    private readonly onLog: (line: string) => void = () => {},
  ) {
    const { seed, soc, ambient, address, layout } = options;
    const random = options.scenario === 'random';
    const plant = random ? soakPlant(seed) : {};
    this.pack = new VirtualPack({ seed, soc, ambientCelsius: ambient, address, layout: LAYOUTS[layout], plant });
    this.soak = random ? new Soak(this.pack, { seed }, (line) => this.say(line)) : null;
    this.household = random
      ? null
      : new Household(this.pack.board.plant, { ...options, day: options.scenario === 'day' });
    this.household?.apply(0);
  }

  get nowMs(): number {
    return this.pack.nowMs;
  }

  /** The tick that is due at the end belongs to what comes after: 60 s end at 60 s, not in the middle of a tick. */
  runTo(ms: number): void {
    const { cpu, time } = this.pack.board;
    const us = Math.round(ms * 1000);
    if (this.soak !== null) this.soak.runTo(us - 1);
    else cpu.run(us - 1);
    time.advanceTo(us);
  }

  /** Household and log, once per virtual second. */
  step(nowMs: number): void {
    this.household?.apply(nowMs);
    for (const line of this.changes.since(this.pack.firmware, nowMs)) this.say(line);
    const { errors } = this.pack.board.cpu;
    for (; this.errors < errors.length; this.errors++)
      if (this.errors < SHOWN_ERRORS) this.say(`firmware exception: ${String(errors[this.errors])}`);
  }

  /** Plant truth beside the firmware's view of it. */
  snapshot(): object {
    const { pack } = this;
    return {
      virtualSeconds: pack.nowMs / 1000,
      truth: pack.board.plant.truth(),
      firmware: { ...firmwareView(pack.firmware), leds: pack.board.ledBits },
      exceptions: this.errors,
      ...(this.soak === null ? {} : { soak: this.soak.summary() }),
    };
  }

  view(reached: number, rs232: string, logLines: number): PanelView {
    const { pack } = this;
    const { chargerText, loadText } = this.household ?? this.soak!.life;
    return {
      firmware: firmwareView(pack.firmware),
      leds: pack.board.ledBits,
      virtualMs: pack.nowMs,
      speed: this.options.speed,
      reached,
      breaker: pack.board.plant.truth().breaker,
      charger: chargerText,
      load: loadText,
      rs232,
      log: this.log.slice(this.log.length - logLines),
    };
  }

  private say(line: string): void {
    this.log.push(line);
    if (this.log.length > KEPT_LINES) this.log.shift();
    this.onLog(line);
  }
}

function outputFor(options: Readonly<SimOptions>, io: Io): Output {
  if (options.json) return new Quiet(io.stderr);
  if (options.headless) return new Lines(io.stdout, Infinity);
  return io.stdout.isTTY === true ? new Screen(io.stdout) : new Lines(io.stdout);
}

async function openPort(port: number, simulation: Simulation): Promise<TcpPort> {
  try {
    return await TcpPort.listen(port, simulation.pack.board.rs232);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const reason = code === 'EADDRINUSE' ? 'in use' : `not available (${code})`;
    throw new UserError(
      `port ${port} on 127.0.0.1 is ${reason}; choose another with --rs232 tcp:PORT, or --rs232 none`,
    );
  }
}

/** Lets it run until the duration has passed, the signal comes or too much is wrong. */
async function pass(
  simulation: Simulation,
  options: Readonly<SimOptions>,
  signal: AbortSignal,
  output: Output,
  progress: Progress,
): Promise<void> {
  const { soak } = simulation;
  const tcp = options.rs232 === null ? null : await openPort(options.rs232, simulation);
  const rs232Text = (): string =>
    tcp === null
      ? 'not served'
      : `127.0.0.1:${tcp.port}, clients ${tcp.counts.clients}, requests ${tcp.counts.framesIn}`;
  if (tcp !== null) output.log(`RS232 is served on 127.0.0.1:${tcp.port}`);
  const enough = new AbortController();
  let shownMs = -Infinity;
  const runner = new Runner(simulation, {
    speed: options.speed,
    untilMs: options.forMs ?? Infinity,
    signal: AbortSignal.any([signal, enough.signal]),
    talking: () => tcp !== null && tcp.busy,
    afterStretch: (nowMs, onGrid) => {
      tcp?.service(nowMs);
      if (onGrid) simulation.step(nowMs);
      if (onGrid) progress.update({ nowMs, speed: runner.reached, ...counted(soak) });
      if (soak?.failed === true) enough.abort();
      if (output.periodMs === Infinity || performance.now() - shownMs < output.periodMs) return;
      shownMs = performance.now();
      output.show(simulation.view(runner.reached, rs232Text(), output.logLines));
    },
  });
  try {
    await runner.run();
  } finally {
    progress.clear();
    output.close(simulation.view(runner.reached, rs232Text(), output.logLines));
    await tcp?.close();
  }
}

function counted(soak: Soak | null): { events: number | null; violations: number } {
  return { events: soak?.eventTotal ?? null, violations: soak?.violations.length ?? 0 };
}

/** Runs the pack. Throws `UserError` when the port is taken, and when something was wrong that must never be. */
export async function simulate(options: Readonly<SimOptions>, io: Io, signal: AbortSignal): Promise<void> {
  const output = outputFor(options, io);
  const progress = new Progress(io.stderr, options.headless ? (options.forMs ?? Infinity) : Infinity);
  const simulation = new Simulation(options, (line) => {
    progress.clear();
    output.log(line);
  });
  await pass(simulation, options, signal, output, progress);
  const { soak } = simulation;
  soak?.end();
  if (options.json) io.stdout.write(JSON.stringify(simulation.snapshot()) + '\n');
  else if (soak !== null) io.stdout.write(soakReport(soak.summary()).join('\n') + '\n');
  const violations = soak?.violations ?? [];
  if (violations.length > 0) throw new UserError(`${violations.length} violations, the first: ${violations[0]!.text}`);
}
