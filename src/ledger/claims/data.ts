// Data of a Go image, object by object, to the packages that define them: structures name their owners, references tell the rest.
// Algorithm: docs/how-it-works.md. All positions are RVAs.
import { type Executable, regionAt } from "../../binary/executable.ts";
import { pointerWords } from "../../binary/go/gcprog.ts";
import type { Moduledata } from "../../binary/go/moduledata.ts";
import type { GoProgram } from "../../binary/go/program.ts";
import { scanRefs } from "../../binary/go/refs/index.ts";
import type { Refs } from "../../binary/go/refs/refs.ts";
import { type TypeTable, TypeWalker, U32List } from "../../binary/go/types.ts";
import { type Claims, EXACT, INFERRED, KIND, ONE_REFERRER, SEVERAL } from "../ledger.ts";
import { sortedOrder } from "../sweep.ts";
import type { Functions } from "./functions.ts";
import { type Area, buildObjects, Marks, type Objects } from "./objects.ts";
import { orderFromRuns } from "./order.ts";

const NONE = 0xffffffff;

export interface DataInput {
  readonly exe: Executable;
  readonly go: GoProgram;
  readonly module: Moduledata;
  readonly functions: Functions;
  readonly claims: Claims;
  /** Symbols of the file that stand in data, as marks with owners (unstripped files). */
  readonly symbols?: Marks;
}

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

  word(rva: number): number {
    const p = this.exe.ptrSize;
    if (rva < this.low || rva + p > this.high) {
      const r = regionAt(this.exe.regions, rva);
      if (!r || rva + p > r.rva + r.bytes.length) return -1;
      this.view = new DataView(r.bytes.buffer, r.bytes.byteOffset, r.bytes.byteLength);
      this.low = r.rva;
      this.high = r.rva + r.bytes.length;
    }
    const o = rva - this.low;
    const le = this.exe.littleEndian;
    if (p === 4) return this.view.getUint32(o, le);
    return this.view.getUint32(o + (le ? 0 : 4), le) + this.view.getUint32(o + (le ? 4 : 0), le) * 0x1_0000_0000;
  }
}

/** The function that starts at an RVA, or −1. */
function functionAt(go: GoProgram, rva: number): number {
  const { entry } = go.pcln;
  let lo = 0;
  let hi = entry.length - 1;
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1;
    if (entry[mid] <= rva) lo = mid;
    else hi = mid - 1;
  }
  return entry[lo] === rva ? lo : -1;
}

function functionHolding(go: GoProgram, rva: number): number {
  const { entry, end } = go.pcln;
  let lo = 0;
  let hi = entry.length - 1;
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1;
    if (entry[mid] <= rva) lo = mid;
    else hi = mid - 1;
  }
  return entry[lo] <= rva && rva < end[lo] ? lo : -1;
}

/** Who refers to an object: the best owner under both orders, and whether there are several. */
class Referrers {
  readonly text: Uint32Array;
  readonly load: Uint32Array;
  readonly several: Uint8Array;

  constructor(count: number) {
    this.text = new Uint32Array(count);
    this.load = new Uint32Array(count);
    this.several = new Uint8Array(count);
  }

  add(object: number, pkg: number, textRank: Uint32Array, loadRank: Uint32Array): void {
    if (pkg === 0) return;
    if (this.text[object] === 0) {
      this.text[object] = pkg;
      this.load[object] = pkg;
      return;
    }
    if (this.text[object] !== pkg || this.load[object] !== pkg) this.several[object] = 1;
    if (textRank[pkg] < textRank[this.text[object]]) this.text[object] = pkg;
    if (loadRank[pkg] < loadRank[this.load[object]]) this.load[object] = pkg;
  }
}

