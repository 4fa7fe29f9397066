// What a program saves without a module or a package, measured: real builds with stubs in its place.
import { heldBy } from "../linkgraph/held.ts";
import { readFile } from "./files.ts";
import { withProbedMeasurement } from "./probedmeasurement.ts";
import type { MeasureOptions, NotMeasured, Without } from "./stubs.ts";

export interface Removed extends Without {
  readonly target: string;
  /**
   * Bytes of that file which only the packages that were taken out keep (estimate: elimination run again without them): types and empty
   * functions that others still refer to, and what these lead to. 0 if the linker could not be asked.
   */
  readonly stubs: number;
}

export interface Removals {
  /** Size of the program as it is, in bytes. */
  readonly size: number;
  readonly rows: readonly (Removed | (NotMeasured & { readonly target: string }))[];
}

/**
 * Builds the program as it is, and once more without each target. What a target saves is size − (its own size − stubs): nobody would refer
 * to what is left of it. A target that cannot be measured is a row that says why. Throws ToolFailure if the program itself does not build.
 */
export async function measureRemovals(targets: readonly string[], options: MeasureOptions): Promise<Removals> {
  return withProbedMeasurement(options, true, async (at, linker) => {
    const size = await at.baseline();
    const rows: Removals["rows"][number][] = [];
    for (const target of targets) {
      let stubs = 0;
      const found = await at.remove([target], (path, { packages }) => {
        if ("reason" in linker) return;
        stubs = heldBy(new Set(packages.map((p) => p.path)), readFile(path, target), linker.last());
      });
      rows.push("reason" in found ? { target, ...found } : { target, ...found, stubs });
    }
    return { size, rows };
  });
}
