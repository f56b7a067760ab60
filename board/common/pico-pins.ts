/** Pins of Pico and Pico 2 (hardware.md 7.3): the names that `pico.ts` uses, and the whole table for people and tests. */
import { PinRow } from './pins';

export const enum Pins {
  AfeSda = 'D4',
  AfeScl = 'D5',
  MemorySda = 'D6',
  MemoryScl = 'D7',
  BothOff = 'D15',
  LedOnOff = 'D25',
  KeyPower = 'D2',
  BreakerAux = 'D3',
  KeyRst = 'D28',
}

// prettier-ignore
export const PINS: readonly PinRow[] = [
  ['Debug TX',           'D0',          'USART1_TX', 'free: the interpreter\'s fall-back prompt before the firmware starts'],
  ['Debug RX',           'D1',          'USART1_RX', 'free'],
  ['Power key',          Pins.KeyPower,  'in',       'pull-up; to ground, wired to TS2 of the AFE as well'],
  ['Breaker AUX',        Pins.BreakerAux, 'in',      'pull-up; to ground while the breaker is closed; see the reference board'],
  ['AFE SDA',            Pins.AfeSda,   'I2C1_SDA',  '2.2 k to 4.7 k to 3.3 V'],
  ['AFE SCL',            Pins.AfeScl,   'I2C1_SCL',  '2.2 k to 4.7 k to 3.3 V'],
  ['FRAM, RTC, MCP SDA', Pins.MemorySda, 'I2C2_SDA', '2.2 k to 4.7 k to 3.3 V'],
  ['FRAM, RTC, MCP SCL', Pins.MemoryScl, 'I2C2_SCL', '2.2 k to 4.7 k to 3.3 V'],
  ['RS485B,C TX',        'D8',          'USART2_TX', 'later; auto-direction transceiver'],
  ['RS485B,C RX',        'D9',          'USART2_RX', 'later'],
  ['CAN INT',            'D10',         'watch',     'later'],
  ['AFE ALERT',          'D11',         'watch',     'later; active high'],
  ['RS485A TX',          'D12',         'USART1_TX', 'later; auto-direction transceiver; then D0 and D1 are no prompt any more'],
  ['RS485A RX',          'D13',         'USART1_RX', 'later'],
  ['MCP23017 INT',       'D14',         'watch',     'later'],
  ['AFE BOTHOFF',        Pins.BothOff,  'out',       'DFETOFF of the AFE; high opens both paths; 10 k to ground'],
  ['SPI MISO',           'D16',         'SPI1_MISO', 'later; CAN'],
  ['CAN CS',             'D17',         'out',       'later'],
  ['SPI SCK',            'D18',         'SPI1_SCK',  'later; CAN and LCD'],
  ['SPI MOSI',           'D19',         'SPI1_MOSI', 'later; CAN and LCD'],
  ['LCD CS',             'D20',         'out',       'later'],
  ['LCD DC',             'D21',         'out',       'later'],
  ['LCD RST',            'D22',         'out',       'later'],
  ['LED ON/OFF',         Pins.LedOnOff, 'out',       'the LED of the board; not on a Pico W'],
  ['Terminal voltage',   'D26',         'adc',       'later; divider 20:1'],
  ['Buzzer',             'D27',         'TIM6_CH2',  'later'],
  ['Key RST',            Pins.KeyRst,   'in',        'pull-up; to ground; held at start the prompt stays on USB'],
];

/** The expander's pins: port, bit, signal. */
// prettier-ignore
export const EXPANDER: readonly PinRow[] = [
  ['Key MENU',           'A0',          'in',        'later; to ground'],
  ['Key ENTER',          'A1',          'in',        'later; to ground'],
  ['Key DOWN',           'A2',          'in',        'later; to ground'],
  ['Key ESC',            'A3',          'in',        'later; to ground'],
  ['DIP 1',              'A4',          'in',        'ON to ground; lowest bit of the address'],
  ['DIP 2',              'A5',          'in',        'ON to ground'],
  ['DIP 3',              'A6',          'in',        'ON to ground'],
  ['DIP 4',              'A7',          'in',        'ON to ground'],
  ['LED RUN',            'B0',          'out',       '1 k'],
  ['LED ALM',            'B1',          'out',       '1 k'],
  ['LED SOC1',           'B2',          'out',       '1 k'],
  ['LED SOC2',           'B3',          'out',       '1 k'],
  ['LED SOC3',           'B4',          'out',       '1 k'],
  ['LED SOC4',           'B5',          'out',       '1 k'],
  ['Dry contact 1',      'B6',          'out',       'later; ULN2003 or N-FET with diode; kept off'],
  ['Dry contact 2',      'B7',          'out',       'later; ULN2003 or N-FET with diode; kept off'],
];
