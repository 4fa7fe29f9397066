// The ledger: a partition of the file's bytes. Passes add claims; the first claim on a byte wins; gaps are unattributed.
import type { Region } from "../binary/executable.ts";
import { takeU32, wider } from "../binary/memory.ts";

export { KIND, KINDS, type Kind } from "./words.ts";

/** How sure an owner is. exact: named by a table, a symbol or the linker; one referrer / several: found by references; inferred: by position. */
export const EVIDENCE = ["exact", "oneReferrer", "several", "inferred"] as const;
export type Evidence = (typeof EVIDENCE)[number];
export const EXACT = 0;
export const ONE_REFERRER = 1;
export const SEVERAL = 2;
export const INFERRED = 3;

/** Interned strings; id 0 is "" and means "none". */
export class Names {
  private readonly ids = new Map<string, number>();
  private readonly list: string[] = [];

  /** `names`: distinct ones in the order of their ids; the first is "". */
  constructor(names: readonly string[] = [""]) {
    for (const name of names) this.id(name);
  }

  id(name: string): number {
    let id = this.ids.get(name);
    if (id === undefined) {
      id = this.list.length;
      this.ids.set(name, id);
      this.list.push(name);
    }
    return id;
  }

  find(name: string): number | undefined {
    return this.ids.get(name);
  }

  get(id: number): string {
    return this.list[id] ?? "";
  }

  get count(): number {
    return this.list.length;
  }

  /** All names in the order of their ids. */
  all(): readonly string[] {
    return this.list;
  }
}

/**
 * Symbol handles. A name is decoded only when it is printed: a handle is either an interned string or a slice of bytes.
 * Handle 0 is "no symbol".
 */
export class SymbolNames {
  /** Whether what packages own has symbols, not overhead alone. Without them a ledger has half the ranges. */
  readonly ofPackages: boolean;
  private readonly strings = new Names();
  private readonly lazy: ((index: number) => string)[] = [];

  constructor(ofPackages = true) {
    this.ofPackages = ofPackages;
  }

  /** A handle for a name that is at hand. */
  add(name: string): number {
    return this.strings.id(name) * SOURCES;
  }

  /** All names that were added, in order. */
  added(): readonly string[] {
    return this.strings.all();
  }

  /** Turns handles of another table into handles of this one: of names that were added there, and of its one source, which is `source` here. */
  renumber(handles: Uint32Array, count: number, added: readonly string[], source: (index: number) => number): void {
    const own = Uint32Array.from(added, (name) => this.add(name));
    for (let i = 0; i < count; i++) {
      const index = handles[i] >>> SOURCE_BITS;
      handles[i] = (handles[i] & (SOURCES - 1)) === 0 ? own[index] : source(index);
    }
  }

  /** Registers a source of names and answers the function from its indices (below 2^26) to handles. */
  source(decode: (index: number) => string): (index: number) => number {
    // sources beyond the number that handles can tell apart are read at once
    if (this.lazy.length === SOURCES - 1) return (index) => this.add(decode(index));
    this.lazy.push(decode);
    const code = this.lazy.length;
    return (index) => index * SOURCES + code;
  }

  get(handle: number): string {
    const code = handle % SOURCES;
    const index = Math.floor(handle / SOURCES);
    return code === 0 ? this.strings.get(index) : this.lazy[code - 1](index);
  }
}

/** Handles are index × SOURCES + source; source 0 holds the interned strings. */
const SOURCE_BITS = 6;
const SOURCES = 1 << SOURCE_BITS;

/**
 * Claims of all passes, struct of arrays over file offsets. A claimant's place in the list is its priority: `begin(n)` starts
 * claimant n, and claims of a lower n win. pkg 0 means overhead, named by its symbol.
 */
export class Claims {
  readonly size: number;
  readonly packages: Names;
  readonly symbols: SymbolNames;
  readonly regions: readonly Region[];
  count = 0;
  start: Uint32Array;
  end: Uint32Array;
  pkg: Uint32Array;
  symbol: Uint32Array;
  /** claimant << 16 | kind << 8 | evidence */
  tag: Uint32Array;
  private claimant = 0;
  /** The linear region of the last claim. */
  private last: Region | undefined;

