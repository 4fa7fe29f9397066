// What a release is made of, before anything is built: settings and facts in, a plan or everything that is wrong with it out.
import type { ArchiveFormat, BuildConfig, PackagesConfig, ReleaseConfig } from "../config/release.ts";
import {
  executableName,
  type KnownTarget,
  parseTarget,
  type Target,
  TargetError,
  targetEnv,
  targetName,
  targetSlug,
} from "./target.ts";
import { packageVersions, type SystemPackagePlan, systemPackagesOf } from "./systempackages.ts";
import { fill, TemplateError } from "./template.ts";

export const PLAN_SCHEMA = "pare.release-plan/1";

/** What a release is called after, as git tells it. */
export interface Revision {
  /** The nearest tag and how far it is: "v1.2.3-4-gabcdef0"; the commit alone without a tag, "" without a repository. */
  readonly described: string;
  readonly commit: string;
  /** Whether the working tree differs from the commit. */
  readonly isDirty: boolean;
  /** Seconds since 1970 that everything is dated with. */
  readonly epoch: number;
}

export interface ReleaseFacts {
  readonly known: readonly KnownTarget[];
  readonly goVersion: string;
  /** Path of the module, "" outside of one. */
  readonly module: string;
  /** The module's main packages, as paths below its root ("." or "./cmd/app"); asked for only without builds in the settings. */
  readonly mains: readonly string[];
  readonly revision: Revision;
  /** Names of the files beside pare.yaml, or beside go.mod without one. */
  readonly beside: readonly string[];
}

export interface ArchivePlan {
  readonly format: Exclude<ArchiveFormat, "none">;
  /** File in the output directory. */
  readonly path: string;
  /** Folder that everything in it lies in. */
  readonly folder: string;
  /** Files beside the program, below the project's root; they keep their paths. */
  readonly files: readonly string[];
  readonly level: number;
}

export interface PlanItem {
  /** "app linux/amd64": names it everywhere. */
  readonly id: string;
  readonly build: string;
  /** Package as go build is given it. */
  readonly package: string;
  readonly target: string;
  readonly env: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
  /** off: no C code. on: C code, as the settings say. auto: off, unless the program does not build without. */
  readonly cgo: "on" | "off" | "auto";
  /** File in the output directory. */
  readonly executable: string;
  readonly archive: ArchivePlan | null;
  readonly systemPackages: readonly SystemPackagePlan[];
  /** File in the output directory. */
  readonly sbom: string;
}

/** One macOS program made of two. */
export interface UniversalPlan {
  readonly id: string;
  readonly build: string;
  /** Ids of the items, amd64 first. */
  readonly parts: readonly [string, string];
  readonly executable: string;
  readonly archive: ArchivePlan | null;
}

/** What a release is of, in the plan as in what comes of it. */
export interface ReleaseName {
  readonly project: string;
  readonly module: string;
  /** Without the "v" in front, "-dirty" behind it if the tree is. */
  readonly version: string;
  readonly tag: string;
  readonly commit: string;
  /** Seconds since 1970 that everything is dated with. */
  readonly epoch: number;
  readonly goVersion: string;
}

export interface ReleasePlan extends ReleaseName {
  readonly schema: typeof PLAN_SCHEMA;
  readonly symbols: boolean;
  /** Settings of the packages of Linux distributions; null if none are made. */
  readonly systemPackages: PackagesConfig | null;
  readonly items: readonly PlanItem[];
  readonly universal: readonly UniversalPlan[];
  readonly warnings: readonly string[];
}

