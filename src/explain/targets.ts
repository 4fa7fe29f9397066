// What the user means by TARGET: a package, module, type, symbol, or a pattern.
import { nearest } from "../ledger/nearest.ts";
import type { LinkModel } from "./model.ts";

export interface Target {
  readonly kind: "package" | "module" | "type" | "symbol" | "pattern";
  readonly name: string;
  /** Nodes that are meant, reached ones only; empty if nothing of it is linked. */
  readonly nodes: readonly number[];
  /** Owner ids of the packages that are meant as a whole. */
  readonly packages: readonly number[];
}

export interface NoTarget {
  readonly candidates: readonly string[];
  /** Several things have this name, or none. */
  readonly ambiguous: boolean;
}

const MOST_CANDIDATES = 12;

/** Finds a target. A package that is imported, yet has nothing linked, is a target without nodes. */
export function findTarget(model: LinkModel, name: string): Target | NoTarget {
  const { graph, owners, whole } = model;
  const packages = owners.names.flatMap((p, id) => (id > 0 && model.moduleOf(p).path === name ? [id] : []));
  const own = owners.names.indexOf(name);
  const all = (ids: readonly number[]): number[] =>
    ids.flatMap((id) => owners.members[id].filter((node) => whole.isReached(node)));
  if (name !== "" && own > 0) return { kind: "package", name, packages: [own], nodes: all([own]) };
  if (packages.length > 0) return { kind: "module", name, packages, nodes: all(packages) };
  if (graph.dump.packages.includes(name) && name !== "") return { kind: "package", name, packages: [], nodes: [] };

  if (/[*?]|\.\.\./.test(name) && !/[()]/.test(name)) return pattern(model, name);
  const exact: number[] = [];
  const types: number[] = [];
  const suffixed: number[] = [];
  const bare = name.replace(/^type:/, "");
  for (let node = 0; node < graph.dump.count; node++) {
    if (!whole.isReached(node)) continue;
    const symbol = graph.dump.name(node);
    if (symbol === name) exact.push(node);
    else if (symbol === `type:${bare}` || symbol === `type:*${bare}`) types.push(node);
    else if (symbol.endsWith(name) && /[./]$/.test(symbol.slice(0, -name.length))) suffixed.push(node);
  }
  if (exact.length > 0) return { kind: "symbol", name, packages: [], nodes: exact };
  if (types.length > 0) return { kind: "type", name: bare, packages: [], nodes: types };
  const names = [...new Set(suffixed.map((node) => graph.dump.name(node)))];
  if (names.length === 1) return { kind: "symbol", name: names[0], packages: [], nodes: suffixed };
  const endings = owners.names.filter((p) => p.endsWith(`/${name}`));
  if (names.length === 0 && endings.length === 1) return findTarget(model, endings[0]);
  const several = [...endings, ...names].sort();
  if (several.length > 0) return { candidates: several.slice(0, MOST_CANDIDATES), ambiguous: true };
  const meant = nearest(name, [...new Set([...owners.names.slice(1), ...modulesOf(model)])]);
  return { candidates: meant === undefined ? [] : [meant], ambiguous: false };
}

function modulesOf(model: LinkModel): string[] {
  return model.snapshot.modules.map((module) => module.path);
}

/** "*" stands for anything without a slash, "..." and "**" for anything, "x/..." for x too; packages first, then symbols. */
function pattern(model: LinkModel, name: string): Target | NoTarget {
  const { graph, owners, whole } = model;
  const source = name
    .split(/(\/\.\.\.|\*\*|\.\.\.|\*|\?)/)
    .map((piece) => WILD[piece] ?? piece.replace(/[\\^$.|+()[\]{}]/g, "\\$&"))
    .join("");
  const test = new RegExp(`^${source}$`);
  const packages = owners.names.flatMap((p, id) => (id > 0 && test.test(p) ? [id] : []));
  const nodes =
    packages.length > 0
      ? packages.flatMap((id) => owners.members[id].filter((node) => whole.isReached(node)))
      : Array.from({ length: graph.dump.count }, (_, i) => i).filter(
          (node) => whole.isReached(node) && test.test(graph.dump.name(node)),
        );
  if (nodes.length === 0) return { candidates: [], ambiguous: false };
  return { kind: "pattern", name, packages, nodes };
}

const WILD: Readonly<Record<string, string>> = {
  "/...": "(?:/.*)?",
  "**": ".*",
  "...": ".*",
  "*": "[^/]*",
  "?": "[^/]",
};
