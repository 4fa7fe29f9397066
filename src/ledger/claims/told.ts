// What the symbol table and the debug information tell of themselves. No data need be known for it: another thread may find it out.
import type { Executable } from "../../binary/executable.ts";
import { handOver, type RowsPart } from "../handover.ts";
import { Claims, type Ledger, Names, SymbolNames } from "../ledger.ts";
import { sweep } from "../sweep.ts";
import { claimDebug, type DebugInfo, type DebugSection, isPlaced } from "./dwarf.ts";
import { homelessSymbols } from "./foreign.ts";
import type { SymbolPackages } from "./packagenames.ts";
import { Places } from "./places.ts";
import { claimNamedSymbols } from "./symtab.ts";

/** Best first. */
const CLAIMANT = {
  symbols: 0,
  dwarf: 1,
} as const;

/** Plain data. */
export interface Told {
  /** The symbol table is the source of its symbols. */
  readonly part: RowsPart;
  /** Indices of the symbols whose records and names this leaves: no package that has functions is in their names. */
  readonly unnamed: Uint32Array;
  /** Indices of sized symbols of code and data where no function stands. */
  readonly homeless: Uint32Array;
  /** The debug information; its sections are those that this leaves: they are about places without a function. */
  readonly debug: DebugInfo | undefined;
}

/**
 * Claims what these tell, beside a ledger of functions. The first `known` of its packages have functions: symbols may only seem to name
 * others. Packages that are named here get numbers behind them: whoever adopts the part may have named more since.
 */
export function claimTold(
  exe: Executable,
  ledger: Ledger,
  known: number,
  symbols: SymbolPackages | undefined,
  debug: DebugInfo | undefined,
): Told {
  const packages = new Names(ledger.packages.all().slice(0, known));
  const ids = Uint32Array.from(symbols?.names ?? [], (name) => packages.find(name) ?? 0);
  const places = new Places(ledger, exe.regions);
  const names = new SymbolNames(ledger.symbols.ofPackages);
  const claims = new Claims(exe.bytes.length, exe.regions, packages, names, roomFor(exe, debug));
  claims.begin(CLAIMANT.symbols);
  const unnamed = claimNamedSymbols(claims, exe, (i) => (symbols ? ids[symbols.of[i]] : 0));
  claims.begin(CLAIMANT.dwarf);
  const sections: DebugSection[] = [];
  const later: DebugSection[] = [];
  for (const section of debug?.sections ?? []) (isPlaced(section, places) ? sections : later).push(section);
  if (debug) claimDebug({ ...debug, sections }, claims, places);
  return {
    part: handOver(sweep(claims)),
    unnamed,
    homeless: homelessSymbols(exe, places),
    debug: debug && { ...debug, sections: later },
  };
}

/** Two claims for each symbol, and one for each part of a debug section. */
function roomFor(exe: Executable, debug: DebugInfo | undefined): number {
  let room = exe.symbols().count * 2;
  for (const { parts } of debug?.sections ?? []) room += 2 + (parts?.start.length ?? 0);
  return room;
}
