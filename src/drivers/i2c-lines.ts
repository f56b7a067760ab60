/** Idle check and bus clear of an I2C bus (hardware.md 6): the engine's master looks at neither line beforehand. */
import { I2cLines } from '../hal/bus';

/**
 * True when both lines are high, so that a transfer may begin. A chip that has lost its place and holds SDA gets up to
 * nine clocks and a STOP; against a held SCL nothing helps. Costs two reads as long as all is well.
 */
export function linesFree(lines: I2cLines): boolean {
  const scl = lines.scl;
  const sda = lines.sda;
  if (!scl.read()) return false;
  if (sda.read()) return true;
  scl.mode('opendrain');
  sda.mode('opendrain');
  for (let clocks = 0; clocks < 9 && !sda.read(); clocks++) {
    scl.write(0);
    scl.write(1);
  }
  scl.write(0);
  sda.write(0);
  scl.write(1);
  sda.write(1);
  lines.setup();
  return scl.read() && sda.read();
}
