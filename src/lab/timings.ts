// What a build of a variant takes: with an empty cache, and again with everything but the link in the cache.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TaskContext } from "../schedule/executor.ts";
import { type Made, makeVariant, type Place } from "./make.ts";
import type { Variant } from "./model.ts";

export interface Warm {
  readonly seconds: number;
  /** The linker's part; undefined if the go command does not tell. */
  readonly linkSeconds?: number;
  readonly peakBytes: number;
  /** The same bytes as the first build. */
  readonly same: boolean;
}

/** Builds a variant a second time, into another directory and with everything in the cache, and compares. `base`: as for makeVariant. */
export async function warmBuild(
  variant: Variant,
  first: string,
  base: string | undefined,
  place: Place,
  task: TaskContext,
): Promise<Warm | undefined> {
  const graph = join(place.work, "actions.json");
  const isGo = variant.tool === "go" && !variant.pack;
  const extra = { suffix: "-again", ...(isGo ? { flags: [`-debug-actiongraph=${graph}`] } : {}) };
  const made = await makeVariant(variant, base, place, task, extra);
  if (made.outcome.state !== "built") return undefined;
  const same = readFileSync(made.path).equals(readFileSync(first));
  rmSync(made.path);
  const link = isGo ? linkSeconds(readFileSync(graph, "utf8")) : undefined;
  const { seconds, peakBytes } = made;
  return { seconds, peakBytes, same, ...(link === undefined ? {} : { linkSeconds: link }) };
}

/** How long the link took, by what `go build -debug-actiongraph` writes (actionJSON in cmd/go's action.go). */
export function linkSeconds(graph: string): number | undefined {
  const actions = JSON.parse(graph) as readonly {
    readonly Mode?: string;
    readonly TimeStart?: string;
    readonly TimeDone?: string;
  }[];
  const link = actions.find(({ Mode }) => Mode === "link");
  if (link?.TimeStart === undefined || link.TimeDone === undefined) return undefined;
  const seconds = (Date.parse(link.TimeDone) - Date.parse(link.TimeStart)) / 1000;
  // an action that was not run has no times
  return seconds > 0 ? seconds : undefined;
}

/** Builds a variant with an empty build cache of its own. */
export async function coldBuild(variant: Variant, place: Place, task: TaskContext): Promise<Made> {
  const cache = join(place.work, "gocache");
  try {
    return await makeVariant(variant, undefined, place, task, { suffix: "-cold", env: { GOCACHE: cache } });
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}
