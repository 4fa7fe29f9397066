// The choice of owners that stand in the linker's load order, and the size classes in which they do: docs/how-it-works.md, "ordering laws".
import { U32List } from "../../binary/go/types.ts";
import { UNSEEN } from "./order.ts";

/** What explaining an object saves; candidates cost less than that, or they would never be chosen. Costs are whole numbers. */
export const UNEXPLAINED = 20;
/** More than anything costs. */
const NEVER = 1 << 30;

export interface ChoiceOptions {
  /** Ranks may start anew where this changes from one object to the next; by default nowhere. */
  readonly segment?: Uint32Array;
  /** Cost of a descent of ranks inside a segment in front of each object; by default none is allowed. */
  readonly descent?: Int32Array;
}

/** Takes a candidate of the object that is asked for, and its cost. */
export type AddCandidate = (id: number, cost: number) => void;

/** Chooses among candidates so that ranks do not descend. One for many choices by the same ranks: it keeps its tables. */
export class MonotoneChoice {
  private readonly rank: Uint32Array;
  /** By id, while a choice is made: its place among the candidates, from 1; 0 for others. */
  private readonly place: Uint32Array;
  /** The candidates' ranks, each once; how many. */
  private readonly ranks: Uint32Array;
  private distinct = 0;
  /** By rank, the id that has it. */
  private readonly byRank: Uint32Array;
  // nodes of the search, from 1; 0 is none: (object, candidate) and the candidate's cost
  private readonly object = new U32List();
  private readonly id = new U32List();
  private extra = new Int32Array(1024);
  private asked = 0;
  // per node: the one chosen before it, and the cost with it, relative to giving up everything so far
  private cost = new Int32Array(1024);
  private before = new Uint32Array(1024);
  /** By rank, a prefix-minimum tree: the cheapest node, and its cost. */
  private tree = new Uint32Array(1024);
  private treeCost = new Int32Array(1024);
  /** The cheapest node so far, and that of the segments before. */
  private last = 0;
  private base = 0;

  /** Ids have different ranks below their number, or none (0xffffffff). */
  constructor(rank: Uint32Array) {
    const ids = rank.length;
    this.rank = rank;
    this.place = new Uint32Array(ids);
    this.ranks = new Uint32Array(ids);
    this.byRank = new Uint32Array(ids);
    for (let id = 0; id < ids; id++) if (rank[id] !== UNSEEN) this.byRank[rank[id]] = id;
  }

  /**
   * For `n` objects in address order, each with candidate ids and their costs, the ids whose ranks do not descend, at least cost; an
   * object that is given up costs UNEXPLAINED, and its choice is 0. O(n · candidates · log ranks) by a prefix-minimum tree over ranks.
   */
  of(n: number, candidates: (i: number, each: AddCandidate) => void, options: ChoiceOptions = {}): Uint32Array {
    const choice = new Uint32Array(n);
    if (n < 2) return choice;
    this.gather(n, candidates);
    this.number();
    this.search(options);
    this.trace(choice);
    for (let k = 0; k < this.distinct; k++) this.place[this.byRank[this.ranks[k]]] = 0;
    return choice;
  }

  private gather(n: number, candidates: (i: number, each: AddCandidate) => void): void {
    this.object.clear();
    this.id.clear();
    this.distinct = 0;
    for (this.asked = 0; this.asked < n; this.asked++) candidates(this.asked, this.add);
  }

  private readonly add = (c: number, cost: number): void => {
    const { id, place } = this;
    const rank = this.rank[c];
    if (rank === UNSEEN) return;
    if (id.count === this.extra.length) {
      const more = new Int32Array(id.count * 2);
      more.set(this.extra);
      this.extra = more;
    }
    this.extra[id.count] = cost;
    this.object.push(this.asked);
    id.push(c);
    if (place[c] > 0) return;
    place[c] = 1;
    this.ranks[this.distinct++] = rank;
  };

  /** Numbers the candidates by rank, and makes room for the search. */
  private number(): void {
    const { place, byRank, distinct } = this;
    const nodes = this.id.count + 1;
    const ranks = this.ranks.subarray(0, distinct).sort();
    for (let k = 0; k < distinct; k++) place[byRank[ranks[k]]] = k + 1;
    if (this.cost.length < nodes) {
      this.cost = new Int32Array(nodes * 2);
      this.before = new Uint32Array(nodes * 2);
    }
    if (this.tree.length <= distinct) {
      this.tree = new Uint32Array(distinct * 2);
      this.treeCost = new Int32Array(distinct * 2);
    }
    this.tree.fill(0, 0, distinct + 1);
    this.treeCost.fill(0, 0, distinct + 1);
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
      from = this.lead(objects, i, from, descent ? descent[i] : NEVER);
    }
  }

  /** Leads to the candidates of object i, whose first one is at `from`; answers where those of the next object begin. */
  private lead(objects: Uint32Array, i: number, from: number, fall: number): number {
    const { cost, before, tree, treeCost, place, extra } = this;
    const ids = this.id.array();
    const fallen = cost[this.last] + fall;
    let to = from;
    for (; to < objects.length && objects[to] === i; to++) {
      let best = this.base;
      let least = cost[best];
      for (let k = place[ids[to]]; k > 0; k -= k & -k) {
        if (treeCost[k] >= least) continue;
        least = treeCost[k];
        best = tree[k];
      }
      before[to + 1] = fallen < least ? this.last : best;
      cost[to + 1] = (fallen < least ? fallen : least) - UNEXPLAINED + extra[to];
    }
    for (let node = from + 1; node <= to; node++) {
      if (cost[node] < cost[this.last]) this.last = node;
      this.note(node, cost[node], place[ids[node - 1]]);
    }
    return to;
  }

  /** Makes a node known to those of its rank or a later one. */
  private note(node: number, cost: number, place: number): void {
    const { tree, treeCost, distinct } = this;
    for (let k = place; k <= distinct; k += k & -k) {
      if (cost >= treeCost[k]) continue;
      tree[k] = node;
      treeCost[k] = cost;
    }
  }

  private trace(choice: Uint32Array): void {
    for (let node = this.last; node > 0; node = this.before[node])
      choice[this.object.at(node - 1)] = this.id.at(node - 1);
  }
}

/** How many of the next distances tell whether one is usual. */
const AHEAD = 8;

/** Of each object the number of its size class, and the size that is usual there. */
export interface SizeClasses {
  readonly number: Uint32Array;
  readonly size: Uint32Array;
}

/**
 * Finds the size classes of objects that ascend in size, from the distances between their starts: a distance exceeds the size where
 * nothing refers to the object in between, and falls short of it where a start is none; neither lasts. Where sizes fall for good,
 * another kind of object begins.
 */
export function sizeClasses(gap: Uint32Array): SizeClasses {
  const out = { number: new Uint32Array(gap.length), size: new Uint32Array(gap.length) };
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
    out.number[i] = number;
    out.size[i] = size;
  }
  return out;
}
