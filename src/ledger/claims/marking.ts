// Marks of a module's data: every place where something is known to stand, whoever tells of it.
import { u32 } from "../../binary/bytes.ts";
import { type Executable, regionAt } from "../../binary/executable.ts";
import type { Moduledata } from "../../binary/go/moduledata.ts";
import { functionAt } from "../../binary/go/pclntab.ts";
import type { GoProgram } from "../../binary/go/program.ts";
import type { TypeTable } from "../../binary/go/types.ts";
import { type Claims, KIND } from "../ledger.ts";
import type { Targets } from "./coderefs.ts";
import { BYTE_TABLE_SIZE, type Composites, type PointerWords, stringSize } from "./composites.ts";
import type { Asset } from "./embeds.ts";
import type { Functions } from "./functions.ts";
import type { ImageWords } from "./imagewords.ts";
import { kindsOf, type Layout, type Span, wasmFunction } from "./layout.ts";
import { ACCESS, FIRM, type MarkRows, Marks } from "./objects.ts";
import type { StackMasks } from "./stackmasks.ts";

/** What has been found in a module's data. */
export interface Found {
  readonly exe: Executable;
  readonly go: GoProgram;
  readonly module: Moduledata;
  readonly words: ImageWords;
  readonly functions: Functions;
  readonly types: TypeTable;
  /** For each of `types.packages` its id. */
  readonly typeOwner: Uint32Array;
  readonly itabs: readonly number[];
  readonly layout: Layout;
  readonly assets: readonly Asset[];
  readonly targets: Targets;
  /** The pointers of .data. */
  readonly slots: PointerWords;
  readonly composites: Composites;
  readonly stack: StackMasks;
}

type KindAt = (rva: number) => number;

/** `symbols` is asked late, for they come late: an owner makes a mark win over those at its place that have none, whatever their order. */
export function markData(found: Found, claims: Claims, symbols: () => MarkRows): Marks {
  const { exe, module, types, layout, functions, targets, composites, stack } = found;
  const marks = new Marks(expected(found));
  const kindAt = kindsOf(layout.areas);
  const runtime = claims.packages.id("runtime");
  markTypes(found, claims, marks);
  markItabs(found, claims, marks);
  markInittasks(found, claims, marks);
  markAssets(found, claims, marks);
  marks.add(module.gcdata, 0, KIND.rodata, runtime);
  marks.add(module.gcbss, 0, KIND.rodata, runtime);
  for (const [at, f] of layout.descriptors) marks.add(at, exe.ptrSize, KIND.rodata, functions.owner[f]);
  const markMask = maskMarker(types, exe.ptrSize, kindAt, marks);
  markMasks(types.maskUse, types.maskSize, markMask);
  for (const j of layout.jumpTables) marks.add(j.rva, j.size, KIND.rodata, functions.owner[j.func]);
  markTargets(targets, kindAt, marks);
  markSlots(found, kindAt, marks);
  for (const at of composites.starts) marks.add(at, 0, KIND.rodata, 0, 0, FIRM);
  markPairs(marks, layout.strings, composites.strings, composites.sizes);
  markMasks(stack.rva, stack.size, markMask);
  for (const at of new Set(types.equalUse)) marks.add(at, exe.ptrSize, KIND.rodata);
  markSymbols(symbols(), kindAt, marks);
  for (const at of composites.byteTables) marks.add(at, BYTE_TABLE_SIZE, KIND.rodata, runtime);
  return marks;
}

/** How many marks there will be, about: masks and symbols are few beside the rest. */
function expected({ types, itabs, layout, targets, slots, composites }: Found): number {
  const fromTypes = types.count + types.nameAt.length + itabs.length;
  const fromWords = slots.to.length + composites.starts.length + composites.strings.length;
  const known = fromTypes + fromWords + layout.descriptors.length + layout.jumpTables.length + targets.rva.length;
  return known + (known >> 2) + 16;
}

// Each loop over much is a function of its own: V8 compiles the whole of a function for each loop of it that turns out hot.

/** Types that the compiler writes for package runtime alone (cmd/compile/internal/reflectdata, WriteBasicTypes). */
const BASIC_TYPE =
  /^\*?(?:bool|u?int(?:8|16|32|64|ptr)?|float(?:32|64)|complex(?:64|128)|string|unsafe\.Pointer|error|func\(error\) string)$/;

/** internal/abi/type.go and cmd/compile/internal/types/size.go: maxPtrmaskBytes. */
const MAX_MASK = 2048;

