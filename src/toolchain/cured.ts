// A program built without the reflection of some functions, and what its linker says then.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ProbeReader, reflects } from "../linkgraph/probe.ts";
import { ToolFailure } from "./failure.ts";
import { goEnv, hasToolexec } from "./go.ts";
import { linkProbe, probeBuild } from "./linkprobe.ts";
import { type MeasureOptions, type NotMeasured, withMeasurement } from "./stubs.ts";
import { withTemporary } from "./temporary.ts";

export interface Cured {
  /** Of the file, in bytes. */
  readonly size: number;
  /** Of methods, as the linker testifies; dynamic linking aside. */
  readonly elimination: "on" | "off";
  /** Functions that are left as they were. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

/** Builds the package once more, with only the reflective calls gone from these functions (linker names). Throws ToolFailure. */
export async function buildCured(functions: readonly string[], options: MeasureOptions): Promise<Cured | NotMeasured> {
  const { cwd, guard, goFlags, env = {} } = options;
  const go = await goEnv({ cwd, env, guard });
  const probe = hasToolexec(goFlags, go)
    ? { reason: "the build has a -toolexec of its own" }
    : await linkProbe(go, guard);
  if (!("linker" in probe)) throw new ToolFailure("tool", `the linker cannot be asked: ${probe.reason}`);
  const { linker } = probe;
  return withTemporary(
    guard,
    async (directory) => {
      const dump = join(directory, "dump");
      const asked = probeBuild(linker, dump, false);
      const what = { ...options, goFlags: [...goFlags, ...asked.flags], env: { ...env, ...asked.env } };
      let elimination: Cured["elimination"] = "off";
      const found = await withMeasurement(what, (at) =>
        at.change(
          functions.map((name) => ({ Symbol: name, What: "reflection" })),
          () => {
            const reader = new ProbeReader();
            reader.push(readFileSync(dump));
            elimination = reflects(reader.finish()) ? "off" : "on";
          },
        ),
      );
      return "reason" in found ? found : { size: found.size, elimination, refused: found.refused };
    },
    go.GOTMPDIR,
  );
}
