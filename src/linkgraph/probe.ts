// Reads what the link probe wrote (src/toolchain/linkprobe/probe.go.txt): lines of tab-separated fields, as bytes, in any chunks.
//   T address size name                                 a section
//   L path                                              a package; libraries first, in the order of their code
//   K number name                                       a symbol kind of this linker
//   S number address size section package unit flags kind version outer name      a symbol; addresses and sizes are hexadecimal
//   X                                               that was all
// and only with the graph, whose symbol numbers are those of S:
//   P function inlined …                                functions whose bodies were inlined, in the order of the inline tree
//   I package imported …
//   Z dynamic root …                                    where elimination begins
//   A symbol:count …                                    what elimination kept, as runs
//   M name                                              a method's name
//   G name type                                         a method's signature: number of its name, symbol of its type
//   E symbol flags reference …                          target[:offset], i: converted to an interface, o: init order,
//                                                       m: signature:type:entry:entry, u: calls a signature, n: looks up a name
import { InputError, text } from "../binary/bytes.ts";
import { U32List } from "../binary/go/types.ts";
import { F64List, Fields } from "./fields.ts";
import { type ProbeGraph, ProbeGraphBuilder } from "./probegraph.ts";

export interface ProbeSection {
  readonly va: number;
  readonly size: number;
  readonly name: string;
}

/** Bits of `flags`; more: 4 used in an interface, 16 special. */
export const REACHABLE = 1;
export const DUPLICATE_OK = 2;
/** Calls methods by reflection that the linker cannot know. */
const REFLECTS = 8;
/** A table of functions (funcdata); set only with the graph. */
export const FUNCTION_TABLE = 32;

/** Symbols of a link, struct of arrays in the linker's own order. */
export interface ProbeDump {
  readonly sections: readonly ProbeSection[];
  /** Index 0 is "". */
  readonly packages: readonly string[];
  readonly count: number;
  /** The linker's symbol number. */
  readonly id: Uint32Array;
  /** Virtual address; relative to the object file if another linker placed it (see ledger/claims/testimony.ts). */
  readonly va: Float64Array;
  readonly size: Float64Array;
  /** 1-based index into sections; 0: none. */
  readonly section: Uint32Array;
  readonly pkg: Uint32Array;
  /** Package of the compilation unit; 0 if it has none. */
  readonly unit: Uint32Array;
  readonly flags: Uint32Array;
  /** The linker's own number; see kindName. */
  readonly kind: Uint32Array;
  /** 0: assembly's ABI, 1: Go's own, 10: local to its file. */
  readonly version: Uint32Array;
  /** Number of the symbol that this one is a part of; 0: none. */
  readonly outer: Uint32Array;
  name(i: number): string;
  /** "STEXT"; "" if the linker gave no name. */
  kindName(kind: number): string;
  /** Only if it was asked for. */
  readonly graph?: ProbeGraph;
}

/** Whether a function that is reached calls methods by reflection so that the linker must keep all that are exported. */
export function reflects({ flags }: ProbeDump): boolean {
  const both = REACHABLE | REFLECTS;
  return flags.some((bits) => (bits & both) === both);
}

const TAB = 9;
const NEWLINE = 10;
const HEADER = "pare-link-probe\t4";
const [REACHED, EDGES, SIGNATURE, IMPORTS, KIND_NAME, PACKAGE, NAME, FUNCTION, SYMBOL, SECTION, END, ROOTS] = [
  ..."AEGIKLMPSTXZ",
].map((c) => c.charCodeAt(0));

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
  private readonly kind = new U32List();
  private readonly version = new U32List();
  private readonly outer = new U32List();
  private readonly kindNames = new Map<number, string>();
  private readonly graph = new ProbeGraphBuilder();
  private readonly nameEnd = new U32List();
  private names = new Uint8Array(1 << 16);
  private namesLength = 0;
  private rest = new Uint8Array(0);
  private started = false;
  private ended = false;

  /** Whether all has come. */
  get isComplete(): boolean {
    return this.ended;
  }

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
    const row = new Fields(b, from + 2, to);
    switch (b[from]) {
      case SYMBOL:
        this.symbol(b, row, to);
        break;
      case EDGES:
        this.graph.addEdges(row);
        break;
      case REACHED:
        this.graph.addReached(row);
        break;
      case SIGNATURE:
        this.graph.addSignature(row);
        break;
      case NAME:
        this.graph.addName(row);
        break;
      case ROOTS:
        this.graph.addRoots(row);
        break;
      case FUNCTION:
        this.graph.addFunction(row);
        break;
      case PACKAGE:
        this.packages.push(row.text(TAB));
        break;
      case IMPORTS:
        this.graph.addImports(row);
        break;
      case SECTION:
        this.sections.push({ va: row.number(16), size: row.number(16), name: row.text(TAB) });
        break;
      case END:
        this.ended = true;
        break;
      case KIND_NAME: {
        const number = row.number();
        this.kindNames.set(number, row.text(TAB));
      }
    }
  }

  private symbol(b: Uint8Array, row: Fields, to: number): void {
    this.id.push(row.number());
    this.va.push(row.number(16));
    this.size.push(row.number(16));
    this.section.push(row.number());
    this.pkg.push(row.number());
    this.unit.push(row.number());
    this.flags.push(row.number());
    this.kind.push(row.number());
    this.version.push(row.number());
    this.outer.push(row.number());
    const { at } = row;
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
    if (!this.ended) throw new InputError("the dump of the link probe is cut off");
    const ends = this.nameEnd.array();
    const { names, kindNames } = this;
    const graph = this.graph.finish();
    const decoded: (string | undefined)[] = [];
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
      kind: this.kind.array(),
      version: this.version.array(),
      outer: this.outer.array(),
      // asked for again and again by those who join the dump with a file
      name: (i) => (decoded[i] ??= text(names.subarray(i === 0 ? 0 : ends[i - 1], ends[i]))),
      kindName: (kind) => kindNames.get(kind) ?? "",
      ...(graph ? { graph } : {}),
    };
  }
}