function markTypes({ types, typeOwner }: Found, { packages, symbols }: Claims, marks: Marks): void {
  const typeName = symbols.source((i) => `type:${types.string(i)}`);
  const ownerOf = (i: number): number =>
    typeOwner[types.owner[i]] || (BASIC_TYPE.test(types.string(i)) ? packages.id("runtime") : 0);
  for (let i = 0; i < types.count; i++) marks.add(types.rva[i], types.size[i], KIND.type, ownerOf(i), typeName(i));
  for (let i = 0; i < types.nameAt.length; i++) marks.add(types.nameAt[i], types.nameSize[i], KIND.type);
}

/** itab: {inter, type, hash, fun…} (internal/abi/iface.go): as many functions as the interface has methods. To the concrete type's package. */
function markItabs({ exe, words, types, typeOwner, itabs }: Found, claims: Claims, marks: Marks): void {
  const p = exe.ptrSize;
  const symbol = claims.symbols.add("go:itab");
  for (const at of itabs) {
    const inter = words.pointer(at);
    const type = words.pointer(at + p);
    const methods = Math.max(1, Math.min(words.word(inter + 4 * p + 16 + 2 * p), 4096));
    const t = types.indexOf(type);
    marks.add(at, 3 * p + methods * p, KIND.itab, t >= 0 ? typeOwner[types.owner[t]] : 0, symbol);
  }
}

/** inittask: {state u32, nfns u32, pc[nfns]} (runtime/proc.go): to the package of its functions. */
function markInittasks({ exe, go, module, words, functions }: Found, claims: Claims, marks: Marks): void {
  const p = exe.ptrSize;
  for (let i = 0; i < module.inittasks.length; i++) {
    const at = words.pointer(module.inittasks.rva + i * p);
    const region = at > 0 ? regionAt(exe.regions, at) : undefined;
    if (!region || at + 8 + p > region.rva + region.bytes.length) continue;
    const view = new DataView(region.bytes.buffer, region.bytes.byteOffset, region.bytes.byteLength);
    const n = u32(view, at - region.rva + 4, exe.littleEndian);
    if (n === 0 || n > 4096) continue;
    const f = exe.wasm ? wasmFunction(go, words.word(at + 8)) : functionAt(go.pcln, words.pointer(at + 8));
    marks.add(at, 8 + n * p, KIND.data, f >= 0 ? functions.unit[f] : 0, claims.symbols.add("..inittask"));
  }
}

function markAssets({ exe, words, assets }: Found, claims: Claims, marks: Marks): void {
  const p = exe.ptrSize;
  for (const list of new Set(assets.map((a) => a.list))) {
    const files = assets.find((a) => a.list === list)!.files;
    // the header stands right in front of the list where the compiler made both
    const header = words.pointer(list - 3 * p) === list ? 3 * p : 0;
    marks.add(list - header, header + files * (4 * p + 16), KIND.rodata);
  }
  for (const a of assets) marks.add(a.rva, a.length, KIND.embed, 0, claims.symbols.add(a.name));
}

/** Answers what marks the GC mask at a place, once for each size: thousands of types share one. */
function maskMarker(types: TypeTable, p: number, kindAt: KindAt, marks: Marks): (rva: number, bytes: number) => void {
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

function markMasks(rva: Uint32Array, size: Uint32Array, markMask: (rva: number, bytes: number) => void): void {
  for (let i = 0; i < rva.length; i++) markMask(rva[i], size[i]);
}

function markTargets({ rva, formed }: Targets, kindAt: KindAt, marks: Marks): void {
  for (let k = 0; k < rva.length; k++) marks.add(rva[k], 0, kindAt(rva[k]), 0, 0, formed[k] ? FIRM : ACCESS);
}

function markSlots({ exe, words, layout, slots: { at, to } }: Found, kindAt: KindAt, marks: Marks): void {
  for (let i = 0; i < to.length; i++)
    marks.add(to[i], stringSize(layout.strings, words, at[i] + exe.ptrSize, to[i]), kindAt(to[i]), 0, 0, FIRM);
}

/** Marks strings that words of read-only data seem to be: there are no gaps between strings, so that each ends where another starts. */
function markPairs(marks: Marks, strings: Span, to: Uint32Array, size: Uint32Array): void {
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

function markSymbols(named: MarkRows, kindAt: KindAt, marks: Marks): void {
  for (let i = 0; i < named.count; i++) copyMark(named, i, kindAt, marks);
}

function copyMark(from: MarkRows, i: number, kindAt: KindAt, to: Marks): void {
  const kind = from.kind[i] === KIND.unattributed ? kindAt(from.rva[i]) : from.kind[i];
  to.add(from.rva[i], from.size[i], kind, from.owner[i], from.symbol[i]);
}
