// pare lab: every way to build a program, built and measured.
import { cpus } from "node:os";
import { join } from "node:path";
import { Budget } from "../lab/budget.ts";
import { invocationOf, readyWhen, words } from "../lab/launch.ts";
import { commandsOf } from "../lab/command.ts";
import type { LabResult, Target, Variant } from "../lab/model.ts";
import { globsOf, type Plan, planLab } from "../lab/plan.ts";
import type { LabOptions, Measure } from "../lab/run.ts";
import { commandLine } from "../report/command.ts";
import { terminalOf } from "../report/terminal.ts";
import { Costs } from "../schedule/costs.ts";
import type { ScheduleEvent } from "../schedule/event.ts";
import { Executor } from "../schedule/executor.ts";
import { freeMemory, memoryLimit } from "../schedule/memory.ts";
import { stateDirectory } from "../toolchain/directories.ts";
import { withTemporary } from "../toolchain/temporary.ts";
import { EXIT, Failure } from "./failure.ts";
import { onInterrupt } from "./interrupt.ts";
import type { CommonOptions } from "./options.ts";
import { write } from "./output.ts";
import { type Progress, progressOn } from "./progress.ts";

export interface LabFlags extends CommonOptions {
  readonly measure: Measure;
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly thorough?: boolean;
  readonly target?: string;
  readonly runs: number;
  readonly timeBudget?: number;
  readonly run?: string;
  readonly ready?: string;
  readonly timeout: number;
  readonly test?: boolean;
  readonly tags?: boolean;
  readonly jobs?: number;
  readonly memory?: number;
  readonly dryRun?: boolean;
  readonly bytes?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly output?: string;
}

export async function labCommand(pkg: string, goFlags: readonly string[], flags: LabFlags): Promise<void> {
  const how = invocation(flags);
  const progress = progressOn(process.stderr, flags.quiet === true);
  progress.step(`reading ${pkg}`);
  const plan = await planLab({
    pkg,
    cwd: process.cwd(),
    goFlags,
    ...(flags.target === undefined ? {} : { target: targetOf(flags.target) }),
    only: (flags.only ?? []).flatMap(globsOf),
    skip: (flags.skip ?? []).flatMap(globsOf),
    thorough: flags.thorough === true,
    guard: onInterrupt,
  });
  if (flags.dryRun === true) {
    progress.done();
    return write(flags.output ?? "-", await planned(plan, flags, how));
  }
  try {
    const result = await measured(plan, flags, how, progress);
    progress.done();
    await write(flags.output ?? "-", await answer(result, flags));
  } finally {
    progress.done();
  }
}

/** What would be done, and nothing of it is. */
async function planned(
  plan: Plan,
  flags: LabFlags,
  { invocation: { args, env } }: Pick<LabOptions, "invocation" | "ready">,
): Promise<string> {
  const { fileName } = await import("../lab/make.ts");
  const { labPlanText } = await import("../report/labtext.ts");
  const listed = (variant: Variant): { name: string; command: string; note: string } => {
    const { build, pack } = commandsOf(variant, plan.pkg, fileName(variant, plan));
    const command = commandLine(build) + (pack ? ` && ${commandLine(pack)}` : "");
    return { name: variant.name, command, note: variant.refused ?? variant.onRequest ?? "" };
  };
  const starts = commandLine([...Object.entries(env).map(([name, value]) => `${name}=${value}`), "PROGRAM", ...args]);
  const what = { size: "sizes", build: "sizes and builds", start: "sizes and starts", all: "everything" }[
    flags.measure
  ];
  const isStarted = flags.measure === "start" || flags.measure === "all";
  return labPlanText(
    {
      head: `${plan.variants.length} variants of ${plan.main.importPath}, to measure ${what}`,
      start: `${starts}, ${isStarted ? `${flags.runs + 2} times` : "once"} each, in an empty directory`,
      rows: plan.variants.map(listed),
      onRequest: plan.onRequest.map(listed),
    },
    terminalOf(process.stdout, process.env),
  );
}

async function measured(
  plan: Plan,
  flags: LabFlags,
  how: Pick<LabOptions, "invocation" | "ready">,
  progress: Progress,
): Promise<LabResult> {
  const { runLab } = await import("../lab/run.ts");
  const costs = new Costs(join(stateDirectory(), "costs.json"));
  let taskSeconds = 0;
  const onEvent = (event: ScheduleEvent): void => {
    if (event.type === "started") progress.step(event.label);
    else if (event.type === "said") progress.step(event.text);
    else if (event.type === "finished") taskSeconds += event.seconds;
    else if (event.type === "waiting" && event.reason !== "alone") {
      const mega = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
      progress.step(`${event.label} waits for memory: it needs ${mega(event.needs)}, there are ${mega(event.free)}`);
    }
  };
  const executor = new Executor({
    jobs: flags.jobs ?? Math.max(1, Math.floor(cpus().length / 2)),
    memory: flags.memory ?? memoryLimit(),
    freeMemory,
    onEvent,
  });
  const budget = new Budget(flags.timeBudget ?? Infinity);
  return withTemporary(
    onInterrupt,
    async (work) => {
      try {
        return await runLab(plan, {
          ...how,
          measure: flags.measure,
          runs: flags.runs,
          timeoutMs: flags.timeout * 1000,
          test: flags.test === true,
          budget,
          executor,
          costs,
          work,
          guard: onInterrupt,
          taskSeconds: () => taskSeconds,
          commandLine,
        });
      } finally {
        // children first, then the directory that they write to
        executor.cancel();
        costs.save(onInterrupt);
      }
    },
    plan.go.GOTMPDIR,
  );
}

/** How the program is started. Without --run it is only asked for its help, unless starts are what is measured. */
function invocation({ run, ready = "auto", measure }: LabFlags): Pick<LabOptions, "invocation" | "ready"> {
  const when = readyWhen(ready);
  if (when === undefined)
    throw new Failure(EXIT.usage, `--ready ${ready}: write exit, port:8080, port:{port}, output:REGEX or auto`);
  const isStarted = measure === "start" || measure === "all" || when.kind === "port" || when.kind === "output";
  if (run === undefined) return { invocation: { env: {}, args: isStarted ? [] : ["--help"] }, ready: when };
  const all = words(run);
  if (all === undefined) throw new Failure(EXIT.usage, `--run: a quote has no end: ${run}`);
  return { invocation: invocationOf(all), ready: when };
}

/** "linux/arm64". */
export function targetOf(text: string): Target {
  const [GOOS, GOARCH, ...more] = text.split("/");
  if (!/^\w+$/.test(GOOS) || GOARCH === undefined || !/^\w+$/.test(GOARCH) || more.length > 0)
    throw new Failure(EXIT.usage, `--target ${text}: write GOOS/GOARCH, such as linux/arm64`);
  return { GOOS, GOARCH };
}

async function answer(result: LabResult, flags: LabFlags): Promise<string> {
  if (flags.json === true) return (await import("../report/json.ts")).jsonDocument(result);
  if (flags.markdown === true) return (await import("../report/labmarkdown.ts")).labMarkdown(result, flags.bytes);
  const toFile = flags.output !== undefined && flags.output !== "-";
  const terminal = terminalOf(toFile ? {} : process.stdout, process.env);
  const { labText } = await import("../report/labtext.ts");
  return labText(result, { terminal, exact: flags.bytes });
}
