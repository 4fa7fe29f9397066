// Benchmarks of variants beside the one that they start from: run in turn, each alone, so that a slow minute of the machine hits all.
import type { Executor } from "../schedule/executor.ts";
import { goBenchmark } from "../toolchain/benchmark.ts";
import type { Guard } from "../toolchain/failure.ts";
import { addBenchOutput, type BenchComparison, type BenchRuns, compareBenchmarks } from "./benchmark.ts";
import type { Variant } from "./model.ts";
import { DEFAULT, RELEASE } from "./variants.ts";

export interface BenchSettings {
  /** Behind "go test". */
  readonly words: readonly string[];
  /** Of each variant. */
  readonly rounds: number;
  readonly cwd: string;
  readonly executor: Pick<Executor, "run">;
  readonly guard: Guard;
  /** Seconds left for rounds that have not begun. */
  readonly left: () => number;
}

/** Variants whose code is another than that of the release build. */
export function benchable(variants: readonly Variant[]): Variant[] {
  const groups = new Set<Variant["group"]>(["cgo", "pie", "cpu", "inlining", "tags", "own"]);
  return variants.filter(
    ({ group, tool, pack, target, refused }) =>
      groups.has(group) && tool === "go" && !pack && !target && refused === undefined,
  );
}

/** Compares each with the release build, or with the user's own if there is none. Throws ToolFailure if the tests do not build or fail. */
export async function benchVariants(variants: readonly Variant[], settings: BenchSettings): Promise<BenchComparison[]> {
  const base = variants.find(({ name }) => name === RELEASE) ?? variants.find(({ name }) => name === DEFAULT);
  const others = benchable(variants);
  if (base === undefined || others.length === 0) return [];
  const { words, rounds, cwd, executor, guard, left } = settings;
  const runs = new Map<Variant, BenchRuns>([base, ...others].map((each) => [each, new Map()]));
  for (let round = 0; round < rounds && (round === 0 || left() > 0); round++) {
    for (const [variant, into] of runs) {
      const output = await executor.run({
        key: `bench ${round} ${variant.name}`,
        label: `benchmarks of ${variant.name}, round ${round + 1} of ${rounds}`,
        memory: 0,
        alone: true,
        run: ({ signal }) => goBenchmark(words, variant.flags, { cwd, env: variant.env, guard, signal }),
      });
      addBenchOutput(output, into);
    }
  }
  return others.map((variant) =>
    compareBenchmarks({ name: base.name, runs: runs.get(base)! }, { name: variant.name, runs: runs.get(variant)! }),
  );
}
