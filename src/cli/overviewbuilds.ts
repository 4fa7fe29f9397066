// The builds of bare `pare`: from the user's own to the one to ship, then with the tags that save.
import { NO_TIME } from "../lab/budget.ts";
import { type Best, type OverviewBuild, tagAction, tagTitle } from "../lab/overview.ts";
import { releaseSteps, type Step } from "../lab/steps.ts";
import { discoverTags, flagsWith, type TagSubject } from "../lab/tagbuilds.ts";
import type { TagResult, TagSet } from "../lab/tags.ts";
import { commandLine } from "../report/command.ts";
import { Cancelled } from "../schedule/executor.ts";
import { type GoEnv, goEnv, placeOf } from "../toolchain/go.ts";
import { loadKnowledge } from "../toolchain/knowledge.ts";
import { openSubject, type Subject } from "../toolchain/subject.ts";
import { STEPS } from "./input.ts";
import { onInterrupt } from "./interrupt.ts";
import type { Work } from "./overview.ts";
import { measureTags } from "./tagwork.ts";

/** A step, with the command line that makes it. */
export interface CommandStep extends Step {
  readonly command: string;
}

/** What tags may take of the time that is left: the cures of blockers want some too. */
const TAGS_SHARE = 0.6;

/** Builds each step of the way to a release. `asIs` is what the user's own build makes. */
export async function releaseBuilds(
  work: Work,
): Promise<{ steps: CommandStep[]; builds: OverviewBuild[]; asIs: Subject }> {
  const env = await goEnv({ cwd: process.cwd(), env: work.start.env, guard: onInterrupt });
  const steps = releaseSteps(work.start, env.CGO_ENABLED === "1", env.GOFLAGS).map((step) => ({
    ...step,
    command: commandOf(step, work.pkg),
  }));
  const builds: OverviewBuild[] = [];
  let asIs: Subject | undefined;
  for (const [i, step] of steps.entries()) {
    const made = await link(work, step, `[${i + 1}/${steps.length}] ${step.change}`, false);
    asIs ??= made;
    builds.push({ change: step.change, price: step.price, bytes: made.bytes.length });
  }
  return { steps, builds, asIs: asIs! };
}

/** The release with the tags that save, as far as there is time to find them, linked so that the linker can be asked why. */
export async function smallestBuild(
  work: Work,
  release: CommandStep,
): Promise<{ input: Subject; best: Best; step: CommandStep }> {
  const includes = work.actions.map(({ title }) => title);
  const tags = await tagsOf(work, release);
  for (const row of tags?.result.rows ?? []) {
    const action = tagAction(row);
    if (action) work.actions.push(action);
  }
  const found = tags?.result.best ?? null;
  if (found)
    includes.push(
      ...found.tags.set.map((tag) => tagTitle(tag, "set")),
      ...found.tags.drop.map((tag) => tagTitle(tag, "drop")),
    );
  const flags = found ? tags!.flagsWith(found.tags) : release.flags;
  const step: CommandStep = { ...release, flags, command: commandOf({ ...release, flags }, work.pkg) };
  const input = await link(work, step, "linking the smallest build", true);
  const best: Best = { bytes: input.bytes.length, evidence: "measured", how: "built", command: step.command, includes };
  return { input, step, best };
}

async function link({ pkg, progress }: Work, step: Step, name: string, graph: boolean): Promise<Subject> {
  progress.step(name);
  return openSubject(pkg, {
    cwd: process.cwd(),
    goFlags: step.flags,
    env: step.env,
    guard: onInterrupt,
    graph,
    onStep: ({ reason, subject }) => {
      if (reason !== "build") progress.step(`${name}: ${STEPS[reason]} ${subject}`);
    },
  });
}

/** Tags of the release, each built and measured. Undefined if there are none. */
async function tagsOf(
  { pkg, budget, progress, leftOut }: Work,
  release: CommandStep,
): Promise<{ result: TagResult; flagsWith: (tags: TagSet) => string[] } | undefined> {
  progress.step("looking for build tags");
  const place = placeOf(pkg, process.cwd());
  const env: GoEnv = await goEnv({ cwd: place.cwd, env: release.env, guard: onInterrupt });
  const subject: TagSubject = {
    ...place,
    flags: release.flags,
    env: release.env,
    goflags: env.GOFLAGS,
    guard: onInterrupt,
  };
  const discovery = await discoverTags(subject, loadKnowledge("tags"));
  if (discovery.found.every(({ skip }) => skip !== null)) return undefined;
  const share = budget.share(TAGS_SHARE);
  const leave = (tags: readonly string[]): void => {
    if (tags.length === 0) return;
    leftOut.push({ what: `tags ${tags.join(", ")}`, why: NO_TIME, command: "pare lab --tags" });
  };
  try {
    // a build that has begun may take minutes: it is given up when the time is over
    const work = { progress, budget: share, isFirm: true, tested: [], directory: env.GOTMPDIR };
    const result = await measureTags(subject, discovery, work);
    const missed = result.rows.filter(({ found, verdict }) => found.skip === null && verdict.is === "not measured");
    leave(missed.map(({ found }) => found.tag));
    return { result, flagsWith: (tags) => flagsWith(subject, discovery.own, tags) };
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    leave(discovery.found.filter(({ skip }) => skip === null).map(({ tag }) => tag));
    return undefined;
  }
}

/** The step as one types it into a shell. */
function commandOf(step: Step, pkg: string): string {
  const env = Object.entries(step.env).map(([name, value]) => `${name}=${value}`);
  return commandLine([...env, "go", "build", ...step.flags, ...(pkg === "." ? [] : [pkg])]);
}
