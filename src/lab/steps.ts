// From the build that everybody makes to the one to ship: the lab's own variants, one behind the other, so that the difference of two is
// what one of them adds.
import type { Chosen } from "../config/schema.ts";
import type { Variant } from "./model.ts";
import { DEFAULT, labVariants, RELEASE } from "./variants.ts";

export interface Step {
  /** What the step adds, as one writes it: "-s -w". */
  readonly change: string;
  /** What it costs, in a few words. */
  readonly price: string;
  /** All flags of `go build` up to and with this step. */
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const CHANGES: Readonly<Record<string, string>> = {
  [RELEASE]: "-trimpath -buildvcs=false -buildid=",
};

/** The user's build, as far as its environment goes beyond that of the process. */
export interface Start {
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What its row is called. */
  readonly name: string;
}

/** Plain `go build` with the user's flags. */
export const plainBuild = (flags: readonly string[]): Start => ({ flags, env: {}, name: "go build" });

/** The variant that pare.yaml keeps as the one to ship; undefined if it is not what Go alone makes. */
export function chosenBuild(
  { variant, tool, flags = [], env = {}, pack }: Chosen,
  more: readonly string[],
): Start | undefined {
  if ((tool ?? "go") !== "go" || pack) return undefined;
  return { flags: [...flags, ...more], env, name: `go build, chosen: ${variant}` };
}

/** The user's build, then what a release adds to it. `cgo`: whether the go command would use C for it. `goflags`: GOFLAGS in force. */
export function releaseSteps({ flags, env, name: first }: Start, cgo: boolean, goflags: string): Step[] {
  const target = { GOOS: "", GOARCH: "" };
  const facts = {
    flags,
    goflags,
    env,
    target,
    host: target,
    cgo,
    cpu: "",
    packages: new Set<string>(),
    vendor: false,
  };
  const all = new Map(labVariants(facts).map((variant) => [variant.name, variant]));
  const chain: Variant[] = [];
  // flags that the user gives already are no step of their own
  const last = all.get("CGO_ENABLED=0") ?? all.get(RELEASE) ?? all.get("-s -w") ?? all.get(DEFAULT);
  for (let at = last; at !== undefined; at = at.from === null ? undefined : all.get(at.from)) chain.unshift(at);
  return chain.map((each) => ({
    change: each.name === DEFAULT ? first : (CHANGES[each.name] ?? each.name),
    price: each.price,
    flags: each.flags,
    env: each.env,
  }));
}
