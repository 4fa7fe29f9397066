// Sums of a ledger by owner and kind: linear passes over typed arrays, names decoded once per distinct symbol.
import { EVIDENCE, type Kind, KINDS, type Ledger } from "./ledger.ts";

export const KIND_COUNT = KINDS.length;

export interface PackageSums {
  /** Bytes of package p and kind k at p * KIND_COUNT + k; package 0 is overhead. */
  readonly bytes: Float64Array;
  /** Bytes by evidence class. */
  readonly evidence: Float64Array;
}

/** Bytes by package and kind, and by evidence. O(ranges). */
export function sumPackages(ledger: Ledger): PackageSums {
  const { count, start, pkg, kind, evidence: classes, size } = ledger;
  const bytes = new Float64Array(ledger.packages.count * KIND_COUNT);
  const evidence = new Float64Array(EVIDENCE.length);
  for (let i = 0; i < count; i++) {
    const length = (i + 1 < count ? start[i + 1] : size) - start[i];
    bytes[pkg[i] * KIND_COUNT + kind[i]] += length;
    evidence[classes[i]] += length;
  }
  return { bytes, evidence };
}

/** Distinct (package, symbol name) pairs, struct of arrays, in order of first appearance in the file. */
export interface SymbolSums {
  readonly count: number;
  readonly pkg: Uint32Array;
  readonly name: readonly string[];
  /** Bytes of symbol s and kind k at s * KIND_COUNT + k. */
  readonly kinds: Uint32Array;
  readonly bytes: Float64Array;
}

/** Bytes by symbol and kind; `only` limits the sum to one package (0: overhead). O(ranges) plus one name per distinct handle. */
export function sumSymbols(ledger: Ledger, only?: number): SymbolSums {
  const { count, start, pkg, symbol, kind, size } = ledger;
  const rows = only === undefined ? undefined : rowsOf(ledger, only);
  const length = rows ? rows.length : count;
  const groups = new Groups();
  const groupOf = new Uint32Array(length);
  for (let k = 0; k < length; k++) {
    const i = rows ? rows[k] : k;
    groupOf[k] = groups.index(pkg[i], symbol[i]);
  }
  // Two handles may decode to the same name (a symbol table's and pclntab's): merge by name within a package.
  const merged = new Uint32Array(groups.count);
  const names: string[] = [];
  const owners: number[] = [];
  const byPackage: (Map<string, number> | undefined)[] = [];
  for (let g = 0; g < groups.count; g++) {
    const name = ledger.symbols.get(groups.symbol[g]);
    const seen = (byPackage[groups.pkg[g]] ??= new Map<string, number>());
    let m = seen.get(name);
    if (m === undefined) {
      m = names.length;
      seen.set(name, m);
      names.push(name);
      owners.push(groups.pkg[g]);
    }
    merged[g] = m;
  }
  const kinds = new Uint32Array(names.length * KIND_COUNT);
  const bytes = new Float64Array(names.length);
  for (let k = 0; k < length; k++) {
    const i = rows ? rows[k] : k;
    const m = merged[groupOf[k]];
    const own = (i + 1 < count ? start[i + 1] : size) - start[i];
    kinds[m * KIND_COUNT + kind[i]] += own;
    bytes[m] += own;
  }
  return { count: names.length, pkg: Uint32Array.from(owners), name: names, kinds, bytes };
}

/** Indices of the ranges that a package owns. */
function rowsOf({ pkg }: Ledger, only: number): number[] {
  const rows: number[] = [];
  for (let i = pkg.indexOf(only); i >= 0; i = pkg.indexOf(only, i + 1)) rows.push(i);
  return rows;
}

/** Numbers pairs in order of first appearance: open addressing, no allocation per pair. */
class Groups {
  count = 0;
  pkg = new Uint32Array(1024);
  symbol = new Uint32Array(1024);
  private table = new Uint32Array(4096);

  index(pkg: number, symbol: number): number {
    const { table } = this;
    let slot = hash(pkg, symbol) & (table.length - 1);
    for (let g = table[slot]; g !== 0; g = table[(slot = (slot + 1) & (table.length - 1))]) {
      if (this.symbol[g - 1] === symbol && this.pkg[g - 1] === pkg) return g - 1;
    }
    if (this.count === this.pkg.length) this.grow();
    this.pkg[this.count] = pkg;
    this.symbol[this.count] = symbol;
    this.count++;
    if (this.count * 2 > table.length) this.rehash();
    else table[slot] = this.count;
    return this.count - 1;
  }

  private grow(): void {
    const wider = (a: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
      const b = new Uint32Array(a.length * 2);
      b.set(a);
      return b;
    };
    this.pkg = wider(this.pkg);
    this.symbol = wider(this.symbol);
  }

  private rehash(): void {
    const table = new Uint32Array(this.table.length * 2);
    for (let g = 1; g <= this.count; g++) {
      let slot = hash(this.pkg[g - 1], this.symbol[g - 1]) & (table.length - 1);
      while (table[slot] !== 0) slot = (slot + 1) & (table.length - 1);
      table[slot] = g;
    }
    this.table = table;
  }
}

function hash(a: number, b: number): number {
  let h = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  h ^= h >>> 15;
  return Math.imul(h, 0xc2b2ae35) >>> 0;
}

/** Kinds that stand in read-only memory. */
const READ_ONLY_KINDS: readonly Kind[] = [
  "pclntab",
  "funcdata",
  "type",
  "itab",
  "string",
  "rodata",
  "embed",
  "unattributed",
];
const CODE = KINDS.indexOf("code");
const DATA = KINDS.indexOf("data");
const READ_ONLY = READ_ONLY_KINDS.map((kind) => KINDS.indexOf(kind));

/** The letter of `go tool nm` for bytes by kind: T text, D data, R read-only; "?" for what is not in memory (DWARF, symbol table …). */
export type Letter = "T" | "D" | "R" | "?";

export function letterOf(kinds: ArrayLike<number>, at = 0): Letter {
  if (kinds[at + CODE] > 0) return "T";
  if (kinds[at + DATA] > 0) return "D";
  return READ_ONLY.some((k) => kinds[at + k] > 0) ? "R" : "?";
}
