// The go command: which one, which package, and a build of it.
import { isAbsolute, resolve } from "node:path";
import { type Guard, ToolFailure } from "./failure.ts";
import { run, type RunResult } from "./process.ts";

export interface GoEnv {
  /** "go1.26.8" */
  readonly GOVERSION: string;
  readonly GOROOT: string;
  readonly GOMODCACHE: string;
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
  /** Path of its module; "" for files outside of modules. */
  readonly module: string;
}

export interface GoContext {
  /** Where relative packages are looked up. */
  readonly cwd: string;
  readonly guard: Guard;
}

async function go(
  args: readonly string[],
  context: GoContext,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<RunResult> {
  try {
    return await run("go", args, { cwd: context.cwd, env, guard: context.guard });
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

/** Flags of `go build` that `go list` must see to find the same package. */
function listFlags(flags: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < flags.length; i++) {
    const m = /^--?(tags|mod|modfile|C)(=.*)?$/.exec(flags[i]);
    if (!m) continue;
    out.push(flags[i]);
    if (m[2] === undefined && i + 1 < flags.length) out.push(flags[++i]);
  }
  return out;
}

/** Resolves an import path or directory to one main package. */
export async function findMain(pkg: string, flags: readonly string[], context: GoContext): Promise<MainPackage> {
  const { code, stdout, stderr } = await go(
    ["list", "-json=ImportPath,Name,Dir,Module", ...listFlags(flags), "--", pkg],
    context,
  );
  if (code !== 0)
    throw new ToolFailure("no-package", `there is no Go package ${pkg}: ${firstLine(stderr)}`, stderr.trim());
  // one JSON document after another
  const found = (stdout.trim() === "" ? [] : stdout.trim().split(/(?<=^\})\n/m)).map(
    (text) => JSON.parse(text) as { ImportPath: string; Name: string; Dir: string; Module?: { Path: string } },
  );
  const mains = found.filter((p) => p.Name === "main");
  if (mains.length === 0) {
    throw new ToolFailure(
      "not-main",
      `${found[0]?.ImportPath ?? pkg} is not a program: its package is ${found[0]?.Name ?? "empty"}, not main`,
    );
  }
  if (mains.length > 1) {
    throw new ToolFailure(
      "not-main",
      `${pkg} names ${mains.length} programs; name one of them: ${mains.map((p) => p.ImportPath).join(", ")}`,
    );
  }
  const [main] = mains;
  return { importPath: main.ImportPath, directory: main.Dir, module: main.Module?.Path ?? "" };
}

export interface Build {
  readonly pkg: string;
  /** Flags of `go build`, as the user gave them. */
  readonly flags: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly output: string;
}

/** Builds a program. Throws build-failed with Go's own message. */
export async function build(what: Build, context: GoContext): Promise<void> {
  const output = isAbsolute(what.output) ? what.output : resolve(context.cwd, what.output);
  const { code, stderr, stdout } = await go(["build", ...what.flags, "-o", output, "--", what.pkg], context, what.env);
  if (code === 0) return;
  const said = (stderr + stdout).trim();
  throw new ToolFailure("build-failed", `go build ${what.pkg} failed:\n${said}`);
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0];
}
