/** What carries the console's characters: a serial port, a TCP socket, or Web Serial. One character is one byte. */
export interface Link {
  write(text: string): void;
  /** Set by whoever listens; called with what has arrived. */
  onData: (text: string) => void;
  /** Set by whoever listens; called once when the other end is gone. */
  onClose: (reason: string) => void;
  close(): void;
}

/** A failure with a message for the user. The command line shows errors that have a code as one line, others as a defect. */
export class FlashError extends Error {
  readonly code = 'FLASH';
}
