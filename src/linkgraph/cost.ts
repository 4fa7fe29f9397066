// What each symbol costs in the file: its own bytes, and what it shares with others in the function table, which goes with the last
// of them.
import { type Executable, NO_RVA, regionAt } from "../binary/executable.ts";
import { pcValues } from "../binary/go/pcvalues.ts";
import type { GoProgram } from "../binary/go/program.ts";
import { U32List } from "../binary/go/types.ts";
import type { LinkGraph } from "./graph.ts";
import { FUNCTION_TABLE } from "./probe.ts";
import { isContainer, sectionRole, sectionShifts } from "./placement.ts";

/** Bytes by node. Own bytes may be fractions: shares of what is not split by symbol. */
export interface Costs {
  /** RVA of each of the dump's symbols that is in the file's image, NaN for others. */
  readonly rva: Float64Array;
  readonly own: Float64Array;
  /** Parts of node i are part[start[i]] … part[start[i + 1] - 1]; a part may have many users. */
  readonly start: Uint32Array;
  readonly part: Uint32Array;
  /** Bytes by part. */
  readonly size: Float64Array;
}

export interface CostOptions {
  /** Bytes of debug information by package, shared out among the package's functions by their size. */
  readonly debug?: { readonly of: ReadonlyMap<string, number>; ownerOf(node: number): string };
}

const viewAll = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** undefined if the dump is not of this file, or its function table is none that pare can split (before Go 1.16). */
export function costsOf(
  graph: LinkGraph,
  exe: Executable,
  go: GoProgram,
  options: CostOptions = {},
): Costs | undefined {
  const { module } = go;
  const shift = module && sectionShifts(exe, module, graph.dump);
  if (!module || !shift || go.pcln.version === "1.2") return undefined;
  const rva = placeOf(graph, exe, shift);
  const own = new Float64Array(graph.count);
  addExtents(graph, exe, rva, own);
  const shares = functionTable(graph, exe, go, rva, own);
  if (options.debug) addDebug(graph, options.debug, own);
  const byRva = new Map<number, number>();
  for (let i = 0; i < graph.dump.count; i++) if (own[i] > 0) byRva.set(rva[i], i);
  addSymbolTable(exe, byRva, own);
  addLinks(exe, go, byRva, own);
  addRelocations(exe, rva, own);
  return { rva, own, ...shares };
}

/** RVA of each of the dump's symbols that stands in the file's image, NaN for others. */
function placeOf(graph: LinkGraph, exe: Executable, shift: Float64Array): Float64Array {
  const { dump } = graph;
  const roles = ["", ...dump.sections.map((s) => sectionRole(s.name))];
  const rva = new Float64Array(dump.count).fill(Number.NaN);
  for (let i = 0; i < dump.count; i++) {
    const role = roles[dump.section[i]];
    if (role === "" || role === "bss" || dump.size[i] === 0) continue;
    // those are counted with the function table
    if ((dump.flags[i] & FUNCTION_TABLE) !== 0) continue;
    const name = dump.name(i);
    if (isContainer(name)) continue;
    if (role === "text" && exe.wasm) {
      // the linker counts functions, in steps of 64 KiB, from 0x1000 (cmd/link/internal/wasm)
      rva[i] = exe.wasm.starts[dump.va[i] / 65536 - 0x1000] ?? Number.NaN;
    } else rva[i] = dump.va[i] + shift[dump.section[i]];
  }
  return rva;
}

/** Assembly has no unit. */
const NO_UNIT = 0xffff_ffff;

/** The most that is put between two symbols to align the second. */
const MAX_PADDING = 64;

const INDEX_BITS = 21;

/** Indices of what has a place, by it. */
function byAddress(rva: Float64Array): Uint32Array {
  if (rva.length >= 2 ** INDEX_BITS) {
    const all = Uint32Array.from({ length: rva.length }, (_, i) => i).filter((i) => !Number.isNaN(rva[i]));
    return all.sort((a, b) => rva[a] - rva[b]);
  }
  const keys = new Float64Array(rva.length);
  let n = 0;
  // sorted as numbers: an address of 32 bits and an index make 53
  for (let i = 0; i < rva.length; i++) if (!Number.isNaN(rva[i])) keys[n++] = rva[i] * 2 ** INDEX_BITS + i;
  return Uint32Array.from(keys.subarray(0, n).sort(), (key) => key % 2 ** INDEX_BITS);
}

/** A symbol reaches to the next one, padding included. */
function addExtents(graph: LinkGraph, exe: Executable, rva: Float64Array, own: Float64Array): void {
  const { size } = graph.dump;
  const order = byAddress(rva);
  const bodies = exe.wasm && new Map(Array.from(exe.wasm.starts, (start, k) => [start, exe.wasm!.ends[k]]));
  for (let k = 0; k < order.length; k++) {
    const i = order[k];
    const body = bodies?.get(rva[i]);
    const end = body ?? rva[i] + size[i];
    const next = k + 1 < order.length ? rva[order[k + 1]] : end;
    own[i] = (next < end || next - end < MAX_PADDING ? next : end) - rva[i];
  }
}

