// The function table, split to the functions that its parts describe. Sizes are distances between the distinct offsets in use,
// because the linker packs each sub-table without gaps (cmd/link/internal/ld/pcln.go).
import { u32, word } from "../../binary/bytes.ts";
import type { Executable } from "../../binary/executable.ts";
import type { GoProgram } from "../../binary/go/program.ts";
import type { Pclntab } from "../../binary/go/pclntab.ts";
import { release } from "../../binary/memory.ts";
import { U32List } from "../../binary/go/types.ts";
import { EXACT, type Claims, KIND } from "../ledger.ts";
import { sortedOrder } from "../sweep.ts";
import { type Functions, NameScanner } from "./functions.ts";

/** Functions' parts in one sub-table: claims [offset, next offset) for the first function that uses it. Consumes the lists. */
function claimPacked(
  claims: Claims,
  rva: number,
  end: number,
  offsets: Uint32Array,
  users: Uint32Array,
  kind: number,
  own: (f: number) => number,
  symbol: (f: number) => number,
): void {
  const order = sortedOrder(offsets, offsets.length);
  const { length } = order;
  // the part that goes on up to the next offset
  let from = length > 0 ? offsets[order[0]] : end;
  let f = length > 0 ? users[order[0]] : 0;
  for (let i = 1; i <= length; i++) {
    const next = i < length ? offsets[order[i]] : end;
    if (next === from && i < length) continue;
    if (next > end) break;
    claims.image(rva + from, next - from, kind, own(f), symbol(f), EXACT);
    from = next;
    if (i < length) f = users[order[i]];
  }
  release(order, offsets, users);
}

/** Claims the header and the names: these tell packages that have no function of their own. */
export function claimNames(claims: Claims, t: Pclntab, functions: Functions): void {
  claims.image(t.rva, t.headerSize, KIND.pclntab, 0, claims.symbols.add("pclntab header"), EXACT);
  if (t.version === "1.2") return;
  // the last function of a name is its owner; names that no function has (of inlined calls) tell their package
  const order = sortedOrder(t.nameOff, t.nfunc);
  const names = t.bytes.subarray(0, t.cutab);
  const scan = new NameScanner(names, claims.packages);
  let k = 0;
  for (let at = t.funcnametab; at < t.cutab;) {
    while (k < t.nfunc && t.nameOff[order[k]] < at - t.funcnametab) k++;
    let f = -1;
    for (; k < t.nfunc && t.nameOff[order[k]] === at - t.funcnametab; k++) f = order[k];
    let owner: number;
    let nul = at;
    if (f >= 0 && names[at] !== 0) {
      while (nul < t.cutab && names[nul] !== 0) nul++;
      owner = functions.owner[f];
    } else {
      owner = scan.read(at);
      nul = scan.end;
    }
    const end = Math.min(nul + 1, t.cutab);
    claims.image(t.rva + at, end - at, KIND.pclntab, owner, 0, EXACT);
    at = end;
  }
}

/**
 * Claims all of the table beside its names that the functions explain. What remains of it (a tail, alignment) is left to later
 * claimants. `limit` is where the table ends at the latest, as an RVA.
 */
export function claimPclntab(
  claims: Claims,
  exe: Executable,
  go: GoProgram,
  functions: Functions,
  symbolOf: (f: number) => number,
  limit: number,
): void {
  const t = go.pcln;
  const own = (f: number): number => functions.owner[f];
  if (t.version === "1.2") claimOldTable(claims, t, own, symbolOf, limit);
  else {
    claimFiles(claims, t, functions);
    claimPcValues(claims, t, own, symbolOf);
    claimFuncs(claims, exe, go, own, symbolOf, limit);
  }
}

/** cutab: one run of u32 per compilation unit. filetab: NUL-terminated paths, each to the first unit in text order that uses it. */
function claimFiles(claims: Claims, t: Pclntab, functions: Functions): void {
  const units = new Map<number, number>();
  for (let i = 0; i < t.nfunc; i++) if (!units.has(t.cuOffset[i])) units.set(t.cuOffset[i], functions.unit[i]);
  const starts = [...units.keys()].sort((a, b) => a - b);
  const view = new DataView(t.bytes.buffer, t.bytes.byteOffset, t.bytes.byteLength);
  const fileOwner = new Map<number, number>();
  for (let k = 0; k < starts.length; k++) {
    const from = t.cutab + starts[k] * 4;
    const to = Math.min(k + 1 < starts.length ? t.cutab + starts[k + 1] * 4 : t.filetab, t.filetab);
    const pkg = units.get(starts[k])!;
    claims.image(t.rva + from, to - from, KIND.pclntab, pkg, 0, EXACT);
    for (let at = from; at + 4 <= to; at += 4) {
      const off = u32(view, at, t.littleEndian);
      if (off !== 0xffffffff && !fileOwner.has(off)) fileOwner.set(off, pkg);
    }
  }
  for (let at = t.filetab; at < t.pctab;) {
    let end = at;
    while (end < t.pctab && t.bytes[end] !== 0) end++;
    end = Math.min(end + 1, t.pctab);
    const owner = fileOwner.get(at - t.filetab) ?? 0;
    if (owner > 0) claims.image(t.rva + at, end - at, KIND.pclntab, owner, 0, EXACT);
    else claims.image(t.rva + at, end - at, KIND.pclntab, 0, claims.symbols.add("pclntab file names"), EXACT);
    at = end;
  }
}

