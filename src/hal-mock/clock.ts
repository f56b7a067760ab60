/** Virtual time in µs: a queue of events and nothing else. Never looks at the real clock. */
import type { SimClock } from './contracts';

interface Event {
  atUs: number;
  /** Order of registration: events of the same instant run in it. */
  id: number;
  action: (() => void) | null;
}

function before(a: Event, b: Event): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.id < b.id);
}

export class VirtualClock implements SimClock {
  nowUs = 0;
  private readonly heap: Event[] = [];
  private readonly pending = new Map<number, Event>();
  private nextId = 1;

  at(atUs: number, action: () => void): number {
    const event = { atUs: Math.max(atUs, this.nowUs), id: this.nextId++, action };
    this.pending.set(event.id, event);
    this.push(event);
    return event.id;
  }

  cancel(handle: number): void {
    const event = this.pending.get(handle);
    if (event === undefined) return;
    event.action = null; // stays in the heap until its time comes; the actions of chips are few
    this.pending.delete(handle);
  }

  /** When the next event is due, or Infinity. */
  get nextUs(): number {
    while (this.heap.length > 0 && this.heap[0]!.action === null) this.pop();
    return this.heap.length > 0 ? this.heap[0]!.atUs : Infinity;
  }

  /** Lets time pass until `untilUs`; every event on the way runs at its own instant. */
  advanceTo(untilUs: number): void {
    while (this.nextUs <= untilUs) {
      const event = this.pop();
      this.pending.delete(event.id);
      this.nowUs = Math.max(this.nowUs, event.atUs);
      event.action!();
    }
    this.nowUs = Math.max(this.nowUs, untilUs);
  }

  private push(event: Event): void {
    const heap = this.heap;
    let i = heap.push(event) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(event, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = event;
  }

  private pop(): Event {
    const heap = this.heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      let i = 0;
      for (;;) {
        let child = 2 * i + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
        if (!before(heap[child]!, last)) break;
        heap[i] = heap[child]!;
        i = child;
      }
      heap[i] = last;
    }
    return top;
  }
}
