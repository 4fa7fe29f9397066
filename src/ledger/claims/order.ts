// The linker's two total orders over packages, recovered from the file. Text order (dependencies first) is read off the text.
// Load order (breadth-first imports from main) shows in each size class of the data: docs/how-it-works.md, "ordering laws".
import { U32List } from "../../binary/go/types.ts";

/**
 * A total order that agrees with most observed pairs (a before b), by first-in-first-out topological sort; cycles, which come from
 * misread owners, are cut where the fewest predecessors remain. Answers the rank of each id; ids never seen get 0xffffffff.
 */
export function orderFromRuns(runs: readonly Uint32Array[], ids: number, first: number): Uint32Array {
  const { next, firstSeen } = observed(runs, ids, first);
  const { edges, incoming } = majority(next, ids);
  const rank = new Uint32Array(ids).fill(UNSEEN);
  const queue = firstSeen.filter((id) => incoming[id] === 0);
  const queued = new Uint8Array(ids);
  for (const id of queue) queued[id] = 1;
  const follow = (list: readonly number[]): void => {
    for (let k = 0; k < list.length; k++) {
      const b = list[k];
      if (--incoming[b] <= 0 && queued[b] === 0) {
        queue.push(b);
        queued[b] = 1;
      }
    }
  };
  for (let placed = 0; placed < firstSeen.length; placed++) {
    if (placed === queue.length) {
      const best = leastIncoming(firstSeen, queued, incoming);
      queue.push(best);
      queued[best] = 1;
    }
    rank[queue[placed]] = placed;
    const list = edges.get(queue[placed]);
    if (list) follow(list);
  }
  return rank;
}

const UNSEEN = 0xffffffff;

/** How often each id stood right behind each other one, and all ids in the order in which they were met. */
function observed(
  runs: readonly Uint32Array[],
  ids: number,
  first: number,
): { next: Map<number, Map<number, number>>; firstSeen: number[] } {
  const next = new Map<number, Map<number, number>>();
  const seen = new Uint8Array(ids);
  const firstSeen: number[] = [];
  const note = (id: number): void => {
    if (seen[id] === 1) return;
    seen[id] = 1;
    firstSeen.push(id);
  };
  const observe = (run: Uint32Array): void => {
    for (let i = 0; i < run.length; i++) {
      note(run[i]);
      if (i === 0 || run[i] === run[i - 1]) continue;
      let to = next.get(run[i - 1]);
      if (!to) next.set(run[i - 1], (to = new Map<number, number>()));
      to.set(run[i], (to.get(run[i]) ?? 0) + 1);
    }
  };
  if (first > 0) note(first);
  for (const run of runs) observe(run);
  return { next, firstSeen };
}

/** Who comes after each id, and how many come before it. Of pairs seen in both directions the majority stands. */
function majority(
  next: ReadonlyMap<number, ReadonlyMap<number, number>>,
  ids: number,
): { edges: Map<number, number[]>; incoming: Int32Array } {
  const incoming = new Int32Array(ids);
  const edges = new Map<number, number[]>();
  next.forEach((to, a) => {
    const list: number[] = [];
    to.forEach((count, b) => {
      const back = next.get(b)?.get(a) ?? 0;
      if (back > count || (back === count && b < a)) return;
      list.push(b);
      incoming[b]++;
    });
    edges.set(a, list);
  });
  return { edges, incoming };
}

/** The first of those not yet queued that the fewest come before. */
function leastIncoming(all: readonly number[], queued: Uint8Array, incoming: Int32Array): number {
  let best = -1;
  for (let k = 0; k < all.length; k++) {
    const id = all[k];
    if (queued[id] === 0 && (best < 0 || incoming[id] < incoming[best])) best = id;
  }
  return best;
}

/** How many distinct followers of a package in a run count as observed after it. */
const FOLLOWERS = 3;
/** Passes over all packages until the order rests. */
const PASSES = 4;

/**
 * Improves an order by more runs, which may err: each id moves to the place where it contradicts the fewest observed pairs, a few times
 * over. Ids without a rank (0xffffffff) that occur in runs get one; `first` stays the first. `weight` tells how much a pair of each run counts.
 */
export function refineOrder(
  rank: Uint32Array,
  runs: readonly Uint32Array[],
  weight: readonly number[],
  first: number,
): Uint32Array {
  const ids = rank.length;
  const { other, surplus } = neighbours(pairs(runs, weight, ids), ids);
  const place = new Float64Array(ids).fill(NaN);
  for (let id = 0; id < ids; id++) if (rank[id] !== UNSEEN) place[id] = rank[id];
  if (first > 0) place[first] = -1;
  let order: number[] = [];
  // after the first pass only those are asked again that a neighbour has left
  let ask = new Uint8Array(ids).fill(1);
  const moveAll = (again: Uint8Array): boolean => {
    let moved = false;
    for (let id = 0; id < ids; id++) {
      if (!ask[id] || !other[id] || id === first) continue;
      const to = bestPlace(place, id, other[id], surplus[id]);
      if (to === place[id] || (Number.isNaN(to) && Number.isNaN(place[id]))) continue;
      place[id] = to;
      moved = true;
      again[id] = 1;
      other[id].forEach((q) => (again[q] = 1));
    }
    return moved;
  };
  for (let pass = 0; pass < PASSES; pass++) {
    const again = new Uint8Array(ids);
    const moved = moveAll(again);
    order = [];
    for (let id = 0; id < ids; id++) if (!Number.isNaN(place[id])) order.push(id);
    order.sort((a, b) => place[a] - place[b] || a - b);
    order.forEach((id, k) => (place[id] = k));
    if (first > 0) place[first] = -1;
    if (!moved) break;
    ask = again;
  }
  const out = new Uint32Array(ids).fill(UNSEEN);
  order.forEach((id, k) => (out[id] = k));
  return out;
}

