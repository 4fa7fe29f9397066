// Which node alone keeps another, going by references as they stand: all ways from the start lead through it.
// After Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001).
import { U32List } from "../binary/go/types.ts";
import { eachKept } from "./chains.ts";
import { groups, NONE } from "./graph.ts";
import type { Ground, Reach } from "./reach.ts";

export class Dominators {
  /** Place in reverse postorder, by node; NONE if it is not reached. */
  private readonly place: Uint32Array;
  /** Nodes in that order; the first stands for the start of the program and is no node. */
  private readonly order: number[] = [NONE];
  /** By place: place of the immediate dominator. */
  private readonly above: Uint32Array;

  constructor(ground: Ground, reach: Reach) {
    const { graph } = ground;
    const { count } = graph;
    const start = new Uint32Array(count + 1);
    const list = new U32List();
    for (let node = 0; node < count; node++) {
      if (reach.isReached(node)) eachKept(ground, reach, node, (to) => list.push(to));
      start[node + 1] = list.count;
    }
    const to = list.array();
    const post = new U32List();
    const seen = new Uint8Array(count);
    const next = start.slice();
    const roots = Array.from(graph.roots).filter((node) => reach.isReached(node));
    for (const root of roots) {
      if (seen[root] !== 0) continue;
      seen[root] = 1;
      const path = [root];
      while (path.length > 0) {
        const node = path[path.length - 1];
        if (next[node] === start[node + 1]) {
          post.push(node);
          path.pop();
          continue;
        }
        const child = to[next[node]++];
        if (seen[child] === 0) {
          seen[child] = 1;
          path.push(child);
        }
      }
    }
    this.place = new Uint32Array(count).fill(NONE);
    const finished = post.array();
    for (let i = finished.length - 1; i >= 0; i--) {
      this.place[finished[i]] = this.order.length;
      this.order.push(finished[i]);
    }
    const from = new Uint32Array(to.length);
    for (let node = 0; node < count; node++) from.fill(node, start[node], start[node + 1]);
    const references = groups(this.order.length, to.length, (e) => this.place[to[e]]);
    const isRoot = new Uint8Array(this.order.length);
    for (const root of roots) isRoot[this.place[root]] = 1;
    this.above = new Uint32Array(this.order.length).fill(NONE);
    this.above[0] = 0;
    for (let changed = true; changed;) {
      changed = false;
      for (let p = 1; p < this.order.length; p++) {
        let best = isRoot[p] !== 0 ? 0 : NONE;
        for (let r = references.start[p]; r < references.start[p + 1]; r++) {
          const q = this.place[from[references.items[r]]];
          if (this.above[q] !== NONE) best = best === NONE ? q : this.common(best, q);
        }
        if (best !== this.above[p]) {
          this.above[p] = best;
          changed = true;
        }
      }
    }
  }

  private common(a: number, b: number): number {
    let [x, y] = [a, b];
    while (x !== y) {
      while (x > y) x = this.above[x];
      while (y > x) y = this.above[y];
    }
    return x;
  }

  /** The nearest node that all ways to all of these go through, which may be the only one of them; undefined: the start alone. */
  over(nodes: Iterable<number>): number | undefined {
    let best = NONE;
    for (const node of nodes) {
      const p = this.place[node];
      if (p !== NONE) best = best === NONE ? p : this.common(best, p);
    }
    return best === NONE || best === 0 ? undefined : this.order[best];
  }

  /** The immediate dominator; undefined: the start of the program. */
  of(node: number): number | undefined {
    const p = this.place[node];
    if (p === NONE) return undefined;
    const q = this.above[p];
    return q === 0 || q === NONE ? undefined : this.order[q];
  }
}
