// Comparing two samples of timings. No assumption about their distribution: ranks only.

export interface Comparison {
  /** Two-sided: how likely a difference as large is if both samples come from one distribution. */
  readonly p: number;
  /** exact: counted over all arrangements. normal: approximated, corrected for ties and continuity. */
  readonly by: "exact" | "normal";
  /** Mann and Whitney's U of the first sample: pairs in which its value is the larger, ties counting half. */
  readonly u: number;
  /**
   * Effect size: P(second > first) − P(second < first), from −1 to 1 (Cliff's delta, which is the rank-biserial correlation). Negative: the
   * second sample's values are smaller.
   */
  readonly effect: number;
}

/** Larger samples, and ties, are approximated: the exact table grows with the product of the sizes. */
const MAX_EXACT = 20;

/**
 * Mann-Whitney U test of two samples, neither empty (Mann and Whitney 1947, "On a Test of Whether one of Two Random Variables is
 * Stochastically Larger than the Other"); the exact distribution by their recurrence.
 */
export function mannWhitney(first: readonly number[], second: readonly number[]): Comparison {
  const [m, n] = [first.length, second.length];
  let u = 0;
  for (const a of first) for (const b of second) u += a > b ? 1 : a === b ? 0.5 : 0;
  const effect = 1 - (2 * u) / (m * n);
  const ties = tieSizes([...first, ...second]);
  if (ties.length === 0 && m <= MAX_EXACT && n <= MAX_EXACT) {
    const counts = arrangements(m, n);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const tail = counts.slice(0, Math.min(u, m * n - u) + 1).reduce((sum, count) => sum + count, 0);
    return { p: Math.min(1, (2 * tail) / total), by: "exact", u, effect };
  }
  const all = m + n;
  const tied = ties.reduce((sum, t) => sum + (t ** 3 - t), 0);
  const variance = ((m * n) / 12) * (all + 1 - tied / (all * (all - 1)));
  if (variance === 0) return { p: 1, by: "normal", u, effect };
  const z = Math.max(0, Math.abs(u - (m * n) / 2) - 0.5) / Math.sqrt(variance);
  return { p: Math.min(1, 2 * upperTail(z)), by: "normal", u, effect };
}

/** Sizes of the groups of equal values that have more than one. */
function tieSizes(values: readonly number[]): number[] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()].filter((count) => count > 1);
}

/** How many of the arrangements of m and n distinct values have each U from 0 to m·n: coefficients of the Gaussian binomial. */
function arrangements(m: number, n: number): number[] {
  // Π (1 − q^(n+i)) / (1 − q^i) for i = 1 … m; every intermediate quotient is a polynomial
  let counts = Array.from({ length: m * n + 1 }, () => 0);
  counts[0] = 1;
  for (let i = 1; i <= m; i++) {
    const next = counts.map((count, k) => count - (k >= n + i ? counts[k - n - i] : 0));
    for (let k = i; k < next.length; k++) next[k] += next[k - i];
    counts = next;
  }
  return counts;
}

/** P(Z > z) of the standard normal distribution, z ≥ 0; absolute error below 1.5e-7 (Abramowitz and Stegun 7.1.26). */
function upperTail(z: number): number {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return (poly * Math.exp(-x * x)) / 2;
}

/** Middle of a sample that is not empty; the mean of two if there are two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
