// Two snapshots → what changed: exact per module, package, kind and symbol, and the package deltas sum to the files' delta.
import { stemOf } from "../binary/go/stem.ts";
import { type Kind, KINDS } from "./ledger.ts";
import type { Role } from "./modules.ts";
import { type Pair, pairBy, pairModules, pairPackages, pairSymbols, translator } from "./match.ts";
import {
  byName,
  type KindBytes,
  type Snapshot,
  type SnapshotModule,
  type SnapshotPackage,
  type SnapshotSymbol,
} from "./snapshot.ts";
import type { Letter } from "./sum.ts";

export const DIFF_SCHEMA = "pare.diff/1";

export type Change = "added" | "removed" | "changed";

interface Delta {
  readonly old: number;
  readonly new: number;
  readonly delta: number;
}

export interface DiffSymbol extends Delta {
  readonly name: string;
  /** Its name in the old file, if it has changed: the compiler numbered it anew, or it was renamed. */
  readonly oldName?: string;
  /** As in `go tool nm`; "?" for what is not in memory (DWARF, symbol table …). */
  readonly letter: Letter;
  readonly change: Change;
}

export interface DiffPackage extends Delta {
  readonly path: string;
  /** Its path in the old file, if it has moved. */
  readonly oldPath?: string;
  readonly change: Change;
  readonly kinds: KindBytes;
  /** Only if both sides have symbols; what the same name has as many bytes of, and what was only numbered anew, is left out. */
  readonly symbols?: readonly DiffSymbol[];
}

export interface DiffModule extends Delta {
  readonly path: string;
  /** Its path in the old file, if it has changed: mostly another major version. */
  readonly oldPath?: string;
  readonly role: Role;
  /** "" where the module is absent or has no version. */
  readonly oldVersion: string;
  readonly newVersion: string;
  readonly change: Change;
  /** Packages of equal size and kinds are left out. */
  readonly packages: readonly DiffPackage[];
}

export interface DiffSide {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly format: string;
  readonly os: string;
  readonly arch: string;
  readonly goVersion: string;
  /** The commit that was built; absent for files and the working tree. */
  readonly commit?: string;
}

/** How both sides were built for the comparison. */
export interface DiffBuild {
  /** Import path. */
  readonly package: string;
  /** Flags of `go build`. */
  readonly flags: readonly string[];
}

/** A symbol and the package that owns it. */
export interface DiffEnd {
  readonly symbol: string;
  readonly package: string;
}

export interface DiffEdge {
  readonly from: DiffEnd;
  readonly to: DiffEnd;
}

/** The reference that brought a package's growth. */
export interface Because extends DiffEdge {
  readonly package: string;
  /** new: `to` was not in the old program. grown: `to` was there and is larger now. */
  readonly change: "new" | "grown";
  /** Where the way from main.main to `to` first enters a package that is new, or else a new symbol of another package. */
  readonly entrance?: DiffEdge;
}

export interface Diff extends Delta {
  readonly schema: typeof DIFF_SCHEMA;
  readonly oldFile: DiffSide;
  readonly newFile: DiffSide;
  /** All kinds; the deltas sum to `delta`. */
  readonly kinds: { readonly [K in Kind]: Delta };
  /** Modules and overhead of equal size and version are left out; the deltas of both lists together sum to `delta`. */
  readonly modules: readonly DiffModule[];
  readonly overhead: readonly (Delta & { readonly name: string; readonly kind: Kind })[];
  readonly build?: DiffBuild;
  /** For packages that grew by more than 10 kB, if the linker was asked about both sides; the largest growth first. */
  readonly because?: readonly Because[];
  /** What makes the comparison less telling: another platform, stripped against not stripped. */
  readonly warnings: readonly string[];
}

function delta(before: number, after: number): Delta {
  return { old: before, new: after, delta: after - before };
}

function change(before: unknown, after: unknown): Change {
  return before === undefined ? "added" : after === undefined ? "removed" : "changed";
}

/** Largest change first, growth before shrinkage of the same size, then by name. */
function byDelta<T extends Delta>(name: (row: T) => string): (a: T, b: T) => number {
  return (a, b) => Math.abs(b.delta) - Math.abs(a.delta) || b.delta - a.delta || byName(name(a), name(b));
}

/** What a comparison knows besides the two snapshots. */
export interface DiffFacts {
  readonly oldCommit?: string | undefined;
  readonly newCommit?: string | undefined;
  readonly build?: DiffBuild | undefined;
  /** What went less than well before. */
  readonly warnings?: readonly string[] | undefined;
}

/** Compares two snapshots. Symbols are compared where both have them. */
export function diff(before: Snapshot, after: Snapshot, facts: DiffFacts = {}): Diff {
  const pairs = pairModules(before.modules, after.modules).map(({ old, new: current }) => ({
    old,
    new: current,
    packages: pairPackages(old, current),
  }));
  const translate = translator(renamesOf(pairs));
  const modules = pairs
    .map(({ old, new: current, packages }) => diffModule(old, current, packages, translate))
    .filter((m) => m.delta !== 0 || m.packages.length > 0 || m.change !== "changed" || isRenamed(m));
  const overhead = pairBy(before.overhead, after.overhead, (o) => `${o.name}\0${o.kind}`)
    .map(({ old: a, new: b }) => ({
      name: (b ?? a)!.name,
      kind: (b ?? a)!.kind,
      ...delta(a?.bytes ?? 0, b?.bytes ?? 0),
    }))
    .filter((o) => o.delta !== 0);
  return {
    schema: DIFF_SCHEMA,
    ...delta(before.file.size, after.file.size),
    oldFile: side(before, facts.oldCommit),
    newFile: side(after, facts.newCommit),
    ...(facts.build && { build: facts.build }),
    kinds: Object.fromEntries(KINDS.map((k) => [k, delta(before.kinds[k], after.kinds[k])])) as Diff["kinds"],
    modules: modules.sort(byDelta((m) => m.path)),
    overhead: overhead.sort(byDelta((o) => `${o.name}\0${o.kind}`)),
    warnings: [...(facts.warnings ?? []), ...caveats(before, after)],
  };
}

