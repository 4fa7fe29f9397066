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
    else claimSymbol(claims, exe, table, i, pkg, handle(i));
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
    if (pkg !== 0) claimSymbol(claims, exe, table, i, pkg, handle(i));
  }
}

/** Claims one symbol's record and name. */
function claimSymbol(
  claims: Claims,
  exe: Executable,
  table: SymbolTable,
  i: number,
  pkg: number,
  symbol: number,
): void {
  const { entrySize } = table;
  const record = table.entryOffset[i];
  const name = table.nameOffset[i];
  const nameEnd = name + table.nameLength[i];
  if (entrySize === 0) {
    claims.file(record, nameEnd, KIND.symtab, pkg, symbol, EXACT);
    return;
  }
  // COFF: auxiliary records follow the symbol that they belong to
  const aux = exe.format === "pe" ? exe.bytes[record + 17] : 0;
  claims.file(record, record + entrySize * (1 + aux), KIND.symtab, pkg, symbol, EXACT);
  if (name >= record && name < record + entrySize) return;
  claims.file(name, nameEnd + 1, KIND.symtab, pkg, symbol, EXACT);
}