/** Claims everything between the module's data bounds. */
export function claimData(input: DataInput): void {
  const { exe, go, module, functions, claims } = input;
  const p = exe.ptrSize;
  const words = new Words(exe);
  const packages = claims.packages;

  // 1. references from code
  const refs = scan(input);

  // 2. types, names, itabs
  const walker = new TypeWalker(exe, module, go.minor);
  const typelinks = regionAt(exe.regions, module.typelinks.rva);
  if (typelinks) {
    const view = new DataView(typelinks.bytes.buffer, typelinks.bytes.byteOffset, typelinks.bytes.byteLength);
    const from = module.typelinks.rva - typelinks.rva;
    for (let i = 0; i < module.typelinks.length && from + i * 4 + 4 <= typelinks.bytes.length; i++) {
      walker.add(module.types + view.getInt32(from + i * 4, exe.littleEndian));
    }
  }
  const itabs: number[] = [];
  for (let i = 0; i < module.itablinks.length; i++) {
    const at = words.pointer(module.itablinks.rva + i * p);
    if (at <= 0 || words.word(at) < 0) continue;
    itabs.push(at);
    walker.add(words.pointer(at));
    walker.add(words.pointer(at + p));
  }
  walker.walk();

  // 3. pointer slots of .data, exact by the GC program
  const slotAt = new U32List();
  const slotTo = new U32List();
  const program = regionAt(exe.regions, module.gcdata);
  if (program && module.edata > module.data) {
    const limit = Math.floor((module.edata - module.data) / p);
    pointerWords(program.bytes.subarray(module.gcdata - program.rva), limit, (w) => {
      const at = module.data + w * p;
      const to = words.pointer(at);
      if (to <= 0) return;
      slotAt.push(at);
      slotTo.push(to);
    });
  }

  // 4. types that only code or data refers to
  for (let i = 0; i < refs.count; i++) if (refs.formed[i] || exe.arch !== "amd64") addType(walker, refs.target[i], module);
  for (const to of slotTo.array()) addType(walker, to, module);
  walker.walk();
  const types = walker.finish();

  // 5. marks
  const marks = new Marks();
  const typeOwner = new Uint32Array(types.packages.length);
  for (let i = 1; i < types.packages.length; i++) typeOwner[i] = packages.id(types.packages[i]);
  const typeName = claims.symbols.source((i) => `type:${types.string(i)}`);
  let typesEnd = module.types;
  for (let i = 0; i < types.count; i++) {
    marks.add(types.rva[i], types.size[i], KIND.type, typeOwner[types.owner[i]], typeName(i));
    if (types.rva[i] + types.size[i] > typesEnd) typesEnd = types.rva[i] + types.size[i];
  }
  for (const [rva, size] of types.nameSize) {
    marks.add(rva, size, KIND.type);
    if (rva + size > typesEnd) typesEnd = rva + size;
  }
  const itabOwner = claimItabs(input, words, types, typeOwner, itabs, marks);
  markInittasks(input, words, marks);

  // 6. areas; the borders inside read-only data come from what stands there
  const layout = readOnlyLayout(input, words, types, typesEnd);
  for (const [at, f] of layout.descriptors) marks.add(at, p, KIND.rodata, functions.owner[f]);
  for (let i = 0; i < types.maskUse.length; i++) marks.add(types.maskUse[i], types.maskSize[i], KIND.rodata);
  for (const j of layout.jumpTables) marks.add(j.rva, j.size, KIND.rodata, functions.owner[j.func]);
  if (input.symbols) for (let i = 0; i < input.symbols.rva.count; i++) copyMark(input.symbols, i, marks);
  for (let i = 0; i < refs.count; i++) marks.add(refs.target[i], 0, kindOf(layout.areas, refs.target[i]));
  const slots = slotTo.array();
  for (let i = 0; i < slots.length; i++) marks.add(slots[i], 0, kindOf(layout.areas, slots[i]));
  for (let i = 0; i < types.equalUse.length; i++) {
    const owner = typeOwner[types.owner[types.equalUser[i]]];
    void owner;
    marks.add(types.equalUse[i], p, KIND.rodata);
  }

  const formedAt = new Set<number>();
  for (let i = 0; i < refs.count; i++) if (refs.formed[i]) formedAt.add(refs.target[i]);
  for (let i = 0; i < slots.length; i++) formedAt.add(slots[i]);
  const objects = buildObjects(marks, layout.areas, (rva) => formedAt.has(rva));

  decideOwners(input, { refs, types, typeOwner, itabOwner, slotAt: slotAt.array(), slotTo: slots, words, layout, objects });
}

function copyMark(from: Marks, i: number, to: Marks): void {
  to.add(from.rva.array()[i], from.size.array()[i], from.kind.array()[i], from.owner.array()[i], from.symbol.array()[i]);
}

function addType(walker: TypeWalker, rva: number, module: Moduledata): void {
  if (rva > module.types && rva < walker.limit && !walker.has(rva)) walker.add(rva);
}

function kindOf(areas: readonly Area[], rva: number): number {
  for (const a of areas) if (rva >= a.start && rva < a.end) return a.kind;
  return KIND.rodata;
}

