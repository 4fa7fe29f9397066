// Snapshot (or profile) → rows: the one place that selects, filters, sorts and cuts what a report shows.
import { type Kind, KINDS, type Ledger } from "./ledger.ts";
import type { Role } from "./modules.ts";
import { nearest } from "./nearest.ts";
import type { Profile } from "./profile.ts";
import {
  byName,
  type KindBytes,
  type Snapshot,
  type SnapshotModule,
  type SnapshotPackage,
  symbolsByPackage,
} from "./snapshot.ts";
import { KIND_COUNT, type Letter } from "./sum.ts";
import type { By, Sort } from "./words.ts";

export interface ViewOptions {
  readonly by: By;
  /** Rows to keep; all if undefined. */
  readonly top?: number | undefined;
  /** Import path of a package, `path/...` for it and those below it, or a module's path. */
  readonly focus?: string | undefined;
  /** Keeps rows whose name has this text in it, case ignored, or matches it if it is written as /regular expression/. */
  readonly filter?: string | undefined;
  readonly sort?: Sort | undefined;
  /** Leaves out overhead, and what is no symbol by name or by nature (debug information). */
  readonly named?: boolean | undefined;
}

/** Shown for what a package owns without a symbol's name. */
const UNNAMED = "(unnamed)";

export interface Row {
  readonly name: string;
  readonly bytes: number;
  readonly kinds: KindBytes;
  readonly module?: string;
  readonly version?: string;
  readonly role?: Role;
  readonly package?: string;
  /** Symbols: as in `go tool nm`. */
  readonly letter?: Letter | "B";
  readonly usedBy?: readonly string[];
  /** Zero-filled variables: bytes in memory that the file does not hold. */
  readonly memory?: number;
  /** Bytes of code whose source is here, wherever they were inlined to. */
  readonly inlined?: number;
  /** Belongs to the format, not to a package. */
  readonly overhead?: boolean;
}

export interface View {
  readonly by: By;
  readonly focus?: string;
  readonly sort: Sort;
  readonly rows: readonly Row[];
  /** Rows that `top` cut off. */
  readonly rest: { readonly rows: number; readonly bytes: number };
  /** Bytes of all rows before the cut; the file's size if nothing is focused or filtered. */
  readonly bytes: number;
  /** Size of the file: what shares are of. */
  readonly of: number;
  readonly hasMemory: boolean;
  readonly hasInlined: boolean;
}

export const VIEW_SCHEMA = "pare.view/1";

/** A view as a document of its own. */
export interface ViewDocument {
  readonly schema: typeof VIEW_SCHEMA;
  readonly file: { readonly name: string; readonly size: number; readonly sha256: string };
  readonly by: By;
  readonly focus?: string;
  /** Bytes of all rows, also of those that `top` cut off. */
  readonly bytes: number;
  readonly rows: readonly Row[];
  readonly rest: { readonly rows: number; readonly bytes: number };
}

export function viewDocument(snapshot: Snapshot, rows: View): ViewDocument {
  const { name, size, sha256 } = snapshot.file;
  return {
    schema: VIEW_SCHEMA,
    file: { name, size, sha256 },
    by: rows.by,
    ...(rows.focus !== undefined && { focus: rows.focus }),
    bytes: rows.bytes,
    rows: rows.rows,
    rest: rows.rest,
  };
}

/** A request that the snapshot cannot serve: a package that is not there, a pattern that is not one. */
export class ViewError extends Error {
  readonly suggestion: string | undefined;
  constructor(message: string, suggestion?: string) {
    super(message);
    this.name = "ViewError";
    this.suggestion = suggestion;
  }
}

/** Whether a snapshot was made with symbols. */
export function hasSymbols(snapshot: Snapshot): boolean {
  return snapshot.modules.some((m) => m.packages.some((p) => p.symbols !== undefined));
}

/**
 * Makes a view's rows. The view by symbol needs a snapshot with symbols or the profile, the view by section the profile. Throws ViewError for a focus or filter that cannot be served.
 */
export function view(snapshot: Snapshot, options: ViewOptions, profile?: Profile): View {
  const packages = focused(snapshot, options.focus);
  const hasMemory =
    snapshot.memory !== undefined && (options.by === "module" || options.by === "package" || options.by === "symbol");
  const hasInlined = snapshot.inlined !== undefined && (options.by === "module" || options.by === "package");
  let rows = rowsOf(snapshot, options, packages, profile);
  const matches = matcher(options.filter);
  if (matches) rows = rows.filter((row) => matches(row.name) || (row.package !== undefined && matches(row.package)));
  if (options.named) rows = rows.filter((row) => row.overhead !== true && row.name !== UNNAMED && row.letter !== "?");
  const bytes = sum(rows);
  const sort = options.sort ?? "bytes";
  const kept = sorted(rows, sort, options.top);
  return {
    by: options.by,
    ...(options.focus !== undefined && { focus: options.focus }),
    sort,
    rows: kept,
    rest: { rows: rows.length - kept.length, bytes: bytes - sum(kept) },
    bytes,
    of: snapshot.file.size,
    hasMemory,
    hasInlined,
  };
}

