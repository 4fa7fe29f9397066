// What the link probe writes only when it is asked for it (src/toolchain/linkprobe/graph.go.txt): what dead-code elimination went by,
// as it was right after it, by the linker's symbol numbers.
import { U32List } from "../binary/go/types.ts";
import type { Fields } from "./fields.ts";

const TAB = 9;
const COLON = 58;
const [METHOD, IFACE, ORDER, USE_METHOD, USE_NAME] = [..."mioun"].map((c) => c.charCodeAt(0));

/** Bits of a symbol's `flags` in the graph. */
export const SYMBOL = { type: 1, reflectMethod: 2, text: 4, itab: 8, reached: 16 } as const;

/** What a reference means to dead-code elimination (cmd/link/internal/ld/deadcode.go). */
export const EDGE = {
  /** Keeps its target. */
  plain: 0,
  /** The target is a type that is converted to an interface here. */
  iface: 1,
  /** Between init tasks of packages: the importing one to the imported. */
  order: 2,
  /** The target is the number of a method of the type: kept if somebody may call it. */
  method: 3,
  /** The target is the number of a method signature that is called through an interface here. */
  useMethod: 4,
  /** The target is the number of a method name that is looked up here. */
  useName: 5,
} as const;

/** References, struct of arrays. */
export interface ProbeGraph {
  /** Plugins or shared libraries: every type may meet an interface elsewhere, all methods stay. */
  readonly dynamic: boolean;
  /** Symbols that elimination begins with. */
  readonly roots: Uint32Array;
  /** What the linker's elimination kept: pairs of a symbol and how many from there. */
  readonly reached: Uint32Array;
  /** Symbols that refer to something, or have flags. */
  readonly symbol: Uint32Array;
  readonly flags: Uint8Array;
  /** References of the i-th of `symbol` are [start[i], start[i + 1]). */
  readonly start: Uint32Array;
  readonly edge: Uint8Array;
  readonly target: Uint32Array;
  /** Where in the symbol's code, in bytes; 0: unknown or no code. */
  readonly offset: Uint32Array;
  readonly methods: MethodTable;
  /** Names of methods; signatures count into `signatures`. */
  readonly names: readonly string[];
  readonly signatures: { readonly name: Uint32Array; readonly type: Uint32Array };
  /** Package → packages it imports, as indices into the dump's packages. */
  readonly imports: ReadonlyMap<number, readonly number[]>;
  readonly functions: FunctionList;
}

/** Methods of types: what stays of each if it stays. */
export interface MethodTable {
  readonly signature: Uint32Array;
  /** Three symbols each: the method's type, its entry for interfaces, its entry for direct calls; 0: none. */
  readonly parts: Uint32Array;
}

/** Functions that are in the function table, by the linker's numbers. */
export interface FunctionList {
  readonly symbol: Uint32Array;
  /** Functions whose bodies were inlined into the i-th, once for each place: inlined[start[i]] … inlined[start[i + 1] - 1]. */
  readonly start: Uint32Array;
  readonly inlined: Uint32Array;
}

/** Collects the rows A, E, G, I, M, P and Z. */
export class ProbeGraphBuilder {
  private dynamic = false;
  private readonly roots = new U32List();
  private readonly reached = new U32List();
  private readonly symbol = new U32List();
  private readonly flags = new U32List();
  private readonly start = new U32List();
  private readonly edge = new U32List();
  private readonly target = new U32List();
  private readonly offset = new U32List();
  private readonly methodSignature = new U32List();
  private readonly methodParts = new U32List();
  private readonly names: string[] = [];
  private readonly signatureName = new U32List();
  private readonly signatureType = new U32List();
  private readonly imports = new Map<number, number[]>();
  private readonly functions = new U32List();
  private readonly inlinedStart = new U32List();
  private readonly inlined = new U32List();

  addRoots(row: Fields): void {
    this.dynamic = row.number() !== 0;
    while (!row.done) this.roots.push(row.number());
  }

  addReached(row: Fields): void {
    while (!row.done) this.reached.push(row.number());
  }

  addName(row: Fields): void {
    this.names.push(row.text(TAB));
  }

  addSignature(row: Fields): void {
    this.signatureName.push(row.number());
    this.signatureType.push(row.number());
  }

  addImports(row: Fields): void {
    const from = row.number();
    const to: number[] = [];
    while (!row.done) to.push(row.number());
    this.imports.set(from, to);
  }

  addFunction(row: Fields): void {
    this.functions.push(row.number());
    this.inlinedStart.push(this.inlined.count);
    while (!row.done) this.inlined.push(row.number());
  }

  addEdges(row: Fields): void {
    this.symbol.push(row.number());
    this.flags.push(row.number());
    this.start.push(this.target.count);
    while (!row.done) {
      const mark = row.letter();
      if (mark === METHOD) {
        this.put(EDGE.method, this.methodSignature.count);
        this.methodSignature.push(row.number());
        for (let part = 0; part < 3; part++) this.methodParts.push(row.number());
      } else if (mark === USE_METHOD) this.put(EDGE.useMethod, row.number());
      else if (mark === USE_NAME) this.put(EDGE.useName, row.number());
      else if (mark === ORDER) this.put(EDGE.order, row.number());
      else {
        const target = row.number();
        this.put(mark === IFACE ? EDGE.iface : EDGE.plain, target, row.endedBy === COLON ? row.number() : 0);
      }
    }
  }

  private put(edge: number, target: number, offset = 0): void {
    this.edge.push(edge);
    this.target.push(target);
    this.offset.push(offset);
  }

  /** undefined if the dump was made without it. */
  finish(): ProbeGraph | undefined {
    if (this.symbol.count === 0) return undefined;
    this.start.push(this.target.count);
    this.inlinedStart.push(this.inlined.count);
    return {
      dynamic: this.dynamic,
      roots: this.roots.array(),
      reached: this.reached.array(),
      symbol: this.symbol.array(),
      flags: Uint8Array.from(this.flags.array()),
      start: this.start.array(),
      edge: Uint8Array.from(this.edge.array()),
      target: this.target.array(),
      offset: this.offset.array(),
      methods: { signature: this.methodSignature.array(), parts: this.methodParts.array() },
      names: this.names,
      signatures: { name: this.signatureName.array(), type: this.signatureType.array() },
      imports: this.imports,
      functions: {
        symbol: this.functions.array(),
        start: this.inlinedStart.array(),
        inlined: this.inlined.array(),
      },
    };
  }
}
