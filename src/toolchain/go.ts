// The go command: which one, which package, and a build of it.
import { existsSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { type Guard, ToolFailure } from "./failure.ts";
import { run, type RunResult } from "./process.ts";

export interface GoEnv {
  /** "go1.26.8" */
  readonly GOVERSION: string;
  readonly GOROOT: string;
  readonly GOMODCACHE: string;
  readonly GOCACHE: string;
  /** Where builds work; "" for the system's directory. */
  readonly GOTMPDIR: string;
  readonly GOFLAGS: string;
  readonly GOHOSTOS: string;
  readonly GOHOSTARCH: string;
  readonly GOOS: string;
  readonly GOARCH: string;
  /** Path of the go.mod in force; "" or /dev/null if there is none. */
  readonly GOMOD: string;
  /** "1" or "0". */
  readonly CGO_ENABLED: string;
}

export interface MainPackage {
  readonly importPath: string;
  readonly directory: string;
}

export interface GoContext {
  /** Where relative packages are looked up. */
  readonly cwd: string;
  /** Added to the environment. */
  readonly env?: Environment;
  readonly guard: Guard;
  /** Ends the go command and what it started. */
  readonly signal?: AbortSignal;
  /** The go command's process, once it is there. */
  readonly onStart?: (pid: number) => void;
}

export type Environment = Readonly<Record<string, string | undefined>>;

async function go(
  args: readonly string[],
  context: GoContext,
  env: Environment = {},
  onLine?: (line: string) => void,
): Promise<RunResult> {
  const { cwd, guard, signal, onStart } = context;
  // Go asks git for the state of the working tree, and git would write what it found to its index
  const all = { GIT_OPTIONAL_LOCKS: "0", ...context.env, ...env };
  try {
    return await run("go", args, {
      cwd,
      env: all,
      guard,
      ...(signal ? { signal } : {}),
      ...(onStart ? { onStart } : {}),
      ...(onLine ? { onLine } : {}),
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") throw new ToolFailure("go-missing", `the go command cannot be run: ${String(error)}`);
    throw new ToolFailure(
      "go-missing",
      "the go command is not on PATH: install Go (https://go.dev/dl), or name a file that is built already",
    );
  }
}

/** The settings of the go command that is in force in a directory. */
export async function goEnv(context: GoContext): Promise<GoEnv> {
  const names = [
    "GOVERSION",
    "GOROOT",
    "GOMODCACHE",
    "GOCACHE",
    "GOTMPDIR",
    "GOFLAGS",
    "GOHOSTOS",
    "GOHOSTARCH",
    "GOOS",
    "GOARCH",
    "GOMOD",
    "CGO_ENABLED",
  ];
  const { code, stdout, stderr } = await go(["env", "-json", ...names], context);
  if (code !== 0) throw new ToolFailure("go-missing", `go env failed: ${stderr.trim()}`);
  return JSON.parse(stdout) as GoEnv;
}

/** Other settings of the go command, by name. */
export async function goVariables(
  names: readonly string[],
  context: GoContext,
): Promise<Readonly<Record<string, string>>> {
  const { code, stdout, stderr } = await go(["env", "-json", ...names], context);
  if (code !== 0) throw new ToolFailure("go-missing", `go env failed: ${stderr.trim()}`);
  return JSON.parse(stdout) as Record<string, string>;
}

/** Import paths of a package and all that it is built of; `isOwn`: of the main module. Throws build-failed. */
export async function packagesOf(
  pkg: string,
  flags: readonly string[],
  context: GoContext,
): Promise<{ readonly importPath: string; readonly isOwn: boolean }[]> {
  const format = "{{.ImportPath}}\t{{with .Module}}{{.Main}}{{end}}";
  const { code, stdout, stderr } = await go(["list", ...listFlags(flags), "-deps", "-f", format, "--", pkg], context);
  if (code !== 0) throw new ToolFailure("build-failed", `go list ${pkg} failed:\n${withoutDownloads(stderr)}`);
  return stdout
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .map((line) => {
      const [importPath, isMain] = line.split("\t");
      return { importPath, isOwn: isMain === "true" };
    });
}

export interface Tested {
  readonly passes: boolean;
  /** Packages whose tests fail, or do not build. */
  readonly failed: readonly string[];
  readonly output: string;
}

/** What `go test` ends a package's report with where it fails (cmd/go/internal/test/test.go). */
const FAILED = /^FAIL\t(\S+)(?:\t| \[)/gm;

/** Runs the tests of packages, by import path: none begins with a dash, and behind "--" go test expects words for the test program. */
export async function test(
  packages: readonly string[],
  flags: readonly string[],
  env: Environment,
  context: GoContext,
): Promise<Tested> {
  const { code, stdout, stderr } = await go(["test", ...flags, ...packages], context, env);
  const failed = [...stdout.matchAll(FAILED)].map(([, name]) => name);
  return { passes: code === 0, failed, output: `${stdout}${withoutDownloads(stderr)}`.trim() };
}

/** Whether these flags of `go build`, or GOFLAGS, run the tools through a program of the user's own. */
export function hasToolexec(flags: readonly string[], env: GoEnv): boolean {
  return [...flags, ...env.GOFLAGS.split(/[\s'"]+/)].some((flag) => /^--?toolexec(=|$)/.test(flag));
}

/** Flags that cannot be meant: pare chooses where the program goes, and needs it built. */
export function checkFlags(flags: readonly string[]): void {
  const refuse = (flag: string, why: string): void => {
    if (flags.some((f) => f === flag || f === `-${flag}` || f.startsWith(`${flag}=`) || f.startsWith(`-${flag}=`)))
      throw new ToolFailure("flags", `${flag} cannot be among the flags for go build: ${why}`);
  };
  refuse("-o", "the program goes to a temporary file");
  refuse("-C", "give -C to pare itself");
  refuse("-n", "nothing would be built");
}

/** Flags of `go build` that `go list` must see to find the same package. */
export function listFlags(flags: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < flags.length; i++) {
    const m = /^--?(tags|mod|modfile|overlay)(=.*)?$/.exec(flags[i]);
    if (!m) continue;
    out.push(flags[i]);
    if (m[2] === undefined && i + 1 < flags.length) out.push(flags[++i]);
  }
  return out;
}

const LDFLAGS = /^--?ldflags(?:=(.*))?$/s;

/** The flags with words added to -ldflags, which `go build` takes only once. */
export function addLdflags(flags: readonly string[], words: string): string[] {
  const rest: string[] = [];
  let own = "";
  for (let i = 0; i < flags.length; i++) {
    const found = LDFLAGS.exec(flags[i]);
    if (!found) rest.push(flags[i]);
    else own = found[1] ?? flags[++i] ?? "";
  }
  return [...rest, `-ldflags=${own === "" ? words : `${own} ${words}`}`];
}

const LIST_FORMAT = "{{.ImportPath}}\t{{.Name}}\t{{.Dir}}";

/** Where `go` must stand, and what it must be asked for, to build what the user named: a directory with a go.mod is a module of its own. */
export function placeOf(pkg: string, cwd: string): { cwd: string; pkg: string } {
  const directory = resolve(cwd, pkg);
  if (!isDirectory(directory)) return { cwd, pkg };
  if (existsSync(join(directory, "go.mod"))) return { cwd: directory, pkg: "." };
  return { cwd, pkg: isAbsolute(pkg) || pkg.startsWith(".") ? pkg : `./${pkg}` };
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Resolves an import path or directory to one main package. */
export async function findMain(pkg: string, flags: readonly string[], context: GoContext): Promise<MainPackage> {
  const { code, stdout, stderr } = await go(["list", ...listFlags(flags), "-f", LIST_FORMAT, "--", pkg], context);
  if (code !== 0) {
    throw new ToolFailure("no-package", `there is no Go package ${pkg}: ${firstLine(stderr)}`, stderr.trim());
  }
  const found = stdout
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .map((line) => {
      const [importPath, name, directory] = line.split("\t");
      return { importPath, name, directory };
    });
  const mains = found.filter((p) => p.name === "main");
  if (mains.length === 0) {
    throw new ToolFailure(
      "not-main",
      `${found[0]?.importPath ?? pkg} is not a program: its package is ${found[0]?.name ?? "empty"}, not main`,
    );
  }
  if (mains.length > 1) {
    throw new ToolFailure(
      "not-main",
      `${pkg} names ${mains.length} programs; name one of them: ${mains.map((p) => p.importPath).join(", ")}`,
    );
  }
  return mains[0];
}

export interface Build {
  readonly pkg: string;
  /** Flags of `go build`, as the user gave them. */
  readonly flags: readonly string[];
  readonly env?: Environment;
  readonly output: string;
  /** Directory for Go's own temporary files, which it leaves behind when it is killed. */
  readonly scratch?: string;
  /** A module that is being downloaded, with its version. */
  readonly onDownload?: (module: string) => void;
}

/** Builds a program; answers what the go command said. Throws build-failed with Go's own message. */
export async function build(what: Build, context: GoContext): Promise<string> {
  const output = isAbsolute(what.output) ? what.output : resolve(context.cwd, what.output);
  const env = { ...what.env, ...(what.scratch === undefined ? {} : { GOTMPDIR: what.scratch }) };
  const { code, stderr, stdout } = await go(
    ["build", ...what.flags, "-o", output, "--", what.pkg],
    context,
    env,
    (line) => {
      const found = DOWNLOAD.exec(line);
      if (found) what.onDownload?.(found[1]);
    },
  );
  if (code === 0) return stderr;
  throw new ToolFailure("build-failed", `go build ${what.pkg} failed:\n${withoutDownloads(stderr + stdout)}`);
}

const DOWNLOAD = /^go: downloading (\S+ \S+)/;

function withoutDownloads(text: string): string {
  return text
    .trim()
    .split("\n")
    .filter((line) => !DOWNLOAD.test(line))
    .join("\n");
}

function firstLine(text: string): string {
  return withoutDownloads(text).split("\n", 1)[0];
}
