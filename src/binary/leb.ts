// A cursor over LEB128-coded bytes (wasm modules, Mach-O opcodes).
import { type Bytes, InputError } from "./bytes.ts";

/** Reads forward inside [at, end) of a file; leaving it is an InputError. */
export class LebCursor {
  at: number;
  readonly end: number;
  private readonly data: Uint8Array;

  constructor(bytes: Bytes, at: number, end: number) {
    if (!(at >= 0 && at <= end && end <= bytes.length)) {
      throw new InputError("the file is truncated: a part lies outside of it", `offset ${at}`);
    }
    this.data = bytes.data;
    this.at = at;
    this.end = end;
  }

  u8(): number {
    if (this.at >= this.end) throw new InputError("a list ends in the middle of an entry", `offset ${this.at}`);
    return this.data[this.at++];
  }

  /** Unsigned, at most ten bytes; above 2^53 low bits are lost, so bound the value before use. */
  uleb(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      const b = this.u8();
      value += (b & 0x7f) * factor;
      if (b < 0x80) return value;
      factor *= 128;
    }
    throw new InputError("a number has too many bytes", `offset ${this.at}`);
  }

  /** Signed. */
  sleb(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      const b = this.u8();
      value += (b & 0x7f) * factor;
      factor *= 128;
      if (b < 0x80) return b & 0x40 ? value - factor : value;
    }
    throw new InputError("a number has too many bytes", `offset ${this.at}`);
  }

  /** Moves on by length bytes and returns where they began. */
  skip(length: number): number {
    const at = this.at;
    if (!(length >= 0 && at + length <= this.end)) {
      throw new InputError("a list announces more bytes than there are", `offset ${at}`);
    }
    this.at = at + length;
    return at;
  }
}
