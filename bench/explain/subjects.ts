// The programs that the benches of Explain ask about: pinned versions, in modules of their own that only require them.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { openSubject, type Subject } from "../../src/toolchain/subject.ts";

export interface Program {
  readonly name: string;
  readonly pkg: string;
  /** Directory to build it in. */
  readonly cwd: string;
}

const CACHE = path.join(import.meta.dirname, "../../.cache/bench");

function go(cwd: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("go", args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, GOFLAGS: "-mod=mod", GOWORK: "off" },
  });
  if (status !== 0) throw new Error(`go ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** A published program, required by a module made for it. */
function published(name: string, pkg: string, version: string): Program {
  const cwd = path.join(CACHE, `${name}-${version}`);
  if (!existsSync(path.join(cwd, "go.sum"))) {
    mkdirSync(cwd, { recursive: true });
    if (!existsSync(path.join(cwd, "go.mod"))) go(cwd, "mod", "init", "bench.example/subject");
    go(cwd, "get", `${pkg}@${version}`);
  }
  return { name, pkg, cwd };
}

/** A repository with a published module's versions as its history, a tag for each; the place of its working tree. */
export function history(name: string, module: string, versions: readonly string[]): string {
  const tree = path.join(CACHE, `${name}-history`);
  const git = (...args: string[]): void => {
    const author = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
    execFileSync("git", ["-C", tree, ...author, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  };
  const done = path.join(tree, ".git", "refs", "tags", versions.at(-1) ?? "");
  if (existsSync(done)) return tree;
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(tree, { recursive: true });
  git("init", "-q");
  for (const version of versions) {
    const { Dir } = JSON.parse(go(CACHE, "mod", "download", "-json", `${module}@${version}`)) as { Dir: string };
    for (const file of readdirSync(tree)) if (file !== ".git") rmSync(path.join(tree, file), { recursive: true });
    cpSync(Dir, tree, { recursive: true });
    // files of the module cache cannot be written
    execFileSync("chmod", ["-R", "u+w", tree]);
    git("add", "-A", "-f");
    git("commit", "-q", "-m", version);
    git("tag", version);
  }
  return tree;
}

export const example: Program = {
  name: "example",
  pkg: ".",
  cwd: path.join(import.meta.dirname, "../../examples/api"),
};
export const ko = (): Program => published("ko", "github.com/google/ko", "v0.18.0");
export const caddy = (): Program => published("caddy", "github.com/caddyserver/caddy/v2/cmd/caddy", "v2.11.9");
export const delve = (): Program => published("delve", "github.com/go-delve/delve/cmd/dlv", "v1.26.3");
export const yq = (): Program => published("yq", "github.com/mikefarah/yq/v4", "v4.54.1");
export const nfpm = (): Program => published("nfpm", "github.com/goreleaser/nfpm/v2/cmd/nfpm", "v2.43.4");

export const FLAGS = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w"];
export const ENV = { CGO_ENABLED: "0", GOFLAGS: "" };

/** Links a program through the probe, with its graph. */
export function link(program: Program, env: Readonly<Record<string, string>> = {}): Promise<Subject> {
  return openSubject(program.pkg, {
    cwd: program.cwd,
    goFlags: FLAGS,
    env: { ...ENV, ...env },
    guard: () => () => {},
    graph: true,
  });
}
