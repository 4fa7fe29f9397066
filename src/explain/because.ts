// Why packages grew from one build to another, in the words of a diff.
import { stemOf } from "../binary/go/stem.ts";
import type { Because, Diff, DiffEdge } from "../ledger/diff.ts";
import { translator } from "../ledger/match.ts";
import { linkGraph, nodeName } from "../linkgraph/graph.ts";
import { type Edge, type Grown, newEdges } from "../linkgraph/newedges.ts";
import { type ProbeDump, REACHABLE } from "../linkgraph/probe.ts";
import { groundOf, Reach } from "../linkgraph/reach.ts";
import { ownersOf } from "../linkgraph/retained.ts";

/** Growth that is worth a reason, in bytes. */
const NOTABLE = 10_000;
/** The symbols of a package that are looked at where none is new. */
const LARGEST = 20;

/** Reasons for each package that grew by more than 10 kB, the largest growth first; `after` must have its graph, else there are none. */
export function becauseOf(diff: Diff, before: ProbeDump, after: ProbeDump): Because[] {
  const packages = diff.modules
    .flatMap((m) => m.packages)
    .filter((p) => p.delta > NOTABLE)
    .sort((a, b) => b.delta - a.delta || (a.path < b.path ? -1 : 1));
  if (!after.graph || packages.length === 0) return [];
  const graph = linkGraph(after, after.graph);
  const ground = groundOf(graph);
  const owners = ownersOf(graph);
  const grown: Grown[] = packages.map((p) => ({
    package: p.path,
    symbols: (p.symbols ?? [])
      .filter((s) => s.delta > 0)
      .slice(0, LARGEST)
      .map((s) => s.name),
  }));
  const edges = newEdges(ground, new Reach(ground).run(), owners, knownNames(diff, before), grown);

  const shown = ({ from, to }: Edge): DiffEdge => ({ from: end(from), to: end(to) });
  const end = (node: number): DiffEdge["from"] => ({
    symbol: nodeName(graph, node),
    package: owners.names[owners.of[node] ?? 0],
  });
  return packages.flatMap(({ path }) => {
    const edge = edges.get(path);
    if (!edge) return [];
    const { entrance } = edge;
    return [
      {
        package: path,
        ...shown(edge),
        change: edge.isNew ? ("new" as const) : ("grown" as const),
        ...(entrance && { entrance: shown(entrance) }),
      },
    ];
  });
}

/** Whether the old program has a symbol, though the compiler may have numbered it differently or its module have another path. */
function knownNames(diff: Diff, before: ProbeDump): (name: string) => boolean {
  const renames = new Map<string, string>();
  for (const m of diff.modules) {
    if (m.oldPath !== undefined) renames.set(m.oldPath, m.path);
    for (const p of m.packages) if (p.oldPath !== undefined) renames.set(p.oldPath, p.path);
  }
  const translate = translator(renames);
  const names = new Set<string>();
  const stems = new Set<string>();
  for (let i = 0; i < before.count; i++) {
    if ((before.flags[i] & REACHABLE) === 0) continue;
    const name = translate(before.name(i));
    names.add(name);
    const stem = stemOf(name);
    if (stem !== name) stems.add(stem);
  }
  return (name) => names.has(name) || (stems.size > 0 && stems.has(stemOf(name)));
}
