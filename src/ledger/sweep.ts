// Turns claims into a ledger: one sweep over the claims by start, the claimant with the lowest number owning each byte.
import { longer, release, takeU32, takeU8, wider } from "../binary/memory.ts";
import { type ClaimRows, type Claims, INFERRED, KIND, type Ledger } from "./ledger.ts";
import { runningSums } from "./runningsums.ts";

class Rows {
  count = 0;
  private start: Uint32Array;
  private kind: Uint8Array;
  private pkg: Uint32Array;
  private symbol: Uint32Array;
  private evidence: Uint8Array;

  /** `expected` rows need no growth. */
  constructor(expected: number) {
    const n = expected + 16;
    this.start = takeU32(n);
    this.kind = takeU8(n);
    this.pkg = takeU32(n);
    this.symbol = takeU32(n);
    this.evidence = takeU8(n);
  }

  add(start: number, kind: number, pkg: number, symbol: number, evidence: number): void {
    const i = this.count;
    if (
      i > 0 &&
      this.kind[i - 1] === kind &&
      this.pkg[i - 1] === pkg &&
      this.symbol[i - 1] === symbol &&
      this.evidence[i - 1] === evidence
    ) {
      return;
    }
    if (i === this.start.length) {
      const n = Math.ceil(i * 1.6);
      this.start = wider(this.start, n);
      this.pkg = wider(this.pkg, n);
      this.symbol = wider(this.symbol, n);
      this.kind = longer(this.kind, n);
      this.evidence = longer(this.evidence, n);
    }
    this.start[i] = start;
    this.kind[i] = kind;
    this.pkg[i] = pkg;
    this.symbol[i] = symbol;
    this.evidence[i] = evidence;
    this.count++;
  }

  /** Adds the claims from the i-th in order on that stand alone, and the gaps in front of them from an offset on; answers which is the next. */
  addAlone({ count, start, end, pkg, symbol, tag }: ClaimRows, order: Uint32Array, i: number, at: number): number {
    for (; i < count; i++) {
      const c = order[i];
      const from = start[c];
      const to = end[c];
      if (i + 1 < count && start[order[i + 1]] < to) break;
      if (from > at) this.add(at, KIND.unattributed, 0, 0, INFERRED);
      this.add(from, (tag[c] >>> 8) & 255, pkg[c], symbol[c], tag[c] & 255);
      at = to;
    }
    return i;
  }

  /** Adds rows [from, to) of a ledger, the first from `start` on. Neighbours in a ledger differ: only the first may go on with a row here. */
  copy(l: Ledger, from: number, to: number, start: number): void {
    this.add(start, l.kind[from], l.pkg[from], l.symbol[from], l.evidence[from]);
    from++;
    if (to - from < FEW) {
      for (; from < to; from++) this.add(l.start[from], l.kind[from], l.pkg[from], l.symbol[from], l.evidence[from]);
      return;
    }
    const { count } = this;
    this.start.set(l.start.subarray(from, to), count);
    this.kind.set(l.kind.subarray(from, to), count);
    this.pkg.set(l.pkg.subarray(from, to), count);
    this.symbol.set(l.symbol.subarray(from, to), count);
    this.evidence.set(l.evidence.subarray(from, to), count);
    this.count = count + to - from;
  }

  ledger(size: number, claims: Pick<Claims, "packages" | "symbols">): Ledger {
    const n = this.count;
    return {
      size,
      count: n,
      start: this.start.subarray(0, n),
      kind: this.kind.subarray(0, n),
      pkg: this.pkg.subarray(0, n),
      symbol: this.symbol.subarray(0, n),
      evidence: this.evidence.subarray(0, n),
      packages: claims.packages,
      symbols: claims.symbols,
    };
  }
}

/** Fewer rows than this are copied one by one. */
const FEW = 16;

/**
 * Indices of keys in ascending order, equal keys in index order (least-significant-digit radix sort, two or three digits). Each loop is a
 * function of its own: V8 compiles a long loop while it runs, all of the function that it stands in, and leaves that again where it ends.
 */
