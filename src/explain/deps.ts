// What each dependency of a program costs: a row per module and package.
import { eachKept } from "../linkgraph/chains.ts";
import { importers } from "../linkgraph/imports.ts";
import { type Price, retained } from "../linkgraph/retained.ts";
import type { Role } from "../ledger/modules.ts";
import type { LinkModel } from "./model.ts";

export const DEPS_SCHEMA = "pare.deps/1";

export interface DepsPackage {
  readonly path: string;
  /** Bytes that it owns in the ledger of this link. */
  readonly attributed: number;
  /** Bytes that leave when it alone is gone: dead-code elimination run again without it (estimate). */
  readonly retained: number;
  /** Packages that import it. */
  readonly importers: readonly string[];
  /** Functions outside of it that refer to it. */
  readonly entrances: number;
  /** Code that runs before main: bytes of its init functions. */
  readonly init: number;
  /** Bytes of its embedded files. */
  readonly embed: number;
}

export interface DepsModule {
  readonly path: string;
  readonly version: string;
  readonly role: Role;
  readonly attributed: number;
  /** Of all its packages together: never the sum of theirs. */
  readonly retained: number;
  /** Packages of other modules that import it. */
  readonly importers: number;
  /** Functions outside of it that refer to it. */
  readonly entrances: number;
  /** Retained bytes for each entrance: what is easy to cut and worth it is first. */
  readonly cutScore: number;
  readonly init: number;
  readonly embed: number;
  readonly packages: readonly DepsPackage[];
}

export interface Deps {
  readonly schema: typeof DEPS_SCHEMA;
  readonly file: { readonly name: string; readonly size: number };
  /** Largest retained first. The main module has no retained bytes of its own: without it there is no program. */
  readonly modules: readonly DepsModule[];
  /** Linked libraries that do one job, and packages that belong into tests only; see docs/knowledge.md. */
  readonly findings: readonly DepsFinding[];
  /** Only if asked for: what real builds without a package or module say. */
  readonly measured?: readonly DepsMeasured[];
  readonly warnings: readonly string[];
}

/** Attributed, retained and removed: three answers to what something costs. */
export interface DepsMeasured {
  readonly target: string;
  readonly attributed: number;
  readonly retained: number;
  /**
   * Bytes saved by a build in which stubs stand for it, and for what only it imports; what only the stubs keep is not held against it.
   * null: it could not be built.
   */
  readonly removed: number | null;
  /** Size of the file of that build. */
  readonly without: number | null;
  /** Bytes in it that only the stubs keep (estimate). */
  readonly stubs: number | null;
  /** Why there is no number, or which variables kept their initial values. */
  readonly notes: readonly string[];
}

export interface DepsFinding {
  readonly kind: "duplicates" | "test package" | "version";
  /** Id of the knowledge entry. */
  readonly id: string;
  readonly message: string;
  /** Modules or packages. */
  readonly names: readonly string[];
  /** Attributed bytes of all of them. */
  readonly bytes: number;
}

export function deps(model: LinkModel): Omit<Deps, "findings" | "warnings" | "measured"> {
  const { owners, snapshot } = model;
  const ids = new Map(owners.names.map((name, id) => [name, id]));
  const groups = snapshot.modules.map((module) => ({
    module,
    ids: module.packages.map((p) => ids.get(p.path) ?? 0),
  }));
  const priced = groups.filter(({ module }) => module.role !== "main");
  const prices = retained(
    model.ground,
    model.bill,
    priced.map(({ ids: all }) => ({
      members: all.map((id) => owners.members[id]),
      parts: all.map((id) => ({ members: [owners.members[id]] })),
    })),
  );
  // packages of the main module are priced one by one: without all of them there is no program
  const own = groups
    .filter(({ module }) => module.role === "main")
    .flatMap(({ ids: all }) => all)
    .filter((id) => owners.names[id] !== "main");
  const ownPrices = retained(
    model.ground,
    model.bill,
    own.map((id) => ({ members: [owners.members[id]] })),
  );
  const priceOf = new Map<number, Price>(own.map((id, i) => [id, ownPrices[i]]));
  priced.forEach(({ ids: all }, i) => all.forEach((id, k) => priceOf.set(id, prices[i].parts[k])));

  const entered = entranceCounts(model);
  const inits = initBytes(model);
  const embeds = new Map<string, number>();
  for (const e of snapshot.embeds) embeds.set(e.package, (embeds.get(e.package) ?? 0) + e.bytes);
  const by = importers(model.graph.dump);
  const modules = groups.map(({ module, ids: all }): DepsModule => {
    const packages = module.packages.map((p, k): DepsPackage => ({
      path: p.path,
      attributed: p.bytes,
      retained: Math.round(priceOf.get(all[k])?.bytes ?? 0),
      importers: [...(by.get(p.path) ?? [])].sort(),
      entrances: entered.packages.get(p.path) ?? 0,
      init: inits.get(p.path) ?? 0,
      embed: embeds.get(p.path) ?? 0,
    }));
    const at = priced.findIndex((item) => item.module === module);
    const bytes = at < 0 ? 0 : Math.round(prices[at].bytes);
    const count = entered.modules.get(module.path) ?? 0;
    const others = new Set(packages.flatMap((p) => p.importers.filter((i) => model.moduleOf(i).path !== module.path)));
    const sum = (of: (p: DepsPackage) => number): number => packages.reduce((total, p) => total + of(p), 0);
    return {
      path: module.path,
      version: module.version,
      role: module.role,
      attributed: module.bytes,
      retained: bytes,
      importers: others.size,
      entrances: count,
      cutScore: Math.round(bytes / Math.max(1, count)),
      init: sum((p) => p.init),
      embed: sum((p) => p.embed),
      packages: packages.sort((a, b) => b.retained - a.retained || b.attributed - a.attributed),
    };
  });
  modules.sort((a, b) => b.retained - a.retained || b.attributed - a.attributed);
  return { schema: DEPS_SCHEMA, file: { name: snapshot.file.name, size: snapshot.file.size }, modules };
}

