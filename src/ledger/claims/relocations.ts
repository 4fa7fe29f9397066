// Run-time relocations: each entry belongs to the owner of the word that it patches.
import { type Executable, NO_RVA } from "../../binary/executable.ts";
import { type Claims, EXACT, INFERRED, KIND } from "../ledger.ts";
import { FOREIGN } from "./foreign.ts";
import type { Places } from "./places.ts";

/**
 * Claims the entries whose slots have owners; an entry that patches several slots belongs to the first one's. In a program that holds C,
 * slots without an owner are C's: those of its linkage tables.
 */
export function claimRelocations(claims: Claims, exe: Executable, places: Places, hasC: boolean): void {
  const { count, entryOffset, entrySize, slot } = exe.relocations();
  const { pkg, symbol } = places.ledger;
  for (let i = 0; i < count; i++) {
    if (entrySize[i] === 0 || slot[i] === NO_RVA) continue;
    const range = places.owned(slot[i]);
    const from = entryOffset[i];
    if (range >= 0) claims.file(from, from + entrySize[i], KIND.relocation, pkg[range], symbol[range], EXACT);
    else if (hasC) claims.file(from, from + entrySize[i], KIND.relocation, claims.packages.id(FOREIGN), 0, INFERRED);
  }
}
