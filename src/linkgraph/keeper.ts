// Which node alone keeps others, going by references as they stand: all ways from the start lead through it (their nearest common
// dominator). Found on one way without a tree of dominators: a node of the way that no other way goes around is on all of them.
import { eachKept } from "./chains.ts";
import { NONE } from "./graph.ts";
import type { Ground, Reach } from "./reach.ts";

/**
 * The nearest node that all ways from the roots to all of these go through, which may be one of them; undefined: the start alone.
 * Linear in the graph.
 */
export function keeperOf(ground: Ground, reach: Reach, nodes: Iterable<number>): number | undefined {
  const { graph } = ground;
  const isEnd = new Uint8Array(graph.count);
  for (const node of nodes) if (reach.isReached(node)) isEnd[node] = 1;
  const roots = graph.roots.filter((node) => reach.isReached(node));
  const way = anyWay(ground, reach, roots, isEnd);
  const place = new Uint32Array(graph.count);
  way.forEach((node, i) => (place[node] = i + 1));
  const seen = new Uint8Array(graph.count);
  const stack: number[] = [];
  // the furthest place on the way that is reached from the places so far; one behind the last: an end off the way, or not the last on it
  let far = 0;
  const touch = (node: number): void => {
    if (place[node] > far) far = place[node];
    else if (place[node] === 0 && seen[node] === 0) {
      seen[node] = 1;
      stack.push(node);
    }
  };
  let keeper: number | undefined;
  for (const root of roots) touch(root);
  for (let i = 0; i <= way.length && far <= way.length; i++) {
    if (i > 0) {
      if (far === i) keeper = way[i - 1];
      stack.push(way[i - 1]);
    }
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (isEnd[node] !== 0) far = way.length + 1;
      if (far > way.length) break;
      eachKept(ground, reach, node, touch);
    }
  }
  return keeper;
}

/** A way from a root to the first end that is found; empty if there is none. */
function anyWay(ground: Ground, reach: Reach, roots: Uint32Array, isEnd: Uint8Array): number[] {
  const { count } = ground.graph;
  const parent = new Uint32Array(count);
  const seen = new Uint8Array(count);
  const queue = new Uint32Array(count);
  let tail = 0;
  const enter = (node: number, from: number): void => {
    if (seen[node] !== 0) return;
    seen[node] = 1;
    parent[node] = from;
    queue[tail++] = node;
  };
  for (const root of roots) enter(root, NONE);
  for (let head = 0; head < tail; head++) {
    const node = queue[head];
    if (isEnd[node] !== 0) {
      const way: number[] = [];
      for (let at = node; at !== NONE; at = parent[at]) way.push(at);
      return way.reverse();
    }
    eachKept(ground, reach, node, (to) => enter(to, node));
  }
  return [];
}