/** Distinct symbols outside that refer to a package or module, by its name. */
function entranceCounts(model: LinkModel): { packages: Map<string, number>; modules: Map<string, number> } {
  const { graph, ground, whole, owners } = model;
  const packages = new Map<string, number>();
  const modules = new Map<string, number>();
  const moduleOf = owners.names.map((name) => (name === "" ? "" : model.moduleOf(name).path));
  const isMember = new Uint8Array(graph.count);
  for (const list of owners.members) for (const node of list) isMember[node] = 1;
  for (let node = 0; node < graph.dump.count; node++) {
    if (!whole.isReached(node) || isMember[node] === 0) continue;
    const from = owners.of[node];
    const seenPackages = new Set<number>();
    const seenModules = new Set<string>();
    eachKept(ground, whole, node, (to, how) => {
      if (how === "imports" || isMember[to] === 0) return;
      const id = owners.of[to];
      if (id !== from) seenPackages.add(id);
      if (moduleOf[id] !== moduleOf[from]) seenModules.add(moduleOf[id]);
    });
    for (const id of seenPackages) packages.set(owners.names[id], (packages.get(owners.names[id]) ?? 0) + 1);
    for (const path of seenModules) modules.set(path, (modules.get(path) ?? 0) + 1);
  }
  return { packages, modules };
}

/** Code of each package's init functions: pkg.init, pkg.init.0 …, pkg.map.init.0 … */
function initBytes(model: LinkModel): Map<string, number> {
  const { graph, whole, owners } = model;
  const bytes = new Map<string, number>();
  for (const symbol of graph.functions.symbol) {
    const node = graph.nodeOf(symbol);
    if (node === undefined || !whole.isReached(node)) continue;
    if (!/\.(?:map\.)?init(?:\.\d+)?$/.test(graph.dump.name(node))) continue;
    const pkg = owners.names[owners.of[node]];
    bytes.set(pkg, (bytes.get(pkg) ?? 0) + graph.dump.size[node]);
  }
  return bytes;
}

/**
 * The list to commit: modules with their versions, linked packages below, sorted, nothing that changes without a dependency changing.
 * Packages of the main module are its own.
 */
export function recordOf(modules: readonly DepsModule[], std: boolean): string {
  const lines = [
    "# Modules and packages linked into the program. Written by pare deps --record, checked by pare deps --check.",
  ];
  const listed = modules.filter(({ role }) => role !== "main" && (std || role !== "std"));
  for (const { path, version, packages } of listed.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    lines.push([path, version].filter(Boolean).join(" "));
    for (const p of packages.map((each) => each.path).sort()) lines.push(`    ${p}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Lines that a recorded list lacks (+) or has too many (-); empty if it is up to date. */
export function staleLines(recorded: string, current: string): string[] {
  const lines = (text: string): string[] =>
    text
      .replaceAll("\r\n", "\n")
      .split("\n")
      .filter((l) => l !== "" && !l.startsWith("#"));
  const [before, after] = [new Set(lines(recorded)), new Set(lines(current))];
  return [
    ...[...before].filter((line) => !after.has(line)).map((line) => `- ${line.trim()}`),
    ...[...after].filter((line) => !before.has(line)).map((line) => `+ ${line.trim()}`),
  ];
}
