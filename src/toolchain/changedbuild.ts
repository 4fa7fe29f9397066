// A build of which some files are others, while the user's tree, GOROOT and the module cache stay as they are.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { type Guard, ToolFailure } from "./failure.ts";
import type { Environment, GoEnv } from "./go.ts";
import type { Listed } from "./golist.ts";
import { run } from "./process.ts";
import { shadow } from "./shadow.ts";

export interface Setting {
  readonly cwd: string;
  /** Flags of `go build`, as the user gave them. */
  readonly flags: readonly string[];
  readonly env: Environment;
  /** The go command's settings. */
  readonly go: GoEnv;
  readonly guard: Guard;
}

/** Files of one package, absolute, with what takes their place: a path, or "" for nothing. */
export interface Change {
  readonly package: Listed;
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Flags and environment of a build with files changed; what it needs lies in `directory`, which must be resolved and stay until the build
 * is done. An overlay does it for the user's own packages, vendored ones and the standard library. The go command allows none in the
 * module cache: modules there, and a GOROOT there, are shadowed, and replaced through copies of go.mod or go.work.
 */
export async function changedBuild(
  changes: readonly Change[],
  all: readonly Listed[],
  setting: Setting,
  directory: string,
): Promise<{ flags: string[]; env: Environment }> {
  const { go } = setting;
  const overlay: Record<string, string> = { ...userOverlay(setting) };
  const root = new Map<string, Uint8Array | null>();
  const modules = new Map<string, { listed: Listed; files: Map<string, Uint8Array | null> }>();
  for (const { package: listed, files } of changes) {
    for (const [path, to] of Object.entries(files)) {
      if (!isInside(path, go.GOMODCACHE)) overlay[path] = to;
      else if (isInside(path, go.GOROOT)) root.set(relative(go.GOROOT, path), content(to));
      else {
        const tree = treeOf(listed);
        let module = modules.get(tree);
        if (!module) modules.set(tree, (module = { listed, files: new Map() }));
        module.files.set(relative(tree, path), content(to));
      }
    }
  }
  let { flags } = setting;
  let env: Environment = {};
  if (Object.keys(overlay).length > 0) {
    const file = join(directory, "overlay.json");
    writeFileSync(file, JSON.stringify({ Replace: overlay }));
    flags = [...withoutFlag(flags, "overlay"), `-overlay=${file}`];
  }
  if (root.size > 0) {
    const copy = join(directory, "goroot");
    shadow(go.GOROOT, copy, root);
    const path = join(go.GOROOT, "bin") + delimiter + (setting.env.PATH ?? process.env.PATH ?? "");
    env = { ...env, GOROOT: copy, GOTOOLCHAIN: "local", PATH: path };
  }
  if (modules.size > 0) {
    const replaced: string[] = [];
    for (const [tree, { listed, files }] of modules) {
      const copy = join(directory, `module${replaced.length}`);
      copyModule(tree, copy, listed, files, all);
      const { Path, Version } = listed.Module!;
      replaced.push(`-replace=${Path}${Version ? `@${Version}` : ""}=${copy}`);
    }
    const workspace = await workspaceOf(setting);
    if (workspace === "") flags = await withModules(flags, replaced, setting, directory);
    else env = { ...env, GOWORK: await withWorkspace(workspace, replaced, setting, directory) };
  }
  return { flags: [...flags], env };
}

function isInside(path: string, directory: string): boolean {
  return directory !== "" && path.startsWith(join(directory, sep));
}

function content(path: string): Uint8Array | null {
  return path === "" ? null : readFileSync(path);
}

/** Where the source of a package's module lies. */
function treeOf({ ImportPath, Module }: Listed): string {
  const tree = Module?.Replace?.Dir ?? Module?.Dir;
  if (tree === undefined) throw new ToolFailure("tool", `the directory of ${ImportPath}'s module is not known`);
  return tree;
}

function copyModule(
  tree: string,
  copy: string,
  { Module }: Listed,
  files: ReadonlyMap<string, Uint8Array | null>,
  all: readonly Listed[],
): void {
  // files of a linked directory must not be embedded
  const real = all.flatMap(({ Dir, EmbedFiles = [] }) =>
    Dir === tree || isInside(Dir, tree) ? EmbedFiles.map((name) => relative(tree, dirname(join(Dir, name)))) : [],
  );
  const changes = new Map(files);
  // a module from before there were modules has none of its own
  const file = Module?.Replace ? Module.Replace.GoMod : Module?.GoMod;
  changes.set(
    "go.mod",
    file !== undefined && existsSync(file) ? readFileSync(file) : Buffer.from(`module ${Module!.Path}\n`),
  );
  shadow(tree, copy, changes, real);
}

/** The value of a flag: on the command line, or in GOFLAGS. */
function flagValue(name: string, flags: readonly string[], goflags: string): string | undefined {
  const long = new RegExp(`^--?${name}=(.*)$`, "s");
  for (let i = flags.length - 1; i >= 0; i--) {
    const found = long.exec(flags[i]);
    if (found) return found[1];
    if (/^--?/.test(flags[i]) && flags[i].replace(/^--?/, "") === name) return flags[i + 1];
  }
  // words of GOFLAGS may be in quotes as a whole (cmd/internal/quoted)
  for (const [, double, single, bare] of goflags.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)) {
    const found = long.exec(double ?? single ?? bare);
    if (found) return found[1];
  }
  return undefined;
}

