// One variant made: built, and changed by UPX or wasm-opt, into a file of its own; or why there is none.
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { Cancelled, type TaskContext } from "../schedule/executor.ts";
import { type Guard, ToolFailure } from "../toolchain/failure.ts";
import { build } from "../toolchain/go.ts";
import { packUpx, wasmOpt } from "../toolchain/pack.ts";
import { watchTree } from "../toolchain/processtree.ts";
import { tinygoBuild } from "../toolchain/tinygo.ts";
import { HOW_TO_GET, type ToolName } from "../toolchain/tools.ts";
import type { Outcome, Variant } from "./model.ts";
import type { Plan } from "./plan.ts";

export interface Made {
  readonly outcome: Outcome;
  /** The file, if it was built. */
  readonly path: string;
  readonly seconds: number;
  /** Of the tree of processes; 0 if the system does not tell. */
  readonly peakBytes: number;
}

export interface Place {
  readonly plan: Plan;
  /** Directory for files of the lab. */
  readonly work: string;
  /** Programs that are not there. */
  readonly missing: ReadonlySet<ToolName>;
  readonly guard: Guard;
}

/** The program that a variant needs and that is not there. */
export function absentTool({ tool, pack, env }: Variant, { plan, missing }: Place): ToolName | undefined {
  const needs: ToolName[] = [];
  if (tool === "tinygo") needs.push("tinygo");
  if (env.CGO_ENABLED === "1" && plan.go.CGO_ENABLED !== "1") needs.push("C compiler");
  if (pack) needs.push(pack.tool);
  return needs.find((name) => missing.has(name));
}

/** Builds a variant; `packs` are made of `base`, the file of the variant that they start from. */
export async function makeVariant(
  variant: Variant,
  base: string | undefined,
  place: Place,
  task: Pick<TaskContext, "signal" | "holds">,
  extra: {
    readonly env?: Readonly<Record<string, string>>;
    readonly suffix?: string;
    readonly flags?: readonly string[];
  } = {},
): Promise<Made> {
  const { plan, work, guard } = place;
  const directory = join(work, `${plan.variants.indexOf(variant)}${extra.suffix ?? ""}`);
  mkdirSync(directory, { recursive: true });
  const path = join(directory, fileName(variant, plan));
  const began = performance.now();
  let watch: ReturnType<typeof watchTree> | undefined;
  const onStart = (pid: number): void => {
    watch = watchTree(pid, task.holds);
  };
  const context = { guard, signal: task.signal, onStart };
  let outcome: Outcome = { state: "built" };
  let peakBytes = 0;
  try {
    if (variant.pack) {
      const { tool, args } = variant.pack;
      const packed = await (tool === "upx" ? packUpx : wasmOpt)(base!, path, args, context);
      if (!packed.ok) outcome = { state: "failed", reason: packed.reason, output: packed.output };
    } else if (variant.tool === "tinygo") {
      const { flags, env } = variant;
      const said = await tinygoBuild({ cwd: plan.cwd, pkg: plan.pkg, flags, env, output: path, ...context });
      if (said) outcome = { state: "failed", ...said };
    } else {
      const { flags } = variant;
      const what = { pkg: plan.pkg, flags: [...flags, ...(extra.flags ?? [])], output: path };
      const env = { ...variant.env, ...extra.env };
      await build({ ...what, env, scratch: directory }, { cwd: plan.cwd, ...context });
    }
  } catch (error) {
    if (task.signal.aborted) throw new Cancelled();
    outcome = failureOf(error);
  } finally {
    peakBytes = watch?.stop().peakBytes ?? 0;
  }
  if (task.signal.aborted) throw new Cancelled();
  // go build writes none for a package that is no program
  if (outcome.state === "built" && !existsSync(path)) {
    outcome = { state: "failed", reason: "the build wrote no file", output: "" };
  }
  return { outcome, path, seconds: (performance.now() - began) / 1000, peakBytes };
}

function failureOf(error: unknown): Outcome {
  if (!(error instanceof ToolFailure) || error.code !== "build-failed") throw error;
  const output = error.message.replace(/^go build .* failed:\n/, "");
  return { state: "failed", reason: buildReason(output), output };
}

/** The line of a failed build that says most: not the name of the package in front of it. */
export function buildReason(output: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  return lines.find((line) => line !== "" && !line.startsWith("#")) ?? "it does not say why";
}

export function fileName({ env, target }: Variant, { facts, main }: Plan): string {
  const name = main.importPath.replace(/\/v\d+$/, "").replace(/^.*\//, "");
  const { GOOS, GOARCH } = target ?? { ...facts.target, ...env };
  if (GOARCH === "wasm") return `${name}.wasm`;
  return GOOS === "windows" ? `${name}.exe` : name;
}

export function absent(tool: ToolName): Outcome {
  return { state: "absent", tool, get: HOW_TO_GET[tool] };
}

export const sizeOf = (path: string): number => statSync(path).size;
