// The linker's data objects as far as a stripped file shows them: places that something refers to, and structures of known size.
import { U32List } from "../../binary/go/types.ts";
import { longer, release, takeI8, takeU32, takeU8, wider } from "../../binary/memory.ts";
import { KIND } from "../ledger.ts";
import { sortedOrder } from "../sweep.ts";

/** Marks that are complete. */
export interface MarkRows {
  readonly count: number;
  readonly rva: Uint32Array;
  readonly size: Uint32Array;
  readonly owner: Uint32Array;
  readonly symbol: Uint32Array;
  readonly kind: Uint8Array;
  readonly weight: Uint8Array;
}

/**
 * Places where objects start, struct of arrays. Sources that know an object's size (structures) or its owner say so. `weight` is what it
 * costs to take the mark for an interior one: more where an address is formed or stored than where memory is only accessed.
 */
export class Marks implements MarkRows {
  count = 0;
  rva: Uint32Array;
  /** 0: unknown */
  size: Uint32Array;
  /** Package id; 0: not known from the structure itself. */
  owner: Uint32Array;
  symbol: Uint32Array;
  kind: Uint8Array;
  /** In hundredths. */
  weight: Uint8Array;

  /** `expected` marks need no growth. */
  constructor(expected = 4096) {
    this.rva = takeU32(expected);
    this.size = takeU32(expected);
    this.owner = takeU32(expected);
    this.symbol = takeU32(expected);
    this.kind = takeU8(expected);
    this.weight = takeU8(expected);
  }

  add(rva: number, size: number, kind: number, owner = 0, symbol = 0, weight = 0): void {
    const i = this.count;
    if (i === this.rva.length) this.grow(i * 2);
    this.rva[i] = rva;
    this.size[i] = size;
    this.owner[i] = owner;
    this.symbol[i] = symbol;
    this.kind[i] = kind;
    this.weight[i] = weight;
    this.count = i + 1;
  }

  private grow(n: number): void {
    this.rva = wider(this.rva, n);
    this.size = wider(this.size, n);
    this.owner = wider(this.owner, n);
    this.symbol = wider(this.symbol, n);
    this.kind = longer(this.kind, n);
    this.weight = longer(this.weight, n);
  }
}

/** Weights of marks: the address is formed or stored; the place holds a pointer, as slices and strings begin with; it is only accessed. */
export const FIRM = 100;
const FIRST_WORD = 50;
export const ACCESS = 10;
/** The weight of a start that only the order of sizes asks for. */
const HIDDEN = 0;

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
  /** Index of the area. */
  readonly area: Uint8Array;
  /** For each 2^pageBits bytes from the first start on: the last object that starts at or before them. */
  readonly page: Uint32Array;
  readonly pageBits: number;
}

/** The object that holds an RVA, or −1. */
export function objectAt(objects: Objects, rva: number): number {
  const { start, end, page, pageBits } = objects;
  const at = rva - start[0];
  // the places of an image are below 2^32
  if (!(at >= 0 && at <= 0xffffffff)) return -1;
  const p = at >>> pageBits;
  if (p >= page.length) return -1;
  let lo = page[p];
  let hi = p + 1 < page.length ? page[p + 1] : start.length - 1;
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1;
    if (start[mid] <= rva) lo = mid;
    else hi = mid - 1;
  }
  return rva < end[lo] ? lo : -1;
}

/** The pages of objects in address order: not many more than there are objects. */
function pagesOf(start: Uint32Array, end: Uint32Array): Pick<Objects, "page" | "pageBits"> {
  const n = start.length;
  const span = n === 0 ? 0 : end[n - 1] - start[0];
  let pageBits = 7;
  while (span / 2 ** pageBits > n * 2) pageBits++;
  const width = 2 ** pageBits;
  const page = takeU32(Math.ceil(span / width));
  for (let p = 0, i = 0, from = start[0]; p < page.length; p++, from += width) {
    while (i + 1 < n && start[i + 1] <= from) i++;
    page[p] = i;
  }
  return { page, pageBits };
}

