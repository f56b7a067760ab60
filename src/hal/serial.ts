/** A serial port. Data arrives as strings of characters 0..255; `write` blocks while the transmit queue is full. */
export interface SerialPort {
  on(event: 'data', handler: (data: string) => void): void;
  write(data: string): void;
}