/** How much speaks for an id before another one, by (id before) × ids + (id behind). */
function pairs(runs: readonly Uint32Array[], weight: readonly number[], ids: number): Map<number, number> {
  const counts = new Map<number, number>();
  const recent: number[] = [];
  const count = (id: number, by: number): void => {
    for (let k = 0; k < recent.length; k++) {
      const key = recent[k] * ids + id;
      if (recent[k] !== id) counts.set(key, (counts.get(key) ?? 0) + by);
    }
  };
  runs.forEach((run, r) => {
    recent.length = 0;
    for (let i = 0; i < run.length; i++) {
      const id = run[i];
      if (recent[recent.length - 1] === id) continue;
      count(id, weight[r]);
      recent.push(id);
      if (recent.length > FOLLOWERS) recent.shift();
    }
  });
  return counts;
}

/** Per id: the others it was seen with, and by how much more often before them than behind them. */
function neighbours(counts: ReadonlyMap<number, number>, ids: number): { other: number[][]; surplus: number[][] } {
  const other: number[][] = [];
  const surplus: number[][] = [];
  counts.forEach((count, key) => {
    const a = Math.floor(key / ids);
    const b = key % ids;
    const back = counts.get(b * ids + a) ?? 0;
    if (count <= back) return;
    (other[a] ??= []).push(b);
    (surplus[a] ??= []).push(count - back);
    (other[b] ??= []).push(a);
    (surplus[b] ??= []).push(back - count);
  });
  return { other, surplus };
}

/** Where an id contradicts least: its own place if that is as good as any, else beside the nearest of the others. */
function bestPlace(place: Float64Array, id: number, other: readonly number[], surplus: readonly number[]): number {
  const seen: number[] = [];
  for (let k = 0; k < other.length; k++) if (!Number.isNaN(place[other[k]])) seen.push(k);
  if (seen.length === 0) return place[id];
  seen.sort((a, b) => place[other[a]] - place[other[b]]);
  // cost of standing before all of them: every one that should come first
  let cost = 0;
  for (let k = 0; k < seen.length; k++) if (surplus[seen[k]] < 0) cost -= surplus[seen[k]];
  let own = Number.isNaN(place[id]) ? Infinity : cost;
  let best = cost;
  let at = place[other[seen[0]]] - 0.5;
  for (let k = 0; k < seen.length; k++) {
    const here = place[other[seen[k]]];
    cost += surplus[seen[k]];
    if (!Number.isNaN(place[id]) && here < place[id]) own = cost;
    if (cost < best) {
      best = cost;
      const next = k + 1 < seen.length ? place[other[seen[k + 1]]] : here + 1;
      at = here + Math.min(0.5, (next - here) / 2);
    }
  }
  return own <= best ? place[id] : at;
}

/** What explaining an object saves; candidates cost less than that, or they would never be chosen. */
const UNEXPLAINED = 1;

export interface ChoiceOptions {
  /** Ranks may start anew where this changes from one object to the next; by default nowhere. */
  readonly segment?: Uint32Array;
  /** Cost of a descent of ranks inside a segment in front of each object; by default none is allowed. */
  readonly descent?: Float64Array;
}

/** Takes a candidate of the object that is asked for, and its cost. */
export type AddCandidate = (id: number, cost: number) => void;

/** Chooses among candidates so that ranks do not descend. One for many choices by the same ranks: it keeps its tables. */
export class MonotoneChoice {
  private readonly rank: Uint32Array;
  /** By id, while a choice is made: its place among the candidates, from 1; 0 for others. */
  private readonly place: Uint32Array;
  /** The candidates' ids, each once, by rank. */
  private readonly ids: number[] = [];
  // nodes of the search, from 1; 0 is none: (object, candidate) and the candidate's cost
  private readonly object = new U32List();
  private readonly id = new U32List();
  private extra = new Float64Array(1024);
  private asked = 0;
  // per node: the one chosen before it, and the cost with it, relative to giving up everything so far
  private cost = new Float64Array(1024);
  private before = new Uint32Array(1024);
  /** By rank, a prefix-minimum tree: the cheapest node. */
  private tree = new Uint32Array(1024);
  /** The cheapest node so far, and that of the segments before. */
  private last = 0;
  private base = 0;

  constructor(rank: Uint32Array) {
    this.rank = rank;
    this.place = new Uint32Array(rank.length);
  }

