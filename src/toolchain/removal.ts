// What a package really saves: the program built once as it is and once with stubs in the package's place. Nothing of the user's tree, of
// GOROOT or of the module cache changes: stubs are laid over files, modules of the cache are copied and replaced.
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { readBuildInfo } from "../binary/go/buildinfo.ts";
import { readProgram } from "../binary/go/program.ts";
import { openExecutable } from "../binary/open.ts";
import { Bill, costsOf } from "../linkgraph/cost.ts";
import { linkGraph } from "../linkgraph/graph.ts";
import type { ProbeDump } from "../linkgraph/probe.ts";
import { groundOf, Reach } from "../linkgraph/reach.ts";
import { ownersOf } from "../linkgraph/retained.ts";
import { type Guard, ToolFailure } from "./failure.ts";
import { readFile } from "./files.ts";
import {
  build,
  checkFlags,
  type Environment,
  findMain,
  type GoContext,
  type GoEnv,
  goEnv,
  hasToolexec,
  listFlags,
  placeOf,
} from "./go.ts";
import { cacheDirectory, linkProbe, probeBuild } from "./linkprobe.ts";
import { readDump } from "./package.ts";
import { run } from "./process.ts";
import { withTemporary } from "./temporary.ts";

/** A variable that keeps its initial value, because its type cannot be written down. */
export interface KeptVariable {
  readonly Package: string;
  readonly Name: string;
  readonly Reason: string;
}

/** A package of the build, as `go list -json` tells. */
interface ListedPackage {
  readonly ImportPath: string;
  readonly Name: string;
  readonly Dir: string;
  readonly Standard?: boolean;
  readonly Export?: string;
  readonly GoFiles?: readonly string[];
  readonly CgoFiles?: readonly string[];
  readonly SFiles?: readonly string[];
  readonly CFiles?: readonly string[];
  readonly HFiles?: readonly string[];
  readonly SysoFiles?: readonly string[];
  readonly EmbedFiles?: readonly string[];
  readonly Imports?: readonly string[];
  readonly ImportMap?: Readonly<Record<string, string>>;
  readonly Module?: {
    readonly Path: string;
    readonly Version?: string;
    readonly Main?: boolean;
    readonly Dir?: string;
    readonly GoMod?: string;
    readonly GoVersion?: string;
    readonly Replace?: { readonly Dir?: string };
  };
}

const LIST_FIELDS =
  "ImportPath,Name,Dir,Standard,Export,GoFiles,CgoFiles,SFiles,CFiles,HFiles,SysoFiles,EmbedFiles,Imports,ImportMap,Module";

export interface RemovalOptions {
  readonly cwd: string;
  readonly goFlags: readonly string[];
  readonly env?: Environment;
  readonly guard: Guard;
  readonly onStep?: (step: { readonly reason: "build" | "stub"; readonly subject: string }) => void;
}

/** One thing to take away: a module or package by its path. */
export interface Removal {
  readonly target: string;
  /** Size of the file with stubs in its place. */
  readonly without: number;
  /**
   * Bytes of that file which only the stubs keep (estimate: elimination run again without them): types that others still name, and
   * what these lead to.
   */
  readonly stubs: number;
  /** Packages that stubs stood in for. */
  readonly packages: readonly string[];
  readonly kept: readonly KeptVariable[];
  /** Packages that only these import, and that no stub can stand for: they use cgo. */
  readonly stay: readonly string[];
}

export interface RemovalFailure {
  readonly target: string;
  readonly reason: string;
}

export interface Measured {
  /** Size of the file as it is. */
  readonly size: number;
  readonly removals: readonly (Removal | RemovalFailure)[];
}

/** Builds the program, and once more without each target. A target that cannot be stubbed is a row that says why. */
export async function measureRemovals(
  argument: string,
  targets: readonly string[],
  options: RemovalOptions,
): Promise<Measured> {
  checkFlags(options.goFlags);
  const { cwd, pkg } = placeOf(argument, options.cwd);
  const context: GoContext = { cwd, guard: options.guard, ...(options.env ? { env: options.env } : {}) };
  const env = await goEnv(context);
  const main = await findMain(pkg, options.goFlags, context);
  return withTemporary(
    options.guard,
    async (directory) => {
      options.onStep?.({ reason: "build", subject: main.importPath });
      const output = join(directory, "program");
      await build({ pkg, flags: options.goFlags, output, scratch: directory }, context);
      const { size } = statSync(output);
      rmSync(output);
      const probe = hasToolexec(options.goFlags, env) ? undefined : await linkProbe(env, options.guard);
      const linker = probe && "linker" in probe ? probe.linker : undefined;
      const packages = await listPackages(pkg, options.goFlags, context);
      const removals: (Removal | RemovalFailure)[] = [];
      for (const target of targets) {
        options.onStep?.({ reason: "stub", subject: target });
        const work = mkdtempSync(join(directory, "stub-"));
        try {
          removals.push(await removeOne({ target, pkg, packages, linker, env, context, work, flags: options.goFlags }));
        } catch (error) {
          if (!(error instanceof ToolFailure)) throw error;
          removals.push({ target, reason: error.message });
        }
        rmSync(work, { recursive: true, force: true });
      }
      return { size, removals };
    },
    env.GOTMPDIR,
  );
}

