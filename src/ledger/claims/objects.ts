// The linker's data objects as far as a stripped file shows them: places that something refers to, and structures of known size.
import { U32List } from "../../binary/go/types.ts";
import { sortedOrder } from "../sweep.ts";

/** A place where an object starts. Sources that know its size (structures) or its owner say so. */
export class Marks {
  readonly rva = new U32List();
  /** 0: unknown */
  readonly size = new U32List();
  readonly kind = new U32List();
  /** Package id; 0: not known from the structure itself. */
  readonly owner = new U32List();
  readonly symbol = new U32List();

  add(rva: number, size: number, kind: number, owner = 0, symbol = 0): void {
    this.rva.push(rva);
    this.size.push(size);
    this.kind.push(kind);
    this.owner.push(owner);
    this.symbol.push(symbol);
  }
}

/** Objects in address order, disjoint: struct of arrays. */
export interface Objects {
  readonly count: number;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  readonly kind: Uint8Array;
  /** Package id that the structure itself names; 0 unknown. */
  readonly named: Uint32Array;
  readonly symbol: Uint32Array;
  /** 1: the size is known, so the order of sizes need not explain it. */
  readonly exact: Uint8Array;
}

/** A run of memory in which objects stand; unknown objects in it have this kind. `sorted`: by size, as the linker lays out each kind. */
export interface Area {
  readonly start: number;
  readonly end: number;
  readonly kind: number;
  readonly sorted: boolean;
}

/** How many gaps ahead decide whether the size order broke because of a wrong size before, or because of an interior reference here. */
const LOOKAHEAD = 8;

/**
 * Joins marks to objects that cover the areas without gaps. Marks inside an object of known size are interior references. In
 * size-sorted areas a start that makes an object smaller than those before and after it is interior too; `firm` starts (whose
 * address is formed or stored, not only used for an access) need more contrary evidence.
 */
export function buildObjects(marks: Marks, areas: readonly Area[], firm: (rva: number) => boolean): Objects {
  const out = new ObjectRows();
  const rvas = marks.rva.array();
  const sizes = marks.size.array();
  const order = sortedOrder(rvas, rvas.length);
  let i = 0;
  for (const area of areas) {
    while (i < order.length && rvas[order[i]] < area.start) i++;
    // distinct starts of the area, each with its best mark; interior ones of exact objects left out
    const starts = new U32List();
    const best = new U32List();
    let free = area.start;
    while (i < order.length && rvas[order[i]] < area.end) {
      const rva = rvas[order[i]];
      let m = order[i];
      for (; i < order.length && rvas[order[i]] === rva; i++) {
        const c = order[i];
        if (sizes[c] > sizes[m] || (sizes[c] === sizes[m] && marks.owner.array()[c] > 0 && marks.owner.array()[m] === 0)) m = c;
      }
      if (rva < free) continue;
      starts.push(rva);
      best.push(m);
      if (sizes[m] > 0) free = rva + sizes[m];
    }
    const at = starts.array();
    const mark = best.array();
    const keep = area.sorted ? fold(at, mark, sizes, area.end, firm) : undefined;
    let cursor = area.start;
    for (let k = 0; k < at.length; k++) {
      if (keep && keep[k] === 0) continue;
      if (at[k] > cursor) out.add(cursor, at[k], area.kind, 0, 0, 0);
      const m = mark[k];
      let end = at[k] + sizes[m];
      if (sizes[m] === 0) {
        let n = k + 1;
        while (n < at.length && keep && keep[n] === 0) n++;
        end = n < at.length ? at[n] : area.end;
      }
      end = Math.min(end, area.end);
      out.add(at[k], end, marks.kind.array()[m], marks.owner.array()[m], marks.symbol.array()[m], sizes[m] > 0 ? 1 : 0);
      cursor = end;
    }
    if (cursor < area.end) out.add(cursor, area.end, area.kind, 0, 0, 0);
  }
  return out.objects();
}

/** 1 for starts to keep. See buildObjects. */
function fold(at: Uint32Array, mark: Uint32Array, sizes: Uint32Array, end: number, firm: (rva: number) => boolean): Uint8Array {
  const n = at.length;
  const keep = new Uint8Array(n).fill(1);
  const gap = (k: number): number => (sizes[mark[k]] > 0 ? sizes[mark[k]] : (k + 1 < n ? at[k + 1] : end) - at[k]);
  let size = 0;
  for (let k = 0; k < n; k++) {
    const g = gap(k);
    if (g >= size || sizes[mark[k]] > 0) {
      size = Math.max(size, sizes[mark[k]] > 0 ? Math.min(g, size) : g);
      continue;
    }
    // smaller than its predecessor: who is wrong?
    let smaller = 0;
    let seen = 0;
    for (let j = k + 1; j < n && seen < LOOKAHEAD; j++, seen++) if (gap(j) < size) smaller++;
    const isFirm = firm(at[k]);
    if (seen > 0 && smaller * 2 <= seen && (!isFirm || (smaller === 0 && size > 64))) {
      keep[k] = 0;
      continue;
    }
    size = g;
  }
  return keep;
}

class ObjectRows {
  private readonly start = new U32List();
  private readonly end = new U32List();
  private readonly kind = new U32List();
  private readonly named = new U32List();
  private readonly symbol = new U32List();
  private readonly exact = new U32List();

  add(start: number, end: number, kind: number, named: number, symbol: number, exact: number): void {
    if (end <= start) return;
    this.start.push(start);
    this.end.push(end);
    this.kind.push(kind);
    this.named.push(named);
    this.symbol.push(symbol);
    this.exact.push(exact);
  }

  objects(): Objects {
    return {
      count: this.start.count,
      start: this.start.array(),
      end: this.end.array(),
      kind: Uint8Array.from(this.kind.array()),
      named: this.named.array(),
      symbol: this.symbol.array(),
      exact: Uint8Array.from(this.exact.array()),
    };
  }
}
