// Code and data that Go's tables do not know: C in a program linked with cgo, and everything in a program that is not Go's. By symbol.
import { type Executable, NO_RVA } from "../../binary/executable.ts";
import { type Claims, EXACT, KIND } from "../ledger.ts";
import type { PackageNames } from "./packagenames.ts";
import type { Places } from "./places.ts";

/** Package of what is neither Go's nor named by a package: C, assembly, the C library's start code. */
export const FOREIGN = "C";

/** Kinds by the letters of symbols; 0xff for others. */
const KIND_OF = new Uint8Array(256).fill(0xff);
for (const [letters, kind] of [
  ["Tt", KIND.code],
  ["Rr", KIND.rodata],
  ["Dd", KIND.data],
] as const)
  for (const letter of letters) KIND_OF[letter.charCodeAt(0)] = kind;

/** Claims sized symbols that stand where nobody owns anything yet. Returns how many of them no package names. */
export function claimForeign(claims: Claims, exe: Executable, places: Places, names: PackageNames): number {
  const table = exe.symbols();
  if (table.count === 0) return 0;
  const handle = claims.symbols.source((i) => table.name(i));
  const foreign = claims.packages.id(FOREIGN);
  let found = 0;
  for (let i = 0; i < table.count; i++) {
    const rva = table.rva[i];
    const kind = KIND_OF[table.letter[i]];
    if (rva === NO_RVA || table.size[i] === 0 || kind === 0xff || !places.free(rva)) continue;
    if (names.isMarker(table, i)) continue;
    const pkg = names.of(table, i);
    if (pkg === 0) found++;
    claims.image(rva, table.size[i], kind, pkg || foreign, handle(i), EXACT);
  }
  return found;
}
