// What the go command and the sources of a module tell an audit. Nothing is downloaded, nothing is written.
import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Environment, type GoContext, goEnv, listFlags } from "./go.ts";
import { readText } from "./buildfiles.ts";
import { ToolFailure } from "./failure.ts";
import { run } from "./process.ts";

/** Nothing may be fetched, and no file of the user's be written. */
const OFFLINE: Environment = { GOPROXY: "off", GOFLAGS: "-mod=mod", GOTOOLCHAIN: "local" };

/** What `go mod tidy` would change; "": nothing; undefined: it cannot tell without the network, or is older than Go 1.23. */
export async function tidyDiff(directory: string, context: Omit<GoContext, "cwd">): Promise<string | undefined> {
  const { code, stdout } = await run("go", ["mod", "tidy", "-diff"], {
    cwd: directory,
    env: { ...context.env, ...OFFLINE },
    guard: context.guard,
  });
  if (code === 0) return "";
  return /^diff /m.test(stdout) ? stdout : undefined;
}

/** Packages of a build that have C of their own when cgo is on: outside of the standard library, and plugin. */
export async function cgoPackages(pkg: string, flags: readonly string[], context: GoContext): Promise<string[]> {
  const format =
    '{{if and .CgoFiles (not .Standard)}}{{.ImportPath}}{{else if eq .ImportPath "plugin"}}{{.ImportPath}}{{end}}';
  const env = { ...context.env, CGO_ENABLED: "1" };
  const args = ["list", "-e", "-deps", ...listFlags(flags), "-f", format, "--", pkg];
  const { stdout } = await run("go", args, { cwd: context.cwd, env, guard: context.guard });
  return stdout.split(/\r?\n/).filter((line) => line !== "");
}

/** Import paths of the programs below a directory. */
export async function programsBelow(flags: readonly string[], context: GoContext): Promise<string[]> {
  const format = '{{if eq .Name "main"}}{{.ImportPath}}{{end}}';
  const args = ["list", "-e", ...listFlags(flags), "-f", format, "./..."];
  const { code, stdout } = await run("go", args, { cwd: context.cwd, env: { ...context.env }, guard: context.guard });
  return code === 0 ? stdout.split(/\r?\n/).filter((line) => line !== "") : [];
}

/** Bytes of the directories of this machine in the strings of a program: what -trimpath leaves out. */
export async function pathBytes(program: Uint8Array, moduleDirectory: string, context: GoContext): Promise<number> {
  const { GOROOT, GOMODCACHE } = await goEnv(context);
  const bytes = Buffer.from(program.buffer, program.byteOffset, program.length);
  let sum = 0;
  for (const directory of new Set([`${GOROOT}/src/`, `${GOMODCACHE}/`, `${moduleDirectory}/`])) {
    const needle = Buffer.from(directory);
    for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + needle.length)) sum += needle.length;
  }
  return sum;
}

const MAX_GO_FILES = 20_000;
const MAX_DEPTH = 20;
/** "import (" up to a line that begins with ")", for comments hold brackets too; or one import. */
const IMPORTS = /^[ \t]*import[ \t]*(?:\(([^)\n]*|[\s\S]*?\n[ \t]*)\)|(?:[\w.]+[ \t]+)?("[^"\n]+"|`[^`\n]+`))/gm;

/** Paths that the Go files of a module import, tests too, whatever their build constraints; undefined if there are too many to look at. */
export function importsOf(directory: string): Set<string> | undefined {
  const imports = new Set<string>();
  const queue = [{ path: directory, depth: 0 }];
  let files = 0;
  for (const { path, depth } of queue) {
    let list: Dirent[];
    try {
      list = readdirSync(path, { withFileTypes: true });
    } catch {
      return undefined;
    }
    // a directory with a go.mod is another module
    if (depth > 0 && list.some((entry) => entry.name === "go.mod")) continue;
    for (const entry of list) {
      if (entry.isDirectory()) {
        const isLeftOut = /^[._]/.test(entry.name) || entry.name === "vendor" || entry.name === "node_modules";
        if (isLeftOut) continue;
        if (depth >= MAX_DEPTH) return undefined;
        queue.push({ path: join(path, entry.name), depth: depth + 1 });
      } else if (entry.isFile() && entry.name.endsWith(".go")) {
        if (++files > MAX_GO_FILES) return undefined;
        addImports(join(path, entry.name), imports);
      }
    }
  }
  return imports;
}

function addImports(file: string, imports: Set<string>): void {
  let text: string;
  try {
    text = readText(file, file);
  } catch (error) {
    // generated giants import little; who cannot be read cannot be compiled either
    if (error instanceof ToolFailure) return;
    throw error;
  }
  for (const [, block, single] of text.matchAll(IMPORTS))
    for (const [, path] of (block ?? single).matchAll(/["`]([^"`\n]+)["`]/g)) imports.add(path);
}
