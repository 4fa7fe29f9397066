// Decides who owns each data object, from structures, referrers and the linker's order. See docs/how-it-works.md.
import type { Refs } from "../../binary/go/refs/refs.ts";
import { type TypeTable, U32List } from "../../binary/go/types.ts";
import { EXACT, INFERRED, KIND, ONE_REFERRER, SEVERAL } from "../ledger.ts";
import { sortedOrder } from "../sweep.ts";
import type { Functions } from "./functions.ts";
import type { Objects } from "./objects.ts";
import { monotoneChoice, orderFromRuns } from "./order.ts";

/** A pointer between data objects: the object that holds it and the one it points into. */
export interface Pointers {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
}

export interface OwnerInput {
  readonly objects: Objects;
  readonly refs: Refs;
  readonly types: TypeTable;
  /** Package id of each entry of types.packages. */
  readonly typePackage: Uint32Array;
  readonly functions: Functions;
  readonly pointers: Pointers;
  /** Package id of main; number of package ids. */
  readonly main: number;
  readonly packages: number;
}

export interface Owners {
  readonly owner: Uint32Array;
  readonly evidence: Uint8Array;
}

/** The object that holds an RVA, or −1. */
export function objectAt(objects: Objects, rva: number): number {
  let lo = 0;
  let hi = objects.count - 1;
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1;
    if (objects.start[mid] <= rva) lo = mid;
    else hi = mid - 1;
  }
  return objects.count > 0 && objects.start[lo] <= rva && rva < objects.end[lo] ? lo : -1;
}

/** Distinct referring packages per object, each object's in a linked list; a few per object, so lists beat sets. */
class Candidates {
  private readonly head: Int32Array;
  private readonly pkg = new U32List();
  private readonly next = new U32List();

  constructor(objects: number) {
    this.head = new Int32Array(objects).fill(-1);
  }

  add(object: number, pkg: number): void {
    if (pkg === 0) return;
    const pkgs = this.pkg.array();
    const next = this.next.array();
    let n = 0;
    for (let e = this.head[object]; e >= 0; e = next[e] - 1) {
      if (pkgs[e] === pkg || ++n === MAX_CANDIDATES) return;
    }
    this.pkg.push(pkg);
    this.next.push(this.head[object] + 1);
    this.head[object] = this.pkg.count - 1;
  }

  /** Calls back for each package. */
  each(object: number, call: (pkg: number) => void): void {
    const pkgs = this.pkg.array();
    const next = this.next.array();
    for (let e = this.head[object]; e >= 0; e = next[e] - 1) call(pkgs[e]);
  }

  size(object: number): number {
    const next = this.next.array();
    let n = 0;
    for (let e = this.head[object]; e >= 0; e = next[e] - 1) n++;
    return n;
  }

  has(object: number): boolean {
    return this.head[object] >= 0;
  }

  /** The only package, or 0 if there is none or several. */
  single(object: number): number {
    const e = this.head[object];
    return e >= 0 && this.next.array()[e] === 0 ? this.pkg.array()[e] : 0;
  }

  /** The package with the lowest rank. */
  first(object: number, rank: Uint32Array): number {
    const pkgs = this.pkg.array();
    const next = this.next.array();
    let best = 0;
    for (let e = this.head[object]; e >= 0; e = next[e] - 1)
      if (best === 0 || rank[pkgs[e]] < rank[best]) best = pkgs[e];
    return best;
  }
}

/** What many refer to (the type of error, say) needs no longer list: the first few in address order decide. */
const MAX_CANDIDATES = 24;

export function decideOwners(input: OwnerInput): Owners {
  const { objects, refs, types, typePackage, functions, pointers } = input;
  const n = objects.count;
  const textRank = new Uint32Array(input.packages);
  for (let i = 0; i < input.packages; i++) textRank[i] = functions.rankOf(i);
  const typeObject = new Int32Array(types.count);
  for (let t = 0; t < types.count; t++) typeObject[t] = objectAt(objects, types.rva[t]);

  const who = new Candidates(n);
  fromCode(objects, refs, functions, who);
  throughTypes(input, typeObject, who);

  // variables first, because pointers in them pass their owners on; a few rounds deep
  const owner = new Uint32Array(n);
  const isVariable = (i: number): boolean => objects.kind[i] === KIND.data;
  const passed = new Uint8Array(pointers.from.length);
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < n; i++) owner[i] = objects.named[i] || who.first(i, textRank);
    let changed = false;
    for (let k = 0; k < passed.length; k++) {
      const source = owner[pointers.from[k]];
      if (passed[k] || source === 0) continue;
      passed[k] = 1;
      changed = true;
      who.add(pointers.to[k], source);
    }
    if (!changed) break;
  }

  // whoever uses a type uses its name, mask and equality function
  const flow = (use: Uint32Array, user: Uint32Array): void => {
    for (let i = 0; i < use.length; i++) {
      const to = objectAt(objects, use[i]);
      if (to < 0) continue;
      who.add(to, typePackage[types.owner[user[i]]]);
      if (types.shared[user[i]] && typeObject[user[i]] >= 0) who.each(typeObject[user[i]], (pkg) => who.add(to, pkg));
    }
  };
  flow(types.nameUse, types.nameUser);
  flow(types.maskUse, types.maskUser);
  flow(types.equalUse, types.equalUser);

  const loadRank = loadOrder(input);
  const evidence = new Uint8Array(n).fill(INFERRED);
  for (let i = 0; i < n; i++) {
    if (objects.named[i]) evidence[i] = EXACT;
    else if (who.has(i)) {
      evidence[i] = who.single(i) ? ONE_REFERRER : SEVERAL;
      owner[i] = isVariable(i) ? who.first(i, textRank) : who.first(i, loadRank);
    }
  }
  followOrder(objects, who, loadRank, owner);
  // what nothing refers to stands beside what its package has of the same size
  for (let i = 1; i < n; i++) if (owner[i] === 0) owner[i] = owner[i - 1];
  return { owner, evidence };
}

