// Data of a Go image, object by object, to the packages that define them: structures name their owners, references tell the rest.
// Algorithm: docs/how-it-works.md. All positions are RVAs.
import { joined, u32, word } from "../../binary/bytes.ts";
import { type Executable, regionAt } from "../../binary/executable.ts";
import { release, takeU32, takeU8 } from "../../binary/memory.ts";
import { methodElimination } from "../../binary/go/elimination.ts";
import { findFipsInfo } from "../../binary/go/fipsinfo.ts";
import { pointerWords } from "../../binary/go/gcprog.ts";
import type { Moduledata } from "../../binary/go/moduledata.ts";
import { functionAt, lastBefore } from "../../binary/go/pclntab.ts";
import type { GoProgram } from "../../binary/go/program.ts";
import type { Refs } from "../../binary/go/refs/refs.ts";
import { type TypeTable, TypeWalker, U32List } from "../../binary/go/types.ts";
import { type Claims, EXACT, KIND } from "../ledger.ts";
import type { BssRow, Embed } from "../profile.ts";
import type { Beside } from "../beside.ts";
import { sortedOrder } from "../sweep.ts";
import { codeRefs } from "./coderefs.ts";
import { dictionaryCalls } from "./dictionaries.ts";
import { type Asset, embedFiles, readEmbedList } from "./embeds.ts";
import { type Functions, packageByName } from "./functions.ts";
import { ACCESS, type Area, buildObjects, FIRM, type MarkRows, Marks, objectAt, type Objects } from "./objects.ts";
import { refOrigins } from "./origins.ts";
import { decideOwners } from "./owners.ts";
import type { Pointers } from "./placing.ts";
import type { Places } from "./testimony.ts";

const NONE = 0xffffffff;

export interface DataInput {
  readonly exe: Executable;
  readonly go: GoProgram;
  readonly module: Moduledata;
  /** The functions; asked for once, before any package is named here. */
  readonly functions: () => Functions;
  readonly claims: Claims;
  /** Symbols of the file that stand in data, as marks with owners (unstripped files); asked for once, after the functions. */
  readonly symbols: () => MarkRows;
  /** Somebody who finds out beside this. */
  readonly beside?: Beside | undefined;
  /** Owners as the linker tells them: then none is inferred. */
  readonly places?: Places;
}

type Known = Omit<DataInput, "functions"> & { readonly functions: Functions };

/** How far behind the types that the tables reach a type may stand that only code refers to; what follows them are strings. */
const TYPE_TAIL = 16_384;

/** Types that the compiler writes for package runtime alone (cmd/compile/internal/reflectdata, WriteBasicTypes). */
const BASIC_TYPE =
  /^\*?(?:bool|u?int(?:8|16|32|64|ptr)?|float(?:32|64)|complex(?:64|128)|string|unsafe\.Pointer|error|func\(error\) string)$/;

/** internal/abi/type.go and cmd/compile/internal/types/size.go: maxPtrmaskBytes. */
const MAX_MASK = 2048;

/** Reads words of the image quickly: the region of the last hit is tried first. */
class Words {
  private readonly exe: Executable;
  private view: DataView = new DataView(new ArrayBuffer(0));
  private low = 1;
  private high = 0;

  constructor(exe: Executable) {
    this.exe = exe;
  }

  /** The pointer-sized word at an RVA as an RVA; −1 outside the file's bytes. */
  pointer(rva: number): number {
    const v = this.word(rva);
    return v < 0 ? -1 : v - this.exe.imageBase;
  }

  /** The 64-bit integer at an RVA, whatever the size of pointers. */
  int64(rva: number): number {
    if (this.exe.ptrSize === 8) return this.word(rva);
    const [low, high] = this.exe.littleEndian ? [rva, rva + 4] : [rva + 4, rva];
    return joined(this.word(high), this.word(low));
  }

  word(rva: number): number {
    const p = this.exe.ptrSize;
    if (rva < this.low || rva + p > this.high) {
      const r = regionAt(this.exe.regions, rva);
      if (!r || rva + p > r.rva + r.bytes.length) return -1;
      this.view = new DataView(r.bytes.buffer, r.bytes.byteOffset, r.bytes.byteLength);
      this.low = r.rva;
      this.high = r.rva + r.bytes.length;
    }
    return word(this.view, rva - this.low, p, this.exe.littleEndian);
  }
}

export interface DataResult {
  readonly objects: Objects;
  readonly owner: Uint32Array;
  readonly embeds: Embed[];
  readonly bss: BssRow[];
  /** Of methods, as their tables show it; undefined if they do not. */
  readonly elimination: "on" | "off" | undefined;
}

/** An object belongs to the symbol that it stands in, or behind: then it is padding. */
function placed(objects: Objects, places: Places): { owner: Uint32Array; evidence: Uint8Array } {
  const owner = new Uint32Array(objects.count);
  let k = -1;
  for (let i = 0; i < objects.count; i++) {
    while (k + 1 < places.rva.length && places.rva[k + 1] <= objects.start[i]) k++;
    if (k >= 0) owner[i] = places.owner[k];
  }
  return { owner, evidence: new Uint8Array(objects.count).fill(EXACT) };
}

