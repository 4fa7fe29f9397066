// Who may own an object: the packages that refer to it.
import { release, takeI32, takeU32, wider } from "../../binary/memory.ts";

/** What many refer to (the type of error, say) needs no longer list: the first few in address order decide. */
const MAX_CANDIDATES = 24;

/** Distinct referring packages per object, each object's in a linked list; a few per object, so lists beat sets. */
export class Candidates {
  private readonly head: Int32Array;
  private count = 0;
  private pkg: Uint32Array;
  private next: Int32Array;
  private readonly sorted = new Uint32Array(MAX_CANDIDATES);

  constructor(objects: number) {
    this.head = takeI32(objects).fill(-1);
    this.pkg = takeU32(objects + 64);
    this.next = takeI32(objects + 64);
  }

  /** Answers whether the package is new. */
  add(object: number, pkg: number): boolean {
    if (pkg === 0) return false;
    let n = 0;
    for (let e = this.head[object]; e >= 0; e = this.next[e]) {
      if (this.pkg[e] === pkg || ++n === MAX_CANDIDATES) return false;
    }
    if (this.count === this.pkg.length) this.grow();
    this.pkg[this.count] = pkg;
    this.next[this.count] = this.head[object];
    this.head[object] = this.count++;
    return true;
  }

  /** Adds those packages of another object whose rank is `bound` or more; answers whether one was new. */
  addAll(object: number, from: number, rank: Uint32Array, bound: number): boolean {
    let changed = false;
    for (let e = this.head[from]; e >= 0; e = this.next[e])
      if (rank[this.pkg[e]] >= bound && this.add(object, this.pkg[e])) changed = true;
    return changed;
  }

  private grow(): void {
    const next = takeI32(this.count * 2);
    next.set(this.next);
    release(this.next);
    this.next = next;
    this.pkg = wider(this.pkg, this.count * 2);
  }

  /** Gives its memory back: not to be used afterwards. */
  release(): void {
    release(this.head, this.pkg, this.next);
  }

  /** The first entry of an object, and the one behind an entry; −1 behind the last. */
  firstEntry(object: number): number {
    return this.head[object];
  }

  nextEntry(entry: number): number {
    return this.next[entry];
  }

  packageOf(entry: number): number {
    return this.pkg[entry];
  }

  has(object: number): boolean {
    return this.head[object] >= 0;
  }

  /** The only package, or 0 if there is none or several. */
  single(object: number): number {
    const e = this.head[object];
    return e >= 0 && this.next[e] < 0 ? this.pkg[e] : 0;
  }

  /** The package with the lowest rank. */
  first(object: number, rank: Uint32Array): number {
    let best = 0;
    for (let e = this.head[object]; e >= 0; e = this.next[e])
      if (best === 0 || rank[this.pkg[e]] < rank[best]) best = this.pkg[e];
    return best;
  }

  /** Calls back for each package by rank, with its number; of equal rank, the last added first. */
  byRank(object: number, rank: Uint32Array, call: (pkg: number, k: number) => void): void {
    const { sorted } = this;
    let n = 0;
    for (let e = this.head[object]; e >= 0; e = this.next[e]) {
      const pkg = this.pkg[e];
      let to = n++;
      for (; to > 0 && rank[sorted[to - 1]] > rank[pkg]; to--) sorted[to] = sorted[to - 1];
      sorted[to] = pkg;
    }
    for (let k = 0; k < n; k++) call(sorted[k], k);
  }
}
