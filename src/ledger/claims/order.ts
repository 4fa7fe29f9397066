// The linker's two total orders over packages, recovered from the file. Text order (dependencies first) is read off the text.
// Load order (breadth-first imports from main) shows in each size class of the data: docs/how-it-works.md, "ordering laws".
import { followers, neighbours, PairCounts } from "./pairs.ts";

/** The rank of ids that no order knows. */
export const UNSEEN = 0xffffffff;

/**
 * A total order that agrees with most observed pairs (a before b), by first-in-first-out topological sort; cycles, which come from
 * misread owners, are cut where the fewest predecessors remain. Answers the rank of each id; ids never seen get 0xffffffff.
 */
export function orderFromRuns(runs: readonly Uint32Array[], ids: number, first: number): Uint32Array {
  const all = firstSeen(runs, ids, first);
  const pairs = new PairCounts();
  for (const run of runs) countNext(pairs, run);
  const { from, other } = followers(pairs, ids);
  /** How many come before each id and are not placed yet. */
  const incoming = new Int32Array(ids);
  for (let e = 0; e < other.length; e++) incoming[other[e]]++;
  const rank = new Uint32Array(ids).fill(UNSEEN);
  const queue = new Uint32Array(all.length);
  const queued = new Uint8Array(ids);
  let end = 0;
  for (let k = 0; k < all.length; k++) {
    if (incoming[all[k]] > 0) continue;
    queue[end++] = all[k];
    queued[all[k]] = 1;
  }
  for (let placed = 0; placed < all.length; placed++) {
    if (placed === end) {
      const best = leastIncoming(all, queued, incoming);
      queue[end++] = best;
      queued[best] = 1;
    }
    const id = queue[placed];
    rank[id] = placed;
    for (let e = from[id]; e < from[id + 1]; e++) {
      const b = other[e];
      if (--incoming[b] > 0 || queued[b] === 1) continue;
      queue[end++] = b;
      queued[b] = 1;
    }
  }
  return rank;
}

/** All ids in the order in which they are met. */
function firstSeen(runs: readonly Uint32Array[], ids: number, first: number): Uint32Array {
  const seen = new Uint8Array(ids);
  const out = new Uint32Array(ids);
  let n = 0;
  if (first > 0) {
    seen[first] = 1;
    out[n++] = first;
  }
  for (const run of runs) n = addUnseen(run, seen, out, n);
  return out.subarray(0, n);
}

function addUnseen(run: Uint32Array, seen: Uint8Array, out: Uint32Array, n: number): number {
  for (let i = 0; i < run.length; i++) {
    const id = run[i];
    if (seen[id] === 1) continue;
    seen[id] = 1;
    out[n++] = id;
  }
  return n;
}

/** Counts how often each id stands right behind each other one. */
function countNext(pairs: PairCounts, run: Uint32Array): void {
  for (let i = 1; i < run.length; i++) if (run[i] !== run[i - 1]) pairs.add(run[i - 1], run[i], 1);
}

/** The first of those not yet queued that the fewest come before. */
function leastIncoming(all: Uint32Array, queued: Uint8Array, incoming: Int32Array): number {
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
  const pairs = new PairCounts();
  const recent = new Uint32Array(FOLLOWERS);
  for (let r = 0; r < runs.length; r++) countFollowers(pairs, runs[r], weight[r], recent);
  return new Refining(rank, pairs, first).order();
}

/** Counts each id of a run for those in front of it. `recent` has room for these. */
function countFollowers(pairs: PairCounts, run: Uint32Array, weight: number, recent: Uint32Array): void {
  let n = 0;
  for (let i = 0; i < run.length; i++) {
    const id = run[i];
    if (i > 0 && run[i - 1] === id) continue;
    for (let k = 0; k < n; k++) if (recent[k] !== id) pairs.add(recent[k], id, weight);
    if (n === FOLLOWERS) recent.copyWithin(0, 1);
    else n++;
    recent[n - 1] = id;
  }
}

/** An order while its ids move. */
class Refining {
  private readonly first: number;
  /** By id: where it stands among the others; NaN: nowhere yet. */
  private readonly place: Float64Array;
  /** The others that each id was seen with, and by how much more often before them than behind them. */
  private readonly from: Uint32Array;
  private readonly other: Uint32Array;
  private readonly surplus: Int32Array;
  /** Whether an id is asked in this pass, and in the next one: only those that a neighbour has left. */
  private ask: Uint8Array;
  private again: Uint8Array;
  private readonly sorted: SortedByPlace;

  constructor(rank: Uint32Array, pairs: PairCounts, first: number) {
    const ids = rank.length;
    this.first = first;
    this.place = new Float64Array(ids).fill(NaN);
    for (let id = 0; id < ids; id++) if (rank[id] !== UNSEEN) this.place[id] = rank[id];
    if (first > 0) this.place[first] = -1;
    ({ from: this.from, other: this.other, surplus: this.surplus } = neighbours(pairs, ids));
    this.ask = new Uint8Array(ids).fill(1);
    this.again = new Uint8Array(ids);
    this.sorted = new SortedByPlace(ids);
  }

