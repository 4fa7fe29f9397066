// pare release: the plan, or the release itself.
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { newProjectFile } from "../config/discover.ts";
import { loadReleaseFile } from "../config/releasefile.ts";
import { judgeAll, prepare } from "../release/prepare.ts";
import { mergeShards } from "../release/merge.ts";
import type { PlanItem, ReleasePlan } from "../release/plan.ts";
import { costKey } from "../release/program.ts";
import { type RunOptions, runRelease } from "../release/run.ts";
import { releaseSchema } from "../release/schema.ts";
import { chosenItems, githubMatrix, type Share, shares } from "../release/shard.ts";
import { type Verified, verifyRelease } from "../release/verify.ts";
import { visible } from "../report/escape.ts";
import { jsonDocument } from "../report/json.ts";
import { planText, releaseText } from "../report/releasetext.ts";
import { terminalOf } from "../report/terminal.ts";
import { formatBytes } from "../report/units.ts";
import { Costs } from "../schedule/costs.ts";
import type { ScheduleEvent } from "../schedule/event.ts";
import { cacheDirectory, dataDirectory, stateDirectory } from "../toolchain/directories.ts";
import { EXIT, Failure } from "./failure.ts";
import { onInterrupt } from "./interrupt.ts";
import type { CommonOptions } from "./options.ts";
import { write } from "./output.ts";
import { type Progress, progressOn } from "./progress.ts";
import { version } from "./version.ts";

export interface ReleaseFlags extends CommonOptions {
  readonly output?: string;
  readonly target?: readonly string[];
  readonly jobs?: number;
  readonly memory?: number;
  readonly keepGoing?: boolean;
  readonly symbols?: boolean;
  readonly dryRun?: boolean;
  readonly explain?: boolean;
  readonly json?: boolean;
  readonly log?: string;
  readonly only?: readonly string[];
  readonly shard?: { readonly index: number; readonly count: number };
  readonly costs?: string;
  readonly ci?: "github";
  readonly jobsInMatrix?: number;
  readonly verify?: boolean;
}

const OUTPUT = "dist";
/** Jobs of a matrix, unless there are fewer targets. */
const MATRIX = 4;

export async function releaseCommand(flags: ReleaseFlags): Promise<void> {
  const cwd = process.cwd();
  const settings = loadReleaseFile(cwd);
  const root = settings.root ?? dirname(newProjectFile(cwd));
  const output = flags.output === undefined ? join(root, OUTPUT) : resolve(flags.output);
  const progress = progressOn(process.stderr, flags.quiet === true);
  const prepared = await prepare({
    settings,
    root,
    output,
    cache: join(cacheDirectory(), "release"),
    env: process.env,
    guard: onInterrupt,
    targets: flags.target,
  });
  const { plan } = prepared;
  if (flags.quiet !== true) for (const warning of plan.warnings) process.stderr.write(`pare: ${visible(warning)}\n`);
  const explain = flags.explain === true;
  if (flags.ci !== undefined) {
    const count = flags.jobsInMatrix ?? Math.min(plan.items.length, MATRIX);
    // one machine shares out for all: it may go by what it remembers
    const all = shares(plan, count, flags.costs === undefined ? rememberedSeconds(plan) : secondsIn(flags.costs));
    return write("-", `${JSON.stringify(githubMatrix(all))}\n`);
  }
  const share = shareOf(plan, flags);
  if (flags.dryRun === true) {
    if (flags.json === true) return write("-", jsonDocument(plan));
    const verdicts = await judgeAll(share.items, prepared);
    prepared.context.answers.save(onInterrupt);
    const planned = verdicts.map(({ resolved, state, why }) => ({
      id: resolved.item.id,
      state,
      why: resolved.cgoFor === "" ? why : [`C is built, for ${resolved.cgoFor} does not build without`, ...why],
    }));
    return write("-", planText({ ...plan, ...share }, planned, terminalOf(process.stdout, process.env), explain));
  }
  const log = flags.log === undefined ? undefined : eventLog();
  const options: RunOptions = {
    items: share.items,
    universal: share.universal,
    jobs: flags.jobs,
    memory: flags.memory,
    keepGoing: flags.keepGoing === true,
    symbols: plan.symbols && flags.symbols !== false ? join(dataDirectory(), "symbols") : undefined,
    state: stateDirectory(),
    tool: version(),
    guard: onInterrupt,
    onEvent: (event) => {
      log?.add(event);
      tell(event, progress);
    },
  };
  let result;
  let verified: Verified | undefined;
  try {
    result = await runRelease(prepared, options);
    if (flags.verify === true) {
      progress.step("building everything once more");
      verified = await verifyRelease(prepared, options, onInterrupt);
    }
  } finally {
    progress.done();
  }
  if (flags.quiet !== true)
    for (const warning of result.warnings.slice(plan.warnings.length))
      process.stderr.write(`pare: ${visible(warning)}\n`);
  if (flags.log !== undefined && log !== undefined) await write(flags.log, log.lines());
  if (flags.json === true) await write("-", jsonDocument(result));
  else await write("-", releaseText(result, terminalOf(process.stdout, process.env), explain));
  if (verified !== undefined) report(verified, flags);
}

