// The answer of bare `pare`: what to do about a program's size, and how small it can be built.
import type { Action } from "../advice/action.ts";
import type { Finding } from "../advice/audit/finding.ts";
import type { Snapshot } from "../ledger/snapshot.ts";
import type { Step } from "./steps.ts";
import type { TagRow } from "./tags.ts";

export const OVERVIEW_SCHEMA = "pare.overview/2";

/** One build of the same program; sizes are of the files that were built. */
export interface OverviewBuild {
  /** What it adds to the one before it; the first is the build as it is. */
  readonly change: string;
  /** What one gives up for it. */
  readonly price: string;
  readonly bytes: number;
}

/** A build that can be had. */
export interface Best {
  readonly bytes: number;
  readonly evidence: "measured" | "estimate";
  readonly how: string;
  /** Command line that makes it. */
  readonly command: string;
  /** Titles of the actions that are in it. */
  readonly includes: readonly string[];
}

/** What was left out, and how one gets it. */
export interface LeftOut {
  readonly what: string;
  readonly why: string;
  readonly command: string;
}

export interface Overview {
  readonly schema: typeof OVERVIEW_SCHEMA;
  readonly subject: string;
  /** From the user's own build to the one to ship; each was built. */
  readonly builds: readonly OverviewBuild[];
  /** Worth most first. Savings of one kind overlap those of another: only `best` says what they bring together. */
  readonly actions: readonly Action[];
  readonly best: {
    readonly withoutSource: Best;
    /** null: no change of source is known that would help. */
    readonly withSource: Best | null;
  };
  /** What an audit says of the module's build files. */
  readonly findings: readonly Finding[];
  readonly leftOut: readonly LeftOut[];
  /** What the best build without changes of source is made of. */
  readonly release: Snapshot;
}

/** The release flags as one action. Null if they save nothing. */
export function flagsAction(builds: readonly OverviewBuild[], steps: readonly Step[], command: string): Action | null {
  const bytes = builds[0].bytes - builds[builds.length - 1].bytes;
  if (bytes <= 0) return null;
  const prices = steps.map(({ price }) => price).filter((price) => price !== "");
  return {
    kind: "flags",
    title: "build for release",
    steps: [command],
    bytes,
    evidence: "measured",
    how: "both were built",
    costs: prices.join("; "),
    source: false,
    more: "pare lab",
  };
}

/** What an action with a tag is called. */
export const tagTitle = (tag: string, change: "set" | "drop"): string =>
  change === "set" ? `build with -tags ${tag}` : `build without -tags ${tag}`;

/** A tag that saves, as an action; undefined for one that does not. */
export function tagAction({ found, verdict }: TagRow): Action | undefined {
  if (verdict.is !== "saves") return undefined;
  const { tag, change, known, readers } = found;
  const packages = [...new Set(readers.filter(({ effect }) => effect !== "none").map((reader) => reader.package))];
  return {
    kind: "tag",
    title: tagTitle(tag, change),
    steps: [],
    bytes: verdict.bytes,
    evidence: "measured",
    how: "the release was built with and without it",
    costs: known?.removes || known?.costs || `see what it changes in ${packages.slice(0, 3).join(", ")}`,
    source: false,
    more: "pare lab --tags",
  };
}