function side({ file }: Snapshot, commit: string | undefined): DiffSide {
  const { name, size, sha256, format, os, arch, goVersion } = file;
  return { name, size, sha256, format, os, arch, goVersion, ...(commit !== undefined && { commit }) };
}

/** Old paths of modules and packages to the new ones. */
function renamesOf(
  pairs: readonly (Pair<SnapshotModule> & { readonly packages: readonly Pair<SnapshotPackage>[] })[],
): Map<string, string> {
  const renames = new Map<string, string>();
  for (const { old, new: current, packages } of pairs) {
    if (old && current && old.path !== current.path) renames.set(old.path, current.path);
    for (const { old: p, new: q } of packages) if (p && q && p.path !== q.path) renames.set(p.path, q.path);
  }
  return renames;
}

function isRenamed(m: DiffModule): boolean {
  return m.oldPath !== undefined || m.oldVersion !== m.newVersion;
}

function diffModule(
  a: SnapshotModule | undefined,
  b: SnapshotModule | undefined,
  pairs: readonly Pair<SnapshotPackage>[],
  translate: (name: string) => string,
): DiffModule {
  const { path, role } = (b ?? a)!;
  const packages = pairs
    .map(({ old, new: current }) => diffPackage(old, current, translate))
    .filter((p) => p.change !== "changed" || Object.keys(p.kinds).length > 0 || (p.symbols?.length ?? 0) > 0);
  return {
    path,
    ...(a && b && a.path !== b.path && { oldPath: a.path }),
    role,
    oldVersion: a ? shownVersion(a) : "",
    newVersion: b ? shownVersion(b) : "",
    change: change(a, b),
    ...delta(a?.bytes ?? 0, b?.bytes ?? 0),
    packages: packages.sort(byDelta((p) => p.path)),
  };
}

/** A replaced module's version is that of its replacement. */
function shownVersion(module: SnapshotModule): string {
  return module.replace ? `${module.replace.path} ${module.replace.version}`.trim() : module.version;
}

function diffPackage(
  a: SnapshotPackage | undefined,
  b: SnapshotPackage | undefined,
  translate: (name: string) => string,
): DiffPackage {
  const kinds: { [K in Kind]?: number } = {};
  for (const kind of KINDS) {
    const difference = (b?.kinds[kind] ?? 0) - (a?.kinds[kind] ?? 0);
    if (difference !== 0) kinds[kind] = difference;
  }
  const withSymbols = (a === undefined || a.symbols !== undefined) && (b === undefined || b.symbols !== undefined);
  return {
    path: (b ?? a)!.path,
    ...(a && b && a.path !== b.path && { oldPath: a.path }),
    change: change(a, b),
    ...delta(a?.bytes ?? 0, b?.bytes ?? 0),
    kinds,
    ...(withSymbols && { symbols: diffSymbols(a?.symbols ?? [], b?.symbols ?? [], translate) }),
  };
}

function diffSymbols(
  before: readonly SnapshotSymbol[],
  after: readonly SnapshotSymbol[],
  translate: (name: string) => string,
): DiffSymbol[] {
  const rows: DiffSymbol[] = [];
  for (const { old: a, new: b } of pairSymbols(before, after, translate)) {
    const { name, letter } = (b ?? a)!;
    const oldName = a && b && translate(a.name) !== b.name ? a.name : undefined;
    const isSame = a && b && a.bytes === b.bytes;
    if (isSame && (oldName === undefined || stemOf(translate(oldName)) === stemOf(name))) continue;
    rows.push({
      name,
      ...(oldName !== undefined && { oldName }),
      letter,
      change: change(a, b),
      ...delta(a?.bytes ?? 0, b?.bytes ?? 0),
    });
  }
  return rows.sort(byDelta((s) => s.name));
}

function caveats(before: Snapshot, after: Snapshot): string[] {
  const a = before.file;
  const b = after.file;
  const warnings: string[] = [];
  if (a.os !== b.os || a.arch !== b.arch || a.format !== b.format) {
    warnings.push(`different platforms: ${a.os}/${a.arch} (${a.format}) and ${b.os}/${b.arch} (${b.format})`);
  }
  if (a.goVersion !== b.goVersion)
    warnings.push(`different Go versions: ${a.goVersion || "unknown"} and ${b.goVersion || "unknown"}`);
  if (a.stripped !== b.stripped) {
    warnings.push(
      `only ${a.stripped ? "the old" : "the new"} file is stripped: names and owners of data are less exact there`,
    );
  }
  if (a.trimpath !== null && b.trimpath !== null && a.trimpath !== b.trimpath) {
    warnings.push(
      `only ${a.trimpath ? "the old" : "the new"} file is built with -trimpath: in the other, paths are longer`,
    );
  }
  if (a.garbled || b.garbled) warnings.push("garbled names differ from build to build: packages cannot be matched");
  return warnings;
}
