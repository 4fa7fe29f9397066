// Questions that the go command answers in JSON.
import { ToolFailure } from "./failure.ts";
import type { Environment, GoContext } from "./go.ts";
import { run } from "./process.ts";

/** Asks the go command; several documents, one after the other, become a list with `isStream`. Throws ToolFailure, and what `check` throws. */
export async function goJson<T>(
  args: readonly string[],
  context: GoContext,
  check: (value: unknown) => T,
  { env = {}, isStream = false }: { env?: Environment; isStream?: boolean } = {},
): Promise<T> {
  const { cwd, guard, signal } = context;
  let result;
  try {
    result = await run("go", args, {
      cwd,
      guard,
      env: { GIT_OPTIONAL_LOCKS: "0", ...context.env, ...env },
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    throw new ToolFailure(
      "go-missing",
      `the go command cannot be run: install Go (https://go.dev/dl) [${String(error)}]`,
    );
  }
  const { code, stdout, stderr } = result;
  if (code !== 0) throw new ToolFailure("build-failed", `go ${args[0]} failed:\n${stderr.trim()}`);
  return check(JSON.parse(isStream ? `[${stdout.replaceAll(/^\}\r?\n\{/gm, "},{")}]` : stdout));
}
