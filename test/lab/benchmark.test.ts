// Go's benchmark output, and what two variants' runs of it say.
import { describe, expect, it } from "vitest";
import { addBenchOutput, type BenchRuns, compareBenchmarks } from "../../src/lab/benchmark.ts";

const OUTPUT = `goos: linux
goarch: amd64
pkg: example.com/m/codec
cpu: Some CPU @ 2.00GHz
BenchmarkEncode-8   	  123456	      9876 ns/op	  12.34 MB/s	     512 B/op	       7 allocs/op
BenchmarkEncode/small=1-8 	 5000000	       0.2508 ns/op
BenchmarkNothing
Benchmarking is not a result 12 ns/op
PASS
ok  	example.com/m/codec	2.345s
pkg: example.com/m/other
BenchmarkEncode-8 	     100	  11111111 ns/op
`;

it("reads names with their packages, and nanoseconds", () => {
  const runs: BenchRuns = new Map();
  addBenchOutput(OUTPUT, runs);
  addBenchOutput(OUTPUT, runs);
  expect([...runs]).toEqual([
    ["example.com/m/codec.BenchmarkEncode-8", [9876, 9876]],
    ["example.com/m/codec.BenchmarkEncode/small=1-8", [0.2508, 0.2508]],
    ["example.com/m/other.BenchmarkEncode-8", [11111111, 11111111]],
  ]);
});

describe("comparing", () => {
  const around = (middle: number, n = 10): number[] => Array.from({ length: n }, (_, i) => middle + (i - n / 2) / 10);
  const named = (name: string, all: Readonly<Record<string, number[]>>): { name: string; runs: BenchRuns } => ({
    name,
    runs: new Map(Object.entries(all)),
  });
  const base = named("release", { a: around(100), b: around(200) });

  it.each([
    ["faster", { a: around(80), b: around(200.01) }],
    ["slower", { a: around(100.01), b: around(240) }],
    ["mixed", { a: around(80), b: around(240) }],
    ["no difference", { a: around(100.01), b: around(199.99) }],
    // two runs cannot say anything
    ["no difference", { a: around(80, 2), b: around(160, 2) }],
  ])("says %s", (says, runs) => {
    expect(compareBenchmarks(base, named("GOAMD64=v3", runs)).says).toBe(says);
  });

  it("asks more of each, the more there are", () => {
    const four = [1, 2, 3, 4];
    const five = [5, 6, 7, 8];
    // two times four runs, apart: p = 0.029
    expect(compareBenchmarks(named("x", { a: five }), named("y", { a: four })).says).toBe("faster");
    const two = compareBenchmarks(named("x", { a: five, b: around(9) }), named("y", { a: four, b: around(9) }));
    expect(two.says).toBe("no difference");
  });

  it("tells medians, their mean ratio, and leaves out what only one ran", () => {
    const { ratio, rows } = compareBenchmarks(base, named("v", { a: around(50), b: around(400), c: [1] }));
    expect(ratio).toBeCloseTo(1, 2);
    expect(rows.map(({ name, says, effect }) => [name, says, effect])).toEqual([
      ["a", "faster", -1],
      ["b", "slower", 1],
    ]);
  });
});