/** How many pointers deep owners are passed on between data objects. */
const ROUNDS = 6;

/**
 * Adds the functions' packages. A single access in the middle of an object whose start others refer to is the shape that a misread
 * instruction takes: it does not count.
 */
function fromCode(objects: Objects, refs: Refs, functions: Functions, who: Candidates): void {
  const order = sortedOrder(refs.target, refs.count);
  let r = 0;
  for (let o = 0; o < objects.count && r < order.length; o++) {
    while (r < order.length && refs.target[order[r]] < objects.start[o]) r++;
    const from = r;
    while (r < order.length && refs.target[order[r]] < objects.end[o]) r++;
    const variable = objects.kind[o] === KIND.data;
    // content that a shared function brings belongs to the package whose copy of the function was kept
    const packageAt = (k: number): number => (variable ? functions.owner : functions.unit)[refs.func[order[k]]];
    const isDirect = (k: number): boolean => refs.target[order[k]] === objects.start[o] || refs.formed[order[k]] === 1;
    for (let k = from; k < r; k++) if (isDirect(k)) who.add(o, packageAt(k));
    const named = who.has(o);
    for (let k = from; k < r; k++) {
      if (isDirect(k)) continue;
      const pkg = packageAt(k);
      if (named && !twice(k, from, r, packageAt, pkg)) continue;
      who.add(o, pkg);
    }
  }
}

/** Whether a package refers to an object more than once. */
function twice(k: number, from: number, to: number, packageAt: (k: number) => number, pkg: number): boolean {
  // objects with very many references need no search: the neighbours tell
  const low = Math.max(from, k - 64);
  const high = Math.min(to, k + 64);
  for (let i = low; i < high; i++) if (i !== k && packageAt(i) === pkg) return true;
  return false;
}

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
    for (let k = 0; k < from.length; k++) {
      const had = who.size(to[k]);
      who.each(from[k], (pkg) => who.add(to[k], pkg));
      if (who.size(to[k]) !== had) changed = true;
    }
    if (!changed) break;
  }
}

/** The order in which the linker loaded the packages: every class of equal size stands in it. */
function loadOrder(input: OwnerInput): Uint32Array {
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
    if (types.named[t] && !types.string(t).includes("[")) note(0, types.size[t], typePackage[types.owner[t]]);
  }
  for (let i = 0; i < objects.count; i++) {
    const size = objects.end[i] - objects.start[i];
    if (objects.kind[i] === KIND.data && objects.exact[i] && objects.named[i]) note(1, size, objects.named[i]);
  }
  return orderFromRuns(
    [...runs.values()].map((r) => r.array()),
    input.packages,
    input.main,
  );
}

/** Content with several possible owners: the one that keeps its size class in load order. */
function followOrder(objects: Objects, who: Candidates, loadRank: Uint32Array, owner: Uint32Array): void {
  const classes = new Map<number, U32List>();
  for (let i = 0; i < objects.count; i++) {
    if (objects.named[i] || objects.kind[i] === KIND.data || objects.kind[i] === KIND.rodata || !who.has(i)) continue;
    const key = objects.kind[i] * 0x1000000 + (objects.end[i] - objects.start[i]);
    let list = classes.get(key);
    if (!list) classes.set(key, (list = new U32List()));
    list.push(i);
  }
  for (const list of classes.values()) {
    const members = list.array();
    const choice = monotoneChoice(members.length, (k, each) => who.each(members[k], each), loadRank);
    for (let k = 0; k < members.length; k++) if (choice[k] > 0) owner[members[k]] = choice[k];
  }
}
