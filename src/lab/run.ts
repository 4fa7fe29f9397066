// The lab at work: variants are built side by side, each is looked at and started, and times are taken one after the other. What was
// asked for comes before what takes longest: within a time budget it must not be what is left out.
import { dirname } from "node:path";
import { cpus, homedir, totalmem } from "node:os";
import { performance } from "node:perf_hooks";
import type { Costs } from "../schedule/costs.ts";
import type { Executor } from "../schedule/executor.ts";
import { HOW_COMPRESSED, HOW_XZ, xzSize } from "../toolchain/compress.ts";
import type { Guard } from "../toolchain/failure.ts";
import { test } from "../toolchain/go.ts";
import { canMeasure } from "../toolchain/processtree.ts";
import { type ToolName, versionLine } from "../toolchain/tools.ts";
import { tinygoVersion } from "../toolchain/tinygo.ts";
import { type Budget, NO_TIME } from "./budget.ts";
import { commandsOf } from "./command.ts";
import { builtOf, type Draft, draftOf } from "./drafts.ts";
import type { Invocation, ReadyWhen } from "./launch.ts";
import { LimitedTasks } from "./limited.ts";
import { fileName, type Place } from "./make.ts";
import { BUILD_BYTES, makeAll } from "./making.ts";
import {
  type BuildCost,
  LAB_SCHEMA,
  type LabResult,
  type LabRow,
  type Measure,
  type Measured,
  type Variant,
} from "./model.ts";
import type { Plan } from "./plan.ts";
import { runsHere, Starting } from "./starting.ts";
import { coldBuild, warmBuild } from "./timings.ts";

export interface LabOptions {
  readonly measure: Measure;
  readonly runs: number;
  readonly invocation: Invocation;
  readonly ready: ReadyWhen;
  readonly timeoutMs: number;
  /** Run the tests of the program's own packages with each variant's flags. */
  readonly test: boolean;
  readonly budget: Budget;
  readonly executor: Executor;
  readonly costs: Costs;
  /** An empty directory, removed by the caller. */
  readonly work: string;
  readonly guard: Guard;
  /** Sum of what all tasks took so far, in seconds. */
  readonly taskSeconds: () => number;
  /** Words as one types them. */
  readonly commandLine: (words: readonly string[]) => string;
}

/** Of a time budget, for building and packing, if more than sizes is asked for: one slow packer would take it all. */
const MAKING_SHARE = 0.6;

/** Does all that the plan and the options ask for. Rejects with ToolFailure if the user's own build fails. */
export async function runLab(plan: Plan, options: LabOptions): Promise<LabResult> {
  const began = performance.now();
  const lab = new Lab(plan, options, await missingTools(plan, options.guard));
  const rows = await lab.run();
  const seconds = { wall: (performance.now() - began) / 1000, tasks: options.taskSeconds() };
  const { GOOS, GOARCH } = plan.facts.target;
  return {
    schema: LAB_SCHEMA,
    subject: plan.main.importPath,
    target: `${GOOS}/${GOARCH}`,
    goVersion: plan.go.GOVERSION,
    machine: {
      host: `${plan.go.GOHOSTOS}/${plan.go.GOHOSTARCH}`,
      cpu: cpus()[0]?.model ?? "",
      cores: cpus().length,
      memoryBytes: totalmem(),
    },
    asked: { measure: options.measure, inTime: options.budget.left > 0 },
    rows,
    seconds,
    warnings: lab.warnings,
  };
}

/** The programs that some variant needs and that are not there. */
async function missingTools({ variants }: Plan, guard: Guard): Promise<Set<ToolName>> {
  const missing = new Set<ToolName>();
  const needs = (tool: string): boolean => variants.some(({ pack, tool: by }) => pack?.tool === tool || by === tool);
  const look = async (name: ToolName, version: () => Promise<string | undefined>): Promise<void> => {
    if ((await version()) === undefined) missing.add(name);
  };
  if (needs("upx")) await look("upx", () => versionLine("upx", ["--version"], guard));
  if (needs("wasm-opt")) await look("wasm-opt", () => versionLine("wasm-opt", ["--version"], guard));
  if (needs("tinygo")) await look("tinygo", () => tinygoVersion(guard));
  const cc = process.env.CC?.split(" ")[0] || (process.platform === "darwin" ? "clang" : "gcc");
  if (variants.some(({ env }) => env.CGO_ENABLED === "1"))
    await look("C compiler", () => versionLine(cc, ["--version"], guard));
  return missing;
}

class Lab {
  readonly #options: LabOptions;
  readonly #place: Place;
  readonly #drafts: readonly Draft[];
  readonly #tasks: LimitedTasks;
  readonly #starting: Starting;
  /** Packages whose tests fail with the first variant that is tested: no other is to blame for them. */
  #failing: readonly string[] | undefined;

  constructor(plan: Plan, options: LabOptions, missing: ReadonlySet<ToolName>) {
    this.#options = options;
    this.#place = { plan, work: options.work, missing, guard: options.guard };
    this.#drafts = plan.variants.map(draftOf);
    this.#tasks = new LimitedTasks(options.executor, options.budget);
    this.#starting = new Starting(plan, this.#drafts, this.#tasks, options);
  }

  get warnings(): readonly string[] {
    return this.#starting.warnings;
  }

