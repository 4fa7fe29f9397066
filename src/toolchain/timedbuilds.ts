// How long a program's build takes with an empty build cache, and again with all but the link in it.
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { build, type GoContext } from "./go.ts";
import { withTemporary } from "./temporary.ts";

/** In seconds. The cache of both builds is their own, and gone afterwards; modules are those of the user. */
export async function timedBuilds(
  pkg: string,
  flags: readonly string[],
  context: GoContext,
): Promise<{ readonly cold: number; readonly warm: number }> {
  return withTemporary(context.guard, async (directory) => {
    const timed = async (output: string): Promise<number> => {
      const began = performance.now();
      const env = { GOCACHE: join(directory, "gocache") };
      await build({ pkg, flags, output: join(directory, output), env }, context);
      return (performance.now() - began) / 1000;
    };
    return { cold: await timed("cold"), warm: await timed("warm") };
  });
}
