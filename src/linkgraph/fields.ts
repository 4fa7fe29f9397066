// Numbers out of the link probe's lines, without making strings of them.
import { text } from "../binary/bytes.ts";

const MINUS = 45;
const ZERO = 48;
const NINE = 57;
/** What leads from "a" to 10. */
const LETTER = 87;

/** Walks the fields of one line [at, end). A field ends at its separator or at the end of the line. */
export class Fields {
  private readonly bytes: Uint8Array;
  private readonly end: number;
  at: number;
  /** The character behind the number that was read last; 0 at the end of the line. */
  endedBy = 0;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  /** The number here, in digits as the probe writes them (lower case); what ended it is skipped. */
  number(base: 10 | 16 = 10): number {
    const { bytes, end } = this;
    const negative = bytes[this.at] === MINUS;
    let at = negative ? this.at + 1 : this.at;
    let value = 0;
    for (; at < end; at++) {
      const c = bytes[at];
      const digit = c <= NINE ? c - ZERO : c - LETTER;
      if (digit < 0 || digit >= base) break;
      value = value * base + digit;
    }
    this.endedBy = at < end ? bytes[at] : 0;
    this.at = at + 1;
    return negative ? -value : value;
  }

  /** The letter in front of a number, which is skipped; 0 if there is none. */
  letter(): number {
    const c = this.bytes[this.at];
    if (this.at >= this.end || c <= NINE) return 0;
    this.at++;
    return c;
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