  order(): Uint32Array {
    for (let pass = 0; pass < PASSES; pass++) {
      const moved = this.moveAll();
      this.number();
      if (!moved) break;
      [this.ask, this.again] = [this.again, this.ask];
      this.again.fill(0);
    }
    const rank = new Uint32Array(this.place.length).fill(UNSEEN);
    const { sorted } = this;
    for (let k = 0; k < sorted.count; k++) rank[sorted.item[k]] = k;
    return rank;
  }

  private moveAll(): boolean {
    const { place, from, other, ask, again, first } = this;
    let moved = false;
    for (let id = 0; id < ask.length; id++) {
      if (ask[id] === 0 || from[id] === from[id + 1] || id === first) continue;
      const to = this.bestPlace(id);
      if (to === place[id] || (Number.isNaN(to) && Number.isNaN(place[id]))) continue;
      place[id] = to;
      moved = true;
      again[id] = 1;
      for (let e = from[id]; e < from[id + 1]; e++) again[other[e]] = 1;
    }
    return moved;
  }

  /** Numbers the places. */
  private number(): void {
    const { place, first, sorted } = this;
    sorted.clear();
    for (let id = 0; id < place.length; id++) if (!Number.isNaN(place[id])) sorted.add(id, place[id]);
    sorted.sort();
    for (let k = 0; k < sorted.count; k++) place[sorted.item[k]] = k;
    if (first > 0) place[first] = -1;
  }

  /** Where an id contradicts least: its own place if that is as good as any, else beside the nearest of the others. */
  private bestPlace(id: number): number {
    const { place, from, other, surplus, sorted } = this;
    const now = place[id];
    // cost of standing before all of them: every one that should come first
    let cost = 0;
    sorted.clear();
    for (let e = from[id]; e < from[id + 1]; e++) {
      const there = place[other[e]];
      if (Number.isNaN(there)) continue;
      sorted.add(e, there);
      if (surplus[e] < 0) cost -= surplus[e];
    }
    const n = sorted.count;
    if (n === 0) return now;
    sorted.sort();
    const { item, key } = sorted;
    let own = Number.isNaN(now) ? Infinity : cost;
    let best = cost;
    let at = key[0] - 0.5;
    for (let k = 0; k < n; k++) {
      const here = key[k];
      cost += surplus[item[k]];
      if (here < now) own = cost;
      if (cost < best) {
        best = cost;
        const room = k + 1 < n ? (key[k + 1] - here) / 2 : 0.5;
        at = here + (room < 0.5 ? room : 0.5);
      }
    }
    return own <= best ? now : at;
  }
}

/** Most lists are no longer: inserting sorts them sooner than merging. */
const SHORT = 16;

/** Numbers in the order of their keys, those of equal keys in the order in which they are added: at most so many. */
class SortedByPlace {
  count = 0;
  item: Uint32Array;
  key: Float64Array;
  private spareItem: Uint32Array;
  private spareKey: Float64Array;

  constructor(most: number) {
    this.item = new Uint32Array(most);
    this.key = new Float64Array(most);
    this.spareItem = new Uint32Array(most);
    this.spareKey = new Float64Array(most);
  }

  clear(): void {
    this.count = 0;
  }

  add(item: number, key: number): void {
    this.item[this.count] = item;
    this.key[this.count++] = key;
  }

  /** Sorts short stretches, and merges ever longer ones. The arrays are others afterwards. */
  sort(): void {
    const n = this.count;
    for (let from = 0; from < n; from += SHORT) this.insert(from, from + SHORT < n ? from + SHORT : n);
    for (let width = SHORT; width < n; width *= 2) {
      for (let from = 0; from < n; from += width * 2) this.merge(from, from + width, from + width * 2);
      this.exchange();
    }
  }

  /** Sorts a short stretch. */
  private insert(from: number, end: number): void {
    const { item, key } = this;
    for (let i = from + 1; i < end; i++) {
      const k = key[i];
      const moved = item[i];
      let to = i;
      for (; to > from && key[to - 1] > k; to--) {
        key[to] = key[to - 1];
        item[to] = item[to - 1];
      }
      key[to] = k;
      item[to] = moved;
    }
  }

  private exchange(): void {
    const { item, key } = this;
    this.item = this.spareItem;
    this.key = this.spareKey;
    this.spareItem = item;
    this.spareKey = key;
  }

  private merge(low: number, middle: number, end: number): void {
    const { count, item, key, spareItem, spareKey } = this;
    if (end > count) end = count;
    if (middle > end) middle = end;
    for (let to = low, high = middle; to < end; to++) {
      const i = low < middle && (high === end || key[low] <= key[high]) ? low++ : high++;
      spareItem[to] = item[i];
      spareKey[to] = key[i];
    }
  }
}
