// pare lab --tags: the build tags that a program's packages read, each built and measured, and the best combination.
import { join } from "node:path";
import type { ConfigVariant } from "../config/schema.ts";
import { loadSettings } from "../config/settings.ts";
import { Budget } from "../lab/budget.ts";
import type { Variant } from "../lab/model.ts";
import { type Plan, planLab } from "../lab/plan.ts";
import { discoverTags, type Discovery, flagsWith, type TagSubject } from "../lab/tagbuilds.ts";
import { TAGS_SCHEMA, type TagResult, type TagSet, tagSetOf } from "../lab/tags.ts";
import type { TagsDocument } from "../lab/tagsschema.ts";
import { DEFAULT, RELEASE } from "../lab/variants.ts";
import { commandLine } from "../report/command.ts";
import { terminalOf } from "../report/terminal.ts";
import { Costs } from "../schedule/costs.ts";
import { stateDirectory } from "../toolchain/directories.ts";
import { loadKnowledge } from "../toolchain/knowledge.ts";
import { EXIT, Failure } from "./failure.ts";
import { onInterrupt } from "./interrupt.ts";
import { type LabFlags, targetOf } from "./lab.ts";
import { write } from "./output.ts";
import { progressOn } from "./progress.ts";
import { measureTags } from "./tagwork.ts";

export async function labTagsCommand(
  named: string | undefined,
  goFlags: readonly string[],
  flags: LabFlags,
): Promise<void> {
  const pkg = loadSettings({ cwd: process.cwd(), env: process.env, flags: { package: named } }).package.value;
  const progress = progressOn(process.stderr, flags.quiet === true);
  try {
    progress.step(`reading ${pkg}`);
    const plan = await planLab({
      pkg,
      cwd: process.cwd(),
      goFlags,
      ...(flags.target === undefined ? {} : { target: targetOf(flags.target) }),
      only: [],
      skip: [],
      thorough: true,
      guard: onInterrupt,
    });
    const release = plan.variants.find(({ name }) => name === RELEASE) ?? plan.variants[0];
    const subject: TagSubject = {
      pkg: plan.pkg,
      cwd: plan.cwd,
      flags: release.flags,
      env: release.env,
      goflags: plan.go.GOFLAGS,
      guard: onInterrupt,
    };
    const discovery = await discoverTags(subject, loadKnowledge("tags"));
    const costs = new Costs(join(stateDirectory(), "costs.json"));
    const peak = [RELEASE, DEFAULT].map((name) => costs.of(`${plan.main.importPath} ${name}`)?.peakBytes);
    const result = await measureTags(subject, discovery, {
      progress,
      budget: new Budget(flags.timeBudget ?? Infinity),
      isFirm: false,
      jobs: flags.jobs,
      memory: flags.memory,
      peakBytes: peak.find((bytes) => bytes),
      tested: flags.test === true ? plan.ownPackages : [],
      directory: plan.go.GOTMPDIR,
    });
    progress.done();
    await write(flags.output ?? "-", await answer(documentOf(result, subject, discovery, plan), flags));
    if (flags.write !== undefined) await keep(result, release, discovery, flags);
  } finally {
    progress.done();
  }
}

/** What the variant with the best tags is called if the user does not say. */
const BEST = "with-tags";

/** Stores the best combination as a variant: the next lab starts it, measures it, and may recommend it. */
async function keep({ rows, best }: TagResult, from: Variant, { own }: Discovery, flags: LabFlags): Promise<void> {
  if (best === null) throw new Failure(EXIT.checkFailed, "nothing is written: no tag saves anything");
  const { set, drop } = best.tags;
  const costs = rows.flatMap(({ found: { tag, known } }) =>
    known !== null && [...set, ...drop].includes(tag) ? [known.costs || known.removes] : [],
  );
  const tags = [...own.filter((tag) => !drop.includes(tag)), ...set];
  const variant: ConfigVariant = {
    from: from.name,
    // a list of tags can only add to the user's own
    ...(drop.length > 0 ? { flags: [`-tags=${tags.join(",")}`] } : { tags: [...set] }),
    ...(costs.length > 0 ? { describe: costs.join("; ") } : {}),
  };
  const { writeVariant } = await import("./choose.ts");
  const name = typeof flags.write === "string" ? flags.write : BEST;
  await writeVariant(name, variant, process.cwd(), flags.quiet === true);
}

function documentOf(result: TagResult, subject: TagSubject, { own }: Discovery, plan: Plan): TagsDocument {
  const settings = Object.entries(subject.env).map(([name, value]) => `${name}=${value}`);
  const command = (flags: readonly string[]): string =>
    commandLine([...settings, "go", "build", ...flags, ...(subject.pkg === "." ? [] : [subject.pkg])]);
  const commandWith = (tags: TagSet): string => command(flagsWith(subject, own, tags));
  const { best } = result;
  return {
    schema: TAGS_SCHEMA,
    subject: plan.main.importPath,
    base: result.base,
    command: command(subject.flags),
    rows: result.rows.map(({ found, verdict, size }) => ({
      tag: found.tag,
      change: found.change,
      verdict,
      size,
      command: commandWith(tagSetOf([found])),
      removes: found.known?.removes ?? "",
      costs: found.known?.costs ?? "",
      knowledge: found.known?.id ?? null,
      readers: [...found.readers],
    })),
    failing: [...result.failing],
    best: best && {
      tags: { set: [...best.tags.set], drop: [...best.tags.drop] },
      size: best.size,
      saves: best.saves,
      sum: best.sum,
      beside: [...best.beside],
      without: [...best.without],
      command: commandWith(best.tags),
    },
  };
}

async function answer(document: TagsDocument, flags: LabFlags): Promise<string> {
  if (flags.json === true) return (await import("../report/json.ts")).jsonDocument(document);
  const toFile = flags.output !== undefined && flags.output !== "-";
  const terminal = terminalOf(toFile ? {} : process.stdout, process.env);
  return (await import("../report/tagstext.ts")).tagsText(document, { terminal, exact: flags.bytes });
}
