// What every answer about a link is made from: the graph, its costs in the file, and the ledger of the same link.
import type { GoProgram } from "../binary/go/program.ts";
import { readProgram } from "../binary/go/program.ts";
import { type Module, moduleTable } from "../ledger/modules.ts";
import type { Profile } from "../ledger/profile.ts";
import { snapshot, type FileFacts, type Snapshot } from "../ledger/snapshot.ts";
import { Bill, type Costs, costsOf } from "../linkgraph/cost.ts";
import { linkGraph, type LinkGraph } from "../linkgraph/graph.ts";
import type { ProbeDump } from "../linkgraph/probe.ts";
import { type Ground, groundOf, Reach } from "../linkgraph/reach.ts";
import { type Owners, ownersOf } from "../linkgraph/retained.ts";

/** What the linker's references alone tell. */
export interface LinkedGraph {
  readonly graph: LinkGraph;
  readonly ground: Ground;
  readonly owners: Owners;
  /** The linker's own choice. */
  readonly whole: Reach;
}

export interface LinkModel extends LinkedGraph {
  readonly costs: Costs;
  readonly bill: Bill;
  readonly go: GoProgram;
  readonly profile: Profile;
  readonly snapshot: Snapshot;
  moduleOf(pkg: string): Module;
  /** Package that owns a node; "" if it has none. */
  packageOf(node: number): string;
}

/** Why there is no model. */
export interface NoModel {
  readonly reason: string;
}

/** Joins the references of a link's dump. Throws InputError if they make no sense. */
export function linkedGraph(dump: ProbeDump): LinkedGraph | NoModel {
  if (!dump.graph) return { reason: "the linker was not asked for references" };
  const graph = linkGraph(dump, dump.graph);
  const ground = groundOf(graph);
  return { graph, ground, owners: ownersOf(graph), whole: new Reach(ground).run() };
}

/** Joins a link's dump, with its graph, and the profile of the file that it made. `link`: if it is joined already. */
export function linkModel(
  dump: ProbeDump,
  profile: Profile,
  facts: FileFacts,
  link: LinkedGraph | NoModel = linkedGraph(dump),
): LinkModel | NoModel {
  if ("reason" in link) return link;
  const { exe, goVersion } = profile;
  const go = readProgram(exe, goVersion);
  if (!go) return { reason: "the program has no function table" };
  const { graph, owners, whole } = link;
  const summary = snapshot(profile, facts);
  const packageOf = (node: number): string => owners.names[owners.of[node] ?? 0];
  const debug = new Map<string, number>();
  for (const { packages } of summary.modules) for (const p of packages) debug.set(p.path, p.kinds.dwarf ?? 0);
  const costs = costsOf(graph, exe, go, { debug: { of: debug, ownerOf: packageOf } });
  if (!costs) return { reason: "what the linker said does not fit the file" };
  return {
    ...link,
    costs,
    bill: new Bill(costs, (node) => whole.isReached(node)),
    go,
    profile,
    snapshot: summary,
    moduleOf: moduleTable({ ...profile, goMod: facts.goMod }),
    packageOf,
  };
}
