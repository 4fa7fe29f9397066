// Bare `pare`: builds the package as it is and as it should be shipped, and says what else is worth doing, within a budget of time.
import { type Action, ranked } from "../advice/action.ts";
import { Budget } from "../lab/budget.ts";
import { loadSettings } from "../config/settings.ts";
import { flagsAction, type LeftOut, type Overview, OVERVIEW_SCHEMA } from "../lab/overview.ts";
import { chosenBuild, plainBuild, type Start } from "../lab/steps.ts";
import { snapshot } from "../ledger/snapshot.ts";
import { visible } from "../report/escape.ts";
import { terminalOf } from "../report/terminal.ts";
import { factsOf, profileInput } from "./input.ts";
import { write } from "./output.ts";
import type { CommonOptions } from "./options.ts";
import { type Progress, progressOn } from "./progress.ts";

export interface OverviewFlags extends CommonOptions {
  readonly json?: boolean;
  readonly html?: string;
  /** Seconds. */
  readonly timeBudget: number;
}

/** What is being made, by one part after the other, as long as there is time. */
export interface Work {
  readonly pkg: string;
  readonly goFlags: readonly string[];
  /** The user's own build. */
  readonly start: Start;
  readonly budget: Budget;
  readonly progress: Progress;
  readonly actions: Action[];
  readonly leftOut: LeftOut[];
}

const PAGE = "pare-report.html";

/** Without a package, the one of pare.yaml, else that of the current directory. */
export async function overviewCommand(
  named: string | undefined,
  goFlags: readonly string[],
  flags: OverviewFlags,
): Promise<void> {
  const settings = loadSettings({ cwd: process.cwd(), env: process.env });
  const pkg = named ?? settings.package.value;
  // what was chosen is the program's of pare.yaml, and no other's
  const chosen = pkg === settings.package.value ? settings.chosen.value : undefined;
  const start = chosen && chosenBuild(chosen, goFlags);
  const progress = progressOn(process.stderr, flags.quiet === true);
  const work: Work = {
    pkg,
    goFlags: start?.flags ?? goFlags,
    start: start ?? plainBuild(goFlags),
    budget: new Budget(flags.timeBudget),
    progress,
    actions: [],
    leftOut:
      chosen && !start
        ? [{ what: `the chosen variant ${chosen.variant}`, why: "Go alone does not make it", command: "pare lab" }]
        : [],
  };
  try {
    const { releaseBuilds, smallestBuild } = await import("./overviewbuilds.ts");
    const { steps, builds, asIs } = await releaseBuilds(work);
    const last = steps[steps.length - 1];
    const flagged = flagsAction(builds, steps, last.command);
    if (flagged) work.actions.push(flagged);
    const { input, best, step } = await smallestBuild(work, last);
    progress.step("profiling the smallest build");
    const profile = await profileInput(input, {});
    const facts = factsOf(input, profile, flags.json === true);
    const { sourceChanges, linkOf } = await import("./overviewlink.ts");
    const model = await linkOf(input, profile, facts);
    const withSource = await sourceChanges(work, model, step, best);
    const { buildFindings } = await import("./overviewaudit.ts");
    const overview: Overview = {
      schema: OVERVIEW_SCHEMA,
      subject: input.name,
      builds,
      actions: ranked(work.actions),
      best: { withoutSource: best, withSource },
      findings: await buildFindings(work, model, { asIs, builds }),
      leftOut: work.leftOut,
      release: snapshot(profile, facts, { symbols: true }),
    };
    progress.done();
    await answer(overview, flags);
  } finally {
    progress.done();
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
