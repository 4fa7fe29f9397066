// Ledgers as one thread hands them to another: plain rows, and the names that their numbers stand for.
import type { Ledger, Names, SymbolNames } from "./ledger.ts";

/** A ledger with names of its own. Plain data. */
export interface RowsPart {
  readonly rows: Omit<Ledger, "packages" | "symbols">;
  readonly packages: readonly string[];
  /** Symbols' names that are no index into a table: at most one other source gave handles. */
  readonly strings: readonly string[];
}

/** A ledger with copies of nothing: it must not be used any more once the part is adopted. */
export function handOver({ packages, symbols, ...rows }: Ledger): RowsPart {
  return { rows, packages: packages.all(), strings: symbols.added() };
}

/** Takes over a ledger: its packages and symbols become the numbers of these tables, in place. `source`: handles by index, here. */
export function adopt(
  part: RowsPart,
  packages: Names,
  symbols: SymbolNames,
  source: (index: number) => number,
): Ledger {
  const { rows } = part;
  const ids = Uint32Array.from(part.packages, (name) => packages.id(name));
  if (ids.some((id, i) => id !== i)) renumber(rows.pkg, rows.count, ids);
  symbols.renumber(rows.symbol, rows.count, part.strings, source);
  return { ...rows, packages, symbols };
}

/** Exchanges the first `count` numbers for what stands at their place in `to`. */
export function renumber(numbers: Uint32Array, count: number, to: Uint32Array): void {
  for (let i = 0; i < count; i++) numbers[i] = to[numbers[i]];
}
