/** Data memory of the simulated BQ76952: RAM 0x9180..0x93FF with the factory defaults of hardware.md appendix A. */

const BASE = 0x9180;
const SIZE = 0x280;

/** Factory defaults, 16 bytes a row from 0x9180 (bq76952_datamem.csv, little-endian); the rest is zero. */
const DEFAULTS = [
  '00000000000000000000000000000000', // 9180 cell gains
  '00000000000000000000000000000000', // 9190
  '0000000000000000f241ef406a1c084a', // 91A0 CC gain, capacity gain
  '00000000000000000000000000000000', // 91B0
  '00000000000040000000000000000000', // 91C0 temperature offsets from 91CA
  '00000000ffffffff0000000000000000', // 91D0
  '00002e63d80bff3feb185cc3376778a7', // 91E0 internal temperature, 18K model
  'a270a0028dfec40256f2bb130000b72d', // 91F0
  '97bb9f64d7a3af7d2a08f9f78b0b9df2', // 9200 180K model
  '211100005e4300000000000000000000', // 9210
  '00000000000000000000000000090000', // 9220
  '00f4011e822900000000000020000000', // 9230 power, regulators, Comm Type
  '0058020155050000140005f4010ad007', // 9240 shutdown, sleep
  'c800000000050014047236ffffffff02', // 9250 keys
  '008800000098d55600e4e6e20000f8fc', // 9260 enabled protections, FET masks, alarm mask
  'f7f4003200324a00564a000202000a0f', // 9270 CUV, COV
  '020404010307000238ff60f002c80000', // 9280 OCC, OCD, SCD
  '0a0fc80005000a0fc8003702323c0237', // 9290 latches, temperatures
  '500241550250000205000205ec02f103', // 92A0
  'c8003c00003201000000fa0008070200', // 92B0 host watchdog, load detect, PTO
  '000007005f9f0000dc05029808059411', // 92C0 permanent failures
  '05f4010510270500830541055505ac0d', // 92D0
  '0a00f401056400740e3200c800051400', // 92E0
  '05ecff05640005050505000000070000', // 92F0 pins
  '00000005000000500d01000000000532', // 9300 DA configuration, FET options
  '64003200050000000000000000000000', // 9310
  '00000000000000000000000000000000', // 9320
  '000000000000ec3c4614013c0f28143c', // 9330 balancing
  '0f281440000000000000000000000000', // 9340
].join('');

/** CRC-16 (poly 0x1021), 15 bits of it: the chip's own algorithm is not published, only that it covers the settings. */
function signature(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (let i = 0; i < bytes.length; i++) {
    crc ^= bytes[i]! << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1;
  }
  return crc & 0x7fff;
}

export class DataMemory {
  readonly bytes = new Uint8Array(SIZE);
  private readonly view = new DataView(this.bytes.buffer);
  private cachedSignature = -1;

  /** RAM back to the factory defaults, plus what the part number has in its OTP. */
  reset(otp: Readonly<Record<number, number>>): void {
    this.bytes.fill(0);
    for (let i = 0; i < DEFAULTS.length / 2; i++) this.bytes[i] = parseInt(DEFAULTS.slice(2 * i, 2 * i + 2), 16);
    for (const address of Object.keys(otp)) this.bytes[Number(address) - BASE] = otp[Number(address)]!;
    this.cachedSignature = -1;
  }

  has(address: number): boolean {
    return address >= BASE && address < BASE + SIZE;
  }

  write(address: number, value: number): void {
    if (!this.has(address)) return;
    this.bytes[address - BASE] = value;
    this.cachedSignature = -1;
  }

  u8(address: number): number {
    return this.has(address) ? this.bytes[address - BASE]! : 0;
  }
  i8(address: number): number {
    return this.view.getInt8(address - BASE);
  }
  u16(address: number): number {
    return this.view.getUint16(address - BASE, true);
  }
  i16(address: number): number {
    return this.view.getInt16(address - BASE, true);
  }
  f32(address: number): number {
    return this.view.getFloat32(address - BASE, true);
  }

  /** What STATIC_CFG_SIG answers. */
  get signature(): number {
    if (this.cachedSignature < 0) this.cachedSignature = signature(this.bytes);
    return this.cachedSignature;
  }
}