function sum(numbers: Uint8Array | Uint32Array): number {
  let out = 0;
  for (let i = 0; i < numbers.length; i++) out += numbers[i];
  return out;
}

function claimPcValues(claims: Claims, t: Pclntab, own: (f: number) => number, symbolOf: (f: number) => number): void {
  const count = 3 * t.nfunc + sum(t.npcdata);
  const offsets = new U32List(count);
  const users = new U32List(count);
  const view = new DataView(t.bytes.buffer, t.bytes.byteOffset, t.bytes.byteLength);
  const add = (offset: number, f: number): void => {
    if (offset === 0) return;
    offsets.push(offset);
    users.push(f);
  };
  for (let f = 0; f < t.nfunc; f++) {
    add(t.pcsp[f], f);
    add(t.pcfile[f], f);
    add(t.pcln[f], f);
    const at = t.pcdataAt(f);
    for (let k = 0; k < t.npcdata[f]; k++) add(u32(view, at + k * 4, t.littleEndian), f);
  }
  const size = t.functab - t.pctab;
  claims.image(t.rva + t.pctab, 1, KIND.pclntab, 0, claims.symbols.add("pclntab header"), EXACT);
  claimPacked(claims, t.rva + t.pctab, size, offsets.array(), users.array(), KIND.pclntab, own, symbolOf);
}

function claimFuncs(
  claims: Claims,
  exe: Executable,
  go: GoProgram,
  own: (f: number) => number,
  symbolOf: (f: number) => number,
  limit: number,
): void {
  const { pcln: t, module } = go;
  const entryTable = t.rva + t.functab;
  for (let f = 0; f < t.nfunc; f++)
    claims.image(entryTable + f * t.functabEntry, t.functabEntry, KIND.pclntab, own(f), symbolOf(f), EXACT);
  // one table after the other: claims that ascend are swept fast
  for (let f = 0; f < t.nfunc; f++) {
    const size = t.funcdataAt(f) + t.nfuncdata[f] * t.funcdataRef - t.func[f];
    const padded = Math.ceil(size / t.ptrSize) * t.ptrSize;
    claims.image(t.rva + t.func[f], padded, KIND.pclntab, own(f), symbolOf(f), EXACT);
  }
  // sentinel entry, and its alignment
  const sentinel = entryTable + t.nfunc * t.functabEntry;
  claims.image(
    sentinel,
    Math.max(0, t.rva + t.func[0] - sentinel),
    KIND.pclntab,
    0,
    claims.symbols.add("pclntab header"),
    EXACT,
  );

  // funcdata: offsets from gofunc (1.18+) or pointers; it stands in rodata up to 1.25, behind the func structs since 1.26
  const relative = t.funcdataRef === 4;
  const base = relative ? (module?.gofunc ?? 0) : 0;
  if (relative && base === 0) return;
  const { offsets, users, highest } = funcdataOf(t, exe.imageBase);
  if (offsets.length === 0) return;
  // in 1.26 the table ends at findfunctab; before, nothing marks the end of the last record
  const inTable = relative && module !== undefined && module.epclntab > 0;
  const end = inTable ? Math.max(highest, Math.min(module.findfunctab, limit) - base) : highest + 1;
  claimPacked(claims, base, end, offsets, users, KIND.funcdata, own, symbolOf);
  if (module && module.findfunctab > 0) claimFindTable(claims, exe, go, own, symbolOf);
}

