// The programs that the benches of Explain ask about: pinned versions, in modules of their own that only require them.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { openSubject, type Subject } from "../../src/toolchain/subject.ts";

export interface Program {
  readonly name: string;
  readonly pkg: string;
  /** Directory to build it in. */
  readonly cwd: string;
}

const CACHE = path.join(import.meta.dirname, "../../.cache/bench");

function go(cwd: string, ...args: string[]): void {
  const { status, stderr } = spawnSync("go", args, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, GOFLAGS: "-mod=mod", GOWORK: "off" },
  });
  if (status !== 0) throw new Error(`go ${args.join(" ")}: ${stderr}`);
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
