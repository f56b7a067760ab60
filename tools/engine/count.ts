/**
 * Instructions that the interpreter executes for one piece of the bundle's work: a slice of a tick, a data event, the
 * start. Counted by callgrind, less what the bridge spends on the questions of that piece. The instructions of the
 * board's processor are within a third of them (docs/budgets.md).
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { espruino, type EspruinoProgram } from './bridge';
import type { Espruino } from './espruino';
import { answerBytes, MARK } from './prelude';
import { Rig, type Engine } from './rig';
import type { BoardOptions } from '../../src/hal-mock/board';

const VALGRIND = 'valgrind';
const UNDER = [VALGRIND, '--tool=callgrind', '--callgrind-out-file=parts', `--dump-before=${MARK}`, '--dump-line=no'];
const REPEATS = 4;
/** Questions at start that have no counterpart on a board worth subtracting. */
const SETUP = /^[BSTd]/;

export const canCount = (): boolean => spawnSync(VALGRIND, ['--version']).status === 0;

/** One piece of work: a round of the timer (the sample), an action of `setTimeout`, a data event. */
export interface Piece {
  kind: 'timer' | 'later' | 'data';
  instructions: number;
  /** Questions to the board: reads and writes of its buses. */
  reads: number;
  writes: number;
}

/** JavaScript that asks a question of the same form, with the prelude's own objects. */
function sameQuestion(question: string): string {
  const size = question.length;
  switch (question[0]) {
    case 'R':
      return `bench.i.readReg(8, 20, ${answerBytes(question)});`;
    case 'F':
      return `bench.i.readFrom(8, ${answerBytes(question)});`;
    case 'W':
      return `bench.i.writeTo(8, bench.bytes[${size - 4}]);`;
    case 'P':
      return 'bench.pin.write(0);';
    case 'p':
      return 'bench.pin.read();';
    case 'D':
      return `bench.kept[3](bench.pins, 85);`;
    case 'd':
      return 'bench.kept[4](bench.keys);';
    case 'O':
      return 'bench.kept[2](0, 0);';
    case 'K':
      return 'E.kickWatchdog();';
    case 's':
      return `bench.kept[1].write(bench.text.substr(0, ${size - 1}));`;
    default:
      throw new Error(`no calibration for ${JSON.stringify(question)}`);
  }
}

interface Raw {
  kind: Piece['kind'];
  instructions: number;
  questions: string[];
}

/** A rig in Espruino under the counter. */
export class Counter {
  readonly rig: Rig;
  /** Instructions of the bundle's top level. */
  readonly start: number;
  private engine!: Espruino;
  private questions: string[] = [];
  private raw: Raw[] = [];
  private counting = false;
  private calibrating = false;
  private readonly bridge = new Map<string, number>();
  private readonly empty: number;

  constructor(binary: string, bundle: string, options: Partial<BoardOptions>) {
    const inner = espruino({ binary, bundle, marked: true, under: UNDER, patienceMs: 120_000 });
    const engine: Engine = { name: inner.name, boot: (board) => this.watched(inner.boot(board)) };
    this.rig = new Rig(engine, options);
    const whole = this.parts()[1]!; // between the end of the prelude and the first command
    this.run('bench.on = 0');
    this.run('bench.i = new bench.kept[0](); bench.i.b = 0; bench.pin = new bench.Pin("C8"); 0');
    this.run('bench.pins = [1, 2, 3, 4, 5, 6, 7].map(function (n) { return new bench.Pin("D" + n); }); 0');
    this.run('bench.keys = [11, 0].map(function (n) { return new bench.Pin("E" + n); }); 0');
    this.run('bench.bytes = []; bench.text = "0".repeat(256); 0');
    this.empty = this.measured('0');
    this.start = whole - this.costOf(this.questions.filter((question) => !SETUP.test(question)));
  }

  /** Lets virtual time pass and counts every piece of work in it. */
  count(ms: number): Piece[] {
    this.raw = [];
    this.questions = [];
    this.mark(true);
    this.counting = true;
    this.rig.board.run(ms);
    this.counting = false;
    this.mark(false);
    return this.raw.map(({ kind, instructions, questions }) => ({
      kind,
      instructions: instructions - this.empty - this.costOf(questions),
      reads: questions.filter((question) => question[0] === 'R' || question[0] === 'F').length,
      writes: questions.filter((question) => question[0] === 'W').length,
    }));
  }

  close(): void {
    this.rig.close();
  }

  /** Puts itself between the rig and the engine. */
  private watched(program: EspruinoProgram): EspruinoProgram {
    const { engine } = program;
    this.engine = engine;
    engine.intercept = (question) => {
      if (this.calibrating) return '0'.repeat(answerBytes(question));
      this.questions.push(question);
      return undefined;
    };
    engine.onDone = (kind) => {
      if (!this.counting) return;
      const { questions } = this;
      this.questions = [];
      this.raw.push({ kind, instructions: this.parts().at(-1)!, questions });
    };
    return program;
  }

  /** An expression for the bridge itself. */
  private run(expression: string): void {
    this.calibrating = true;
    this.engine.run(expression);
    this.calibrating = false;
  }

  private mark(on: boolean): void {
    this.run(`bench.on = ${Number(on)}`);
    this.parts();
  }

  private measured(expression: string): number {
    this.mark(true);
    this.run(expression);
    const count = this.parts().at(-1)!;
    this.mark(false);
    return count;
  }

  private costOf(questions: readonly string[]): number {
    return questions.reduce((sum, question) => sum + this.bridgeCost(question), 0);
  }

  /** Instructions of the bridge for one question of this form. */
  private bridgeCost(question: string): number {
    const form = sameQuestion(question);
    let cost = this.bridge.get(form);
    if (cost === undefined) {
      const bytes = question.length - 4;
      if (question[0] === 'W') this.run(`bench.bytes[${bytes}] = new Uint8Array(${bytes}); 0`);
      cost = (this.measured(form.repeat(REPEATS) + '0') - this.empty) / REPEATS;
      this.bridge.set(form, cost);
    }
    return cost;
  }

  /** Counts of the parts that have ended since the last call, in their order. */
  private parts(): number[] {
    const { folder } = this.engine;
    const files = readdirSync(folder).filter((name) => /^parts\.\d+$/.test(name));
    const inOrder = files.sort((a, b) => Number(a.slice(6)) - Number(b.slice(6)));
    return inOrder.map((name) => {
      const file = join(folder, name);
      const text = readFileSync(file, 'latin1');
      rmSync(file);
      return Number(/^totals: (\d+)/m.exec(text)?.[1]);
    });
  }
}
