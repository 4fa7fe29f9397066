// Decides who owns each data object, from structures, referrers and the linker's order. See docs/how-it-works.md.
import type { Refs } from "../../binary/go/refs/refs.ts";
import { type TypeTable, U32List } from "../../binary/go/types.ts";
import { EXACT, INFERRED, KIND, ONE_REFERRER, SEVERAL } from "../ledger.ts";
import { sortedOrder } from "../sweep.ts";
import type { Functions } from "./functions.ts";
import { objectAt, type Objects } from "./objects.ts";
import { MonotoneChoice, orderFromRuns, refineOrder, sizeClasses } from "./order.ts";

/** A pointer between data objects: the object that holds it and the one it points into. */
export interface Pointers {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
}

export interface OwnerInput {
  readonly objects: Objects;
  readonly refs: Refs;
  /** Indices of the references in the order of their targets. */
  readonly byTarget: Uint32Array;
  readonly types: TypeTable;
  /** Package id of each entry of types.packages. */
  readonly typePackage: Uint32Array;
  readonly functions: Functions;
  /** Parallel to refs: the package whose inlined code refers to a variable; 0 where it is the function's own. */
  readonly origins: Uint32Array;
  readonly pointers: Pointers;
  /** Parallel to objects: the package of the generic function that gets the object as its dictionary; 0 for others. */
  readonly dictionaries: Uint32Array;
  /** Masks that describe stack objects, and the package ids of the functions that have these. */
  readonly stackMasks: { readonly rva: Uint32Array; readonly pkg: Uint32Array };
  /** Package id of main; number of package ids. */
  readonly main: number;
  readonly packages: number;
}

export interface Owners {
  readonly owner: Uint32Array;
  readonly evidence: Uint8Array;
}

/** Distinct referring packages per object, each object's in a linked list; a few per object, so lists beat sets. */
class Candidates {
  private readonly head: Int32Array;
  private count = 0;
  private pkg: Uint32Array;
  private next: Int32Array;

