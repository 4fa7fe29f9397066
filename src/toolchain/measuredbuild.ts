// A build, and what it took.
import { performance } from "node:perf_hooks";
import { type Build, build, type GoContext } from "./go.ts";
import { ToolFailure } from "./failure.ts";
import { watchTree } from "./processtree.ts";

export interface MeasuredBuild {
  readonly seconds: number;
  /** Of all its processes; 0 where the system does not tell. */
  readonly cpuSeconds: number;
  /** Bytes that all its processes held together at the peak; 0 where the system does not tell. */
  readonly peakBytes: number;
  /** Packages that had to be compiled; the others came from Go's build cache. */
  readonly compiled: number;
}

/** A package that is compiled, as -v names it: nothing but its path. */
const COMPILED = /^[^\s#:]+$/;

/** Builds a program. `holds` hears the bytes that its processes hold. Throws build-failed with Go's own message. */
export async function measuredBuild(
  what: Build,
  context: GoContext,
  holds: (bytes: number) => void,
): Promise<MeasuredBuild> {
  const began = performance.now();
  let watch: ReturnType<typeof watchTree> | undefined;
  try {
    // -v names each package as it is compiled, and changes nothing else
    const said = await build(
      { ...what, flags: [...what.flags, "-v"] },
      { ...context, onStart: (pid) => (watch = watchTree(pid, holds)) },
    );
    const { peakBytes = 0, cpuSeconds = 0 } = watch?.stop() ?? {};
    const compiled = said.split("\n").filter((line) => COMPILED.test(line)).length;
    return { seconds: (performance.now() - began) / 1000, cpuSeconds, peakBytes, compiled };
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error;
    const message = error.message.split("\n").filter((line) => !COMPILED.test(line));
    throw new ToolFailure(error.code, message.join("\n"), error.detail);
  } finally {
    watch?.stop();
  }
}
