/** Digital inputs and groups of outputs. Levels are electrical; what a level means is the driver's knowledge. */

/** One digital input. */
export interface InPin {
  read(): boolean;
}

/** Several outputs written in one call; bit 0 is the last pin of the group. */
export interface OutPort {
  write(bits: number): void;
}

/** Calls `handler` on each edge of an input, as Espruino's `setWatch` does. Level after the edge, time in seconds. */
export type Watch = (handler: (edge: { state: boolean; time: number }) => void) => void;

/** One analogue input: 0..1 of full scale. */
export interface AnalogPin {
  analog(): number;
}
