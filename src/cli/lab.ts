// pare lab: every way to build a program, built and measured.
import { cpus } from "node:os";
import { join } from "node:path";
import { type Scenario, SCENARIOS } from "../advice/scenarios.ts";
import { milliseconds } from "../config/schema.ts";
import { loadSettings, type Settings } from "../config/settings.ts";
import { Budget } from "../lab/budget.ts";
import { invocationOf, readyWhen, words } from "../lab/launch.ts";
import { commandsOf } from "../lab/command.ts";
import type { LabResult, Measure, Target, Variant } from "../lab/model.ts";
import { globsOf, type Plan, planLab } from "../lab/plan.ts";
import { ownVariants } from "../lab/own.ts";
import { recommend } from "../lab/recommend.ts";
import type { LabOptions } from "../lab/run.ts";
import { nearest } from "../ledger/nearest.ts";
import { commandLine } from "../report/command.ts";
import { terminalOf } from "../report/terminal.ts";
import { Costs } from "../schedule/costs.ts";
import type { ScheduleEvent } from "../schedule/event.ts";
import { Executor } from "../schedule/executor.ts";
import { freeMemory, memoryLimit } from "../schedule/memory.ts";
import { stateDirectory } from "../toolchain/directories.ts";
import { loadKnowledge } from "../toolchain/knowledge.ts";
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
  readonly timeout?: number;
  readonly test?: boolean;
  readonly tags?: boolean;
  readonly for?: Scenario;
  readonly bench?: string;
  readonly benchRuns: number;
  /** A variant's name, or true for the one that is recommended. */
  readonly write?: string | true;
  readonly jobs?: number;
  readonly memory?: number;
  readonly dryRun?: boolean;
  readonly bytes?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly output?: string;
}

export async function labCommand(pkg: string | undefined, goFlags: readonly string[], flags: LabFlags): Promise<void> {
  const settings = loadSettings({
    cwd: process.cwd(),
    env: process.env,
    flags: { package: pkg, scenario: flags.for, ready: flags.ready },
  });
  if (flags.write === true && settings.scenario.value === undefined)
    throw new Failure(EXIT.usage, `--write: for what? Name a scenario (--for ${SCENARIOS.join("|")}) or a variant`);
  const how = invocation(flags, settings);
  const benchmarks = flags.bench === undefined ? undefined : benchmarkWords(flags.bench);
  const progress = progressOn(process.stderr, flags.quiet === true);
  try {
    progress.step(`reading ${settings.package.value}`);
    const own = new Map([...settings.variants].map(([name, { value }]) => [name, value]));
    const plan = await planLab(
      {
        pkg: settings.package.value,
        cwd: process.cwd(),
        goFlags,
        ...(flags.target === undefined ? {} : { target: targetOf(flags.target) }),
        only: (flags.only ?? []).flatMap(globsOf),
        skip: (flags.skip ?? []).flatMap(globsOf),
        thorough: flags.thorough === true,
        guard: onInterrupt,
      },
      (known, facts) => ownVariants(own, known, facts),
    );
    if (flags.dryRun === true) {
      progress.done();
      await write(flags.output ?? "-", await planned(plan, flags, how));
      return;
    }
    if (typeof flags.write === "string") rejectUnknown(flags.write, plan);
    const result = recommended(await measured(plan, flags, how, progress, benchmarks));
    progress.done();
    await write(flags.output ?? "-", await answer(result, flags, settings.scenario.value));
    if (flags.write !== undefined) await choose(result, flags, settings.scenario.value);
  } finally {
    progress.done();
  }
}

/** "go test -bench ." → what stands behind "go test". No shell: quotes hold together, nothing is expanded. */
function benchmarkWords(line: string): string[] {
  const [go, test, ...rest] = words(line) ?? [];
  if (go !== "go" || test !== "test" || !rest.some((word) => /^--?(?:test\.)?bench(?:=|$)/.test(word)))
    throw new Failure(EXIT.usage, `--bench ${line}: write a command such as 'go test -run ^$ -bench . ./codec'`);
  return rest;
}

/** What to take for each scenario. */
function recommended(result: LabResult): LabResult {
  const speeds = new Map(
    (result.benchmarks ?? []).map(({ variant, says }) => [variant, says === "mixed" ? "no difference" : says]),
  );
  const recommendations = loadKnowledge("scenarios").map((scenario) => recommend(result, scenario, speeds));
  return { ...result, recommendations };
}

