// Code and data that Go's tables do not know: C in a program linked with cgo, and everything in a program that is not Go's. By symbol.
import { type Executable, NO_RVA } from "../../binary/executable.ts";
import { U32List } from "../../binary/go/types.ts";
import { type Claims, EXACT, KIND } from "../ledger.ts";
import type { PackageNames } from "./packagenames.ts";
import type { Places } from "./places.ts";

/** Package of what is neither Go's nor named by a package: C, assembly, the C library's start code. */
export const FOREIGN = "C";

const NO_KIND = 0xff;
/** Kinds by the letters of symbols. */
const KIND_OF = new Uint8Array(256).fill(NO_KIND);
for (const [letters, kind] of [
  ["Tt", KIND.code],
  ["Rr", KIND.rodata],
  ["Dd", KIND.data],
] as const)
  for (const letter of letters) KIND_OF[letter.charCodeAt(0)] = kind;

/** Indices of the sized symbols of code and data that stand where nobody owns anything yet. */
export function homelessSymbols(exe: Executable, places: Places): Uint32Array {
  const { count, rva, size, letter } = exe.symbols();
  const found = new U32List();
  for (let i = 0; i < count; i++) {
    if (rva[i] === NO_RVA || size[i] === 0 || KIND_OF[letter[i]] === NO_KIND || !places.free(rva[i])) continue;
    found.push(i);
  }
  return found.array();
}

/** Claims those of the symbols that are still homeless. Returns how many of them no package names. */
export function claimForeign(
  claims: Claims,
  exe: Executable,
  places: Places,
  names: PackageNames,
  homeless: Uint32Array,
  handle: (i: number) => number,
): number {
  if (homeless.length === 0) return 0;
  const table = exe.symbols();
  const { rva, size, letter } = table;
  const foreign = claims.packages.id(FOREIGN);
  let found = 0;
  for (let k = 0; k < homeless.length; k++) {
    const i = homeless[k];
    if (!places.free(rva[i]) || names.isMarker(table, i)) continue;
    const pkg = names.of(table, i);
    if (pkg === 0) found++;
    claims.image(rva[i], size[i], KIND_OF[letter[i]], pkg || foreign, handle(i), EXACT);
  }
  return found;
}