export function sortedOrder(keys: Uint32Array, count: number): Uint32Array {
  let order = takeU32(count);
  const runs = disjointRuns(keys, count);
  if (runs) {
    let to = 0;
    for (const [from, end] of runs) to = countUp(order, to, from, end);
    return order;
  }
  countUp(order, 0, 0, count);
  const [low, high] = bounds(keys, count);
  const bits = 32 - Math.clz32(high - low);
  const digits = bits <= 26 ? 2 : 3;
  const width = Math.ceil(bits / digits);
  const mask = (1 << width) - 1;
  let next = takeU32(count);
  const buckets = new Uint32Array(mask + 2);
  for (let digit = 0; digit < digits; digit++) {
    const shift = digit * width;
    buckets.fill(0);
    countDigits(keys, count, low, shift, mask, buckets);
    runningSums(buckets);
    scatter(keys, order, low, shift, mask, buckets, next);
    [order, next] = [next, order];
  }
  release(next);
  return order;
}

/** Claimants mostly go through one table after the other, each in ascending order. */
const MAX_RUNS = 64;

/** Runs [from, end) of ascending keys in the order of these, if none reaches into another; undefined if they do, or are many. */
function disjointRuns(keys: Uint32Array, count: number): [from: number, end: number][] | undefined {
  const runs: [number, number][] = [];
  for (let from = 0; from < count;) {
    if (runs.length === MAX_RUNS) return undefined;
    const end = endOfRun(keys, from, count);
    runs.push([from, end]);
    from = end;
  }
  runs.sort((a, b) => keys[a[0]] - keys[b[0]] || a[0] - b[0]);
  for (let r = 1; r < runs.length; r++) {
    const last = keys[runs[r - 1][1] - 1];
    const first = keys[runs[r][0]];
    if (last > first || (last === first && runs[r - 1][0] > runs[r][0])) return undefined;
  }
  return runs;
}

function endOfRun(keys: Uint32Array, from: number, count: number): number {
  let end = from + 1;
  while (end < count && keys[end] >= keys[end - 1]) end++;
  return end;
}

/** Writes the numbers [from, end) from a place on; answers the place behind them. */
function countUp(order: Uint32Array, to: number, from: number, end: number): number {
  for (let i = from; i < end; i++) order[to++] = i;
  return to;
}

function bounds(keys: Uint32Array, count: number): [low: number, high: number] {
  let low = 0xffffffff;
  let high = 0;
  for (let i = 0; i < count; i++) {
    const key = keys[i];
    if (key < low) low = key;
    if (key > high) high = key;
  }
  return [low, high];
}

/** Counts the keys of each digit d at buckets[d + 1]. */
function countDigits(
  keys: Uint32Array,
  count: number,
  low: number,
  shift: number,
  mask: number,
  buckets: Uint32Array,
): void {
  for (let i = 0; i < count; i++) buckets[(((keys[i] - low) >>> shift) & mask) + 1]++;
}

/** Moves indices to the places of their keys' digits; buckets[d]: the next place for digit d. */
function scatter(
  keys: Uint32Array,
  order: Uint32Array,
  low: number,
  shift: number,
  mask: number,
  buckets: Uint32Array,
  to: Uint32Array,
): void {
  for (let i = 0; i < order.length; i++) {
    const o = order[i];
    to[buckets[((keys[o] - low) >>> shift) & mask]++] = o;
  }
}

/**
 * First claim wins: lowest claimant, then first added. Bytes that nobody claims become `unattributed`.
 * O(n log depth) for n claims; consumes the claims.
 */