function scan(input: DataInput): Refs {
  const { exe, go, module } = input;
  const code = exe.regions.find((r) => r.executable && go.pcln.entry[0] >= r.rva && go.pcln.entry[0] < r.rva + r.bytes.length);
  if (!code) return { count: 0, target: new Uint32Array(0), func: new Uint32Array(0), formed: new Uint8Array(0) };
  let low = NONE;
  let high = 0;
  for (const r of exe.regions) {
    if (r.executable && (exe.wasm || r === code) && exe.format !== "macho") continue;
    low = Math.min(low, r.rva);
    high = Math.max(high, r.rva + r.memSize);
  }
  const textEnd = exe.wasm ? code.rva + code.bytes.length : module.etext;
  const text = exe.wasm ? code.rva : module.text;
  if (exe.wasm) low = 4096;
  return scanRefs(exe.arch, {
    code: code.bytes,
    codeRva: code.rva,
    littleEndian: exe.littleEndian,
    imageBase: exe.imageBase,
    entry: go.pcln.entry,
    end: go.pcln.end,
    low,
    high,
    textLow: text,
    textHigh: textEnd,
  });
}

/** itab: {inter, type, hash, fun…} (internal/abi/iface.go): as many functions as the interface has methods. To the concrete type's package. */
function claimItabs(input: DataInput, words: Words, types: TypeTable, typeOwner: Uint32Array, itabs: readonly number[], marks: Marks): void {
  const p = input.exe.ptrSize;
  for (const at of itabs) {
    const inter = words.pointer(at);
    const type = words.pointer(at + p);
    const methods = Math.max(1, Math.min(words.word(inter + 4 * p + 16 + 2 * p), 4096));
    const t = types.indexOf(type);
    marks.add(at, 2 * p + 8 + methods * p, KIND.itab, t >= 0 ? typeOwner[types.owner[t]] : 0, input.claims.symbols.add("go:itab"));
  }
}