/** A run of memory in which objects stand; unknown objects in it have this kind. `sorted`: by size, as the linker lays out each kind. */
export interface Area {
  readonly start: number;
  readonly end: number;
  readonly kind: number;
  readonly sorted: boolean;
  /** Whether alignment follows from size alone: true for variables, false where the compiler sets it (static composites). */
  readonly aligned: boolean;
  /** Where every object holds a pointer (the linker files variables without one elsewhere): how many stand before each word from `from`. */
  readonly pointers?: { readonly from: number; readonly word: number; readonly before: Uint32Array };
}

/** For each place how many words of its area before it hold pointers; undefined if the area does not tell. */
function pointersBefore(area: Area, place: Uint32Array): Uint32Array | undefined {
  if (!area.pointers) return undefined;
  const { before, word, from } = area.pointers;
  const last = before.length - 1;
  return place.map((at) => before[Math.min(last, Math.floor((at - from) / word))]);
}

/**
 * Joins marks to objects that cover the areas without gaps. Marks inside an object of known size are interior references. In
 * size-sorted areas a start that makes an object smaller than those before and after it is interior too. `slots`: the words that hold
 * pointers, ascending.
 */
export function buildObjects(marks: Marks, areas: readonly Area[], slots: Uint32Array): Objects {
  const n = marks.count;
  const out = new ObjectRows(n);
  // what nothing marks: one for each area
  for (const area of areas) marks.add(area.start, 0, area.kind);
  const order = sortedOrder(marks.rva, n);
  const found = new StartReader(marks, order, slots);
  const scratch = { from: new Int8Array(0) };
  const { size: sizes } = marks;
  for (const [a, area] of areas.entries()) {
    out.area = a;
    let rows = found.read(area, n + a);
    if (area.aligned) rows = pick(rows, aligned(rows, sizes, area.end));
    if (area.aligned) rows = withHidden(rows, sizes, area.end, n + a);
    for (let round = 0; area.sorted && round < ROUNDS; round++) {
      const before = rows.at.length;
      rows = pick(rows, fold(rows, sizes, area, scratch));
      if (rows.at.length === before) break;
    }
    if (area.aligned) rows = pick(rows, lastWhole(rows, sizes, area.end));
    cover(area, rows, marks, out);
  }
  release(order, scratch.from);
  return out.objects();
}

/** Reads the starts of areas off marks in the order of their places. */
class StartReader {
  private readonly marks: MarkRows;
  private readonly order: Uint32Array;
  private readonly slots: Uint32Array;
  /** The next mark, as a place in the order, and the next slot. */
  private next = 0;
  private slot = 0;
  /** The best mark of the place that was read last, and the largest weight there. */
  private mark = 0;
  private weight = 0;
  /** The last start of the area, and where the next one can be: behind an object of known size. */
  private last = -1;
  private free = 0;
  private readonly starts: U32List;
  private readonly best: U32List;
  private readonly skip: U32List;

  constructor(marks: MarkRows, order: Uint32Array, slots: Uint32Array) {
    this.marks = marks;
    this.order = order;
    this.slots = slots;
    const half = order.length >> 1;
    [this.starts, this.best, this.skip] = [new U32List(half), new U32List(half), new U32List(half)];
  }

  /**
   * Distinct starts of an area, each with its best mark; interior ones of exact objects left out. `nobody` is the mark of starts that only
   * a slot tells. Areas come in ascending order; the arrays are those of the area before.
   */
  read(area: Area, nobody: number): Starts {
    const { starts, best, skip } = this;
    this.skipTo(area.start);
    starts.clear();
    best.clear();
    skip.clear();
    this.free = area.start;
    this.last = -1;
    const isString = area.kind === KIND.string;
    const word = area.pointers?.word ?? 0;
    while (this.readStart(area.end, isString, word, nobody));
    return { at: starts.array(), mark: best.array(), weight: skip.array() };
  }

