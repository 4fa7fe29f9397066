// The second half of the claimants: over what is not loaded Go data. Their owners come from the ledger of the first half.
import type { Executable } from "../../binary/executable.ts";
import { adopt } from "../handover.ts";
import { Claims, type Ledger } from "../ledger.ts";
import { fillGaps, nextGap, rangeAt, releaseLedger, sweep } from "../sweep.ts";
import { claimDebug } from "./dwarf.ts";
import { claimForeign } from "./foreign.ts";
import { claimLeftovers, isFiller } from "./leftovers.ts";
import { claimLinkage } from "./linkage.ts";
import { Places } from "./places.ts";
import { PackageNames, type SymbolPackages } from "./packagenames.ts";
import { claimRelocations } from "./relocations.ts";
import { claimSymbols } from "./symtab.ts";
import type { Told } from "./told.ts";

/** Best first; each fills what the ones before it left. */
const CLAIMANT = {
  symbols: 0,
  relocations: 1,
  dwarf: 2,
  linkage: 3,
} as const;

export interface RestInput {
  readonly exe: Executable;
  /** The swept claims of the first half; not to be used afterwards. */
  readonly base: Ledger;
  readonly hasGo: boolean;
  /** Runs of RVAs that Go's linker filled, where its data was attributed object by object; empty where it was not. */
  readonly goParts: readonly (readonly [number, number])[];
  /** What the symbol table and the debug information tell of themselves. */
  readonly told: Told;
  /** What the names of a Go program's symbols say. */
  readonly symbolPackages: SymbolPackages | undefined;
  /** Grows by what turns out to be damaged. */
  readonly warnings: string[];
}

export interface Rest {
  readonly ledger: Ledger;
  /** A compilation unit or a section says that TinyGo made the program. */
  readonly tinygo: boolean;
}

export function claimRest({ exe, base, hasGo, goParts, told, symbolPackages, warnings }: RestInput): Rest {
  const { packages, symbols } = base;
  const claims = (): Claims => new Claims(base.size, exe.regions, packages, symbols);
  let ledger = base;
  const fill = (more: Ledger): void => {
    const filled = fillGaps(ledger, more);
    if (filled !== ledger) releaseLedger(ledger);
    releaseLedger(more);
    ledger = filled;
  };
  const handle = symbols.source((i) => exe.symbols().name(i));
  // foreign code first: symbols, relocations and frames that point at it follow it
  const foreign = claims();
  const tinygo = !hasGo && hasTinyGoSymbols(exe);
  const names = new PackageNames(packages, hasGo ? "go" : tinygo ? "tinygo" : "other", symbolPackages);
  const named = claimForeign(foreign, exe, new Places(ledger, exe.regions), names, told.homeless, handle) > 0;
  const hasC = named || (!exe.wasm && (!hasGo || codeBeside(exe, base, goParts)));
  if (foreign.count > 0) fill(sweep(foreign));

  const places = new Places(ledger, exe.regions);
  const late = claims();
  late.begin(CLAIMANT.symbols);
  claimSymbols(late, exe, places, names, hasC, told.unnamed, handle);
  late.begin(CLAIMANT.relocations);
  claimRelocations(late, exe, places, hasC);
  late.begin(CLAIMANT.dwarf);
  if (told.debug) {
    claimDebug(told.debug, late, places);
    warnings.push(...told.debug.warnings);
  }
  late.begin(CLAIMANT.linkage);
  claimLinkage(late, exe, places, hasC);
  const certain = adopt(told.part, packages, symbols, handle);
  const rest = fillGaps(certain, sweep(late));
  fill(rest);

  const last = claims();
  claimLeftovers(last, exe, ledger, goParts);
  fill(sweep(last));
  return { ledger, tinygo: tinygo || told.debug?.tinygo === true };
}

/** True if there is code beside Go's in the section that holds Go's: all that shows C in a stripped program. */
function codeBeside(exe: Executable, ledger: Ledger, goParts: RestInput["goParts"]): boolean {
  const text = exe.sections.find(
    (s) => s.executable && goParts.some(([from]) => from >= s.rva && from < s.rva + s.size),
  );
  if (!text) return false;
  const end = text.offset + text.fileSize;
  const first = nextGap(ledger, rangeAt(ledger, text.offset));
  for (let i = first; i < ledger.count && ledger.start[i] < end; i = nextGap(ledger, i + 1)) {
    const from = Math.max(text.offset, ledger.start[i]);
    const to = Math.min(end, i + 1 < ledger.count ? ledger.start[i + 1] : ledger.size);
    const rva = text.rva + from - text.offset;
    if (!goParts.some(([a, b]) => rva >= a && rva < b) && !isFiller(exe.bytes, from, to, true)) return true;
  }
  return false;
}

/** TinyGo's runtime exports functions of its own, such as tinygo_getCurrentHeapAlloc and tinygo_scanCurrentStack. */
function hasTinyGoSymbols(exe: Executable): boolean {
  const table = exe.symbols();
  for (let i = 0; i < table.count; i++) {
    const at = table.nameOffset[i];
    // "ti" first: names are decoded only where it pays
    if (exe.bytes[at] === 116 && exe.bytes[at + 1] === 105 && table.nameLength[i] < 64) {
      if (table.name(i).startsWith("tinygo_")) return true;
    }
  }
  return false;
}
