// Owners of variables and static composites: in each size class they stand in the order in which the linker loaded their packages.
import { KIND } from "../ledger.ts";
import { runningSums } from "../runningsums.ts";
import type { Candidates } from "./candidates.ts";
import type { Objects } from "./objects.ts";
import { type AddCandidate, type MonotoneChoice, sizeClasses, UNEXPLAINED } from "./choice.ts";

/** A pointer between data objects: the object that holds it and the one it points into. */
export interface Pointers {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
}

export interface PlacingInput {
  readonly objects: Objects;
  readonly pointers: Pointers;
  /** 1: the linker keeps one of equal content; 0: it numbers them package by package. */
  readonly content: Uint8Array;
  readonly who: Candidates;
  /** Packages that only inlined code speaks for, which refers to the object or is called with it. */
  readonly hints: Candidates;
  /** By package id, the order of the text: dependencies first. */
  readonly textRank: Uint32Array;
  /** Chooses by load order. */
  readonly choice: MonotoneChoice;
  /** Package id of main; number of package ids. */
  readonly main: number;
  readonly packages: number;
}

/** Costs of candidates: the n-th in text order, one that only inlined code or a pointer speaks for. */
const NOT_FIRST = 0.4 * UNEXPLAINED;
/** main imports everything and nothing imports it: that it refers to a variable says little. */
const BY_MAIN = 0.6 * UNEXPLAINED;
/** What has a name is its package's. */
const BY_NAME = -2 * UNEXPLAINED;
const BY_HINT = 0.3 * UNEXPLAINED;
const BY_HOLDER = 0.1 * UNEXPLAINED;
const BY_LATER_HOLDER = 0.3 * UNEXPLAINED;
/** How many of an object's holders are asked. */
const HOLDERS = 16;
/** Cost of a descent of the load order where sizes seem equal: classes of close sizes look alike. */
const DESCENT = 1.2 * UNEXPLAINED;
/** The same in classes of up to this many bytes, which leave no room for other sizes. */
const UNMIXED = 16;
const DESCENT_IN_CLASS = 40 * UNEXPLAINED;
const PLACEMENTS = 3;
/** How many pointers deep owners are passed on between data objects. */
export const ROUNDS = 6;

/** A run of neighbouring objects of one area, with the number of each one's size class and the cost of a descent in front of it. */
interface Run {
  readonly start: number;
  readonly end: number;
  readonly segment: Uint32Array;
  readonly descent: Int32Array;
}

/**
 * Writes the owners of variables and static composites. In each size class they stand in load order, so a choice among referrers must
 * ascend; what fits nowhere, or has no referrer, is of the packages around it, in agreement with the variable that points to it.
 */
export function placeData(input: PlacingInput, owner: Uint32Array): void {
  const placing = new Placing(input, owner);
  placing.byReferrers();
  placing.throughPointers();
  const runs = runsOf(input.objects, input.content);
  for (let round = 0; round < PLACEMENTS; round++) if (!placing.place(runs)) break;
}

/** Runs of objects in one area of which some are no content. */
function runsOf(objects: Objects, content: Uint8Array): Run[] {
  const runs: Run[] = [];
  for (let start = 0; start < objects.count;) {
    const end = areaEnd(objects, start);
    if (!content[start] || !content[end - 1]) {
      const { number, size } = sizeClasses(gaps(objects, start, end));
      runs.push({ start, end, segment: number, descent: descents(size) });
    }
    start = end;
  }
  return runs;
}

function areaEnd({ area, count }: Objects, start: number): number {
  let end = start + 1;
  while (end < count && area[end] === area[start]) end++;
  return end;
}

/** Distances between neighbouring starts; the last object's is its size. */
function gaps(objects: Objects, from: number, to: number): Uint32Array {
  const out = new Uint32Array(to - from);
  for (let i = from; i < to; i++)
    out[i - from] = (i + 1 < to ? objects.start[i + 1] : objects.end[i]) - objects.start[i];
  return out;
}

function descents(size: Uint32Array): Int32Array {
  const out = new Int32Array(size.length);
  for (let i = 0; i < size.length; i++) out[i] = size[i] <= UNMIXED ? DESCENT_IN_CLASS : DESCENT;
  return out;
}