  /**
   * Reads the next place; false if there is none before `end`. `word`: how far behind a pointer the length of a slice or a string stands,
   * 0 where none do. A call of its own: see `sortedOrder`.
   */
  private readStart(end: number, isString: boolean, word: number, nobody: number): boolean {
    const { marks, order, slots } = this;
    if (this.next >= order.length) return false;
    const rva = marks.rva[order[this.next]];
    if (rva >= end) return false;
    this.readPlace(rva);
    const size = marks.size[this.mark];
    // code forms the address of a string, or data holds it: a mere access is a misread instruction
    if (rva < this.free || (isString && size === 0 && this.weight < FIRM)) return true;
    this.skipSlots(rva);
    const { slot } = this;
    if (slot < slots.length && slots[slot] === rva) {
      if (this.weight < FIRST_WORD) this.weight = FIRST_WORD;
    } else if (slot > 0) {
      const before = slots[slot - 1];
      // the length alone may be read
      if (rva - before === word && before > this.last && before >= this.free) this.add(before, nobody, HIDDEN);
    }
    this.last = rva;
    this.add(rva, this.mark, this.weight || ACCESS);
    if (size > 0) this.free = rva + size;
    return true;
  }

  private add(start: number, mark: number, weight: number): void {
    this.starts.push(start);
    this.best.push(mark);
    this.skip.push(weight);
  }

  private skipTo(rva: number): void {
    const { order, marks } = this;
    let i = this.next;
    while (i < order.length && marks.rva[order[i]] < rva) i++;
    this.next = i;
  }

  private skipSlots(rva: number): void {
    const { slots } = this;
    let i = this.slot;
    while (i < slots.length && slots[i] < rva) i++;
    this.slot = i;
  }

  /** Reads all marks of one place. */
  private readPlace(rva: number): void {
    const { order, marks } = this;
    const { rva: rvas, size: sizes, owner: owners, weight: weights } = marks;
    let i = this.next;
    let m = order[i];
    let weight = weights[m];
    for (i++; i < order.length; i++) {
      const c = order[i];
      if (rvas[c] !== rva) break;
      if (weights[c] > weight) weight = weights[c];
      if (sizes[c] > sizes[m] || (sizes[c] === sizes[m] && owners[c] > 0 && owners[m] === 0)) m = c;
    }
    this.next = i;
    this.mark = m;
    this.weight = weight;
  }
}

/** Covers an area with objects from start to start. What is empty is not added. */
function cover({ start, end: last, kind }: Area, { at, mark }: Starts, marks: MarkRows, out: ObjectRows): void {
  const { size: sizes, owner: owners } = marks;
  let cursor = start;
  for (let k = 0; k < at.length; k++) {
    out.add(cursor, at[k], kind, 0, 0, 0);
    const m = mark[k];
    const next = k + 1 < at.length ? at[k + 1] : last;
    const isExact = sizes[m] > 0;
    const end = isExact ? at[k] + sizes[m] : next;
    cursor = end < last ? end : last;
    out.add(at[k], cursor, marks.kind[m], owners[m], marks.symbol[m], isExact ? 1 : 0);
  }
  out.add(cursor, last, kind, 0, 0, 0);
}

/** Gaps of this many among the next WINDOW marks prove a size class: single large gaps are objects that nothing refers to. */
const PROOF = 3;
const WINDOW = 32;

/** Candidate starts of one area, parallel: place, best mark, weight. */
interface Starts {
  readonly at: Uint32Array;
  readonly mark: Uint32Array;
  readonly weight: Uint32Array;
}

/** The rows whose flag is set. */
function pick(rows: Starts, keep: Uint8Array): Starts {
  let n = 0;
  for (let k = 0; k < keep.length; k++) n += keep[k];
  if (n === keep.length) return rows;
  const out = { at: new Uint32Array(n), mark: new Uint32Array(n), weight: new Uint32Array(n) };
  let to = 0;
  for (let k = 0; k < keep.length; k++) {
    if (keep[k] === 0) continue;
    out.at[to] = rows.at[k];
    out.mark[to] = rows.mark[k];
    out.weight[to++] = rows.weight[k];
  }
  return out;
}

/**
 * 0 for marks inside the last object: no size descends for good. What nothing larger stands behind, `fold` cannot tell from many small
 * objects; several larger ones in front of it can.
 */
