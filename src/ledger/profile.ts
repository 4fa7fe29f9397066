// bytes → Profile: opens the container, runs the claimants in their order, and returns the ledger with the facts beside it.
import { InputError } from "../binary/bytes.ts";
import type { Executable } from "../binary/executable.ts";
import { type BuildInfo, readBuildInfo } from "../binary/go/buildinfo.ts";
import type { Moduledata } from "../binary/go/moduledata.ts";
import type { Pclntab } from "../binary/go/pclntab.ts";
import { looksGarbled } from "../binary/go/garble.ts";
import { release } from "../binary/release.ts";
import { type GoProgram, readProgram } from "../binary/go/program.ts";
import { openContainer, openExecutable } from "../binary/open.ts";
import { claimCode } from "./claims/code.ts";
import { claimData, type DataResult } from "./claims/data.ts";
import type { Inflate } from "./claims/dwarf.ts";
import { ownFunctions } from "./claims/functions.ts";
import { inlinedRows } from "./claims/inlined.ts";
import { claimLinks } from "./claims/links.ts";
import { claimPclntab } from "./claims/pclntab.ts";
import { claimRest } from "./claims/rest.ts";
import { sourceFiles } from "./claims/sourcefiles.ts";
import { symbolMarks } from "./claims/symbols.ts";
import { claimTables } from "./claims/tables.ts";
import { claimTestimony } from "./claims/testimony.ts";
import { type ProbeDump, reflects } from "../linkgraph/probe.ts";
import { Claims, EXACT, KIND, type Ledger, Names, SymbolNames } from "./ledger.ts";
import { sweep } from "./sweep.ts";

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
  /** Decompresses debug sections; without it, compressed ones are nobody's. */
  readonly inflate?: Inflate;
}

/** The claimants, best first. A byte that two of them want goes to the earlier one. */
const CLAIMANT = {
  /** What the format says of itself: headers, tables, signatures. */
  structure: 0,
  /** Go's tables at known addresses: build info, module data. */
  tables: 1,
  /** The linker's own account, if there is one. */
  testimony: 2,
  /** Functions by the function table. */
  code: 3,
  /** The function table itself. */
  pclntab: 4,
  /** Types, strings, variables. */
  data: 5,
} as const;

/**
 * Profiles one file: an executable, or a container of several (universal Mach-O, static library), whose members are profiled one by
 * one. Throws InputError if the file cannot be read. The ledger covers every byte of it exactly once.
 */
export function profile(bytes: Uint8Array, options: ProfileOptions = {}): Profile {
  const container = openContainer(bytes);
  if (!container) return profileOne(bytes, options, new Names(), new SymbolNames());
  const packages = new Names();
  const symbols = new SymbolNames();
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
  const exe = openExecutable(bytes);
  const buildInfo = readBuildInfo(exe);
  const goVersion = buildInfo?.goVersion.replace(/^unknown$/, "") ?? "";
  const go = readProgram(exe, goVersion);
  const warnings = [...exe.warnings];
  // about one claim for 110 bytes of a stripped Go program
  const claims = new Claims(bytes.length, exe.regions, packages, symbols, Math.ceil(bytes.length / 100) + 4096);

  claims.begin(CLAIMANT.structure);
  for (const s of exe.structure) claims.file(s.start, s.end, KIND[s.kind], 0, symbols.add(s.name), EXACT);
  claims.begin(CLAIMANT.tables);
  claimTables(claims, exe, go, buildInfo);

  claims.begin(CLAIMANT.testimony);
  const testimony = options.testimony && go?.module && claimTestimony(claims, exe, go.module, options.testimony);
  if (options.testimony && go && !testimony) warnings.push(MUTE_LINKER);
  const named = symbolMarks(exe, claims);
  let data: DataResult | undefined;
  let inlined: InlinedRow[] | undefined;
  let files: FileRow[] | undefined;
  let garbled = false;
  if (go) {
    const functions = ownFunctions(go.pcln, packages);
    if (testimony)
      for (let f = 0; f < go.pcln.nfunc; f++)
        functions.owner[f] = testimony.functions.get(go.pcln.entry[f]) ?? functions.owner[f];
    garbled = looksGarbled(new Set(Array.from(new Set(functions.owner), (id) => packages.get(id))));
    warnings.push(...doubts(go, goVersion, garbled));
    const symbolOf = symbols.source((i) => go.pcln.name(i));
    claims.begin(CLAIMANT.code);
    const codeEnd = claimCode(claims, exe, go, functions, symbolOf);
    if (options.files) files = sourceFiles(exe, go.pcln, functions, packages);
    if (options.inlined) inlined = inlinedRows(exe, go, functions, codeEnd, packages);
    claims.begin(CLAIMANT.pclntab);
    claimPclntab(claims, exe, go, functions, symbolOf, endOfPclntab(exe, go));
    if (go.module) {
      claims.begin(CLAIMANT.data);
      const places = testimony ? { places: testimony.places } : {};
      data = claimData({ exe, go, module: go.module, functions, claims, symbols: named.marks, ...places });
      claimLinks(claims, exe, go.module, data);
      const { objects, owner } = data;
      release(objects.start, objects.end, objects.kind, objects.named, objects.symbol, objects.exact, owner);
    }
  }
  const rest = claimRest({
    exe,
    base: sweep(claims),
    hasGo: go !== undefined,
    goParts: go?.module ? partsOf(go.module, go.pcln) : [],
    warnings,
    ...(options.inflate ? { inflate: options.inflate } : {}),
  });
  const stripped = named.functions === 0;
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

/** Where the function table ends at the latest: as the module data says, else at the next thing with a known address. */
function endOfPclntab(exe: Executable, go: GoProgram): number {
  const { pcln, module } = go;
  if (module && module.epclntab > pcln.rva) return module.epclntab;
  const section = exe.sections.find((s) => s.rva >= 0 && pcln.rva >= s.rva && pcln.rva < s.rva + s.size);
  const bounds = [pcln.rva + pcln.bytes.length];
  if (section) bounds.push(section.rva + section.size);
  if (module)
    bounds.push(module.noptrdata, module.data, module.types, module.typelinks.rva, module.itablinks.rva, module.rva);
  return Math.min(...bounds.filter((b) => b > pcln.rva));
}
