// bytes → Profile: opens the container, runs the claimants in their order, and returns the ledger with the facts beside it.
import { InputError } from "../binary/bytes.ts";
import type { Executable } from "../binary/executable.ts";
import type { BuildInfo } from "../binary/go/buildinfo.ts";
import type { Moduledata } from "../binary/go/moduledata.ts";
import type { Pclntab } from "../binary/go/pclntab.ts";
import { looksGarbled } from "../binary/go/garble.ts";
import { release } from "../binary/memory.ts";
import type { GoProgram } from "../binary/go/program.ts";
import { openContainer } from "../binary/open.ts";
import { adoptFunctions, type Beside, type SymbolsPart, withSymbols } from "./beside.ts";
import { claimData, type DataResult } from "./claims/data.ts";
import { type Inflate, readDebug } from "./claims/dwarf.ts";
import { type Functions, ownFunctions } from "./claims/functions.ts";
import { inlinedRows } from "./claims/inlined.ts";
import { claimLinks } from "./claims/links.ts";
import { claimNames } from "./claims/pclntab.ts";
import { type SymbolPackages, symbolPackages } from "./claims/packagenames.ts";
import { claimRest } from "./claims/rest.ts";
import { sourceFiles } from "./claims/sourcefiles.ts";
import { numberMarks, type SymbolMarks, symbolMarks } from "./claims/symbols.ts";
import { claimTold } from "./claims/told.ts";
import { claimTestimony } from "./claims/testimony.ts";
import { CLAIMANT, claimFunctions, claimStructure, openProgram, TABLE_CLAIMS } from "./front.ts";
import { type ProbeDump, reflects } from "../linkgraph/probe.ts";
import { Claims, EXACT, KIND, type Ledger, Names, SymbolNames } from "./ledger.ts";
import { adopt } from "./handover.ts";
import { fillGaps, releaseLedger, sweep } from "./sweep.ts";

/** An embedded asset: one line of its own, whoever owns its bytes. */
export interface Embed {
  /** Path in the embed.FS, or the variable's name for a string / []byte embed; "" if the file does not tell. */
  readonly name: string;
  readonly bytes: number;
  /** Package that owns the bytes in the ledger. */
  readonly pkg: string;
  /** Packages whose code or data refers to it. */
  readonly usedBy: readonly string[];
}

/** Memory beyond the file: zero-filled variables. */
export interface BssRow {
  readonly pkg: string;
  readonly symbol: string;
  readonly bytes: number;
}

/** Bytes of code by where the inlined bodies came from (own = owner and origin agree). */
export interface InlinedRow {
  readonly owner: string;
  readonly origin: string;
  readonly bytes: number;
}

/** Bytes of code by the source file they were written in. */
export interface FileRow {
  /** As the compiler saw it; shortened by -trimpath. */
  readonly path: string;
  readonly bytes: number;
  /** "" if the path is no known package's. */
  readonly pkg: string;
}

/** Everything a view needs. */
export interface Profile {
  readonly exe: Executable;
  readonly ledger: Ledger;
  readonly buildInfo?: BuildInfo;
  /** "go1.26.8", "" if unknown. */
  readonly goVersion: string;
  readonly language: "go" | "tinygo" | "other";
  readonly garbled: boolean;
  /** No symbol table that names Go functions. */
  readonly stripped: boolean;
  readonly dwarf: boolean;
  readonly embeds: readonly Embed[];
  readonly bss: readonly BssRow[];
  readonly inlined?: readonly InlinedRow[];
  readonly files?: readonly FileRow[];
  /** Whether the linker dropped methods that nobody calls: as it testified, else as the method tables show; undefined if they do not. */
  readonly methodElimination?: "on" | "off";
  /** How the owners were found: the linker's testimony, symbols, or references. */
  readonly testimony: "link probe" | "symbols" | "references" | "none";
  readonly warnings: readonly string[];
}

