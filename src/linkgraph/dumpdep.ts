// The spanning tree that `go build -ldflags=-dumpdep` prints (cmd/link/internal/ld/deadcode.go, mark): for each symbol the one reference
// through which elimination met it first. It names one true chain, and cannot price anything.

/** Parent by symbol; "_" stands for the linker itself. */
export type DependencyTree = ReadonlyMap<string, string>;

const FLAGS = / <(?:UsedInIface|ReflectMethod)>.*$/;

/** Reads lines of the form "from -> to", where both may carry flags; others are skipped. */
export function readDependencyTree(lines: Iterable<string>): DependencyTree {
  const tree = new Map<string, string>();
  for (const line of lines) {
    const arrow = line.indexOf(" -> ");
    if (arrow < 0) continue;
    const from = line.slice(0, arrow).replace(FLAGS, "");
    const to = line.slice(arrow + 4).replace(FLAGS, "");
    // a type is met again when it goes into an interface; the first meeting is the tree's
    if (from !== to && !tree.has(to)) tree.set(to, from);
  }
  return tree;
}

/** The chain to a symbol, from where elimination begins; empty if it is not in the tree. */
export function chainTo(tree: DependencyTree, symbol: string): string[] {
  const chain: string[] = [];
  const seen = new Set<string>();
  for (let at: string | undefined = symbol; at !== undefined && at !== "_" && !seen.has(at); at = tree.get(at)) {
    seen.add(at);
    chain.push(at);
  }
  return tree.has(symbol) ? chain.reverse() : [];
}
