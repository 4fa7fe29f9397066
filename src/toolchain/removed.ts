// What a program saves without a module or a package, measured: real builds with stubs in its place.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { profile } from "../ledger/profile.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { type ProbeDump, ProbeReader } from "../linkgraph/probe.ts";
import { readFile } from "./files.ts";
import { goEnv, hasToolexec } from "./go.ts";
import { linkProbe, probeBuild } from "./linkprobe.ts";
import { type MeasureOptions, type NotMeasured, withMeasurement, type Without } from "./stubs.ts";
import { withTemporary } from "./temporary.ts";

export interface Removed extends Without {
  readonly target: string;
  /** Bytes of that file which belong to packages that were taken out: types and empty functions that others still refer to. */
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
      const asked = probe && "linker" in probe ? probeBuild(probe.linker, dump, false) : { flags: [], env: {} };
      const what = { ...options, goFlags: [...goFlags, ...asked.flags], env: { ...env, ...asked.env } };
      return withMeasurement(what, async (at) => {
        const size = await at.baseline();
        const rows: Removals["rows"][number][] = [];
        for (const target of targets) {
          let ledger: Ledger | undefined;
          const found = await at.remove([target], (path) => {
            const testimony = asked.flags.length > 0 ? { testimony: readDump(dump) } : {};
            ({ ledger } = profile(readFile(path, target), testimony));
          });
          if ("reason" in found) rows.push({ target, ...found });
          else
            rows.push({ target, ...found, stubs: bytesOf(ledger!, new Set(found.packages.map(({ path }) => path))) });
        }
        return { size, rows };
      });
    },
    go.GOTMPDIR,
  );
}

function readDump(path: string): ProbeDump {
  const reader = new ProbeReader();
  reader.push(readFileSync(path));
  return reader.finish();
}

function bytesOf(ledger: Ledger, packages: ReadonlySet<string>): number {
  let bytes = 0;
  for (let i = 0; i < ledger.count; i++)
    if (packages.has(ledger.packages.get(ledger.pkg[i])))
      bytes += (i + 1 < ledger.count ? ledger.start[i + 1] : ledger.size) - ledger.start[i];
  return bytes;
}