function withoutFlag(flags: readonly string[], name: string): string[] {
  const out: string[] = [];
  for (let i = 0; i < flags.length; i++) {
    const flag = flags[i].replace(/^--?/, "-");
    if (flag === `-${name}`) i++;
    else if (!flag.startsWith(`-${name}=`)) out.push(flags[i]);
  }
  return out;
}

/** What the user's own -overlay says, with absolute paths. */
export function userOverlay({ flags, go, cwd }: Pick<Setting, "flags" | "go" | "cwd">): Record<string, string> {
  const file = flagValue("overlay", flags, go.GOFLAGS);
  if (file === undefined || file === "") return {};
  const { Replace = {} } = JSON.parse(readFileSync(resolve(cwd, file), "utf8")) as { Replace?: Record<string, string> };
  return Object.fromEntries(
    Object.entries(Replace).map(([from, to]) => [resolve(cwd, from), to === "" ? "" : resolve(cwd, to)]),
  );
}

async function ask(args: readonly string[], { cwd, env, guard }: Setting): Promise<string> {
  // flags for builds are not meant for edits of files
  const { code, stdout, stderr } = await run("go", args, { cwd, env: { ...env, GOFLAGS: "" }, guard });
  if (code !== 0) throw new ToolFailure("tool", `go ${args[0]} ${args[1]} failed: ${stderr.trim()}`);
  return stdout;
}

/** The go.work in force; "" if there is none. */
async function workspaceOf(setting: Setting): Promise<string> {
  const file = (await ask(["env", "GOWORK"], setting)).trim();
  return file === "off" ? "" : file;
}

function copyFile(from: string, to: string): void {
  if (existsSync(from)) writeFileSync(to, readFileSync(from));
}

async function withModules(
  flags: readonly string[],
  replaced: readonly string[],
  setting: Setting,
  directory: string,
): Promise<string[]> {
  const { cwd, go } = setting;
  const own = flagValue("modfile", flags, go.GOFLAGS);
  const from = own === undefined ? go.GOMOD : resolve(cwd, own);
  const copy = join(directory, "go.mod");
  copyFile(from, copy);
  copyFile(from.replace(/\.mod$/, ".sum"), join(directory, "go.sum"));
  await ask(["mod", "edit", ...replaced, copy], setting);
  return [...withoutFlag(flags, "modfile"), `-modfile=${copy}`];
}

/** A copy of go.work lies elsewhere, so what it says of directories is said in full. */
async function withWorkspace(
  from: string,
  replaced: readonly string[],
  setting: Setting,
  directory: string,
): Promise<string> {
  const copy = join(directory, "go.work");
  copyFile(from, copy);
  copyFile(`${from}.sum`, `${copy}.sum`);
  const { Use, Replace } = JSON.parse(await ask(["work", "edit", "-json", copy], setting)) as {
    Use?: { DiskPath: string }[] | null;
    Replace?: { Old: { Path: string; Version?: string }; New: { Path: string; Version?: string } }[] | null;
  };
  const words: string[] = [];
  for (const { DiskPath } of Use ?? []) {
    if (isAbsolute(DiskPath)) continue;
    words.push(`-dropuse=${DiskPath}`, `-use=${resolve(dirname(from), DiskPath)}`);
  }
  for (const { Old, New } of Replace ?? []) {
    if (New.Version || isAbsolute(New.Path)) continue;
    words.push(`-replace=${Old.Path}${Old.Version ? `@${Old.Version}` : ""}=${resolve(dirname(from), New.Path)}`);
  }
  await ask(["work", "edit", ...words, ...replaced, copy], setting);
  return copy;
}
