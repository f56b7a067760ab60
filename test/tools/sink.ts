/** A stream that remembers what was written to it. */
import type { Sink } from '../../tools/output';

export function sink(): Sink & { text: string } {
  return {
    text: '',
    write(text: string) {
      this.text += text;
    },
  };
}
