// Two snapshots → what changed: exact per module, package, kind and symbol, and the package deltas sum to the files' delta.
import { type Kind, KINDS } from "./ledger.ts";
import type { Role } from "./modules.ts";
import {
  byName,
  type KindBytes,
  type Snapshot,
  type SnapshotModule,
  type SnapshotPackage,
  type SnapshotSymbol,
} from "./snapshot.ts";

export const DIFF_SCHEMA = "pare.diff/1";

export type Change = "added" | "removed" | "changed";

interface Delta {
  readonly old: number;
  readonly new: number;
  readonly delta: number;
}

export interface DiffSymbol extends Delta {
  readonly name: string;
  /** The old name of a closure or static temporary that the compiler has numbered anew. */
  readonly oldName?: string;
  readonly change: Change;
}

export interface DiffPackage extends Delta {
  readonly path: string;
  readonly change: Change;
  readonly kinds: KindBytes;
  /** Only if both sides have symbols; symbols of equal size are left out. */
  readonly symbols?: readonly DiffSymbol[];
}

export interface DiffModule extends Delta {
  readonly path: string;
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

/** Pairs rows of two lists by key; every row of either list appears once. */
function pair<T>(
  before: readonly T[],
  after: readonly T[],
  key: (row: T) => string,
): { old: T | undefined; new: T | undefined }[] {
  const left = new Map(before.map((row) => [key(row), row]));
  const pairs: { old: T | undefined; new: T | undefined }[] = [];
  for (const row of after) {
    pairs.push({ old: left.get(key(row)), new: row });
    left.delete(key(row));
  }
  for (const row of left.values()) pairs.push({ old: row, new: undefined });
  return pairs;
}

/** Compares two snapshots. Symbols are compared where both have them. */
export function diff(before: Snapshot, after: Snapshot): Diff {
  const modules = pair(before.modules, after.modules, (m) => m.path)
    .map(({ old: a, new: b }) => diffModule(a, b))
    .filter((m) => m.delta !== 0 || m.packages.length > 0 || m.change !== "changed" || m.oldVersion !== m.newVersion);
  const overhead = pair(before.overhead, after.overhead, (o) => `${o.name}\0${o.kind}`)
    .map(({ old: a, new: b }) => ({
      name: (b ?? a)!.name,
      kind: (b ?? a)!.kind,
      ...delta(a?.bytes ?? 0, b?.bytes ?? 0),
    }))
    .filter((o) => o.delta !== 0);
  return {
    schema: DIFF_SCHEMA,
    ...delta(before.file.size, after.file.size),
    oldFile: side(before),
    newFile: side(after),
    kinds: Object.fromEntries(KINDS.map((k) => [k, delta(before.kinds[k], after.kinds[k])])) as Diff["kinds"],
    modules: modules.sort(byDelta((m) => m.path)),
    overhead: overhead.sort(byDelta((o) => `${o.name}\0${o.kind}`)),
    warnings: caveats(before, after),
  };
}

function side({ file }: Snapshot): DiffSide {
  const { name, size, sha256, format, os, arch, goVersion } = file;
  return { name, size, sha256, format, os, arch, goVersion };
}

function diffModule(a: SnapshotModule | undefined, b: SnapshotModule | undefined): DiffModule {
  const { path, role } = (b ?? a)!;
  const packages = pair(a?.packages ?? [], b?.packages ?? [], (p) => p.path)
    .map(({ old: p, new: q }) => diffPackage(p, q))
    .filter((p) => p.change !== "changed" || Object.keys(p.kinds).length > 0 || (p.symbols?.length ?? 0) > 0);
  return {
    path,
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

function diffPackage(a: SnapshotPackage | undefined, b: SnapshotPackage | undefined): DiffPackage {
  const kinds: { [K in Kind]?: number } = {};
  for (const kind of KINDS) {
    const difference = (b?.kinds[kind] ?? 0) - (a?.kinds[kind] ?? 0);
    if (difference !== 0) kinds[kind] = difference;
  }
  const withSymbols = (a === undefined || a.symbols !== undefined) && (b === undefined || b.symbols !== undefined);
  return {
    path: (b ?? a)!.path,
    change: change(a, b),
    ...delta(a?.bytes ?? 0, b?.bytes ?? 0),
    kinds,
    ...(withSymbols && { symbols: diffSymbols(a?.symbols ?? [], b?.symbols ?? []) }),
  };
}

function diffSymbols(before: readonly SnapshotSymbol[], after: readonly SnapshotSymbol[]): DiffSymbol[] {
  const rows: DiffSymbol[] = [];
  const gone: SnapshotSymbol[] = [];
  const come: SnapshotSymbol[] = [];
  for (const { old: a, new: b } of pair(before, after, (s) => s.name)) {
    if (a && b) {
      if (a.bytes !== b.bytes) rows.push({ name: b.name, change: "changed", ...delta(a.bytes, b.bytes) });
    } else if (a) gone.push(a);
    else if (b) come.push(b);
  }
  const renumbered = pairNumbered(gone, come);
  for (const a of gone) {
    const b = renumbered.get(a);
    if (!b) rows.push({ name: a.name, change: "removed", ...delta(a.bytes, 0) });
    else if (a.bytes !== b.bytes)
      rows.push({ name: b.name, oldName: a.name, change: "changed", ...delta(a.bytes, b.bytes) });
  }
  const taken = new Set(renumbered.values());
  for (const b of come) if (!taken.has(b)) rows.push({ name: b.name, change: "added", ...delta(0, b.bytes) });
  return rows.sort(byDelta((s) => s.name));
}

/**
 * Closures (F.func2), their wrappers and static temporaries (..stmp_17) are numbered by the compiler, so one more of them renames
 * those behind it: pairs what differs in such numbers only, equal sizes first, then in order.
 */
function pairNumbered(
  gone: readonly SnapshotSymbol[],
  come: readonly SnapshotSymbol[],
): Map<SnapshotSymbol, SnapshotSymbol> {
  const byStem = new Map<string, SnapshotSymbol[]>();
  for (const b of come) {
    const stem = stemOf(b.name);
    if (stem === b.name) continue;
    const list = byStem.get(stem);
    if (list) list.push(b);
    else byStem.set(stem, [b]);
  }
  const pairs = new Map<SnapshotSymbol, SnapshotSymbol>();
  // `come` is sorted by bytes, so each list is: the candidate of equal size is found by search, what is left is paired in order
  const left: SnapshotSymbol[] = [];
  const used = new Set<SnapshotSymbol>();
  const bySize = new Map<string, SnapshotSymbol[]>();
  for (const [stem, list] of byStem) {
    for (const b of list) {
      const key = `${b.bytes} ${stem}`;
      const same = bySize.get(key);
      if (same) same.push(b);
      else bySize.set(key, [b]);
    }
  }
  for (const a of gone) {
    const b = bySize.get(`${a.bytes} ${stemOf(a.name)}`)?.shift();
    if (!b) {
      left.push(a);
      continue;
    }
    pairs.set(a, b);
    used.add(b);
  }
  for (const a of left) {
    const b = byStem.get(stemOf(a.name))?.find((candidate) => !used.has(candidate));
    if (!b) continue;
    pairs.set(a, b);
    used.add(b);
  }
  return pairs;
}

/** A symbol's name without the numbers that the compiler gives: "main.run.func2.1" and "main.run.func3.1" have one stem. */
function stemOf(name: string): string {
  return name.replace(/(\.func|\.gowrap|\.deferwrap|stmp_|\.init\.|\.|-range)\d+(?=$|[.\-·])/g, "$1#");
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
  if (a.garbled || b.garbled) warnings.push("garbled names differ from build to build: packages cannot be matched");
  return warnings;
}