  /** `expected` claims need no growth. */
  constructor(
    size: number,
    regions: readonly Region[],
    packages = new Names(),
    symbols = new SymbolNames(),
    expected = 4096,
  ) {
    this.size = size;
    this.start = takeU32(expected);
    this.end = takeU32(expected);
    this.pkg = takeU32(expected);
    this.symbol = takeU32(expected);
    this.tag = takeU32(expected);
    this.regions = regions;
    this.packages = packages;
    this.symbols = symbols;
  }

  begin(claimant: number): void {
    this.claimant = claimant;
  }

  /** Claims file bytes [start, end). Empty and out-of-file parts are dropped. */
  file(start: number, end: number, kind: number, pkg: number, symbol: number, evidence: number): void {
    if (end > this.size) end = this.size;
    if (!(start < end) || start < 0) return;
    if (pkg !== 0 && !this.symbols.ofPackages) symbol = 0;
    const tag = (this.claimant << 16) | (kind << 8) | evidence;
    const i = this.count;
    // what goes on with its like is one claim with it
    if (
      i > 0 &&
      this.end[i - 1] === start &&
      this.pkg[i - 1] === pkg &&
      this.symbol[i - 1] === symbol &&
      this.tag[i - 1] === tag
    ) {
      this.end[i - 1] = end;
      return;
    }
    if (i === this.start.length) this.grow();
    this.start[i] = start;
    this.end[i] = end;
    this.pkg[i] = pkg;
    this.symbol[i] = symbol;
    this.tag[i] = tag;
    this.count = i + 1;
  }

  /** Claims image bytes [rva, rva + length), wherever they stand in the file; bytes without a place in it (bss) are dropped. */
  image(rva: number, length: number, kind: number, pkg: number, symbol: number, evidence: number): void {
    // claims come in runs: most lie wholly in the region of the one before
    const last = this.last;
    if (last && rva >= last.rva && rva + length <= last.rva + last.bytes.length) {
      this.file(last.offset + rva - last.rva, last.offset + rva - last.rva + length, kind, pkg, symbol, evidence);
      return;
    }
    for (const r of this.regions) {
      const a = Math.max(rva, r.rva);
      const b = Math.min(rva + length, r.rva + r.bytes.length);
      if (a >= b) continue;
      if (r.pieces) {
        const { rva: at, length: len, offset } = r.pieces;
        // first piece that ends after a
        let lo = 0;
        let hi = at.length;
        while (lo < hi) {
          const mid = (lo + hi) >> 1;
          if (at[mid] + len[mid] <= a) lo = mid + 1;
          else hi = mid;
        }
        for (let p = lo; p < at.length && at[p] < b; p++) {
          const s = Math.max(a, at[p]);
          const e = Math.min(b, at[p] + len[p]);
          this.file(offset[p] + s - at[p], offset[p] + e - at[p], kind, pkg, symbol, evidence);
        }
      } else {
        this.last = r;
        this.file(r.offset + a - r.rva, r.offset + b - r.rva, kind, pkg, symbol, evidence);
      }
    }
  }

  private grow(): void {
    const n = Math.ceil(this.start.length * 1.6);
    this.start = wider(this.start, n);
    this.end = wider(this.end, n);
    this.pkg = wider(this.pkg, n);
    this.symbol = wider(this.symbol, n);
    this.tag = wider(this.tag, n);
  }

  /** Hands the arrays over to the sweep; the object must not be used afterwards (it lets go of its memory). */
  take(): ClaimRows {
    const { count, start, end, pkg, symbol, tag } = this;
    this.start = this.end = this.pkg = this.symbol = this.tag = new Uint32Array(0);
    this.count = 0;
    return { count, start, end, pkg, symbol, tag };
  }
}

/** Claims as columns. */
export type ClaimRows = Pick<Claims, "count" | "start" | "end" | "pkg" | "symbol" | "tag">;

/** Range i is [start[i], start[i+1]) with start[count] = size: contiguous from 0 to size by construction. */
export interface Ledger {
  readonly size: number;
  readonly count: number;
  readonly start: Uint32Array;
  readonly kind: Uint8Array;
  readonly pkg: Uint32Array;
  readonly symbol: Uint32Array;
  readonly evidence: Uint8Array;
  readonly packages: Names;
  readonly symbols: SymbolNames;
}
