// Data symbols of an unstripped file, as marks that name their owners: where symbols exist, they win over inference.
import type { Executable } from "../../binary/executable.ts";
import { packageOf } from "../../binary/go/symbolname.ts";
import { KIND, type Names, type SymbolNames } from "../ledger.ts";
import { Marks } from "./objects.ts";

const LETTERS = new Set("RrDdBb");

/** Symbols that stand for a whole section or the border of one. */
const MARKERS =
  /^(?:type:\*|typerel[.:]\*|go:string\.\*|go:func\.\*|go:funcdesc|runtime\.gcbits\.\*|runtime\.(?:e?(?:rodata|types|data|noptrdata|bss|noptrbss|text|pclntab|covctrs|end)))$/;

/** True for symbols that stand for a whole section or the border of one. */
export const isMarker = (name: string): boolean => MARKERS.test(name);

/**
 * Marks for all sized data symbols whose names tell their package. `functions` is 0 if no symbol names a Go function: stripped.
 */
export function symbolMarks(
  exe: Executable,
  packages: Names,
  symbols: SymbolNames,
): { marks: Marks; functions: number } {
  const table = exe.symbols();
  const marks = new Marks();
  let functions = 0;
  // Mach-O and PE store no sizes: the next symbol may stand far behind objects without names
  const sized = exe.format !== "macho" && exe.format !== "pe";
  if (table.count === 0) return { marks, functions };
  const handle = symbols.source((i) => table.name(i));
  for (let i = 0; i < table.count; i++) {
    const letter = String.fromCharCode(table.letter[i]);
    if (letter === "T" || letter === "t") {
      // C code may have symbols where Go's are stripped; no Go program is without its runtime
      if (functions === 0 && /^_?runtime\./.test(table.name(i))) functions = 1;
      continue;
    }
    if (!LETTERS.has(letter) || table.size[i] === 0) continue;
    const name = table.name(i);
    if (MARKERS.test(name)) continue;
    const pkg = packageOf(name);
    if (pkg === "") continue;
    marks.add(table.rva[i], sized ? table.size[i] : 0, kindOf(name), packages.id(pkg), handle(i));
  }
  return { marks, functions };
}

/** Kind by name; unattributed stands for "as its area". */
function kindOf(name: string): number {
  if (name.startsWith("type:") || name.startsWith("type.")) return KIND.type;
  if (name.startsWith("go:itab.") || name.startsWith("go.itab.")) return KIND.itab;
  return KIND.unattributed;
}
