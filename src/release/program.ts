// One program of a release: from the output directory, from the store, or built.
import { mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { InputError } from "../binary/bytes.ts";
import { type BuildInfo, parseModinfo, readBuildInfo, readModuleText } from "../binary/go/buildinfo.ts";
import { openExecutable } from "../binary/open.ts";
import type { Costs } from "../schedule/costs.ts";
import type { Executor, TaskContext } from "../schedule/executor.ts";
import { differences, type Fingerprint, fingerprintKey } from "../schedule/fingerprint.ts";
import type { Store } from "../schedule/store.ts";
import { ToolFailure } from "../toolchain/failure.ts";
import { type MeasuredBuild, measuredBuild } from "../toolchain/measuredbuild.ts";
import { type InputsContext, changedMeanwhile, type Resolved } from "./inputs.ts";
import { type Output, sha256Of } from "./output.ts";
import type { PlanItem } from "./plan.ts";
import type { State } from "./result.ts";

export interface Program {
  readonly resolved: Resolved;
  readonly key: string;
  readonly sha256: string;
  readonly size: number;
  readonly buildInfo: BuildInfo;
  readonly state: State;
  readonly why: readonly string[];
  readonly took: MeasuredBuild;
}

export interface Workshop {
  readonly context: InputsContext;
  readonly output: Output;
  readonly store: Store;
  readonly costs: Costs;
  readonly executor: Executor;
  /** Empty directory on the output's file system. */
  readonly work: string;
  /** What garbageSetting answers. */
  readonly gogc: string | undefined;
}

/** What the store keeps of a program besides its bytes. */
const noted = z.object({
  sha256: z.string(),
  size: z.number(),
  buildInfo: z.custom<BuildInfo>((value) => typeof value === "object" && value !== null),
});

const NOTHING: MeasuredBuild = { seconds: 0, cpuSeconds: 0, peakBytes: 0, compiled: 0 };

/** Bytes that a build of an unknown program is expected to hold. */
const USUAL_PEAK = 700e6;

/** Bytes for each processor above which compilers may leave their garbage lying. */
const PLENTY = 2e9;

/**
 * GOGC of the go command, compilers and linker where there is memory enough; undefined: Go's own, or the user's. Cold builds took 0.88 of
 * the time (ko; 0.85 of the processor time) for 0.6 more memory, which is measured and planned with; 200 and 400 gave half of that or less.
 */
export function garbageSetting(memory: number, processors: number): string | undefined {
  return process.env["GOGC"] === undefined && memory >= PLENTY * processors ? "800" : undefined;
}

/** What is known of an item before it is built: whether it must be, and why. */
export interface Verdict {
  readonly resolved: Resolved;
  readonly key: string;
  readonly state: Exclude<State, "joined">;
  readonly why: readonly string[];
}

/** Whether the program must be built. Content of the store is not read yet: an entry may turn out to be damaged. */
export function judge(
  resolved: Resolved,
  { output, store, context }: Pick<Workshop, "output" | "store" | "context">,
): Verdict {
  const { item, fingerprint } = resolved;
  const key = fingerprintKey(fingerprint);
  const known = noted.safeParse(store.noted(key));
  if (known.success) {
    if (output.has(item.executable, known.data.sha256))
      return { resolved, key, state: "unchanged", why: ["nothing that it depends on changed"] };
    return {
      resolved,
      key,
      state: "restored",
      why: ["built before from the same inputs, but not in the output directory"],
    };
  }
  const last = store.noted(lastKey(item.id, context)) as Fingerprint | undefined;
  return { resolved, key, state: "built", why: last === undefined ? ["never built here"] : reasons(last, fingerprint) };
}

function reasons(last: Fingerprint, fingerprint: Fingerprint): string[] {
  const found = differences(last, fingerprint);
  return found.length > 0 ? found : ["it is not in the store any more"];
}

/** The key of an item's last fingerprint, for telling what changed since. */
function lastKey(id: string, { root }: InputsContext): string {
  return sha256Of(JSON.stringify(["last", root, id]));
}

/** Has the program in its place. Throws ToolFailure. */
export async function makeProgram(verdict: Verdict, shop: Workshop): Promise<Program> {
  const { resolved, key } = verdict;
  const { output, store, context } = shop;
  const { item, fingerprint } = resolved;
  const known = noted.safeParse(store.noted(key));
  store.note(lastKey(item.id, context), fingerprint);
  if (known.success) {
    const { sha256, size, buildInfo } = known.data;
    const done = { resolved, key, sha256, size, buildInfo, took: NOTHING };
    if (output.has(item.executable, sha256)) return { ...done, state: "unchanged", why: verdict.why };
    const bytes = store.get(sha256);
    if (bytes !== undefined) {
      await output.put(item.executable, bytes, sha256, true);
      return { ...done, state: "restored", why: verdict.why };
    }
  }
  const why = verdict.state === "built" ? verdict.why : ["the store's copy is damaged or gone"];
  return buildProgram({ ...verdict, why }, shop);
}

/** Go builds for systems whose executables pare does not read: Plan 9, AIX. */
function buildInfoOf(bytes: Uint8Array, goVersion: string): BuildInfo {
  try {
    const found = readBuildInfo(openExecutable(bytes));
    if (found !== undefined) return found;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
  return { goVersion, ...(readModuleText(bytes) ?? parseModinfo("")) };
}

async function buildProgram({ resolved, key, why }: Verdict, shop: Workshop): Promise<Program> {
  const { context, output, store } = shop;
  const { item } = resolved;
  const place = join(shop.work, key);
  mkdirSync(place, { recursive: true });
  const file = join(place, "program");
  const took = await taskOf(resolved, "build", shop, (task) => link(resolved, item.flags, file, place, shop, task));
  const bytes = await readFile(file);
  const changed = changedMeanwhile(resolved, context.root, context.answers);
  if (changed !== undefined)
    throw new ToolFailure("build-failed", `${changed} changed while ${item.id} was built: run pare release again`);
  const sha256 = sha256Of(bytes);
  const buildInfo = buildInfoOf(bytes, context.plan.goVersion);
  await store.put(bytes, sha256);
  await output.take(file, item.executable, sha256);
  store.note(key, { sha256, size: bytes.length, buildInfo });
  return { resolved, key, sha256, size: bytes.length, buildInfo, state: "built", why, took };
}

/** The same program with symbols and DWARF, which the shipped one leaves out; undefined if it leaves nothing out. */
export async function buildTwin({ resolved, key }: Program, shop: Workshop): Promise<Uint8Array | undefined> {
  const flags = unstripped(resolved.item.flags);
  if (flags.join("\0") === resolved.item.flags.join("\0")) return undefined;
  const place = join(shop.work, `${key}-twin`);
  mkdirSync(place, { recursive: true });
  const file = join(place, "program");
  await taskOf(resolved, "symbols", shop, (task) => link(resolved, flags, file, place, shop, task));
  return readFile(file);
}

/** Flags without what strips: -s and -w among those for the linker. */
export function unstripped(flags: readonly string[]): string[] {
  return flags.map((flag) => {
    const found = /^(--?ldflags=)(.*)$/s.exec(flag);
    if (found === null) return flag;
    return (
      found[1] +
      found[2]
        .split(/(\s+)/)
        .filter((word) => !/^--?[sw](?:=true|=1)?$/.test(word))
        .join("")
        .trim()
    );
  });
}

function link(
  { item, env }: Resolved,
  flags: readonly string[],
  output: string,
  scratch: string,
  { context, gogc }: Workshop,
  { signal, holds, say }: TaskContext,
): Promise<MeasuredBuild> {
  const onDownload = (module: string): void => say(`downloading ${module}`);
  const garbage = gogc === undefined ? {} : { GOGC: gogc };
  return measuredBuild(
    { pkg: item.package, flags, env: { ...garbage, ...env }, output, scratch, onDownload },
    { ...context, cwd: context.root, signal },
    holds,
  );
}

/** Runs a build when there is room for it, with what it took the last time; remembers what it takes now. */
async function taskOf(
  { item }: Resolved,
  kind: "build" | "symbols",
  { executor, costs, context }: Workshop,
  work: (task: TaskContext) => Promise<MeasuredBuild>,
): Promise<MeasuredBuild> {
  const key = costKey(kind, context.plan.module, item);
  const known = costs.of(key) ?? costs.of(costKey("build", context.plan.module, item));
  const label = kind === "build" ? item.id : `${item.id}: ${kind}`;
  const took = await executor.run({
    key: `${kind} ${item.id}`,
    label,
    memory: known?.peakBytes || USUAL_PEAK,
    run: work,
  });
  costs.note(key, { peakBytes: took.peakBytes, seconds: took.seconds });
  return took;
}

/** What the costs of a build are remembered by. */
export function costKey(kind: "build" | "symbols", module: string, { package: pkg, target, flags }: PlanItem): string {
  // versions in flags change with every commit, and what a build takes does not
  const steady = flags.filter((flag) => !/^--?ldflags/.test(flag));
  return ["release", kind, module, pkg, target, ...steady].join(" ");
}
