// The rank test against known values: textbook tables, and what scipy documents.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mannWhitney, median } from "../../src/lab/statistics.ts";

describe("Mann-Whitney", () => {
  it("knows the example of scipy.stats.mannwhitneyu", () => {
    const males = [19, 22, 16, 29, 24];
    const females = [20, 11, 17, 12];
    const exact = mannWhitney(males, females);
    expect(exact.u).toBe(17);
    expect(exact.by).toBe("exact");
    expect(exact.p).toBeCloseTo(0.1111111111, 9);
    // method="asymptotic" there gives 0.11134688653314041; a tie far from the rest, the same U
    expect(exact.effect).toBeCloseTo(1 - (2 * 17) / 20, 12);
  });

  it.each([
    [4, 2 / 70],
    [5, 2 / 252],
    [10, 2 / 184756],
  ])("separates two samples of %i completely", (n, p) => {
    const low = Array.from({ length: n }, (_, i) => i);
    const high = low.map((value) => value + 100);
    expect(mannWhitney(low, high)).toMatchObject({ u: 0, effect: 1, by: "exact" });
    expect(mannWhitney(low, high).p).toBeCloseTo(p, 12);
    expect(mannWhitney(high, low)).toMatchObject({ u: n * n, effect: -1 });
    expect(mannWhitney(high, low).p).toBeCloseTo(p, 12);
  });

  // critical values of U for two-sided 0.05, as every textbook prints them
  it.each([
    [4, 4, 0],
    [5, 5, 2],
    [5, 8, 6],
    [8, 8, 13],
    [10, 10, 23],
    [12, 15, 49],
    [20, 20, 127],
  ])("agrees with the table for %i and %i", (m, n, critical) => {
    expect(mannWhitney(...withU(m, n, critical)).p).toBeLessThanOrEqual(0.05);
    expect(mannWhitney(...withU(m, n, critical + 1)).p).toBeGreaterThan(0.05);
  });

  it("approximates well where it could count", () => {
    for (let u = 60; u <= 200; u += 20) {
      const [first, second] = withU(20, 20, u);
      const exact = mannWhitney(first, second).p;
      // one equal pair in the same sample leaves U as it was, and makes it approximate
      const tied = first.with(0, first[1]);
      const near = mannWhitney(tied, second);
      expect(near.by).toBe("normal");
      expect(Math.abs(near.p - exact)).toBeLessThan(0.02);
    }
  });

  it("finds nothing in equal samples, and is the same from both sides", () => {
    expect(mannWhitney([3, 3, 3], [3, 3])).toEqual({ p: 1, by: "normal", u: 3, effect: 0 });
    const values = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const [there, back] = [mannWhitney(a, b), mannWhitney(b, a)];
        expect(there.p).toBeCloseTo(back.p, 9);
        expect(there.effect).toBeCloseTo(-back.effect, 9);
        expect(there.u + back.u).toBeCloseTo(a.length * b.length, 9);
        expect(there.p).toBeGreaterThanOrEqual(0);
        expect(there.p).toBeLessThanOrEqual(1);
      }),
    );
  });
});

/** Two samples without ties that have this U: the first one's values step over the second's from below. */
function withU(m: number, n: number, u: number): [number[], number[]] {
  const second = Array.from({ length: n }, (_, i) => i + 1);
  let left = u;
  const first = Array.from({ length: m }, (_, i) => {
    const over = Math.min(left, n);
    left -= over;
    return over + 0.5 + i / 1000;
  });
  return [first, second];
}

it("takes the middle", () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});