function sum(rows: readonly { readonly bytes: number }[]): number {
  return rows.reduce((total, row) => total + row.bytes, 0);
}

/** The first `top` rows in order. */
function sorted(rows: Row[], sort: Sort, top = rows.length): Row[] {
  let candidates = rows;
  if (sort === "bytes" && top > 0 && top < rows.length) {
    // comparing names is what sorting costs: only rows that can be among the first are sorted
    const sizes = Float64Array.from(rows, (row) => row.bytes).sort();
    const least = sizes[sizes.length - top];
    candidates = rows.filter((row) => row.bytes >= least);
  }
  return candidates.sort(order(sort)).slice(0, top);
}

function order(sort: Sort): (a: Row, b: Row) => number {
  const largest = (value: (row: Row) => number) => (a: Row, b: Row) =>
    value(b) - value(a) || b.bytes - a.bytes || byName(a.name, b.name) || byName(a.package ?? "", b.package ?? "");
  switch (sort) {
    case "name":
      return (a, b) => byName(a.name, b.name) || b.bytes - a.bytes;
    case "bytes":
      return largest((row) => row.bytes);
    case "memory":
      return largest((row) => row.memory ?? 0);
    case "inlined":
      return largest((row) => row.inlined ?? 0);
    default:
      return largest((row) => row.kinds[sort] ?? 0);
  }
}

/** A predicate over names; undefined keeps everything. */
function matcher(filter: string | undefined): ((name: string) => boolean) | undefined {
  if (filter === undefined || filter === "") return undefined;
  const pattern = /^\/(.+)\/$/s.exec(filter);
  if (!pattern) {
    const wanted = filter.toLowerCase();
    return (name) => name.toLowerCase().includes(wanted);
  }
  try {
    const regexp = new RegExp(pattern[1], "u");
    return (name) => regexp.test(name);
  } catch {
    throw new ViewError(`--filter ${filter} is not a regular expression`);
  }
}

interface Placed {
  readonly module: SnapshotModule;
  readonly package: SnapshotPackage;
}

/** The packages that a focus selects; undefined without one. */
function focused(snapshot: Snapshot, focus: string | undefined): readonly Placed[] | undefined {
  if (focus === undefined) return undefined;
  const all = snapshot.modules.flatMap((module) => module.packages.map((p) => ({ module, package: p })));
  const below = focus.endsWith("/...") ? focus.slice(0, -4) : undefined;
  const found =
    below !== undefined
      ? all.filter((p) => p.package.path === below || p.package.path.startsWith(`${below}/`))
      : all.filter((p) => p.package.path === focus);
  if (found.length > 0) return found;
  const module = all.filter((p) => p.module.path === focus);
  if (module.length > 0) return module;
  // the program's own package is "main" to the linker, and its import path to everybody else
  if (focus === snapshot.file.main?.package) {
    const main = all.filter((p) => p.package.path === "main");
    if (main.length > 0) return main;
  }
  throw new ViewError(`no package or module "${focus}" in ${snapshot.file.name}`, closest(focus, all));
}

/** The largest package that has the last element of the path in its own; else the one with the fewest letters to change. */
function closest(focus: string, all: readonly Placed[]): string | undefined {
  const tail = focus.split("/").at(-1)!.toLowerCase();
  const holding = all.filter((p) => p.package.path.toLowerCase().includes(tail)).map((p) => p.package);
  if (holding.length > 0) return holding.sort((a, b) => b.bytes - a.bytes || byName(a.path, b.path))[0].path;
  return nearest(
    focus,
    all.map((p) => p.package.path),
  );
}

function rowsOf(
  snapshot: Snapshot,
  options: ViewOptions,
  focus: readonly Placed[] | undefined,
  profile?: Profile,
): Row[] {
  switch (options.by) {
    case "module":
      return moduleRows(snapshot, focus);
    case "package":
      return packageRows(snapshot, focus);
    case "symbol":
      return symbolRows(snapshot, focus, profile);
    case "kind":
      return kindRows(snapshot, focus);
    case "section":
      if (!profile) throw new ViewError("sections need the executable itself: a snapshot does not keep them");
      return sectionRows(profile, focus);
    case "file":
      if (!profile) throw new ViewError("source files need the executable itself: a snapshot does not keep them");
      return fileRows(snapshot, profile, focus);
    case "embed":
      return embedRows(snapshot, focus);
    default:
      return options.by satisfies never;
  }
}