async function listPackages(pkg: string, flags: readonly string[], context: GoContext): Promise<ListedPackage[]> {
  const args = ["list", ...listFlags(flags), "-deps", "-export", `-json=${LIST_FIELDS}`, "--", pkg];
  const { code, stdout, stderr } = await run("go", args, {
    cwd: context.cwd,
    env: context.env ?? {},
    guard: context.guard,
  });
  if (code !== 0) throw new ToolFailure("build-failed", `go list ${pkg} failed:\n${stderr.trim()}`);
  // one JSON object after the other
  return JSON.parse(`[${stdout.replaceAll(/^\}\n\{$/gm, "},\n{")}]`) as ListedPackage[];
}

interface One {
  /** The link probe; undefined if there is none. */
  readonly linker: string | undefined;
  readonly target: string;
  readonly pkg: string;
  readonly packages: readonly ListedPackage[];
  readonly env: GoEnv;
  readonly context: GoContext;
  readonly flags: readonly string[];
  readonly work: string;
}

async function removeOne(one: One): Promise<Removal> {
  const { target, packages, env, context, work } = one;
  const named = packages.filter((p) => p.Name !== "main" && (p.ImportPath === target || p.Module?.Path === target));
  if (named.length === 0) throw new ToolFailure("no-package", `no package of this build is of ${target}`);
  const cgo = named.find((p) => (p.CgoFiles?.length ?? 0) > 0);
  if (cgo)
    throw new ToolFailure(
      "tool",
      `${cgo.ImportPath} uses cgo, which stubs cannot stand in for; build with CGO_ENABLED=0`,
    );
  const all = withOrphans(packages, named);
  const chosen = all.filter((p) => (p.CgoFiles?.length ?? 0) === 0);
  const { Files, Kept } = await stub(chosen, packages, env, context, join(work, "stubs"));
  const replace: Record<string, string> = { ...Files };
  const empty = join(work, "empty.s");
  writeFileSync(empty, "");
  for (const p of chosen) {
    // without any assembly the compiler would refuse functions that other packages define
    for (const name of p.SFiles ?? []) replace[join(p.Dir, name)] = empty;
    for (const name of [...(p.CFiles ?? []), ...(p.SysoFiles ?? [])]) replace[join(p.Dir, name)] = "";
  }
  const { flags, environment } = await layOver(one, chosen, replace);
  const output = join(work, "program");
  const dump = join(work, "dump");
  const probe = one.linker === undefined ? { flags: [], env: {} } : probeBuild(one.linker, dump, true);
  const what = { pkg: one.pkg, flags: [...one.flags, ...flags, ...probe.flags], output, scratch: work };
  try {
    await build({ ...what, env: { ...environment, ...probe.env } }, context);
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error;
    throw new ToolFailure(error.code, `with stubs it does not build: ${error.message.replaceAll(`${work}/`, "")}`);
  }
  const bytes = readFile(output, target);
  const paths = new Set(chosen.map((p) => p.ImportPath));
  const stubs = heldBy(paths, bytes, one.linker === undefined ? undefined : readDump(dump));
  return {
    target,
    without: bytes.length,
    stubs,
    packages: named.map((p) => p.ImportPath),
    kept: Kept,
    stay: all.filter((p) => !chosen.includes(p)).map((p) => p.ImportPath),
  };
}

/** Bytes of the built file that are there only because of these packages. 0 if the linker could not be asked. */
function heldBy(packages: ReadonlySet<string>, bytes: Uint8Array, dump: ProbeDump | undefined): number {
  if (!dump?.graph) return 0;
  const exe = openExecutable(bytes);
  const go = readProgram(exe, readBuildInfo(exe)?.goVersion ?? "");
  const graph = linkGraph(dump, dump.graph);
  const costs = go && costsOf(graph, exe, go);
  if (!costs) return 0;
  const ground = groundOf(graph);
  const whole = new Reach(ground).run();
  const owners = ownersOf(graph);
  const members = owners.members.filter((_, id) => packages.has(owners.names[id]));
  const without = new Reach(ground);
  for (const list of members) without.block(list);
  without.run();
  const gone: number[] = [];
  for (let node = 0; node < graph.count; node++) if (whole.isReached(node) && !without.isReached(node)) gone.push(node);
  return Math.round(new Bill(costs, (node) => whole.isReached(node)).of(gone));
}

