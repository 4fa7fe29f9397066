// Settings and facts → a plan, and of each of its items whether it must be built. Nothing is written but what was learnt.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ReleaseFile } from "../config/releasefile.ts";
import { Answers } from "../schedule/answers.ts";
import { Digests } from "../schedule/digests.ts";
import { Store } from "../schedule/store.ts";
import type { Guard } from "../toolchain/failure.ts";
import type { GoContext } from "../toolchain/go.ts";
import { gatherFacts } from "./facts.ts";
import { type InputsContext, resolveItem } from "./inputs.ts";
import { Output } from "./output.ts";
import { makePlan, type PlanItem, PlanError, type ReleasePlan } from "./plan.ts";
import { judge, type Verdict } from "./program.ts";

export interface PrepareOptions {
  readonly settings: ReleaseFile;
  /** Directory of the project: that of pare.yaml, or of the module. */
  readonly root: string;
  /** Output directory. */
  readonly output: string;
  /** Directory that pare keeps things in that it can make again. */
  readonly cache: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly guard: Guard;
  /** Only targets of these names; all if undefined. */
  readonly targets?: readonly string[] | undefined;
}

export interface Prepared {
  readonly plan: ReleasePlan;
  readonly context: InputsContext;
  readonly store: Store;
  readonly output: Output;
}

/** Makes the plan. Throws ConfigError, ToolFailure. */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  const { settings, root, output, cache, env, guard } = options;
  const project = createHash("sha256").update(root).digest("hex").slice(0, 16);
  const kept = join(cache, "projects", project);
  const answers = new Answers(join(kept, "answers.json"), new Digests(join(kept, "digests.json")));
  const context: GoContext = { cwd: root, guard };
  const request = { root, output, wantsMains: settings.release.builds === undefined, epoch: env["SOURCE_DATE_EPOCH"] };
  const facts = await gatherFacts(request, context, answers);
  let plan: ReleasePlan;
  try {
    const config =
      options.targets === undefined ? settings.release : { ...settings.release, targets: [...options.targets] };
    plan = makePlan(config, facts.release, defaultsOf(settings));
    const missing = missingFiles(config, root);
    if (missing.length > 0) throw new PlanError(missing);
    const left = leftOut(settings);
    if (left !== "") plan = { ...plan, warnings: [...plan.warnings, left] };
  } catch (error) {
    throw error instanceof PlanError ? settings.refuse(error.problems) : error;
  }
  return {
    plan,
    context: { ...context, answers, go: facts.go, root, plan },
    store: new Store(join(cache, "store"), guard),
    output: new Output(output, answers.digests, guard),
  };
}

/** Files and directories that settings name and that are not there: told before anything is built. */
function missingFiles({ builds, archive, packages }: ReleaseFile["release"], root: string): PlanError["problems"] {
  const ofPrograms = (builds ?? [])
    .map(({ package: name }, i) => ({ name, path: ["release", "builds", i, "package"] }))
    .filter(({ name }) => /^\.\.?(?:\/|$)/.test(name) && !existsSync(join(root, name)))
    .map(({ name, path }) => ({ path, message: `there is no directory ${name}` }));
  const inArchive = (archive?.files ?? []).map((name, i) => ({ name, path: ["release", "archive", "files", i] }));
  const inPackages = (packages?.contents ?? []).map(({ from: name }, i) => ({
    name,
    path: ["release", "packages", "contents", i, "from"],
  }));
  const files = [...inArchive, ...inPackages]
    .filter(({ name }) => !existsSync(join(root, name)))
    .map(({ name, path }) => ({ path, message: `there is no file ${name}` }));
  return [...ofPrograms, ...files];
}

function defaultsOf({ chosen }: ReleaseFile): { flags: readonly string[]; env: Record<string, string> } | undefined {
  if (chosen?.flags === undefined || (chosen.tool ?? "go") !== "go") return undefined;
  return { flags: chosen.flags, env: chosen.env ?? {} };
}

/** What a release does not do of the chosen variant. */
function leftOut({ chosen }: ReleaseFile): string {
  if (chosen?.tool === "tinygo") return "the chosen variant is TinyGo's: a release builds with Go, and its own flags";
  return chosen?.pack === undefined
    ? ""
    : `the chosen variant is changed by ${chosen.pack.tool}: a release leaves the program as Go made it`;
}

/** How many questions the go command is asked at a time. */
const AT_A_TIME = 2;

/** What is to be done for each item, in the plan's order. Throws ToolFailure; with `keepGoing`, only if nothing is left. */
export async function judgeAll(
  items: readonly PlanItem[],
  prepared: Prepared,
  onFailure?: (item: PlanItem, error: unknown) => void,
): Promise<Verdict[]> {
  const { context } = prepared;
  const verdicts: (Verdict | undefined)[] = items.map(() => undefined);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const i = next++;
      try {
        verdicts[i] = judge(await resolveItem(items[i], context), prepared);
      } catch (error) {
        if (onFailure === undefined) throw error;
        onFailure(items[i], error);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return verdicts.filter((verdict) => verdict !== undefined);
}
