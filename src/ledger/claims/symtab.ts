// Symbol tables: each record and each name belongs to the package of the symbol.
import { type Executable, NO_RVA, type SymbolTable } from "../../binary/executable.ts";
import { U32List } from "../../binary/go/types.ts";
import { type Claims, EXACT, KIND } from "../ledger.ts";
import { FOREIGN } from "./foreign.ts";
import type { PackageNames } from "./packagenames.ts";
import type { Places } from "./places.ts";

/**
 * Claims the records and names of the symbols whose names tell a package, which `packageOf` answers. Returns the indices of the others.
 * Names that several symbols share belong to the first.
 */
export function claimNamedSymbols(claims: Claims, exe: Executable, packageOf: (i: number) => number): Uint32Array {
  const table = exe.symbols();
  const handle = claims.symbols.source((i) => table.name(i));
  const unnamed = new U32List();
  for (let i = 0; i < table.count; i++) {
    const pkg = packageOf(i);
    if (pkg === 0) unnamed.push(i);
    else claimRecord(claims, exe, table, i, pkg, handle(i));
  }
  // a loop of its own: both tables mostly ascend, and claims that ascend need no sorting
  for (let i = 0; i < table.count; i++) {
    const pkg = packageOf(i);
    if (pkg !== 0) claimName(claims, table, i, pkg, handle(i));
  }
  return unnamed.array();
}

/**
 * Claims those of other symbols. A name that tells no package (C, assembly) follows its address; without an owner there, it is C's in a
 * program that holds C, else nobody's.
 */
export function claimSymbols(
  claims: Claims,
  exe: Executable,
  places: Places,
  names: PackageNames,
  hasC: boolean,
  symbols: Uint32Array,
  handle: (i: number) => number,
): void {
  const table = exe.symbols();
  const { rva } = table;
  for (let k = 0; k < symbols.length; k++) {
    const i = symbols[k];
    let pkg = names.of(table, i);
    if (pkg === 0 && rva[i] !== NO_RVA && !names.isMarker(table, i)) {
      const range = places.owned(rva[i]);
      if (range >= 0) pkg = places.ledger.pkg[range];
      else if (hasC && places.offsetOf(rva[i]) >= 0) pkg = claims.packages.id(FOREIGN);
    }
    if (pkg === 0) continue;
    claimRecord(claims, exe, table, i, pkg, handle(i));
    claimName(claims, table, i, pkg, handle(i));
  }
}

/** Claims one symbol's record; with its name, if that is part of it. */
function claimRecord(
  claims: Claims,
  exe: Executable,
  table: SymbolTable,
  i: number,
  pkg: number,
  symbol: number,
): void {
  const { entrySize } = table;
  const record = table.entryOffset[i];
  // COFF: auxiliary records follow the symbol that they belong to
  const aux = exe.format === "pe" ? exe.bytes[record + 17] : 0;
  const end = entrySize === 0 ? table.nameOffset[i] + table.nameLength[i] : record + entrySize * (1 + aux);
  claims.file(record, end, KIND.symtab, pkg, symbol, EXACT);
}

/** Claims a name that stands elsewhere than the record. */
function claimName(
  claims: Claims,
  { entrySize, entryOffset, nameOffset, nameLength }: SymbolTable,
  i: number,
  pkg: number,
  symbol: number,
): void {
  const name = nameOffset[i];
  if (entrySize === 0 || (name >= entryOffset[i] && name < entryOffset[i] + entrySize)) return;
  claims.file(name, name + nameLength[i] + 1, KIND.symtab, pkg, symbol, EXACT);
}
