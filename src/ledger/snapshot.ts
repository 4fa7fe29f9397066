// Profile → snapshot: the portable, versioned sum of a ledger that every view, diff and budget is made from.
import type { BuildInfo } from "../binary/go/buildinfo.ts";
import { EVIDENCE, type Evidence, type Kind, KINDS, type Ledger } from "./ledger.ts";
import { type Module, moduleTable } from "./modules.ts";
import type { InlinedRow, Profile } from "./profile.ts";
import { KIND_COUNT, type Letter, letterOf, sumPackages, sumSymbols } from "./sum.ts";

export const SNAPSHOT_SCHEMA = "pare.snapshot/1";

/** Bytes by kind, kinds in ledger order, absent kinds are zero. */
export type KindBytes = { readonly [K in Kind]?: number };

export interface SnapshotSymbol {
  /** "" collects what the package owns without a symbol's name. */
  readonly name: string;
  /** As in `go tool nm`: T text, D data, R read-only; "?" for what is not in memory (DWARF, symbol table …). */
  readonly letter: Letter;
  readonly bytes: number;
  readonly kinds: KindBytes;
}

export interface SnapshotPackage {
  readonly path: string;
  readonly bytes: number;
  readonly kinds: KindBytes;
  /** Only when asked for; its bytes sum to the package's. */
  readonly symbols?: readonly SnapshotSymbol[];
}

export interface SnapshotModule extends Module {
  readonly bytes: number;
  readonly packages: readonly SnapshotPackage[];
}

/** Bytes that belong to the format, not to a package. */
export interface Overhead {
  readonly name: string;
  readonly kind: Kind;
  readonly bytes: number;
}

export interface SnapshotEmbed {
  readonly name: string;
  readonly bytes: number;
  readonly package: string;
  readonly usedBy: readonly string[];
}

export interface SnapshotFile {
  readonly name: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly format: string;
  readonly type: "exe" | "shared" | "object" | "archive";
  readonly os: string;
  readonly arch: string;
  /** "go1.26.8", "" if the file does not tell. */
  readonly goVersion: string;
  readonly language: "go" | "tinygo" | "other";
  /** No symbol table that names Go functions. */
  readonly stripped: boolean;
  readonly dwarf: boolean;
  readonly pie: boolean;
  /** Asks for a dynamic linker. */
  readonly dynamic: boolean;
  /** Links runtime/cgo or other C code. */
  readonly cgo: boolean;
  /** null: the build information does not tell. */
  readonly trimpath: boolean | null;
  readonly garbled: boolean;
  /** Whether the linker dropped methods that nobody calls; exact with its testimony, else inferred. null, or absent: not known. */
  readonly methodElimination?: "on" | "off" | null;
  /** Name of the packer ("UPX") that the file was, or is, packed with. */
  readonly packed: string | null;
  readonly buildId: string | null;
  readonly main: { readonly package: string; readonly module: string; readonly version: string } | null;
  readonly vcs: {
    readonly system: string;
    readonly revision: string;
    readonly time: string;
    readonly modified: boolean;
  } | null;
  /** Build settings in the order of the file. */
  readonly settings: readonly { readonly key: string; readonly value: string }[];
}

export interface Snapshot {
  readonly schema: typeof SNAPSHOT_SCHEMA;
  readonly file: SnapshotFile;
  /** Bytes of the whole file by kind; sums to file.size. */
  readonly kinds: { readonly [K in Kind]: number };
  /** Bytes of all modules and overhead together sum to file.size. */
  readonly modules: readonly SnapshotModule[];
  readonly overhead: readonly Overhead[];
  readonly embeds: readonly SnapshotEmbed[];
  /** Bytes by evidence class; sums to file.size. */
  readonly evidence: { readonly [E in Evidence]: number };
  /** What named the owners. */
  readonly testimony: Profile["testimony"];
  /** Zero-filled variables, which take memory when running and no byte of the file. Only when asked for. */
  readonly memory?: {
    readonly bytes: number;
    readonly packages: readonly { readonly path: string; readonly bytes: number }[];
  };
  /** Bytes of code by the package that owns them and the package whose body was inlined. Only when asked for. */
  readonly inlined?: readonly InlinedRow[];
  readonly warnings: readonly string[];
}

