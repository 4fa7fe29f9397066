// Sums of a ledger by owner and kind: linear passes over typed arrays, names decoded once per distinct symbol.
import { EVIDENCE, type Kind, KINDS, type Ledger } from "./ledger.ts";
import { Pairs } from "./pairs.ts";

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
  const groups = new Pairs();
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
    const name = ledger.symbols.get(groups.second[g]);
    const seen = (byPackage[groups.first[g]] ??= new Map<string, number>());
    let m = seen.get(name);
    if (m === undefined) {
      m = names.length;
      seen.set(name, m);
      names.push(name);
      owners.push(groups.first[g]);
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