/** How the program is built if the settings do not say: `chosen` of pare.yaml, or pare's own. */
export interface BuildDefaults {
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export const USUAL_TARGETS = ["linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64"];
const USUAL_FLAGS = ["-trimpath", "-buildvcs=false"];
const USUAL_LDFLAGS = "-s -w -buildid=";
/** Variables that a target sets. */
const OF_TARGET = /^(?:GOOS|GOARCH|CGO_ENABLED|GO386|GOAMD64|GOARM|GOARM64|GOMIPS|GOMIPS64|GOPPC64|GORISCV64|GOWASM)$/;
const BESIDE = /^(?:licen[cs]e|copying|notice|readme)(?:\.(?:md|txt))?$/i;

/** What is wrong with a plan, each with the path of the setting. */
export class PlanError extends Error {
  readonly problems: readonly { readonly path: readonly (string | number)[]; readonly message: string }[];
  constructor(problems: PlanError["problems"]) {
    super(problems.map(({ message }) => message).join("\n"));
    this.name = "PlanError";
    this.problems = problems;
  }
}

/** The plan. Throws PlanError. `defaults` stand in where a build sets no flags, tags or ldflags of its own. */
export function makePlan(config: ReleaseConfig, facts: ReleaseFacts, defaults?: BuildDefaults): ReleasePlan {
  const problems: { path: readonly (string | number)[]; message: string }[] = [];
  const warnings: string[] = [];
  const { revision } = facts;
  const project = config.name ?? lastWord(facts.module);
  const tag = described(revision);
  const version = tag.replace(/^v(?=\d)/, "");
  if (revision.commit === "") warnings.push(`no commit to name the release after: it is called ${version}`);
  if (revision.isDirty) warnings.push("the working tree has changes that are not committed: the version says dirty");
  const values = {
    version,
    tag,
    commit: revision.commit,
    shortcommit: revision.commit.slice(0, 7),
    date: new Date(revision.epoch * 1000).toISOString().replace(".000Z", "Z"),
    timestamp: String(revision.epoch),
    project,
  };

  /** The answer of work whose failure belongs to a setting. */
  const tried = <T>(path: readonly (string | number)[], work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof TargetError || error instanceof TemplateError)) throw error;
      problems.push({ path, message: error.message });
      return undefined;
    }
  };
  const targetsOf = (names: readonly string[], path: readonly (string | number)[]): Target[] => {
    const found = names.flatMap((name, i) => tried([...path, i], () => parseTarget(name, facts.known)) ?? []);
    const unique = new Map(found.map((target) => [targetName(target), target]));
    return [...unique.values()];
  };

  const builds: { build: BuildConfig; path: readonly (string | number)[] }[] =
    config.builds?.map((build, i) => ({ build, path: ["release", "builds", i] })) ??
    facts.mains.map((main) => ({ build: { package: main }, path: ["release"] }));
  if (builds.length === 0)
    problems.push({ path: ["release"], message: "the module has no main package: there is nothing to release" });
  const usual = targetsOf(config.targets ?? USUAL_TARGETS, ["release", "targets"]);
  const files = config.archive?.files ?? facts.beside.filter((name) => BESIDE.test(name)).sort();

  const archiveOf = (name: string, target: Target, slug: string): ArchivePlan | null => {
    const format = config.archive?.format ?? (target.os === "windows" ? "zip" : "tar.gz");
    if (format === "none") return null;
    const template = config.archive?.name ?? "{{name}}_{{version}}_{{target}}";
    const stem = tried(["release", "archive", "name"], () =>
      fill(template, { ...values, name, os: target.os, arch: target.arch, target: slug }),
    );
    if (stem === undefined) return null;
    const folder = inFileName(stem);
    return { format, path: `${folder}.${format}`, folder, files, level: config.archive?.level ?? 6 };
  };

  if (config.packages?.name !== undefined && builds.length > 1)
    problems.push({
      path: ["release", "packages", "name"],
      message: "several builds cannot have one package: leave the name out",
    });
  const versions = packageVersions(version);
  const items: PlanItem[] = [];
  const universal: UniversalPlan[] = [];
  const names = new Set<string>();
  for (const { build, path } of builds) {
    const name = build.name ?? nameOf(build.package, project);
    if (names.has(name))
      problems.push({ path, message: `two builds are called ${name}: give one of them another name` });
    names.add(name);
    for (const variable of Object.keys(build.env ?? {}))
      if (OF_TARGET.test(variable))
        problems.push({
          path: [...path, "env", variable],
          message: `${variable} follows from the target${variable === "CGO_ENABLED" ? " and from cgo" : ""}`,
        });
    const own: PlanItem[] = [];
    for (const target of build.targets ? targetsOf(build.targets, [...path, "targets"]) : usual) {
      const slug = targetSlug(target);
      const more = { ...values, name, os: target.os, arch: target.arch, target: slug };
      const flags = flagsOf(
        build,
        defaults,
        (template) => tried([...path, "ldflags"], () => fill(template, more)) ?? "",
      );
      const cgo = build.cgo === undefined ? "auto" : build.cgo ? "on" : "off";
      own.push({
        id: `${name} ${targetName(target)}`,
        build: name,
        package: build.package,
        target: targetName(target),
        env: { ...(build.env ?? defaults?.env), ...targetEnv(target), CGO_ENABLED: cgo === "on" ? "1" : "0" },
        flags,
        cgo,
        executable: `${name}_${slug}/${executableName(name, target)}`,
        archive: archiveOf(name, target, slug),
        systemPackages: systemPackagesOf(config.packages, name, target, versions),
        sbom: `${name}_${inFileName(version)}_${slug}.cdx.json`,
      });
    }
    items.push(...own);
    warnings.push(...levelWarnings(name, own), ...flagWarnings(name, own));
    if (config.universal === true) {
      const parts = ["darwin/amd64", "darwin/arm64"].map((target) => own.find((item) => item.target === target)?.id);
      const [amd64, arm64] = parts;
      if (amd64 === undefined || arm64 === undefined) {
        problems.push({
          path: ["release", "universal"],
          message: `a universal ${name} needs the targets darwin/amd64 and darwin/arm64`,
        });
      } else {
        universal.push({
          id: `${name} darwin/universal`,
          build: name,
          parts: [amd64, arm64],
          executable: `${name}_darwin_universal/${name}`,
          archive: archiveOf(name, { os: "darwin", arch: "universal", level: "" }, "darwin_universal"),
        });
      }
    }
  }
  problems.push(...collisions([...items, ...universal]), ...sameSystemPackages(items));
  // what is wrong for one target mostly is for all
  const unique = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  if (unique.size > 0) throw new PlanError([...unique.values()]);
  return {
    schema: PLAN_SCHEMA,
    project,
    module: facts.module,
    version,
    tag,
    commit: revision.commit,
    epoch: revision.epoch,
    goVersion: facts.goVersion,
    symbols: config.symbols ?? true,
    systemPackages: config.packages ?? null,
    items,
    universal,
    warnings,
  };
}