/** Claims everything between the module's data bounds. */
export function claimData(data: DataInput): DataResult {
  const { exe, go, module, claims, beside } = data;
  const p = exe.ptrSize;
  const words = new Words(exe);
  const packages = claims.packages;

  // 1. types, names, itabs
  const walker = new TypeWalker(exe, module, go.minor);
  addTypelinks(walker, exe, module);
  const itabs = addItabs(walker, words, module, p);
  walker.walk();

  // 2. pointer slots of .data, exact by the GC program
  const slotAt = new U32List();
  const slotTo = new U32List();
  const program = regionAt(exe.regions, module.gcdata);
  let pointersBefore: Uint32Array | undefined;
  if (program && module.edata > module.data) {
    const limit = Math.floor((module.edata - module.data) / p);
    const isPointer = pointerWords(program.bytes.subarray(module.gcdata - program.rva), limit);
    addSlots(words, module.data, isPointer, p, slotAt, slotTo);
    pointersBefore = countBefore(isPointer);
    if (pointersBefore[limit] === 0) pointersBefore = undefined;
  }

  // 3. references from code, and the types that only they lead to
  const refs = beside?.("refs") ?? codeRefs(exe, go, module);
  const byTarget = sortedOrder(refs.target, refs.count);
  const targets = targetsOf(refs, byTarget);
  const slots = slotTo.array();
  const holders = slotAt.array();
  const typeLimit = walker.end() + TYPE_TAIL;
  addReferred(walker, targets.rva, module.types, typeLimit);
  addReferred(walker, slots, module.types, typeLimit);
  walker.walk();
  const types = walker.finish();

  // 4. areas; the borders inside read-only data come from what stands there
  const typesEnd = walker.end();
  const layout = readOnlyLayout(data, words, types, typesEnd, pointersBefore);
  const kindAt = kindsOf(layout.areas);

  // 5. marks: first all that needs no function, for somebody else may still be reading them
  const elimination = methodElimination(
    types,
    itabs.map((at) => types.indexOf(words.pointer(at + p))),
  );
  const assets = findAssets(exe, words, layout, slots);
  const composites = findComposites(words, layout, exe);
  const stack = stackMasks(data);
  const functions = data.functions();
  const input = { ...data, functions };
  const marks = new Marks(types.count + types.nameAt.length + (refs.count >> 1) + slotAt.count + 4096);
  const typeOwner = new Uint32Array(types.packages.length);
  for (let i = 1; i < types.packages.length; i++) typeOwner[i] = packages.id(types.packages[i]);
  markTypes(input, types, typeOwner, marks);
  claimItabs(input, words, types, typeOwner, itabs, marks);
  markInittasks(input, words, marks);
  markAssets(input, words, assets, marks);
  marks.add(module.gcdata, 0, KIND.rodata, packages.id("runtime"));
  marks.add(module.gcbss, 0, KIND.rodata, packages.id("runtime"));
  markCodePointers(layout, functions, p, marks);
  const markMask = maskMarker(types, p, kindAt, marks);
  markMasks(types.maskUse, types.maskSize, markMask);
  markJumpTables(layout, functions, marks);
  markTargets(targets, kindAt, marks);
  markSlots(layout, words, holders, slots, p, kindAt, marks);
  for (const at of composites.starts) marks.add(at, 0, KIND.rodata, 0, 0, FIRM);
  markPairs(marks, layout.strings, composites.strings, composites.sizes);
  markMasks(stack.rva, stack.size, markMask);
  for (const at of new Set(types.equalUse)) marks.add(at, p, KIND.rodata);
  // late, for they come late: the owner makes a mark win over those at the same place that have none, whatever their order
  markSymbols(data.symbols(), kindAt, marks);
  for (const at of composites.byteTables) marks.add(at, BYTES * 8, KIND.rodata, packages.id("runtime"));

  const objects = buildObjects(marks, layout.areas, holders);
  release(marks.rva, marks.size, marks.owner, marks.symbol, marks.kind, marks.weight);

  const { owner, evidence } = input.places
    ? placed(objects, input.places)
    : decideOwners({
        objects,
        refs,
        byTarget,
        types,
        typePackage: typeOwner,
        functions,
        origins: beside?.("origins") ?? refOrigins(exe, go, module, refs, packageByName(go.pcln, packages)),
        pointers: pointersBetween(input, words, layout, composites.pointers, objects, holders, slots),
        dictionaries: dictionariesOf(input, objects, refs, byTarget),
        stackMasks: { rva: stack.rva, pkg: stack.func.map((f) => functions.unit[f]) },
        main: packages.find("main") ?? 0,
        packages: packages.count + 1,
      });
  claimObjects(claims, objects, owner, evidence);
  const result = {
    objects,
    owner,
    embeds: embedRows(input, assets, objects, owner, refs),
    bss: bssRows(input, objects, owner),
    elimination,
  };
  release(refs.target, refs.func, refs.formed, refs.at, byTarget, holders, slots);
  release(types.nameUse, types.nameUser, types.maskUse, types.maskUser, types.maskSize);
  release(types.equalUse, types.equalUser, types.typeUse, types.typeUser, types.typeUsed);
  return result;
}