function lastWhole({ at, mark }: Starts, sizes: Uint32Array, end: number): Uint8Array {
  const n = at.length;
  const keep = new Uint8Array(n).fill(1);
  const sizeOf = (k: number): number => (k + 1 < n ? at[k + 1] : end) - at[k];
  let largest = 0;
  let first = n;
  while (first > 0 && sizes[mark[first - 1]] === 0) {
    const size = sizeOf(first - 1);
    if (first < n && size > largest * 2) break;
    largest = Math.max(largest, size);
    first--;
  }
  let larger = 0;
  for (let k = first - 1; k >= 0 && k >= first - AHEAD; k--) if (sizeOf(k) > largest * 2) larger++;
  // as one object it keeps the order
  if (larger >= PROOF && first < n && end - at[first] >= sizeOf(first - 1)) keep.fill(0, first + 1);
  return keep;
}

/** Among how many objects in front of the last one the larger ones are counted. */
const AHEAD = 8;

/** How many of the next distances an object must exceed all but one of, and how often, to be several. */
const LATER = 4;
const OUTSIZED = 1.3;
const MOST_PARTS = 4;

/**
 * Adds starts that nothing refers to: composites that only code reads or fills element by element have none. Sizes ascend, so a distance
 * that exceeds the ones behind it holds several objects; of equal sizes, as far as one can tell. `nobody` is the mark of such starts.
 */
function withHidden({ at, mark, weight }: Starts, sizes: Uint32Array, end: number, nobody: number): Starts {
  const n = at.length;
  const firm = new Uint32Array(n);
  let count = 0;
  for (let k = 0; k < n; k++) if (weight[k] >= FIRST_WORD || sizes[mark[k]] > 0) firm[count++] = k;
  const distance = new Uint32Array(count);
  for (let f = 0; f < count; f++) distance[f] = (f + 1 < count ? at[firm[f + 1]] : end) - at[firm[f]];
  const added: number[] = [];
  for (let f = 0; f + 2 < count; f++) {
    const usual = usualAfter(distance, f);
    const parts = Math.ceil(distance[f] / usual);
    if (sizes[mark[firm[f]]] > 0 || distance[f] < usual * OUTSIZED || parts > MOST_PARTS) continue;
    const size = distance[f] / parts;
    const unit = leastAlign(size);
    for (let p = 1; p < parts; p++) added.push(at[firm[f]] + Math.floor((size * p) / unit) * unit);
  }
  if (added.length === 0) return { at, mark, weight };
  const most = n + added.length;
  const rows = { at: new U32List(most), mark: new U32List(most), weight: new U32List(most) };
  for (let k = 0, a = 0; k < n; k++) {
    for (; a < added.length && added[a] <= at[k]; a++) {
      if (added[a] === at[k]) continue;
      rows.at.push(added[a]);
      rows.mark.push(nobody);
      rows.weight.push(HIDDEN);
    }
    rows.at.push(at[k]);
    rows.mark.push(mark[k]);
    rows.weight.push(weight[k]);
  }
  return { at: rows.at.array(), mark: rows.mark.array(), weight: rows.weight.array() };
}

/** The second smallest of the distances behind one. */
function usualAfter(distance: Uint32Array, f: number): number {
  let low = Infinity;
  let usual = Infinity;
  const last = f + LATER < distance.length ? f + LATER : distance.length - 1;
  for (let k = f + 1; k <= last; k++) {
    if (distance[k] < low) {
      usual = low;
      low = distance[k];
    } else if (distance[k] < usual) usual = distance[k];
  }
  return usual;
}

/**
 * 0 for marks that cannot be starts: sizes ascend, and an object of 32 bytes or more stands on a multiple of 32, one of 16 or more
 * on 16. The class in force is read off the gaps between neighbouring marks, which no object is smaller than for long.
 */
function aligned({ at, mark }: Starts, sizes: Uint32Array, end: number): Uint8Array {
  const n = at.length;
  /** Distances of unknown objects to the next mark; 0 for others. */
  const room = new Uint32Array(n);
  for (let k = 0; k < n; k++) room[k] = sizes[mark[k]] === 0 ? (k + 1 < n ? at[k + 1] : end) - at[k] : 0;
  const from16 = onset(room, 32);
  const from32 = onset(room, 64);
  const keep = new Uint8Array(n).fill(1);
  for (let k = 0; k < n; k++) {
    const align = k > from32 ? 32 : k > from16 ? 16 : 1;
    if (sizes[mark[k]] === 0 && at[k] % align !== 0) keep[k] = 0;
  }
  return keep;
}

