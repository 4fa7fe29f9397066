// What each symbol costs in the file: its own bytes, and what it shares with others in the function table, which goes with the last
// of them.
import { type Executable, NO_RVA, regionAt } from "../binary/executable.ts";
import type { GoProgram } from "../binary/go/program.ts";
import { functionTable, type Shares } from "./functiontable.ts";
import type { LinkGraph } from "./graph.ts";
import { FUNCTION_TABLE } from "./probe.ts";
import { isContainer, sectionRole, sectionShifts } from "./placement.ts";

/** Bytes by node. Own bytes may be fractions: shares of what is not split by symbol. */
export interface Costs extends Shares {
  /** RVA of each of the dump's symbols that is in the file's image, NaN for others. */
  readonly rva: Float64Array;
  readonly own: Float64Array;
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
  const order = byAddress(rva);
  const own = new Float64Array(graph.count);
  addExtents(graph, exe, rva, order, own);
  const places = new Places(rva, order, own);
  const shares = functionTable(graph, exe, go, functionsOf(go.pcln, rva, order), own);
  if (options.debug) addDebug(graph, options.debug, own);
  addSymbolTable(exe, places, own);
  addLinks(exe, go, places, own);
  addRelocations(exe, places, own);
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
function addExtents(graph: LinkGraph, exe: Executable, rva: Float64Array, order: Uint32Array, own: Float64Array): void {
  const { size } = graph.dump;
  const bodies = exe.wasm && new Map(Array.from(exe.wasm.starts, (start, k) => [start, exe.wasm!.ends[k]]));
  for (let k = 0; k < order.length; k++) {
    const i = order[k];
    const body = bodies?.get(rva[i]);
    const end = body ?? rva[i] + size[i];
    const next = k + 1 < order.length ? rva[order[k + 1]] : end;
    own[i] = (next < end || next - end < MAX_PADDING ? next : end) - rva[i];
  }
}

/** Function of the table, by symbol; −1: none begins there. */
function functionsOf({ entry, nfunc }: GoProgram["pcln"], rva: Float64Array, order: Uint32Array): Int32Array {
  const functions = new Int32Array(rva.length).fill(-1);
  let f = 0;
  for (const i of order) {
    while (f < nfunc && entry[f] < rva[i]) f++;
    if (f === nfunc) break;
    if (entry[f] === rva[i]) functions[i] = f;
  }
  return functions;
}

/** Symbols that take room, by their places. */
class Places {
  private readonly order: Uint32Array;
  private readonly start: Float64Array;
  private readonly own: Float64Array;

  constructor(rva: Float64Array, order: Uint32Array, own: Float64Array) {
    this.order = order.filter((i) => own[i] > 0);
    this.start = Float64Array.from(this.order, (i) => rva[i]);
    this.own = Float64Array.from(this.order, (i) => own[i]);
  }

  /** The symbol that begins at an RVA. */
  at(rva: number): number | undefined {
    const k = this.last(rva);
    return k >= 0 && this.start[k] === rva ? this.order[k] : undefined;
  }

  /** The symbol that an RVA lies in. */
  holding(rva: number): number | undefined {
    const k = this.last(rva);
    return k >= 0 && rva < this.start[k] + this.own[k] ? this.order[k] : undefined;
  }

  private last(rva: number): number {
    let [lo, hi] = [0, this.start.length];
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (this.start[mid] <= rva) lo = mid + 1;
      else hi = mid;
    }
    return lo - 1;
  }
}

function addDebug(graph: LinkGraph, debug: NonNullable<CostOptions["debug"]>, own: Float64Array): void {
  if (![...debug.of.values()].some((bytes) => bytes > 0)) return;
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

function addSymbolTable(exe: Executable, places: Places, own: Float64Array): void {
  const symbols = exe.symbols();
  for (let i = 0; i < symbols.count; i++) {
    const node = symbols.rva[i] === NO_RVA ? undefined : places.at(symbols.rva[i]);
    if (node !== undefined) own[node] += symbols.entrySize + symbols.nameLength[i] + 1;
  }
}

/** Types and itabs that are listed for the runtime: an offset of 4 bytes, a pointer. */
function addLinks(exe: Executable, go: GoProgram, places: Places, own: Float64Array): void {
  const { module } = go;
  const region = module && regionAt(exe.regions, module.typelinks.rva);
  if (!module || !region || module.typelinks.length === 0) return;
  const view = viewAll(region.bytes);
  const from = module.typelinks.rva - region.rva;
  for (let k = 0; k < module.typelinks.length && from + 4 * k + 4 <= view.byteLength; k++) {
    const node = places.at(module.types + view.getInt32(from + 4 * k, exe.littleEndian));
    if (node !== undefined) own[node] += 4;
  }
}

/** A relocation goes with the symbol that it patches. */
function addRelocations(exe: Executable, places: Places, own: Float64Array): void {
  const relocations = exe.relocations();
  for (let r = 0; r < relocations.count; r++) {
    const slot = relocations.slot[r];
    const node = slot === NO_RVA ? undefined : places.holding(slot);
    if (node !== undefined) own[node] += relocations.entrySize[r];
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
