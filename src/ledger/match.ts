// What of one snapshot is what of another, though its name changed: modules of a new major version, packages that moved, symbols that
// the compiler named anew. Every row is in exactly one pair, so sums stay exact.
import { stemOf } from "../binary/go/stem.ts";
import type { Kind } from "./ledger.ts";
import type { SnapshotModule, SnapshotPackage, SnapshotSymbol } from "./snapshot.ts";

/** At least one side is there. */
export interface Pair<T> {
  readonly old: T | undefined;
  readonly new: T | undefined;
}

/** Pairs rows of two lists by key. What has no partner is left for `rest` to pair. */
export function pairBy<T>(
  before: readonly T[],
  after: readonly T[],
  key: (row: T) => string,
  rest?: Rest<T>,
): Pair<T>[] {
  const left = new Map<string, T>();
  const gone: T[] = [];
  for (const row of before) {
    const k = key(row);
    // a snapshot that somebody wrote may name things twice; no row may be lost
    if (left.has(k)) gone.push(row);
    else left.set(k, row);
  }
  const pairs: Pair<T>[] = [];
  const come: T[] = [];
  for (const row of after) {
    const k = key(row);
    const old = left.get(k);
    if (old === undefined) come.push(row);
    else pairs.push({ old, new: row });
    left.delete(k);
  }
  gone.push(...left.values());
  const found = rest?.(gone, come) ?? new Map<T, T>();
  const taken = new Set(found.values());
  for (const row of gone) pairs.push({ old: row, new: found.get(row) });
  for (const row of come) if (!taken.has(row)) pairs.push({ old: undefined, new: row });
  return pairs;
}

/** Old rows to the new ones that they became. */
type Rest<T> = (gone: readonly T[], come: readonly T[]) => Map<T, T>;

/** Pairs whose key is that of exactly one row on either side; an undefined key is none. */
function onlyPairs<T>(
  gone: readonly T[],
  come: readonly T[],
  key: (row: T) => string | undefined,
  into: Map<T, T>,
): void {
  const taken = new Set(into.values());
  const index = (rows: readonly T[]): Map<string, T | null> => {
    const byKey = new Map<string, T | null>();
    for (const row of rows) {
      const k = key(row);
      if (k !== undefined) byKey.set(k, byKey.has(k) ? null : row);
    }
    return byKey;
  };
  const news = index(come.filter((row) => !taken.has(row)));
  for (const [k, row] of index(gone.filter((row) => !into.has(row)))) {
    const partner = news.get(k);
    if (row && partner) into.set(row, partner);
  }
}

/** A path without its major version: "x/yaml/v3" → "x/yaml", "gopkg.in/yaml.v3" → "gopkg.in/yaml". */
function withoutMajor(path: string): string {
  return path.replace(path.startsWith("gopkg.in/") ? /\.v\d+$/ : /\/v\d+$/, "");
}

/** Modules by path; then the two programs' own; then those that only changed their major version. */
export function pairModules(
  before: readonly SnapshotModule[],
  after: readonly SnapshotModule[],
): Pair<SnapshotModule>[] {
  const key = (m: SnapshotModule): string => m.path;
  return pairBy(before, after, key, (gone, come) => {
    const found = new Map<SnapshotModule, SnapshotModule>();
    onlyPairs(gone, come, (m) => (m.role === "main" ? "" : undefined), found);
    onlyPairs(gone, come, (m) => withoutMajor(m.path), found);
    return found;
  });
}

/** A package's path below another module's path. */
function moved(path: string, from: string, to: string): string {
  return path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : path;
}

/** "a/vendor/b" → "b", as the same package is called in module mode. The standard library's vendored packages are another copy. */
function withoutVendor(path: string): string {
  const at = path.lastIndexOf("/vendor/");
  return at < 0 ? path : path.slice(at + "/vendor/".length);
}

/** Packages of one module: by their place in it; then vendored copies; then those that moved, by what is in them. */
export function pairPackages(
  old: SnapshotModule | undefined,
  current: SnapshotModule | undefined,
): Pair<SnapshotPackage>[] {
  const [from, to] = [old?.path ?? "", current?.path ?? ""];
  const news = new Set(current?.packages.map((p) => p.path));
  const key = (p: SnapshotPackage): string => (news.has(p.path) || from === to ? p.path : moved(p.path, from, to));
  return pairBy(old?.packages ?? [], current?.packages ?? [], key, (gone, come) => {
    const found = new Map<SnapshotPackage, SnapshotPackage>();
    onlyPairs(gone, come, (p) => withoutVendor(p.path), found);
    pairContents(gone, come, found);
    return found;
  });
}

/** A moved package still has most of its bytes in symbols of the same names. */
function pairContents(
  gone: readonly SnapshotPackage[],
  come: readonly SnapshotPackage[],
  into: Map<SnapshotPackage, SnapshotPackage>,
): void {
  const taken = new Set(into.values());
  const holders = new Map<string, { package: SnapshotPackage; bytes: number }[]>();
  for (const p of gone) {
    if (into.has(p)) continue;
    for (const [name, bytes] of localNames(p)) {
      const list = holders.get(name);
      if (list) list.push({ package: p, bytes });
      else holders.set(name, [{ package: p, bytes }]);
    }
  }
  const scores: { old: SnapshotPackage; new: SnapshotPackage; shared: number }[] = [];
  for (const q of come) {
    if (taken.has(q)) continue;
    const shared = new Map<SnapshotPackage, number>();
    let named = 0;
    for (const [name, bytes] of localNames(q)) {
      named += bytes;
      const list = holders.get(name) ?? [];
      // what many packages have ("init.0") tells nothing
      if (list.length > MAX_HOLDERS) continue;
      for (const { package: p, bytes: before } of list) shared.set(p, (shared.get(p) ?? 0) + Math.min(bytes, before));
    }
    for (const [p, bytes] of shared) {
      let before = 0;
      for (const [, n] of localNames(p)) before += n;
      if (bytes * 2 > Math.max(named, before)) scores.push({ old: p, new: q, shared: bytes });
    }
  }
  scores.sort((a, b) => b.shared - a.shared || (a.new.path < b.new.path ? -1 : 1));
  for (const { old, new: current } of scores) {
    if (into.has(old) || taken.has(current)) continue;
    into.set(old, current);
    taken.add(current);
  }
}

