// Output of Go benchmarks, and what two variants' runs of them say of each other. Pure; golang.org/design/14313-benchmark-format.
import type { Speed } from "./recommend.ts";
import { mannWhitney, median } from "./statistics.ts";

/** Nanoseconds per operation of each run, by benchmark: "import/path.BenchmarkName-8". */
export type BenchRuns = Map<string, number[]>;

/** Adds the results of one output; other lines are passed over. */
export function addBenchOutput(output: string, into: BenchRuns): void {
  let pkg = "";
  for (const line of output.split("\n")) {
    const found = /^pkg: (\S+)/.exec(line);
    if (found !== null) pkg = `${found[1]}.`;
    const fields = line.trim().split(/\s+/);
    if (!/^Benchmark\P{Ll}/u.test(`${fields[0]} `) || !/^\d+$/.test(fields[1] ?? "")) continue;
    for (let i = 2; i + 1 < fields.length; i += 2) {
      const value = Number(fields[i]);
      if (fields[i + 1] !== "ns/op" || !(value >= 0)) continue;
      const name = pkg + fields[0];
      into.set(name, [...(into.get(name) ?? []), value]);
    }
  }
}

export interface BenchRow {
  readonly name: string;
  /** Medians, in nanoseconds. */
  readonly base: number;
  readonly variant: number;
  readonly p: number;
  readonly effect: number;
  readonly runs: readonly [number, number];
  readonly says: Speed;
}

export interface BenchComparison {
  readonly variant: string;
  readonly base: string;
  /** faster: at least one benchmark is, and none is slower. */
  readonly says: Speed | "mixed";
  /** Geometric mean of the medians' ratios, variant to base. */
  readonly ratio: number;
  readonly rows: readonly BenchRow[];
}

const SIGNIFICANT = 0.05;

/** Compares the benchmarks that both ran. With k of them each must pass 0.05 / k, so that one in twenty comparisons errs and not one in twenty benchmarks. */
export function compareBenchmarks(
  base: { readonly name: string; readonly runs: BenchRuns },
  variant: { readonly name: string; readonly runs: BenchRuns },
): BenchComparison {
  const common = [...base.runs.keys()].filter((name) => variant.runs.has(name)).sort();
  const rows = common.map((name): BenchRow => {
    const [before, after] = [base.runs.get(name)!, variant.runs.get(name)!];
    const { p, effect } = mannWhitney(before, after);
    const isSure = p * common.length < SIGNIFICANT;
    return {
      name,
      base: median(before),
      variant: median(after),
      p,
      effect,
      runs: [before.length, after.length],
      says: !isSure ? "no difference" : effect < 0 ? "faster" : "slower",
    };
  });
  const ratios = rows.filter((row) => row.base > 0 && row.variant > 0).map((row) => Math.log(row.variant / row.base));
  const isFaster = rows.some(({ says }) => says === "faster");
  const isSlower = rows.some(({ says }) => says === "slower");
  return {
    variant: variant.name,
    base: base.name,
    says: isFaster && isSlower ? "mixed" : isFaster ? "faster" : isSlower ? "slower" : "no difference",
    ratio: ratios.length === 0 ? 1 : Math.exp(ratios.reduce((sum, each) => sum + each, 0) / ratios.length),
    rows,
  };
}
