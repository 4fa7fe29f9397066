// Decides who owns each data object, from structures, referrers and the linker's order. See docs/how-it-works.md.
import type { Refs } from "../../binary/go/refs/refs.ts";
import { type TypeTable, U32List } from "../../binary/go/types.ts";
import { EXACT, INFERRED, KIND, ONE_REFERRER, SEVERAL } from "../ledger.ts";
import { sortedOrder } from "../sweep.ts";
import type { Functions } from "./functions.ts";
import { Candidates } from "./candidates.ts";
import { objectAt, type Objects } from "./objects.ts";
import { type AddCandidate, MonotoneChoice, UNEXPLAINED } from "./choice.ts";
import { orderFromRuns, refineOrder } from "./order.ts";
import type { Origins } from "./origins.ts";
import { placeData, type Pointers, ROUNDS } from "./placing.ts";

export interface OwnerInput {
  readonly objects: Objects;
  readonly refs: Refs;
  /** Indices of the references in the order of their targets. */
  readonly byTarget: Uint32Array;
  readonly types: TypeTable;
  /** Package id of each entry of types.packages. */
  readonly typePackage: Uint32Array;
  readonly functions: Functions;
  readonly origins: Origins;
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

export function decideOwners(input: OwnerInput): Owners {
  const { objects, types, pointers } = input;
  const n = objects.count;
  const textRank = textRanks(input);
  const typeObject = objectsAt(objects, types.rva);
  const content = contentFlags(input);
  const who = new Candidates(n);
  const hints = new Candidates(n);
  fromCode(input, who, hints);
  throughTypes(input, typeObject, textRank, who);

  const loadRank = loadOrder(input, who);
  const choice = new MonotoneChoice(loadRank);
  const owner = new Uint32Array(n);
  const { main, packages } = input;
  placeData({ objects, pointers, content, who, hints, textRank, choice, main, packages }, owner);
  fromHolders(input, content, owner, who);
  fromTypes(input, typeObject, textRank, who);
  const { stackMasks } = input;
  for (let i = 0; i < stackMasks.rva.length; i++) {
    const to = objectAt(objects, stackMasks.rva[i]);
    if (to >= 0) who.add(to, stackMasks.pkg[i]);
  }

  const evidence = weigh(objects, content, who, loadRank, owner);
  followOrder(objects, content, who, loadRank, choice, owner);
  followDictionaries(input, who, owner, evidence);
  who.release();
  hints.release();
  // what nothing refers to stands beside what its package has of the same size
  for (let i = 1; i < n; i++) if (owner[i] === 0) owner[i] = owner[i - 1];
  return { owner, evidence };
}

/** By package id, the order of the text; NO_TEXT for packages without code. */
function textRanks({ functions, origins, packages }: OwnerInput): Uint32Array {
  const rank = new Uint32Array(packages).fill(NO_TEXT);
  functions.textOrder.forEach((pkg, k) => (rank[pkg] = k));
  // all of the code of a package was inlined: it comes before those that import it
  const { inlined } = origins;
  for (let i = 0; i < inlined.length; i++) if (rank[inlined[i]] === NO_TEXT) rank[inlined[i]] = 0;
  return rank;
}

/** The objects that hold RVAs; −1 for none. */
function objectsAt(objects: Objects, rvas: Uint32Array): Int32Array {
  const out = new Int32Array(rvas.length);
  // many types in a row have the same mask
  for (let i = 0; i < out.length; i++)
    out[i] = i > 0 && rvas[i] === rvas[i - 1] ? out[i - 1] : objectAt(objects, rvas[i]);
  return out;
}

/** Content that an object points to may be of whoever owns the object. */
function fromHolders(
  { objects, pointers }: OwnerInput,
  content: Uint8Array,
  owner: Uint32Array,
  who: Candidates,
): void {
  const { from, to } = pointers;
  for (let k = 0; k < from.length; k++)
    if (content[to[k]] && objects.kind[to[k]] !== KIND.rodata) who.add(to[k], owner[from[k]]);
}

/** Whoever uses a type uses its name, mask and equality function. */
function fromTypes(input: OwnerInput, typeObject: Int32Array, textRank: Uint32Array, who: Candidates): void {
  const { objects, types } = input;
  const use: TypeUse = {
    input,
    typeObject,
    textRank,
    importer: importerRanks(input, textRank),
    own: ownersOfTypes(input, typeObject),
  };
  const parts = [
    { used: objectsAt(objects, types.nameUse), user: types.nameUser },
    { used: objectsAt(objects, types.maskUse), user: types.maskUser },
    { used: objectsAt(objects, types.equalUse), user: types.equalUser },
  ];
  for (const { used, user } of parts) flow(use, used, user, who);
  // where none of the packages could have written the type down, any of them is better than none
  const left = withoutCandidates(who, objects.count);
  for (const { used, user } of parts) flow(use, used, user, who, left);
}

/** What tells who uses the types: the object, the owner and the first possible user (as a text rank) of each. */
interface TypeUse {
  readonly input: OwnerInput;
  readonly typeObject: Int32Array;
  readonly textRank: Uint32Array;
  readonly importer: Uint32Array;
  readonly own: Uint32Array;
}

function ownersOfTypes({ objects, types, typePackage }: OwnerInput, typeObject: Int32Array): Uint32Array {
  const own = new Uint32Array(types.count);
  for (let t = 0; t < types.count; t++)
    own[t] = typePackage[types.owner[t]] || (typeObject[t] >= 0 ? objects.named[typeObject[t]] : 0);
  return own;
}

/** 1 for objects without candidates. */
function withoutCandidates(who: Candidates, count: number): Uint8Array {
  const out = new Uint8Array(count);
  for (let i = 0; i < count; i++) out[i] = who.has(i) ? 0 : 1;
  return out;
}

/** Adds the packages of types to what they use: those that can have written the type down, or, of some objects `only`, all of them. */
function flow(
  { input, typeObject, textRank, importer, own }: TypeUse,
  used: Int32Array,
  user: Uint32Array,
  who: Candidates,
  only?: Uint8Array,
): void {
  const { shared } = input.types;
  for (let i = 0; i < used.length; i++) {
    const to = used[i];
    if (to < 0 || only?.[to] === 0) continue;
    const t = user[i];
    const isShared = shared[t] === 1;
    const bound = isShared && !only ? importer[t] : 0;
    if (textRank[own[t]] >= bound) who.add(to, own[t]);
    if (isShared && typeObject[t] >= 0) who.addAll(to, typeObject[t], textRank, bound);
  }
}

/** Writes the owners of what needs no order, and answers how sure they all are. */
function weigh(
  objects: Objects,
  content: Uint8Array,
  who: Candidates,
  loadRank: Uint32Array,
  owner: Uint32Array,
): Uint8Array {
  const evidence = new Uint8Array(objects.count).fill(INFERRED);
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
  return evidence;
}

/** A dictionary is of the generic function's package, and so are those that it alone leads to. */
function followDictionaries(input: OwnerInput, who: Candidates, owner: Uint32Array, evidence: Uint8Array): void {
  const { objects } = input;
  const dictionary = input.dictionaries.slice();
  for (let round = 0; round < ROUNDS; round++) if (!passDictionaries(input, who, dictionary)) break;
  for (let i = 0; i < dictionary.length; i++) {
    if (dictionary[i] === 0 || objects.named[i]) continue;
    owner[i] = dictionary[i];
    evidence[i] = input.dictionaries[i] > 0 ? ONE_REFERRER : INFERRED;
  }
}

function passDictionaries({ objects, pointers }: OwnerInput, who: Candidates, dictionary: Uint32Array): boolean {
  const { from, to } = pointers;
  let changed = false;
  for (let k = 0; k < to.length; k++) {
    const pkg = dictionary[from[k]];
    if (pkg === 0 || dictionary[to[k]] > 0) continue;
    if (objects.kind[to[k]] !== KIND.rodata || objects.named[to[k]] || who.has(to[k])) continue;
    dictionary[to[k]] = pkg;
    changed = true;
  }
  return changed;
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
  const parts = partsOfTypes(types);
  for (let round = 0; round < ROUNDS; round++) if (!raise(rank, parts, types.typeUser)) break;
  return rank;
}

/** For each use of a type by one without a name, the number of the used type; −1 for others. */
function partsOfTypes(types: TypeTable): Int32Array {
  const parts = new Int32Array(types.typeUse.length);
  for (let e = 0; e < parts.length; e++) parts[e] = types.named[types.typeUser[e]] ? -1 : types.typeUsed[e];
  return parts;
}

function raise(rank: Uint32Array, parts: Int32Array, users: Uint32Array): boolean {
  let changed = false;
  for (let e = 0; e < parts.length; e++) {
    const used = parts[e];
    if (used < 0 || rank[used] <= rank[users[e]]) continue;
    rank[users[e]] = rank[used];
    changed = true;
  }
  return changed;
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

/**
 * Adds the functions' packages. A single access in the middle of an object that others refer or point to is the shape that a misread
 * instruction takes: it does not count.
 */
function fromCode(input: OwnerInput, who: Candidates, hints: Candidates): void {
  const { objects, byTarget } = input;
  const referring = new Referring(input, who, hints);
  for (let o = 0, r = 0; o < objects.count && r < byTarget.length; o++) r = referring.to(o, r);
}

/** The steps of `fromCode`. An object at a time is a call of its own: see `sortedOrder`. */
class Referring {
  private readonly input: OwnerInput;
  private readonly who: Candidates;
  private readonly hints: Candidates;
  /** By package: whether it has code of its own. */
  private readonly hasText: Uint8Array;
  /** By object: whether one points to it, and what its own pointers lead to. */
  private readonly pointed: Uint8Array;
  private readonly holds: Uint8Array;
  /** Whether the package of a reference refers to the same object again, nearby; by package, its last reference. */
  private readonly again: Uint8Array;
  private readonly last: Int32Array;

  constructor(input: OwnerInput, who: Candidates, hints: Candidates) {
    const { objects, byTarget } = input;
    this.input = input;
    this.who = who;
    this.hints = hints;
    this.hasText = new Uint8Array(input.packages);
    for (const pkg of input.functions.textOrder) this.hasText[pkg] = 1;
    this.pointed = new Uint8Array(objects.count);
    this.holds = new Uint8Array(objects.count);
    this.again = new Uint8Array(byTarget.length);
    this.last = new Int32Array(input.packages).fill(-NEARBY);
    this.followPointers();
  }

  private followPointers(): void {
    const { pointed, holds } = this;
    const { kind } = this.input.objects;
    const { from, to } = this.input.pointers;
    for (let k = 0; k < to.length; k++) {
      pointed[to[k]] = 1;
      holds[from[k]] |= kind[to[k]] === KIND.type ? HOLDS_TYPE : HOLDS_POINTER;
    }
  }

  /** Takes the references to an object, the first of which is at `r` or behind it; answers where those behind it begin. */
  to(o: number, r: number): number {
    const { objects, functions } = this.input;
    const from = this.firstAt(r, objects.start[o]);
    const end = this.firstAt(from, objects.end[o]);
    const kind = objects.kind[o];
    // whose a variable with a name is, nobody asks its users; whoever uses a type has what comes with it
    if (end === from || (objects.named[o] > 0 && kind !== KIND.type)) return end;
    // content that a shared function brings belongs to the package whose copy of the function was kept
    const packageOf = kind === KIND.data ? functions.owner : functions.unit;
    if (this.acceptDirect(o, from, end, packageOf) > 0) this.acceptOthers(o, from, end, packageOf);
    return end;
  }

  private firstAt(r: number, rva: number): number {
    const { byTarget, refs } = this.input;
    const { target } = refs;
    while (r < byTarget.length && target[byTarget[r]] < rva) r++;
    return r;
  }

  /** Accepts references to an object's start, or that form an address in it; answers how many others there are. */
  private acceptDirect(o: number, from: number, to: number, packageOf: Uint32Array): number {
    const { byTarget, refs, objects } = this.input;
    const { target, formed } = refs;
    const start = objects.start[o];
    let indirect = 0;
    for (let r = from; r < to; r++) {
      const ref = byTarget[r];
      if (target[ref] === start || formed[ref] === 1) this.accept(o, ref, packageOf);
      else indirect++;
    }
    return indirect;
  }

  private accept(o: number, ref: number, packageOf: Uint32Array): void {
    const { objects, origins, refs } = this.input;
    const origin = objects.kind[o] === KIND.data ? origins.inlined[ref] : 0;
    // what inlined code loads by name is of the package it was written in, or of one that this imports: not of the function's. An address
    // or an array may be an argument instead, and the caches of type assertions (internal/abi/switch.go) are made anew for each function.
    // A package of which all code was inlined has no other way to its variables
    const isLoaded = refs.formed[ref] === 0 || this.hasText[origin] === 0;
    if (origin > 0 && isLoaded && this.holds[o] === HOLDS_POINTER) this.who.add(o, origin);
    else {
      this.who.add(o, packageOf[refs.func[ref]]);
      if (objects.kind[o] === KIND.data) this.hints.add(o, origin || origins.next[ref]);
    }
  }

  /** Accepts those that neither lead to the start nor form an address: an object without a name of its own takes them all. */
  private acceptOthers(o: number, from: number, to: number, packageOf: Uint32Array): void {
    const { byTarget, refs, objects } = this.input;
    const { target, formed } = refs;
    const all = !this.who.has(o) && this.pointed[o] === 0;
    if (!all) this.findRepeated(from, to, packageOf);
    for (let k = from; k < to; k++) {
      const ref = byTarget[k];
      if (target[ref] === objects.start[o] || formed[ref] === 1) continue;
      if (all || this.again[k] === 1) this.accept(o, ref, packageOf);
    }
  }

  private findRepeated(from: number, to: number, packageOf: Uint32Array): void {
    const { again, last } = this;
    const { byTarget, refs } = this.input;
    for (let k = from; k < to; k++) {
      const pkg = packageOf[refs.func[byTarget[k]]];
      const before = last[pkg];
      last[pkg] = k;
      if (before < from) continue;
      if (k - before <= NEARBY) again[k] = 1;
      if (k - before < NEARBY) again[before] = 1;
    }
  }
}

/** Among how many references in front of and behind one it counts as repeated. */
const NEARBY = 64;

/** What an object's pointers lead to, as bits. */
const HOLDS_POINTER = 1;
const HOLDS_TYPE = 2;

/** A type's components come with it: to the type's owner where its name tells one, to whoever uses it where not. */
function throughTypes(input: OwnerInput, typeObject: Int32Array, textRank: Uint32Array, who: Candidates): void {
  const { objects, types, typePackage } = input;
  const from = new U32List();
  const to = new U32List();
  for (let i = 0; i < types.typeUse.length; i++) {
    const used = typeObject[types.typeUsed[i]];
    if (used < 0 || objects.named[used]) continue;
    const user = types.typeUser[i];
    const pkg = typePackage[types.owner[user]];
    if (pkg > 0) who.add(used, pkg);
    else if (typeObject[user] >= 0 && typeObject[user] !== used) {
      from.push(typeObject[user]);
      to.push(used);
    }
  }
  for (let round = 0; round < ROUNDS; round++) if (!passUsers(from.array(), to.array(), textRank, who)) break;
}

function passUsers(from: Uint32Array, to: Uint32Array, textRank: Uint32Array, who: Candidates): boolean {
  let changed = false;
  for (let k = 0; k < from.length; k++) if (who.addAll(to[k], from[k], textRank, 0)) changed = true;
  return changed;
}

/** Packages of objects in address order, for each size one run. */
class Runs {
  private readonly lists: U32List[] = [];
  private readonly places = new Map<number, number>();

  note(group: number, size: number, pkg: number): void {
    const key = group * 0x1000000 + size;
    let place = this.places.get(key);
    if (place === undefined) {
      this.places.set(key, (place = this.lists.length));
      // most are short
      this.lists.push(new U32List(16));
    }
    this.lists[place].push(pkg);
  }

  all(): Uint32Array[] {
    return this.lists.map((list) => list.array());
  }
}

/** The order in which the linker loaded the packages: every class of equal size stands in it. */
function loadOrder(input: OwnerInput, who: Candidates): Uint32Array {
  const certain = certainRuns(input).all();
  const first = orderFromRuns(certain, input.packages, input.main);
  const likely = likelyRuns(input, who).all();
  return refineOrder(
    first,
    [...certain, ...likely],
    [...certain.map(() => CERTAIN), ...likely.map(() => 1)],
    input.main,
  );
}

/** Named types that are no instances, and inittasks. */
function certainRuns({ objects, types, typePackage }: OwnerInput): Runs {
  const runs = new Runs();
  const order = sortedOrder(types.rva, types.count);
  for (let i = 0; i < order.length; i++) {
    const t = order[i];
    if (types.named[t] && !types.shared[t]) runs.note(0, types.size[t], typePackage[types.owner[t]]);
  }
  for (let i = 0; i < objects.count; i++) {
    if (objects.kind[i] === KIND.data && objects.exact[i] && objects.named[i])
      runs.note(1, objects.end[i] - objects.start[i], objects.named[i]);
  }
  return runs;
}

/** Content with one referrer is almost as good, and knows packages without types. */
function likelyRuns({ objects, pointers }: OwnerInput, who: Candidates): Runs {
  const runs = new Runs();
  const pointed = new Uint8Array(objects.count);
  for (let k = 0; k < pointers.to.length; k++) pointed[pointers.to[k]] = 1;
  for (let i = 0; i < objects.count; i++) {
    if (objects.kind[i] !== KIND.string || objects.named[i] || pointed[i]) continue;
    const pkg = who.single(i);
    if (pkg > 0) runs.note(KIND.string, objects.end[i] - objects.start[i], pkg);
  }
  return runs;
}

/** How much more a pair of named types says about the load order than a pair of strings. */
const CERTAIN = 3;

/** Content with several possible owners: the one that keeps its size class in load order. */
function followOrder(
  objects: Objects,
  content: Uint8Array,
  who: Candidates,
  loadRank: Uint32Array,
  choice: MonotoneChoice,
  owner: Uint32Array,
): void {
  const classes = new Runs();
  for (let i = 0; i < objects.count; i++) {
    if (!objects.named[i] && content[i] && who.has(i))
      classes.note(objects.kind[i], objects.end[i] - objects.start[i], i);
  }
  let members: Uint32Array = new Uint32Array(0);
  const candidates = (k: number, each: AddCandidate): void => {
    const only = who.single(members[k]);
    if (only > 0) each(only, 0);
    else who.byRank(members[k], loadRank, (pkg, c) => each(pkg, Math.min(MOST_LATER, LATER * c)));
  };
  for (members of classes.all())
    if (members.length > 1) takeChosen(members, choice.of(members.length, candidates), owner);
}

function takeChosen(members: Uint32Array, chosen: Uint32Array, owner: Uint32Array): void {
  for (let k = 0; k < chosen.length; k++) {
    if (chosen[k] > 0) owner[members[k]] = chosen[k];
    // the linker keeps the copy of the package that it loads first, also where nothing of that package's own is left
    else if (members.length >= CROWD && k > 0 && chosen[k - 1] > 0 && chosen[k - 1] === chosen[k + 1])
      owner[members[k]] = chosen[k - 1];
  }
}

/** What each further candidate in load order costs more, for content that is kept once, and how much at most. */
const LATER = 0.05 * UNEXPLAINED;
const MOST_LATER = 0.6 * UNEXPLAINED;

/** Classes of at least this many objects show who stands between whom. */
const CROWD = 64;