/** Embedded files that the focused packages own or use. */
function embedRows(snapshot: Snapshot, focus: readonly Placed[] | undefined): Row[] {
  const chosen = focus && new Set(focus.map((p) => p.package.path));
  const rows = snapshot.embeds.filter(
    (e) => !chosen || chosen.has(e.package) || e.usedBy.some((user) => chosen.has(user)),
  );
  return rows.map((e) => ({
    name: e.name || UNNAMED,
    bytes: e.bytes,
    kinds: { embed: e.bytes },
    package: e.package,
    usedBy: e.usedBy,
  }));
}

/** Code by source file; what is no code of a known file is one row, so that the rows sum to the file's size. */
function fileRows(snapshot: Snapshot, profile: Profile, focus: readonly Placed[] | undefined): Row[] {
  const chosen = focus && new Set(focus.map((p) => p.package.path));
  const files = (profile.files ?? []).filter((f) => !chosen || chosen.has(f.pkg));
  const rows: Row[] = files.map((f) => ({ name: f.path, bytes: f.bytes, kinds: { code: f.bytes }, package: f.pkg }));
  const code = files.reduce((n, f) => n + f.bytes, 0);
  if (!chosen) {
    const all = { ...snapshot.kinds, code: (snapshot.kinds.code ?? 0) - code };
    const kinds: KindBytes = Object.fromEntries(Object.entries(all).filter(([, bytes]) => bytes > 0));
    rows.push({ name: "(no source file)", bytes: snapshot.file.size - code, kinds, overhead: true });
  }
  return rows;
}

function overheadRows(snapshot: Snapshot): Row[] {
  return snapshot.overhead.map((o) => ({ name: o.name, bytes: o.bytes, kinds: { [o.kind]: o.bytes }, overhead: true }));
}

/** Bytes of zero-filled variables by package, and bytes of code by the package they were written in. */
function besides(snapshot: Snapshot): { memory: ReadonlyMap<string, number>; inlined: ReadonlyMap<string, number> } {
  const memory = new Map(snapshot.memory?.packages.map((p) => [p.path, p.bytes]));
  const inlined = new Map<string, number>();
  for (const row of snapshot.inlined ?? []) inlined.set(row.origin, (inlined.get(row.origin) ?? 0) + row.bytes);
  return { memory, inlined };
}

function moduleRows(snapshot: Snapshot, focus: readonly Placed[] | undefined): Row[] {
  const { memory, inlined } = besides(snapshot);
  const chosen = focus && new Set(focus.map((p) => p.package));
  const rows: Row[] = [];
  for (const module of snapshot.modules) {
    const packages = chosen ? module.packages.filter((p) => chosen.has(p)) : module.packages;
    if (packages.length === 0) continue;
    rows.push({
      name: module.path,
      version: module.replace
        ? `${module.version} => ${module.replace.path} ${module.replace.version}`.trim()
        : module.version,
      role: module.role,
      bytes: sum(packages),
      kinds: addKinds(packages),
      ...(snapshot.memory && { memory: packages.reduce((n, p) => n + (memory.get(p.path) ?? 0), 0) }),
      ...(snapshot.inlined && { inlined: packages.reduce((n, p) => n + (inlined.get(p.path) ?? 0), 0) }),
    });
  }
  if (!focus) {
    const overhead = overheadRows(snapshot);
    rows.push({ name: "(overhead)", bytes: sum(overhead), kinds: addKinds(overhead), overhead: true });
  }
  return rows;
}

function addKinds(rows: readonly { readonly kinds: KindBytes }[]): KindBytes {
  const total: { [K in Kind]?: number } = {};
  for (const kind of KINDS) {
    let bytes = 0;
    for (const row of rows) bytes += row.kinds[kind] ?? 0;
    if (bytes > 0) total[kind] = bytes;
  }
  return total;
}

function packageRows(snapshot: Snapshot, focus: readonly Placed[] | undefined): Row[] {
  const { memory, inlined } = besides(snapshot);
  const all = focus ?? snapshot.modules.flatMap((module) => module.packages.map((p) => ({ module, package: p })));
  const rows: Row[] = all.map(({ module, package: p }) => ({
    name: p.path,
    bytes: p.bytes,
    kinds: p.kinds,
    module: module.path,
    version: module.version,
    role: module.role,
    ...(snapshot.memory && { memory: memory.get(p.path) ?? 0 }),
    ...(snapshot.inlined && { inlined: inlined.get(p.path) ?? 0 }),
  }));
  return focus ? rows : [...rows, ...overheadRows(snapshot)];
}