function described({ described, commit, isDirty }: Revision): string {
  const base = described !== "" ? described : commit !== "" ? `v0.0.0-${commit.slice(0, 12)}` : "v0.0.0-unversioned";
  return isDirty ? `${base}-dirty` : base;
}

/** The last word of an import path that is no major version. */
function lastWord(path: string): string {
  const words = path.split("/").filter((word) => word !== "" && !/^v\d+$/.test(word));
  return inFileName(words.at(-1)?.replace(/\.v\d+$/, "") ?? "") || "program";
}

function nameOf(pkg: string, project: string): string {
  const way = pkg.replace(/^\.\//, "").replace(/\/+$/, "");
  return way === "." || way === "" ? project : lastWord(way);
}

/** Tags may hold what file names should not. */
function inFileName(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._+-]+/g, "-").replace(/^[.-]+/, "");
}

function flagsOf(
  build: BuildConfig,
  defaults: BuildDefaults | undefined,
  filled: (template: string) => string,
): string[] {
  const isOwn = build.flags !== undefined || build.tags !== undefined || build.ldflags !== undefined;
  if (!isOwn && defaults !== undefined) {
    // what makes a build the same elsewhere is a release's business, not a variant's
    const missing = USUAL_FLAGS.filter(
      (flag) => !defaults.flags.some((own) => own.split("=")[0] === flag.split("=")[0]),
    );
    return [...missing, ...defaults.flags];
  }
  const flags = [...(build.flags ?? USUAL_FLAGS)];
  if (build.tags !== undefined && build.tags.length > 0) flags.push(`-tags=${build.tags.join(",")}`);
  const hasLdflags = flags.some((flag) => /^--?ldflags(?:=|$)/.test(flag));
  if (build.ldflags !== undefined || !hasLdflags) flags.push(`-ldflags=${filled(build.ldflags ?? USUAL_LDFLAGS)}`);
  return flags;
}

/** Each GOAMD64 level doubles what is built, and few programs gain. */
function levelWarnings(name: string, items: readonly PlanItem[]): string[] {
  const systems = new Map<string, string[]>();
  for (const { target } of items) {
    const [os, arch, level = "v1"] = target.split("/");
    if (arch === "amd64") systems.set(os, [...(systems.get(os) ?? []), level]);
  }
  return [...systems]
    .filter(([, levels]) => levels.length > 1)
    .map(
      ([os, levels]) =>
        `${name}: ${os}/amd64 is built for ${levels.join(" and ")}: is there a measurement that says the program gains?`,
    );
}

function flagWarnings(name: string, items: readonly PlanItem[]): string[] {
  const [first] = items;
  if (first === undefined || first.flags.some((flag) => /^--?trimpath(?:=true|=1)?$/.test(flag))) return [];
  return [`${name}: without -trimpath the program depends on the directory that it is built in`];
}

function collisions(all: readonly (PlanItem | UniversalPlan)[]): { path: readonly string[]; message: string }[] {
  const seen = new Map<string, string>();
  return all.flatMap(({ id, archive }) => {
    if (archive === null) return [];
    // file systems that do not tell upper from lower case
    const key = archive.path.toLowerCase();
    const other = seen.get(key);
    seen.set(key, id);
    if (other === undefined) return [];
    return [
      {
        path: ["release", "archive", "name"],
        message: `${other} and ${id} would both be ${archive.path}: put {{name}} and {{target}} into it`,
      },
    ];
  });
}

function sameSystemPackages(items: readonly PlanItem[]): { path: readonly string[]; message: string }[] {
  const seen = new Map<string, string>();
  return items.flatMap(({ id, systemPackages }) =>
    systemPackages.flatMap(({ path }) => {
      const other = seen.get(path);
      seen.set(path, id);
      if (other === undefined) return [];
      return [{ path: ["release", "packages"], message: `${other} and ${id} would both be ${path}` }];
    }),
  );
}