// The loops of `claimData`, each a function of its own: V8 compiles the whole of a function for each loop of it that turns out hot.

function addTypelinks(walker: TypeWalker, exe: Executable, module: Moduledata): void {
  const typelinks = regionAt(exe.regions, module.typelinks.rva);
  if (!typelinks) return;
  const view = new DataView(typelinks.bytes.buffer, typelinks.bytes.byteOffset, typelinks.bytes.byteLength);
  const from = module.typelinks.rva - typelinks.rva;
  for (let i = 0; i < module.typelinks.length && from + i * 4 + 4 <= typelinks.bytes.length; i++) {
    walker.add(module.types + view.getInt32(from + i * 4, exe.littleEndian));
  }
}

/** Answers the itabs that the module lists. The types that they name are added. */
function addItabs(walker: TypeWalker, words: Words, { itablinks }: Moduledata, p: number): number[] {
  const itabs: number[] = [];
  for (let i = 0; i < itablinks.length; i++) {
    const at = words.pointer(itablinks.rva + i * p);
    if (at <= 0 || words.word(at) < 0) continue;
    itabs.push(at);
    walker.add(words.pointer(at));
    walker.add(words.pointer(at + p));
  }
  return itabs;
}

/** Notes the words of a segment that hold pointers: where they stand, and where they lead. */
function addSlots(
  words: Words,
  start: number,
  isPointer: Uint8Array,
  p: number,
  slotAt: U32List,
  slotTo: U32List,
): void {
  for (let w = 0; w < isPointer.length; w++) {
    if (isPointer[w] === 0) continue;
    const to = words.pointer(start + w * p);
    if (to <= 0) continue;
    slotAt.push(start + w * p);
    slotTo.push(to);
  }
}

/** For each place among flags, and for their end, how many are set before it. */
function countBefore(flags: Uint8Array): Uint32Array {
  const before = new Uint32Array(flags.length + 1);
  let n = 0;
  for (let i = 0; i < flags.length; i++) {
    n += flags[i];
    before[i + 1] = n;
  }
  return before;
}

/** Adds the types among places between two others that something leads to. */
function addReferred(walker: TypeWalker, rva: Uint32Array, low: number, limit: number): void {
  for (let i = 0; i < rva.length; i++) if (rva[i] > low && rva[i] < limit) walker.add(rva[i]);
}

function markMasks(rva: Uint32Array, size: Uint32Array, markMask: (rva: number, bytes: number) => void): void {
  for (let i = 0; i < rva.length; i++) markMask(rva[i], size[i]);
}

function markTypes(input: Known, types: TypeTable, typeOwner: Uint32Array, marks: Marks): void {
  const { packages, symbols } = input.claims;
  const typeName = symbols.source((i) => `type:${types.string(i)}`);
  const ownerOf = (i: number): number =>
    typeOwner[types.owner[i]] || (BASIC_TYPE.test(types.string(i)) ? packages.id("runtime") : 0);
  for (let i = 0; i < types.count; i++) marks.add(types.rva[i], types.size[i], KIND.type, ownerOf(i), typeName(i));
  for (let i = 0; i < types.nameAt.length; i++) marks.add(types.nameAt[i], types.nameSize[i], KIND.type);
}

function markAssets(input: Known, words: Words, assets: readonly Asset[], marks: Marks): void {
  const p = input.exe.ptrSize;
  for (const list of new Set(assets.map((a) => a.list))) {
    const files = assets.find((a) => a.list === list)!.files;
    // the header stands right in front of the list where the compiler made both
    const header = words.pointer(list - 3 * p) === list ? 3 * p : 0;
    marks.add(list - header, header + files * (4 * p + 16), KIND.rodata);
  }
  for (const a of assets) marks.add(a.rva, a.length, KIND.embed, 0, input.claims.symbols.add(a.name));
}

function markCodePointers(layout: Layout, functions: Functions, p: number, marks: Marks): void {
  for (const [at, f] of layout.descriptors) marks.add(at, p, KIND.rodata, functions.owner[f]);
}

function markJumpTables(layout: Layout, functions: Functions, marks: Marks): void {
  for (const j of layout.jumpTables) marks.add(j.rva, j.size, KIND.rodata, functions.owner[j.func]);
}

