// Starts of objects among references into them, told apart by the laws of the linker's layout. All numbers are made up by hand.
import { describe, expect, test } from "vitest";
import { ACCESS, type Area, buildObjects, FIRM, Marks } from "../../../src/ledger/claims/objects.ts";
import { KIND } from "../../../src/ledger/ledger.ts";

const BASE = 0x1000;

/** Objects as [offset, size], from marks [offset, weight, size]. */
function objects(
  length: number,
  marks: [at: number, weight: number, size?: number][],
  options: Partial<Area> = {},
  slots: number[] = [],
): [number, number][] {
  const list = new Marks();
  for (const [at, weight, size = 0] of marks) list.add(BASE + at, size, KIND.data, size > 0 ? 7 : 0, 0, weight);
  const area = { start: BASE, end: BASE + length, kind: KIND.data, sorted: true, aligned: true, ...options };
  const found = buildObjects(
    list,
    [area],
    Uint32Array.from(slots, (at) => BASE + at),
  );
  return Array.from({ length: found.count }, (_, i) => [found.start[i] - BASE, found.end[i] - found.start[i]]);
}

/** Marks on `count` objects in a row. */
const row = (from: number, stride: number, count: number): [number, number][] =>
  Array.from({ length: count }, (_, i) => [from + i * stride, FIRM]);

describe("a sorted area", () => {
  test("is covered without gaps", () => {
    const found = objects(64, row(8, 8, 7));
    expect(found[0]).toEqual([0, 8]);
    expect(found.at(-1)).toEqual([56, 8]);
    expect(found.reduce((sum, [, size]) => sum + size, 0)).toBe(64);
  });

  test("a start that would make a small object among large ones is interior", () => {
    const found = objects(64 * 6, [...row(0, 64, 6), [64 * 3 + 8, ACCESS], [64 * 3 + 16, ACCESS]]);
    expect(found).toEqual([0, 1, 2, 3, 4, 5].map((i) => [i * 64, 64]));
  });

  test("marks inside an object of known size start nothing", () => {
    const found = objects(128, [
      [0, 0, 64],
      [8, FIRM],
      [32, FIRM],
      [64, FIRM],
    ]);
    expect(found).toEqual([
      [0, 64],
      [64, 64],
    ]);
  });

  test("a distance larger than those behind it holds objects that nothing marks", () => {
    const found = objects(
      64 * 8,
      row(0, 64, 8).filter(([at]) => at !== 128 && at !== 320),
    );
    expect(found).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((i) => [i * 64, 64]));
  });

  test("what is small behind the large ones is inside the last one, however much of it is referred to", () => {
    const large = [0, 1, 2, 3].map((i): [number, number] => [i * 2048, FIRM]);
    const found = objects(8192 + 16_384, [...large, ...row(8192, 64, 256)]);
    expect(found).toEqual([...large.map(([at]) => [at, 2048]), [8192, 16_384]]);
  });

  test("an object of known size ends there, whatever follows next", () => {
    const found = objects(128, [
      [0, 0, 24],
      [64, FIRM],
    ]);
    expect(found).toEqual([
      [0, 24],
      [24, 40],
      [64, 64],
    ]);
  });

  test("small objects of known sizes among larger ones do not hide the starts behind them", () => {
    const found = objects(4096, [
      [0, FIRM, 752],
      [768, FIRM],
      [1600, FIRM],
      [2688, FIRM],
    ]);
    expect(found.map(([at]) => at)).toEqual(expect.arrayContaining([0, 768, 1600, 2688]));
  });

  test("costs of very many objects stay numbers of 32 bits", () => {
    // each start in the middle is left out, at a cost: all of them cost more than 2^32
    const count = 1_000_000;
    const marks = row(0, 96, count).flatMap(([at, weight]): [number, number][] => [
      [at, weight],
      [at + 64, weight],
    ]);
    const found = objects(96 * count, marks, { aligned: false });
    expect(found).toHaveLength(count);
    expect(found.every(([at, size], i) => at === i * 96 && size === 96)).toBe(true);
  });

  test("objects of 64 bytes stand on multiples of 32", () => {
    const found = objects(64 * 40, [...row(0, 64, 40), [64 * 20 + 24, FIRM], [64 * 21 + 8, FIRM]]);
    expect(found.map(([at]) => at)).toEqual(row(0, 64, 40).map(([at]) => at));
  });

  test("a distant field that is only accessed does not split a large object whose address is formed", () => {
    const found = objects(100_000, [
      [0, FIRM],
      [128, FIRM],
      [50_016, ACCESS],
    ]);
    expect(found).toEqual([
      [0, 128],
      [128, 99_872],
    ]);
  });
});

test("an unsorted area keeps every start", () => {
  const found = objects(64, [...row(0, 32, 2), [40, ACCESS]], { sorted: false, aligned: false });
  expect(found).toEqual([
    [0, 32],
    [32, 8],
    [40, 24],
  ]);
});

describe("where every object holds a pointer", () => {
  // slices of 24 bytes every 32: pointer, length, capacity, filler
  const slots = Array.from({ length: 12 }, (_, i) => i * 32);
  const before = new Uint32Array(slots.length * 4 + 1);
  for (const at of slots) before[at / 8 + 1] = 1;
  for (let w = 0; w < slots.length * 4; w++) before[w + 1] += before[w];
  const pointers = { from: BASE, word: 8, before };

  test("the length of a slice starts none", () => {
    const marks: [number, number][] = slots.map((at) => [at, ACCESS]);
    // lengths are asked for more often than pointers
    for (const at of slots) marks.push([at + 16, ACCESS]);
    const found = objects(slots.length * 32, marks, { pointers }, slots);
    expect(found).toEqual(slots.map((at) => [at, 32]));
  });

  test("a slice of which only the length is read starts at the pointer in front of it", () => {
    const marks: [number, number][] = slots.map((at) => [at === 96 ? at + 8 : at, ACCESS]);
    marks.push([80, ACCESS]);
    const found = objects(slots.length * 32, marks, { pointers }, slots);
    expect(found).toEqual(slots.map((at) => [at, 32]));
  });
});
