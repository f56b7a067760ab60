import { beforeEach, describe, expect, it } from 'vitest';
import { bench, crc8, dword, hex, sum, type FakeSurroundings, type Host } from './bq76952-fixture';
import type { Bq76952Chip } from '../../../src/hal-mock/devices/bq76952';

let chip: Bq76952Chip;
let host: Host;
let world: FakeSurroundings;
beforeEach(() => ({ chip, host, world } = bench()));

const allAcked = (bytes: string) => expect(host.raw(hex(bytes)).every(Boolean)).toBe(true);
describe('golden byte vectors (hardware.md 2.2.6)', () => {
  it('executes the commands byte for byte', () => {
    allAcked('3E 90 74 00 00');
    host.wait(2.1);
    expect(host.word(0x12) & 1).toBe(1);
    allAcked('3E 92 7A 00 00');
    host.wait(1.1);
    expect(host.word(0x12) & 1).toBe(0);
    allAcked('3E 22 63 00 00');
    expect(chip.bench.fets).toMatchObject({ chg: true, dsg: true });
    allAcked('3E 95 6F 00 00');
    expect(chip.bench.fets).toMatchObject({ chg: false, dsg: false });
    allAcked('3E 96 66 00 00');
    expect(chip.bench.fets).toMatchObject({ chg: true, dsg: true });
    allAcked('3E 97 61 00 00 01 07');
    allAcked('60 67 65 05 1B');
    expect(chip.bench.fets).toMatchObject({ chg: true, dsg: false });
  });

  it.each([
    ['Vcell Mode', '3E 04 91 93 F0 FF F3 FF F3', '60 6A 46 06 12', 0x9304, [0xff, 0xff]],
    ['Enabled Protections A', '3E 61 AD 92 F7 FC FA', '60 10 27 05 1B', 0x9261, [0xfc]],
    ['Comm Type', '3E 39 22 92 F7 12 7E', '60 22 B9 05 1B', 0x9239, [0x12]],
    ['SCD Threshold', '3E 86 16 92 F7 05 1B', '60 E2 F7 05 1B', 0x9286, [5]],
    ['SCD Delay', '3E 87 11 92 F7 15 6B', '60 D1 6E 05 1B', 0x9287, [21]],
    ['OCD3 Threshold', '3E 8A 32 92 F7 38 A8 CD 6D', '60 DE 43 06 12', 0x928a, [0x38, 0xcd]],
  ])('stores %s', (_name, data, check, address, expected) => {
    allAcked('3E 90 74 00 00');
    host.wait(2.1);
    allAcked(data);
    expect(expected.map((_, i) => chip.bench.dataMemory(address + i))).not.toEqual(expected);
    allAcked(check);
    expect(expected.map((_, i) => chip.bench.dataMemory(address + i))).toEqual(expected);
  });

  it('stores CC Gain for 0.25 mΩ with the checksum of the vector', () => {
    expect(sum(0x91a8, hex('55 30 F2 41'))).toBe(0x0e);
    host.store(0x91a8, hex('55 30 F2 41'));
    expect(host.fetch(0x91a8).slice(0, 4)).toEqual(hex('55 30 F2 41'));
  });

  it('accepts CB_ACTIVE_CELLS', () => {
    allAcked('3E 83 0D 00 00 05 1B 00 00');
    allAcked('60 77 15 06 12');
    expect(host.fetch(0x0083)).toEqual([5, 0]);
  });

  it('answers reads byte for byte', () => {
    world.cells[0] = 3277;
    world.ohm.TS1 = 7800; // about 31 °C
    host.configure([
      [0x9303, 0x06],
      [0x91a8, ...hex('55 30 F2 41')],
      [0x9234, 0x82, 0x28],
      [0x9286, 5],
    ]);
    world.shunt = -25000;
    host.wait(300);
    expect(host.rawRead(0x14, 4)).toEqual(hex('CD 41 0C 24'));
    expect(host.rawRead(0x12, 4)).toEqual(hex('80 D8 01 07'));
    expect(host.rawRead(0x3a, 4)).toEqual(hex('F0 9D D8 06'));
    chip.bench.freezePin('TS1', 3043);
    host.wait(200);
    expect(host.rawRead(0x70, 4)).toEqual(hex('E3 E5 0B 31'));
    host.fetch(0x0001);
    expect(host.rawRead(0x40, 4)).toEqual(hex('95 41 76 45'));
  });
});

