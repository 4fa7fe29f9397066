// Why a symbol is kept: the references that dead-code elimination followed, and the shortest way along them.
import { type LinkGraph, NONE, nodesByName } from "./graph.ts";
import { EDGE, SYMBOL } from "./probegraph.ts";
import type { Ground, Reach } from "./reach.ts";

/** One reference that keeps its target. */
export interface Reference {
  readonly from: number;
  readonly to: number;
  /** refers: by address or call; imports: its init runs first; method: of a type in an interface that may be called. */
  readonly how: "refers" | "imports" | "method";
  /** Index of the reference in the graph, or of the method's part (how = method). */
  readonly index: number;
}

/** Calls back for each reference of a reached node that keeps its target. */
export function eachKept(
  ground: Ground,
  reach: Reach,
  node: number,
  each: (to: number, how: Reference["how"], index: number) => void,
): void {
  const { graph, blind } = ground;
  if (blind[node] !== 0) return;
  const isCallable = (graph.flags[node] & SYMBOL.type) !== 0 && reach.isUsedInIface(node);
  for (let e = graph.start[node]; e < graph.start[node + 1]; e++) {
    const kind = graph.edge[e];
    if (kind === EDGE.plain || kind === EDGE.order) {
      const to = graph.target[e];
      if (to !== NONE && reach.isReached(to)) each(to, kind === EDGE.plain ? "refers" : "imports", e);
    } else if (kind === EDGE.method && isCallable && reach.isKept(graph.target[e])) {
      for (let p = 3 * graph.target[e], end = p + 3; p < end; p++) {
        const to = graph.methods.parts[p];
        if (to !== NONE && reach.isReached(to)) each(to, "method", p);
      }
    }
  }
}

/** Shortest chains to every reached node: from main.main and the init tasks if they lead there, else from what starts the program. */
export class Chains {
  private readonly parent: Uint32Array;
  private readonly index: Uint32Array;
  private readonly how: Uint8Array;
  private readonly distance: Int32Array;

  constructor(ground: Ground, reach: Reach) {
    const { graph } = ground;
    this.parent = new Uint32Array(graph.count).fill(NONE);
    this.index = new Uint32Array(graph.count);
    this.how = new Uint8Array(graph.count);
    this.distance = new Int32Array(graph.count).fill(-1);
    const queue = new Uint32Array(graph.count);
    let tail = 0;
    const enter = (node: number, distance: number): void => {
      this.distance[node] = distance;
      queue[tail++] = node;
    };
    let head = 0;
    for (const starts of [startsOf(graph), graph.roots]) {
      for (const node of starts) if (reach.isReached(node) && this.distance[node] < 0) enter(node, 0);
      for (; head < tail; head++) {
        const node = queue[head];
        eachKept(ground, reach, node, (to, how, index) => {
          if (this.distance[to] >= 0) return;
          this.parent[to] = node;
          this.index[to] = index;
          this.how[to] = HOWS.indexOf(how);
          enter(to, this.distance[node] + 1);
        });
      }
    }
  }

  /** Number of references on the way; -1 if nothing leads there. */
  distanceOf(node: number): number {
    return this.distance[node];
  }

  /** The way to a node, in order; empty if elimination begins there. */
  to(node: number): Reference[] {
    const chain: Reference[] = [];
    for (let at = node; this.parent[at] !== NONE; at = this.parent[at])
      chain.push({ from: this.parent[at], to: at, how: HOWS[this.how[at]], index: this.index[at] });
    return chain.reverse();
  }

  /** The nearest of several nodes; undefined if none is reached. */
  nearest(nodes: Iterable<number>): number | undefined {
    let best: number | undefined;
    for (const node of nodes) {
      const d = this.distance[node];
      if (d >= 0 && (best === undefined || d < this.distance[best])) best = node;
    }
    return best;
  }
}

const HOWS: readonly Reference["how"][] = ["refers", "imports", "method"];

/** Where a Go programmer says that a program begins. */
function startsOf(graph: LinkGraph): Uint32Array {
  return nodesByName(graph, (name) => name === "main.main" || name === "main..inittask");
}
