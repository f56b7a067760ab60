import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/hal-mock/clock';
import type { I2cDevice } from '../../src/hal-mock/contracts';
import { SimCpu } from '../../src/hal-mock/cpu';
import { SimI2c } from '../../src/hal-mock/sim-i2c';
import { SimPins } from '../../src/hal-mock/sim-pins';
import { SimSerial, TxQueue } from '../../src/hal-mock/sim-serial';
import { SimSpi } from '../../src/hal-mock/sim-spi';

/** Remembers what it was told and answers 1, 2, 3, ... */
class Recorder implements I2cDevice {
  log: string[] = [];
  private next = 1;
  start(read: boolean): boolean {
    this.log.push(read ? 'Sr' : 'S');
    return true;
  }
  write(byte: number): boolean {
    this.log.push(byte.toString(16));
    return byte !== 0xee;
  }
  read(): number {
    return this.next++;
  }
  stop(): void {
    this.log.push('P');
  }
}

describe('simulated I2C', () => {
  const make = (master: 'software' | 'hardware' = 'software') => {
    const clock = new VirtualClock();
    const bus = new SimI2c(clock, { master, bitrate: 100000 });
    const device = new Recorder();
    bus.attach(8, device);
    return { clock, bus, device };
  };

  it('reads a register with a repeated start', () => {
    const { bus, device } = make();
    expect([...bus.readReg(8, 0x14, 3)]).toEqual([1, 2, 3]);
    expect(device.log).toEqual(['S', '14', 'Sr', 'P']);
  });

  it('takes the time of its bits: 9 a byte at 100 kHz', () => {
    const { clock, bus } = make();
    bus.writeTo(8, [1, 2, 3]);
    expect(clock.nowUs).toBeCloseTo((10 + 3 * 9 + 1) * 10, 6);
  });

  it('software master: a silent bus reads as 0xFF and nothing is reported', () => {
    const { bus } = make();
    expect([...bus.readReg(9, 0, 2)]).toEqual([255, 255]);
    bus.faults.unplugged = true;
    expect([...bus.readReg(8, 0, 2)]).toEqual([255, 255]);
  });

  it('hardware master: a missing acknowledge throws after its time-out', () => {
    const { clock, bus } = make('hardware');
    expect(() => bus.writeTo(9, 1)).toThrow('Timeout');
    expect(clock.nowUs).toBeGreaterThan(50000);
  });

  it('delivers nothing to a chip after it has refused a byte', () => {
    const { bus, device } = make();
    bus.writeTo(8, [0xee, 0x55]);
    expect(device.log).toEqual(['S', 'ee', 'P']);
  });

  it('injects refused addresses, disturbed bytes and stuck lines', () => {
    const { bus, device } = make();
    bus.faults.refuse = 1;
    bus.writeTo(8, 1);
    bus.faults.disturb = (byte, fromDevice) => (fromDevice ? byte ^ 0x80 : byte);
    expect([...bus.readFrom(8, 1)]).toEqual([0x81]);
    expect(device.log).toEqual(['P', 'Sr', 'P']);
    bus.faults.sdaLow = true;
    expect(() => bus.writeTo(8, 1)).toThrow('Arbitration');
    bus.faults.sdaLow = false;
    bus.faults.sclLow = true;
    expect(() => bus.writeTo(8, 1)).toThrow('Timeout');
  });
});

describe('simulated serial port', () => {
  const make = (baud = 9600) => {
    const clock = new VirtualClock();
    const cpu = new SimCpu(clock);
    const port = new SimSerial(cpu, new TxQueue());
    port.baud = baud;
    return { clock, cpu, port };
  };

  it('sends a byte every 10 bit times', () => {
    const { clock, cpu, port } = make();
    const at: number[] = [];
    port.onSent = () => at.push(clock.nowUs);
    port.write('ab');
    cpu.run(1e6);
    expect(at[0]).toBeCloseTo(1e7 / 9600, 6);
    expect(at[1]).toBeCloseTo(2e7 / 9600, 6);
  });

  it('blocks the program when 256 entries are queued, and loses nothing', () => {
    const { clock, cpu, port } = make();
    let sent = '';
    port.onSent = (data) => (sent += data);
    port.write('x'.repeat(256));
    expect(clock.nowUs).toBe(0);
    port.write('y'.repeat(10));
    expect(clock.nowUs).toBeCloseTo((10 * 1e7) / 9600, 3);
    cpu.run(1e6);
    expect(sent).toBe('x'.repeat(256) + 'y'.repeat(10));
  });

  it('hands over single bytes to an idle program and chunks of at most 64 to a busy one', () => {
    const { cpu, port } = make();
    const chunks: number[] = [];
    port.on('data', (data) => chunks.push(data.length));
    port.receive('abc');
    cpu.run(10000);
    expect(chunks).toEqual([1, 1, 1]);
    chunks.length = 0;
    cpu.setInterval(() => cpu.wait(150000), 1000);
    cpu.run(1000000);
    port.receive('z'.repeat(100));
    cpu.run(1400000);
    expect(Math.max(...chunks)).toBeLessThanOrEqual(64);
    expect(chunks.reduce((a, b) => a + b, 0)).toBe(100);
  });

  it('counts what it loses when the program does not fetch 1024 bytes', () => {
    const { cpu, port } = make(115200);
    port.on('data', () => {});
    cpu.setInterval(() => cpu.wait(500000), 1000);
    cpu.run(1000000 - 1);
    port.receive('z'.repeat(2000));
    cpu.run(1600000);
    expect(port.lost).toBe(2000 - 1024);
  });
});

describe('simulated pins and SPI', () => {
  it('tells a watch about both edges when the program is free', () => {
    const clock = new VirtualClock();
    const cpu = new SimCpu(clock);
    const pin = new SimPins(cpu).pin('E4');
    const edges: boolean[] = [];
    pin.watch((edge) => edges.push(edge.state));
    pin.write(1);
    pin.write(true);
    pin.write(0);
    expect(edges).toEqual([]);
    cpu.run(1);
    expect(edges).toEqual([true, false]);
  });

  it('exchanges bytes with the selected chip only', () => {
    const clock = new VirtualClock();
    const pins = new SimPins(new SimCpu(clock));
    const spi = new SimSpi(clock, 1000000);
    const log: string[] = [];
    const select = pins.pin('B12');
    spi.attach(select, {
      select: () => log.push('select'),
      exchange: (byte) => byte ^ 0xff,
      deselect: () => log.push('deselect'),
    });
    expect([...spi.send([0x0f, 1], select)]).toEqual([0xf0, 0xfe]);
    expect([...spi.send([0x0f], pins.pin('D7'))]).toEqual([255]);
    expect([log.join(), clock.nowUs, select.read()]).toEqual(['select,deselect', 24, true]);
  });
});