/** inittask: {state u32, nfns u32, pc[nfns]} (runtime/proc.go): to the package of its functions. */
function markInittasks(input: DataInput, words: Words, marks: Marks): void {
  const { exe, go, module, functions } = input;
  const p = exe.ptrSize;
  for (let i = 0; i < module.inittasks.length; i++) {
    const at = words.pointer(module.inittasks.rva + i * p);
    const region = at > 0 ? regionAt(exe.regions, at) : undefined;
    if (!region || at + 8 + p > region.rva + region.bytes.length) continue;
    const view = new DataView(region.bytes.buffer, region.bytes.byteOffset, region.bytes.byteLength);
    const n = view.getUint32(at - region.rva + 4, exe.littleEndian);
    if (n === 0 || n > 4096) continue;
    const f = functionAt(go, words.pointer(at + 8));
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
function readOnlyLayout(input: DataInput, words: Words, types: TypeTable, typesEnd: number): Layout {
  const { exe, go, module } = input;
  const p = exe.ptrSize;
  const region = regionAt(exe.regions, module.types)!;
  const rodata = module.rodata > 0 ? module.rodata : module.types;
  // the run of read-only data: from rodata to the next thing with a known address
  const section = exe.sections.find((s) => s.rva >= 0 && rodata >= s.rva && rodata < s.rva + s.size);
  const bounds = [go.pcln.rva, module.typelinks.rva, module.itablinks.rva, module.noptrdata, module.data, module.text].filter((b) => b > rodata);
  const regionEnd = regionAt(exe.regions, rodata)!;
  let end = Math.min(section ? section.rva + section.size : NONE, regionEnd.rva + regionEnd.bytes.length, ...bounds);
  if (module.etypes > rodata && rodata <= module.types) end = Math.min(end, Math.max(module.etypes, typesEnd));
  const separate = module.types < rodata || module.types >= end;
  const typesTo = separate ? Math.min(Math.max(typesEnd, module.types), region.rva + region.bytes.length) : typesEnd;

  // longest run of words that are function entries
  const descriptors: [number, number][] = [];
  const jumpTables: { rva: number; size: number; func: number }[] = [];
  let best = { from: 0, to: 0 };
  const textLow = exe.wasm ? 0 : module.text;
  const textHigh = exe.wasm ? 0 : module.etext;
  const runs = (from: number, to: number): void => {
    let runFrom = 0;
    let runLength = 0;
    let jump = { from: 0, n: 0, func: -1 };
    const endJump = (): void => {
      if (jump.n >= 4) jumpTables.push({ rva: jump.from, size: jump.n * p, func: jump.func });
      jump = { from: 0, n: 0, func: -1 };
    };
    for (let at = Math.ceil(from / p) * p; at + p <= to; at += p) {
      const v = words.pointer(at);
      const inText = exe.wasm ? isWasmPc(go, words.word(at)) : v >= textLow && v < textHigh;
      if (!inText) {
        if (runLength > best.to - best.from) best = { from: runFrom, to: runFrom + runLength };
        runLength = 0;
        endJump();
        continue;
      }
      const f = exe.wasm ? wasmFunction(go, words.word(at)) : functionAt(go, v);
      if (f >= 0) {
        if (runLength === 0) runFrom = at;
        runLength += p;
        endJump();
      } else {
        if (runLength > best.to - best.from) best = { from: runFrom, to: runFrom + runLength };
        runLength = 0;
        const holder = functionHolding(go, v);
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
    const f = exe.wasm ? wasmFunction(go, words.word(at)) : functionAt(go, words.pointer(at));
    if (f >= 0) descriptors.push([at, f]);
  }
  // strings: after the types, before the descriptors (in PIE and Mach-O the descriptors stand with the types, elsewhere)
  const stringsFrom = separate ? rodata : typesTo;
  const inside = best.to > best.from && best.from >= stringsFrom && best.from < end;
  let firstMask = NONE;
  for (const m of types.maskUse) if (m >= stringsFrom && m < end && m < firstMask) firstMask = m;
  const stringsTo = inside ? best.from : firstMask < NONE ? firstMask : end;

  const areas: Area[] = [];
  const area = (start: number, to: number, kind: number, sorted: boolean): void => {
    if (to > start) areas.push({ start, end: to, kind, sorted });
  };
  area(module.types, typesTo, KIND.type, false);
  if (separate && inside === false) {
    const tail = Math.min(module.etypes > typesTo ? module.etypes : typesTo, region.rva + region.bytes.length);
    area(typesTo, tail, KIND.rodata, true);
  }
  area(stringsFrom, stringsTo, KIND.string, true);
  if (inside) {
    area(best.from, best.to, KIND.rodata, false);
    area(best.to, end, KIND.rodata, true);
  } else area(stringsTo, end, KIND.rodata, true);
  area(module.noptrdata, module.enoptrdata, KIND.data, true);
  area(module.data, module.edata, KIND.data, true);
  areas.sort((a, b) => a.start - b.start);
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

function isWasmPc(go: GoProgram, v: number): boolean {
  return v % 65536 === 0 && v >= 0x1000_0000 && v / 65536 - 0x1000 < go.pcln.nfunc;
}

function wasmFunction(go: GoProgram, v: number): number {
  return isWasmPc(go, v) ? v / 65536 - 0x1000 : -1;
}

interface Evidence {
  readonly refs: Refs;
  readonly types: TypeTable;
  readonly typeOwner: Uint32Array;
  readonly itabOwner: void;
  readonly slotAt: Uint32Array;
  readonly slotTo: Uint32Array;
  readonly words: Words;
  readonly layout: Layout;
  readonly objects: Objects;
}

function decideOwners(input: DataInput, e: Evidence): void {
  const { exe, functions, claims } = input;
  const { objects, refs, types, typeOwner } = e;
  const p = exe.ptrSize;
  const ids = claims.packages.count + 1;
  const textRank = new Uint32Array(ids);
  for (let i = 0; i < ids; i++) textRank[i] = functions.rankOf(i);

  // load order: named types and inittasks, in each class of equal size, stand in it
  const bySize = new Map<number, number[]>();
  const note = (size: number, pkg: number, group: number): void => {
    const key = size * 4 + group;
    const run = bySize.get(key);
    if (run) run.push(pkg);
    else bySize.set(key, [pkg]);
  };
  const typeOrder = sortedOrder(types.rva, types.count);
  for (const t of typeOrder) if (types.named[t] && !types.string(t).includes("[")) note(types.size[t], typeOwner[types.owner[t]], 0);
  for (let i = 0; i < objects.count; i++) {
    if (objects.kind[i] === KIND.data && objects.exact[i] && objects.named[i]) note(objects.end[i] - objects.start[i], objects.named[i], 1);
  }
  const main = claims.packages.find("main") ?? 0;
  const loadRank = orderFromRuns([...bySize.values()].map((r) => Uint32Array.from(r)), ids, main);

  // referrers from code: both lists are walked in address order
  const who = new Referrers(objects.count);
  const order = sortedOrder(refs.target, refs.count);
  let o = 0;
  for (const r of order) {
    const at = refs.target[r];
    while (o < objects.count && objects.end[o] <= at) o++;
    if (o === objects.count) break;
    if (at < objects.start[o]) continue;
    who.add(o, functions.owner[refs.func[r]], textRank, loadRank);
  }
  // types refer to their names, masks and equality functions
  const flow = (use: Uint32Array, user: Uint32Array): void => {
    for (let i = 0; i < use.length; i++) {
      const to = objectAt(objects, use[i]);
      if (to >= 0) who.add(to, typeOwner[types.owner[user[i]]], textRank, loadRank);
    }
  };
  flow(types.nameUse, types.nameUser);
  flow(types.maskUse, types.maskUser);
  flow(types.equalUse, types.equalUser);
  flow(types.typeUse, types.typeUser);

  const owner = new Uint32Array(objects.count);
  const evidence = new Uint8Array(objects.count).fill(INFERRED);
  const decide = (i: number): void => {
    if (objects.named[i]) {
      owner[i] = objects.named[i];
      evidence[i] = EXACT;
    } else if (who.text[i]) {
      // variables belong to their definer, which precedes its importers in the text; content belongs to whom the linker met first
      const content = objects.kind[i] === KIND.string || objects.kind[i] === KIND.type || objects.kind[i] === KIND.rodata;
      owner[i] = who.several[i] ? (content ? who.load[i] : who.text[i]) : who.text[i];
      evidence[i] = who.several[i] ? SEVERAL : ONE_REFERRER;
    }
  };
  for (let i = 0; i < objects.count; i++) decide(i);

  // pointers from data to data pass owners on, a few rounds deep
  const from = new U32List();
  const to = new U32List();
  const edge = (source: number, target: number): void => {
    if (source >= 0 && target >= 0 && source !== target) {
      from.push(source);
      to.push(target);
    }
  };
  let s = 0;
  for (let i = 0; i < e.slotAt.length; i++) {
    while (s < objects.count && objects.end[s] <= e.slotAt[i]) s++;
    if (s < objects.count && e.slotAt[i] >= objects.start[s]) edge(s, objectAt(objects, e.slotTo[i]));
  }
  const { strings } = e.layout;
  for (let i = 0; i < objects.count; i++) {
    if (objects.kind[i] !== KIND.rodata || objects.exact[i]) continue;
    for (let at = Math.ceil(objects.start[i] / p) * p; at + p <= objects.end[i]; at += p) {
      const target = e.words.pointer(at);
      if (target <= 0) continue;
      const t = objectAt(objects, target);
      if (t < 0) continue;
      if (target >= strings.start && target < strings.end) {
        const length = e.words.word(at + p);
        if (!(length > 0 && target + length <= strings.end)) continue;
      } else if (objects.start[t] !== target) continue;
      edge(i, t);
    }
  }
  const done = new Uint8Array(from.count);
  for (let round = 0; round < 6; round++) {
    let changed = false;
    for (let k = 0; k < from.count; k++) {
      const source = from.array()[k];
      if (done[k] || owner[source] === 0) continue;
      done[k] = 1;
      changed = true;
      who.add(to.array()[k], owner[source], textRank, loadRank);
    }
    if (!changed) break;
    for (let i = 0; i < objects.count; i++) decide(i);
  }

  // what nothing refers to stands beside what its package has of the same size
  for (let i = 0; i < objects.count; i++) {
    if (owner[i] === 0) owner[i] = i > 0 ? owner[i - 1] : 0;
  }
  for (let i = 0; i < objects.count; i++) {
    claims.image(objects.start[i], objects.end[i] - objects.start[i], objects.kind[i], owner[i], objects.symbol[i], evidence[i]);
  }
}

function objectAt(objects: Objects, rva: number): number {
  let lo = 0;
  let hi = objects.count - 1;
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1;
    if (objects.start[mid] <= rva) lo = mid;
    else hi = mid - 1;
  }
  return objects.count > 0 && objects.start[lo] <= rva && rva < objects.end[lo] ? lo : -1;
}