export function sweep(claims: Claims): Ledger {
  const { size } = claims;
  const taken = claims.take();
  const { count, start, end, pkg, symbol, tag } = taken;
  const order = sortedOrder(start, count);
  // every claim may begin a row, end one, and leave a gap behind it
  const rows = new Rows(Math.min(size, count + (count >> 2)));

  // binary heap of active claims, best claimant first
  const heap: number[] = [];
  const better = (a: number, b: number): boolean => {
    const d = (tag[a] >>> 16) - (tag[b] >>> 16);
    return d < 0 || (d === 0 && a < b);
  };
  const push = (c: number): void => {
    let i = heap.length;
    heap.push(c);
    while (i > 0) {
      const p = (i - 1) >> 1;
      if (!better(heap[i], heap[p])) break;
      [heap[i], heap[p]] = [heap[p], heap[i]];
      i = p;
    }
  };
  const pop = (): void => {
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    let i = 0;
    for (;;) {
      const l = 2 * i + 1;
      if (l >= heap.length) break;
      const r = l + 1;
      const m = r < heap.length && better(heap[r], heap[l]) ? r : l;
      if (!better(heap[m], heap[i])) break;
      [heap[i], heap[m]] = [heap[m], heap[i]];
      i = m;
    }
  };
  const own = (from: number, c: number): void => rows.add(from, (tag[c] >>> 8) & 255, pkg[c], symbol[c], tag[c] & 255);

  let at = 0;
  let i = 0;
  while (at < size) {
    while (heap.length > 0 && end[heap[0]] <= at) pop();
    if (heap.length === 0) {
      // most claims do
      const next = rows.addAlone(taken, order, i, at);
      if (next > i) at = end[order[next - 1]];
      i = next;
      const to = i < count ? start[order[i]] : size;
      if (to > at) rows.add(at, KIND.unattributed, 0, 0, INFERRED);
      at = to;
      while (i < count && start[order[i]] === at) push(order[i++]);
      continue;
    }
    const top = heap[0];
    // claims that start inside the current one: worse ones only wait, a better one cuts it
    let cut = -1;
    while (i < count && start[order[i]] < end[top]) {
      const c = order[i++];
      const wins = better(c, top);
      push(c);
      if (wins) {
        cut = start[c];
        break;
      }
    }
    const to = cut >= 0 ? cut : end[top];
    if (to > at) own(at, top);
    at = to;
  }
  release(start, end, pkg, symbol, tag, order);
  return rows.ledger(size, claims);
}

/** The base ledger with its unattributed ranges filled from `more` (same file, same name tables). Linear. */
export function fillGaps(base: Ledger, more: Ledger): Ledger {
  if (more.count <= 1 && (more.count === 0 || more.kind[0] === KIND.unattributed)) return base;
  const rows = new Rows(base.count + more.count);
  let j = 0;
  for (let i = 0; i < base.count; i++) {
    const gap = nextGap(base, i);
    if (gap > i) rows.copy(base, i, gap, base.start[i]);
    if (gap === base.count) break;
    i = gap;
    const from = base.start[i];
    const to = i + 1 < base.count ? base.start[i + 1] : base.size;
    j = firstFrom(more, j + 1, from + 1) - 1;
    const end = firstFrom(more, j + 1, to);
    rows.copy(more, j, end, from);
    j = end - 1;
  }
  return rows.ledger(base.size, base);
}

/** Index of the first range from the i-th on that starts at an offset or behind it; the number of ranges if there is none. */
function firstFrom({ start, count }: Ledger, i: number, offset: number): number {
  while (i < count && start[i] < offset) i++;
  return i;
}

/** Lets go of a ledger's memory. */
export function releaseLedger({ start, kind, pkg, symbol, evidence }: Ledger): void {
  release(start, kind, pkg, symbol, evidence);
}

/** Index of the range that holds a file offset. */
export function rangeAt(ledger: Ledger, offset: number): number {
  let lo = 0;
  let hi = ledger.count - 1;
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1;
    if (ledger.start[mid] <= offset) lo = mid;
    else hi = mid - 1;
  }
  return lo;
}

/** Index of the first range from the i-th on that nobody owns; the number of ranges if there is none. */
export function nextGap({ kind, count }: Ledger, i: number): number {
  const found = kind.indexOf(KIND.unattributed, i);
  return found < 0 ? count : found;
}
