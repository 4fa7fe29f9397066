// Bare `pare`: builds the package as it is and as it should be shipped, and says what made the difference.
import { releaseSteps, type Step } from "../lab/steps.ts";
import { snapshot } from "../ledger/snapshot.ts";
import { commandLine } from "../report/command.ts";
import { visible } from "../report/escape.ts";
import type { OverviewRow } from "../report/overview.ts";
import { terminalOf } from "../report/terminal.ts";
import { factsOf, type Input, profileInput, STEPS } from "./input.ts";
import { onInterrupt } from "./interrupt.ts";
import { write } from "./output.ts";
import type { CommonOptions } from "./options.ts";
import { progressOn } from "./progress.ts";

export interface OverviewFlags extends CommonOptions {
  readonly json?: boolean;
  readonly html?: string;
}

const PAGE = "pare-report.html";

export async function overviewCommand(pkg: string, goFlags: readonly string[], flags: OverviewFlags): Promise<void> {
  const progress = progressOn(process.stderr, flags.quiet === true);
  const { goEnv } = await import("../toolchain/go.ts");
  const { openSubject } = await import("../toolchain/subject.ts");
  const env = await goEnv({ cwd: process.cwd(), guard: onInterrupt });
  const steps = releaseSteps(goFlags, env.CGO_ENABLED === "1");
  const rows: OverviewRow[] = [];
  let input: Input | undefined;
  for (const [i, step] of steps.entries()) {
    const place = `[${i + 1}/${steps.length}]`;
    progress.step(`${place} ${step.change}`);
    input = await openSubject(pkg, {
      cwd: process.cwd(),
      goFlags: step.flags,
      env: step.env,
      guard: onInterrupt,
      onStep: ({ reason, subject }) => {
        if (reason !== "build") progress.step(`${place} ${STEPS[reason]} ${subject}`);
      },
    });
    rows.push({ change: step.change, price: step.price, bytes: input.bytes.length });
  }
  progress.step("profiling the release build");
  const profile = await profileInput(input!, {});
  const release = snapshot(profile, factsOf(input!, profile, flags.json === true), { symbols: true });
  progress.done();
  const command = commandOf(steps[steps.length - 1], pkg);

  const { htmlPage } = await import("../report/html.ts");
  const page = flags.html ?? PAGE;
  await write(page, htmlPage(release));
  if (flags.json === true) {
    const { jsonDocument } = await import("../report/json.ts");
    await write("-", jsonDocument({ schema: "pare.overview/1", command, builds: rows, release }));
  } else {
    const { overviewText } = await import("../report/overview.ts");
    const terminal = terminalOf(process.stdout, process.env);
    await write("-", overviewText({ rows, release, command }, terminal));
  }
  if (flags.quiet !== true) process.stderr.write(`wrote ${visible(page)}\n`);
}

/** The step as one types it into a shell. */
function commandOf(step: Step, pkg: string): string {
  const env = Object.entries(step.env).map(([name, value]) => `${name}=${value}`);
  return commandLine([...env, "go", "build", ...step.flags, ...(pkg === "." ? [] : [pkg])]);
}
