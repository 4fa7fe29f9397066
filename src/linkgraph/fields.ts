// Numbers out of the link probe's lines, without making strings of them.
import { text } from "../binary/bytes.ts";

const MINUS = 45;

/** Walks the fields of one line [at, end). A field ends at its separator or at the end of the line. */
export class Fields {
  private readonly bytes: Uint8Array;
  private readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  /** The number up to the separator (a character code), which is skipped. Digits as the probe writes them: lower case. */
  number(separator: number, base: 10 | 16 = 10): number {
    const { bytes, end } = this;
    const negative = bytes[this.at] === MINUS;
    let at = negative ? this.at + 1 : this.at;
    let value = 0;
    for (; at < end && bytes[at] !== separator; at++) {
      const c = bytes[at];
      value = value * base + (c <= 57 ? c - 48 : c - 87);
    }
    this.at = at + 1;
    return negative ? -value : value;
  }

  /** The text up to the separator, which is skipped. */
  text(separator: number): string {
    const from = this.at;
    let at = from;
    while (at < this.end && this.bytes[at] !== separator) at++;
    this.at = at + 1;
    return text(this.bytes.subarray(from, at));
  }
}

/** A list of numbers beyond 32 bits. */
export class F64List {
  count = 0;
  private data = new Float64Array(1024);
  push(v: number): void {
    if (this.count === this.data.length) {
      const more = new Float64Array(this.data.length * 2);
      more.set(this.data);
      this.data = more;
    }
    this.data[this.count++] = v;
  }
  array(): Float64Array {
    return this.data.subarray(0, this.count);
  }
}
