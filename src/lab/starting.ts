// Variants started: each once, to see that it lives as the first does, and many times in turn, to measure start-up and memory.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Guard } from "../toolchain/failure.ts";
import { wasmHost } from "../toolchain/wasmhost.ts";
import type { Budget } from "./budget.ts";
import { builtOf, type Draft } from "./drafts.ts";
import type { Invocation, ReadyWhen } from "./launch.ts";
import type { LimitedTasks } from "./limited.ts";
import type { Plan } from "./plan.ts";
import { behaviourOf, type Behaviour, learnReadiness, memoryOf, startRounds, type StartSetting } from "./starts.ts";

export interface StartingOptions {
  readonly invocation: Invocation;
  readonly ready: ReadyWhen;
  readonly timeoutMs: number;
  /** Rounds of starts to measure. */
  readonly runs: number;
  /** No round begins after it, but the first three. */
  readonly budget: Budget;
  /** An empty directory. */
  readonly work: string;
  readonly guard: Guard;
}

const NO_SOCKETS = "WebAssembly has no sockets that others could connect to";

/** Whether a program for this target can be started here. */
export function runsHere({ variant }: Draft, plan: Plan): boolean {
  const { target, host } = plan.facts;
  const { GOOS, GOARCH } = variant.target ?? target;
  return GOOS === host.GOOS && GOARCH === host.GOARCH;
}

/** What keeps a variant from being started here; undefined if nothing does. WebAssembly gets its host. */
function obstacleOf(draft: Draft, plan: Plan): string | undefined {
  if (runsHere(draft, plan)) return undefined;
  const { target, host } = plan.facts;
  const { GOOS, GOARCH } = draft.variant.target ?? target;
  if (GOARCH !== "wasm") return `programs for ${GOOS}/${GOARCH} do not run on ${host.GOOS}/${host.GOARCH}`;
  if (draft.variant.tool === "tinygo") return "TinyGo's programs need TinyGo's own loader";
  const found = wasmHost(GOOS, plan.go.GOROOT);
  if ("reason" in found) return found.reason;
  draft.host = found;
  return undefined;
}

export class Starting {
  readonly #plan: Plan;
  readonly #drafts: readonly Draft[];
  readonly #tasks: LimitedTasks;
  readonly #options: StartingOptions;
  /** What one should know of all. */
  readonly warnings: string[] = [];
  /** How all are started; undefined if the first does not live. */
  #started: StartSetting | undefined;

  constructor(plan: Plan, drafts: readonly Draft[], tasks: LimitedTasks, options: StartingOptions) {
    this.#plan = plan;
    this.#drafts = drafts;
    this.#tasks = tasks;
    this.#options = options;
  }

  async #setting(): Promise<StartSetting | undefined> {
    const { invocation, ready, timeoutMs, guard, work } = this.#options;
    const cwd = join(work, "run");
    mkdirSync(cwd, { recursive: true });
    const setting = { invocation, cwd, timeoutMs, guard };
    if (ready.kind !== "auto") return { ...setting, ready };
    const first = this.#drafts[0];
    const found = await this.#tasks.run({
      name: "ready",
      label: `starting ${first.variant.name}`,
      until: null,
      run: (context) => learnReadiness(first, setting, context),
    });
    if (found === undefined) return undefined;
    if ("kind" in found) return { ...setting, ready: found };
    const result = found.ok ? "" : found.message;
    this.warnings.push(
      `${first.variant.name} neither ends nor listens: ${result}. --run 'ARGUMENTS' starts it otherwise, --ready says when it is ready. ${lastLines(found.output)}`,
    );
    return undefined;
  }

  /** Starts each built variant once, one after the other: two of them may want the same port. */
  async lives(): Promise<void> {
    const [first] = this.#drafts;
    const obstacle = obstacleOf(first, this.#plan);
    if (obstacle !== undefined) {
      this.warnings.push(`nothing was started: ${obstacle}`);
      return;
    }
    this.#started = await this.#setting();
    const setting = this.#started;
    if (setting === undefined) return;
    let expected: Behaviour | undefined;
    for (const draft of builtOf(this.#drafts)) {
      const { variant } = draft;
      const noHost = obstacleOf(draft, this.#plan);
      const reason = noHost ?? (draft.host && setting.ready.kind === "port" ? NO_SOCKETS : undefined);
      if (reason !== undefined) {
        draft.notes.push(`not started: ${reason}`);
        continue;
      }
      const found = await this.#tasks.run({
        name: `start ${variant.name}`,
        label: `starting ${variant.name}`,
        // without the first there is nothing to compare with
        ...(draft === first ? { until: null } : {}),
        run: (context) => behaviourOf(draft, setting, context),
      });
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

  /** Start-up in turn, then memory. */
  async measure(): Promise<void> {
    const setting = this.#started;
    if (setting === undefined) return;
    const living = builtOf(this.#drafts).filter((draft) => draft.measures.alive?.value === true);
    const { runs, budget } = this.#options;
    if (living.length === 0) return;
    const found = await this.#tasks.run({
      name: "starts",
      label: "start-up",
      alone: true,
      until: null,
      run: (context) => startRounds(living, runs, setting, context, () => budget.left === 0),
    });
    for (const draft of living) {
      const own = found?.get(draft);
      if (own?.start) draft.measures.start = own.start;
      draft.notes.push(...(own?.notes ?? []));
    }
    if (setting.ready.kind === "exit") {
      this.warnings.push("memory is measured of programs that keep running: this one ends (--run, --ready)");
      return;
    }
    const notes: { draft: Draft; note: string }[] = [];
    for (const draft of living) {
      const { variant } = draft;
      const own = await this.#tasks.run({
        name: `memory ${variant.name}`,
        label: `memory of ${variant.name}`,
        alone: true,
        run: (context) => memoryOf(draft, setting, context),
      });
      if (own?.memory) draft.measures.memory = own.memory;
      if (own?.note !== undefined) notes.push({ draft, note: own.note });
    }
    // what holds for all is said once
    const [first] = notes;
    if (notes.length === living.length && notes.every(({ note }) => note === first?.note)) {
      if (first) this.warnings.push(`memory: ${first.note}`);
    } else for (const { draft, note } of notes) draft.notes.push(note);
  }
}

function lastLines(output: string): string {
  const said = output.trim().split("\n").slice(-3).join("\n");
  return said === "" ? "It printed nothing" : `It printed:\n${said}`;
}