function symbolRows(snapshot: Snapshot, focus: readonly Placed[] | undefined, profile?: Profile): Row[] {
  const all = focus ?? snapshot.modules.flatMap((module) => module.packages.map((p) => ({ module, package: p })));
  const lists =
    profile && all.some((p) => p.package.symbols === undefined) ? symbolsByPackage(profile.ledger) : undefined;
  const rows: Row[] = [];
  for (const { module, package: p } of all) {
    const symbols = p.symbols ?? lists?.get(p.path);
    if (symbols === undefined) throw new ViewError("this snapshot was made without symbols (--symbols)");
    for (const { name, bytes, kinds, letter } of symbols) {
      rows.push({ name: name || UNNAMED, bytes, kinds, letter, package: p.path, module: module.path });
    }
  }
  if (snapshot.memory && profile) {
    const chosen = focus && new Set(focus.map((p) => p.package.path));
    for (const { pkg, symbol, bytes } of profile.bss) {
      if (!chosen || chosen.has(pkg))
        rows.push({ name: symbol || UNNAMED, bytes: 0, kinds: {}, letter: "B", package: pkg, memory: bytes });
    }
  }
  return focus ? rows : [...rows, ...overheadRows(snapshot)];
}

function kindRows(snapshot: Snapshot, focus: readonly Placed[] | undefined): Row[] {
  const kinds = focus ? addKinds(focus.map((p) => p.package)) : snapshot.kinds;
  const rows: Row[] = [];
  for (const kind of KINDS) {
    const bytes = kinds[kind] ?? 0;
    if (bytes > 0) rows.push({ name: kind, bytes, kinds: { [kind]: bytes } });
  }
  return rows;
}

/** Bytes by section; what no section holds (headers, tables that are not loaded, alignment) is a row of its own. */
function sectionRows(profile: Profile, focus: readonly Placed[] | undefined): Row[] {
  const { ledger, exe } = profile;
  const cuts = sectionCuts(profile);
  const names = [...new Set(cuts.map((c) => c.name))];
  const index = new Map(names.map((name, i) => [name, i]));
  const chosen = focus && new Set(focus.map((p) => ledger.packages.find(p.package.path)));
  const sums = new Float64Array(names.length * KIND_COUNT);
  let c = 0;
  for (let i = 0; i < ledger.count; i++) {
    const to = endOf(ledger, i);
    if (chosen && !chosen.has(ledger.pkg[i])) continue;
    while (cuts[c].end <= ledger.start[i]) c++;
    for (let k = c; k < cuts.length && cuts[k].start < to; k++) {
      const bytes = Math.min(to, cuts[k].end) - Math.max(ledger.start[i], cuts[k].start);
      sums[index.get(cuts[k].name)! * KIND_COUNT + ledger.kind[i]] += bytes;
    }
  }
  const rows: Row[] = [];
  names.forEach((name, n) => {
    const kinds: { [K in Kind]?: number } = {};
    let bytes = 0;
    KINDS.forEach((kind, k) => {
      const value = sums[n * KIND_COUNT + k];
      if (value > 0) kinds[kind] = value;
      bytes += value;
    });
    const section = exe.sections.find((s) => s.name === name);
    const letter = section && (section.executable ? "T" : section.writable ? "D" : section.rva >= 0 ? "R" : undefined);
    if (bytes > 0) rows.push({ name, bytes, kinds, ...(letter && { letter }) });
  });
  return rows;
}

function endOf(ledger: Ledger, i: number): number {
  return i + 1 < ledger.count ? ledger.start[i + 1] : ledger.size;
}

/** The file cut at section borders: sorted, contiguous from 0 to its size. Where sections overlap the first one has the bytes. */
function sectionCuts(profile: Profile): { name: string; start: number; end: number }[] {
  const { size } = profile.ledger;
  const sections = profile.exe.sections
    .filter((s) => s.fileSize > 0 && s.offset < size)
    .map((s) => ({ name: s.name, start: s.offset, end: Math.min(size, s.offset + s.fileSize) }))
    .sort((a, b) => a.start - b.start || a.end - b.end || byName(a.name, b.name));
  const cuts: { name: string; start: number; end: number }[] = [];
  let at = 0;
  for (const s of sections) {
    if (s.start > at) cuts.push({ name: "(outside sections)", start: at, end: s.start });
    const start = Math.max(at, s.start);
    if (s.end > start) cuts.push({ name: s.name, start, end: s.end });
    at = Math.max(at, s.end);
  }
  if (at < size) cuts.push({ name: "(outside sections)", start: at, end: size });
  return cuts;
}