  constructor(objects: number) {
    this.head = new Int32Array(objects).fill(-1);
    this.pkg = new Uint32Array(objects + 64);
    this.next = new Int32Array(objects + 64);
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

  /** Adds the packages of another object; answers whether one is new. */
  addAll(object: number, other: number): boolean {
    let changed = false;
    for (let e = this.head[other]; e >= 0; e = this.next[e]) if (this.add(object, this.pkg[e])) changed = true;
    return changed;
  }

  private grow(): void {
    const pkg = new Uint32Array(this.count * 2);
    pkg.set(this.pkg);
    this.pkg = pkg;
    const next = new Int32Array(this.count * 2);
    next.set(this.next);
    this.next = next;
  }

  /** Calls back for each package. */
  each(object: number, call: (pkg: number) => void): void {
    for (let e = this.head[object]; e >= 0; e = this.next[e]) call(this.pkg[e]);
  }

  /** The same without a function: the first entry of an object, and the one behind an entry; −1 behind the last. */
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
}

/** What many refer to (the type of error, say) needs no longer list: the first few in address order decide. */
const MAX_CANDIDATES = 24;

export function decideOwners(input: OwnerInput): Owners {
  const { objects, types, functions, pointers } = input;
  const n = objects.count;
  const textRank = new Uint32Array(input.packages);
  textRank.fill(NO_TEXT);
  functions.textOrder.forEach((pkg, rank) => (textRank[pkg] = rank));
  // all of the code of a package was inlined: it comes before those that import it
  for (const pkg of input.origins) if (textRank[pkg] === NO_TEXT) textRank[pkg] = 0;
  const typeObject = new Int32Array(types.count);
  for (let t = 0; t < types.count; t++) typeObject[t] = objectAt(objects, types.rva[t]);

  const content = contentFlags(input);
  const who = new Candidates(n);
  const hints = new Candidates(n);
  fromCode(input, who, hints);
  throughTypes(input, typeObject, who);

  const loadRank = loadOrder(input, who, pointers);
  const owner = new Uint32Array(n);
  const evidence = new Uint8Array(n).fill(INFERRED);
  placeData(input, content, who, hints, textRank, loadRank, owner);
  for (let k = 0; k < pointers.from.length; k++) {
    const to = pointers.to[k];
    if (content[to] && objects.kind[to] !== KIND.rodata) who.add(to, owner[pointers.from[k]]);
  }

  throughUsers(input, typeObject, textRank, who);
  settle(objects, content, who, loadRank, owner, evidence);
  followOrder(objects, content, who, loadRank, owner);
  followDictionaries(input, who, owner, evidence);
  // what nothing refers to stands beside what its package has of the same size
  for (let i = 1; i < n; i++) if (owner[i] === 0) owner[i] = owner[i - 1];
  return { owner, evidence };
}

/** Whoever uses a type uses its name, mask and equality function; whoever has a stack object uses its mask. */
function throughUsers(input: OwnerInput, typeObject: Int32Array, textRank: Uint32Array, who: Candidates): void {
  const { objects, types, typePackage, stackMasks } = input;
  const importer = importerRanks(input, textRank);
  const own = new Uint32Array(types.count);
  for (let t = 0; t < types.count; t++)
    own[t] = typePackage[types.owner[t]] || (typeObject[t] >= 0 ? objects.named[typeObject[t]] : 0);
  const flowUsers = (to: number, type: number, bound: number): void => {
    for (let e = who.firstEntry(type); e >= 0; e = who.nextEntry(e)) {
      if (textRank[who.packageOf(e)] >= bound) who.add(to, who.packageOf(e));
    }
  };
  const flow = (used: Int32Array, user: Uint32Array, only?: Uint8Array): void => {
    for (let i = 0; i < used.length; i++) {
      const to = used[i];
      if (to < 0 || only?.[to] === 0) continue;
      const t = user[i];
      const isShared = types.shared[t] === 1;
      const bound = isShared && !only ? importer[t] : 0;
      if (textRank[own[t]] >= bound) who.add(to, own[t]);
      if (isShared && typeObject[t] >= 0) flowUsers(to, typeObject[t], bound);
    }
  };
  const objectsAt = (rvas: Uint32Array): Int32Array => {
    const out = new Int32Array(rvas.length);
    for (let i = 0; i < out.length; i++) out[i] = objectAt(objects, rvas[i]);
    return out;
  };
  const [names, masks, equals] = [types.nameUse, types.maskUse, types.equalUse].map(objectsAt);
  flow(names, types.nameUser);
  flow(masks, types.maskUser);
  flow(equals, types.equalUser);
  // where none of the packages could have written the type down, any of them is better than none
  const left = new Uint8Array(objects.count);
  for (let i = 0; i < left.length; i++) left[i] = who.has(i) ? 0 : 1;
  flow(names, types.nameUser, left);
  flow(masks, types.maskUser, left);
  flow(equals, types.equalUser, left);
  for (let i = 0; i < stackMasks.rva.length; i++) {
    const to = objectAt(objects, stackMasks.rva[i]);
    if (to >= 0) who.add(to, stackMasks.pkg[i]);
  }
}

/** The owner of each object as far as order does not change it, and how sure it is. */
function settle(
  objects: Objects,
  content: Uint8Array,
  who: Candidates,
  loadRank: Uint32Array,
  owner: Uint32Array,
  evidence: Uint8Array,
): void {
  for (let i = 0; i < owner.length; i++) {
    if (objects.named[i]) {
      owner[i] = objects.named[i];
      evidence[i] = EXACT;
    } else if (!content[i] && owner[i])
      evidence[i] = who.single(i) === owner[i] ? ONE_REFERRER : who.has(i) ? SEVERAL : INFERRED;
    else if (who.has(i)) {
      evidence[i] = who.single(i) ? ONE_REFERRER : SEVERAL;
      owner[i] = who.first(i, loadRank);
    }
  }
}

/** A dictionary is of the generic function's package, and so are those that it alone leads to. */
function followDictionaries(input: OwnerInput, who: Candidates, owner: Uint32Array, evidence: Uint8Array): void {
  const { objects, pointers } = input;
  const dictionary = input.dictionaries.slice();
  for (let round = 0; round < ROUNDS; round++) {
    let changed = false;
    for (let k = 0; k < pointers.to.length; k++) {
      const to = pointers.to[k];
      const pkg = dictionary[pointers.from[k]];
      if (pkg === 0 || dictionary[to] > 0 || objects.kind[to] !== KIND.rodata || objects.named[to] || who.has(to))
        continue;
      dictionary[to] = pkg;
      changed = true;
    }
    if (!changed) break;
  }
  for (let i = 0; i < objects.count; i++) {
    if (dictionary[i] === 0 || objects.named[i]) continue;
    owner[i] = dictionary[i];
    evidence[i] = input.dictionaries[i] > 0 ? ONE_REFERRER : INFERRED;
  }
}

/**
 * For each unnamed type the text rank of the last package that its components are of: whoever writes the type down imports all of them,
 * and so does not come before.
 */
function importerRanks(input: OwnerInput, textRank: Uint32Array): Uint32Array {
  const { types, typePackage } = input;
  const rank = new Uint32Array(types.count);
  for (let t = 0; t < types.count; t++) {
    const own = types.named[t] ? textRank[typePackage[types.owner[t]]] : 0;
    rank[t] = own === NO_TEXT ? 0 : own;
  }
  const parts = new Int32Array(types.typeUse.length);
  for (let e = 0; e < parts.length; e++)
    parts[e] = types.named[types.typeUser[e]] ? -1 : types.indexOf(types.typeUse[e]);
  for (let round = 0; round < ROUNDS; round++) {
    let changed = false;
    for (let e = 0; e < parts.length; e++) {
      const user = types.typeUser[e];
      const used = parts[e];
      if (used < 0 || rank[used] <= rank[user]) continue;
      rank[user] = rank[used];
      changed = true;
    }
    if (!changed) break;
  }
  return rank;
}

/** Text rank of packages without code of their own. */
const NO_TEXT = 0xffffffff;

/** 1: the linker keeps one of equal content, as of strings and pointer masks; 0: it numbers them package by package. */
function contentFlags(input: OwnerInput): Uint8Array {
  const { objects, types, stackMasks } = input;
  const out = new Uint8Array(objects.count);
  for (let i = 0; i < out.length; i++) if (objects.kind[i] !== KIND.data && objects.kind[i] !== KIND.rodata) out[i] = 1;
  const mask = (rva: number): void => {
    const o = objectAt(objects, rva);
    if (o >= 0 && objects.start[o] === rva && objects.kind[o] === KIND.rodata && objects.exact[o]) out[o] = 1;
  };
  types.maskUse.forEach(mask);
  stackMasks.rva.forEach(mask);
  return out;
}

/** What each further candidate in load order costs more, for content that is kept once. */
const LATER = 0.05;
/** Costs of candidates: the n-th in text order, one that only inlined code or a pointer speaks for. */
const NOT_FIRST = 0.4;
/** main imports everything and nothing imports it: that it refers to a variable says little. */
const BY_MAIN = 0.6;
const BY_HINT = 0.3;
const BY_HOLDER = 0.1;
const BY_LATER_HOLDER = 0.3;
/** Cost of a descent of the load order where sizes seem equal: classes of close sizes look alike. */
const DESCENT = 1.2;
/** The same where distances up to this many bytes leave no room for other sizes. */
const UNMIXED = 16;
const DESCENT_IN_CLASS = 40;
const PLACEMENTS = 3;

/** Incoming pointers of each object, in one array: those of object i are at [from[i], from[i+1]). */
function incoming(pointers: Pointers, n: number): { from: Uint32Array; holder: Uint32Array } {
  const from = new Uint32Array(n + 1);
  for (const to of pointers.to) from[to + 1]++;
  for (let i = 0; i < n; i++) from[i + 1] += from[i];
  const next = from.slice();
  const holder = new Uint32Array(pointers.to.length);
  for (let k = 0; k < pointers.to.length; k++) holder[next[pointers.to[k]]++] = pointers.from[k];
  return { from, holder };
}

/** A run of objects of one area, [start, end), with their size classes and what a descent in front of each costs. */
interface Run {
  readonly start: number;
  readonly end: number;
  readonly segment: Uint32Array;
  readonly descent: Float64Array;
}

/** The areas that hold variables or composites. */
function runsOf(objects: Objects, content: Uint8Array): Run[] {
  const { area, count: n } = objects;
  const runs: Run[] = [];
  const endOf = (i: number): number => {
    let j = i + 1;
    while (j < n && area[j] === area[i]) j++;
    return j;
  };
  for (let i = 0; i < n;) {
    const j = endOf(i);
    if (!content[i] || !content[j - 1]) {
      const gap = gaps(objects, i, j);
      const descent = Float64Array.from(gap, (size) => (size <= UNMIXED ? DESCENT_IN_CLASS : DESCENT));
      runs.push({ start: i, end: j, segment: sizeClasses(gap), descent });
    }
    i = j;
  }
  return runs;
}

/** Passes owners on to what has none, along one pointer; answers whether there was such. */
function passOn({ from, to }: Pointers, content: Uint8Array, owner: Uint32Array): boolean {
  let changed = false;
  for (let k = 0; k < from.length; k++) {
    if (owner[to[k]] || content[to[k]] || owner[from[k]] === 0) continue;
    owner[to[k]] = owner[from[k]];
    changed = true;
  }
  return changed;
}

/**
 * Owners of variables and static composites. In each size class they stand in load order, so a choice among referrers must ascend;
 * what fits nowhere, or has no referrer, is of the packages around it, in agreement with the variable that points to it.
 */
function placeData(
  input: OwnerInput,
  content: Uint8Array,
  who: Candidates,
  hints: Candidates,
  textRank: Uint32Array,
  loadRank: Uint32Array,
  owner: Uint32Array,
): void {
  const { objects, pointers } = input;
  const n = objects.count;
  const { from, holder } = incoming(pointers, n);
  const runs = runsOf(objects, content);
  for (let i = 0; i < n; i++) if (!content[i]) owner[i] = objects.named[i] || who.first(i, textRank);
  for (let round = 0; round < ROUNDS && passOn(pointers, content, owner); round++);
  const each = (i: number, call: (id: number, cost: number) => void): void => {
    if (objects.named[i]) {
      call(objects.named[i], -2);
      return;
    }
    if (content[i]) return;
    const first = who.first(i, textRank);
    if (first) call(first, first === input.main ? BY_MAIN : 0);
    for (let e = who.firstEntry(i); e >= 0; e = who.nextEntry(e)) {
      const pkg = who.packageOf(e);
      if (pkg !== first) call(pkg, pkg === input.main ? BY_MAIN : NOT_FIRST);
    }
    for (let e = hints.firstEntry(i); e >= 0; e = hints.nextEntry(e)) call(hints.packageOf(e), BY_HINT);
    // of holders, as of referrers, those that come later in text order import the others
    let earliest = 0;
    for (let k = from[i]; k < from[i + 1] && k < from[i] + 16; k++) {
      const pkg = owner[holder[k]];
      if (pkg && (earliest === 0 || textRank[pkg] < textRank[earliest])) earliest = pkg;
    }
    for (let k = from[i]; k < from[i + 1] && k < from[i] + 16; k++) {
      const pkg = owner[holder[k]];
      if (pkg) call(pkg, first ? BY_HINT : pkg === earliest ? BY_HOLDER : BY_LATER_HOLDER);
    }
  };
  const low = new Uint32Array(n);
  const high = new Uint32Array(n);
  const placed = new Uint8Array(n);
  const choice = new MonotoneChoice(loadRank);
  const choose = ({ start, end, segment, descent }: Run): void => {
    const chosen = choice.of(end - start, (k, call) => each(start + k, call), { segment, descent });
    bounds(chosen, segment, low.subarray(start, end), high.subarray(start, end));
    for (let k = 0; k < chosen.length; k++) {
      placed[start + k] = chosen[k] > 0 ? 1 : 0;
      if (chosen[k] > 0) owner[start + k] = chosen[k];
    }
  };
  // a package most of whose variables fit nowhere has a wrong place in the order: then the referrers stand
  const fitting = (): Int32Array => {
    const fits = new Int32Array(input.packages);
    for (let i = 0; i < n; i++) if (!content[i] && !objects.named[i] && owner[i]) fits[owner[i]] += placed[i] ? 1 : -1;
    fits[input.main] = 1;
    return fits;
  };
  const placeByNeighbours = (fits: Int32Array): void => {
    for (let i = 0; i < n; i++) {
      if (content[i] || objects.named[i] || placed[i]) continue;
      if (owner[i] === 0) owner[i] = low[i] || high[i];
      // a referrer that fits nowhere here is an importer: the variable is of a neighbouring package that it depends on
      else if (objects.kind[i] === KIND.data && who.has(i) && low[i] > 0 && high[i] > 0 && fits[owner[i]] > 0) {
        // between two packages it may be of a third, and the referrer of the variable itself
        if (low[i] !== high[i] && owner[i] !== input.main) continue;
        const importer = textRank[owner[i]];
        if (textRank[low[i]] < importer) owner[i] = low[i];
        else if (textRank[high[i]] < importer) owner[i] = high[i];
      }
    }
  };
  // composites that only pointers lead to follow their holder, where order has nothing to say against it
  const placeByHolder = (): void => {
    for (let i = 0; i < n; i++) {
      if (content[i] || objects.named[i] || placed[i] || who.has(i) || from[i + 1] - from[i] !== 1) continue;
      const parent = holder[from[i]];
      if (!content[parent] && objects.kind[parent] === KIND.data) owner[i] = owner[parent];
    }
  };
  for (let round = 0; round < PLACEMENTS; round++) {
    for (const run of runs) choose(run);
    placeByNeighbours(fitting());
    placeByHolder();
  }
}

/** For each object the nearest chosen ids before and behind it in its segment; 0 for none. */
function bounds(choice: Uint32Array, segment: Uint32Array, low: Uint32Array, high: Uint32Array): void {
  const n = choice.length;
  let last = 0;
  for (let k = 0; k < n; k++) {
    if (k > 0 && segment[k] !== segment[k - 1]) last = 0;
    if (choice[k] > 0) last = choice[k];
    low[k] = last;
  }
  last = 0;
  for (let k = n - 1; k >= 0; k--) {
    if (k + 1 < n && segment[k] !== segment[k + 1]) last = 0;
    if (choice[k] > 0) last = choice[k];
    high[k] = last;
  }
}

/** Distances between neighbouring starts; the last object's is its size. */
function gaps(objects: Objects, from: number, to: number): Uint32Array {
  const out = new Uint32Array(to - from);
  for (let i = from; i < to; i++)
    out[i - from] = (i + 1 < to ? objects.start[i + 1] : objects.end[i]) - objects.start[i];
  return out;
}

/** How many pointers deep owners are passed on between data objects. */
const ROUNDS = 6;

/**
 * Adds the functions' packages. A single access in the middle of an object that others refer or point to is the shape that a misread
 * instruction takes: it does not count.
 */
function fromCode(input: OwnerInput, who: Candidates, hints: Candidates): void {
  const { objects, refs, functions, origins, pointers, byTarget: order } = input;
  const pointed = new Uint8Array(objects.count);
  const holds = new Uint8Array(objects.count);
  for (let k = 0; k < pointers.to.length; k++) {
    pointed[pointers.to[k]] = 1;
    holds[pointers.from[k]] |= objects.kind[pointers.to[k]] === KIND.type ? HOLDS_TYPE : HOLDS_POINTER;
  }
  const accept = (o: number, ref: number, packageOf: Uint32Array): void => {
    const origin = objects.kind[o] === KIND.data ? origins[ref] : 0;
    // what inlined code loads by name is of the package it was written in, or of one that this imports: not of the function's. An address
    // or an array may be an argument instead, and the caches of type assertions (internal/abi/switch.go) are made anew for each function
    if (origin > 0 && refs.formed[ref] === 0 && holds[o] === HOLDS_POINTER) who.add(o, origin);
    else {
      who.add(o, packageOf[refs.func[ref]]);
      if (origin > 0) hints.add(o, origin);
    }
  };
  const { target, func, formed } = refs;
  // whether the package of a reference refers to the same object again, nearby
  const again = new Uint8Array(order.length);
  const last = new Int32Array(input.packages).fill(-NEARBY);
  const firstAt = (r: number, rva: number): number => {
    while (r < order.length && target[order[r]] < rva) r++;
    return r;
  };
  /** Accepts references to an object's start, or that form an address in it; answers how many others there are. */
  const acceptDirect = (o: number, from: number, to: number, packageOf: Uint32Array): number => {
    let indirect = 0;
    for (let r = from; r < to; r++) {
      const ref = order[r];
      if (target[ref] === objects.start[o] || formed[ref] === 1) accept(o, ref, packageOf);
      else indirect++;
    }
    return indirect;
  };
  const findRepeated = (from: number, to: number, packageOf: Uint32Array): void => {
    for (let k = from; k < to; k++) {
      const pkg = packageOf[func[order[k]]];
      const before = last[pkg];
      last[pkg] = k;
      if (before < from) continue;
      if (k - before <= NEARBY) again[k] = 1;
      if (k - before < NEARBY) again[before] = 1;
    }
  };
  const acceptIndirect = (o: number, from: number, to: number, packageOf: Uint32Array, all: boolean): void => {
    for (let k = from; k < to; k++) {
      const ref = order[k];
      if (target[ref] === objects.start[o] || formed[ref] === 1) continue;
      if (all || again[k] === 1) accept(o, ref, packageOf);
    }
  };
  for (let o = 0, r = 0; o < objects.count && r < order.length; o++) {
    const from = firstAt(r, objects.start[o]);
    r = firstAt(from, objects.end[o]);
    if (r === from) continue;
    // content that a shared function brings belongs to the package whose copy of the function was kept
    const packageOf = objects.kind[o] === KIND.data ? functions.owner : functions.unit;
    if (acceptDirect(o, from, r, packageOf) === 0) continue;
    const isNamed = who.has(o) || pointed[o] === 1;
    // an object without a name of its own takes them all
    if (isNamed) findRepeated(from, r, packageOf);
    acceptIndirect(o, from, r, packageOf, !isNamed);
  }
}

/** Among how many references in front of and behind one it counts as repeated. */
const NEARBY = 64;

/** What an object's pointers lead to, as bits. */
const HOLDS_POINTER = 1;
const HOLDS_TYPE = 2;

/** A type's components come with it: to the type's owner where its name tells one, to whoever uses it where not. */
function throughTypes(input: OwnerInput, typeObject: Int32Array, who: Candidates): void {
  const { objects, types, typePackage } = input;
  const from: number[] = [];
  const to: number[] = [];
  for (let i = 0; i < types.typeUse.length; i++) {
    const used = objectAt(objects, types.typeUse[i]);
    if (used < 0 || objects.named[used]) continue;
    const user = types.typeUser[i];
    const pkg = typePackage[types.owner[user]];
    if (pkg > 0) who.add(used, pkg);
    else if (typeObject[user] >= 0 && typeObject[user] !== used) {
      from.push(typeObject[user]);
      to.push(used);
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    let changed = false;
    for (let k = 0; k < from.length; k++) if (who.addAll(to[k], from[k])) changed = true;
    if (!changed) break;
  }
}

/** The order in which the linker loaded the packages: every class of equal size stands in it. */
function loadOrder(input: OwnerInput, who: Candidates, pointers: Pointers): Uint32Array {
  const pointed = new Uint8Array(input.objects.count);
  for (const to of pointers.to) pointed[to] = 1;
  const { objects, types, typePackage } = input;
  const runs = new Map<number, U32List>();
  const note = (group: number, size: number, pkg: number): void => {
    const key = group * 0x1000000 + size;
    let run = runs.get(key);
    if (!run) runs.set(key, (run = new U32List()));
    run.push(pkg);
  };
  // named types that are no instances, and inittasks: certain
  for (const t of sortedOrder(types.rva, types.count)) {
    if (types.named[t] && !types.shared[t]) note(0, types.size[t], typePackage[types.owner[t]]);
  }
  for (let i = 0; i < objects.count; i++) {
    const size = objects.end[i] - objects.start[i];
    if (objects.kind[i] === KIND.data && objects.exact[i] && objects.named[i]) note(1, size, objects.named[i]);
  }
  const certain = [...runs.values()].map((r) => r.array());
  const first = orderFromRuns(certain, input.packages, input.main);
  // content with one referrer is almost as good, and knows packages without types
  runs.clear();
  for (let i = 0; i < objects.count; i++) {
    const kind = objects.kind[i];
    if (kind !== KIND.string || objects.named[i] || pointed[i]) continue;
    const pkg = who.single(i);
    if (pkg > 0) note(kind, objects.end[i] - objects.start[i], pkg);
  }
  const likely = [...runs.values()].map((r) => r.array());
  return refineOrder(
    first,
    [...certain, ...likely],
    [...certain.map(() => CERTAIN), ...likely.map(() => 1)],
    input.main,
  );
}

/** How much more a pair of named types says about the load order than a pair of strings. */
const CERTAIN = 3;

/** Content with several possible owners: the one that keeps its size class in load order. */
function followOrder(
  objects: Objects,
  content: Uint8Array,
  who: Candidates,
  loadRank: Uint32Array,
  owner: Uint32Array,
): void {
  const classes = new Map<number, U32List>();
  for (let i = 0; i < objects.count; i++) {
    if (objects.named[i] || !content[i] || !who.has(i)) continue;
    const key = objects.kind[i] * 0x1000000 + (objects.end[i] - objects.start[i]);
    let list = classes.get(key);
    if (!list) classes.set(key, (list = new U32List()));
    list.push(i);
  }
  const choice = new MonotoneChoice(loadRank);
  const follow = (members: Uint32Array): void => {
    const chosen = choice.of(members.length, (k, each) => {
      const only = who.single(members[k]);
      if (only > 0) each(only, 0);
      else sortedBy(who, members[k], loadRank).forEach((pkg, c) => each(pkg, Math.min(0.6, LATER * c)));
    });
    for (let k = 0; k < members.length; k++) {
      if (chosen[k] > 0) owner[members[k]] = chosen[k];
      // the linker keeps the copy of the package that it loads first, also where nothing of that package's own is left
      else if (members.length >= CROWD && k > 0 && chosen[k - 1] > 0 && chosen[k - 1] === chosen[k + 1])
        owner[members[k]] = chosen[k - 1];
    }
  };
  for (const list of classes.values()) if (list.count >= 2) follow(list.array());
}

/** Classes of at least this many objects show who stands between whom. */
const CROWD = 64;

function sortedBy(who: Candidates, i: number, rank: Uint32Array): number[] {
  const out: number[] = [];
  who.each(i, (pkg) => out.push(pkg));
  return out.sort((a, b) => rank[a] - rank[b]);
}
