// pare release: the plan, or the release itself.
import { dirname, join, resolve } from "node:path";
import { newProjectFile } from "../config/discover.ts";
import { loadReleaseFile } from "../config/releasefile.ts";
import { judgeAll, prepare } from "../release/prepare.ts";
import { runRelease } from "../release/run.ts";
import { visible } from "../report/escape.ts";
import { jsonDocument } from "../report/json.ts";
import { planText, releaseText } from "../report/releasetext.ts";
import { terminalOf } from "../report/terminal.ts";
import { formatBytes } from "../report/units.ts";
import type { ScheduleEvent } from "../schedule/event.ts";
import { cacheDirectory, dataDirectory, stateDirectory } from "../toolchain/directories.ts";
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
}

const OUTPUT = "dist";

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
  if (flags.dryRun === true) {
    if (flags.json === true) return write("-", jsonDocument(plan));
    const verdicts = await judgeAll(plan.items, prepared);
    prepared.context.answers.save(onInterrupt);
    const planned = verdicts.map(({ resolved, state, why }) => ({
      id: resolved.item.id,
      state,
      why: resolved.cgoFor === "" ? why : [`C is built, for ${resolved.cgoFor} does not build without`, ...why],
    }));
    return write("-", planText(plan, planned, terminalOf(process.stdout, process.env), explain));
  }
  const log = flags.log === undefined ? undefined : eventLog();
  const result = await runRelease(prepared, {
    items: plan.items,
    universal: plan.universal,
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
  }).finally(() => progress.done());
  if (flags.log !== undefined && log !== undefined) await write(flags.log, log.lines());
  if (flags.json === true) return write("-", jsonDocument(result));
  await write("-", releaseText(result, terminalOf(process.stdout, process.env), explain));
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
