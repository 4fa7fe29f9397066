// Reads what the link probe wrote (src/toolchain/linkprobe/probe.go.txt): lines of tab-separated fields, as bytes, in any chunks.
import { InputError, text } from "../binary/bytes.ts";
import { U32List } from "../binary/go/types.ts";

export interface ProbeSection {
  readonly va: number;
  readonly size: number;
  readonly name: string;
}

/** Bits of `flags`; more: 4 used in an interface, 8 calls methods by reflection, 16 special, 32 inside another symbol. */
export const REACHABLE = 1;
export const DUPLICATE_OK = 2;

/** Symbols of a link, struct of arrays in the linker's own order. */
export interface ProbeDump {
  readonly sections: readonly ProbeSection[];
  /** Index 0 is "". */
  readonly packages: readonly string[];
  readonly count: number;
  /** The linker's symbol number. */
  readonly id: Uint32Array;
  /** Virtual address. */
  readonly va: Float64Array;
  readonly size: Float64Array;
  /** 1-based index into sections; 0: none. */
  readonly section: Uint32Array;
  readonly pkg: Uint32Array;
  /** Package of the compilation unit; 0 if it has none. */
  readonly unit: Uint32Array;
  readonly flags: Uint32Array;
  name(i: number): string;
}

const TAB = 9;
const NEWLINE = 10;
const HEADER = "pare-link-probe\t1";

class F64List {
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

/** Takes chunks with `push`, gives the dump with `finish`. Keeps the names as bytes, never the text. */
export class ProbeReader {
  private readonly sections: ProbeSection[] = [];
  private readonly packages: string[] = [""];
  private readonly id = new U32List();
  private readonly va = new F64List();
  private readonly size = new F64List();
  private readonly section = new U32List();
  private readonly pkg = new U32List();
  private readonly unit = new U32List();
  private readonly flags = new U32List();
  private readonly nameEnd = new U32List();
  private names = new Uint8Array(1 << 16);
  private namesLength = 0;
  private rest = new Uint8Array(0);
  private started = false;

  push(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.rest.length > 0) {
      bytes = new Uint8Array(this.rest.length + chunk.length);
      bytes.set(this.rest);
      bytes.set(chunk, this.rest.length);
    }
    let from = 0;
    for (;;) {
      const to = bytes.indexOf(NEWLINE, from);
      if (to < 0) break;
      this.line(bytes, from, to);
      from = to + 1;
    }
    this.rest = bytes.slice(from);
  }

  private line(b: Uint8Array, from: number, to: number): void {
    if (!this.started) {
      if (text(b.subarray(from, to)) !== HEADER) throw new InputError("this is not a dump of the link probe");
      this.started = true;
      return;
    }
    const kind = b[from];
    if (kind === 83) this.symbol(b, from + 2, to); // S
    else if (kind === 76) this.packages.push(text(b.subarray(from + 2, to))); // L
    else if (kind === 84) {
      const [va, size, name] = text(b.subarray(from + 2, to)).split("\t");
      this.sections.push({ va: parseInt(va, 16), size: parseInt(size, 16), name });
    }
  }

  private symbol(b: Uint8Array, from: number, to: number): void {
    let at = from;
    const field = (base: number): number => {
      let v = 0;
      for (; at < to && b[at] !== TAB; at++) {
        const c = b[at];
        v = v * base + (c <= 57 ? c - 48 : c - 87);
      }
      at++;
      return v;
    };
    this.id.push(field(10));
    this.va.push(field(16));
    this.size.push(field(16));
    this.section.push(field(10));
    this.pkg.push(field(10));
    this.unit.push(field(10));
    this.flags.push(field(10));
    const n = to - at;
    if (this.namesLength + n > this.names.length) {
      const more = new Uint8Array(Math.max(this.names.length * 2, this.namesLength + n));
      more.set(this.names);
      this.names = more;
    }
    this.names.set(b.subarray(at, to), this.namesLength);
    this.namesLength += n;
    this.nameEnd.push(this.namesLength);
  }

  /** Throws InputError if what was pushed is no dump. */
  finish(): ProbeDump {
    if (!this.started) throw new InputError("the dump of the link probe is empty");
    const ends = this.nameEnd.array();
    const { names } = this;
    return {
      sections: this.sections,
      packages: this.packages,
      count: this.id.count,
      id: this.id.array(),
      va: this.va.array(),
      size: this.size.array(),
      section: this.section.array(),
      pkg: this.pkg.array(),
      unit: this.unit.array(),
      flags: this.flags.array(),
      name: (i) => text(names.subarray(i === 0 ? 0 : ends[i - 1], ends[i])),
    };
  }
}
