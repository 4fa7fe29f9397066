// What an audit knows beyond build files: the module's sources, and the program, built here.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ProgramFacts, Project } from "../advice/audit/project.ts";
import type { AuditKnowledge } from "../explain/auditfacts.ts";
import { importsOf } from "../toolchain/modulefacts.ts";
import { ToolFailure } from "../toolchain/failure.ts";
import { loadKnowledge } from "../toolchain/knowledge.ts";
import { factsOf, profileInput, STEPS } from "./input.ts";
import { onInterrupt } from "./interrupt.ts";
import type { CommonOptions } from "./options.ts";
import { type Progress, progressOn } from "./progress.ts";

export interface FactsFlags extends CommonOptions {
  readonly build: boolean;
  /** Take times of builds, too. */
  readonly measure?: boolean;
  readonly package?: string;
}

type Facts = Pick<Project, "imports" | "tidyDiff" | "program"> & { readonly warnings: readonly string[] };

/** Builds nothing in a directory without a module, with --no-build, and where there is no one program. */
export async function gatherFacts(directory: string, goFlags: readonly string[], flags: FactsFlags): Promise<Facts> {
  const nothing = { imports: undefined, tidyDiff: undefined, program: undefined, warnings: [] };
  const cwd = resolve(directory);
  if (!existsSync(join(cwd, "go.mod"))) return nothing;
  const imports = importsOf(cwd);
  if (!flags.build) return { ...nothing, imports };
  const progress = progressOn(process.stderr, flags.quiet === true);
  try {
    const { tidyDiff } = await import("../toolchain/modulefacts.ts");
    const chosen = flags.package ?? (await onlyProgram(cwd, goFlags));
    const tidy = await tidyDiff(cwd, { guard: onInterrupt });
    if (typeof chosen !== "string") return { imports, tidyDiff: tidy, program: undefined, warnings: chosen.warnings };
    const built = await programFacts(chosen, cwd, goFlags, progress);
    if ("reason" in built) return { imports, tidyDiff: tidy, program: undefined, warnings: [built.reason] };
    const buildSeconds = await timesOf(chosen, built.name, cwd, goFlags, flags.measure === true ? progress : undefined);
    return { imports, tidyDiff: tidy, program: { ...built, buildSeconds }, warnings: [] };
  } catch (error) {
    // without a program there are still files to look at
    if (!(error instanceof ToolFailure)) throw error;
    return {
      ...nothing,
      imports,
      warnings: [`only files were looked at: ${error.message.split("\n").slice(0, 5).join("\n")}`],
    };
  } finally {
    progress.done();
  }
}

/** The program of the directory itself, or the only one below. */
async function onlyProgram(cwd: string, goFlags: readonly string[]): Promise<string | { warnings: string[] }> {
  const { goEnv } = await import("../toolchain/go.ts");
  const { programsBelow } = await import("../toolchain/modulefacts.ts");
  await goEnv({ cwd, guard: onInterrupt });
  const all = await programsBelow(goFlags, { cwd, guard: onInterrupt });
  const module = all.toSorted((a, b) => a.length - b.length)[0];
  if (all.length === 1) return all[0];
  if (all.length === 0) return { warnings: [] };
  // the root package of the module is the shortest, and all others lie below it
  if (all.every((path) => path === module || path.startsWith(`${module}/`))) return module;
  return { warnings: [`${all.length} programs, and only files were looked at; name one: --package ${all[0]}`] };
}

async function programFacts(
  pkg: string,
  cwd: string,
  goFlags: readonly string[],
  progress: Progress,
): Promise<ProgramFacts | { readonly reason: string }> {
  const { openSubject } = await import("../toolchain/subject.ts");
  const context = { cwd, guard: onInterrupt };
  const input = await openSubject(pkg, {
    ...context,
    goFlags,
    graph: true,
    onStep: (step) => progress.step(`${STEPS[step.reason]} ${step.subject}`),
  });
  if (!input.testimony)
    return { reason: `only files were looked at: ${input.warnings[0] ?? "there is no link probe"}` };
  progress.step("looking into the program");
  const profile = await profileInput(input, {});
  const { linkModel } = await import("../explain/model.ts");
  const model = linkModel(input.testimony, profile, factsOf(input, profile, false));
  if ("reason" in model) return model;
  const { auditFacts, linkedFindings } = await import("../explain/auditfacts.ts");
  const { cgoPackages, pathBytes } = await import("../toolchain/modulefacts.ts");
  return auditFacts(model, linkedFindings(model, linkedKnowledge()), {
    needsCgo: await cgoPackages(pkg, goFlags, context),
    pathBytes: await pathBytes(input.bytes, cwd, context),
  });
}

/** Times of the program's builds: taken now, or remembered from when they were. */
async function timesOf(
  pkg: string,
  name: string,
  cwd: string,
  goFlags: readonly string[],
  progress: Progress | undefined,
): Promise<ProgramFacts["buildSeconds"]> {
  const { Costs } = await import("../schedule/costs.ts");
  const { stateDirectory } = await import("../toolchain/directories.ts");
  const costs = new Costs(join(stateDirectory(), "costs.json"));
  const [cold, warm] = ["cold", "warm"].map((state) => [`audit ${state} ${name}`, ...goFlags].join(" "));
  if (progress) {
    progress.step(`building ${name} without a cache, then with one`);
    const { timedBuilds } = await import("../toolchain/timedbuilds.ts");
    const taken = await timedBuilds(pkg, goFlags, { cwd, guard: onInterrupt });
    costs.note(cold, { seconds: taken.cold, peakBytes: 0 });
    costs.note(warm, { seconds: taken.warm, peakBytes: 0 });
    costs.save(onInterrupt);
  }
  const known = { cold: costs.of(cold)?.seconds, warm: costs.of(warm)?.seconds };
  return known.cold === undefined || known.warm === undefined ? undefined : { cold: known.cold, warm: known.warm };
}

/** What pare knows of libraries and of what keeps dead code. */
export function linkedKnowledge(): AuditKnowledge {
  return {
    blockers: loadKnowledge("blockers"),
    duplicates: loadKnowledge("duplicates"),
    heavy: loadKnowledge("heavy"),
    testpackages: loadKnowledge("testpackages"),
    versions: loadKnowledge("versions"),
  };
}
