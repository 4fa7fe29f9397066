// All that one build reads, as the go command lists it without building anything.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { COMPILED_FILES } from "./compiledfiles.ts";
import { ToolFailure } from "./failure.ts";
import type { Environment, GoContext } from "./go.ts";
import { goJson } from "./gojson.ts";

interface ListedModule {
  readonly Path: string;
  readonly Version?: string;
  readonly Dir?: string;
  readonly GoMod?: string;
  readonly Sum?: string;
  readonly Main?: boolean;
  readonly Replace?: ListedModule;
}

/** What `go list -json` tells of a package; `go help list` describes the fields. */
interface ListedPackage {
  readonly ImportPath: string;
  readonly Name?: string;
  readonly Dir?: string;
  readonly Standard?: boolean;
  readonly DepOnly?: boolean;
  readonly DefaultGODEBUG?: string;
  readonly Module?: ListedModule;
  readonly EmbedPatterns?: readonly string[];
  readonly IgnoredGoFiles?: readonly string[];
  readonly Error?: { readonly Err: string };
}

/** Fields that name files which go into the build. */
const FILES = [...COMPILED_FILES, "SysoFiles", "EmbedFiles"] as const;

const FIELDS = [
  "ImportPath,Name,Dir,Standard,DepOnly,DefaultGODEBUG,Module,EmbedPatterns,IgnoredGoFiles,Error",
  ...FILES,
].join(",");

export interface BuildInputs {
  readonly importPath: string;
  /** Directory of the main package. */
  readonly directory: string;
  readonly godebug: string;
  /** How many packages the program has. */
  readonly packages: number;
  /** Files outside of the module cache and of Go itself, absolute, sorted. */
  readonly files: readonly string[];
  /** Directories of the packages that they are of. */
  readonly directories: readonly string[];
  /** Roots of the modules that they are of. */
  readonly roots: readonly string[];
  /** Of them, packages that embed files. */
  readonly embedding: readonly string[];
  /** One line a module that is linked, sorted: path version sum, and its replacement. */
  readonly modules: readonly string[];
  /** A package that has nothing but cgo files and cgo is off: it cannot be built so. "" if there is none. */
  readonly needsCgo: string;
}

export interface InputsRequest {
  readonly pkg: string;
  readonly flags: readonly string[];
  /** Target and the like. */
  readonly env: Environment;
  readonly goroot: string;
  readonly modcache: string;
}

/** Flags of `go build` that mean something else to `go list`, or only make it talk or work more. */
const NOT_FOR_LIST = /^--?(?:json|a|v|x|work)$/;