/** What --verify found; differences are a failure. */
function report({ same, different }: Verified, flags: ReleaseFlags): void {
  if (different.length === 0) {
    if (flags.quiet !== true) process.stderr.write(`pare: built again elsewhere, all ${same} files are the same\n`);
    return;
  }
  const lines = different.map(
    ({ path, from, to, owner }) => `${path} differs first in bytes ${from} to ${to}${owner === "" ? "" : `: ${owner}`}`,
  );
  throw new Failure(EXIT.checkFailed, `built again elsewhere, ${different.length} files differ\n${lines.join("\n")}`);
}

/** What this machine makes of a plan. */
function shareOf(plan: ReleasePlan, { only, shard, costs }: ReleaseFlags): Share {
  if (only !== undefined) {
    const chosen = chosenItems(plan, only);
    if ("unknown" in chosen)
      throw new Failure(EXIT.usage, `--only ${chosen.unknown}: the plan has no such item; see --dry-run`);
    return chosen;
  }
  if (shard === undefined) return plan;
  // each machine finds its share by itself: nothing counts that another one may not have
  return shares(plan, shard.count, costs === undefined ? () => undefined : secondsIn(costs))[shard.index - 1];
}

function rememberedSeconds({ module }: ReleasePlan): (item: PlanItem) => number | undefined {
  const costs = new Costs(join(stateDirectory(), "costs.json"));
  return (item) => costs.of(costKey("build", module, item))?.seconds;
}

/** What builds took by the document of a release; what was not built in it is not known. Throws Failure. */
function secondsIn(file: string): (item: PlanItem) => number | undefined {
  const read = (): unknown => {
    try {
      return JSON.parse(readFileSync(resolve(file), "utf8"));
    } catch (error) {
      throw new Failure(EXIT.unreadable, `--costs ${file}: cannot be read as JSON`, String(error));
    }
  };
  const { success, data } = releaseSchema.safeParse(read());
  if (!success) throw new Failure(EXIT.unreadable, `--costs ${file}: not what pare release --json prints`);
  const seconds = new Map(data.items.map(({ id, state, seconds: took }) => [id, state === "built" ? took : undefined]));
  return ({ id }) => seconds.get(id);
}

/** pare release merge: shards → one release. */
export async function mergeCommand(
  directories: readonly string[],
  flags: CommonOptions & { readonly output?: string },
): Promise<void> {
  const output = resolve(flags.output ?? OUTPUT);
  const release = await mergeShards(
    directories.map((each) => resolve(each)),
    output,
    onInterrupt,
  );
  await write(
    "-",
    `${release.artifacts.length} files of ${visible(release.project)} ${visible(release.version)} in ${visible(output)}\n`,
  );
}

function tell(event: ScheduleEvent, progress: Progress): void {
  if (event.type === "started") progress.step(event.label);
  else if (event.type === "said") progress.step(`${event.label}: ${event.text}`);
  else if (event.type === "waiting" && event.reason !== "alone") {
    const what = event.reason === "limit" ? "left of the limit" : "free";
    progress.step(
      `${event.label} waits for memory: it needs ${formatBytes(event.needs)}, ${formatBytes(event.free)} are ${what}`,
    );
  }
}

/** Events as lines of JSON. */
function eventLog(): { add: (event: ScheduleEvent) => void; lines: () => string[] } {
  const began = Date.now();
  const lines: string[] = [];
  return {
    add: (event) => {
      const error =
        event.type === "failed"
          ? { error: event.error instanceof Error ? event.error.message : String(event.error) }
          : {};
      lines.push(`${JSON.stringify({ ms: Date.now() - began, ...event, ...error })}\n`);
    },
    lines: () => lines,
  };
}
