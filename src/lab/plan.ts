// What a lab will do: the facts of the program, and its variants, chosen.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { nearest } from "../ledger/nearest.ts";
import { type Guard, ToolFailure } from "../toolchain/failure.ts";
import {
  checkFlags,
  findMain,
  type GoContext,
  type GoEnv,
  goEnv,
  goVariables,
  type MainPackage,
  packagesOf,
  placeOf,
} from "../toolchain/go.ts";
import type { Target, Variant } from "./model.ts";
import { cpuOf, DEFAULT, type LabFacts, labVariants } from "./variants.ts";

export interface PlanOptions {
  /** Package to build, as the user named it. */
  readonly pkg: string;
  readonly cwd: string;
  readonly goFlags: readonly string[];
  /** Undefined: the go command's own choice. */
  readonly target?: Target;
  /** Globs of names of variants; none: all that are not on request. */
  readonly only: readonly string[];
  readonly skip: readonly string[];
  /** Those that are on request too. */
  readonly thorough: boolean;
  readonly guard: Guard;
}

export interface Plan {
  readonly main: MainPackage;
  /** Where the go command stands, and what it is asked to build there. */
  readonly cwd: string;
  readonly pkg: string;
  readonly go: GoEnv;
  readonly facts: LabFacts;
  /** Packages of the main module that are built, for `go test`. */
  readonly ownPackages: readonly string[];
  /** To be built, each behind the one that it starts from; the first is the user's own. */
  readonly variants: readonly Variant[];
  /** Left out because nobody asked for them. */
  readonly onRequest: readonly Variant[];
}

/** A glob without directories: * is any text, ? one character. */
export function globMatches(glob: string, name: string): boolean {
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${pattern}$`, "su").test(name);
}

/** Names in an option: separated by commas that are not in front of a level ("GOARM64=v8.0,lse" is one name). */
export function globsOf(text: string): string[] {
  return text
    .split(/,(?!lse)/)
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

/** Finds the program and its facts. `more` adds variants of others to those of the lab. Throws ToolFailure. */
export async function planLab(
  options: PlanOptions,
  more: (variants: readonly Variant[], facts: LabFacts) => readonly Variant[] = () => [],
): Promise<Plan> {
  const { goFlags, guard, target } = options;
  checkFlags(goFlags);
  const { cwd, pkg } = placeOf(options.pkg, options.cwd);
  const env = target === undefined ? {} : { GOOS: target.GOOS, GOARCH: target.GOARCH };
  const context: GoContext = { cwd, env, guard };
  const go = await goEnv(context);
  if (minorOf(go.GOVERSION) < OLDEST_MINOR)
    throw new ToolFailure("tool", `${go.GOVERSION} is too old for the lab: it needs Go 1.${OLDEST_MINOR} or newer`);
  const main = await findMain(pkg, goFlags, context);
  const packages = await packagesOf(main.importPath, goFlags, context);
  const cpu = cpuOf(go.GOARCH)?.name;
  const facts: LabFacts = {
    flags: goFlags,
    goflags: go.GOFLAGS,
    env,
    target: { GOOS: go.GOOS, GOARCH: go.GOARCH },
    host: { GOOS: go.GOHOSTOS, GOARCH: go.GOHOSTARCH },
    cgo: go.CGO_ENABLED === "1",
    // "7,softfloat": how floats are done is another choice
    cpu: cpu === undefined ? "" : ((await goVariables([cpu], context))[cpu] ?? "").replace(/,(hard|soft)float$/, ""),
    packages: new Set(packages.map(({ importPath }) => importPath)),
    vendor: go.GOMOD !== "" && existsSync(join(dirname(go.GOMOD), "vendor", "modules.txt")),
  };
  const known = labVariants(facts);
  const all = [...known, ...more(known, facts)];
  const { chosen, onRequest } = choose(all, options);
  return {
    main,
    cwd,
    pkg,
    go,
    facts,
    ownPackages: packages.filter(({ isOwn }) => isOwn).map(({ importPath }) => importPath),
    variants: chosen,
    onRequest,
  };
}

/** What the flags of the variants need. */
const OLDEST_MINOR = 18;

function minorOf(version: string): number {
  const found = /^go1\.(\d+)/.exec(version);
  return found === null ? Number.MAX_SAFE_INTEGER : Number(found[1]);
}

/** The variants that the user wants, with the user's own build in front and what packed ones start from. Throws ToolFailure for a glob that matches none. */
export function choose(
  all: readonly Variant[],
  { only, skip, thorough }: Pick<PlanOptions, "only" | "skip" | "thorough">,
): { chosen: Variant[]; onRequest: Variant[] } {
  const names = all.map(({ name }) => name);
  for (const glob of [...only, ...skip]) {
    if (names.some((name) => globMatches(glob, name))) continue;
    const meant = nearest(glob, names);
    const hint = meant === undefined ? `there are: ${names.join(", ")}` : `Did you mean ${meant}?`;
    throw new ToolFailure("flags", `no variant is called ${glob} (${hint})`);
  }
  const matches = (globs: readonly string[], name: string): boolean => globs.some((glob) => globMatches(glob, name));
  const isSkipped = ({ name }: Variant): boolean => matches(skip, name);
  const isWanted = (variant: Variant): boolean =>
    only.length > 0 ? matches(only, variant.name) : thorough || variant.onRequest === undefined;
  const wanted = new Set(all.filter((v) => !isSkipped(v) && isWanted(v)).map(({ name }) => name));
  wanted.add(DEFAULT);
  for (const { name, pack } of all.toReversed()) if (pack && wanted.has(name)) wanted.add(pack.of);
  return {
    chosen: all.filter(({ name }) => wanted.has(name)),
    onRequest: all.filter(
      (v) => v.onRequest !== undefined && !wanted.has(v.name) && !isSkipped(v) && only.length === 0,
    ),
  };
}
