// Measured builds that go through the link probe, so that their linker can be asked too.
import { join } from "node:path";
import type { ProbeDump } from "../linkgraph/probe.ts";
import { readDump } from "./dump.ts";
import { goEnv, hasToolexec } from "./go.ts";
import { linkProbe, probeBuild } from "./linkprobe.ts";
import { type MeasureOptions, type Measurement, withMeasurement } from "./stubs.ts";
import { withTemporary } from "./temporary.ts";

/** What the linker said in the build that was made last; or why it cannot be asked. */
export type Testimony = { last(): ProbeDump } | { readonly reason: string };

/** `withMeasurement`, with the link probe if there is one for this Go; `graph` asks for references too. */
export async function withProbedMeasurement<T>(
  options: MeasureOptions,
  graph: boolean,
  work: (at: Measurement, linker: Testimony) => Promise<T>,
): Promise<T> {
  const { cwd, guard, goFlags, env = {} } = options;
  const go = await goEnv({ cwd, env, guard });
  const probe = hasToolexec(goFlags, go)
    ? { reason: "the build has a -toolexec of its own" }
    : await linkProbe(go, guard);
  if (!("linker" in probe)) return withMeasurement(options, (at) => work(at, probe));
  return withTemporary(
    guard,
    (directory) => {
      const dump = join(directory, "dump");
      const { flags, env: asked } = probeBuild(probe.linker, dump, graph);
      const what = { ...options, goFlags: [...goFlags, ...flags], env: { ...env, ...asked } };
      return withMeasurement(what, (at) => work(at, { last: () => readDump(dump) }));
    },
    go.GOTMPDIR,
  );
}