/** Answers what marks the GC mask at a place, once for each size: thousands of types share one. */
function maskMarker(
  types: TypeTable,
  p: number,
  kindAt: (rva: number) => number,
  marks: Marks,
): (rva: number, bytes: number) => void {
  // masks are whole words in newer versions (cmd/compile/internal/reflectdata, dgcptrmask)
  let whole = 0;
  let odd = 0;
  for (let i = 0; i < types.maskUse.length; i++) {
    if (types.maskSize[i] > MAX_MASK) continue;
    if (types.maskUse[i] % p === 0) whole++;
    else odd++;
  }
  const unit = whole > odd * 9 ? p : 1;
  const known = new Map<number, number>();
  return (rva, bytes) => {
    const size = Math.ceil(bytes / unit) * unit;
    // larger masks are made at run time: what the type points at then is no mask
    if (size > MAX_MASK || size <= (known.get(rva) ?? -1) || kindAt(rva) !== KIND.rodata) return;
    known.set(rva, size);
    marks.add(rva, size, KIND.rodata);
  };
}

function markSymbols(named: MarkRows, kindAt: (rva: number) => number, marks: Marks): void {
  for (let i = 0; i < named.count; i++) copyMark(named, i, kindAt, marks);
}

function markTargets({ rva, formed }: Targets, kindAt: (rva: number) => number, marks: Marks): void {
  for (let k = 0; k < rva.length; k++) marks.add(rva[k], 0, kindAt(rva[k]), 0, 0, formed[k] ? FIRM : ACCESS);
}

function markSlots(
  layout: Layout,
  words: Words,
  holders: Uint32Array,
  slots: Uint32Array,
  p: number,
  kindAt: (rva: number) => number,
  marks: Marks,
): void {
  for (let i = 0; i < slots.length; i++)
    marks.add(slots[i], stringSize(layout, words, holders[i] + p, slots[i]), kindAt(slots[i]), 0, 0, FIRM);
}

function claimObjects(claims: Claims, objects: Objects, owner: Uint32Array, evidence: Uint8Array): void {
  const { count, start, end, kind, symbol } = objects;
  for (let i = 0; i < count; i++) claims.image(start[i], end[i] - start[i], kind[i], owner[i], symbol[i], evidence[i]);
}

/** How many references to an object are asked for the call that tells its owner. */
const ASKED = 8;

/** For each object the package of the generic function whose dictionary it is, or 0. */
function dictionariesOf(
  { exe, go, functions }: Known,
  objects: Objects,
  refs: Refs,
  byTarget: Uint32Array,
): Uint32Array {
  const out = new Uint32Array(objects.count);
  const calleeAt = dictionaryCalls(exe, go.pcln, refs);
  const { target } = refs;
  const firstAt = (r: number, rva: number): number => {
    while (r < byTarget.length && target[byTarget[r]] < rva) r++;
    return r;
  };
  const ownerAt = (r: number, rva: number): number => {
    for (let k = r; k < byTarget.length && k < r + ASKED && target[byTarget[k]] === rva; k++) {
      const callee = calleeAt(byTarget[k]);
      if (callee >= 0) return functions.owner[callee];
    }
    return 0;
  };
  for (let o = 0, r = 0; o < objects.count; o++) {
    if (objects.kind[o] !== KIND.rodata || objects.named[o] || objects.exact[o]) continue;
    r = firstAt(r, objects.start[o]);
    out[o] = ownerAt(r, objects.start[o]);
  }
  return out;
}

/** Contents of embed.FS values that variables point at, found before strings are marked. */
function findAssets(exe: Executable, words: Words, layout: Layout, targets: Uint32Array): Asset[] {
  const out: Asset[] = [];
  const headers = new U32List();
  for (let i = 0; i < targets.length; i++) if (embedFiles(words, targets[i], exe.ptrSize) > 0) headers.push(targets[i]);
  for (const header of new Set(headers.array())) {
    const assets = readEmbedList(exe, header, words, layout.strings);
    if (assets) out.push(...assets);
  }
  return out;
}

function embedRows(input: Known, assets: readonly Asset[], objects: Objects, owner: Uint32Array, refs: Refs): Embed[] {
  const { packages } = input.claims;
  const users = new Map<number, Set<number>>();
  const lists = new Set(assets.map((a) => objectAt(objects, a.list)));
  const held = [...lists].filter((o) => o >= 0);
  const low = Math.min(...held.map((o) => objects.start[o]));
  const high = Math.max(...held.map((o) => objects.end[o]));
  for (let i = 0; i < refs.count; i++) {
    const target = refs.target[i];
    if (target < low || target >= high) continue;
    const o = objectAt(objects, target);
    if (!lists.has(o)) continue;
    let set = users.get(o);
    if (!set) users.set(o, (set = new Set()));
    set.add(input.functions.owner[refs.func[i]]);
  }
  return assets.map((a) => {
    const o = objectAt(objects, a.rva);
    const list = objectAt(objects, a.list);
    const usedBy = new Set(
      [...(users.get(list) ?? []), ...(list >= 0 ? [owner[list]] : [])].map((id) => packages.get(id)),
    );
    return {
      name: a.name,
      bytes: a.length,
      pkg: o >= 0 ? packages.get(owner[o]) : "",
      usedBy: [...usedBy].filter(Boolean).sort(),
    };
  });
}