/**
 * The packages, and those that are in the build only because these import them. A stub must import what its types name, but what is
 * imported for nobody else would not be there without it: its inits and variables must not count as staying.
 */
function withOrphans(packages: readonly ListedPackage[], named: readonly ListedPackage[]): ListedPackage[] {
  const byPath = new Map(packages.map((p) => [p.ImportPath, p]));
  const gone = new Set(named);
  const stays = new Set<ListedPackage>();
  const imported = new Set(packages.flatMap((p) => (p.Imports ?? []).map((path) => p.ImportMap?.[path] ?? path)));
  // what nobody imports, every program has: main, the runtime's cgo
  const queue = packages.filter((p) => p.ImportPath === "runtime" || !imported.has(p.ImportPath));
  for (const p of queue) {
    if (stays.has(p) || gone.has(p)) continue;
    stays.add(p);
    for (const path of p.Imports ?? []) {
      const next = byPath.get(p.ImportMap?.[path] ?? path);
      if (next) queue.push(next);
    }
  }
  return packages.filter((p) => !stays.has(p));
}

async function stub(
  chosen: readonly ListedPackage[],
  packages: readonly ListedPackage[],
  env: GoEnv,
  context: GoContext,
  out: string,
): Promise<{ Files: Record<string, string>; Kept: KeptVariable[] }> {
  const request = {
    Arch: env.GOARCH,
    Out: out,
    Exports: Object.fromEntries(packages.flatMap((p) => (p.Export ? [[p.ImportPath, p.Export]] : []))),
    Packages: chosen.map((p) => ({
      ImportPath: p.ImportPath,
      Dir: p.Dir,
      GoFiles: p.GoFiles ?? [],
      SFiles: p.SFiles ?? [],
      ImportMap: p.ImportMap ?? {},
      // a module that does not say is compiled as of Go 1.16
      GoVersion: p.Standard || !p.Module ? "" : `go${p.Module.GoVersion ?? "1.16"}`,
    })),
  };
  const program = await stubProgram(env, context.guard);
  const { code, stdout, stderr } = await run(program, [], { input: JSON.stringify(request), guard: context.guard });
  if (code !== 0) throw new ToolFailure("tool", `it cannot be stubbed: ${stderr.trim().split("\n")[0]}`);
  return JSON.parse(stdout) as { Files: Record<string, string>; Kept: KeptVariable[] };
}

