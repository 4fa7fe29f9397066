// Data of a Go image, object by object, to the packages that define them: structures name their owners, references tell the rest.
// Algorithm: docs/how-it-works.md. All positions are RVAs.
import { type Executable, regionAt } from "../../binary/executable.ts";
import { methodElimination } from "../../binary/go/elimination.ts";
import { pointerWords } from "../../binary/go/gcprog.ts";
import type { Moduledata } from "../../binary/go/moduledata.ts";
import type { GoProgram } from "../../binary/go/program.ts";
import type { Refs } from "../../binary/go/refs/refs.ts";
import { TypeWalker, U32List } from "../../binary/go/types.ts";
import { release } from "../../binary/memory.ts";
import type { Beside } from "../beside.ts";
import { type Claims, EXACT, KIND } from "../ledger.ts";
import type { BssRow, Embed } from "../profile.ts";
import { sortedOrder } from "../sweep.ts";
import { codeRefs, targetsOf } from "./coderefs.ts";
import { findComposites, type PointerWords, stringSize } from "./composites.ts";
import { dictionaryOwners } from "./dictionaries.ts";
import { embedRows, findAssets } from "./embeds.ts";
import type { Functions } from "./functions.ts";
import { ImageWords } from "./imagewords.ts";
import { findLayout, type Span } from "./layout.ts";
import { markData } from "./marking.ts";
import { buildObjects, type MarkRows, objectAt, type Objects } from "./objects.ts";
import { adoptOrigins, type Origins, refOrigins } from "./origins.ts";
import { decideOwners } from "./owners.ts";
import type { Pointers } from "./placing.ts";
import { stackMasks } from "./stackmasks.ts";
import type { Places } from "./testimony.ts";

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

