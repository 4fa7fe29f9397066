// The lab at work: variants are built side by side, each is looked at and started, and times are taken one after the other.
import { mkdirSync, rmSync } from "node:fs";
import { cpus, homedir, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import type { Costs } from "../schedule/costs.ts";
import { type Executor, type TaskContext } from "../schedule/executor.ts";
import { HOW_COMPRESSED, HOW_XZ, xzSize } from "../toolchain/compress.ts";
import { type Guard, ToolFailure } from "../toolchain/failure.ts";
import { test } from "../toolchain/go.ts";
import { checkUpx } from "../toolchain/pack.ts";
import { canMeasure } from "../toolchain/processtree.ts";
import { type ToolName, versionLine } from "../toolchain/tools.ts";
import { tinygoVersion } from "../toolchain/tinygo.ts";
import type { Budget } from "./budget.ts";
import { commandsOf } from "./command.ts";
import type { InspectAnswer } from "./inspecting.ts";
import { INSPECT_MEMORY, inspectors } from "./inspecting.ts";
import type { Invocation, ReadyWhen } from "./launch.ts";
import { absent, absentTool, fileName, type Made, makeVariant, type Place, sizeOf } from "./make.ts";
import {
  type BuildCost,
  LAB_SCHEMA,
  type LabResult,
  type LabRow,
  type Measured,
  type Measures,
  type Outcome,
  type Traits,
  type Variant,
} from "./model.ts";
import type { Plan } from "./plan.ts";
import { type WasmHost, wasmHost } from "../toolchain/wasmhost.ts";
import { behaviourOf, type Behaviour, learnReadiness, memoryOf, startRounds, type StartSetting } from "./starts.ts";
import { coldBuild, warmBuild } from "./timings.ts";

export const MEASURES = ["size", "build", "start", "all"] as const;
export type Measure = (typeof MEASURES)[number];

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

/** Bytes that a build is expected to need if nothing is known of it: the link of a middling program. */
const BUILD_BYTES = 700e6;
const SMALL_BYTES = 100e6;

/** What is gathered of a variant while the lab is at work. */
interface Draft {
  readonly variant: Variant;
  outcome: Outcome;
  path: string;
  /** What starts it, if the system does not. */
  host?: WasmHost;
  /** Tools change it as it goes; frozen in the row. */
  measures: Mutable<Measures>;
  build: Mutable<BuildCost>;
  traits: Mutable<Traits>;
  paths: readonly string[];
  readonly notes: string[];
  /** Its file is there, or will never be. */
  readonly made: PromiseWithResolvers<void>;
  /** Its file was looked at, if there is one. */
  readonly seen: PromiseWithResolvers<void>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const NO_SOCKETS = "WebAssembly has no sockets that others could connect to";

const UNDONE: Outcome = { state: "skipped", reason: "the time budget was spent" };

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
  readonly warnings: string[] = [];
  readonly #plan: Plan;
  readonly #options: LabOptions;
  readonly #place: Place;
  readonly #drafts: readonly Draft[];
  /** Places of this machine that a program may name. */
  readonly #places: readonly string[];
  readonly #inspectors = inspectors();
  /** Packages whose tests fail with the first variant that is tested: no other is to blame for them. */
  #failing: readonly string[] | undefined;

  constructor(plan: Plan, options: LabOptions, missing: ReadonlySet<ToolName>) {
    this.#plan = plan;
    this.#options = options;
    this.#place = { plan, work: options.work, missing, guard: options.guard };
    this.#drafts = plan.variants.map((variant) => ({
      variant,
      outcome: UNDONE,
      path: "",
      measures: {},
      build: {},
      traits: {},
      paths: [],
      notes: [],
      made: Promise.withResolvers<void>(),
      seen: Promise.withResolvers<void>(),
    }));
    this.#places = [dirname(plan.go.GOMOD), plan.main.directory, plan.go.GOROOT, plan.go.GOMODCACHE, homedir()].filter(
      (place) => place.length > 2,
    );
  }

  async run(): Promise<LabRow[]> {
    const { measure } = this.#options;
    try {
      await Promise.all(this.#drafts.map((draft) => this.#make(draft)));
    } finally {
      await this.#inspectors.close();
    }
    await this.#lives();
    if (this.#options.test) for (const draft of this.#built()) await this.#test(draft);
    if (measure === "build" || measure === "all") for (const draft of this.#built()) await this.#times(draft);
    if (measure === "start" || measure === "all") await this.#starts();
    return this.#drafts.map((draft) => this.#row(draft));
  }

  #built(): Draft[] {
    return this.#drafts.filter(({ outcome }) => outcome.state === "built");
  }

  #isOver(): boolean {
    return this.#options.budget.left === 0;
  }

  /** A task that is given up when the time budget is spent; undefined then. */
  async #task<T>(
    name: string,
    label: string,
    run: (context: TaskContext) => Promise<T>,
    settings: { memory?: number; alone?: boolean; budget?: boolean } = {},
  ): Promise<T | undefined> {
    const { executor, budget } = this.#options;
    const { memory = SMALL_BYTES, alone = false, budget: isLimited = true } = settings;
    if (isLimited && this.#isOver()) return undefined;
    let isSpent = false;
    try {
      return await executor.run({
        key: name,
        label,
        memory,
        alone,
        run: async (context) => {
          if (!isLimited || budget.left === Infinity) return run(context);
          const spent = new AbortController();
          const timer = setTimeout(() => {
            isSpent = true;
            spent.abort();
          }, budget.left * 1000);
          try {
            return await run({ ...context, signal: AbortSignal.any([context.signal, spent.signal]) });
          } finally {
            clearTimeout(timer);
          }
        },
      });
    } catch (error) {
      if (isSpent) return undefined;
      throw error;
    }
  }

  /** Builds a variant once the one that it starts from is built: they share what the compiler made. */
  async #make(draft: Draft): Promise<void> {
    const { variant } = draft;
    try {
      if (variant.refused !== undefined) {
        draft.outcome = { state: "refused", reason: variant.refused };
        return;
      }
      const tool = absentTool(variant, this.#place);
      if (tool !== undefined) {
        draft.outcome = absent(tool);
        return;
      }
      const from = this.#drafts.find((other) => other.variant.name === variant.from);
      await from?.made.promise;
      const base = variant.pack ? from : undefined;
      if (base && base.outcome.state !== "built") {
        draft.outcome = { state: "skipped", reason: `there is no ${base.variant.name} to start from` };
        return;
      }
      await this.#build(draft, base);
      draft.made.resolve();
      if (draft.outcome.state === "built") await this.#inspect(draft, base);
    } finally {
      draft.made.resolve();
      draft.seen.resolve();
    }
  }

  async #build(draft: Draft, base: Draft | undefined): Promise<void> {
    const { variant } = draft;
    const { costs } = this.#options;
    const isFirst = draft === this.#drafts[0];
    const label = `${variant.pack ? "packing" : "building"} ${variant.name}`;
    const key = `${this.#plan.main.importPath} ${variant.name}`;
    const memory = costs.of(key)?.peakBytes || (variant.pack ? SMALL_BYTES : BUILD_BYTES);
    const run = (context: TaskContext): Promise<Made> => makeVariant(variant, base?.path, this.#place, context);
    // without the user's own build there is nothing to compare with: it may take the time that it takes
    const made = await this.#task(`make ${variant.name}`, label, run, { memory, budget: !isFirst });
    if (made === undefined) return;
    if (made.peakBytes > 0) costs.note(key, { peakBytes: made.peakBytes, seconds: made.seconds });
    draft.outcome = made.outcome;
    draft.path = made.path;
    if (isFirst && made.outcome.state === "failed") throw this.#cannotBuild(made.outcome.output);
    if (made.outcome.state === "built") {
      draft.measures.fileBytes = { value: sizeOf(made.path), how: "size of the file" };
    }
  }

  #cannotBuild(output: string): ToolFailure {
    const { facts, pkg } = this.#plan;
    const { GOOS, GOARCH } = facts.target;
    return output.includes("unsupported GOOS/GOARCH pair")
      ? new ToolFailure("flags", `Go knows no target ${GOOS}/${GOARCH}`)
      : new ToolFailure("build-failed", `go build ${pkg} failed:\n${output}`);
  }

  /** What a file tells without being started, and how far it can be compressed. */
  async #inspect(draft: Draft, base: Draft | undefined): Promise<void> {
    const { variant, path, measures } = draft;
    const { measure, guard } = this.#options;
    const places = variant.pack?.tool === "upx" ? null : this.#places;
    // tables of a file that is read take several times its size
    const memory = measures.fileBytes!.value * (places === null ? 1 : INSPECT_MEMORY);
    const look = async ({ signal }: TaskContext): Promise<void> => {
      const asked = this.#inspectors.ask({ path, places }, signal);
      const xz = measure === "all" ? xzSize(path, { guard, signal }) : undefined;
      const [answer, xzBytes] = await Promise.all([asked, xz]);
      this.#tells(draft, answer);
      measures.download = {
        value: { ...answer.sizes, ...(xzBytes === undefined ? {} : { xz: xzBytes }) },
        how: xzBytes === undefined ? HOW_COMPRESSED : `${HOW_COMPRESSED}, ${HOW_XZ}`,
      };
      if (measure === "all" && xzBytes === undefined) draft.notes.push("no xz on this machine");
      if (places !== null) return;
      const scratch = join(dirname(path), "unpacked");
      const { passes, restores } = await checkUpx(path, base!.path, scratch, { guard, signal });
      rmSync(scratch, { force: true });
      draft.traits.restores = { value: restores, how: "upx -d, compared byte for byte" };
      if (!passes) draft.notes.push("upx -t finds it damaged");
      if (!restores) draft.notes.push("upx -d does not give back the bytes that were packed");
    };
    await this.#task(`inspect ${variant.name}`, `inspecting ${variant.name}`, look, { memory });
    if (places === null) {
      // the program inside is the one that was packed
      await base!.seen.promise;
      draft.traits = { ...base!.traits, ...draft.traits };
      draft.paths = base!.paths;
    }
    if (draft.paths.length > 0) {
      draft.traits.reproducible = {
        value: false,
        how: `read: it names directories of this machine (${draft.paths[0]})`,
      };
    }
  }

  #tells(draft: Draft, { file }: InspectAnswer): void {
    if (file === null) return;
    if ("unreadable" in file) {
      draft.notes.push(`its file cannot be read: ${file.unreadable}`);
      return;
    }
    draft.measures.kinds = { value: file.kinds, how: "ledger of the file" };
    draft.traits = { ...file.traits };
    draft.paths = file.paths;
  }

  /** Whether a program for this target can be started here. */
  #runs({ variant }: Draft): boolean {
    const { target, host } = this.#plan.facts;
    const { GOOS, GOARCH } = variant.target ?? target;
    return GOOS === host.GOOS && GOARCH === host.GOARCH;
  }

  /** What keeps a variant from being started here; undefined if nothing does. WebAssembly gets its host. */
  #obstacle(draft: Draft): string | undefined {
    if (this.#runs(draft)) return undefined;
    const { target, host } = this.#plan.facts;
    const { GOOS, GOARCH } = draft.variant.target ?? target;
    if (GOARCH !== "wasm") return `programs for ${GOOS}/${GOARCH} do not run on ${host.GOOS}/${host.GOARCH}`;
    if (draft.variant.tool === "tinygo") return "TinyGo's programs need TinyGo's own loader";
    const found = wasmHost(GOOS, this.#plan.go.GOROOT);
    if ("reason" in found) return found.reason;
    draft.host = found;
    return undefined;
  }

  async #setting(): Promise<StartSetting | undefined> {
    const { invocation, ready, timeoutMs, guard, work } = this.#options;
    const cwd = join(work, "run");
    mkdirSync(cwd, { recursive: true });
    const setting = { invocation, cwd, timeoutMs, guard };
    if (ready.kind !== "auto") return { ...setting, ready };
    const first = this.#drafts[0];
    const found = await this.#task(
      "ready",
      `starting ${first.variant.name}`,
      (context) => learnReadiness(first, setting, context),
      { budget: false },
    );
    if (found === undefined) return undefined;
    if ("kind" in found) return { ...setting, ready: found };
    const result = found.ok ? "" : found.message;
    this.warnings.push(
      `${first.variant.name} neither ends nor listens: ${result}. --run 'ARGUMENTS' starts it otherwise, --ready says when it is ready. ${lastLines(found.output)}`,
    );
    return undefined;
  }

  #started: StartSetting | undefined;

  /** Starts each built variant once, one after the other: two of them may want the same port. */
  async #lives(): Promise<void> {
    const [first] = this.#drafts;
    const obstacle = this.#obstacle(first);
    if (obstacle !== undefined) {
      this.warnings.push(`nothing was started: ${obstacle}`);
      return;
    }
    this.#started = await this.#setting();
    const setting = this.#started;
    if (setting === undefined) return;
    let expected: Behaviour | undefined;
    for (const draft of this.#built()) {
      const { variant } = draft;
      const noHost = this.#obstacle(draft);
      const reason = noHost ?? (draft.host && setting.ready.kind === "port" ? NO_SOCKETS : undefined);
      if (reason !== undefined) {
        draft.notes.push(`not started: ${reason}`);
        continue;
      }
      const found = await this.#task(`start ${variant.name}`, `starting ${variant.name}`, (context) =>
        behaviourOf(draft, setting, context),
      );
      if (found === undefined) continue;
      if (draft === first) {
        expected = found;
        if (!found.lives) {
          this.warnings.push(`${variant.name}: ${found.what}. --run 'ARGUMENTS' starts it otherwise`);
          this.#started = undefined;
        }
        const isAsked = this.#options.invocation.args.join(" ") === "--help";
        if (found.lives && found.fails === true && !isAsked)
          this.warnings.push(
            `${variant.name} ${found.what}: --run 'ARGUMENTS' starts it otherwise. ${lastLines(found.output)}`,
          );
      }
      this.#judge(draft, found, expected);
      if (!found.lives && draft === first) return;
    }
  }

  #judge(draft: Draft, found: Behaviour, expected: Behaviour | undefined): void {
    const { invocation } = this.#options;
    const value = found.lives && (expected === undefined || expected.what === found.what);
    const words = invocation.args.length === 0 ? "no arguments" : invocation.args.join(" ");
    const by = draft.host ? ` by ${draft.host.name}` : "";
    draft.measures.alive = { value, how: `started${by} with ${words}: ${found.what}` };
    if (!value)
      draft.notes.push(`not alive: ${found.what}${found.lives ? `; the first variant ${expected!.what}` : ""}`);
    if (found.traces === undefined) return;
    if (found.traces) draft.traits.panicTrace = { value: true, how: "SIGQUIT: the trace has functions and lines" };
    else if (draft.traits.panicTrace?.value === true)
      draft.notes.push("SIGQUIT printed no trace: the program takes it itself");
  }

  async #test(draft: Draft): Promise<void> {
    const { variant } = draft;
    if (variant.tool !== "go" || !this.#runs(draft) || this.#plan.ownPackages.length === 0) return;
    const { flags, how } = testFlags(variant);
    const found = await this.#task(
      `test ${how}`,
      `testing ${variant.name}`,
      (context) =>
        test(this.#plan.ownPackages, flags, variant.env, {
          cwd: this.#plan.cwd,
          guard: this.#options.guard,
          signal: context.signal,
        }),
      { memory: BUILD_BYTES },
    );
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
    const warm = await this.#task(
      `warm ${variant.name}`,
      `building ${variant.name} again`,
      (context) => warmBuild(variant, path, base, this.#place, context),
      alone,
    );
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
    const cold = await this.#task(
      `cold ${variant.name}`,
      `building ${variant.name} without a cache`,
      (context) => coldBuild(variant, this.#place, context),
      alone,
    );
    if (cold?.outcome.state !== "built") return;
    draft.build.coldSeconds = cold.seconds;
    if (canMeasure) draft.build.peakRssBytes = Math.max(cold.peakBytes, draft.build.peakRssBytes ?? 0);
  }

  /** Start-up in turn, then memory. */
  async #starts(): Promise<void> {
    const setting = this.#started;
    if (setting === undefined) return;
    const living = this.#built().filter((draft) => draft.measures.alive?.value === true);
    const { runs } = this.#options;
    const found = await this.#task(
      "starts",
      "start-up",
      (context) => startRounds(living, runs, setting, context, () => this.#isOver()),
      { alone: true, budget: false },
    );
    for (const draft of living) {
      const own = found?.get(draft);
      if (own?.start) draft.measures.start = own.start;
      draft.notes.push(...(own?.notes ?? []));
    }
    if (setting.ready.kind === "exit" && living.length > 0) {
      this.warnings.push("memory is measured of programs that keep running: this one ends (--run, --ready)");
      return;
    }
    const notes: { draft: Draft; note: string }[] = [];
    for (const draft of living) {
      const { variant } = draft;
      const own = await this.#task(
        `memory ${variant.name}`,
        `memory of ${variant.name}`,
        (context) => memoryOf(draft, setting, context),
        { alone: true },
      );
      if (own?.memory) draft.measures.memory = own.memory;
      if (own?.note !== undefined) notes.push({ draft, note: own.note });
    }
    // what holds for all is said once
    const [first] = notes;
    if (notes.length === living.length && notes.every(({ note }) => note === first?.note)) {
      if (first) this.warnings.push(`memory: ${first.note}`);
    } else for (const { draft, note } of notes) draft.notes.push(note);
  }

  #row({ variant, outcome, measures, build, traits, notes }: Draft): LabRow {
    const { commandLine } = this.#options;
    const { build: words, pack } = commandsOf(variant, this.#plan.pkg, fileName(variant, this.#plan));
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

function lastLines(output: string): string {
  const said = output.trim().split("\n").slice(-3).join("\n");
  return said === "" ? "It printed nothing" : `It printed:\n${said}`;
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