/** Where the functions' data stands, with one entry for each use, and the highest place. */
function funcdataOf(t: Pclntab, imageBase: number): { offsets: Uint32Array; users: Uint32Array; highest: number } {
  const count = sum(t.nfuncdata);
  const offsets = new U32List(count);
  const users = new U32List(count);
  const view = new DataView(t.bytes.buffer, t.bytes.byteOffset, t.bytes.byteLength);
  const relative = t.funcdataRef === 4;
  let highest = 0;
  const look = (f: number): void => {
    const at = t.funcdataAt(f);
    for (let k = 0; k < t.nfuncdata[f]; k++) {
      const o = at + k * t.funcdataRef;
      if (o + t.funcdataRef > t.bytes.length) break;
      let v = word(view, o, t.funcdataRef, t.littleEndian);
      if (relative) {
        if (v === 0xffffffff) continue;
      } else {
        if (v === 0) continue;
        v = (v - imageBase) >>> 0;
      }
      offsets.push(v);
      users.push(f);
      if (v > highest) highest = v;
    }
  };
  for (let f = 0; f < t.nfunc; f++) look(f);
  return { offsets: offsets.array(), users: users.array(), highest };
}

/** findfunctab: 20 bytes per 4096 bytes of text (runtime/symtab.go, findfuncbucket): to the first function of each bucket. */
function claimFindTable(
  claims: Claims,
  exe: Executable,
  go: GoProgram,
  own: (f: number) => number,
  symbolOf: (f: number) => number,
): void {
  const { pcln: t, module } = go;
  if (!module) return;
  if (exe.wasm) {
    // every function has 65536 program counters, so 16 buckets of its own
    const view = new DataView(t.bytes.buffer, t.bytes.byteOffset, t.bytes.byteLength);
    const place = (f: number): number => u32(view, t.functab + f * t.functabEntry, t.littleEndian) - 0x1000;
    const from = place(0);
    for (let f = 0; f < t.nfunc; f++) {
      const to = f + 1 < t.nfunc ? place(f + 1) : place(f) + 1;
      const at = module.findfunctab + (place(f) - from) * 320;
      claims.image(at, (to - place(f)) * 320, KIND.pclntab, own(f), symbolOf(f), EXACT);
    }
    return;
  }
  const text = t.entry[0];
  const length = t.end[t.nfunc - 1] - text;
  const buckets = Math.ceil(length / 4096);
  let f = 0;
  for (let b = 0; b < buckets; b++) {
    while (f + 1 < t.nfunc && t.entry[f + 1] <= text + b * 4096) f++;
    // a word, and a byte for each 256 bytes of text that there are
    const size = 4 + Math.min(16, Math.ceil((length - b * 4096) / 256));
    claims.image(module.findfunctab + b * 20, size, KIND.pclntab, own(f), symbolOf(f), EXACT);
  }
}

/** Up to Go 1.15 structs, names and tables of one function stand mixed in one blob: every offset in use starts a part. */
function claimOldTable(
  claims: Claims,
  t: Pclntab,
  own: (f: number) => number,
  symbolOf: (f: number) => number,
  limit: number,
): void {
  const offsets = new U32List();
  const users = new U32List();
  const view = new DataView(t.bytes.buffer, t.bytes.byteOffset, t.bytes.byteLength);
  const add = (offset: number, f: number): void => {
    if (offset === 0) return;
    offsets.push(offset);
    users.push(f);
  };
  for (let f = 0; f < t.nfunc; f++) {
    claims.image(t.rva + t.functab + f * t.functabEntry, t.functabEntry, KIND.pclntab, own(f), symbolOf(f), EXACT);
    add(t.func[f], f);
    add(t.nameOff[f], f);
    add(t.pcsp[f], f);
    add(t.pcfile[f], f);
    add(t.pcln[f], f);
    const at = t.pcdataAt(f);
    for (let k = 0; k < t.npcdata[f]; k++) add(u32(view, at + k * 4, t.littleEndian), f);
  }
  const tail = t.functab + t.nfunc * t.functabEntry;
  // the sentinel is a pc and the offset of the file table, whose first word is the number of files
  const fileTable = tail + t.ptrSize + 4 <= t.bytes.length ? u32(view, tail + t.ptrSize, t.littleEndian) : 0;
  const end = fileTable > tail && fileTable < t.bytes.length ? fileTable : Math.min(limit - t.rva, t.bytes.length);
  claims.image(t.rva + tail, t.ptrSize + 4, KIND.pclntab, 0, claims.symbols.add("pclntab header"), EXACT);
  claimPacked(claims, t.rva, end, offsets.array(), users.array(), KIND.pclntab, own, symbolOf);
  if (end === fileTable)
    claims.image(
      t.rva + fileTable,
      limit - t.rva - fileTable,
      KIND.pclntab,
      0,
      claims.symbols.add("pclntab file names"),
      EXACT,
    );
}