/** What the profile cannot know about the file it was made from. */
export interface FileFacts {
  readonly name: string;
  readonly sha256: string;
  /** Set if the file was unpacked before it was profiled. */
  readonly packed?: string | undefined;
  /** go.mod of the main module: tells direct from indirect dependencies. */
  readonly goMod?: string | undefined;
  /** What went less than well before the profile was made. */
  readonly warnings?: readonly string[] | undefined;
}

export interface SnapshotOptions {
  readonly symbols?: boolean | undefined;
  readonly memory?: boolean | undefined;
}

/** Ascending by UTF-16 code units: no locale. */
export function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function largestFirst<T extends { readonly bytes: number }>(name: (row: T) => string): (a: T, b: T) => number {
  return (a, b) => b.bytes - a.bytes || byName(name(a), name(b));
}

/** Sums a profile's ledger; rows are sorted by bytes, largest first, then by name. */
export function snapshot(profile: Profile, facts: FileFacts, options: SnapshotOptions = {}): Snapshot {
  const { ledger, buildInfo } = profile;
  const sums = sumPackages(ledger);
  const symbols = options.symbols ? symbolsByPackage(ledger) : undefined;
  const moduleOf = moduleTable({
    buildInfo,
    goVersion: profile.goVersion,
    garbled: profile.garbled,
    goMod: facts.goMod,
  });

  const modules = new Map<Module, { bytes: number; packages: SnapshotPackage[] }>();
  for (let p = 1; p < ledger.packages.count; p++) {
    const { bytes, kinds } = rowKinds(sums.bytes, p * KIND_COUNT);
    if (bytes === 0) continue;
    const path = ledger.packages.get(p);
    const module = moduleOf(path);
    let row = modules.get(module);
    if (!row) modules.set(module, (row = { bytes: 0, packages: [] }));
    row.bytes += bytes;
    const own = symbols?.get(path)?.sort(largestFirst((s) => s.name));
    row.packages.push({ path, bytes, kinds, ...(own && { symbols: own }) });
  }
  const rows: SnapshotModule[] = [...modules].map(([module, { bytes, packages }]) => ({
    ...module,
    bytes,
    packages: packages.sort(largestFirst((p) => p.path)),
  }));

  const total = new Float64Array(KIND_COUNT);
  for (let i = 0; i < sums.bytes.length; i++) total[i % KIND_COUNT] += sums.bytes[i];
  return {
    schema: SNAPSHOT_SCHEMA,
    file: fileRow(profile, facts, rows),
    kinds: Object.fromEntries(KINDS.map((kind, k) => [kind, total[k]])) as Snapshot["kinds"],
    modules: rows.sort(largestFirst((m) => m.path)),
    overhead: overheadRows(profile),
    embeds: profile.embeds
      .map(({ name, bytes, pkg, usedBy }) => ({ name, bytes, package: pkg, usedBy: [...usedBy].sort(byName) }))
      .sort(largestFirst((e) => e.name)),
    evidence: Object.fromEntries(EVIDENCE.map((name, e) => [name, sums.evidence[e]])) as Snapshot["evidence"],
    testimony: profile.testimony,
    ...(options.memory && { memory: memoryRows(profile) }),
    ...(profile.inlined && {
      inlined: [...profile.inlined].sort(largestFirst((r) => `${r.owner}\0${r.origin}`)),
    }),
    warnings: [...new Set([...(facts.warnings ?? []), ...profile.exe.warnings, ...profile.warnings])],
  };
}

