// What the numbers say about the next step: computed from the snapshot alone, so each is true of this file.
import { KINDS } from "../ledger/ledger.ts";
import type { Snapshot } from "../ledger/snapshot.ts";
import { formatBytes, formatShare } from "./units.ts";

/** Advice in one sentence each, the one worth most first. Not escaped. */
export function hints(snapshot: Snapshot): string[] {
  const { file, kinds, evidence } = snapshot;
  const found: { readonly bytes: number; readonly text: string }[] = [];
  const share = (bytes: number): string => formatShare(bytes, file.size);
  const add = (bytes: number, text: string): void => {
    found.push({ bytes, text });
  };

  if (file.packed !== null && file.language === "other" && kinds.code === 0) {
    add(file.size, `packed with ${file.packed}: unpack it first to see what is inside`);
  }
  const debug = kinds.dwarf + kinds.symtab;
  if (debug > 0.03 * file.size && file.language !== "other") {
    const what = kinds.dwarf > 0 ? (kinds.symtab > 0 ? "DWARF and symbols" : "DWARF") : "symbols";
    add(
      debug,
      `${share(debug)} is ${what}: -ldflags='-s -w' leaves out these ${formatBytes(debug)}; stack traces stay readable`,
    );
  }
  if (kinds.relocation > 0.03 * file.size) {
    add(
      kinds.relocation,
      `${share(kinds.relocation)} is relocations, the price of -buildmode=pie (${formatBytes(kinds.relocation)})`,
    );
  }
  if (kinds.embed > 0.05 * file.size) {
    const top = snapshot.embeds[0];
    const largest = top && top.name !== "" ? `, the largest ${top.name} (${formatBytes(top.bytes)})` : "";
    add(kinds.embed, `${share(kinds.embed)} is embedded files${largest}: see --by embed`);
  }
  if (kinds.unattributed > 0.001 * file.size) {
    add(kinds.unattributed, `${share(kinds.unattributed)} has no known owner`);
  }
  // what no symbol names in DWARF is not for a linker to tell either
  const inferred = evidence.inferred - kinds.dwarf;
  if (inferred > 0.05 * file.size && snapshot.testimony !== "link probe" && file.language === "go") {
    add(
      inferred,
      `${share(inferred)} has inferred owners: profile the package, not the file, and the linker names them`,
    );
  }
  if (file.methodElimination === "off")
    add(0, "methods that nobody calls stay (DCE off): pare why --dce, with the package, says what keeps them");
  if (file.garbled) add(0, "names are hashed (garble): packages are opaque but for a few of the standard library");
  return found.sort((a, b) => b.bytes - a.bytes).map((hint) => hint.text);
}

/** Kinds by bytes, the largest first; kinds without bytes are left out. */
export function composition(snapshot: Snapshot): { readonly kind: (typeof KINDS)[number]; readonly bytes: number }[] {
  return KINDS.map((kind) => ({ kind, bytes: snapshot.kinds[kind] }))
    .filter((part) => part.bytes > 0)
    .sort((a, b) => b.bytes - a.bytes);
}
