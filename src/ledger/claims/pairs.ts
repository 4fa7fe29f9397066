// Pairs of packages that stand behind each other, counted.
import { takeU32, wider } from "../../binary/memory.ts";
import { Pairs } from "../pairs.ts";
import { runningSums } from "../runningsums.ts";

/** Pairs of ids and how much was counted for each, in the order in which they were first met. */
export class PairCounts {
  private readonly pairs = new Pairs();
  /** What was counted, by the number of the pair. */
  times = takeU32(LEAST).fill(0);

  get count(): number {
    return this.pairs.count;
  }

  /** The first id of each pair. */
  get before(): Uint32Array {
    return this.pairs.first;
  }

  /** The second id of each pair. */
  get behind(): Uint32Array {
    return this.pairs.second;
  }

  add(before: number, behind: number, times: number): void {
    const i = this.pairs.index(before, behind);
    if (i === this.times.length) this.grow();
    this.times[i] += times;
  }

  /** What was counted for a pair. */
  of(before: number, behind: number): number {
    const i = this.pairs.find(before, behind);
    return i < 0 ? 0 : this.times[i];
  }

  private grow(): void {
    const from = this.times.length;
    this.times = wider(this.times, from * 2).fill(0, from);
  }
}

/** Room for so many pairs at first. */
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
  runningSums(from);
  return from.slice();
}
