/** The pin tables of the boards against what the chips and the bare boards can do, and against the bundles. */
import { readFileSync } from 'node:fs';
import { parseAst } from 'rollup/parseAst';
import { describe, expect, it } from 'vitest';
import { resolvePins } from '../../build/pin-names.mjs';
import { EXPANDER } from '../../board/common/pico-pins';
import * as pico from '../../board/pico/pins';
import * as pico2 from '../../board/pico2/pins';
import * as discovery from '../../board/stm32f4discovery/pins';
import { PICO_WIRING } from '../../src/hal-mock/engine-globals';
import { WIRING } from '../../src/hal-mock/board';

type Row = readonly [signal: string, pin: string, use: string, note: string];

interface Facts {
  /** Pins that carry each peripheral function, typed in from the data sheet's table of alternate functions. */
  functions: Record<string, string>;
  adc: string;
  /** Pins that the bare board or the interpreter needs, and pins that do not exist on its headers. */
  reserved: Record<string, string>;
  /** Interrupt line of a pin: two watched pins must not share one. */
  line: (pin: string) => string;
  plain: RegExp;
}

/** STM32F407 data sheet DS8626 table 9; STM32F4DISCOVERY user manual UM1472 for what is soldered to what. */
const F407: Facts = {
  functions: {
    USART2_TX: 'A2 D5',
    USART2_RX: 'A3 D6',
    USART3_TX: 'B10 C10 D8',
    USART3_RX: 'B11 C11 D9',
    UART4_TX: 'A0 C10',
    UART4_RX: 'A1 C11',
    USART6_TX: 'C6',
    USART6_RX: 'C7',
    SPI1_SCK: 'A5 B3',
    SPI1_MOSI: 'A7 B5',
    SPI2_SCK: 'B10 B13',
    SPI2_MISO: 'B14 C2',
    SPI2_MOSI: 'B15 C3',
    TIM3_CH3: 'B0 C8',
    TIM9_CH2: 'A3 E6',
  },
  adc: 'A0 A1 A2 A3 A4 A5 A6 A7 B0 B1 C0 C1 C2 C3 C4 C5',
  reserved: {
    USB: 'A9 A10 A11 A12 C0',
    SWD: 'A13 A14 B3',
    codec: 'A4 B6 B9 C12',
    microphone: 'B10 C3',
    accelerometer: 'A6 E0 E1',
    clocks: 'H0 H1 C14 C15',
    'boot mode': 'B2',
  },
  line: (pin) => pin.slice(1),
  plain: /^[A-E](\d|1[0-5])$/,
};

/** RP2040 data sheet 1.4.3, RP2350 9.4 (the same for these functions and GP0..GP29); the engine counts blocks from 1. */
const RP: Facts = {
  functions: {
    USART1_TX: 'D0 D12 D16 D28',
    USART1_RX: 'D1 D13 D17 D29',
    USART2_TX: 'D4 D8 D20 D24',
    USART2_RX: 'D5 D9 D21 D25',
    I2C1_SDA: 'D0 D4 D8 D12 D16 D20 D24 D28',
    I2C1_SCL: 'D1 D5 D9 D13 D17 D21 D25 D29',
    I2C2_SDA: 'D2 D6 D10 D14 D18 D22 D26',
    I2C2_SCL: 'D3 D7 D11 D15 D19 D23 D27',
    SPI1_MISO: 'D0 D4 D16 D20',
    SPI1_SCK: 'D2 D6 D18 D22',
    SPI1_MOSI: 'D3 D7 D19 D23',
    TIM6_CH2: 'D11 D27',
  },
  adc: 'D26 D27 D28',
  reserved: { 'supply mode': 'D23', VBUS: 'D24', VSYS: 'D29' },
  line: (pin) => pin,
  plain: /^D(\d|[12]\d)$/,
};

const has = (list: string | undefined, pin: string): boolean => (list ?? '').split(' ').includes(pin);

/** Everything that is wrong with a table. */
function faults(rows: readonly Row[], facts: Facts): string[] {
  const found: string[] = [];
  const pins = new Map<string, string>();
  const signals = new Set<string>();
  const lines = new Map<string, string>();
  for (const [signal, pin, use] of rows) {
    const say = (what: string): number => found.push(`${signal} on ${pin}: ${what}`);
    if (!facts.plain.test(pin)) say('no such pin');
    if (pins.has(pin)) say(`also ${pins.get(pin)}`);
    pins.set(pin, signal);
    if (signals.has(signal)) say('signal named twice');
    signals.add(signal);
    for (const [part, list] of Object.entries(facts.reserved)) if (has(list, pin)) say(`belongs to ${part}`);
    if (use === 'watch') {
      const line = facts.line(pin);
      if (lines.has(line)) say(`shares its interrupt line with ${lines.get(line)}`);
      lines.set(line, signal);
    } else if (use === 'adc') {
      if (!has(facts.adc, pin)) say('no converter');
    } else if (!['in', 'out', 'soft i2c'].includes(use)) {
      if (!has(facts.functions[use], pin)) say(`no ${use}`);
    }
  }
  return found;
}