/** How far behind the types that the tables reach a type may stand that only code refers to; what follows them are strings. */
const TYPE_TAIL = 16_384;

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
  const { packages } = claims;
  const p = exe.ptrSize;
  const words = new ImageWords(exe);

  // 1. types, names, itabs
  const walker = new TypeWalker(exe, module, go.minor);
  addTypelinks(walker, exe, module);
  const itabs = addItabs(walker, words, module, p);
  walker.walk();

  // 2. pointer slots of .data, exact by the GC program
  const isPointer = pointersOfData(exe, module);
  const slots = slotsOf(words, module.data, isPointer, p);

  // 3. references from code, and the types that only they lead to
  const refs = beside?.("refs") ?? codeRefs(exe, go, module);
  const byTarget = sortedOrder(refs.target, refs.count);
  const targets = targetsOf(refs, byTarget);
  const typeLimit = walker.end() + TYPE_TAIL;
  addReferred(walker, targets.rva, module.types, typeLimit);
  addReferred(walker, slots.to, module.types, typeLimit);
  walker.walk();
  const types = walker.finish();

  // 4. areas; the borders inside read-only data come from what stands there
  const layout = findLayout(data, words, types, walker.end(), countBefore(isPointer));

  // 5. marks: first all that needs no function, for somebody else may still be reading them
  const elimination = methodElimination(
    types,
    itabs.map((at) => types.indexOf(words.pointer(at + p))),
  );
  const assets = findAssets(exe, words, layout.strings, slots.to);
  const composites = findComposites(words, layout, exe);
  const stack = stackMasks(exe, go, module);
  const functions = data.functions();
  const typeOwner = new Uint32Array(types.packages.length);
  for (let i = 1; i < types.packages.length; i++) typeOwner[i] = packages.id(types.packages[i]);
  const found = { exe, go, module, words, functions, types, typeOwner, itabs };
  const marks = markData({ ...found, layout, assets, targets, slots, composites, stack }, claims, data.symbols);

  // 6. objects, and their owners
  const objects = buildObjects(marks, layout.areas, slots.at);
  release(marks.rva, marks.size, marks.owner, marks.symbol, marks.kind, marks.weight);
  const { owner, evidence } = data.places
    ? placed(objects, data.places)
    : decideOwners({
        objects,
        refs,
        byTarget,
        types,
        typePackage: typeOwner,
        functions,
        origins: originsOf(data, refs),
        pointers: pointersBetween(words, p, layout.strings, composites.pointers, objects, slots),
        dictionaries: dictionaryOwners(exe, go, functions, objects, refs, byTarget),
        stackMasks: { rva: stack.rva, pkg: stack.func.map((f) => functions.unit[f]) },
        main: packages.find("main") ?? 0,
        packages: packages.count + 1,
      });
  claimObjects(claims, objects, owner, evidence);
  const result = {
    objects,
    owner,
    embeds: embedRows(assets, objects, owner, refs, functions, packages),
    bss: bssRows(module, claims, objects, owner),
    elimination,
  };
  release(refs.target, refs.func, refs.formed, refs.at, byTarget, slots.at, slots.to);
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
function addItabs(walker: TypeWalker, words: ImageWords, { itablinks }: Moduledata, p: number): number[] {
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

/** For each word of .data whether it holds a pointer; empty if the module does not tell. */
function pointersOfData(exe: Executable, { gcdata, data, edata }: Moduledata): Uint8Array {
  const program = regionAt(exe.regions, gcdata);
  if (!program || edata <= data) return new Uint8Array(0);
  return pointerWords(program.bytes.subarray(gcdata - program.rva), Math.floor((edata - data) / exe.ptrSize));
}

/** The words of a segment that hold pointers. */
function slotsOf(words: ImageWords, start: number, isPointer: Uint8Array, p: number): PointerWords {
  const [at, to] = [new U32List(), new U32List()];
  for (let w = 0; w < isPointer.length; w++) {
    if (isPointer[w] === 0) continue;
    const target = words.pointer(start + w * p);
    if (target <= 0) continue;
    at.push(start + w * p);
    to.push(target);
  }
  return { at: at.array(), to: to.array() };
}

/** For each place among flags, and for their end, how many are set before it; undefined if none is. */
function countBefore(flags: Uint8Array): Uint32Array | undefined {
  const before = new Uint32Array(flags.length + 1);
  let n = 0;
  for (let i = 0; i < flags.length; i++) {
    n += flags[i];
    before[i + 1] = n;
  }
  return n > 0 ? before : undefined;
}

/** Adds the types among places between two others that something leads to. */
function addReferred(walker: TypeWalker, rva: Uint32Array, low: number, limit: number): void {
  for (let i = 0; i < rva.length; i++) if (rva[i] > low && rva[i] < limit) walker.add(rva[i]);
}

function originsOf({ exe, go, module, claims: { packages }, beside }: DataInput, refs: Refs): Origins {
  const part = beside?.("origins");
  return part ? adoptOrigins(part, packages) : refOrigins(exe, go, module, refs, packages);
}

function claimObjects(claims: Claims, objects: Objects, owner: Uint32Array, evidence: Uint8Array): void {
  const { count, start, end, kind, symbol } = objects;
  for (let i = 0; i < count; i++) claims.image(start[i], end[i] - start[i], kind[i], owner[i], symbol[i], evidence[i]);
}

/** Objects come in the order of their addresses: those of other areas are not looked at. */
function bssRows(module: Moduledata, claims: Claims, objects: Objects, owner: Uint32Array): BssRow[] {
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
  words: ImageWords,
  p: number,
  strings: Span,
  composites: PointerWords,
  objects: Objects,
  slots: PointerWords,
): Pointers {
  const from = new U32List();
  const to = new U32List();
  const edge = (source: number, target: number): void => {
    if (source >= 0 && target >= 0 && source !== target) {
      from.push(source);
      to.push(target);
    }
  };
  for (let i = 0; i < slots.at.length; i++) edge(objectAt(objects, slots.at[i]), objectAt(objects, slots.to[i]));
  for (let k = 0, i = 0; k < composites.at.length; k++) {
    const at = composites.at[k];
    i = endsBehind(objects, i, at);
    if (i === objects.count) break;
    if (objects.kind[i] !== KIND.rodata || at < objects.start[i] || at + p > objects.end[i]) continue;
    const target = composites.to[k];
    const t = objectAt(objects, target);
    if (t < 0) continue;
    const isString = target >= strings.start && target < strings.end;
    if (isString ? stringSize(strings, words, at + p, target) > 0 : objects.start[t] === target) edge(i, t);
  }
  return { from: from.array(), to: to.array() };
}

/** The first object from the i-th on that ends behind an RVA; the number of objects if none does. */
function endsBehind({ count, end }: Objects, i: number, rva: number): number {
  while (i < count && end[i] <= rva) i++;
  return i;
}