describe('bus', () => {
  it('refuses a byte with a wrong CRC, executes nothing and idles until the next START', () => {
    expect(host.raw(hex('3E 95 6E 00 00'))).toEqual([true, true, true, false, false, false]);
    host.command(0x0022);
    expect(chip.bench.fets.chg).toBe(true);
  });

  it('covers only the read address and the byte when STOP comes before the read', () => {
    chip.start(false);
    chip.write(0x12);
    chip.stop();
    chip.start(true);
    const [data, crc] = [chip.read(), chip.read()];
    chip.stop();
    expect([data, crc]).toEqual([0x8c, crc8([0x11, 0x8c])]);
  });

  it('increments the register in blocks', () => {
    world.cells = world.cells.map((_, i) => 3000 + i);
    host.wait(70);
    const cells = host.read(0x14, 32);
    expect([0, 7, 15].map((i) => cells[2 * i]! | (cells[2 * i + 1]! << 8))).toEqual([3000, 3007, 3015]);
  });

  it('does not acknowledge while deaf, and for 4 ms after power-up', () => {
    chip.bench.deaf = true;
    expect(chip.start(false)).toBe(false);
    chip.bench.deaf = false;
    expect(chip.start(false)).toBe(true);
    chip.stop();
    chip.powerOnReset();
    host.wait(3.9);
    expect(chip.start(false)).toBe(false);
    host.wait(0.2);
    expect(chip.start(false)).toBe(true);
  });

  it('sends as many wrong CRCs as asked', () => {
    chip.bench.corruptCrcs(1);
    expect(() => host.word(0x12)).toThrow('crc');
    expect(host.word(0x12)).toBe(0x018c);
  });

  it('stretches SCL for a direct command, and longer on request', () => {
    chip.bench.extraStretchUs = 1000;
    chip.start(false);
    chip.write(0x12);
    expect(chip.stretchUs()).toBe(1000);
    chip.start(true);
    expect(chip.stretchUs()).toBe(1050);
    expect(chip.stretchUs()).toBe(0);
  });

  it('starts without CRC as plain part and changes with Comm Type when CONFIG_UPDATE is left or by SWAP_COMM_MODE', () => {
    ({ chip, host, world } = bench({ part: 'BQ76952' }));
    expect(host.word(0x12)).toBe(0x018c);
    host.configure([[0x9239, 0x12]]);
    host.crc = true;
    expect(host.word(0x12)).toBe(0x0184);
    host.store(0x9239, [0x08]);
    expect(host.word(0x12)).toBe(0x0184);
    host.command(0x29bc);
    host.crc = false;
    expect(host.word(0x12)).toBe(0x0184);
  });
});

