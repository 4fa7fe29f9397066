// From the build that everybody makes to the one to ship: each step changes one thing, so that the difference is its own.

import { addLdflags } from "../toolchain/go.ts";

export interface Step {
  /** What the step adds, as one writes it: "-trimpath". */
  readonly change: string;
  /** What it costs, in a few words. */
  readonly price: string;
  /** All flags of `go build` up to and with this step. */
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The user's build, then what a release adds to it. `cgo`: whether the go command would use C here. */
export function releaseSteps(flags: readonly string[], cgo: boolean): Step[] {
  const steps: Step[] = [{ change: "go build", price: "", flags, env: {} }];
  let env: Readonly<Record<string, string>> = {};
  if (cgo) {
    env = { CGO_ENABLED: "0" };
    steps.push({ change: "CGO_ENABLED=0", price: "Go's own DNS resolver and user lookup, no C libraries", flags, env });
  }
  const trimmed = flags.includes("-trimpath") ? flags : [...flags, "-trimpath"];
  steps.push({ change: "-trimpath", price: "no paths of this machine in traces", flags: trimmed, env });
  steps.push({
    change: '-ldflags="-s -w"',
    price: "no debugger, no go tool nm; traces and pprof stay",
    flags: addLdflags(trimmed, "-s -w"),
    env,
  });
  return steps;
}
