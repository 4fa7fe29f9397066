// Bare `pare`: builds the package as it is and as it should be shipped, and says what else is worth doing, within a budget of time.
import { type Action, ranked } from "../advice/action.ts";
import type { Dce } from "../explain/dce.ts";
import type { LinkModel } from "../explain/model.ts";
import { Budget, OutOfTime, within } from "../lab/budget.ts";
import {
  type Best,
  flagsAction,
  type LeftOut,
  type Overview,
  OVERVIEW_SCHEMA,
  type OverviewBuild,
} from "../lab/overview.ts";
import { releaseSteps, type Step } from "../lab/steps.ts";
import { snapshot } from "../ledger/snapshot.ts";
import { commandLine } from "../report/command.ts";
import { visible } from "../report/escape.ts";
import { terminalOf } from "../report/terminal.ts";
import { factsOf, type Input, profileInput, STEPS } from "./input.ts";
import { onInterrupt } from "./interrupt.ts";
import { write } from "./output.ts";
import type { CommonOptions } from "./options.ts";
import { type Progress, progressOn } from "./progress.ts";

export interface OverviewFlags extends CommonOptions {
  readonly json?: boolean;
  readonly html?: string;
  /** Seconds. */
  readonly timeBudget: number;
}

const PAGE = "pare-report.html";

/** What is being made: filled as long as there is time. */
interface Work {
  readonly pkg: string;
  readonly goFlags: readonly string[];
  readonly budget: Budget;
  readonly progress: Progress;
  readonly actions: Action[];
  readonly leftOut: LeftOut[];
}

export async function overviewCommand(pkg: string, goFlags: readonly string[], flags: OverviewFlags): Promise<void> {
  const progress = progressOn(process.stderr, flags.quiet === true);
  const work: Work = { pkg, goFlags, budget: new Budget(flags.timeBudget), progress, actions: [], leftOut: [] };
  try {
    const { steps, builds, input } = await release(work);
    const last = steps[steps.length - 1];
    const command = commandOf(last, pkg);
    const flagged = flagsAction(builds, steps, command);
    if (flagged) work.actions.push(flagged);
    progress.step("profiling the release build");
    const profile = await profileInput(input, {});
    const facts = factsOf(input, profile, flags.json === true);
    const summary = snapshot(profile, facts, { symbols: true });
    const smallest: Best = {
      bytes: input.bytes.length,
      evidence: "measured",
      how: "built",
      command,
      includes: flagged ? [flagged.title] : [],
    };
    const model = await modelOf(input, profile, facts);
    const withSource = "reason" in model ? without(work, model.reason) : await explained(work, model, last, smallest);
    progress.done();
    const overview: Overview = {
      schema: OVERVIEW_SCHEMA,
      subject: input.name,
      builds,
      actions: ranked(work.actions),
      best: { withoutSource: smallest, withSource },
      leftOut: work.leftOut,
      release: summary,
    };
    await answer(overview, flags);
  } finally {
    progress.done();
  }
}

/** Builds from the user's own to the one to ship, which is linked through the probe with its graph. */
async function release({
  pkg,
  goFlags,
  progress,
}: Work): Promise<{ steps: Step[]; builds: OverviewBuild[]; input: Input }> {
  const { goEnv } = await import("../toolchain/go.ts");
  const { openSubject } = await import("../toolchain/subject.ts");
  const env = await goEnv({ cwd: process.cwd(), guard: onInterrupt });
  const steps = releaseSteps(goFlags, env.CGO_ENABLED === "1", env.GOFLAGS);
  const builds: OverviewBuild[] = [];
  let input: Input | undefined;
  for (const [i, step] of steps.entries()) {
    const place = `[${i + 1}/${steps.length}]`;
    progress.step(`${place} ${step.change}`);
    input = await openSubject(pkg, {
      cwd: process.cwd(),
      goFlags: step.flags,
      env: step.env,
      guard: onInterrupt,
      graph: i === steps.length - 1,
      onStep: ({ reason, subject }) => {
        if (reason !== "build") progress.step(`${place} ${STEPS[reason]} ${subject}`);
      },
    });
    builds.push({ change: step.change, price: step.price, bytes: input.bytes.length });
  }
  return { steps, builds, input: input! };
}

async function modelOf(
  { testimony, warnings }: Input,
  profile: Awaited<ReturnType<typeof profileInput>>,
  facts: ReturnType<typeof factsOf>,
): Promise<LinkModel | { readonly reason: string }> {
  if (!testimony) return { reason: warnings[0] ?? "there is no link probe" };
  const { linkModel } = await import("../explain/model.ts");
  return linkModel(testimony, profile, facts);
}

function without({ leftOut }: Work, why: string): null {
  leftOut.push({ what: "what keeps dead code", why, command: "pare why --dce" });
  return null;
}

/** What the link graph tells; the best build with changes of source. */
async function explained(work: Work, model: LinkModel, step: Step, smallest: Best): Promise<Best | null> {
  work.progress.step("looking for what keeps dead code");
  const { dce } = await import("../explain/dce.ts");
  const { linkActions } = await import("../explain/actions.ts");
  const { loadKnowledge } = await import("../toolchain/knowledge.ts");
  const knowledge = { blockers: loadKnowledge("blockers"), heavy: loadKnowledge("heavy") };
  const found = dce(model, { knowledge, std: false });
  const measured = await cured(work, found, step);
  const answered: Dce = { ...found, measured };
  const actions = linkActions(answered, (path) => model.moduleOf(path).role === "main");
  work.actions.push(...actions);
  const [action] = actions;
  if (action === undefined || action.bytes <= 0 || found.elimination === "on") return null;
  return {
    bytes: smallest.bytes - action.bytes,
    evidence: action.evidence,
    how: action.how,
    command: smallest.command,
    includes: [...smallest.includes, action.title],
  };
}

/** The program without the reflection of its blockers, built if there is time. */
async function cured(work: Work, { blockers, dynamic, file }: Dce, step: Step): Promise<Dce["measured"]> {
  if (blockers.length === 0 || dynamic) return null;
  const { pkg, budget, progress, leftOut } = work;
  const { buildCured } = await import("../toolchain/cured.ts");
  const { placeOf } = await import("../toolchain/go.ts");
  progress.step("building without the reflection of the blockers");
  try {
    const functions = blockers.flatMap((row) => row.functions.map(({ symbol }) => symbol));
    const found = await within(budget.left, onInterrupt, (guard) =>
      buildCured(functions, { ...placeOf(pkg, process.cwd()), goFlags: step.flags, env: step.env, guard }),
    );
    return "reason" in found ? found : { ...found, gain: file.size - found.size };
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
    leftOut.push({ what: "a build without the blockers", why: error.message, command: "pare why --dce --measure" });
    return null;
  }
}

async function answer(overview: Overview, flags: OverviewFlags): Promise<void> {
  const { overviewPage } = await import("../report/overviewhtml.ts");
  const page = flags.html ?? PAGE;
  await write(page, overviewPage(overview));
  if (flags.json === true) {
    await write("-", (await import("../report/json.ts")).jsonDocument(overview));
  } else {
    const { overviewText } = await import("../report/overview.ts");
    await write("-", overviewText(overview, terminalOf(process.stdout, process.env)));
  }
  if (flags.quiet !== true) process.stderr.write(`wrote ${visible(page)}\n`);
}

/** The step as one types it into a shell. */
function commandOf(step: Step, pkg: string): string {
  const env = Object.entries(step.env).map(([name, value]) => `${name}=${value}`);
  return commandLine([...env, "go", "build", ...step.flags, ...(pkg === "." ? [] : [pkg])]);
}