  async run(): Promise<LabRow[]> {
    const { measure } = this.#options;
    await this.#make();
    await this.#starting.lives();
    if (measure === "start" || measure === "all") await this.#starting.measure();
    if (this.#options.test) for (const draft of builtOf(this.#drafts)) await this.#test(draft);
    if (measure === "all") await Promise.all(builtOf(this.#drafts).map((draft) => this.#xz(draft)));
    if (measure === "build" || measure === "all") for (const draft of builtOf(this.#drafts)) await this.#times(draft);
    return this.#drafts.map((draft) => this.#row(draft));
  }

  async #make(): Promise<void> {
    const { measure, budget, costs, test: isTested } = this.#options;
    const { plan } = this.#place;
    const places = [dirname(plan.go.GOMOD), plan.main.directory, plan.go.GOROOT, plan.go.GOMODCACHE, homedir()];
    const hasMore = measure !== "size" || isTested;
    const until = hasMore ? budget.share(MAKING_SHARE) : budget;
    const late = hasMore
      ? `not made within ${Math.round(until.left)} s, the part of the time budget for that`
      : NO_TIME;
    const named = places.filter((place) => place.length > 2);
    await makeAll(this.#drafts, { place: this.#place, tasks: this.#tasks, costs, until, late, places: named });
  }

  /** The slowest of the compressors, by far. */
  async #xz(draft: Draft): Promise<void> {
    const { measures, path, variant } = draft;
    const { download } = measures;
    if (download === undefined) return;
    const { guard } = this.#options;
    const run = async ({ signal }: { signal: AbortSignal }): Promise<void> => {
      const xz = await xzSize(path, { guard, signal });
      if (typeof xz !== "number") draft.notes.push(xz.reason);
      else measures.download = { value: { ...download.value, xz }, how: `${HOW_COMPRESSED}, ${HOW_XZ}` };
    };
    await this.#tasks.run({ name: `xz ${variant.name}`, label: `compressing ${variant.name} with xz`, run });
  }

  async #test(draft: Draft): Promise<void> {
    const { variant } = draft;
    if (variant.tool !== "go" || !runsHere(draft, this.#place.plan) || this.#place.plan.ownPackages.length === 0)
      return;
    const { flags, how } = testFlags(variant);
    const { plan, guard } = this.#place;
    const found = await this.#tasks.run({
      name: `test ${how}`,
      label: `testing ${variant.name}`,
      memory: BUILD_BYTES,
      run: ({ signal }) => test(plan.ownPackages, flags, variant.env, { cwd: plan.cwd, guard, signal }),
    });
    if (found === undefined) return;
    const value = found.passes || isAmong(found.failed, this.#failing);
    this.#failing ??= found.failed;
    draft.measures.tests = { value, how };
    if (!value) draft.notes.push(`tests fail: ${failedTests(found.output)}`);
  }

  /** Second and cold builds, alone on the machine. */
  async #times(draft: Draft): Promise<void> {
    const { variant, path } = draft;
    const base = this.#drafts.find((other) => other.variant.name === variant.pack?.of)?.path;
    const alone = { alone: true, memory: BUILD_BYTES };
    const warm = await this.#tasks.run({
      ...alone,
      name: `warm ${variant.name}`,
      label: `building ${variant.name} again`,
      run: (context) => warmBuild(variant, path, base, this.#place, context),
    });
    if (warm) {
      draft.build.warmSeconds = warm.seconds;
      if (warm.linkSeconds !== undefined) draft.build.linkSeconds = warm.linkSeconds;
      if (canMeasure) draft.build.peakRssBytes = warm.peakBytes;
      if (!warm.same) draft.notes.push("a second build gives other bytes");
      if (draft.paths.length === 0) {
        const how = "built again to another directory from the same cache, and no path of this machine is in it";
        draft.traits.reproducible = { value: warm.same, how };
      }
    }
    // what packs has no cache
    if (variant.tool !== "go" || variant.pack) return;
    const cold = await this.#tasks.run({
      ...alone,
      name: `cold ${variant.name}`,
      label: `building ${variant.name} without a cache`,
      run: (context) => coldBuild(variant, this.#place, context),
    });
    if (cold?.outcome.state !== "built") return;
    draft.build.coldSeconds = cold.seconds;
    if (canMeasure) draft.build.peakRssBytes = Math.max(cold.peakBytes, draft.build.peakRssBytes ?? 0);
  }

  #row({ variant, outcome, measures, build, traits, notes }: Draft): LabRow {
    const { commandLine } = this.#options;
    const { build: words, pack } = commandsOf(variant, this.#place.plan.pkg, fileName(variant, this.#place.plan));
    const how =
      "wall time of go build alone on the machine; the link by -debug-actiongraph, memory of the tree of processes every 40 ms";
    const cost: { build?: Measured<BuildCost> } = Object.keys(build).length > 0 ? { build: { value: build, how } } : {};
    return {
      variant,
      outcome,
      measures: { ...measures, ...cost, ...(Object.keys(traits).length > 0 ? { traits } : {}) },
      command: commandLine(words) + (pack ? ` && ${commandLine(pack)}` : ""),
      notes,
    };
  }
}

/** What of a variant changes what tests do: not what only the linker of a program leaves out. */
function testFlags({ flags, env }: Variant): { flags: string[]; how: string } {
  const kept = flags.filter((flag) => !/^--?(?:ldflags|trimpath|buildvcs|buildmode)\b/.test(flag));
  const words = [...Object.entries(env).map(([name, value]) => `${name}=${value}`), "go test", ...kept];
  return { flags: kept, how: words.join(" ") };
}

/** Whether something failed, and nothing that did not fail before. */
function isAmong(failed: readonly string[], before: readonly string[] = []): boolean {
  return failed.length > 0 && failed.every((pkg) => before.includes(pkg));
}

function failedTests(output: string): string {
  const failed = [...output.matchAll(/^\s*--- FAIL: (\S+)/gm)].map(([, name]) => name);
  if (failed.length > 0)
    return failed.slice(0, 3).join(", ") + (failed.length > 3 ? ` and ${failed.length - 3} more` : "");
  return output.split("\n").find((line) => /^FAIL\s|: /.test(line)) ?? "go test says no";
}