/** Functions in the table: records and entries are their own, the packed sub-tables are shared by whoever has the same contents. */
function functionTable(
  graph: LinkGraph,
  exe: Executable,
  go: GoProgram,
  rva: Float64Array,
  own: Float64Array,
): Omit<Costs, "own" | "rva"> {
  const { pcln: t, module } = go;
  const { dump } = graph;
  const view = viewAll(t.bytes);
  const sizes: number[] = [];
  const parts = (): { part(key: number | string, size: () => number): number } => {
    const known = new Map<number | string, number>();
    return {
      part(key, size) {
        let id = known.get(key);
        if (id === undefined) {
          id = sizes.length;
          known.set(key, id);
          sizes.push(size());
        }
        return id;
      },
    };
  };
  const [names, paths, units, values, tables] = [parts(), parts(), parts(), parts(), parts()];
  const strlen = (from: number): number => {
    const end = t.bytes.indexOf(0, from);
    return (end < 0 ? t.bytes.length : end) - from + 1;
  };
  const unitEnd = nextOf(
    t.cuOffset.filter((cu) => cu !== NO_UNIT),
    (t.filetab - t.cutab) / 4,
  );
  const valueOffsets = new U32List();
  const tableOffsets = new U32List();
  const relative = t.funcdataRef === 4;
  for (let f = 0; f < t.nfunc; f++) {
    for (const o of [t.pcsp[f], t.pcfile[f], t.pcln[f]]) valueOffsets.push(o);
    for (let k = 0, at = t.pcdataAt(f); k < t.npcdata[f]; k++)
      valueOffsets.push(view.getUint32(at + 4 * k, t.littleEndian));
    if (relative)
      for (let k = 0, at = t.funcdataAt(f); k < t.nfuncdata[f]; k++) {
        const o = view.getUint32(at + 4 * k, t.littleEndian);
        if (o !== NO_RVA) tableOffsets.push(o);
      }
  }
  const valueEnd = nextOf(valueOffsets.array(), t.functab - t.pctab);
  const tableEnd = nextOf(tableOffsets.array(), 0);

  const { symbol: functions, start: inlinedStart, inlined } = graph.functions;
  const rowOf = new Map<number, number>();
  for (let k = 0; k < functions.length; k++) rowOf.set(functions[k], k);
  const functionAt = new Map<number, number>();
  for (let f = 0; f < t.nfunc; f++) functionAt.set(t.entry[f], f);
  const perText = (module?.findfunctab ?? 0) > 0 ? 20 / 4096 : 0;
  const start = new Uint32Array(graph.count + 1);
  const part = new U32List();
  for (let i = 0; i < graph.count; i++) {
    const f = i < dump.count ? functionAt.get(rva[i]) : undefined;
    if (f !== undefined) {
      // the record, padded, and the entry; findfunctab has 20 bytes for 4096 of text, or for each 4096 program counters of wasm
      const record = t.funcdataAt(f) + t.nfuncdata[f] * t.funcdataRef - t.func[f];
      own[i] += exe.wasm ? 320 : own[i] * perText;
      own[i] += Math.ceil(record / t.ptrSize) * t.ptrSize + t.functabEntry;
      part.push(names.part(t.nameOff[f], () => strlen(t.funcnametab + t.nameOff[f])));
      const row = rowOf.get(dump.id[i]);
      for (const symbol of row === undefined ? [] : inlined.subarray(inlinedStart[row], inlinedStart[row + 1])) {
        const node = graph.nodeOf(symbol);
        const g = node === undefined || node >= dump.count ? undefined : functionAt.get(rva[node]);
        const name = node === undefined || node >= dump.count ? "" : dump.name(node);
        if (g !== undefined) part.push(names.part(t.nameOff[g], () => strlen(t.funcnametab + t.nameOff[g])));
        else part.push(names.part(name, () => name.length + 1));
      }
      const cu = t.cuOffset[f];
      if (cu !== NO_UNIT) part.push(units.part(cu, () => 4 * ((unitEnd.get(cu) ?? cu) - cu)));
      let last = -1;
      pcValues(t, f, t.pcfile[f], (_from, _to, file) => {
        const at = t.cutab + 4 * (cu + file);
        if (file === last || file < 0 || at + 4 > t.filetab) return;
        last = file;
        const path = t.filetab + view.getUint32(at, t.littleEndian);
        if (path < t.pctab) part.push(paths.part(path, () => strlen(path)));
      });
      const value = (o: number): void => {
        if (o !== 0) part.push(values.part(o, () => (valueEnd.get(o) ?? o) - o));
      };
      for (const o of [t.pcsp[f], t.pcfile[f], t.pcln[f]]) value(o);
      for (let k = 0, at = t.pcdataAt(f); k < t.npcdata[f]; k++) value(view.getUint32(at + 4 * k, t.littleEndian));
      if (relative)
        for (let k = 0, at = t.funcdataAt(f); k < t.nfuncdata[f]; k++) {
          const o = view.getUint32(at + 4 * k, t.littleEndian);
          if (o !== NO_RVA) part.push(tables.part(o, () => Math.max(0, (tableEnd.get(o) ?? o) - o)));
        }
    }
    start[i + 1] = part.count;
  }
  return { start, part: part.array(), size: Float64Array.from(sizes) };
}

