// What a program saves without a module or a package, measured: real builds with stubs in its place.
import { join } from "node:path";
import { heldBy } from "../linkgraph/held.ts";
import { readFile } from "./files.ts";
import { goEnv, hasToolexec } from "./go.ts";
import { linkProbe, probeBuild } from "./linkprobe.ts";
import { readDump } from "./package.ts";
import { type MeasureOptions, type NotMeasured, withMeasurement, type Without } from "./stubs.ts";
import { withTemporary } from "./temporary.ts";

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
  const { cwd, guard, goFlags, env = {} } = options;
  const go = await goEnv({ cwd, env, guard });
  const probe = hasToolexec(goFlags, go) ? undefined : await linkProbe(go, guard);
  return withTemporary(
    guard,
    async (directory) => {
      const dump = join(directory, "dump");
      const asked = probe && "linker" in probe ? probeBuild(probe.linker, dump, true) : { flags: [], env: {} };
      const what = { ...options, goFlags: [...goFlags, ...asked.flags], env: { ...env, ...asked.env } };
      return withMeasurement(what, async (at) => {
        const size = await at.baseline();
        const rows: Removals["rows"][number][] = [];
        for (const target of targets) {
          let stubs = 0;
          const found = await at.remove([target], (path, { packages }) => {
            if (asked.flags.length === 0) return;
            stubs = heldBy(new Set(packages.map((p) => p.path)), readFile(path, target), readDump(dump));
          });
          rows.push("reason" in found ? { target, ...found } : { target, ...found, stubs });
        }
        return { size, rows };
      });
    },
    go.GOTMPDIR,
  );
}
