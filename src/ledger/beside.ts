// What can be found out while somebody else looks at the data: the functions, the symbols' packages, what symbol table and debug
// information tell of themselves. Another thread makes the parts, one after the other, and `profile` takes each when it needs it.
import type { Executable, SymbolColumns, SymbolTable } from "../binary/executable.ts";
import type { GoProgram } from "../binary/go/program.ts";
import type { Refs } from "../binary/go/refs/refs.ts";
import { openContainer } from "../binary/open.ts";
import { namedSymbols } from "../binary/symbolnames.ts";
import { codeRefs } from "./claims/coderefs.ts";
import { type Inflate, readDebug } from "./claims/dwarf.ts";
import { type Functions, ownFunctions } from "./claims/functions.ts";
import { type OriginsPart, refOrigins } from "./claims/origins.ts";
import { readSymbolPackages, type SymbolPackages } from "./claims/packagenames.ts";
import { claimNames } from "./claims/pclntab.ts";
import { type SymbolMarks, symbolMarks } from "./claims/symbols.ts";
import { claimTold, type Told } from "./claims/told.ts";
import { CLAIMANT, claimFunctions, claimStructure, openProgram, TABLE_CLAIMS } from "./front.ts";
import { handOver, type RowsPart } from "./handover.ts";
import { Claims, Names, SymbolNames } from "./ledger.ts";
import { fillGaps, sweep } from "./sweep.ts";

/** The functions; packages, and names of symbols that are no index into a table, as the thread that made the part numbered them. */
export interface FunctionsPart {
  readonly packages: readonly string[];
  readonly strings: readonly string[];
  readonly functions: Functions;
}

/** The symbol table, and the packages that its names tell. */
export interface SymbolsPart {
  readonly table: SymbolColumns;
  readonly packages: SymbolPackages;
}

/** Everything that another thread may find out, by name. Plain data, in the order in which it is made. */
export interface Parts {
  /** References from code to data. */
  readonly refs: Refs;
  readonly functions: FunctionsPart;
  readonly marks: SymbolMarks;
  readonly origins: OriginsPart;
  readonly symbols: SymbolsPart;
  /** What the format and Go's tables say: the code and the function table, and more. The function table is the source of symbols. */
  readonly table: RowsPart;
  readonly told: Told;
}

/** Hands out the parts; undefined for one that does not come: then it is made here. */
export type Beside = <P extends keyof Parts>(part: P) => Parts[P] | undefined;

/** One part. Its maker does not use its arrays again for anything else. */
export type Made = { readonly [P in keyof Parts]: { readonly part: P; readonly value: Parts[P] } }[keyof Parts];

/**
 * Makes the parts of an executable in the order in which they are needed; none for what is no Go program with module data. `wantsSymbols`:
 * whether what packages own is to have symbols; asked once, when the first claims are made.
 */
export function* makeParts(bytes: Uint8Array, inflate: Inflate, wantsSymbols = (): boolean => true): Generator<Made> {
  if (openContainer(bytes)) return;
  const program = openProgram(bytes);
  const { exe, go } = program;
  if (!go?.module) return;
  const refs = codeRefs(exe, go, go.module);
  yield { part: "refs", value: refs };
  const packages = new Names();
  const symbols = new SymbolNames(wantsSymbols());
  const structure = new Claims(bytes.length, exe.regions, packages, symbols, 64);
  claimStructure(structure, program);
  const functions = ownFunctions(go.pcln, packages);
  const symbolOf = symbols.source((i) => go.pcln.name(i));
  const claims = new Claims(bytes.length, exe.regions, packages, symbols, go.pcln.nfunc * TABLE_CLAIMS + 4096);
  claims.begin(CLAIMANT.pclntab);
  claimNames(claims, go.pcln, functions);
  yield { part: "functions", value: { packages: packages.all(), strings: symbols.added(), functions } };
  const known = packages.count;
  const read = exe.symbols();
  const reading = readSymbolPackages(bytes, read);
  yield { part: "marks", value: symbolMarks(exe, reading.next().value) };
  const origins = refOrigins(exe, go, go.module, refs, packages);
  yield { part: "origins", value: { origins, known, added: packages.all().slice(known) } };
  claimFunctions(claims, exe, go, functions, symbolOf);
  const table = fillGaps(sweep(structure), sweep(claims));
  const named = reading.next().value;
  const { count, rva, size, letter, nameOffset, nameLength, entryOffset, entrySize, underscored } = read;
  const columns = { count, rva, size, letter, nameOffset, nameLength, entryOffset, entrySize, underscored };
  yield { part: "symbols", value: { table: columns, packages: named } };
  const told = claimTold(exe, table, known, named, readDebug(exe, inflate));
  // not before it is no more looked at here
  yield { part: "table", value: handOver(table) };
  yield { part: "told", value: told };
}

/** Takes over functions and names: they get the same numbers here, if these tables hold no more than `claimStructure` has put there. */
export function adoptFunctions(
  part: FunctionsPart,
  go: GoProgram,
  packages: Names,
  symbols: SymbolNames,
): (f: number) => number {
  for (const name of part.packages) packages.id(name);
  for (const name of part.strings) symbols.add(name);
  return symbols.source((i) => go.pcln.name(i));
}

/** The executable with a symbol table that somebody else may have read. */
export function withSymbols(exe: Executable, told: () => SymbolsPart | undefined): Executable {
  let table: SymbolTable | undefined;
  const read = (): SymbolTable => {
    const columns = told()?.table;
    return columns ? namedSymbols(exe.bytes, columns) : exe.symbols();
  };
  return { ...exe, symbols: () => (table ??= read()) };
}
