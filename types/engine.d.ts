/** What Espruino 2v29 offers beyond ES5. Anything that is missing here is a type error in firmware. */
interface Array<T> {
  fill(value: T, start?: number, end?: number): this;
  includes(value: T): boolean;
  find(test: (value: T, index: number) => boolean): T | undefined;
  findIndex(test: (value: T, index: number) => boolean): number;
}
interface String {
  padStart(length: number, fill?: string): string;
  padEnd(length: number, fill?: string): string;
  includes(text: string): boolean;
  startsWith(text: string): boolean;
  endsWith(text: string): boolean;
  repeat(count: number): string;
}
interface ObjectConstructor {
  assign<T, U>(target: T, source: U): T & U;
}
