// The program that writes packages anew so that they keep their API and do nothing (stubs/*.go.txt): Go's own parser and type checker
// decide. Built with the user's own Go, once per version, and kept in the cache directory.
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Guard, ToolFailure } from "./failure.ts";
import type { GoEnv } from "./go.ts";
import { cacheDirectory } from "./directories.ts";
import { run } from "./process.ts";

/** A function that is changed in a package that else stays as it is. */
export interface FunctionEdit {
  /** Name for the linker: "text/template.(*state).evalField", "golang.org/x/net/trace.init.0"; closures stand for what they are in. */
  readonly Symbol: string;
  /** body: it returns zero values. reflection: only lookups of methods by a number or name that is not constant are gone from it. */
  readonly What: "body" | "reflection";
}

/** What the program reads, as JSON. */
export interface StubRequest {
  /** File of what `go list -json` tells of all packages of the build. */
  readonly Listing: string;
  /** Directory for new files. */
  readonly Out: string;
  /** Files that the user's own -overlay puts in place of others. */
  readonly Overlay: Readonly<Record<string, string>>;
  readonly GOARCH: string;
  /** Import paths of packages to be replaced as a whole. */
  readonly Remove: readonly string[];
  readonly Edits: readonly FunctionEdit[];
}

export interface StubbedPackage {
  readonly path: string;
  /** Whether it was asked for; the others are in the program only because those import them, so they would leave with them. */
  readonly asked: boolean;
  /** Absolute paths of the package's files, with what takes their place: a path, or "" for nothing. */
  readonly files: Readonly<Record<string, string>>;
  /** Variables that keep their initialisers, for their types cannot be written down here. */
  readonly kept: readonly { readonly name: string; readonly reason: string }[];
}

/** What it answers, as JSON. */
export interface StubAnswer {
  readonly packages: readonly StubbedPackage[];
  /** Packages and functions that were asked for and are left as they are. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

function sources(): { name: string; text: string }[] {
  const directory = join(dirname(fileURLToPath(import.meta.url)), "stubs");
  return readdirSync(directory)
    .filter((name) => name.endsWith(".go.txt"))
    .sort()
    .map((name) => ({ name: name.slice(0, -".txt".length), text: readFileSync(join(directory, name), "utf8") }));
}

/** The program for a Go installation, built if it is not in the cache. Safe to call from several processes at once. Throws ToolFailure. */
export async function stubHelper(env: GoEnv, guard: Guard): Promise<string> {
  const files = sources();
  const key = createHash("sha256")
    .update(JSON.stringify([env.GOVERSION, env.GOHOSTOS, env.GOHOSTARCH, files]))
    .digest("hex")
    .slice(0, 16);
  const store = join(cacheDirectory(), "stubs");
  const program = join(store, `${env.GOVERSION}-${key}`, env.GOHOSTOS === "windows" ? "stubs.exe" : "stubs");
  if (existsSync(program)) return program;
  let work: string;
  try {
    mkdirSync(store, { recursive: true });
    work = mkdtempSync(join(store, "build-"));
  } catch (error) {
    throw new ToolFailure("tool", `the cache directory cannot be written: ${String(error)}`);
  }
  const remove = (): void => rmSync(work, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  const release = guard(remove);
  try {
    const out = join(work, "out");
    mkdirSync(out);
    for (const { name, text } of files) writeFileSync(join(work, name), text);
    const names = files.map(({ name }) => name);
    const { code, stderr } = await run(
      join(env.GOROOT, "bin/go"),
      ["build", "-trimpath", "-o", join(out, basename(program)), ...names],
      {
        cwd: work,
        env: {
          GOROOT: env.GOROOT,
          GOOS: env.GOHOSTOS,
          GOARCH: env.GOHOSTARCH,
          // what the user has set for programs is not meant for this one
          GOENV: "off",
          GOFLAGS: "",
          GOEXPERIMENT: undefined,
          GOCACHE: env.GOCACHE,
          GOTMPDIR: work,
          GOWORK: "off",
          GOTOOLCHAIN: "local",
          CGO_ENABLED: "0",
        },
        guard,
      },
    );
    if (code !== 0) throw new ToolFailure("tool", `${env.GOVERSION} does not build pare's stub writer`, stderr.trim());
    try {
      renameSync(out, dirname(program));
    } catch {
      // another process was faster: its result is the same
    }
    if (!existsSync(program)) throw new ToolFailure("tool", "the cache directory cannot be written");
    return program;
  } finally {
    release();
    remove();
  }
}

/** Asks it. Throws ToolFailure. */
export async function writeStubs(program: string, request: StubRequest, guard: Guard): Promise<StubAnswer> {
  const file = join(request.Out, "request.json");
  writeFileSync(file, JSON.stringify(request));
  const { code, stdout, stderr } = await run(program, [file], { guard });
  if (code !== 0) throw new ToolFailure("tool", `stubs cannot be written: ${stderr.trim().split("\n", 1)[0]}`, stderr);
  return JSON.parse(stdout) as StubAnswer;
}
