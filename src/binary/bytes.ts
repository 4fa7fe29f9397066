// Bounded reads from untrusted bytes. Everything that reads a file goes through here or checks its own bounds.

/** Why an input cannot be read. Readers throw it; `openExecutable` and `profile` turn it into a value. */
export class InputError extends Error {
  /** Where in the file it was found, for `--verbose`: a byte offset or the name of a structure. */
  readonly where: string;
  constructor(message: string, where = "") {
    super(message);
    this.name = "InputError";
    this.where = where;
  }
}

/** A bounds-checked reader over one byte array; offsets are file offsets unless the owner says otherwise. */
export class Bytes {
  readonly data: Uint8Array;
  readonly littleEndian: boolean;
  private readonly view: DataView;

  constructor(data: Uint8Array, littleEndian = true) {
    this.data = data;
    this.littleEndian = littleEndian;
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  get length(): number {
    return this.data.length;
  }

  private check(offset: number, length: number): void {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.data.length)) {
      throw new InputError("the file ends before a structure that it announces", `offset ${offset}, ${length} bytes`);
    }
  }

  u8(offset: number): number {
    this.check(offset, 1);
    return this.data[offset];
  }

  u16(offset: number): number {
    this.check(offset, 2);
    return u16(this.view, offset, this.littleEndian);
  }

  u32(offset: number): number {
    this.check(offset, 4);
    return u32(this.view, offset, this.littleEndian);
  }

  i32(offset: number): number {
    this.check(offset, 4);
    return this.view.getInt32(offset, this.littleEndian);
  }

  /** A 64-bit unsigned value as a number; values above 2^53 lose low bits, so bound them before use. */
  u64(offset: number): number {
    this.check(offset, 8);
    return word(this.view, offset, 8, this.littleEndian);
  }

  /** A pointer-sized unsigned value. */
  word(offset: number, size: 4 | 8): number {
    return size === 8 ? this.u64(offset) : this.u32(offset);
  }

  /** A view (no copy) of a range. */
  slice(offset: number, length: number): Uint8Array {
    this.check(offset, length);
    return this.data.subarray(offset, offset + length);
  }

  /** The NUL-terminated string at offset, at most max bytes, as latin1 is not enough for Go names: UTF-8. */
  cstring(offset: number, max = 65536): string {
    this.check(offset, 0);
    const limit = Math.min(this.data.length, offset + max);
    let end = offset;
    while (end < limit && this.data[end] !== 0) end++;
    return text(this.data.subarray(offset, end));
  }
}

/** An unsigned number of 32 bits. V8 compiles reads of signed ones in place, and calls a function for unsigned ones: six times slower. */
export function u32(view: DataView, offset: number, littleEndian: boolean): number {
  return view.getInt32(offset, littleEndian) >>> 0;
}

/** The same of 16 bits. */
export function u16(view: DataView, offset: number, littleEndian: boolean): number {
  return view.getInt16(offset, littleEndian) & 0xffff;
}

/** An unsigned number of 4 or 8 bytes; of those above 2^53 low bits are lost. */
export function word(view: DataView, offset: number, size: number, littleEndian: boolean): number {
  if (size === 4) return u32(view, offset, littleEndian);
  const low = u32(view, offset + (littleEndian ? 0 : 4), littleEndian);
  return joined(u32(view, offset + (littleEndian ? 4 : 0), littleEndian), low);
}

/**
 * Both halves of 64 bits. Most high ones are 0, and what a multiplication by 2^32 makes is never a small integer to V8: it would be kept
 * as an object, and so would all that is computed with it.
 */
export function joined(high: number, low: number): number {
  return high === 0 ? low : high * 0x1_0000_0000 + low;
}

const decoder = new TextDecoder("utf-8");
const SHORT = 12;

/** Bytes as UTF-8 text; invalid sequences become U+FFFD. */
export function text(bytes: Uint8Array): string {
  // building short ASCII names by hand is several times faster than TextDecoder
  const n = bytes.length;
  if (n <= SHORT) {
    let out = "";
    for (let i = 0; i < n; i++) {
      const c = bytes[i];
      if (c >= 0x80) return decoder.decode(bytes);
      out += String.fromCharCode(c);
    }
    return out;
  }
  return decoder.decode(bytes);
}
