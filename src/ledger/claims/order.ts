// The linker's two total orders over packages, recovered from the file. Text order (dependencies first) is read off the text.
// Load order (breadth-first imports from main) shows in each size class of the data: docs/how-it-works.md, "ordering laws".

/**
 * A total order that agrees with most observed pairs (a before b), by first-in-first-out topological sort; cycles, which come from
 * misread owners, are cut where the fewest predecessors remain. Answers the rank of each id; ids never seen get 0xffffffff.
 */
export function orderFromRuns(runs: readonly Uint32Array[], ids: number, first: number): Uint32Array {
  const next = new Map<number, Map<number, number>>();
  const seen = new Uint8Array(ids);
  const firstSeen: number[] = [];
  const note = (id: number): void => {
    if (!seen[id]) {
      seen[id] = 1;
      firstSeen.push(id);
    }
  };
  if (first > 0) note(first);
  for (const run of runs) {
    for (let i = 0; i < run.length; i++) {
      note(run[i]);
      if (i === 0 || run[i] === run[i - 1]) continue;
      let to = next.get(run[i - 1]);
      if (!to) next.set(run[i - 1], (to = new Map()));
      to.set(run[i], (to.get(run[i]) ?? 0) + 1);
    }
  }
  // pairs seen in both directions: the majority stands
  const incoming = new Int32Array(ids);
  const edges = new Map<number, number[]>();
  for (const [a, to] of next) {
    const list: number[] = [];
    for (const [b, count] of to) {
      const back = next.get(b)?.get(a) ?? 0;
      if (back > count || (back === count && b < a)) continue;
      list.push(b);
      incoming[b]++;
    }
    edges.set(a, list);
  }
  const rank = new Uint32Array(ids).fill(0xffffffff);
  const done = new Uint8Array(ids);
  const queue: number[] = [];
  const queued = new Uint8Array(ids);
  for (const id of firstSeen) {
    if (incoming[id] === 0) {
      queue.push(id);
      queued[id] = 1;
    }
  }
  let placed = 0;
  let head = 0;
  const remaining = new Set(firstSeen);
  while (remaining.size > 0) {
    if (head === queue.length) {
      let best = -1;
      for (const id of remaining) if (best < 0 || incoming[id] < incoming[best]) best = id;
      queue.push(best);
      queued[best] = 1;
    }
    const id = queue[head++];
    if (done[id]) continue;
    done[id] = 1;
    remaining.delete(id);
    rank[id] = placed++;
    for (const b of edges.get(id) ?? []) {
      if (--incoming[b] <= 0 && !queued[b] && !done[b]) {
        queue.push(b);
        queued[b] = 1;
      }
    }
  }
  return rank;
}

/** Costs of a choice: a candidate that is not the first in rank, and giving an object up as unexplained. */
const NOT_FIRST = 0.05;
const UNEXPLAINED = 1;

/**
 * For `n` objects in address order, each with candidate ids, chooses ids whose ranks do not descend, at least cost. Answers 0 where no
 * candidate fits. O(n · candidates · log ranks) by a prefix-minimum tree over ranks.
 */
export function monotoneChoice(
  n: number,
  candidates: (i: number, each: (id: number) => void) => void,
  rank: Uint32Array,
): Uint32Array {
  const choice = new Uint32Array(n);
  if (n < 2) return choice;
  // nodes of the search: (object, candidate), with the node chosen before
  const nodeObject: number[] = [];
  const nodeId: number[] = [];
  const nodeBefore: number[] = [];
  const nodeCost: number[] = [];
  const ranks = new Set<number>();
  const lists: number[][] = [];
  for (let i = 0; i < n; i++) {
    const list: number[] = [];
    candidates(i, (id) => {
      if (rank[id] !== 0xffffffff) list.push(id);
    });
    list.sort((a, b) => rank[a] - rank[b]);
    for (const id of list) ranks.add(rank[id]);
    lists.push(list);
  }
  const sorted = [...ranks].sort((a, b) => a - b);
  const place = new Map(sorted.map((r, k) => [r, k + 1]));
  const tree = new Int32Array(sorted.length + 1).fill(-1);
  // cost relative to giving up everything so far: cost = node cost + UNEXPLAINED per object after it
  const value = (node: number): number => (node < 0 ? 0 : nodeCost[node]);
  const best = (upTo: number): number => {
    let found = -1;
    for (let k = upTo; k > 0; k -= k & -k) if (value(tree[k]) < value(found)) found = tree[k];
    return found;
  };
  for (let i = 0; i < n; i++) {
    const added: number[] = [];
    lists[i].forEach((id, k) => {
      const before = best(place.get(rank[id])!);
      nodeObject.push(i);
      nodeId.push(id);
      nodeBefore.push(before);
      // explaining this object saves UNEXPLAINED
      nodeCost.push(value(before) - UNEXPLAINED + Math.min(k * NOT_FIRST, 0.6));
      added.push(nodeObject.length - 1);
    });
    for (const node of added) {
      for (let k = place.get(rank[nodeId[node]])!; k < tree.length; k += k & -k)
        if (nodeCost[node] < value(tree[k])) tree[k] = node;
    }
  }
  for (let node = best(sorted.length); node >= 0; node = nodeBefore[node]) choice[nodeObject[node]] = nodeId[node];
  return choice;
}
