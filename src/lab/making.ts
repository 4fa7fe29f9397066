// Variants made side by side: each is built once the one that it starts from is there, and looked at.
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Costs } from "../schedule/costs.ts";
import type { TaskContext } from "../schedule/executor.ts";
import { HOW_COMPRESSED } from "../toolchain/compress.ts";
import { ToolFailure } from "../toolchain/failure.ts";
import { checkUpx } from "../toolchain/pack.ts";
import type { Budget } from "./budget.ts";
import type { Draft } from "./drafts.ts";
import { type InspectAnswer, INSPECT_MEMORY, inspectors } from "./inspecting.ts";
import { type LimitedTasks, SMALL_BYTES } from "./limited.ts";
import { absent, absentTool, type Made, makeVariant, type Place, sizeOf } from "./make.ts";

/** Bytes that a build is expected to need if nothing is known of it: the link of a middling program. */
export const BUILD_BYTES = 700e6;

export interface MakingOptions {
  readonly place: Place;
  readonly tasks: LimitedTasks;
  readonly costs: Costs;
  /** When to give up builds and packing, and what to say of those. */
  readonly until: Budget;
  readonly late: string;
  /** Directories of this machine that a program may name. */
  readonly places: readonly string[];
}

/** Makes all that can be made. Rejects with ToolFailure if the first, the user's own build, fails. */
export async function makeAll(drafts: readonly Draft[], options: MakingOptions): Promise<void> {
  const making = new Making(drafts, options);
  try {
    await Promise.all(drafts.map((draft) => making.make(draft)));
  } finally {
    await making.close();
  }
}

class Making {
  readonly #drafts: readonly Draft[];
  readonly #place: Place;
  readonly #tasks: LimitedTasks;
  readonly #costs: Costs;
  readonly #until: Budget;
  readonly #late: string;
  readonly #places: readonly string[];
  readonly #inspectors = inspectors();

  constructor(drafts: readonly Draft[], { place, tasks, costs, until, late, places }: MakingOptions) {
    this.#drafts = drafts;
    this.#place = place;
    this.#tasks = tasks;
    this.#costs = costs;
    this.#until = until;
    this.#late = late;
    this.#places = places;
  }

  async close(): Promise<void> {
    await this.#inspectors.close();
  }

  /** Builds a variant once the one that it starts from is built: they share what the compiler made. */
  async make(draft: Draft): Promise<void> {
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
    const costs = this.#costs;
    const isFirst = draft === this.#drafts[0];
    const label = `${variant.pack ? "packing" : "building"} ${variant.name}`;
    const key = `${this.#place.plan.main.importPath} ${variant.name}`;
    const memory = costs.of(key)?.peakBytes || (variant.pack ? SMALL_BYTES : BUILD_BYTES);
    const run = (context: TaskContext): Promise<Made> => makeVariant(variant, base?.path, this.#place, context);
    // without the user's own build there is nothing to compare with: it may take the time that it takes
    const until = isFirst ? null : this.#until;
    const made = await this.#tasks.run({ name: `make ${variant.name}`, label, memory, until, run });
    if (made === undefined) {
      draft.outcome = { state: "skipped", reason: this.#late };
      return;
    }
    if (made.peakBytes > 0) costs.note(key, { peakBytes: made.peakBytes, seconds: made.seconds });
    draft.outcome = made.outcome;
    draft.path = made.path;
    if (isFirst && made.outcome.state === "failed") throw this.#cannotBuild(made.outcome.output);
    if (made.outcome.state === "built") {
      draft.measures.fileBytes = { value: sizeOf(made.path), how: "size of the file" };
    }
  }

  #cannotBuild(output: string): ToolFailure {
    const { facts, pkg } = this.#place.plan;
    const { GOOS, GOARCH } = facts.target;
    return output.includes("unsupported GOOS/GOARCH pair")
      ? new ToolFailure("flags", `Go knows no target ${GOOS}/${GOARCH}`)
      : new ToolFailure("build-failed", `go build ${pkg} failed:\n${output}`);
  }

  /** What a file tells without being started, and how far it can be compressed. */
  async #inspect(draft: Draft, base: Draft | undefined): Promise<void> {
    const { variant, path, measures } = draft;
    const { guard } = this.#place;
    const places = variant.pack?.tool === "upx" ? null : this.#places;
    // tables of a file that is read take several times its size
    const memory = measures.fileBytes!.value * (places === null ? 1 : INSPECT_MEMORY);
    const look = async ({ signal }: TaskContext): Promise<void> => {
      const answer = await this.#inspectors.ask({ path, places }, signal);
      tells(draft, answer);
      measures.download = { value: answer.sizes, how: HOW_COMPRESSED };
      if (places !== null) return;
      const scratch = join(dirname(path), "unpacked");
      const { passes, restores } = await checkUpx(path, base!.path, scratch, { guard, signal });
      signal.throwIfAborted();
      rmSync(scratch, { force: true });
      draft.traits.restores = { value: restores, how: "upx -d, compared byte for byte" };
      if (!passes) draft.notes.push("upx -t finds it damaged");
      if (!restores) draft.notes.push("upx -d does not give back the bytes that were packed");
    };
    await this.#tasks.run({ name: `inspect ${variant.name}`, label: `inspecting ${variant.name}`, memory, run: look });
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
}

function tells(draft: Draft, { file }: InspectAnswer): void {
  if (file === null) return;
  if ("unreadable" in file) {
    draft.notes.push(`its file cannot be read: ${file.unreadable}`);
    return;
  }
  draft.measures.kinds = { value: file.kinds, how: "ledger of the file" };
  draft.traits = { ...file.traits };
  draft.paths = file.paths;
}
