// Symbol tables: each record and each name belongs to the package of the symbol.
import { type Executable, NO_RVA } from "../../binary/executable.ts";
import { type Claims, EXACT, KIND } from "../ledger.ts";
import { FOREIGN } from "./foreign.ts";
import type { PackageNames } from "./packagenames.ts";
import type { Places } from "./places.ts";

/**
 * Claims the records and names of the symbol table that the file's symbols() reads. A name that tells no package (C, assembly) follows
 * its address; without an owner there, it is C's in a program that holds C, else nobody's. Names that several symbols share belong to the first.
 */
export function claimSymbols(
  claims: Claims,
  exe: Executable,
  places: Places,
  names: PackageNames,
  hasC: boolean,
): void {
  const table = exe.symbols();
  const { count, entrySize, entryOffset, nameOffset, nameLength, rva } = table;
  if (count === 0) return;
  const handle = claims.symbols.source((i) => table.name(i));
  for (let i = 0; i < count; i++) {
    let pkg = names.of(table, i);
    if (pkg === 0 && rva[i] !== NO_RVA && !names.isMarker(table, i)) {
      const range = places.owned(rva[i]);
      if (range >= 0) pkg = places.ledger.pkg[range];
      else if (hasC && places.offsetOf(rva[i]) >= 0) pkg = claims.packages.id(FOREIGN);
    }
    if (pkg === 0) continue;
    const symbol = handle(i);
    const name = nameOffset[i];
    if (entrySize === 0) {
      claims.file(entryOffset[i], name + nameLength[i], KIND.symtab, pkg, symbol, EXACT);
      continue;
    }
    const record = entryOffset[i];
    // COFF: auxiliary records follow the symbol that they belong to
    const aux = exe.format === "pe" ? exe.bytes[record + 17] : 0;
    claims.file(record, record + entrySize * (1 + aux), KIND.symtab, pkg, symbol, EXACT);
    if (name >= record && name < record + entrySize) continue;
    claims.file(name, name + nameLength[i] + 1, KIND.symtab, pkg, symbol, EXACT);
  }
}