/** First mark from which on gaps of a width are usual. */
function onset(room: Uint32Array, width: number): number {
  const n = room.length;
  let wide = 0;
  for (let k = 0; k < WINDOW && k < n; k++) if (room[k] >= width) wide++;
  for (let k = 0; k < n; k++) {
    const isWide = room[k] >= width;
    if (wide >= PROOF && isWide) return k;
    if (isWide) wide--;
    if (k + WINDOW < n && room[k + WINDOW] >= width) wide++;
  }
  return n;
}

/** How many marks in a row may be interior to one object. */
const REACH = 32;
/** Rows of costs in use at a time, a power of two above REACH. */
const ROWS = 64;
/** Objects with more interior marks than that are put together in rounds. */
const ROUNDS = 4;
/** Costs are whole numbers of these: before V8 compiles a loop it makes an object of every fraction. Weights are hundredths. */
const COST = 4800;
/** Cost of an object that is half as big as the one before it; a quarter costs twice as much. */
const DISORDER = 2.5 * COST;
const MISALIGNED = 2 * COST;
/** Cost of a large object whose address nothing forms: code that walks one does. */
const UNFORMED = 0.4 * COST;
const LARGE = 256;
const FIRM_START = 0.5 * COST;
/** Cost of an object whose start nothing marks. */
const UNMARKED = 0.6 * COST;
/** Cost of an object without a pointer among those that have one. */
const POINTERLESS = 20 * COST;
/** Cost of leaving out a mark whose size is known: never. */
const FIXED = 1000 * COST;
/** What an object may leave out at most: so much, and so much for each byte. */
const MOST_SKIPPED = 4 * COST;
const SKIPPED_PER_BYTE = COST / 48;
/** Bytes for which all that it can reach may be left out. */
const MANY = 1 << 16;
/** Costs that all ways have are taken off when they exceed this; no way costs as much as none. */
const HIGH = 1 << 28;
const NONE = 1 << 30;
/** thearch.Maxalign of every architecture but arm (8), where the weaker rule costs nothing. */
const MAX_ALIGN = 32;

/**
 * 1 for starts to keep: the subset that costs least, where leaving a mark out costs its weight and an object smaller than the
 * one before it costs by how much. Shortest path over (previous kept, kept) pairs, O(n · REACH · log REACH).
 */
function fold(rows: Starts, sizes: Uint32Array, area: Area, scratch: { from: Int8Array }): Uint8Array {
  const n = rows.at.length;
  if (n < 3) return new Uint8Array(n).fill(1);
  if (scratch.from.length < (n + 1) * REACH) scratch.from = takeI8((n + 1) * REACH);
  const folding = new Folding(rows, sizes, area, scratch.from);
  for (let i = 0; i < n; i++) folding.step(i);
  return folding.kept();
}

/**
 * What `fold` knows so far. A row at a time is a call of its own: see `sortedOrder`. Few steps depend on conditions: V8 puts off compiling
 * a function when it meets one that it has not seen yet.
 */
class Folding {
  private readonly isAligned: boolean;
  private readonly n: number;
  /** Starts, and the area's end. */
  private readonly place: Uint32Array;
  private readonly weight: Uint32Array;
  private readonly known: Uint32Array;
  private readonly skip: Int32Array;
  /** Of two places with a pointer between them the later one has more. */
  private readonly pointers: Uint32Array;
  /** The last row that is reached from each one. */
  private readonly reach: Uint32Array;
  // cost of row j at k: cheapest way in which j is kept and j-1-k is the kept one before it; from: the k of that one.
  // Costs are needed for as many rows as can be reached, so their rows are used in turn
  private readonly cost = new Int32Array(ROWS * REACH);
  private readonly from: Int8Array;
  // of the objects that end at a row, by ascending size: cheapest of the first k, and of the others with their size's log added
  private readonly width = new Uint32Array(REACH);
  private readonly under = new Int32Array(REACH + 1);
  private readonly underAt = new Int8Array(REACH + 1);
  private readonly over = new Int32Array(REACH + 1);
  private readonly overAt = new Int8Array(REACH + 1);

