// Pairs of packages that stand behind each other, counted.
import { takeU32, wider } from "../../binary/memory.ts";

/** Pairs of ids and how much was counted for each, in the order in which they were first met: open addressing, no allocation per pair. */
export class PairCounts {
  count = 0;
  /** The first and the second id of each pair, and what was counted. */
  before = takeU32(LEAST);
  behind = takeU32(LEAST);
  times = takeU32(LEAST);
  /** Places hold the number of a pair, plus one; always less than half of them are taken. */
  private table = new Uint32Array(LEAST * 2);

  add(before: number, behind: number, times: number): void {
    const place = this.placeOf(before, behind);
    const pair = this.table[place];
    if (pair > 0) {
      this.times[pair - 1] += times;
      return;
    }
    const i = this.count;
    if (i === this.before.length) this.grow();
    this.before[i] = before;
    this.behind[i] = behind;
    this.times[i] = times;
    this.count = i + 1;
    this.table[place] = this.count;
    if (this.count * 2 >= this.table.length) this.widen();
  }

  /** What was counted for a pair. */
  of(before: number, behind: number): number {
    const pair = this.table[this.placeOf(before, behind)];
    return pair > 0 ? this.times[pair - 1] : 0;
  }

  /** The place of a pair, or the free one where it would stand. */
  private placeOf(before: number, behind: number): number {
    const { table } = this;
    const mask = table.length - 1;
    let h = Math.imul(before ^ Math.imul(behind, 0x9e3779b1), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35);
    let place = (h ^ (h >>> 13)) & mask;
    for (let pair = table[place]; pair > 0; pair = table[place]) {
      if (this.before[pair - 1] === before && this.behind[pair - 1] === behind) break;
      place = (place + 1) & mask;
    }
    return place;
  }

  private grow(): void {
    const n = this.count * 2;
    this.before = wider(this.before, n);
    this.behind = wider(this.behind, n);
    this.times = wider(this.times, n);
  }

  private widen(): void {
    this.table = new Uint32Array(this.table.length * 2);
    for (let i = 0; i < this.count; i++) this.table[this.placeOf(this.before[i], this.behind[i])] = i + 1;
  }
}

/** Room for so many pairs at first: a power of two. */
const LEAST = 8192;

/** Others by id, in one array: those of id i are at [from[i], from[i + 1]). */
export interface Rows {
  readonly from: Uint32Array;
  readonly other: Uint32Array;
}

/** For each id those that mostly stand behind it, as first met; of pairs seen in both directions as often, the lower id comes first. */
export function followers(pairs: PairCounts, ids: number): Rows {
  const { count, before, behind, times } = pairs;
  const from = new Uint32Array(ids + 1);
  const stands = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const [a, b] = [before[i], behind[i]];
    const back = pairs.of(b, a);
    if (back > times[i] || (back === times[i] && b < a)) continue;
    stands[i] = 1;
    from[a + 1]++;
  }
  const next = startRows(from);
  const other = new Uint32Array(from[ids]);
  for (let i = 0; i < count; i++) if (stands[i] === 1) other[next[before[i]]++] = behind[i];
  return { from, other };
}

/** For each id the others that stand mostly on one side of it, as first met, and by how much more often before them than behind them. */
export function neighbours(pairs: PairCounts, ids: number): Rows & { readonly surplus: Int32Array } {
  const { count, before, behind, times } = pairs;
  const from = new Uint32Array(ids + 1);
  const more = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    more[i] = times[i] - pairs.of(behind[i], before[i]);
    if (more[i] <= 0) continue;
    from[before[i] + 1]++;
    from[behind[i] + 1]++;
  }
  const next = startRows(from);
  const other = new Uint32Array(from[ids]);
  const surplus = new Int32Array(from[ids]);
  for (let i = 0; i < count; i++) {
    if (more[i] <= 0) continue;
    const a = next[before[i]]++;
    const b = next[behind[i]]++;
    other[a] = behind[i];
    surplus[a] = more[i];
    other[b] = before[i];
    surplus[b] = -more[i];
  }
  return { from, other, surplus };
}

/** Turns the lengths of rows, each behind its place, into where they start; answers these as places to write at. */
function startRows(from: Uint32Array): Uint32Array {
  for (let i = 1; i < from.length; i++) from[i] += from[i - 1];
  return from.slice();
}