/** Pins that a finished bundle names: identifiers of that shape that it does not declare itself. */
function pinsOf(bundle: string, shape: RegExp): string[] {
  const found = new Set<string>();
  JSON.stringify(parseAst(bundle), (_key, node: { type?: string; name?: string } | null) => {
    if (node?.type === 'Identifier' && shape.test(node.name!)) found.add(node.name!);
    return node as unknown;
  });
  return [...found].sort();
}

/** Pins of the enum that `main.ts` chooses from, by name, read from the text: the compiler leaves nothing of it. */
function namedPins(file: string): Record<string, string> {
  const body = /const enum Pins \{([^}]*)\}/.exec(readFileSync(file, 'utf8'))![1]!;
  return Object.fromEntries([...body.matchAll(/(\w+) = '(\w+)'/g)].map(([, name, pin]) => [name!, pin!]));
}

describe.each([
  ['stm32f4discovery', discovery.PINS, F407, 'board/stm32f4discovery/pins.ts'],
  ['pico', pico.PINS, RP, 'board/common/pico-pins.ts'],
  ['pico2', pico2.PINS, RP, 'board/common/pico-pins.ts'],
] as const)('the pins of %s', (board, rows, facts, file) => {
  it('can do what the table asks of them, once each, beside what the bare board needs', () => {
    expect(rows.length).toBeGreaterThan(25);
    expect(faults(rows, facts)).toEqual([]);
  });

  it('are in the bundle exactly as far as the table does not say "later"', () => {
    const used = rows.filter(
      ([signal, , , note]) => !/^later|^free|the interpreter/.test(note) && !/Console/.test(signal),
    );
    const named = namedPins(file);
    const inBundle = pinsOf(readFileSync(`dist/${board}.min.js`, 'utf8'), facts.plain);
    expect(inBundle).toEqual(Object.values(named).sort());
    expect(inBundle).toEqual(used.map(([, pin]) => pin).sort());
  });
});

describe('the simulated wiring', () => {
  const at = (rows: readonly Row[], signal: string): string => rows.find((row) => row[0] === signal)![1];

  it('is that of the table of the reference board', () => {
    const pin = (signal: string): string => at(discovery.PINS, signal);
    expect(WIRING).toEqual({
      bothOff: pin('AFE BOTHOFF'),
      alert: pin('AFE ALERT'),
      leds: ['RUN', 'ALM', 'SOC1', 'SOC2', 'SOC3', 'SOC4', 'ON/OFF'].map((name) => pin(`LED ${name}`)),
      dip: [4, 3, 2, 1].map((number) => pin(`DIP ${number}`)),
      powerKey: pin('Power key'),
      rstKey: pin('Key RST'),
      breakerAux: pin('Breaker AUX'),
      peripherals: pin('Peripheral supply'),
      powerHold: pin('Power hold'),
      afeBus: { scl: pin('AFE SCL'), sda: pin('AFE SDA') },
      memoryBus: { scl: pin('FRAM and RTC SCL'), sda: pin('FRAM and RTC SDA') },
      rs232: { tx: pin('RS232 TX'), rx: pin('RS232 RX') },
    });
  });

  it('is that of the table of both Picos', () => {
    const pin = (signal: string): string => at(pico.PINS, signal);
    expect(PICO_WIRING).toEqual({
      bothOff: pin('AFE BOTHOFF'),
      onOff: pin('LED ON/OFF'),
      keyPower: pin('Power key'),
      breakerAux: pin('Breaker AUX'),
      keyRst: pin('Key RST'),
      afeBus: { scl: pin('AFE SCL'), sda: pin('AFE SDA') },
      memoryBus: { scl: pin('FRAM, RTC, MCP SCL'), sda: pin('FRAM, RTC, MCP SDA') },
    });
    expect(EXPANDER.map(([, expanderPin]) => expanderPin).sort()).toEqual(
      [...'AB'].flatMap((port) => Array.from({ length: 8 }, (_, bit) => port + bit)),
    );
  });
});

describe('the pin checker', () => {
  const row = (signal: string, pin: string, use: string): Row => [signal, pin, use, ''];

  it.each([
    ['a pin used twice', [row('a', 'E2', 'out'), row('b', 'E2', 'in')]],
    ['a function that the pin lacks', [row('a', 'D8', 'USART3_RX')]],
    ['two watches on one line', [row('a', 'A3', 'watch'), row('b', 'B3', 'watch')]],
    ['the same, on free pins', [row('a', 'E2', 'watch'), row('b', 'D2', 'watch')]],
    ['a pin of USB', [row('a', 'A11', 'out')]],
    ['a pin of the debugger', [row('a', 'A14', 'in')]],
    ['a pin that is none', [row('a', 'F1', 'out')]],
    ['an analogue input without converter', [row('a', 'E2', 'adc')]],
    ['a signal named twice', [row('a', 'E2', 'out'), row('a', 'D2', 'out')]],
  ])('finds %s', (_what, rows) => {
    expect(faults(rows, F407)).not.toEqual([]);
  });
});

describe('pin names', () => {
  it('become the globals of the engine; anything else stays', () => {
    expect(resolvePins('a(pin("B8" /* Pins.AfeScl */), pin("D28"))')).toBe('a(B8, D28)');
    expect(resolvePins('pin("Z9"); pin(name); spin("B8")')).toBe('pin("Z9"); pin(name); spin("B8")');
  });
});