/** Objects come in the order of their addresses: those of other areas are not looked at. */
function bssRows(input: Known, objects: Objects, owner: Uint32Array): BssRow[] {
  const { module, claims } = input;
  const rows: BssRow[] = [];
  const runs = [
    [module.bss, module.ebss],
    [module.noptrbss, module.enoptrbss],
  ].sort((a, b) => a[0] - b[0]);
  let next = 0;
  for (const [from, end] of runs) {
    const first = objectAt(objects, from);
    if (first < 0) continue;
    let i = Math.max(next, objects.start[first] < from ? first + 1 : first);
    for (; i < objects.count && objects.start[i] < end; i++) {
      rows.push({
        pkg: claims.packages.get(owner[i]),
        symbol: claims.symbols.ofPackages ? claims.symbols.get(objects.symbol[i]) : "",
        bytes: objects.end[i] - objects.start[i],
      });
    }
    next = i;
  }
  return rows;
}

/** Pointers from variables (exact slots) and from read-only composites (words that hit a start or a string). */
function pointersBetween(
  input: Known,
  words: Words,
  layout: Layout,
  composites: PointerWords,
  objects: Objects,
  holders: Uint32Array,
  slots: Uint32Array,
): Pointers {
  const p = input.exe.ptrSize;
  const from = new U32List();
  const to = new U32List();
  const edge = (source: number, target: number): void => {
    if (source >= 0 && target >= 0 && source !== target) {
      from.push(source);
      to.push(target);
    }
  };
  for (let i = 0; i < holders.length; i++) edge(objectAt(objects, holders[i]), objectAt(objects, slots[i]));
  const { strings } = layout;
  for (let k = 0, i = 0; k < composites.at.length; k++) {
    const at = composites.at[k];
    i = endsBehind(objects, i, at);
    if (i === objects.count) break;
    if (objects.kind[i] !== KIND.rodata || at < objects.start[i] || at + p > objects.end[i]) continue;
    const target = composites.to[k];
    const t = objectAt(objects, target);
    if (t < 0) continue;
    const isString = target >= strings.start && target < strings.end;
    if (isString ? stringSize(layout, words, at + p, target) > 0 : objects.start[t] === target) edge(i, t);
  }
  return { from: from.array(), to: to.array() };
}

/** The first object from the i-th on that ends behind an RVA; the number of objects if none does. */
function endsBehind({ count, end }: Objects, i: number, rva: number): number {
  while (i < count && end[i] <= rva) i++;
  return i;
}

/** How many values a byte has. */
const BYTES = 256;

/** runtime.staticuint64s: every byte as a 64-bit integer, in which whoever makes an interface of a small integer points (runtime/iface.go). */
function isByteTable(words: Words, rva: number, end: number): boolean {
  if (rva + BYTES * 8 > end) return false;
  for (let i = 0; i < BYTES; i++) if (words.int64(rva + i * 8) !== i) return false;
  return true;
}

/** What code refers to. */
interface Targets {
  readonly rva: Uint32Array;
  readonly formed: Uint8Array;
}

/** The distinct targets of references, ascending, and whether any reference forms the address. */
function targetsOf(refs: Refs, byTarget: Uint32Array): Targets {
  const rva = takeU32(byTarget.length);
  const formed = takeU8(byTarget.length).fill(0);
  let n = 0;
  for (let k = 0; k < byTarget.length; k++) {
    const ref = byTarget[k];
    const target = refs.target[ref];
    if (n === 0 || rva[n - 1] !== target) rva[n++] = target;
    if (refs.formed[ref] > 0) formed[n - 1] = 1;
  }
  return { rva: rva.subarray(0, n), formed: formed.subarray(0, n) };
}

/** What words of read-only data tell: starts of dictionaries and static composites, strings with their sizes, tables of all bytes. */
interface Composites {
  readonly starts: Uint32Array;
  readonly strings: Uint32Array;
  readonly sizes: Uint32Array;
  readonly byteTables: readonly number[];
  readonly pointers: PointerWords;
}

/** The words of read-only data that lead into any area, ascending: where they stand, and where they lead. */
interface PointerWords {
  readonly at: Uint32Array;
  readonly to: Uint32Array;
}

function findComposites(words: Words, layout: Layout, exe: Executable): Composites {
  const p = exe.ptrSize;
  const [starts, strings, sizes] = [new U32List(), new U32List(), new U32List()];
  const [from, to, ones] = [new U32List(), new U32List(), new U32List()];
  const byteTables: number[] = [];
  const low = layout.areas[0]?.start ?? 0;
  const high = layout.areas.at(-1)?.end ?? 0;
  // the second entry of a table is 1
  const entry = p === 4 && !exe.littleEndian ? 12 : 8;
  for (const area of layout.areas) {
    if (area.kind !== KIND.rodata) continue;
    const [first, firstOne] = [from.count, ones.count];
    lookInto(exe, area, low, high, from, to, ones);
    for (let k = first; k < from.count; k++) {
      const size = stringSize(layout, words, from.at(k) + p, to.at(k));
      if (size > 0) {
        strings.push(to.at(k));
        sizes.push(size);
      } else if (to.at(k) >= area.start && to.at(k) < area.end && to.at(k) % p === 0) starts.push(to.at(k));
    }
    for (let k = firstOne; k < ones.count; k++) {
      const at = ones.at(k) - entry;
      if (at >= area.start && isByteTable(words, at, area.end)) byteTables.push(at);
    }
  }
  const pointers = { at: from.array(), to: to.array() };
  return { starts: starts.array(), strings: strings.array(), sizes: sizes.array(), byteTables, pointers };
}

