// The import graph of the packages that a link was given.
import type { ProbeDump } from "./probe.ts";

/** Shortest chain of imports from main to a package, both included; undefined if nothing imports it. */
export function importChain(dump: ProbeDump, target: string): string[] | undefined {
  const { packages, graph } = dump;
  const from = packages.indexOf("main");
  const to = packages.indexOf(target);
  if (!graph || from < 0 || to < 0) return undefined;
  const parent = new Map<number, number>([[from, -1]]);
  const queue = [from];
  for (const at of queue) {
    if (at === to) break;
    for (const next of graph.imports.get(at) ?? []) {
      if (parent.has(next)) continue;
      parent.set(next, at);
      queue.push(next);
    }
  }
  if (!parent.has(to)) return undefined;
  const chain: string[] = [];
  for (let at = to; at >= 0; at = parent.get(at) ?? -1) chain.push(packages[at]);
  return chain.reverse();
}

/** Packages that import a package, by name. */
export function importers(dump: ProbeDump): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [from, list] of dump.graph?.imports ?? []) {
    for (const to of list) {
      const name = dump.packages[to];
      const others = found.get(name);
      if (others) others.push(dump.packages[from]);
      else found.set(name, [dump.packages[from]]);
    }
  }
  return found;
}