  /**
   * For `n` objects in address order, each with candidate ids and their costs, the ids whose ranks do not descend, at least cost; an
   * object that is given up costs 1, and its choice is 0. O(n · candidates · log ranks) by a prefix-minimum tree over ranks.
   */
  of(n: number, candidates: (i: number, each: AddCandidate) => void, options: ChoiceOptions = {}): Uint32Array {
    const choice = new Uint32Array(n);
    if (n < 2) return choice;
    this.gather(n, candidates);
    this.number();
    this.search(options);
    this.trace(choice);
    for (const c of this.ids) this.place[c] = 0;
    return choice;
  }

  private gather(n: number, candidates: (i: number, each: AddCandidate) => void): void {
    this.object.clear();
    this.id.clear();
    this.ids.length = 0;
    for (this.asked = 0; this.asked < n; this.asked++) candidates(this.asked, this.add);
  }

  private readonly add = (c: number, cost: number): void => {
    const { id, place } = this;
    if (this.rank[c] === UNSEEN) return;
    if (id.count === this.extra.length) {
      const more = new Float64Array(id.count * 2);
      more.set(this.extra);
      this.extra = more;
    }
    this.extra[id.count] = cost;
    this.object.push(this.asked);
    id.push(c);
    if (place[c] > 0) return;
    place[c] = 1;
    this.ids.push(c);
  };

  /** Numbers the candidates by rank, and makes room for the search. */
  private number(): void {
    const { rank, place, ids } = this;
    const nodes = this.id.count + 1;
    ids.sort((a, b) => rank[a] - rank[b]);
    for (let k = 0; k < ids.length; k++) place[ids[k]] = k + 1;
    if (this.cost.length < nodes) {
      this.cost = new Float64Array(nodes * 2);
      this.before = new Uint32Array(nodes * 2);
    }
    if (this.tree.length <= ids.length) this.tree = new Uint32Array(ids.length * 2);
    this.tree.fill(0, 0, ids.length + 1);
  }

  private search({ segment, descent }: ChoiceOptions): void {
    const objects = this.object.array();
    this.last = 0;
    this.base = 0;
    let lastSegment = -1;
    for (let from = 0; from < objects.length;) {
      const i = objects[from];
      if (segment && segment[i] !== lastSegment) {
        lastSegment = segment[i];
        this.base = this.last;
      }
      from = this.lead(objects, i, from, descent ? descent[i] : Infinity);
    }
  }

  /** Leads to the candidates of object i, whose first one is at `from`; answers where those of the next object begin. */
  private lead(objects: Uint32Array, i: number, from: number, fall: number): number {
    const { cost, before, tree, place, extra } = this;
    const ids = this.id.array();
    const fallen = cost[this.last] + fall;
    let to = from;
    for (; to < objects.length && objects[to] === i; to++) {
      let best = this.base;
      for (let k = place[ids[to]]; k > 0; k -= k & -k) if (cost[tree[k]] < cost[best]) best = tree[k];
      let reach = cost[best];
      if (fallen < reach) {
        best = this.last;
        reach = fallen;
      }
      before[to + 1] = best;
      cost[to + 1] = reach - UNEXPLAINED + extra[to];
    }
    const end = this.ids.length + 1;
    for (let node = from + 1; node <= to; node++) {
      if (cost[node] < cost[this.last]) this.last = node;
      for (let k = place[ids[node - 1]]; k < end; k += k & -k) if (cost[node] < cost[tree[k]]) tree[k] = node;
    }
    return to;
  }

  private trace(choice: Uint32Array): void {
    for (let node = this.last; node > 0; node = this.before[node])
      choice[this.object.at(node - 1)] = this.id.at(node - 1);
  }
}

/** How many of the next distances tell whether one is usual. */
const AHEAD = 8;

/**
 * Numbers the size classes of objects that ascend in size, from the distances between their starts: a distance exceeds the size where
 * nothing refers to the object in between, and falls short of it where a start is none; neither lasts. Where sizes fall for good,
 * another kind of object begins.
 */
export function sizeClasses(gap: Uint32Array): Uint32Array {
  const out = new Uint32Array(gap.length);
  let size = 0;
  let number = 0;
  for (let i = 0; i < gap.length; i++) {
    let low = Infinity;
    let second = Infinity;
    let third = Infinity;
    let small = gap[i] * 2 < size ? 1 : 0;
    const end = Math.min(gap.length, i + AHEAD);
    for (let k = i + 1; k < end; k++) {
      if (gap[k] * 2 < size) small++;
      if (gap[k] < low) {
        third = second;
        second = low;
        low = gap[k];
      } else if (gap[k] < second) {
        third = second;
        second = gap[k];
      } else if (gap[k] < third) third = gap[k];
    }
    // a start that is none splits one object into two small ones
    const usual = Math.min(gap[i], third === Infinity ? gap[i] : third);
    if (usual > size || (small === AHEAD && end - i === AHEAD)) {
      size = usual;
      number++;
    }
    out[i] = number;
  }
  return out;
}