export interface ProfileOptions {
  /** What the linker said of this very file: then no owner is inferred. */
  readonly testimony?: ProbeDump;
  /** Compute the origin view of inlined code too. */
  readonly inlined?: boolean;
  /** Sum the code by source file too. */
  readonly files?: boolean;
  /** false: only overhead has symbols in the ledger, which is made faster and is smaller; the sums by package are the same. */
  readonly symbols?: boolean;
  /** Decompresses debug sections; without it, compressed ones are nobody's. */
  readonly inflate?: Inflate;
  /** Somebody who has been given the same bytes, and finds out beside this what he can. */
  readonly beside?: Beside | undefined;
}

/**
 * Profiles one file: an executable, or a container of several (universal Mach-O, static library), whose members are profiled one by
 * one. Throws InputError if the file cannot be read. The ledger covers every byte of it exactly once.
 */
export function profile(bytes: Uint8Array, options: ProfileOptions = {}): Profile {
  const container = openContainer(bytes);
  const packages = new Names();
  const symbols = new SymbolNames(options.symbols);
  if (!container) return profileOne(bytes, options, packages, symbols);
  const claims = new Claims(bytes.length, [], packages, symbols);
  claims.begin(CLAIMANT.structure);
  for (const s of container.structure) claims.file(s.start, s.end, KIND[s.kind], 0, symbols.add(s.name), EXACT);
  const parts: Profile[] = [];
  const warnings: string[] = [];
  claims.begin(CLAIMANT.tables);
  for (const member of container.members) {
    let part: Profile;
    try {
      part = profileOne(bytes.subarray(member.offset, member.offset + member.size), options, packages, symbols);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      warnings.push(`${member.name}: ${error.message}`);
      continue;
    }
    parts.push(part);
    const l = part.ledger;
    for (let i = 0; i < l.count; i++) {
      const end = i + 1 < l.count ? l.start[i + 1] : l.size;
      claims.file(member.offset + l.start[i], member.offset + end, l.kind[i], l.pkg[i], l.symbol[i], l.evidence[i]);
    }
  }
  if (parts.length === 0)
    throw new InputError(`no member of the ${container.format} file can be read: ${warnings[0] ?? "it is empty"}`);
  const first = parts.find((p) => p.language === "go") ?? parts[0];
  return {
    ...first,
    exe: { ...first.exe, format: container.format, bytes },
    ledger: sweep(claims),
    stripped: parts.every((p) => p.stripped),
    dwarf: parts.some((p) => p.dwarf),
    embeds: parts.flatMap((p) => p.embeds),
    bss: parts.flatMap((p) => p.bss),
    warnings: [...warnings, ...parts.flatMap((p) => p.warnings)],
  };
}

