// Data symbols of an unstripped file, as marks that name their owners: where symbols exist, they win over inference.
import type { Executable, SymbolTable } from "../../binary/executable.ts";
import { isMade } from "../../binary/go/symbolname.ts";
import { KIND, Names, type SymbolNames } from "../ledger.ts";
import { type MarkRows, Marks } from "./objects.ts";
import { DATA, isMarker, letters, type SymbolPackages } from "./packagenames.ts";

const CODE = letters("Tt");

/** Marks of data symbols. Plain data: another thread may have made it. */
export interface SymbolMarks {
  /** Their owners are numbers of `packages`, whose first is "", and their symbols are indices into the symbol table. */
  readonly marks: MarkRows;
  readonly packages: readonly string[];
  /** 0: no symbol names a Go function: stripped. */
  readonly functions: number;
}

/** Marks for all sized data symbols whose names tell their package; only the packages of these need be known. */
export function symbolMarks(exe: Executable, { names, of }: SymbolPackages): SymbolMarks {
  const table = exe.symbols();
  const { count, letter, rva, size } = table;
  const marks = new Marks();
  const packages = new Names();
  if (count === 0) return { marks, packages: packages.all(), functions: 0 };
  // Mach-O and PE store no sizes: the next symbol may stand far behind objects without names
  const sized = exe.format !== "macho" && exe.format !== "pe";
  for (let i = 0; i < count; i++) {
    if (DATA[letter[i]] === 0 || size[i] === 0 || of[i] === 0 || isMarker(table, i)) continue;
    marks.add(rva[i], sized ? size[i] : 0, kindOf(exe.bytes, table, i), packages.id(names[of[i]]), i);
  }
  return { marks, packages: packages.all(), functions: namesRuntime(exe.bytes, table) ? 1 : 0 };
}

/** Turns the owners and symbols of marks into the numbers of these tables, in place. */
export function numberMarks(
  { marks, packages: names }: SymbolMarks,
  exe: Executable,
  packages: Names,
  symbols: SymbolNames,
): MarkRows {
  const { count, owner, symbol } = marks;
  const ids = names.map((name) => packages.id(name));
  const handle = count > 0 ? symbols.source((i) => exe.symbols().name(i)) : () => 0;
  for (let i = 0; i < count; i++) {
    owner[i] = ids[owner[i]];
    symbol[i] = handle(symbol[i]);
  }
  return marks;
}

/** C code may have symbols where Go's are stripped; no Go program is without its runtime. */
function namesRuntime(bytes: Uint8Array, table: SymbolTable): boolean {
  const { count, letter, nameOffset } = table;
  for (let i = 0; i < count; i++) {
    const first = bytes[nameOffset[i]];
    if ((first === 0x72 || first === 0x5f) && CODE[letter[i]] && /^_?runtime\./.test(table.name(i))) return true;
  }
  return false;
}

/** Kind by name; unattributed stands for "as its area". */
function kindOf(bytes: Uint8Array, table: SymbolTable, i: number): number {
  const at = table.nameOffset[i];
  // names are decoded only where it pays; 0x5f: what Mach-O puts in front
  if (bytes[at] !== 0x5f && !isMade(bytes, at)) return KIND.unattributed;
  const name = table.name(i);
  if (name.startsWith("type:") || name.startsWith("type.")) return KIND.type;
  if (name.startsWith("go:itab.") || name.startsWith("go.itab.")) return KIND.itab;
  return KIND.unattributed;
}