/** Notes the words of an area that lead to [low, high), and those that are 1. Most of read-only data is looked at here, and only here. */
function lookInto(
  { regions, ptrSize, littleEndian, imageBase }: Executable,
  { start, end }: Area,
  low: number,
  high: number,
  from: U32List,
  to: U32List,
  ones: U32List,
): void {
  const region = regionAt(regions, start);
  if (!region) return;
  const { bytes, rva } = region;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stop = Math.min(end, rva + bytes.length) - ptrSize;
  for (let at = Math.ceil(start / ptrSize) * ptrSize; at <= stop; at += ptrSize) {
    const value = word(view, at - rva, ptrSize, littleEndian);
    const target = value - imageBase;
    if (target >= low && target < high) {
      from.push(at);
      to.push(target);
    } else if (value === 1) ones.push(at);
  }
}

/** Marks strings that words of read-only data seem to be: there are no gaps between strings, so that each ends where another starts. */
function markPairs(marks: Marks, strings: Layout["strings"], to: Uint32Array, size: Uint32Array): void {
  const starts = new Uint8Array(strings.end - strings.start + 1);
  const note = (rva: number): void => {
    if (rva >= strings.start && rva < strings.end) starts[rva - strings.start] = 1;
  };
  for (let i = 0; i < marks.count; i++) note(marks.rva[i]);
  to.forEach(note);
  for (let i = 0; i < to.length; i++) {
    const end = to[i] + size[i];
    // what follows the last string is aligned
    if (starts[end - strings.start] === 1 || end + 8 > strings.end) marks.add(to[i], size[i], KIND.string);
  }
}

/** Length of the string whose pointer is `to` and whose length stands at `lengthAt`; 0 if that is no string. */
function stringSize(layout: Layout, words: Words, lengthAt: number, to: number): number {
  const { start, end } = layout.strings;
  if (to < start || to >= end) return 0;
  const length = words.word(lengthAt);
  return length > 0 && to + length <= end ? length : 0;
}

/** Masks, their sizes, and the functions whose stack objects have them. */
interface StackMasks {
  readonly rva: Uint32Array;
  readonly size: Uint32Array;
  readonly func: Uint32Array;
}

/** GC masks that only stack objects use: funcdata 2 is {n uintptr, n × {off, size, ptrBytes i32, mask u32 from rodata}} (runtime/stack.go). */
function stackMasks({ exe, go, module }: Pick<DataInput, "exe" | "go" | "module">): StackMasks {
  const t = go.pcln;
  const [rva, size, func] = [new U32List(), new U32List(), new U32List()];
  const region = regionAt(exe.regions, module.gofunc);
  const isKnown = t.funcdataRef === 4 && module.gofunc !== 0 && module.rodata !== 0;
  if (!isKnown || !region) return { rva: rva.array(), size: size.array(), func: func.array() };
  const view = new DataView(region.bytes.buffer, region.bytes.byteOffset, region.bytes.byteLength);
  const table = new DataView(t.bytes.buffer, t.bytes.byteOffset, t.bytes.byteLength);
  for (let f = 0; f < t.nfunc; f++) {
    if (t.nfuncdata[f] <= 2) continue;
    const off = u32(table, t.funcdataAt(f) + 8, exe.littleEndian);
    if (off === NONE) continue;
    const at = module.gofunc + off - region.rva;
    if (at + exe.ptrSize > region.bytes.length) continue;
    const n = u32(view, at + (exe.ptrSize === 8 && !exe.littleEndian ? 4 : 0), exe.littleEndian);
    for (let k = 0; k < n && k < 4096; k++) {
      const record = at + exe.ptrSize + k * 16;
      if (record + 16 > region.bytes.length) break;
      const pointerBytes = view.getInt32(record + 8, exe.littleEndian);
      if (pointerBytes <= 0) continue;
      rva.push(module.rodata + u32(view, record + 12, exe.littleEndian));
      size.push(Math.ceil(pointerBytes / exe.ptrSize / 8));
      func.push(f);
    }
  }
  return { rva: rva.array(), size: size.array(), func: func.array() };
}

function copyMark(from: MarkRows, i: number, kindAt: (rva: number) => number, to: Marks): void {
  const kind = from.kind[i] === KIND.unattributed ? kindAt(from.rva[i]) : from.kind[i];
  to.add(from.rva[i], from.size[i], kind, from.owner[i], from.symbol[i]);
}