  constructor({ at, mark, weight }: Starts, sizes: Uint32Array, area: Area, from: Int8Array) {
    const n = at.length;
    this.isAligned = area.aligned;
    this.n = n;
    this.weight = weight;
    this.from = from;
    this.place = new Uint32Array(n + 1);
    this.place.set(at);
    this.place[n] = area.end;
    this.known = new Uint32Array(n);
    this.skip = new Int32Array(n + 1);
    this.reach = new Uint32Array(n);
    for (let i = 0; i < n; i++) this.weighRow(i, sizes[mark[i]]);
    this.pointers = pointersBefore(area, this.place) ?? this.place;
  }

  private weighRow(i: number, size: number): void {
    this.known[i] = size;
    this.skip[i] = size > 0 ? FIXED : this.weight[i] * (COST / 100);
  }

  /** Sums up the ways to a row, and leads on from it. */
  step(i: number): void {
    const { skip, cost, reach } = this;
    const row = (i & (ROWS - 1)) * REACH;
    // there is but one way through three starts of known size
    if (i > 0 && skip[i - 1] === FIXED && skip[i] === FIXED && skip[i + 1] === FIXED) {
      cost[((i + 1) & (ROWS - 1)) * REACH] = cost[row];
      this.from[(i + 1) * REACH] = 0;
      reach[i] = i + 1;
      return;
    }
    if (cost[row] > HIGH) this.lower(cost[row]);
    this.extend(i, this.arrive(i));
  }

  /** Takes off what all ways cost: only differences count. */
  private lower(by: number): void {
    for (let k = 0; k < this.cost.length; k++) this.cost[k] -= by;
  }

  /** Sums up the ways that lead to row i; answers how many are worth following: those that no cheaper one over a smaller object beats. */
  private arrive(i: number): number {
    const { cost, reach, width, under, underAt, over, overAt } = this;
    const row = (i & (ROWS - 1)) * REACH;
    const most = i < REACH ? i : REACH;
    // to the first row there are none, at no cost
    let least = NONE;
    under[0] = i === 0 ? 0 : NONE;
    underAt[0] = -1;
    let ways = 0;
    for (let k = 0; k < most; k++) {
      if (reach[i - 1 - k] < i) break;
      const c = cost[row + k];
      if (c >= least) continue;
      least = c;
      width[ways++] = this.widthOf(i - 1 - k, i);
      under[ways] = c;
      underAt[ways] = k;
    }
    over[ways] = NONE;
    for (let w = ways - 1; w >= 0; w--) {
      const c = under[w + 1] + disorder(width[w]);
      const isBetter = c < over[w + 1];
      over[w] = isBetter ? c : over[w + 1];
      overAt[w] = isBetter ? underAt[w + 1] : overAt[w + 1];
    }
    return ways;
  }

  /** Size of the object from row h to row i. One of known size with room behind it is no smaller than those that the room could be. */
  private widthOf(h: number, i: number): number {
    const { known, place } = this;
    const room = place[i] - place[h];
    const behind = place[i] - place[h + 1];
    const size = known[h];
    return size === 0 ? room : size > behind ? size : behind;
  }

  /** Leads from row i, to which there are so many ways, to all rows where its object may end. */
  private extend(i: number, ways: number): void {
    const { n, isAligned, known, place, skip, pointers, cost, from, width, under, underAt, over, overAt } = this;
    const isKnown = known[i] > 0;
    const pointersHere = pointers[i];
    // from this size on the start is misaligned: see leastAlign
    const unit = place[i] & -place[i];
    const tooWide = unit * 4;
    const misaligned = !isKnown && isAligned && unit > 0 && unit < MAX_ALIGN ? MISALIGNED : 0;
    const unformed = isKnown || skip[i] >= FIRM_START ? 0 : UNFORMED;
    const pointerless = isKnown ? 0 : POINTERLESS;
    let skipped = isKnown || this.weight[i] !== HIDDEN ? 0 : UNMARKED;
    const most = skipped + MOST_SKIPPED;
    const last = i + REACH < n ? i + REACH : n;
    let lo = 0;
    let j = i + 1;
    for (; ; j++) {
      const room = place[j] - place[i];
      const size = isKnown ? known[i] : room;
      // the larger an object, the more references point into it
      if (skipped > most + (size < MANY ? size : MANY) * SKIPPED_PER_BYTE) break;
      const limit = size + (size < 64 ? 8 : 31);
      // the farther the end, the more of the ways lead to something smaller
      while (lo < ways && width[lo] <= limit) lo++;
      const more = over[lo] - disorder(size);
      const isMore = more < under[lo];
      const way = isMore ? overAt[lo] : underAt[lo];
      let best = isMore ? more : under[lo];
      best += size >= tooWide ? misaligned : 0;
      best += size > LARGE ? unformed : 0;
      best += pointers[j] <= pointersHere ? pointerless : 0;
      const k = j - 1 - i;
      cost[(j & (ROWS - 1)) * REACH + k] = best + skipped;
      from[j * REACH + k] = way;
      // beyond a start of known size no object reaches
      if (j === last || skip[j] === FIXED) {
        j++;
        break;
      }
      skipped += skip[j];
    }
    this.reach[i] = j - 1;
  }

