// What each function costs in the function table: records and entries are its own, the packed sub-tables are shared by whoever has the
// same contents (cmd/link/internal/ld/pcln.go).
import { type Executable, NO_RVA } from "../binary/executable.ts";
import { pcValues } from "../binary/go/pcvalues.ts";
import type { GoProgram } from "../binary/go/program.ts";
import { U32List } from "../binary/go/types.ts";
import { type LinkGraph, NONE } from "./graph.ts";

/** Assembly has no unit. */
const NO_UNIT = 0xffff_ffff;

/** Parts of the table by number, and which of them each node uses. */
export interface Shares {
  /** Parts of node i are part[start[i]] … part[start[i + 1] - 1]; a part may have many users. */
  readonly start: Uint32Array;
  readonly part: Uint32Array;
  /** Bytes by part. */
  readonly size: Float64Array;
}

/** The parts of one sub-table, by their offset in it. */
class Pieces {
  /** One more than the part's number; 0: none begins here. */
  private readonly ids: Uint32Array;
  private readonly sizes: number[];

  /** Offsets from `length` on are damage: nothing begins there. */
  constructor(length: number, sizes: number[]) {
    this.ids = new Uint32Array(Math.max(length, 0));
    this.sizes = sizes;
  }

  mark(offset: number): void {
    if (offset < this.ids.length) this.ids[offset] = 1;
  }

  /** Each piece that is marked reaches to the next one, the last one to `end`. */
  split(end: number, unit = 1): void {
    const { ids, sizes } = this;
    let last = NONE;
    for (let offset = 0; offset < ids.length; offset++) {
      if (ids[offset] === 0) continue;
      if (last !== NONE) sizes.push((offset - last) * unit);
      ids[offset] = sizes.length + 1;
      last = offset;
    }
    if (last !== NONE) sizes.push(Math.max(0, end - last) * unit);
  }

  /** Of pieces that were marked; NONE for others. */
  at(offset: number): number {
    return offset < this.ids.length && this.ids[offset] !== 0 ? this.ids[offset] - 1 : NONE;
  }

  /** Of a piece that tells its own size. */
  with(offset: number, sizeAt: (offset: number) => number): number {
    if (offset >= this.ids.length) return NONE;
    if (this.ids[offset] === 0) {
      this.sizes.push(sizeAt(offset));
      this.ids[offset] = this.sizes.length;
    }
    return this.ids[offset] - 1;
  }
}

/** `functions`: function of the table, by symbol, −1 for others. Adds to `own` what is a function's alone. */
export function functionTable(
  graph: LinkGraph,
  exe: Executable,
  go: GoProgram,
  functions: Int32Array,
  own: Float64Array,
): Shares {
  const { pcln: t, module } = go;
  const { dump } = graph;
  const view = new DataView(t.bytes.buffer, t.bytes.byteOffset, t.bytes.byteLength);
  const sizes: number[] = [];
  const relative = t.funcdataRef === 4;
  let furthest = -1;
  const eachTable = (f: number, each: (offset: number) => void): void => {
    if (!relative) return;
    for (let k = 0, at = t.funcdataAt(f); k < t.nfuncdata[f]; k++) {
      const o = view.getUint32(at + 4 * k, t.littleEndian);
      if (o !== NO_RVA) each(o);
    }
  };
  const eachValue = (f: number, each: (offset: number) => void): void => {
    each(t.pcsp[f]);
    each(t.pcfile[f]);
    each(t.pcln[f]);
    for (let k = 0, at = t.pcdataAt(f); k < t.npcdata[f]; k++) each(view.getUint32(at + 4 * k, t.littleEndian));
  };
  for (let f = 0; f < t.nfunc; f++) eachTable(f, (o) => (furthest = Math.max(furthest, o)));
  const names = new Pieces(t.bytes.length - t.funcnametab, sizes);
  const paths = new Pieces(t.pctab, sizes);
  const units = new Pieces((t.filetab - t.cutab) / 4, sizes);
  const values = new Pieces(t.functab - t.pctab, sizes);
  const tables = new Pieces(Math.min(furthest + 1, exe.bytes.length), sizes);
  for (let f = 0; f < t.nfunc; f++) {
    units.mark(t.cuOffset[f]);
    eachValue(f, (o) => values.mark(o));
    eachTable(f, (o) => tables.mark(o));
  }
  units.split((t.filetab - t.cutab) / 4, 4);
  values.split(t.functab - t.pctab);
  // how long the last one is the file does not tell
  tables.split(0);

  const strlen = (from: number): number => {
    const end = t.bytes.indexOf(0, from);
    return (end < 0 ? t.bytes.length : end) - from + 1;
  };
  const nameSize = (offset: number): number => strlen(t.funcnametab + offset);
  // functions that are in the file only where they were inlined
  const absent = new Map<string, number>();
  const absentName = (name: string): number => {
    let id = absent.get(name);
    if (id === undefined) {
      id = sizes.length;
      absent.set(name, id);
      sizes.push(name.length + 1);
    }
    return id;
  };
  const { symbol, start: inlinedStart, inlined } = graph.functions;
  const rowOf = new Uint32Array(graph.count);
  for (let k = 0; k < symbol.length; k++) {
    const node = graph.nodeOf(symbol[k]);
    if (node !== undefined) rowOf[node] = k + 1;
  }
  const perText = (module?.findfunctab ?? 0) > 0 ? 20 / 4096 : 0;
  const start = new Uint32Array(graph.count + 1);
  const part = new U32List();
  const add = (id: number): void => {
    if (id !== NONE) part.push(id);
  };
  for (let i = 0; i < graph.count; i++) {
    const f = i < dump.count ? functions[i] : -1;
    if (f >= 0) {
      // the record, padded, and the entry; findfunctab has 20 bytes for 4096 of text, or for each 4096 program counters of wasm
      const record = t.funcdataAt(f) + t.nfuncdata[f] * t.funcdataRef - t.func[f];
      own[i] += exe.wasm ? 320 : own[i] * perText;
      own[i] += Math.ceil(record / t.ptrSize) * t.ptrSize + t.functabEntry;
      add(names.with(t.nameOff[f], nameSize));
      if (rowOf[i] > 0) {
        for (let k = inlinedStart[rowOf[i] - 1]; k < inlinedStart[rowOf[i]]; k++) {
          const node = graph.nodeOf(inlined[k]) ?? NONE;
          const g = node < dump.count ? functions[node] : -1;
          if (g >= 0) add(names.with(t.nameOff[g], nameSize));
          else add(absentName(node < dump.count ? dump.name(node) : ""));
        }
      }
      const cu = t.cuOffset[f];
      add(units.at(cu));
      let last = -1;
      if (cu !== NO_UNIT)
        pcValues(t, f, t.pcfile[f], (_from, _to, file) => {
          const at = t.cutab + 4 * (cu + file);
          if (file === last || file < 0 || at + 4 > t.filetab) return;
          last = file;
          add(paths.with(t.filetab + view.getUint32(at, t.littleEndian), strlen));
        });
      eachValue(f, (o) => {
        if (o !== 0) add(values.at(o));
      });
      eachTable(f, (o) => add(tables.at(o)));
    }
    start[i + 1] = part.count;
  }
  return { start, part: part.array(), size: Float64Array.from(sizes) };
}