/** Answers what stands at an RVA; it is asked for neighbours one after the other, so the area of the last answer is tried first. */
function kindsOf(areas: readonly Area[]): (rva: number) => number {
  let [low, high, kind]: number[] = [1, 0, 0];
  return (rva) => {
    if (rva >= low && rva < high) return kind;
    for (const area of areas) {
      if (rva < area.start || rva >= area.end) continue;
      low = area.start;
      high = area.end;
      return (kind = area.kind);
    }
    return KIND.rodata;
  };
}

/** itab: {inter, type, hash, fun…} (internal/abi/iface.go): as many functions as the interface has methods. To the concrete type's package. */
function claimItabs(
  input: Known,
  words: Words,
  types: TypeTable,
  typeOwner: Uint32Array,
  itabs: readonly number[],
  marks: Marks,
): void {
  const p = input.exe.ptrSize;
  for (const at of itabs) {
    const inter = words.pointer(at);
    const type = words.pointer(at + p);
    const methods = Math.max(1, Math.min(words.word(inter + 4 * p + 16 + 2 * p), 4096));
    const t = types.indexOf(type);
    marks.add(
      at,
      3 * p + methods * p,
      KIND.itab,
      t >= 0 ? typeOwner[types.owner[t]] : 0,
      input.claims.symbols.add("go:itab"),
    );
  }
}

/** inittask: {state u32, nfns u32, pc[nfns]} (runtime/proc.go): to the package of its functions. */
function markInittasks(input: Known, words: Words, marks: Marks): void {
  const { exe, go, module, functions } = input;
  const p = exe.ptrSize;
  for (let i = 0; i < module.inittasks.length; i++) {
    const at = words.pointer(module.inittasks.rva + i * p);
    const region = at > 0 ? regionAt(exe.regions, at) : undefined;
    if (!region || at + 8 + p > region.rva + region.bytes.length) continue;
    const view = new DataView(region.bytes.buffer, region.bytes.byteOffset, region.bytes.byteLength);
    const n = u32(view, at - region.rva + 4, exe.littleEndian);
    if (n === 0 || n > 4096) continue;
    const f = exe.wasm ? wasmFunction(go, words.word(at + 8)) : functionAt(go.pcln, words.pointer(at + 8));
    marks.add(at, 8 + n * p, KIND.data, f >= 0 ? functions.unit[f] : 0, input.claims.symbols.add("..inittask"));
  }
}

interface Layout {
  readonly areas: Area[];
  readonly strings: { start: number; end: number };
  readonly descriptors: [number, number][];
  readonly jumpTables: { rva: number; size: number; func: number }[];
}