describe('window', () => {
  it('gives 32 bytes from any data memory address, after its busy time', () => {
    host.command(0x9261);
    expect(host.word(0x3e)).toBe(0xffff);
    host.wait(0.2);
    expect(host.word(0x3e)).toBe(0x9261);
    expect(host.read(0x61, 1)).toEqual([0x24]);
    expect(host.read(0x40, 11)).toEqual(hex('88 00 00 00 98 D5 56 00 E4 E6 E2'));
  });

  it('keeps the old buffer while busy', () => {
    host.fetch(0x0001);
    host.command(0x0076);
    expect(host.read(0x40, 2)).toEqual([0x95, 0x76]);
    host.wait(0.65);
    expect(host.word(0x3e)).toBe(0xffff);
    host.wait(0.02);
    expect(host.word(0x3e)).toBe(0x0076);
  });

  it.each([
    ['a wrong checksum', (s: number): number[] => [s ^ 1, 6]],
    ['a wrong length', (s: number): number[] => [s, 5]],
    ['a length below one byte', (s: number): number[] => [s, 4]],
  ])('ignores a block with %s', (_name, tail) => {
    host.write(0x3e, [0x86, 0x92, 9, 7]);
    host.write(0x60, tail(sum(0x9286, [9, 7])));
    expect(chip.bench.dataMemory(0x9286)).toBe(0);
  });

  it('executes only when checksum and length come in one write', () => {
    host.write(0x3e, [0x86, 0x92, 9]);
    host.write(0x60, [sum(0x9286, [9])]);
    host.write(0x61, [5]);
    expect(chip.bench.dataMemory(0x9286)).toBe(0);
  });

  it('takes address and data in two writes as well', () => {
    host.write(0x3e, [0x86, 0x92]);
    host.write(0x40, [9]);
    host.write(0x60, [sum(0x9286, [9]), 5]);
    expect(chip.bench.dataMemory(0x9286)).toBe(9);
  });

  it.each([
    [0x9234, hex('82 29')], // Power Config
    [0x91a8, hex('f2 41 ef 40')], // CC Gain
    [0x9303, [0x05]], // DA Configuration
    [0x9308, [0x0d]], // FET Options
    [0x92b2, hex('3c 00')], // host watchdog delay
    [0x9343, hex('40 00')], // Mfg Status Init
  ])('has the factory default at %i', (address, bytes) => {
    expect(host.fetch(address).slice(0, bytes.length)).toEqual(bytes);
  });

  it('changes STATIC_CFG_SIG with any setting, also one that changed by itself', () => {
    const before = host.fetch(0x0005);
    expect(host.fetch(0x0005)).toEqual(before);
    chip.bench.corruptMemory(0x9278, 0x57);
    expect(host.fetch(0x0005)).not.toEqual(before);
    chip.bench.corruptMemory(0x9278, 0x56);
    expect(host.fetch(0x0005)).toEqual(before);
  });

  it('keeps memory and FETs from a sealed chip until the keys come', () => {
    host.command(0x0030);
    expect(host.word(0x12) & 0x0300).toBe(0x0300);
    host.store(0x9286, [9]);
    host.command(0x0022);
    expect([chip.bench.dataMemory(0x9286), chip.bench.fets.chg]).toEqual([0, false]);
    host.command(0x0414);
    host.command(0x3672);
    expect(host.word(0x12) & 0x0300).toBe(0x0200);
    host.command(0xffff);
    host.command(0xffff);
    expect(host.word(0x12) & 0x0300).toBe(0x0100);
  });
});

describe('CONFIG_UPDATE', () => {
  it('takes 2 ms to enter and 1 ms to leave, drops the FETs, and clears POR', () => {
    host.command(0x0022);
    expect(host.word(0x12)).toBe(0x018c);
    host.command(0x0090);
    host.wait(1.9);
    expect([host.word(0x12) & 1, chip.bench.fets.dsg]).toEqual([0, true]);
    host.wait(0.2);
    expect([host.word(0x12) & 1, chip.bench.fets.dsg]).toEqual([1, false]);
    host.command(0x0092);
    host.wait(0.9);
    expect(host.word(0x12) & 9).toBe(9);
    host.wait(0.2);
    expect([host.word(0x12), chip.bench.fets.dsg]).toEqual([0x0184, true]);
  });

  it('stops measuring, charge counting and protecting', () => {
    host.wait(300);
    host.command(0x0090);
    host.wait(3);
    world.cells[0] = 5000;
    world.shunt = -500000;
    host.wait(20000);
    expect(host.word(0x14)).toBe(3300);
    expect(chip.bench.safetyStatus).toEqual([0, 0, 0]);
    expect(dword(host.fetch(0x0076), 8)).toBe(0);
  });

  it('counts blocks that a host writes outside of it', () => {
    host.store(0x9286, [3]);
    expect(chip.bench.unsafeWrites).toBe(1);
    host.configure([[0x9286, 4]]);
    expect(chip.bench.unsafeWrites).toBe(1);
  });
});