/** The steps of `placeData`. Each long loop is a method of its own: see `sortedOrder`. */
class Placing {
  private readonly input: PlacingInput;
  private readonly owner: Uint32Array;
  /** Incoming pointers of each object, in one array: those of object i are at [from[i], from[i+1]). */
  private readonly from: Uint32Array;
  private readonly holder: Uint32Array;
  /** For each object the nearest chosen ids before and behind it in its segment; 0 for none. */
  private readonly low: Uint32Array;
  private readonly high: Uint32Array;
  private readonly placed: Uint8Array;
  /** Whether an object has got another owner in this round. */
  private moved = false;
  /** The number of this step; of each object the step in which it got its owner, of each run that in which its owners were chosen. */
  private step = 0;
  private readonly owned: Uint32Array;
  private readonly chosen = new Map<Run, number>();
  /** The first object of the run in which owners are chosen. */
  private start = 0;

  constructor(input: PlacingInput, owner: Uint32Array) {
    const n = input.objects.count;
    this.input = input;
    this.owner = owner;
    this.from = new Uint32Array(n + 1);
    this.holder = new Uint32Array(input.pointers.to.length);
    this.low = new Uint32Array(n);
    this.high = new Uint32Array(n);
    this.placed = new Uint8Array(n);
    this.owned = new Uint32Array(n);
    this.countHolders();
    this.listHolders();
  }

  private countHolders(): void {
    const { from } = this;
    const { to } = this.input.pointers;
    for (let k = 0; k < to.length; k++) from[to[k] + 1]++;
    runningSums(from);
  }

  private listHolders(): void {
    const next = this.from.slice();
    const { holder } = this;
    const { from, to } = this.input.pointers;
    for (let k = 0; k < to.length; k++) holder[next[to[k]]++] = from[k];
  }

  byReferrers(): void {
    const { owner } = this;
    const { objects, content, who, textRank } = this.input;
    for (let i = 0; i < owner.length; i++) if (!content[i]) owner[i] = objects.named[i] || who.first(i, textRank);
  }

  throughPointers(): void {
    for (let round = 0; round < ROUNDS; round++) if (!this.passOn()) break;
  }

  private passOn(): boolean {
    const { owner } = this;
    const { content, pointers } = this.input;
    const { from, to } = pointers;
    let changed = false;
    for (let k = 0; k < from.length; k++) {
      if (owner[to[k]] || content[to[k]] || owner[from[k]] === 0) continue;
      owner[to[k]] = owner[from[k]];
      changed = true;
    }
    return changed;
  }

  /** One round; false if it changed no owner, as no further one would. */
  place(runs: readonly Run[]): boolean {
    this.moved = false;
    for (const run of runs) this.choose(run);
    this.settle();
    this.followHolders();
    return this.moved;
  }

  /** Chooses owners in one run among candidates, so that they ascend. Where these are those of the last time, so is the choice. */
  private choose(run: Run): void {
    this.step++;
    const last = this.chosen.get(run);
    if (last !== undefined && !this.hasChanged(run, last)) return;
    this.chosen.set(run, this.step);
    const { start, end, segment, descent } = run;
    this.start = start;
    const chosen = this.input.choice.of(end - start, this.candidates, { segment, descent });
    nearestBefore(chosen, segment, this.low.subarray(start, end));
    nearestBehind(chosen, segment, this.high.subarray(start, end));
    this.take(chosen, start);
  }

  private take(chosen: Uint32Array, start: number): void {
    const { placed } = this;
    for (let k = 0; k < chosen.length; k++) {
      placed[start + k] = chosen[k] > 0 ? 1 : 0;
      if (chosen[k] > 0) this.own(start + k, chosen[k]);
    }
  }

  private own(i: number, pkg: number): void {
    if (this.owner[i] === pkg) return;
    this.owner[i] = pkg;
    this.owned[i] = this.step;
    this.moved = true;
  }

  /** Whether a holder in which candidates of a run were found has another owner since a step. */
  private hasChanged({ start, end }: Run, since: number): boolean {
    const { from, holder, owned } = this;
    const { objects, content } = this.input;
    for (let i = start; i < end; i++) {
      if (objects.named[i] || content[i]) continue;
      const to = Math.min(from[i + 1], from[i] + HOLDERS);
      for (let k = from[i]; k < to; k++) if (owned[holder[k]] >= since) return true;
    }
    return false;
  }