function rowKinds(sums: ArrayLike<number>, at: number): { bytes: number; kinds: KindBytes } {
  const kinds: { [K in Kind]?: number } = {};
  let bytes = 0;
  for (let k = 0; k < KIND_COUNT; k++) {
    if (sums[at + k] === 0) continue;
    kinds[KINDS[k]] = sums[at + k];
    bytes += sums[at + k];
  }
  return { bytes, kinds };
}

/** The symbols of each package by its path, in no order that matters. */
export function symbolsByPackage(ledger: Ledger): Map<string, SnapshotSymbol[]> {
  const sums = sumSymbols(ledger);
  const lists = new Map<string, SnapshotSymbol[]>();
  for (let s = 0; s < sums.count; s++) {
    const at = s * KIND_COUNT;
    const { bytes, kinds } = rowKinds(sums.kinds, at);
    if (bytes === 0 || sums.pkg[s] === 0) continue;
    const path = ledger.packages.get(sums.pkg[s]);
    const row = { name: sums.name[s], letter: letterOf(sums.kinds, at), bytes, kinds };
    const list = lists.get(path);
    if (list) list.push(row);
    else lists.set(path, [row]);
  }
  return lists;
}

function overheadRows(profile: Profile): Overhead[] {
  const sums = sumSymbols(profile.ledger, 0);
  const rows: Overhead[] = [];
  for (let s = 0; s < sums.count; s++) {
    for (let k = 0; k < KIND_COUNT; k++) {
      const bytes = sums.kinds[s * KIND_COUNT + k];
      if (bytes > 0) rows.push({ name: sums.name[s] || KINDS[k], kind: KINDS[k], bytes });
    }
  }
  return rows.sort(largestFirst((r) => `${r.name}\0${r.kind}`));
}

function memoryRows(profile: Profile): NonNullable<Snapshot["memory"]> {
  const packages = new Map<string, number>();
  let bytes = 0;
  for (const row of profile.bss) {
    packages.set(row.pkg, (packages.get(row.pkg) ?? 0) + row.bytes);
    bytes += row.bytes;
  }
  return { bytes, packages: [...packages].map(([path, n]) => ({ path, bytes: n })).sort(largestFirst((p) => p.path)) };
}

function fileRow(profile: Profile, facts: FileFacts, modules: readonly SnapshotModule[]): SnapshotFile {
  const { exe, buildInfo } = profile;
  const setting = (key: string): string | undefined => buildInfo?.settings.find((s) => s.key === key)?.value;
  const main = buildInfo?.main;
  return {
    name: facts.name,
    size: profile.ledger.size,
    sha256: facts.sha256,
    format: exe.format,
    type: exe.type,
    os: exe.os,
    arch: exe.arch,
    goVersion: profile.goVersion,
    language: profile.language,
    stripped: profile.stripped,
    dwarf: profile.dwarf,
    pie: exe.pie,
    dynamic: exe.dynamic,
    cgo: modules.some((m) => m.role === "C" || (m.role === "std" && m.packages.some((p) => p.path === "runtime/cgo"))),
    trimpath: trimpath(buildInfo),
    garbled: profile.garbled,
    methodElimination: profile.methodElimination ?? null,
    packed: facts.packed ?? exe.packed ?? null,
    buildId: exe.buildId ?? null,
    main:
      buildInfo && buildInfo.path !== ""
        ? { package: buildInfo.path, module: main?.path ?? "", version: main?.version ?? "" }
        : null,
    vcs:
      setting("vcs.revision") === undefined
        ? null
        : {
            system: setting("vcs") ?? "",
            revision: setting("vcs.revision") ?? "",
            time: setting("vcs.time") ?? "",
            modified: setting("vcs.modified") === "true",
          },
    settings: buildInfo?.settings ?? [],
  };
}

/** Settings are written since Go 1.18, and -trimpath only if it is set. */
function trimpath(buildInfo: BuildInfo | undefined): boolean | null {
  if (!buildInfo || buildInfo.settings.length === 0) return null;
  return buildInfo.settings.some((s) => s.key === "-trimpath" && s.value === "true");
}
