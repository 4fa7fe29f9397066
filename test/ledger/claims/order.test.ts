// The linker's orders, recovered from runs of owners and applied to objects in address order. Ids are packages; 0 is nobody.
import { describe, expect, test } from "vitest";
import { MonotoneChoice, sizeClasses, UNEXPLAINED } from "../../../src/ledger/claims/choice.ts";
import { orderFromRuns, refineOrder } from "../../../src/ledger/claims/order.ts";

const NONE = 0xffffffff;
const run = (...ids: number[]): Uint32Array => Uint32Array.from(ids);
/** The ids that have a rank, first to last. */
const ranked = (rank: Uint32Array): number[] =>
  [...rank.keys()].filter((id) => rank[id] !== NONE).sort((a, b) => rank[a] - rank[b]);
/** Candidates per object, each [id, cost]; the costs are whole numbers. */
const choose = (objects: [number, number][][], rank: Uint32Array, options = {}): number[] => [
  ...new MonotoneChoice(rank).of(
    objects.length,
    (i, each) => objects[i].forEach(([id, cost]) => each(id, cost)),
    options,
  ),
];

describe("the order of packages", () => {
  test("follows from overlapping runs, main first", () => {
    const rank = orderFromRuns([run(2, 2, 3, 5), run(1, 2, 4), run(3, 4, 5)], 7, 1);
    expect(ranked(rank)).toEqual([1, 2, 3, 4, 5]);
    expect(rank[6]).toBe(NONE);
  });

  test("a pair that most runs agree on beats its reverse", () => {
    expect(ranked(orderFromRuns([run(1, 2, 3), run(2, 3), run(3, 2)], 4, 1))).toEqual([1, 2, 3]);
  });

  test("a cycle costs no package its rank", () => {
    expect(ranked(orderFromRuns([run(1, 2), run(2, 3), run(3, 1)], 4, 1)).sort((a, b) => a - b)).toEqual([1, 2, 3]);
  });

  test("further runs place packages that had no rank", () => {
    const rank = orderFromRuns([run(1, 2, 4)], 5, 1);
    expect(rank[3]).toBe(NONE);
    expect(ranked(refineOrder(rank, [run(1, 2, 4), run(2, 3, 4), run(3, 4)], [3, 1, 1], 1))).toEqual([1, 2, 3, 4]);
  });

  test("a package moves to where it contradicts fewest pairs; main stays first", () => {
    const rank = Uint32Array.from([NONE, 0, 3, 1, 2]);
    const certain = run(1, 2, 3, 4);
    expect(ranked(refineOrder(rank, [certain, run(2, 1)], [3, 1], 1))).toEqual([1, 2, 3, 4]);
  });
});

describe("the choice of owners that ascend", () => {
  const rank = Uint32Array.from([NONE, 0, 1, 2, 3, NONE]);

  test("takes what keeps the order, not what is cheapest", () => {
    expect(
      choose(
        [
          [[2, 0]],
          [
            [1, 0],
            [3, 0.3 * UNEXPLAINED],
          ],
          [[3, 0]],
          [[4, 0]],
        ],
        rank,
      ),
    ).toEqual([2, 3, 3, 4]);
  });

  test("gives up what fits nowhere and what has no rank", () => {
    expect(choose([[[1, 0]], [[4, 0]], [[2, 0]], [[3, 0]], [[5, 0]]], rank)).toEqual([1, 0, 2, 3, 0]);
  });

  test("starts anew in each segment", () => {
    const objects: [number, number][][] = [[[3, 0]], [[4, 0]], [[1, 0]], [[2, 0]]];
    expect(choose(objects, rank, { segment: run(1, 1, 2, 2) })).toEqual([3, 4, 1, 2]);
    expect(choose(objects, rank).filter((id) => id > 0)).toHaveLength(2);
  });

  test("descends where that costs less than giving up", () => {
    const objects: [number, number][][] = [[[3, 0]], [[4, 0]], [[1, 0]], [[2, 0]]];
    expect(choose(objects, rank, { descent: new Int32Array(4).fill(1.2 * UNEXPLAINED) })).toEqual([3, 4, 1, 2]);
    expect(
      choose(objects, rank, { descent: new Int32Array(4).fill(5 * UNEXPLAINED) }).filter((id) => id > 0),
    ).toHaveLength(2);
  });

  test("prefers the certain object to two that contradict it", () => {
    expect(choose([[[2, 0]], [[1, -2]], [[1, 0.9]]], rank)).toEqual([0, 1, 1]);
  });
});

describe("size classes", () => {
  const classes = (...gaps: number[]): number[] => [...sizeClasses(run(...gaps)).number];

  test("a new one where sizes grow", () => {
    expect(classes(8, 8, 8, 16, 16, 16, 32, 32)).toEqual([1, 1, 1, 2, 2, 2, 3, 3]);
  });

  test("neither a hole nor a start that is none makes one", () => {
    expect(new Set(classes(16, 16, 48, 16, 16, 8, 8, 16, 16)).size).toBe(1);
  });

  test("a hole is not larger than its class", () => {
    expect([...sizeClasses(run(16, 16, 48, 16, 16, 16, 64, 64, 64, 64)).size]).toEqual([
      16, 16, 16, 16, 16, 16, 64, 64, 64, 64,
    ]);
  });

  test("sizes that fall for good begin another kind of object", () => {
    const found = classes(...Array<number>(9).fill(512), ...Array<number>(9).fill(8));
    expect(new Set(found.slice(0, 9)).size).toBe(1);
    expect(found[9]).toBeGreaterThan(found[8]);
    expect(new Set(found.slice(9)).size).toBe(1);
  });
});