function profileOne(bytes: Uint8Array, options: ProfileOptions, packages: Names, symbols: SymbolNames): Profile {
  const program = openProgram(bytes);
  const { buildInfo, goVersion, go } = program;
  const warnings = [...program.exe.warnings];
  const claims = new Claims(bytes.length, program.exe.regions, packages, symbols);
  claimStructure(claims, program);
  claims.begin(CLAIMANT.testimony);
  const testimony =
    options.testimony && go?.module && claimTestimony(claims, program.exe, go.module, options.testimony);
  if (options.testimony && go && !testimony) warnings.push(MUTE_LINKER);
  let base = sweep(claims);
  const fill = (more: Ledger): void => {
    const filled = fillGaps(base, more);
    if (filled !== base) releaseLedger(base);
    releaseLedger(more);
    base = filled;
  };

  // what comes from elsewhere knows of no testimony, and of no more than owners
  const beside = testimony || options.inlined || options.files || !go?.module ? undefined : options.beside;
  let asked: { readonly part: SymbolsPart | undefined } | undefined;
  const symbolsBeside = (): SymbolsPart | undefined => (asked ??= { part: beside?.("symbols") }).part;
  const exe = beside ? withSymbols(program.exe, symbolsBeside) : program.exe;
  let named: SymbolPackages | undefined;
  const readNames = (): SymbolPackages => (named ??= symbolsBeside()?.packages ?? symbolPackages(bytes, exe.symbols()));
  let marks: SymbolMarks | undefined;
  const readMarks = (): SymbolMarks => (marks ??= beside?.("marks") ?? symbolMarks(exe, readNames()));
  let data: DataResult | undefined;
  let inlined: InlinedRow[] | undefined;
  let files: FileRow[] | undefined;
  let garbled = false;
  // number of packages that are named before any data is looked at
  let known = packages.count;
  let dataRows: Ledger | undefined;
  if (go) {
    let front: Front | undefined;
    const readFront = (): Front => {
      front ??= adopted(go, packages, symbols, beside) ?? frontOf(exe, go, packages, symbols, testimony);
      return front;
    };
    const ownTable = (): Ledger => {
      const { functions, symbolOf, names } = readFront();
      const table = names ?? namesOf(exe, go, packages, symbols, functions);
      const codeEnd = claimFunctions(table, exe, go, functions, symbolOf);
      if (options.files) files = sourceFiles(exe, go.pcln, functions, packages);
      if (options.inlined) inlined = inlinedRows(exe, go, functions, codeEnd, packages);
      return sweep(table);
    };
    if (!beside) fill(ownTable());
    if (go.module) {
      const late = new Claims(bytes.length, exe.regions, packages, symbols, Math.ceil(bytes.length / 200) + 4096);
      late.begin(CLAIMANT.data);
      data = claimData({
        exe,
        go,
        module: go.module,
        functions: () => readFront().functions,
        claims: late,
        symbols: () => numberMarks(readMarks(), exe, packages, symbols),
        beside,
        ...(testimony ? { places: testimony.places } : {}),
      });
      claimLinks(late, exe, go.module, data);
      const { objects, owner } = data;
      release(objects.start, objects.end, objects.kind, objects.named, objects.symbol, objects.exact, owner);
      dataRows = sweep(late);
      // where no data names packages, its symbols do
    } else for (const name of readMarks().packages) packages.id(name);
    const { functions, symbolOf } = readFront();
    known = readFront().known;
    if (beside) {
      const table = beside("table");
      if (table) {
        releaseLedger(base);
        base = adopt(table, packages, symbols, symbolOf);
      } else fill(ownTable());
    }
    garbled = looksGarbled(ownersOf(functions, packages));
    warnings.push(...doubts(go, goVersion, garbled));
  }
  const symbolNames = go && readNames();
  const told = beside?.("told") ?? claimTold(exe, base, known, symbolNames, readDebug(exe, options.inflate));
  if (dataRows) fill(dataRows);
  const rest = claimRest({
    exe,
    base,
    hasGo: go !== undefined,
    goParts: go?.module ? partsOf(go.module, go.pcln) : [],
    warnings,
    told,
    symbolPackages: symbolNames,
  });
  const stripped = readMarks().functions === 0;
  const elimination = testimony ? asLinked(options.testimony, data?.elimination) : data?.elimination;
  return {
    exe,
    ledger: rest.ledger,
    ...(buildInfo ? { buildInfo } : {}),
    goVersion,
    language: rest.tinygo ? "tinygo" : go ? "go" : "other",
    garbled,
    stripped,
    dwarf: exe.sections.some((s) => /^(\.z?debug_|__z?debug_)/.test(s.name)),
    embeds: data?.embeds ?? [],
    bss: testimony?.bss ?? data?.bss ?? [],
    ...(elimination ? { methodElimination: elimination } : {}),
    ...(inlined ? { inlined } : {}),
    ...(files ? { files } : {}),
    testimony: testimony ? "link probe" : !go ? "none" : stripped ? "references" : "symbols",
    warnings,
  };
}

