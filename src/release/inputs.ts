// What each program of a plan depends on, asked of the go command only where something may have changed.
import { readFileSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import type { Answers } from "../schedule/answers.ts";
import { FINGERPRINT_FORMAT, type Fingerprint } from "../schedule/fingerprint.ts";
import { isLookedInto, type Look } from "../schedule/look.ts";
import { type BuildInputs, buildInputs } from "../toolchain/buildinputs.ts";
import { ToolFailure } from "../toolchain/failure.ts";
import type { GoContext } from "../toolchain/go.ts";
import { compilersOf, type GoFacts } from "./gofacts.ts";
import type { PlanItem, ReleasePlan } from "./plan.ts";

export interface Resolved {
  readonly item: PlanItem;
  /** With CGO_ENABLED as it must be. */
  readonly env: Readonly<Record<string, string>>;
  /** The package for which C is built though the settings do not say so; "" if there is none. */
  readonly cgoFor: string;
  readonly inputs: BuildInputs;
  readonly fingerprint: Fingerprint;
}

export interface InputsContext extends GoContext {
  readonly answers: Answers;
  readonly go: GoFacts;
  /** Directory of pare.yaml, or of the module. */
  readonly root: string;
  readonly plan: ReleasePlan;
}

/** What an item depends on. Throws ToolFailure where go list says that it cannot be built. */
export async function resolveItem(item: PlanItem, context: InputsContext): Promise<Resolved> {
  let { env } = item;
  let inputs = await inputsOf(item, env, context);
  let cgoFor = "";
  if (inputs.needsCgo !== "") {
    if (item.cgo === "off")
      throw new ToolFailure(
        "build-failed",
        `${item.id}: ${inputs.needsCgo} does not build without cgo, which is off for it`,
      );
    cgoFor = inputs.needsCgo;
    env = { ...env, CGO_ENABLED: "1" };
    inputs = await inputsOf(item, env, context);
  }
  return { item, env, cgoFor, inputs, fingerprint: fingerprintOf(item, env, inputs, context) };
}

function inputsOf(item: PlanItem, env: PlanItem["env"], context: InputsContext): Promise<BuildInputs> {
  const { answers, go, root } = context;
  const { flags } = item;
  const question = JSON.stringify(["inputs", 1, go.key, root, item.package, flags, Object.entries(env)]);
  const ask = async (): Promise<{ answer: BuildInputs; looks: Look[] }> => {
    const { GOROOT: goroot, GOMODCACHE: modcache } = go.env;
    const answer = await buildInputs({ pkg: item.package, flags, env, goroot, modcache }, { ...context, cwd: root });
    return { answer, looks: looksOf(answer, item, context) };
  };
  return answers.of(question, ask, (answer) => answer as BuildInputs);
}

/** What the list of inputs follows from: every source file of the modules that lie here, what is embedded, and what flags name. */
function looksOf(inputs: BuildInputs, { flags }: PlanItem, { go, root }: InputsContext): Look[] {
  const looks: Look[] = [];
  const roots = new Set([...inputs.roots, ...(go.env.GOMOD === "" ? [] : [dirname(go.env.GOMOD)])]);
  for (const path of [...roots].sort()) looks.push(["tree", path]);
  if (go.env.GOWORK !== "") looks.push(["file", go.env.GOWORK], ["file", `${go.env.GOWORK}.sum`]);
  // a tree is not looked into everywhere, and a link may lead to a package
  for (const directory of inputs.directories) {
    const isCovered = [...roots].some((path) => {
      const way = relative(path, directory);
      return !way.startsWith("..") && !isAbsolute(way) && isLookedInto(way);
    });
    if (!isCovered) looks.push(["tree", directory]);
  }
  for (const directory of inputs.embedding) looks.push(["names", directory]);
  for (const file of inputs.files) looks.push(["file", file]);
  for (const file of namedFiles([...go.env.GOFLAGS.split(/\s+/), ...flags], root)) looks.push(["file", file]);
  return looks;
}

/** Files that flags name, and the files that an overlay puts in the place of others. */
function namedFiles(flags: readonly string[], root: string): string[] {
  return flags.flatMap((flag, i) => {
    const found = /^--?(modfile|overlay|pgo)(?:=(.*))?$/s.exec(flag);
    const value = found === null ? undefined : (found[2] ?? flags[i + 1]);
    if (found === null || value === undefined || value === "auto" || value === "off") return [];
    const path = resolve(root, value);
    if (found[1] === "modfile") return [path, path.replace(/\.mod$/, ".sum")];
    return found[1] === "overlay" ? [path, ...replacements(path)] : [path];
  });
}

function replacements(overlay: string): string[] {
  try {
    const { Replace = {} } = JSON.parse(readFileSync(overlay, "utf8")) as { Replace?: Record<string, string> };
    return Object.values(Replace)
      .filter((path) => path !== "")
      .map((path) => resolve(dirname(overlay), path));
  } catch {
    return [];
  }
}

function fingerprintOf(item: PlanItem, env: PlanItem["env"], inputs: BuildInputs, context: InputsContext): Fingerprint {
  const { answers, go, root, plan } = context;
  const usesC = env.CGO_ENABLED === "1";
  const all = { ...go.reads, ...(usesC ? go.readsForC : {}), ...env };
  const flags = [...go.env.GOFLAGS.split(/\s+/), ...item.flags];
  const files = [...inputs.files, ...namedFiles(flags, root)].map((path): [string, string] => {
    const digest = answers.digests.of(path);
    if (digest === undefined)
      throw new ToolFailure("unreadable", `${path}: cannot be read, though it is part of ${item.id}`);
    return [shown(path, root), digest];
  });
  return {
    format: FINGERPRINT_FORMAT,
    go: go.identity,
    package: inputs.importPath,
    flags: item.flags,
    env: Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)),
    directory: isOn("trimpath", flags) ? "" : root,
    vcs: flags.some((flag) => /^--?buildvcs=false$/.test(flag)) ? "" : `${plan.tag} ${plan.commit}`,
    compilers: usesC ? compilersOf({ ...process.env, ...env }, go, answers.digests) : [],
    godebug: inputs.godebug,
    modules: inputs.modules,
    files,
  };
}

function isOn(name: string, flags: readonly string[]): boolean {
  return flags.some((flag) => new RegExp(`^--?${name}(?:=true|=1)?$`).test(flag));
}

/** A path below the project, or from it, with forward slashes. */
function shown(path: string, root: string): string {
  return relative(root, path).replaceAll("\\", "/");
}

/** Whether a file of the program changed since its fingerprint was taken: then what was built is of neither state. */
export function changedMeanwhile(
  { inputs, fingerprint }: Resolved,
  root: string,
  { digests }: Answers,
): string | undefined {
  const known = new Map(fingerprint.files);
  return inputs.files.find((path) => digests.of(path) !== known.get(shown(path, root)));
}
