// go test -bench as the user wrote it, with a variant's flags.
import { type GoContext } from "./go.ts";
import { ToolFailure } from "./failure.ts";
import { run } from "./process.ts";

/** What `go test` printed. `words` stand behind "go test". Throws build-failed with what it said. */
export async function goBenchmark(
  words: readonly string[],
  flags: readonly string[],
  { cwd, env, guard, signal }: GoContext,
): Promise<string> {
  const options = { cwd, guard, ...(env ? { env } : {}), ...(signal ? { signal } : {}) };
  // a result from the cache was measured on another day
  const { code, stdout, stderr } = await run("go", ["test", ...flags, "-count=1", ...words], options);
  if (code !== 0)
    throw new ToolFailure("build-failed", `go test failed:\n${(stderr.trim() || stdout.trim()).slice(-4000)}`);
  return stdout;
}