/** What the names of functions say. */
interface Front {
  readonly functions: Functions;
  readonly symbolOf: (f: number) => number;
  /** Number of packages that are named by then. */
  readonly known: number;
  /** The claims on the function table's names, if they were made here. */
  readonly names?: Claims;
}

function frontOf(
  exe: Executable,
  go: GoProgram,
  packages: Names,
  symbols: SymbolNames,
  testimony: { readonly functions: ReadonlyMap<number, number> } | undefined,
): Front {
  const functions = ownFunctions(go.pcln, packages);
  if (testimony)
    for (let f = 0; f < go.pcln.nfunc; f++)
      functions.owner[f] = testimony.functions.get(go.pcln.entry[f]) ?? functions.owner[f];
  const symbolOf = symbols.source((i) => go.pcln.name(i));
  const names = namesOf(exe, go, packages, symbols, functions);
  return { functions, symbolOf, known: packages.count, names };
}

function namesOf(exe: Executable, go: GoProgram, packages: Names, symbols: SymbolNames, functions: Functions): Claims {
  const claims = new Claims(exe.bytes.length, exe.regions, packages, symbols, go.pcln.nfunc * TABLE_CLAIMS + 4096);
  claims.begin(CLAIMANT.pclntab);
  claimNames(claims, go.pcln, functions);
  return claims;
}

/** The same from somebody who has read them. The names get the same numbers here. */
function adopted(go: GoProgram, packages: Names, symbols: SymbolNames, beside: Beside | undefined): Front | undefined {
  const part = beside?.("functions");
  if (!part) return undefined;
  const symbolOf = adoptFunctions(part, go, packages, symbols);
  return { functions: part.functions, symbolOf, known: packages.count };
}

/** The packages that own functions. */
function ownersOf({ owner }: Functions, packages: Names): Set<string> {
  const isOwner = new Uint8Array(packages.count);
  for (let f = 0; f < owner.length; f++) isOwner[owner[f]] = 1;
  const out = new Set<string>();
  for (let id = 0; id < isOwner.length; id++) if (isOwner[id] === 1) out.add(packages.get(id));
  return out;
}

/** Elimination of methods as the linker says. Only a dump with the graph knows of dynamic linking, which keeps them too: else they show it. */
function asLinked(dump: ProbeDump, inferred: "on" | "off" | undefined): "on" | "off" {
  if (reflects(dump)) return "off";
  const isDynamic = dump.graph ? dump.graph.dynamic : inferred === "off";
  return isDynamic ? "off" : "on";
}

const MUTE_LINKER = "what the linker said does not fit the file that it linked: owners come from references";

/** The newest Go whose tables were compared with what its linker says. */
const NEWEST_MINOR = 26;

/** What makes the reading of the tables less than certain. */
function doubts(go: GoProgram, goVersion: string, garbled: boolean): string[] {
  const out: string[] = [];
  if (go.minor > NEWEST_MINOR)
    out.push(`${goVersion} is newer than this program: its tables are read as those of Go 1.${NEWEST_MINOR}`);
  if (!go.pcln.knownMagic && !garbled)
    out.push("the function table is of an unknown version: it was found, and is read, by its structure");
  if (!go.module)
    out.push(
      go.pcln.version === "1.2"
        ? "before Go 1.16 only functions are attributed to packages; data is listed by section"
        : "no module data was found: data is listed by section, not attributed to packages",
    );
  return out;
}

/** Runs of RVAs that belong to the Go module, other than its sections of their own. */
function partsOf(m: Moduledata, t: Pclntab): [number, number][] {
  return [
    // an external linker's etext is the end of C's code too
    [m.text, t.end[t.nfunc - 1]],
    [m.types, m.etypes],
    [m.rodata, Math.max(m.rodata, m.types < m.rodata ? t.rva : m.etypes)],
    [t.rva, Math.max(m.epclntab, m.findfunctab, t.rva + 1)],
    [m.noptrdata, m.enoptrdata],
    [m.data, m.edata],
  ];
}