/** Finds the borders of type data, strings, function descriptors and the rest inside read-only data. */
function readOnlyLayout(
  input: Pick<DataInput, "exe" | "go" | "module">,
  words: Words,
  types: TypeTable,
  typesEnd: number,
  pointersBefore: Uint32Array | undefined,
): Layout {
  const { exe, go, module } = input;
  const p = exe.ptrSize;
  const region = regionAt(exe.regions, module.types)!;
  const rodata = module.rodata > 0 ? module.rodata : module.types;
  // the run of read-only data: from rodata to the next thing with a known address
  const section = exe.sections.find((s) => s.rva >= 0 && rodata >= s.rva && rodata < s.rva + s.size);
  const bounds = [
    go.pcln.rva,
    module.typelinks.rva,
    module.itablinks.rva,
    module.noptrdata,
    module.data,
    module.text,
  ].filter((b) => b > rodata);
  const regionEnd = regionAt(exe.regions, rodata)!;
  let end = Math.min(section ? section.rva + section.size : NONE, regionEnd.rva + regionEnd.bytes.length, ...bounds);
  if (module.etypes > rodata && rodata <= module.types) end = Math.min(end, Math.max(module.etypes, typesEnd));
  const separate = module.types < rodata || module.types >= end;
  const typesTo = separate ? Math.min(Math.max(typesEnd, module.types), region.rva + region.bytes.length) : typesEnd;

  // longest run of words that are function entries
  const descriptors: [number, number][] = [];
  const jumpTables: { rva: number; size: number; func: number }[] = [];
  let best = { from: 0, to: 0 };
  const { text: textLow, etext: textHigh } = module;
  const { entry, end: endOf } = go.pcln;
  let near = 0;
  const runs = (from: number, to: number): void => {
    let runFrom = 0;
    let runLength = 0;
    let jump = { from: 0, n: 0, func: -1 };
    const endJump = (): void => {
      if (jump.n === 0) return;
      if (jump.n >= 4) jumpTables.push({ rva: jump.from, size: jump.n * p, func: jump.func });
      jump = { from: 0, n: 0, func: -1 };
    };
    for (let at = Math.ceil(from / p) * p; at + p <= to; at += p) {
      const next = exe.wasm ? nextWasmPc(go, words, at, to) : nextBetween(words, at, to, p, textLow, textHigh);
      if (next > at) {
        if (runLength > best.to - best.from) best = { from: runFrom, to: runFrom + runLength };
        runLength = 0;
        endJump();
        at = next;
        if (at + p > to) break;
      }
      const v = words.pointer(at);
      if (exe.wasm) near = wasmFunction(go, words.word(at));
      // neighbouring words mostly lead to the same function or to the next one
      else if (near + 1 < entry.length && entry[near + 1] === v) near++;
      else if (!(v >= entry[near] && v < endOf[near])) near = lastBefore(go.pcln, v);
      if (exe.wasm ? near >= 0 : entry[near] === v) {
        if (runLength === 0) runFrom = at;
        runLength += p;
        endJump();
      } else {
        if (runLength > best.to - best.from) best = { from: runFrom, to: runFrom + runLength };
        runLength = 0;
        const holder = near >= 0 && v >= entry[near] && v < endOf[near] ? near : -1;
        if (holder >= 0 && holder === jump.func) jump.n++;
        else {
          endJump();
          jump = { from: at, n: 1, func: holder };
        }
      }
    }
    if (runLength > best.to - best.from) best = { from: runFrom, to: runFrom + runLength };
    endJump();
  };
  runs(separate ? rodata : typesTo, end);
  if (separate) runs(module.types, typesTo);
  for (let at = best.from; at < best.to; at += p) {
    const f = exe.wasm ? wasmFunction(go, words.word(at)) : functionAt(go.pcln, words.pointer(at));
    if (f >= 0) descriptors.push([at, f]);
  }
  // strings: after the types, before the descriptors (in PIE and Mach-O the descriptors stand with the types, elsewhere)
  const stringsFrom = separate ? rodata : typesTo;
  const inside = best.to > best.from && best.from >= stringsFrom && best.from < end;
  let firstMask = NONE;
  for (const m of types.maskUse) if (m >= stringsFrom && m < end && m < firstMask) firstMask = m;
  const stringsTo = inside ? best.from : firstMask < NONE ? firstMask : end;

  const areas: Area[] = [];
  // arm aligns to 8 at most (cmd/link/internal/arm/l.go)
  const area = (start: number, to: number, kind: number, sorted: boolean): void => {
    const aligned = kind === KIND.data && exe.arch !== "arm";
    if (to > start) areas.push({ start, end: to, kind, sorted, aligned });
  };
  area(module.types, typesTo, KIND.type, false);
  if (separate && inside === false) {
    const tail = Math.min(module.etypes > typesTo ? module.etypes : typesTo, region.rva + region.bytes.length);
    area(typesTo, tail, KIND.rodata, true);
  }
  area(stringsFrom, stringsTo, KIND.string, false);
  if (inside) {
    area(best.from, best.to, KIND.rodata, false);
    area(best.to, end, KIND.rodata, true);
  } else area(stringsTo, end, KIND.rodata, true);
  area(module.noptrdata, module.enoptrdata, KIND.data, true);
  area(module.data, module.edata, KIND.data, true);
  if (pointersBefore && module.edata > module.data) {
    areas[areas.length - 1] = {
      ...areas[areas.length - 1],
      pointers: { from: module.data, word: p, before: pointersBefore },
    };
  }
  // zero-filled variables take no bytes of the file, but their owners answer for the memory
  area(module.bss, module.ebss, KIND.data, true);
  area(module.noptrbss, module.enoptrbss, KIND.data, true);
  areas.sort((a, b) => a.start - b.start);
  // each FIPS run starts its order of sizes anew
  for (const cut of findFipsInfo(exe)?.bounds ?? []) {
    const i = areas.findIndex((a) => cut > a.start && cut < a.end);
    if (i >= 0) areas.splice(i, 1, { ...areas[i], end: cut }, { ...areas[i], start: cut });
  }
  // overlaps would break the one pass over the marks
  const disjoint: Area[] = [];
  let last = 0;
  for (const a of areas) {
    const start = Math.max(a.start, last);
    if (start < a.end) disjoint.push({ ...a, start });
    last = Math.max(last, a.end);
  }
  return { areas: disjoint, strings: { start: stringsFrom, end: stringsTo }, descriptors, jumpTables };
}

/** Where the next word from `at` on stands that leads to [low, high); behind the last one before `to` if none does. */
function nextBetween(words: Words, at: number, to: number, p: number, low: number, high: number): number {
  for (; at + p <= to; at += p) {
    const target = words.pointer(at);
    if (target >= low && target < high) break;
  }
  return at;
}

/** The same of words that are places in wasm's code. */
function nextWasmPc(go: GoProgram, words: Words, at: number, to: number): number {
  while (at + 8 <= to && !isWasmPc(go, words.word(at))) at += 8;
  return at;
}

function isWasmPc(go: GoProgram, v: number): boolean {
  return v % 65536 === 0 && v >= 0x1000_0000 && v / 65536 - 0x1000 < go.pcln.nfunc;
}

function wasmFunction(go: GoProgram, v: number): number {
  return isWasmPc(go, v) ? v / 65536 - 0x1000 : -1;
}
