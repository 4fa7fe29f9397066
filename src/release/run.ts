// A release from the plan to its last document, with everything that it takes for the time being.
import { cpus } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import * as z from "zod";
import { InputError } from "../binary/bytes.ts";
import { Costs } from "../schedule/costs.ts";
import type { ScheduleEvent } from "../schedule/event.ts";
import { Executor } from "../schedule/executor.ts";
import { freeMemory, memoryLimit } from "../schedule/memory.ts";
import { addToStore } from "../symbols/store.ts";
import type { Guard } from "../toolchain/failure.ts";
import { ToolFailure } from "../toolchain/failure.ts";
import { nfpmVersion } from "../toolchain/nfpm.ts";
import { rmSync } from "node:fs";
import { apply, type Applied } from "./apply.ts";
import { lockDirectory } from "./lock.ts";
import { bytesOf, sha256Of } from "./output.ts";
import { Packers } from "./packing.ts";
import type { PlanItem, UniversalPlan } from "./plan.ts";
import { judgeAll, type Prepared } from "./prepare.ts";
import { buildTwin, garbageSetting, type Program, type Workshop } from "./program.ts";
import { RELEASE_SCHEMA, type ReleaseResult } from "./result.ts";

export interface RunOptions {
  readonly items: readonly PlanItem[];
  readonly universal: readonly UniversalPlan[];
  /** Builds and archives at a time; the number of processors if undefined. */
  readonly jobs?: number | undefined;
  /** Bytes that they may hold together; what the machine, or its control group, has if undefined. */
  readonly memory?: number | undefined;
  readonly keepGoing: boolean;
  /** Directory of the store of symbols; none are kept if undefined. */
  readonly symbols: string | undefined;
  /** Directory for what is learnt. */
  readonly state: string;
  /** Version of pare. */
  readonly tool: string;
  readonly guard: Guard;
  readonly onEvent: (event: ScheduleEvent) => void;
}

/** Bytes that the store of built files may take. */
const MOST_STORED = 4e9;

/** Makes the items of a plan. Throws ToolFailure. */
export async function runRelease(prepared: Prepared, options: RunOptions): Promise<ReleaseResult> {
  const began = performance.now();
  const { plan, output, store, context } = prepared;
  const { guard, items, universal, symbols } = options;
  // before anything is built
  const nfpm = items.some(({ systemPackages }) => systemPackages.length > 0) ? await nfpmVersion(guard) : "";
  const unlock = lockDirectory(output.directory, guard);
  const costs = new Costs(join(options.state, "costs.json"));
  const packers = new Packers();
  const processors = cpus().length;
  const memory = options.memory ?? memoryLimit();
  const executor = new Executor({
    jobs: options.jobs ?? processors,
    memory,
    freeMemory,
    onEvent: options.onEvent,
  });
  const work = output.workDirectory();
  const removeWork = (): void => rmSync(work, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  const forget = guard(removeWork);
  const shop: Workshop = {
    context,
    output,
    store,
    costs,
    executor,
    work,
    gogc: garbageSetting(Math.min(memory, freeMemory()), processors),
  };
  const failures: unknown[] = [];
  const warnings: string[] = [];
  let applied: Applied;
  try {
    const onFailure = options.keepGoing ? (_: PlanItem, error: unknown): void => void failures.push(error) : undefined;
    const verdicts = await judgeAll(items, prepared, onFailure);
    const left = new Set(verdicts.map(({ resolved }) => resolved.item.id));
    applied = await apply({
      shop,
      plan,
      verdicts,
      universal: universal.filter(({ parts }) => parts.every((id) => left.has(id))),
      packers,
      nfpm,
      tool: options.tool,
      keepGoing: options.keepGoing,
      failures,
      onProgram: async (program) => {
        const lost = symbols === undefined ? undefined : await keepSymbols(program, symbols, shop, guard);
        if (lost !== undefined) warnings.push(lost);
      },
    });
  } finally {
    // children first, then the directory that they write to
    executor.cancel();
    await packers.close();
    forget();
    removeWork();
    costs.save(guard);
    context.answers.save(guard);
    unlock();
  }
  store.trim(MOST_STORED);
  return {
    schema: RELEASE_SCHEMA,
    project: plan.project,
    version: plan.version,
    goVersion: plan.goVersion,
    output: output.directory,
    items: applied.items,
    seconds: Math.round(performance.now() - began) / 1000,
    warnings: [...plan.warnings, ...warnings.sort()],
  };
}

/** Puts the program and its unstripped twin into the store of symbols, unless they were put there before. Answers what is wrong with that. */
async function keepSymbols(
  program: Program,
  directory: string,
  shop: Workshop,
  guard: Guard,
): Promise<string | undefined> {
  const { store, output, context } = shop;
  const key = sha256Of(JSON.stringify(["symbols", directory, program.key]));
  const { id, executable } = program.resolved.item;
  const before = noted.safeParse(store.noted(key));
  if (before.success) return before.data.lost;
  const twin = await buildTwin(program, shop);
  const name = `${id} ${context.plan.version}`;
  const shipped = bytesOf(output, executable);
  let lost: string | undefined;
  try {
    await addToStore({ directory, guard }, { name, executable: shipped, debuginfo: twin ?? shipped });
  } catch (error) {
    // a format that the store has no names for, or that cannot be read; the release itself is not worse for it
    if (!(error instanceof InputError || (error instanceof ToolFailure && error.code === "unreadable"))) throw error;
    lost = `${executable}: its symbols are not kept: ${error.message}`;
  }
  store.note(key, lost === undefined ? {} : { lost });
  return lost;
}

/** What is remembered of a program whose symbols were to be kept. */
const noted = z.object({ lost: z.string().optional() });