  /** 1 for starts on the cheapest way to the end. */
  kept(): Uint8Array {
    const { n, cost, from, reach } = this;
    const keep = new Uint8Array(n).fill(1);
    let j = n;
    let k = 0;
    const end = (n & (ROWS - 1)) * REACH;
    for (let b = 1; b < REACH && b < n; b++) if (reach[n - 1 - b] === n && cost[end + b] < cost[end + k]) k = b;
    while (j > 0 && k >= 0) {
      const i = j - 1 - k;
      if (k > 0) keep.fill(0, i + 1, j);
      k = from[j * REACH + k];
      j = i;
    }
    return keep;
  }
}

/** Costs of disorder for sizes of at most so many bits; what larger ones have below these is too little to count. */
const BITS = 12;
const DISORDERS = Int32Array.from({ length: 1 << BITS }, (_, size) => Math.round(DISORDER * Math.log2(size)));

/** What it costs to stand behind nothing of a size, relative to one byte. */
function disorder(size: number): number {
  const more = 32 - BITS - Math.clz32(size);
  return more <= 0 ? DISORDERS[size] : DISORDERS[size >>> more] + more * DISORDER;
}

/** Least alignment of an object that fills a gap up to the next of its kind: a power of two not above its size (ld/data.go, symalign). */
function leastAlign(gap: number): number {
  let align = 1;
  while (align < MAX_ALIGN && align * 4 <= gap) align *= 2;
  return align;
}

class ObjectRows {
  area = 0;
  private count = 0;
  private start: Uint32Array;
  private end: Uint32Array;
  private named: Uint32Array;
  private symbol: Uint32Array;
  private kind: Uint8Array;
  private exact: Uint8Array;
  private areas: Uint8Array;

  /** `expected` objects need no growth; room that is not used takes no memory. */
  constructor(expected: number) {
    const n = expected + 16;
    this.start = takeU32(n);
    this.end = takeU32(n);
    this.named = takeU32(n);
    this.symbol = takeU32(n);
    this.kind = takeU8(n);
    this.exact = takeU8(n);
    this.areas = takeU8(n);
  }

  add(start: number, end: number, kind: number, named: number, symbol: number, exact: number): void {
    if (end <= start) return;
    const i = this.count;
    if (i === this.start.length) this.grow(i * 2);
    this.start[i] = start;
    this.end[i] = end;
    this.kind[i] = kind;
    this.named[i] = named;
    this.symbol[i] = symbol;
    this.exact[i] = exact;
    this.areas[i] = this.area;
    this.count = i + 1;
  }

  private grow(n: number): void {
    this.start = wider(this.start, n);
    this.end = wider(this.end, n);
    this.named = wider(this.named, n);
    this.symbol = wider(this.symbol, n);
    this.kind = longer(this.kind, n);
    this.exact = longer(this.exact, n);
    this.areas = longer(this.areas, n);
  }

  objects(): Objects {
    const n = this.count;
    const start = this.start.subarray(0, n);
    const end = this.end.subarray(0, n);
    return {
      count: n,
      start,
      end,
      ...pagesOf(start, end),
      kind: this.kind.subarray(0, n),
      named: this.named.subarray(0, n),
      symbol: this.symbol.subarray(0, n),
      exact: this.exact.subarray(0, n),
      area: this.areas.subarray(0, n),
    };
  }
}