/** The helper, built once for each Go and kept in the cache: it must understand what that Go's compiler writes. */
async function stubProgram(env: GoEnv, guard: Guard): Promise<string> {
  const source = readFileSync(join(dirname(fileURLToPath(import.meta.url)), "removal/stub.go.txt"), "utf8");
  const key = createHash("sha256")
    .update(JSON.stringify([env.GOVERSION, env.GOHOSTOS, env.GOHOSTARCH, source]))
    .digest("hex")
    .slice(0, 16);
  const store = join(cacheDirectory(), "stub");
  const program = join(store, `${env.GOVERSION}-${key}${env.GOHOSTOS === "windows" ? ".exe" : ""}`);
  if (existsSync(program)) return program;
  mkdirSync(store, { recursive: true });
  const work = mkdtempSync(join(store, "build-"));
  const remove = (): void => rmSync(work, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  const release = guard(remove);
  try {
    writeFileSync(join(work, "main.go"), source);
    const built = join(work, "stub");
    const { code, stderr } = await run(join(env.GOROOT, "bin/go"), ["build", "-trimpath", "-o", built, "main.go"], {
      cwd: work,
      env: {
        GOROOT: env.GOROOT,
        GOOS: env.GOHOSTOS,
        GOARCH: env.GOHOSTARCH,
        GOENV: "off",
        GOFLAGS: "",
        GOEXPERIMENT: undefined,
        GOCACHE: env.GOCACHE,
        GOTMPDIR: work,
        GOWORK: "off",
        GO111MODULE: "off",
        GOTOOLCHAIN: "local",
        CGO_ENABLED: "0",
      },
      guard,
    });
    if (code !== 0)
      throw new ToolFailure("tool", `${env.GOVERSION} cannot build the helper that makes stubs: ${stderr.trim()}`);
    renameSync(built, program);
    return program;
  } finally {
    release();
    remove();
  }
}

/** Flags that put the files in place: an overlay where Go allows one, copies of modules where it does not (below GOMODCACHE). */
async function layOver(
  { packages, env, context, work, flags }: One,
  chosen: readonly ListedPackage[],
  replace: Readonly<Record<string, string>>,
): Promise<{ flags: string[]; environment: Environment }> {
  const isCached = (path: string): boolean => path.startsWith(join(env.GOMODCACHE, sep));
  const overlay = Object.fromEntries(Object.entries(replace).filter(([path]) => !isCached(path)));
  const out: string[] = [];
  if (Object.keys(overlay).length > 0) {
    if (flags.some((flag) => /^--?overlay(=|$)/.test(flag)))
      throw new ToolFailure("flags", "the build has an -overlay of its own, so stubs cannot be laid over it");
    writeFileSync(join(work, "overlay.json"), JSON.stringify({ Replace: overlay }));
    out.push("-overlay", join(work, "overlay.json"));
  }
  const modules = new Map(chosen.filter((p) => isCached(p.Dir)).map((p) => [p.Module?.Path ?? "", p.Module]));
  if (modules.size === 0) return { flags: out, environment: {} };
  const edits: string[] = [];
  let n = 0;
  for (const [path, module] of modules) {
    const from = module?.Replace?.Dir ?? module?.Dir;
    if (!module || from === undefined || path === "")
      throw new ToolFailure("tool", `the directory of ${path} is not known`);
    const to = join(work, `module-${n++}`);
    copyModule(
      from,
      to,
      packages.filter((p) => p.Module?.Path === path),
      replace,
    );
    writeFileSync(
      join(to, "go.mod"),
      existsSync(module.GoMod ?? "") ? readFileSync(module.GoMod!) : `module ${path}\n`,
    );
    edits.push(`-replace=${path}${module.Version ? `@${module.Version}` : ""}=${to}`);
  }
  const { workspace, moduleFile } = await moduleFiles(context, flags);
  const edit = async (tool: "mod" | "work", file: string, words: readonly string[]): Promise<void> => {
    const { code, stderr } = await run("go", [tool, "edit", ...words, file], {
      cwd: context.cwd,
      env: { ...context.env, GOFLAGS: "" },
      guard: context.guard,
    });
    if (code !== 0) throw new ToolFailure("tool", `go ${tool} edit failed: ${stderr.trim()}`);
  };
  if (workspace !== "") {
    const copy = join(work, "go.work");
    writeFileSync(copy, absoluteUses(readFileSync(workspace, "utf8"), dirname(workspace)));
    if (existsSync(`${workspace}.sum`)) copyFileSync(`${workspace}.sum`, `${copy}.sum`);
    await edit("work", copy, edits);
    return { flags: out, environment: { GOWORK: copy } };
  }
  const copy = join(work, "go.mod");
  copyFileSync(moduleFile, copy);
  const sum = moduleFile.replace(/\.mod$/, ".sum");
  if (existsSync(sum)) copyFileSync(sum, join(work, "go.sum"));
  await edit("mod", copy, edits);
  return { flags: [...out, `-modfile=${copy}`], environment: {} };
}

/** What Go reads of a module: the packages of this build, stubs in the place of some files. */
function copyModule(
  from: string,
  to: string,
  packages: readonly ListedPackage[],
  replace: Readonly<Record<string, string>>,
): void {
  mkdirSync(to, { recursive: true });
  for (const p of packages) {
    const isStubbed = (p.GoFiles ?? []).some((name) => replace[join(p.Dir, name)] !== undefined);
    const files = [p.GoFiles, p.CgoFiles, p.SFiles, p.CFiles, p.HFiles, p.SysoFiles, isStubbed ? [] : p.EmbedFiles];
    for (const name of files.flatMap((list) => list ?? [])) {
      const source = replace[join(p.Dir, name)] ?? join(p.Dir, name);
      if (source === "") continue;
      const target = join(to, relative(from, p.Dir), name);
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(source, target);
    }
  }
}

async function moduleFiles(
  context: GoContext,
  flags: readonly string[],
): Promise<{ workspace: string; moduleFile: string }> {
  const { stdout } = await run("go", ["env", "-json", "GOWORK", "GOMOD"], {
    cwd: context.cwd,
    env: context.env ?? {},
    guard: context.guard,
  });
  const { GOWORK, GOMOD } = JSON.parse(stdout) as { GOWORK: string; GOMOD: string };
  const own = flags.findIndex((flag) => /^--?modfile(=|$)/.test(flag));
  if (own >= 0) {
    const value = flags[own].includes("=") ? flags[own].slice(flags[own].indexOf("=") + 1) : (flags[own + 1] ?? "");
    return { workspace: "", moduleFile: isAbsolute(value) ? value : resolve(context.cwd, value) };
  }
  return { workspace: GOWORK === "off" ? "" : GOWORK, moduleFile: GOMOD };
}

/** go.work with the directories of its use and replace lines written in full: the copy stands elsewhere. */
function absoluteUses(text: string, directory: string): string {
  return text.replaceAll(
    /(^|[\s(])(\.{1,2}(?:\/[^\s)]*)?)(?=\s|\)|$)/gm,
    (_, before: string, path: string) => `${before}${join(directory, path)}`,
  );
}