/** Lists what a build reads. Throws ToolFailure with Go's own message where it cannot be built; needsCgo is an answer, not a failure. */
export async function buildInputs(request: InputsRequest, context: GoContext): Promise<BuildInputs> {
  const { pkg, goroot, modcache } = request;
  const flags = request.flags.filter((flag) => !NOT_FOR_LIST.test(flag));
  const args = ["list", ...flags, "-e", "-deps", `-json=${FIELDS}`, "--", pkg];
  const isStream = true;
  // a short run with a small heap, a sixth of which is for collecting garbage
  const env = { GOGC: process.env["GOGC"] ?? "400", ...request.env };
  const listed = await goJson(args, context, (value) => value as ListedPackage[], { env, isStream });
  const asked = listed.filter((each) => each.DepOnly !== true);
  const broken = listed.filter((each) => each.Error !== undefined);
  const needing = broken.find((each) => hasOnlyCgo(each));
  const [main] = asked;
  if (main === undefined) throw new ToolFailure("no-package", `there is no Go package ${pkg}`);
  if (needing === undefined) {
    if (broken.length > 0) throw failure(pkg, main, broken);
    if (asked.length > 1) throw new ToolFailure("not-main", `${pkg} names ${asked.length} packages: name one program`);
    if (main.Name !== "main") {
      throw new ToolFailure(
        "not-main",
        `${main.ImportPath} is not a program: its package is ${main.Name ?? "empty"}, not main`,
      );
    }
  }
  const fixed = [realOf(goroot), realOf(modcache)];
  const own = listed.filter(
    ({ Dir, Standard }) =>
      Dir !== undefined &&
      Standard !== true &&
      !fixed.some((root) => isBelow(Dir, root)) &&
      // asked last, for it reads every directory on the way
      !fixed.some((root) => isBelow(realOf(Dir), root)),
  );
  const files = own.flatMap((each) =>
    FILES.flatMap((field) =>
      ((each as unknown as Record<string, string[] | undefined>)[field] ?? []).map((name) => within(each.Dir!, name)),
    ),
  );
  const profile = main.Dir === undefined ? "" : join(main.Dir, "default.pgo");
  if (profile !== "" && existsSync(profile) && own.includes(main)) files.push(profile);
  return {
    importPath: main.ImportPath,
    directory: main.Dir ?? "",
    godebug: main.DefaultGODEBUG ?? "",
    packages: listed.length,
    files: unique(files),
    directories: unique(own.map(({ Dir }) => Dir!)),
    roots: unique(own.flatMap(({ Module }) => rootOf(Module) ?? [])),
    embedding: unique(own.filter(({ EmbedPatterns }) => (EmbedPatterns?.length ?? 0) > 0).map(({ Dir }) => Dir!)),
    modules: unique(listed.flatMap(({ Module }) => (Module === undefined ? [] : [moduleLine(Module)]))),
    needsCgo: needing?.ImportPath ?? "",
  };
}

function failure(pkg: string, main: ListedPackage, broken: readonly ListedPackage[]): ToolFailure {
  const said = unique(broken.map((each) => each.Error!.Err.trim())).join("\n");
  if (broken.includes(main))
    return new ToolFailure("no-package", `there is no Go package ${pkg}: ${said.split("\n")[0]}`, said);
  return new ToolFailure("build-failed", `go build ${pkg} failed:\n${said}`);
}

/** Whether what keeps a package from being built is that all its files are for cgo. */
function hasOnlyCgo({ Dir, IgnoredGoFiles = [] }: ListedPackage): boolean {
  return IgnoredGoFiles.some((name) => {
    if (Dir === undefined || name.endsWith("_test.go")) return false;
    try {
      return /^import\s+(?:"C"|\(\s*"C")/m.test(readFileSync(join(Dir, name), "utf8"));
    } catch {
      return false;
    }
  });
}

/** "path version sum", and what it is replaced by; the main module has no version. */
function moduleLine({ Path, Version = "", Sum = "", Replace }: ListedModule): string {
  const line = [Path, Version, Sum].filter((word) => word !== "").join(" ");
  return Replace === undefined ? line : `${line} => ${moduleLine(Replace)}`;
}

/** Root of a module whose files are not fixed by a checksum, or of the vendored copy of one that is. */
function rootOf(module: ListedModule | undefined): string | undefined {
  return module?.Replace?.Dir ?? module?.Dir;
}

function within(directory: string, name: string): string {
  return isAbsolute(name) ? name : resolve(directory, name);
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isBelow(path: string, root: string): boolean {
  const way = relative(root, path);
  return way === "" || !(way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way));
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)].sort();
}

/** A command on PATH, links resolved, or the path that it is; undefined if there is none. */
export function commandOnPath(command: string, env: Environment): string | undefined {
  if (/[/\\]/.test(command)) return existsSync(command) ? realOf(command) : undefined;
  const isWindows = process.platform === "win32";
  for (const directory of (env.PATH ?? "").split(isWindows ? ";" : ":")) {
    const path = join(directory, isWindows ? `${command}.exe` : command);
    if (directory !== "" && existsSync(path)) return realOf(path);
  }
  return undefined;
}

/** Root of the Go that a command belongs to; undefined for a wrapper, which may run any. */
export function rootOfCommand(command: string): string | undefined {
  const root = dirname(dirname(command));
  return existsSync(join(root, "VERSION")) && existsSync(join(root, "src")) ? root : undefined;
}