/** From each distinct offset to the next one, `end` for the last. */
function nextOf(offsets: Uint32Array, end: number): Map<number, number> {
  const sorted = offsets.slice().sort();
  const next = new Map<number, number>();
  for (let i = 0; i < sorted.length;) {
    let j = i + 1;
    while (j < sorted.length && sorted[j] === sorted[i]) j++;
    next.set(sorted[i], j < sorted.length ? sorted[j] : Math.max(end, sorted[i]));
    i = j;
  }
  return next;
}

function addDebug(graph: LinkGraph, debug: NonNullable<CostOptions["debug"]>, own: Float64Array): void {
  const code = new Map<string, number>();
  const functions = Array.from(graph.functions.symbol, (symbol) => graph.nodeOf(symbol)).filter(
    (node) => node !== undefined,
  );
  for (const node of functions) {
    const owner = debug.ownerOf(node);
    code.set(owner, (code.get(owner) ?? 0) + own[node]);
  }
  for (const node of functions) {
    const owner = debug.ownerOf(node);
    const all = code.get(owner) ?? 0;
    if (all > 0) own[node] += ((debug.of.get(owner) ?? 0) * own[node]) / all;
  }
}

function addSymbolTable(exe: Executable, byRva: ReadonlyMap<number, number>, own: Float64Array): void {
  const symbols = exe.symbols();
  for (let i = 0; i < symbols.count; i++) {
    const node = symbols.rva[i] === NO_RVA ? undefined : byRva.get(symbols.rva[i]);
    if (node !== undefined) own[node] += symbols.entrySize + symbols.nameLength[i] + 1;
  }
}

/** Types and itabs that are listed for the runtime: an offset of 4 bytes, a pointer. */
function addLinks(exe: Executable, go: GoProgram, byRva: ReadonlyMap<number, number>, own: Float64Array): void {
  const { module } = go;
  const region = module && regionAt(exe.regions, module.typelinks.rva);
  if (!module || !region || module.typelinks.length === 0) return;
  const view = viewAll(region.bytes);
  const from = module.typelinks.rva - region.rva;
  for (let k = 0; k < module.typelinks.length && from + 4 * k + 4 <= view.byteLength; k++) {
    const node = byRva.get(module.types + view.getInt32(from + 4 * k, exe.littleEndian));
    if (node !== undefined) own[node] += 4;
  }
}

/** A relocation goes with the symbol that it patches. */
function addRelocations(exe: Executable, rva: Float64Array, own: Float64Array): void {
  const relocations = exe.relocations();
  if (relocations.count === 0) return;
  const order = byAddress(rva).filter((i) => own[i] > 0);
  const starts = Float64Array.from(order, (i) => rva[i]);
  const ends = Float64Array.from(order, (i) => rva[i] + own[i]);
  for (let r = 0; r < relocations.count; r++) {
    const slot = relocations.slot[r];
    if (slot === NO_RVA) continue;
    let [lo, hi] = [0, starts.length];
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (starts[mid] <= slot) lo = mid + 1;
      else hi = mid;
    }
    if (lo > 0 && slot < ends[lo - 1]) own[order[lo - 1]] += relocations.entrySize[r];
  }
}

/** Bytes that leave the file with these nodes. `left` tells what is removed, by node. */
export class Bill {
  private readonly costs: Costs;
  private readonly users: Uint32Array;

  /** `kept`: the nodes of the whole program. */
  constructor(costs: Costs, kept: (node: number) => boolean) {
    this.costs = costs;
    this.users = new Uint32Array(costs.size.length);
    const { start, part } = costs;
    for (let i = 0; i + 1 < start.length; i++)
      if (kept(i)) for (let p = start[i]; p < start[i + 1]; p++) this.users[part[p]]++;
  }

  /** Sum for nodes that leave together, each named once. */
  of(nodes: Iterable<number>): number {
    return this.split([nodes])[0];
  }

  /** The same by group: what groups share is billed to the last that has it. */
  split(groups: readonly Iterable<number>[]): number[] {
    const { own, start, part, size } = this.costs;
    const { users } = this;
    const touched: number[] = [];
    const sums = groups.map((nodes) => {
      let bytes = 0;
      for (const node of nodes) {
        // gates are nodes without a cost
        if (node >= own.length) continue;
        bytes += own[node];
        for (let p = start[node]; p < start[node + 1]; p++) {
          touched.push(part[p]);
          if (--users[part[p]] === 0) bytes += size[part[p]];
        }
      }
      return bytes;
    });
    for (const part of touched) users[part]++;
    return sums;
  }
}
