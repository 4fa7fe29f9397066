// What benchmarks say of variants, for a terminal.
import type { BenchComparison } from "../lab/benchmark.ts";
import { visible } from "./escape.ts";
import { bold, dim, table, type Terminal } from "./terminal.ts";

/** A row for each variant, and for each benchmark that differs. */
export function benchText(comparisons: readonly BenchComparison[], t: Terminal): string[] {
  if (comparisons.length === 0) return [];
  const change = (ratio: number): string => `${ratio > 1 ? "+" : ""}${(100 * (ratio - 1)).toFixed(1)} %`;
  const rows = comparisons.flatMap(({ variant, says, ratio, rows: all }) => [
    [variant, says, change(ratio), `${all.length} ${all.length === 1 ? "benchmark" : "benchmarks"}`],
    ...all
      .filter((row) => row.says !== "no difference")
      .map((row) => ["", row.says, change(row.variant / row.base), `${row.name}, p = ${row.p.toPrecision(2)}`]),
  ]);
  const columns = [
    { title: `BENCHMARKS beside ${comparisons[0].base}`, paint: (text: string) => bold(t, text) },
    { title: "" },
    { title: "TIME", right: true },
    { title: "", flexible: true, paint: (text: string) => dim(t, text) },
  ];
  return table(
    t,
    columns,
    rows.map((cells) => cells.map(visible)),
  );
}