  private readonly candidates = (k: number, call: AddCandidate): void => {
    const i = this.start + k;
    const { objects, content, who, hints, textRank, main } = this.input;
    if (objects.named[i]) {
      call(objects.named[i], BY_NAME);
      return;
    }
    if (content[i]) return;
    const first = who.first(i, textRank);
    if (first) call(first, first === main ? BY_MAIN : 0);
    for (let e = who.firstEntry(i); e >= 0; e = who.nextEntry(e)) {
      const pkg = who.packageOf(e);
      if (pkg !== first) call(pkg, pkg === main ? BY_MAIN : NOT_FIRST);
    }
    for (let e = hints.firstEntry(i); e >= 0; e = hints.nextEntry(e)) call(hints.packageOf(e), BY_HINT);
    this.holders(i, first > 0, call);
  };

  private holders(i: number, isReferred: boolean, call: AddCandidate): void {
    const { from, holder, owner } = this;
    const { textRank } = this.input;
    const to = Math.min(from[i + 1], from[i] + HOLDERS);
    // of holders, as of referrers, those that come later in text order import the others
    let earliest = 0;
    for (let k = from[i]; k < to; k++) {
      const pkg = owner[holder[k]];
      if (pkg && (earliest === 0 || textRank[pkg] < textRank[earliest])) earliest = pkg;
    }
    for (let k = from[i]; k < to; k++) {
      const pkg = owner[holder[k]];
      if (pkg) call(pkg, isReferred ? BY_HINT : pkg === earliest ? BY_HOLDER : BY_LATER_HOLDER);
    }
  }

  /** Gives what fitted nowhere to its neighbours, where these may have it. */
  private settle(): void {
    const { owner, placed, low, high } = this;
    const { objects, content, who, textRank, main } = this.input;
    const fits = this.fitting();
    this.step++;
    for (let i = 0; i < owner.length; i++) {
      if (content[i] || objects.named[i] || placed[i]) continue;
      if (owner[i] === 0) this.own(i, low[i] || high[i]);
      // a referrer that fits nowhere here is an importer: the variable is of a neighbouring package that it depends on
      else if (objects.kind[i] === KIND.data && who.has(i) && low[i] > 0 && high[i] > 0 && fits[owner[i]] > 0) {
        // between two packages it may be of a third, and the referrer of the variable itself
        if (low[i] !== high[i] && owner[i] !== main) continue;
        const importer = textRank[owner[i]];
        if (textRank[low[i]] < importer) this.own(i, low[i]);
        else if (textRank[high[i]] < importer) this.own(i, high[i]);
      }
    }
  }

  /** By package, how many more of its variables fit than do not: most of one whose place in the order is wrong fit nowhere. */
  private fitting(): Int32Array {
    const { owner, placed } = this;
    const { objects, content, packages, main } = this.input;
    const fits = new Int32Array(packages);
    for (let i = 0; i < owner.length; i++)
      if (!content[i] && !objects.named[i] && owner[i]) fits[owner[i]] += placed[i] ? 1 : -1;
    fits[main] = 1;
    return fits;
  }

  /** Composites that only pointers lead to follow their holder, where order has nothing to say against it. */
  private followHolders(): void {
    const { owner, placed, from, holder } = this;
    const { objects, content, who } = this.input;
    this.step++;
    for (let i = 0; i < owner.length; i++) {
      if (content[i] || objects.named[i] || placed[i] || who.has(i) || from[i + 1] - from[i] !== 1) continue;
      const parent = holder[from[i]];
      if (!content[parent] && objects.kind[parent] === KIND.data) this.own(i, owner[parent]);
    }
  }
}

function nearestBefore(choice: Uint32Array, segment: Uint32Array, out: Uint32Array): void {
  let last = 0;
  for (let k = 0; k < choice.length; k++) {
    if (k > 0 && segment[k] !== segment[k - 1]) last = 0;
    if (choice[k] > 0) last = choice[k];
    out[k] = last;
  }
}

function nearestBehind(choice: Uint32Array, segment: Uint32Array, out: Uint32Array): void {
  let last = 0;
  for (let k = choice.length - 1; k >= 0; k--) {
    if (k + 1 < choice.length && segment[k] !== segment[k + 1]) last = 0;
    if (choice[k] > 0) last = choice[k];
    out[k] = last;
  }
}