const MAX_HOLDERS = 8;

/** Bytes of functions and variables by their name within the package. */
function localNames({ path, symbols = [] }: SnapshotPackage): Map<string, number> {
  const names = new Map<string, number>();
  const escaped = escapedPath(path);
  for (const { name, bytes } of symbols) {
    for (const prefix of [path, escaped]) {
      if (!name.startsWith(`${prefix}.`)) continue;
      names.set(name.slice(prefix.length + 1), bytes);
      break;
    }
  }
  return names;
}

/** As the linker writes a path in front of a symbol (cmd/internal/objabi.PathToPrefix): dots of the last element are escaped. */
function escapedPath(path: string): string {
  const slash = path.lastIndexOf("/");
  return path.slice(0, slash + 1) + path.slice(slash + 1).replaceAll(".", "%2e");
}

/** Turns old names into what they are called after modules and packages changed their paths. */
export function translator(renames: ReadonlyMap<string, string>): (name: string) => string {
  if (renames.size === 0) return (name) => name;
  const targets = new Map<string, string>();
  for (const [from, to] of renames) {
    targets.set(from, to);
    targets.set(escapedPath(from), escapedPath(to));
  }
  const literal = [...targets.keys()]
    .sort((a, b) => b.length - a.length)
    .map((path) => path.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  const pattern = new RegExp(`(?<![\\w./~%-])(?:${literal.join("|")})(?=[./"]|$)`, "g");
  return (name) => name.replace(pattern, (path) => targets.get(path)!);
}

/**
 * Symbols of one package: by name; then those that the compiler numbered or shaped anew, equal sizes first, then in order; then those
 * that were renamed and are otherwise the same.
 */
export function pairSymbols(
  before: readonly SnapshotSymbol[],
  after: readonly SnapshotSymbol[],
  translate: (name: string) => string,
): Pair<SnapshotSymbol>[] {
  const key = (s: SnapshotSymbol): string => s.name;
  return pairBy(before, after, key, (gone, come) => {
    const found = new Map<SnapshotSymbol, SnapshotSymbol>();
    const byName = new Map(come.map((s) => [s.name, s]));
    for (const a of gone) {
      const name = translate(a.name);
      const b = name === a.name ? undefined : byName.get(name);
      if (!b) continue;
      byName.delete(name);
      found.set(a, b);
    }
    pairStems(gone, come, translate, found);
    onlyPairs(gone, come, (s) => shapeOf(s, LIKELY, lastName(s.name)), found);
    onlyPairs(gone, come, (s) => shapeOf(s, UNMISTAKABLE, ""), found);
    return found;
  });
}

function pairStems(
  gone: readonly SnapshotSymbol[],
  come: readonly SnapshotSymbol[],
  translate: (name: string) => string,
  into: Map<SnapshotSymbol, SnapshotSymbol>,
): void {
  const taken = new Set(into.values());
  const byStem = new Map<string, SnapshotSymbol[]>();
  const bySize = new Map<string, SnapshotSymbol[]>();
  const add = (map: Map<string, SnapshotSymbol[]>, key: string, b: SnapshotSymbol): void => {
    const list = map.get(key);
    if (list) list.push(b);
    else map.set(key, [b]);
  };
  for (const b of come) {
    const stem = stemOf(b.name);
    if (stem === b.name || taken.has(b)) continue;
    add(byStem, stem, b);
    add(bySize, `${b.bytes} ${stem}`, b);
  }
  const left: { a: SnapshotSymbol; stem: string }[] = [];
  for (const a of gone) {
    if (into.has(a)) continue;
    const stem = stemOf(translate(a.name));
    const b = bySize.get(`${a.bytes} ${stem}`)?.shift();
    if (b) {
      into.set(a, b);
      taken.add(b);
    } else if (byStem.has(stem)) left.push({ a, stem });
  }
  const next = new Map<string, number>();
  for (const { a, stem } of left) {
    const list = byStem.get(stem)!;
    let i = next.get(stem) ?? 0;
    while (i < list.length && taken.has(list[i])) i++;
    next.set(stem, i + 1);
    if (i >= list.length) continue;
    into.set(a, list[i]);
    taken.add(list[i]);
  }
}

/** What of a symbol does not depend on its name: tables and debug information hold the name too. */
const NAMELESS: readonly Kind[] = ["code", "funcdata", "type", "itab", "string", "rodata", "data", "embed"];
/** Two symbols of so many equal bytes are not taken for each other by chance; with the same last name, of so many. */
const UNMISTAKABLE = 256;
const LIKELY = 64;

/** Equal for symbols that differ in name only; undefined for those of fewer than `least` such bytes, and for what has no name. */
function shapeOf({ name, kinds }: SnapshotSymbol, least: number, lastName: string): string | undefined {
  const parts = NAMELESS.map((kind) => kinds[kind] ?? 0);
  const likeness = parts.reduce((sum, bytes) => sum + bytes, 0);
  return name === "" || likeness < least ? undefined : `${parts.join()} ${lastName}`;
}

/** "main.(*T).Run" → "Run". */
function lastName(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}