function rejectUnknown(name: string, { variants }: Plan): void {
  const names = variants.map((variant) => variant.name);
  if (names.includes(name)) return;
  const meant = nearest(name, names);
  throw new Failure(
    EXIT.usage,
    `--write: no variant is called ${name}${meant === undefined ? "" : ` (Did you mean ${meant}?)`}`,
  );
}

/** Stores the variant that was named, or the one that is recommended. */
async function choose(result: LabResult, flags: LabFlags, scenario: Scenario | undefined): Promise<void> {
  const name =
    typeof flags.write === "string"
      ? flags.write
      : result.recommendations?.find((each) => each.scenario === scenario)?.winner?.variant;
  const row = result.rows.find(({ variant }) => variant.name === name);
  if (row === undefined || row.outcome.state !== "built")
    throw new Failure(
      EXIT.checkFailed,
      `nothing is written: there is no ${name ?? "variant to recommend"} that was built`,
    );
  const { chosenOf } = await import("../lab/own.ts");
  const { writeChosen } = await import("./choose.ts");
  const isNamed = typeof flags.write === "string";
  await writeChosen(chosenOf(row.variant, isNamed ? undefined : scenario), process.cwd(), flags.quiet === true);
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
  how: Pick<LabOptions, "invocation" | "ready" | "timeoutMs">,
  progress: Progress,
  benchmarks: readonly string[] | undefined,
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
        const result = await runLab(plan, {
          ...how,
          measure: flags.measure,
          runs: flags.runs,
          test: flags.test === true,
          budget,
          executor,
          costs,
          work,
          guard: onInterrupt,
          taskSeconds: () => taskSeconds,
          commandLine,
        });
        if (benchmarks === undefined) return result;
        const { benchVariants } = await import("../lab/benchruns.ts");
        const compared = await benchVariants(plan.variants, {
          words: benchmarks,
          rounds: flags.benchRuns,
          cwd: plan.cwd,
          executor,
          guard: onInterrupt,
          left: () => budget.left,
        });
        return { ...result, benchmarks: compared };
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
function invocation(
  { run, timeout, measure }: LabFlags,
  settings: Settings,
): Pick<LabOptions, "invocation" | "ready" | "timeoutMs"> {
  const ready = settings.ready.value;
  const when = readyWhen(ready);
  if (when === undefined)
    throw new Failure(EXIT.usage, `--ready ${ready}: write exit, port:8080, port:{port}, output:REGEX or auto`);
  const timeoutMs = timeout === undefined ? milliseconds(settings.timeout.value)! : timeout * 1000;
  const isStarted = measure === "start" || measure === "all" || when.kind === "port" || when.kind === "output";
  const all = run === undefined ? settings.run.value : words(run);
  if (all === undefined) throw new Failure(EXIT.usage, `--run: a quote has no end: ${run}`);
  if (run === undefined && all.length === 0)
    return { invocation: { env: {}, args: isStarted ? [] : ["--help"] }, ready: when, timeoutMs };
  return { invocation: invocationOf(all), ready: when, timeoutMs };
}

/** "linux/arm64". */
export function targetOf(text: string): Target {
  const [GOOS, GOARCH, ...more] = text.split("/");
  if (!/^\w+$/.test(GOOS) || GOARCH === undefined || !/^\w+$/.test(GOARCH) || more.length > 0)
    throw new Failure(EXIT.usage, `--target ${text}: write GOOS/GOARCH, such as linux/arm64`);
  return { GOOS, GOARCH };
}

async function answer(result: LabResult, flags: LabFlags, scenario: Scenario | undefined): Promise<string> {
  if (flags.json === true) return (await import("../report/json.ts")).jsonDocument(result);
  if (flags.markdown === true) return (await import("../report/labmarkdown.ts")).labMarkdown(result, flags.bytes);
  const toFile = flags.output !== undefined && flags.output !== "-";
  const terminal = terminalOf(toFile ? {} : process.stdout, process.env);
  const { labText } = await import("../report/labtext.ts");
  const { benchText } = await import("../report/benchtext.ts");
  const { recommendedText } = await import("../report/recommendtext.ts");
  const bench = benchText(result.benchmarks ?? [], terminal);
  const more = [...(bench.length > 0 ? ["", ...bench] : []), "", ...recommendedText(result, terminal, scenario)];
  return `${labText(result, { terminal, exact: flags.bytes })}${more.join("\n")}\n`;
}
